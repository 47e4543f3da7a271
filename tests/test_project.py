"""Promises of the project that belong to no single module."""

import ast
import importlib
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import fgp_sklearn

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "fgp_sklearn"
SOURCES = sorted(PACKAGE.rglob("*.py"))

OPTIONAL_OR_SLOW = {"matplotlib", "optuna", "pandas", "skorch"}


def modules_after(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after `statement`."""
    code = f"import sys\n{statement}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def imports(source: Path) -> list[tuple[str, str]]:
    """Pairs of an imported module and the name taken from it, "" where the module itself is imported."""
    found = []
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [(node.module, alias.name) for alias in node.names]
    return found


def test_import_of_the_package_loads_no_dependency() -> None:
    loaded = modules_after("import fgp_sklearn") - modules_after("pass")
    assert loaded - set(sys.stdlib_module_names) == {"fgp_sklearn"}


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import fgp_sklearn.architectures", {"torch", "sklearn", *OPTIONAL_OR_SLOW}),
        ("import fgp_sklearn.metrics", {"torch", *OPTIONAL_OR_SLOW}),
        ("import fgp_sklearn.preprocessing", {"torch", *OPTIONAL_OR_SLOW}),
        ("import fgp_sklearn.datasets", {"torch", *OPTIONAL_OR_SLOW}),
        ("import fgp_sklearn.plotting", {"torch", *OPTIONAL_OR_SLOW}),
        ("from fgp_sklearn import FGPRegressor", OPTIONAL_OR_SLOW),
    ],
)
def test_import_loads_only_what_it_needs(statement: str, unwanted: set[str]) -> None:
    by_scikit_learn = modules_after("import sklearn.base") - {"sklearn"}  # pandas, where it is installed
    assert not (modules_after(statement) - by_scikit_learn) & unwanted


def test_the_package_offers_the_names_of_its_stub() -> None:
    stub = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    lines = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    names = [(node.module, alias.name, alias.asname) for node in lines for alias in node.names]
    assert names
    for module, name, again in names:
        assert again == name, "only `import X as X` offers a name to type checkers"
        assert getattr(fgp_sklearn, name) is getattr(importlib.import_module(module), name)
    assert (
        {"__version__", *(name for _, name, _ in names)} == set(fgp_sklearn.__all__) <= set(dir(fgp_sklearn))
    )


def test_unknown_name_of_the_package_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'fgp_sklearn' has no attribute 'FGPClassifier'"):
        _ = fgp_sklearn.FGPClassifier


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(ROOT)))
def test_nothing_is_printed(source: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(source.read_text("utf-8"))) if isinstance(node, ast.Call)]
    printed = [node.lineno for node in calls if isinstance(node.func, ast.Name) and node.func.id == "print"]
    assert not printed, "log through logging, show progress by a bar"


def test_every_import_is_a_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for_users = [line for name, lines in extras.items() if name not in ("dev", "docs") for line in lines]
    requirements = [*project["dependencies"], *for_users]
    declared = {re.match(r"[\w.-]+", line)[0].lower().replace("-", "_") for line in requirements}
    distribution = {"sklearn": "scikit_learn", "analognasbench": "analog_nasbench"}
    imported = {module.partition(".")[0] for source in SOURCES for module, _ in imports(source)}
    third_party = imported - set(sys.stdlib_module_names) - {"fgp_sklearn"}
    assert {distribution.get(name, name) for name in third_party} <= declared


def test_constraints_satisfy_the_requirements_and_name_each() -> None:
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    pinned = {canonicalize_name(name): version for name, version in pins.items()}
    requirements = [Requirement(line) for line in project["dependencies"]]
    for lines in project["optional-dependencies"].values():
        requirements += [Requirement(line) for line in lines if not line.startswith("fgp-sklearn")]
    unmet = [
        str(requirement)
        for requirement in requirements
        if pinned.get(canonicalize_name(requirement.name), "") not in requirement.specifier
    ]
    assert not unmet
    assert not [version for version in pins.values() if "+" in version], "a local version is on no index"


def test_wheel_holds_the_package_alone(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, check=True, capture_output=True, cwd=ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.startswith(f"fgp_sklearn-{fgp_sklearn.__version__}-py3-none-any")
    with zipfile.ZipFile(wheel) as archive:
        files = archive.namelist()
        assert max(entry.file_size for entry in archive.infolist()) < 2**20
    metadata = f"fgp_sklearn-{fgp_sklearn.__version__}.dist-info"
    assert {name.partition("/")[0] for name in files} == {"fgp_sklearn", metadata}
    assert not [name for name in files if "test" in name]
    sources = {str(path.relative_to(ROOT)) for path in SOURCES}
    assert {
        *sources,
        "fgp_sklearn/__init__.pyi",
        "fgp_sklearn/py.typed",
        f"{metadata}/licenses/LICENSE",
    } <= set(files)


def test_citation_and_changelog_have_the_released_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    stated = dict(re.findall(r"^([\w-]+): (.+)$", citation, flags=re.MULTILINE))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\S+)\] - (\S+)$", changelog, flags=re.MULTILINE)
    assert released[0] == (stated["version"], stated["date-released"])
    page = (ROOT / "docs" / "cite.md").read_text(encoding="utf-8")
    assert f"version = {{{stated['version']}}}" in page
    assert f"year    = {{{stated['date-released'][:4]}}}" in page
    assert fgp_sklearn.__version__ == stated["version"] or ".dev" in fgp_sklearn.__version__


def test_version_switch_of_the_site_has_the_released_version() -> None:
    versions = json.loads((ROOT / "docs" / "_static" / "switcher.json").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\S+)\] - ", changelog, flags=re.MULTILINE)
    assert [entry["version"] for entry in versions if entry["preferred"]] == released[:1]


def test_readme_shows_the_two_commands_before_the_code() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(\w+)\n(.*?)```", readme, flags=re.DOTALL)
    assert blocks[0] == ("console", "make demo\nmake test\n")
    code, *_ = [text for language, text in blocks if language == "python"]
    assert len(code.splitlines()) <= 12
    for module, name in [
        (node.module, alias.name)
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]:
        assert hasattr(__import__(module, fromlist=[name]), name)
