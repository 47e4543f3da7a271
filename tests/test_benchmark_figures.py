"""What pages say of the benchmarks: each name exists, and each figure is the one of the results."""

import importlib
import json
import re
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docs.page_code import notebook

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "accuracy.jsonl"
PAGES = sorted(path for path in (ROOT / "docs").rglob("*.md") if "auto_examples" not in path.parts)


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The module that looks figures up."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    return importlib.import_module("_lookup")


@pytest.fixture
def found(pages: Any) -> Any:
    return pages.lookup()


def runs(space: str, share: str, row: str) -> list[dict[str, Any]]:
    """Lines of the file, the last of each split and seed."""
    lines = map(json.loads, RESULTS.read_text(encoding="utf-8").splitlines())
    own = {
        (line["permutation"], line["seed"]): line
        for line in lines
        if (line["space"], line["share"], line["row"]) == (space, share, row)
    }
    assert len(own) == 9
    return list(own.values())


def test_figures_are_means_and_deviations_of_nine_runs(found: Any) -> None:
    for name in ("tau", "top"):
        values = [run[name] for run in runs("nasbench101", "5%", "flow GP")]
        mean, deviation = (f"{f(values):.3f}"[1:] for f in (statistics.mean, statistics.stdev))
        assert found.figure(f"nasbench101 | 5% | flow GP | {name}") == mean
        assert found.figure(f"nasbench101 | 5% | flow GP | {name} ±") == f"{mean} ± {deviation}"


def test_seconds_and_numbers_of_labels(found: Any) -> None:
    seconds = statistics.median(run["pretrain_s"] for run in runs("cora", "1%", "gated GCN, FGP"))
    assert found.figure("cora | 1% | gated GCN, FGP | pretrain_s") == f"{seconds:.1f}"
    assert found.figure("cora | 10% | labels") == "1,310"
    assert found.figure("transnas, mean of seven tasks | 81 labels | labels") == "81"


def test_differences_over_several_settings(found: Any) -> None:
    differences = [
        statistics.mean(run["tau"] for run in runs(space, "1%", "flow GP"))
        - statistics.mean(run["tau"] for run in runs(space, "1%", "forest on one-hot"))
        for space in ("macro", "arxiv")
    ]
    asked = "macro, arxiv | 1% | flow GP minus forest on one-hot | tau"
    low, high = sorted(f"{difference:.3f}"[1:] for difference in differences)
    assert found.figure(f"{asked} range") == f"{low} to {high}"
    assert found.figure(f"{asked} mean") == f"{statistics.mean(differences):.3f}"[1:]
    assert found.figure(f"{asked} wins") == "2 of 2"
    assert found.figure(
        asked.replace("flow GP minus forest on one-hot", "flow GP minus flow GP") + " wins"
    ) == ("0 of 2")


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("nasbench202 | 1% | flow GP | tau", "unknown space 'nasbench202'; near: 'nasbench201'"),
        ("nasbench201 | 1 % | flow GP | tau", "near: '1%'"),
        ("nasbench201 | 1% | gated GCN FGP | tau", "near: 'gated GCN, FGP'"),
        ("nasbench201 | 1% | flow GP | taus", "near: 'tau'"),
        ("nasbench201 | 25 labels | gated GCN, supervised | tau", "there is: 1%, 5%, 10%"),
        ("nasbench201 | flow GP | tau", "3 parts"),
        ("transnas, mean of seven tasks | 20 labels | flow GP | pretrain_s", "mean over spaces"),
        (
            "nasbench201, cora | 20 labels, 7 labels | flow GP | tau mean",
            "unknown number of labels '7 labels'",
        ),
        ("nasbench201, gpt-a100 | 1% | flow GP | tau mean", "no results of 'gpt-a100'"),
    ],
)
def test_unknown_names_are_refused_with_near_ones(pages: Any, found: Any, asked: str, near: str) -> None:
    with pytest.raises(pages.UnknownFigure, match=re.escape(near)):
        found.figure(asked)


