"""The code on the pages runs as it stands there, outside the repository."""

import importlib
import json
import re
import runpy
from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from docs import cell_picture
from docs.page_code import blocks, lay_out, notebook, outputs, renewed
from fgp_sklearn.cli import main
from fgp_sklearn.estimators import _plans_fine_tuning
from fgp_sklearn.preprocessing import FlowSurrogate

ROOT = Path(__file__).parents[1]
GUIDE = sorted((ROOT / "docs" / "guide").glob("*.md"))
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *GUIDE])
RECIPES = [block.text for block in blocks(ROOT / "docs" / "recipes.md") if block.language == "python"]

# What another test runs, and why.
ELSEWHERE = {
    "scaling.md": "starts clusters; tests/sklearn_compatibility/test_scaling_page.py runs it",
}
RUN_HERE = {"README.md", "how_good.md", "index.md", "migration.md", "recipes.md", "tour.md"}


def has_code(page: Path) -> bool:
    return any(block.language == "python" for block in blocks(page))


def test_every_page_with_code_is_run_somewhere() -> None:
    assert {page.name for page in PAGES if page not in GUIDE and has_code(page)} == {*ELSEWHERE, *RUN_HERE}


@pytest.mark.parametrize(
    "page",
    [*GUIDE, *(ROOT / "docs" / f"{name}.md" for name in ("guide", "recipes", "faq", "command"))],
    ids=lambda page: page.stem,
)
def test_a_page_begins_with_the_question_of_its_reader(page: Path) -> None:
    _, first, *_ = page.read_text(encoding="utf-8").split("\n\n")
    question, _, rest = " ".join(first.split()).partition("? ")
    assert "." not in question
    assert rest.startswith("After reading ")


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.parent.name == "docs"], ids=lambda page: page.stem
)
def test_first_sentence_of_a_page_asks_what_its_reader_asks(page: Path) -> None:
    if page.stem != "changes":  # a file of the repository
        title, first, *_ = re.sub(r"^---\n.*?^---\n\n", "", page.read_text("utf-8"), flags=re.M | re.S).split(
            "\n\n"
        )
        assert re.match(r"[^.?]+\?( |\n|$)", title.removeprefix("# ") if title.endswith("?") else first), (
            first
        )


def test_the_overview_of_the_guide_names_every_page() -> None:
    overview = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
    for page in GUIDE:
        assert f"({page.parent.name}/{page.name}) |" in overview
        assert f"\n{page.parent.name}/{page.stem}\n" in overview, "add it to the toctree"


def test_readme_and_landing_page_show_the_same_lines() -> None:
    readme, index = (
        [block.text for block in blocks(ROOT / page) if block.language == "python"]
        for page in ("README.md", "docs/index.md")
    )
    assert readme[:1] == index


def test_snippets_of_the_readme_are_short_and_run(capsys: pytest.CaptureFixture[str]) -> None:
    """All but the first, which is that of the landing page; the commands are those of the tour."""
    readme, tour = (blocks(ROOT / page) for page in ("README.md", "docs/tour.md"))
    _, *snippets = [block.text for block in readme if block.language == "python"]
    namespace: dict[str, object] = {}
    for snippet in snippets:
        assert len([line for line in snippet.splitlines() if line]) <= 5
        exec(compile(snippet, "README.md", "exec"), namespace)
    assert len(capsys.readouterr().out.splitlines()) == len(snippets) == 3
    commands = "".join(block.text for block in readme if block.language == "console").splitlines()
    shown = [command for command in commands if command.startswith("fgp-sklearn")]
    assert shown == [block.text.rstrip() for block in tour if block.language == "console"]


