"""The code on the pages runs as it stands there, outside the repository."""

import importlib
import json
import re
import runpy
from itertools import pairwise
from pathlib import Path

import pytest

from docs.page_code import blocks, lay_out, notebook
from fgp_sklearn.cli import main

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])

# What `make test` does not run, and why.
ELSEWHERE = {
    "README.md": "shows the same lines as index.md",
    "scaling.md": "starts clusters; tests/sklearn_compatibility/test_engines.py does so, one after another",
}
RUN_HERE = {"guide.md", "how_good.md", "index.md", "tour.md"}


def test_every_page_with_code_is_run_somewhere() -> None:
    with_code = {page.name for page in PAGES if any(block.language == "python" for block in blocks(page))}
    assert with_code == {*ELSEWHERE, *RUN_HERE}


def test_readme_and_landing_page_show_the_same_lines() -> None:
    readme, index = (
        [block.text for block in blocks(ROOT / page) if block.language == "python"]
        for page in ("README.md", "docs/index.md")
    )
    assert readme == index


def test_no_block_is_overlooked() -> None:
    for page in PAGES:
        fences = re.findall(r"^```(?:\{code-block\} )?(\w+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert [block.language for block in blocks(page)] == fences, page.name


@pytest.mark.slow
@pytest.mark.parametrize("page", ["guide.md", "how_good.md"])
def test_code_of_a_page_runs(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(lay_out(ROOT / "docs" / page, tmp_path)))


@pytest.mark.slow
def test_quickstart_runs_as_a_notebook_from_a_clean_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbclient import NotebookClient

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    book = notebook(ROOT / "docs" / "index.md")
    NotebookClient(book, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    (quickstart,) = (cell for cell in book.cells if cell.cell_type == "code")
    assert float(quickstart.outputs[-1].text) > 0.8  # Kendall tau of the whole space from 78 labels


@pytest.mark.slow
def test_tour_runs_as_a_notebook_from_a_clean_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its cells are the blocks of the page, to the letter, so that this is also the way by copy and paste."""
    from nbclient import NotebookClient

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    tour = ROOT / "docs" / "tour.md"
    book = notebook(tour)
    code = [cell.source for cell in book.cells if cell.cell_type == "code"]
    assert code[0].startswith("%%writefile architectures.csv\nname,cell,accuracy\n")
    assert code[1:] == [block.text.rstrip() for block in blocks(tour) if block.language == "python"]

    NotebookClient(book, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()

    name, *_ = (tmp_path / "ranking.csv").read_text(encoding="utf-8").splitlines()[1].split(",")
    assert name in {"net-26", "net-27", "net-28"}  # the best three of the eight, as the page says
    assert book.cells[-2].outputs[-1].text == "True\n"


@pytest.mark.slow
def test_commands_of_the_tour_write_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without numbers, whose last digits differ between machines."""
    tour = ROOT / "docs" / "tour.md"
    lay_out(tour, tmp_path)
    monkeypatch.chdir(tmp_path)
    pairs = [
        (block.text, shown.text)
        for block, shown in pairwise(blocks(tour))
        if (block.language, shown.language) == ("console", "text")
    ]
    assert [command.split()[1] for command, _ in pairs] == ["rank", "evaluate", "suggest"]
    for command, shown in pairs:
        assert main(command.split()[1:]) == 0
        written, right = (re.sub(r"[-\d.\s]+", " ", text) for text in (capsys.readouterr().out, shown))
        assert written == right


def test_benchmarks_are_those_of_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    accuracy = importlib.import_module("accuracy")
    rendered = accuracy.page(accuracy.finished(accuracy.read(accuracy.RESULTS)))
    assert rendered == accuracy.PAGE.read_text(encoding="utf-8")


def test_page_of_latency_is_what_its_results_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    latency = importlib.import_module("real_latency")
    rendered = latency.page(latency.lines_of(latency.RESULTS))
    assert rendered == latency.PAGE.read_text(encoding="utf-8")


def test_page_of_sources_is_what_its_results_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    sources = importlib.import_module("sources")
    rendered = sources.page(sources.lines_of(sources.RESULTS))
    assert rendered == sources.PAGE.read_text(encoding="utf-8")


def test_page_of_searches_is_what_its_results_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    search = importlib.import_module("search")
    assert search.page(search.read(search.RESULTS)) == search.PAGE.read_text(encoding="utf-8")


def test_results_of_an_equal_version_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine runs of a cell, one of an earlier version, which counts only if it is listed as equal."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    results = importlib.import_module("_results")
    cell = {"space": results.NAMES[0], "share": "1%", "row": results.CHAMPION, "options": 0}
    file = tmp_path / "accuracy.jsonl"
    for earlier, n_cells in (("0.1.0.dev0", 1), ("0.0.1", 0)):
        versions = [earlier, *["0.1.0"] * 8]
        runs = [
            {**cell, "seed": seed, "permutation": permutation, "version": version}
            for version, (seed, permutation) in zip(versions, results.RUNS, strict=True)
        ]
        file.write_text("".join(f"{json.dumps(run)}\n" for run in runs))
        assert len(results.finished(results.read(file))) == n_cells


def measured() -> dict[str, str]:
    """What the page of benchmarks says of each space."""
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    return {s.partition("\n")[0]: s for s in re.split(r"^## ", page, flags=re.MULTILINE)}


def with_fewest_labels(section: str) -> str:
    return section.partition("1% of labels:")[2].partition("5% of labels:")[0]


def table_of_the_choice(cells: str) -> list[tuple[str, list[str]]]:
    """Rows of a table of the page: what the benchmarks have on the space, and the cells beside it."""
    names = {"201": "nasbench201", "101": "nasbench101", "Macro": "macro"}
    names |= {"201, CIFAR-10": "nasbench201", "201, CIFAR-100": "nasbench201-cifar100"}
    names |= {"201, ImageNet16": "nasbench201-imagenet16"}
    choice = (ROOT / "docs" / "choosing.md").read_text(encoding="utf-8")
    spaces = measured()
    rows = re.findall(rf"^\| NAS-Bench-([^|]+?) \| ({cells}) \|$", choice, flags=re.MULTILINE)
    return [(spaces[names.get(space, space.rpartition(" ")[2])], row.split(" | ")) for space, row in rows]


def test_taus_of_the_choice_are_those_of_the_benchmarks() -> None:
    """The page copies the columns that a choice needs; a new run of the benchmarks must reach it."""
    rows = table_of_the_choice(r"\d+ \| 0.*")
    assert len(rows) == 12
    trainings = ("supervised", "FGP", "FGP + proxies")
    columns = ("forest on one-hot", "flow GP", *(f"gated GCN, {training}" for training in trainings))
    for section, (_, *taus) in rows:
        for column, tau in zip(columns, taus, strict=True):
            found = f"| {column} | {tau} ±" in section
            assert found or (tau == "no builder" and f"| {column} |" not in section), (section[:30], column)


def test_figures_of_the_readme_are_those_of_the_benchmarks() -> None:
    section = with_fewest_labels(measured()["nasbench201"])
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    figures = re.findall(
        r"^\| .* \| \**(\.\d+ ± \.\d+)\** \| \**(\.\d+ ± \.\d+)\** \|$", readme, flags=re.MULTILINE
    )
    rows = ("forest on one-hot", "GP on one-hot", "flow GP", "gated GCN, supervised", "gated GCN, FGP")
    for row, cells in zip((*rows, "gated GCN, FGP + proxies"), figures[:6], strict=True):
        tau, top = (cell.replace(".", "0.") for cell in cells)
        assert f"| {row} | {tau} | {top} |" in section, row
    rows = ("forest on one-hot layers", "GP on layers", "plain recipe + trees", "flow GP", "gated GCN, FGP")
    for space, column in (("gpt-perplexity", 0), ("gpt-a100", 1)):
        section = measured()[space].partition("50 labels:")[2].partition(" labels:")[0]
        for row, cells in zip(rows, figures[6:], strict=True):
            assert f"| {row} | {cells[column].replace('.', '0.')} |" in section, (space, row)


@pytest.mark.parametrize(
    ("n_rows", "columns"),
    [
        (
            8,
            (
                *("gated GCN, supervised", "gated GCN, FGP", "FlowerFormer, supervised"),
                *("flow GP, with FlowerFormer", "gated GCN, FGP, with FlowerFormer"),
            ),
        ),
        (
            7,
            (
                "gated GCN, FGP",
                "gated GCN, FGP + proxies",
                "FlowerFormer, FGP",
                "FlowerFormer, FGP + proxies",
            ),
        ),
    ],
    ids=["backbones", "proxies"],
)
def test_backbones_of_the_choice_are_those_of_the_benchmarks(n_rows: int, columns: tuple[str, ...]) -> None:
    cell = r"\.\d+ / \.\d+"
    rows = table_of_the_choice(rf"{cell}(?: \| {cell}){{{len(columns) - 1}}}")
    assert len(rows) == n_rows
    for section, cells in rows:
        for column, figures in zip(columns, cells, strict=True):
            tau, top = figures.split(" / ")
            row = rf"\| {re.escape(column)} \| 0{tau} ± [\d.]+ \| 0{top} ±"
            assert re.search(row, with_fewest_labels(section)), (section[:30], column)