def test_tables_have_a_row_per_predictor_or_per_setting(pages: Any, found: Any) -> None:
    options = {
        "spaces": "nasbench201, transnas, mean of seven tasks",
        "shares": "1%, 20 labels",
        "rows": "forest on one-hot | flow GP",
        "names": "forest | `process`",
        "missing": "no cells",
        "bold": "",
    }
    tau = {
        (space, share): found.figure(f"{space} | {share} | flow GP | tau")
        for space, share in (("nasbench201", "1%"), ("transnas, mean of seven tasks", "20 labels"))
    }
    head, _, forest, process = pages.Table.of(options).lines(found)
    assert "NAS-Bench-201, 78 labels" in head
    assert forest.endswith("| no cells |")
    assert process.startswith("| `process` | **" + tau["nasbench201", "1%"])
    head, _, *rows = pages.Table.of(options | {"transpose": "", "show": "tau | top"}).lines(found)
    assert head == "| space | labels | forest | `process` |"
    assert [row.split(" | ")[1] for row in rows] == ["78", "20", "20"]
    assert f"| no cells | **{tau['transnas, mean of seven tasks', '20 labels']}** / **" in rows[-1]


def test_wrong_options_of_a_table_are_refused(pages: Any, found: Any) -> None:
    right = {"spaces": "cora", "shares": "1%", "rows": "flow GP"}
    for wrong, message in (
        ({"row": "flow GP"}, "unknown option 'row'"),
        ({"shares": ""}, "no option 'shares'"),
        ({"names": "one | two"}, "1 rows have 2 names"),
        ({"rows": "BANANAS | GP on layers"}, "no results of 'BANANAS'"),
    ):
        with pytest.raises(pages.UnknownFigure, match=re.escape(message)):
            pages.Table.of(right | wrong).lines(found)


def test_other_results_have_a_row_per_setting(pages: Any) -> None:
    """Of 40 and 100 labels of a made-up cost, four draws each."""
    tables = importlib.import_module("_result_tables")
    path = ROOT / "benchmarks" / "frames.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    head, _, *rows = tables.table("frames")
    for n_labels, row in zip((40, 100), rows, strict=False):
        taus = [line["tau"] for line in lines if (line["name"], line["labels"]) == ("cost", n_labels)]
        cells = [
            f"{f(tau[model] for tau in taus):.3f}"[1:]
            for model in ("ridge", "forest", "boosting", "process")
            for f in (statistics.mean, statistics.stdev)
        ]
        assert row.removesuffix(" |").split(" | ")[1:] == [
            str(n_labels),
            *(f"{mean} ± {deviation}" for mean, deviation in zip(cells[::2], cells[1::2], strict=True)),
        ]
    assert "| ridge | forest | boosting | process |" in head
    path = ROOT / "benchmarks" / "isomorphism_leak.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    nearest = [run for run in lines if (run["cells"], run["predictor"]) == (15625, "nearest cell")]
    leak = [run["plain"] - run["grouped"] for run in nearest]
    (row,) = (row for row in tables.table("isomorphism_leak") if row.startswith("| 15,625 | nearest cell |"))
    assert row.endswith(f"| {statistics.mean(leak):.3f} ± {statistics.stdev(leak):.3f} |".replace("0.", "."))
    with pytest.raises(pages.UnknownFigure, match="near: 'frames'"):
        tables.table("frame")


def test_pages_without_a_build_are_renewed_between_their_comments(pages: Any, found: Any) -> None:
    page = """\
The process reaches <!-- figure cora | 1% | flow GP | tau -->.1<!-- /figure -->.

<!-- accuracy-table
:spaces: cora
:shares: 1%
:rows: flow GP
:show: tau ± | top ±
-->
old
<!-- /accuracy-table -->
"""
    renewed = pages.rewritten(page, found)
    tau, top = (found.figure(f"cora | 1% | flow GP | {name} ±") for name in ("tau", "top"))
    assert f"-->{tau.split()[0]}<!--" in renewed
    assert "old" not in renewed
    assert f"\n| flow GP | {tau} | {top} |\n" in renewed
    assert pages.rewritten(renewed, found) == renewed