def test_page_is_renewed_where_it_shows_what_its_code_prints(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    text = "Text.\n\n```python\nx = 2\n```\n\n```python\nprint(x, 'a  b' + 99 * ' c')\n```\n\n"
    page.write_text(text + "```text\nold\n```\n\nMore\n```python\nprint('w ' * 70)\n```\n\n```text\n```\n")
    *_, columns = renewed(page).partition("```text\n")
    assert columns.startswith("2 a  b" + 99 * " c" + "\n```\n\nMore\n")
    assert outputs(page)[-1] == ("print('w ' * 70)\n", "")
    page.write_text(renewed(page))
    assert outputs(page)[-1][1] == "w " * 49 + "w\n" + "w " * 19 + "w\n"
    assert renewed(page) == page.read_text()


def test_notebook_leaves_out_what_its_code_prints(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Title\n\nThe {download}`table.csv`:\n\n"
        "```python\nprint(1)\n```\n\n```text\n1\n```\n\nEnd of `it`.\n\n"
        "```console\nls\n```\n\n```text\nkept\n```\n"
    )
    book = notebook(page)
    assert outputs(page) == [("print(1)\n", "1\n")]
    assert [cell.source for cell in book.cells] == [
        "# Title\n\nThe `table.csv`:",
        "print(1)",
        "End of `it`.\n\n```console\nls\n```\n\n```text\nkept\n```",
    ]


def test_no_block_is_overlooked() -> None:
    for page in PAGES:
        fences = re.findall(r"^```(?:\{code-block\} )?(\w+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert [block.language for block in blocks(page)] == fences, page.name


@pytest.fixture
def in_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second network that learns little, where no number that a page shows is compared."""
    monkeypatch.setattr(_plans_fine_tuning, "_MOST_STEPS", 20)


@pytest.mark.slow
@pytest.mark.usefixtures("in_few_steps")
@pytest.mark.parametrize(
    "page", [ROOT / "docs" / "how_good.md", *filter(has_code, GUIDE)], ids=lambda page: page.stem
)
def test_code_of_a_page_runs_on_its_own(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(lay_out(page, tmp_path)))


@pytest.mark.slow
@pytest.mark.usefixtures("in_few_steps")
@pytest.mark.parametrize("code", RECIPES, ids=[*map(str, range(len(RECIPES)))])
def test_a_recipe_runs_on_its_own(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "recipes.md", "exec"), {"__name__": "__main__"})


def test_code_of_the_migration_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(lay_out(ROOT / "docs" / "migration.md", tmp_path)))
    assert capsys.readouterr().out == "(1,)\n(3,)\n"


@pytest.mark.slow
def test_quickstart_runs_as_a_notebook_from_a_clean_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbclient import NotebookClient

    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    book = notebook(ROOT / "docs" / "index.md")
    NotebookClient(book, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    (quickstart,) = (cell for cell in book.cells if cell.cell_type == "code")
    assert float(quickstart.outputs[-1].text) > 0.8  # Kendall tau of the whole space from 78 labels


@pytest.mark.slow
def test_tour_runs_as_a_notebook_from_a_clean_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its cells are the blocks of the page, to the letter, so that this is also the way by copy and paste."""
    from nbclient import NotebookClient

    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    tour = ROOT / "docs" / "tour.md"
    book = notebook(tour)
    code = [cell.source for cell in book.cells if cell.cell_type == "code"]
    assert code[0].startswith("%%writefile architectures.csv\nname,cell,accuracy\n")
    assert code[1:] == [block.text.rstrip() for block in blocks(tour) if block.language == "python"]

    NotebookClient(book, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()

    name, *_ = (tmp_path / "ranking.csv").read_text(encoding="utf-8").splitlines()[1].split(",")
    assert name in {"net-26", "net-27", "net-28"}  # the best three of the eight, as the page says
    printed = {
        cell.source: "".join(output.text for output in cell.outputs if output.get("name") == "stdout")
        for cell in book.cells
        if cell.cell_type == "code"
    }
    shown = {code.rstrip(): text for code, text in outputs(tour)}
    assert set(shown) == {code for code in code[1:] if printed[code]}
    for code, text in shown.items():
        check_alike(printed[code], text)


def check_alike(printed: str, shown: str) -> None:
    """Check that a page shows what was printed. The last digits of numbers may differ between machines."""
    assert words(printed) == words(shown), "python docs/page_code.py docs/tour.md"
    for number, right in zip(numbers(printed), numbers(shown), strict=True):
        last_digit = 10.0 ** -len(right.partition(".")[2])
        assert abs(float(number) - float(right)) < max(3 * last_digit, 0.01 * abs(float(right))), shown


def numbers(text: str) -> list[str]:
    return re.findall(r"-?\d+\.?\d*", text)


def words(text: str) -> list[str]:
    """All but numbers, and where lines break."""
    return re.sub(r"-?\d+\.?\d*", " # ", text).split()


def test_numbers_and_words_of_an_output() -> None:
    text = "[0.41 1.  ] net-27,-0.071\n(se 3)"
    assert numbers(text) == ["0.41", "1.", "-27", "-0.071", "3"]
    assert words(text) == ["[", "#", "#", "]", "net", "#", ",", "#", "(se", "#", ")"]


@pytest.mark.slow
def test_commands_of_the_tour_write_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
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
        check_alike(capsys.readouterr().out, shown)


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


def test_tables_of_the_choice_can_be_read_on_a_phone(monkeypatch: pytest.MonkeyPatch) -> None:
    """With four columns at most."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    lookup = importlib.import_module("_lookup")
    text = (ROOT / "docs" / "choosing.md").read_text(encoding="utf-8")
    read = re.findall(r"^```\{accuracy-table\}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    tables = [lookup.Table.of(dict(re.findall(r"^:(\w+): *(.*?) *$", one, re.MULTILINE))) for one in read]
    rules = [table.lines(lookup.lookup())[1] for table in tables]
    rules += re.findall(r"^\|[|-]+\|$", text, flags=re.MULTILINE)
    assert len(rules) > len(tables) > 3
    assert max(rule.count("-|") for rule in rules) <= 4


def test_picture_of_the_method_is_what_the_library_computes() -> None:
    drawn = cell_picture.FILE.read_text(encoding="utf-8")
    assert drawn == cell_picture.drawing(), "python docs/cell_picture.py"


def test_states_of_the_picture_follow_the_equations_of_the_page() -> None:
    """The output receives the sum of what its two predecessors send, and the input starts the message."""
    graph = nx.DiGraph([(0, 1), (0, 2), (1, 3), (2, 3)])
    nx.set_node_attributes(graph, dict(enumerate(["input", "nor_conv_3x3", "avg_pool_3x3", "output"])), "op")
    surrogate = FlowSurrogate(n_components=cell_picture.N_COMPONENTS, random_state=0)
    surrogate.fit([graph])
    forward = [cell_picture.state(surrogate, graph, node, backward=False) for node in graph]
    backward = [cell_picture.state(surrogate, graph, node, backward=True) for node in graph]
    np.testing.assert_allclose(forward[3], forward[1] + forward[2])
    np.testing.assert_allclose(backward[0], backward[1] + backward[2])
    np.testing.assert_allclose(forward[0], backward[3])  # r
    assert np.all((forward[0] > 0) & (forward[0] < 1))
