"""The site: nothing public is missing from it, and its gallery uses nothing private."""

import ast
import importlib
import inspect
import re
import runpy
import tomllib
from pathlib import Path

import pytest

from tests.public_names import INTERNAL, public_modules

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
REFERENCE = (ROOT / "docs" / "api.rst").read_text(encoding="utf-8")
PACKAGE = ROOT / "fgp_sklearn"
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
BY_MODULE = set(re.findall(r"^   (fgp_sklearn\.\w+)$", REFERENCE, flags=re.MULTILINE))
ONE_BY_ONE = set(re.findall(r"^\.\. py:data:: (fgp_sklearn\.\S+)$", REFERENCE, flags=re.MULTILINE))


def test_reference_lists_every_public_module() -> None:
    assert {module.__name__ for module in public_modules()} - {"fgp_sklearn"} == BY_MODULE


def test_reference_lists_names_of_internal_modules_that_users_meet() -> None:
    names = {f"{module}.{name}" for module, names in INTERNAL.items() for name in names}
    assert names == set(re.findall(r"^   (fgp_sklearn\.\w+\.\w+)$", REFERENCE, flags=re.MULTILINE))


def test_reference_lists_every_public_name() -> None:
    """Pages of modules list classes and functions; autosummary passes over anything else."""
    others = {
        f"{module.__name__}.{name}"
        for module in public_modules()[1:]
        for name in module.__all__
        if not inspect.isclass(value := getattr(module, name)) and not inspect.isroutine(value)
    }
    assert others == ONE_BY_ONE


def test_page_of_the_architecture_has_a_paragraph_for_each_room() -> None:
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert set(re.findall(r"\*\*`(\w+)`\*\*", ARCHITECTURE)) == folders | {"metrics"}
    assert not [name for name in folders | modules if f"`{name}`" not in ARCHITECTURE]


def test_page_of_the_architecture_has_the_layers_of_the_linter() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    rows = re.findall(r"^\| \d+ \| (.*) \|$", ARCHITECTURE, flags=re.MULTILINE)
    assert [re.findall(r"\w+", row) for row in rows] == [
        re.findall(r"\w+", layer) for layer in contracts["contracts"][0]["layers"]
    ]


def test_page_of_the_architecture_names_what_exists() -> None:
    """Names of classes, functions, tables and attributes, wherever in the package they stand."""
    sources = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
    known = {word for source in sources for word in re.findall(r"\w+", source)}
    known |= {path.stem for path in PACKAGE.rglob("*")}
    named = re.findall(r"`([A-Za-z_][\w.]*)(?:\(X\))?`", ARCHITECTURE)
    dotted = {part for name in named if not (ROOT / name).exists() for part in name.split(".")}
    assert not dotted - known - {"fgp_sklearn"}


def test_gallery_has_an_order() -> None:
    order = runpy.run_path(str(ROOT / "docs" / "gallery_order.py"))["ORDER"]
    assert sorted(order) == [example.name for example in EXAMPLES]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_example_compiles_and_has_a_title(example: Path) -> None:
    tree = ast.parse(example.read_text(encoding="utf-8"))
    compile(tree, example.name, "exec")
    _, title, underline, *_ = (ast.get_docstring(tree, clean=False) or "").splitlines()
    assert title
    assert underline == "=" * len(title)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_example_begins_with_a_question_and_ends_with_what_to_try_next(example: Path) -> None:
    text = example.read_text(encoding="utf-8")
    *_, prose = (ast.get_docstring(ast.parse(text)) or "").split("=\n\n")
    assert re.match(r"[^.!?]+\?", prose), "its first sentence is the question that it answers"
    last_section = re.findall(r"^# (.+)\n# -+$", text, flags=re.MULTILINE)[-1]
    assert last_section == "What to try next"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_example_has_a_thumbnail_of_its_own(example: Path) -> None:
    pattern = r'^# sphinx_gallery_thumbnail_path = "(.+)"$'
    (named,) = re.findall(pattern, example.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert named == f"thumbnails/{example.stem}.svg"


def test_thumbnails_are_those_of_the_script() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "thumbnails" / "draw.py"))
    assert sorted(script["DRAWINGS"]) == [example.stem for example in EXAMPLES]
    for name in script["DRAWINGS"]:
        assert script["svg"](name) == (ROOT / "docs" / "thumbnails" / f"{name}.svg").read_text(
            encoding="utf-8"
        )


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_example_imports_public_names_alone(example: Path) -> None:
    for node in ast.walk(ast.parse(example.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not [alias.name for alias in node.names if "._" in alias.name]
        elif isinstance(node, ast.ImportFrom):
            assert node.module
            assert "._" not in node.module
            if node.module.partition(".")[0] == "fgp_sklearn":
                public = importlib.import_module(node.module).__all__
                assert {alias.name for alias in node.names} <= set(public)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_example_selects_by_a_ranking_score(example: Path) -> None:
    """The default of scikit-learn is R², which says little about a ranking."""
    for node in ast.walk(ast.parse(example.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"GridSearchCV", "cross_val_score"}:
            (scoring,) = (keyword.value for keyword in node.keywords if keyword.arg == "scoring")
            assert ast.unparse(scoring) == "kendall_tau_scorer"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_example_fixes_its_seeds(example: Path) -> None:
    """The text of a page speaks of what was printed, so the next build must print it again."""
    for node in ast.walk(ast.parse(example.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            assert called != "default_rng" or node.args
            if called in {"FGPRegressor", "FlowGaussianProcessRegressor", "FlowSurrogate", "select_diverse"}:
                assert "random_state" in {keyword.arg for keyword in node.keywords}


def test_no_page_has_the_name_of_one_that_sphinx_writes() -> None:
    """It would be overwritten without a word."""
    names = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in ROOT.glob("docs/*.*")}
    assert not names & {"search", "genindex", "py-modindex"}