def test_every_figure_and_table_of_the_pages_exists(pages: Any, found: Any) -> None:
    """As the build asks for them."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for asked in re.findall(r"\{figure\}`([^`]+)`", text):
            assert found.figure(" ".join(asked.replace("\\|", "|").split())), (page.name, asked)
        for options in re.findall(
            r"^```\{accuracy-table\}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL
        ):
            table = pages.Table.of(dict(re.findall(r"^:(\w+): *(.*?) *$", options, flags=re.MULTILINE)))
            assert len(table.lines(found)) > 2, page.name
        for name in re.findall(r"^```\{results-table\} (.*)$", text, flags=re.MULTILINE):
            assert len(importlib.import_module("_result_tables").table(name)) > 2, page.name


def test_readme_is_renewed(pages: Any, found: Any) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert pages.rewritten(readme, found) == readme, "python benchmarks/accuracy.py render"


def test_notebooks_say_what_the_site_says(tmp_path: Path, found: Any) -> None:
    page = tmp_path / "page.md"
    page.write_text("Tau is {figure}`cora | 1% | flow GP | tau`.\n")
    assert notebook(page).cells[0].source == f"Tau is {found.figure('cora | 1% | flow GP | tau')}."


def test_page_of_benchmarks_has_a_row_per_finished_cell() -> None:
    """Counted from the lines of the file, of which each cell needs nine; the mean of TransNAS is one more."""
    cells: dict[tuple[str, ...], set[tuple[int, int]]] = {}
    for line in map(json.loads, RESULTS.read_text(encoding="utf-8").splitlines()):
        key = line["space"], line["share"], line["row"]
        cells.setdefault(key, set()).add((line["permutation"], line["seed"]))
    finished = [key for key, done in cells.items() if len(done) == 9]
    means = {(share, row) for space, share, row in finished if space == "transnas-scene"}
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    section = page.partition("## All results\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    assert len({tuple(row.split(" | ")[:3]) for row in rows}) == len(rows) == len(finished) + len(means)


def test_heat_map_is_bold_where_the_best_is_and_pale_far_behind(pages: Any) -> None:
    accuracy_page = importlib.import_module("_accuracy_page")
    assert {*accuracy_page.SHOWN, *accuracy_page.ALSO} <= set(accuracy_page.ROWS)
    taus = {"gated GCN, FGP": 0.8, "flow GP": 0.785, "GP on one-hot": 0.5, "GRAF of modules, GP": 0.74}
    cells = {
        ("transnas-scene", "20 labels", row): {
            (seed, permutation): {"tau": tau, "top": 0.0} for seed in range(3) for permutation in range(3)
        }
        for row, tau in taus.items()
    }
    head, _, *rows = accuracy_page.heat_map(pages.Lookup(cells), [("transnas-scene", "20 labels")])
    assert head == "|  | TransNAS-Bench-101 macro, scene, 20 |"
    assert rows == [
        '| `FGPRegressor`, pre-trained | **<span class="heat heat-0">.800</span>** |',
        '| `FlowGaussianProcessRegressor` | <span class="heat heat-2">.785</span> |',
        '| GRAF, Gaussian process | <span class="heat heat-3">.740</span> |',
        '| one-hot, Gaussian process | <span class="heat heat-5">.500</span> |',
    ]


# Pages whose figures a test compares with a file of results: benchmarks/*.py render writes them.
RENDERED = {"benchmarks.md", "how_good.md", "latency.md", "searches.md", "sources.md"}
# Pages for developers, which keep what experiments and measurements printed.
RECORDS = {"ablations.md", "speed.md", "scaling.md", "validation.md"}
_NO_PROSE = re.compile(
    r"^(```|~~~).*?^\1|`[^`]*`|<!-- (accuracy-table|figure).*?<!-- /\2 -->|^    .*?$|\$[^$]*\$",
    flags=re.MULTILINE | re.DOTALL,
)
_TYPED = re.compile(r"(?<![\w.])[-+]?\.\d{2,3}\b|(?<![\w.])0\.\d{3}\b|\d ± ")


def test_pages_for_users_have_no_typed_figures() -> None:
    """A figure is one that looks like a score; code, roles and equations are left out."""
    for page in [*PAGES, ROOT / "README.md"]:
        if page.name not in RENDERED | RECORDS:
            prose = _NO_PROSE.sub("", page.read_text(encoding="utf-8"))
            assert not _TYPED.findall(prose), page.name
