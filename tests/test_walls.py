"""Walls between the files of the package: `make lint` runs this file, and so does `make test`."""

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

import networkx as nx
import pytest

PACKAGE = Path(__file__).parents[1] / "fgp_sklearn"
FILES = {path.relative_to(PACKAGE.parent).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
SOURCES = {name: path.read_text(encoding="utf-8") for name, path in FILES.items()}
TREES = {name: ast.parse(source) for name, source in SOURCES.items()}

MAX_BODY, MAX_FILE, MAX_EXCEPTIONS = 40, 450, 3  # lines, lines, entries

# Accesses to a private attribute of another module that are allowed, as (file, attribute): reason.
ACCESS_EXCEPTIONS = {
    ("fgp_sklearn/_storage/_state.py", "_n_features_out"): (
        "scikit-learn's transformers know their number of features under this name alone"
    ),
    ("fgp_sklearn/search/_claims.py", "_storage"): (
        "Optuna's samplers share what they draw in the storage, which has no public name"
    ),
    ("fgp_sklearn/estimators/_fit_task.py", "_init_callback_context"): (
        "scikit-learn's protocol of callbacks, which has no public name"
    ),
}

# Circles of imports that are allowed, as the set of the files: reason.
CIRCLE_EXCEPTIONS: dict[frozenset[str], str] = {}

# The one file that may import private names or modules of another library.
HOMES_OF_PRIVATE_IMPORTS = {
    "sklearn": "fgp_sklearn/_validation.py",
    "torch": "fgp_sklearn/proxies/_measures.py",
}

# Python documents these names, so they are public in spite of the underscore.
PUBLIC = {"_asdict", "_exit", "_field_defaults", "_fields", "_make", "_replace"}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__") and name not in PUBLIC


def own_names(tree: ast.Module) -> set[str]:
    """Names that a module defines: functions, classes, variables, and attributes of its classes."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif (
            isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and is_own_object(node.value)
        ):
            names.add(node.attr)
    return names


def is_own_object(value: ast.expr) -> bool:
    """Whether an expression is `self`, `cls` or `super()`."""
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id == "super"
    return isinstance(value, ast.Name) and value.id in ("self", "cls")


def private_accesses(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of each private attribute that is read or set on an object of another module."""
    own = own_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            value, name = node.value, node.attr
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("delattr", "getattr", "hasattr", "setattr")
            and isinstance(node.args[1], ast.Constant)
        ):
            value, name = node.args[0], str(node.args[1].value)
        else:
            continue
        if is_private(name) and name not in own and not is_own_object(value):
            yield node.lineno, name


def imports(tree: ast.AST, *, for_types: bool) -> Iterator[tuple[int, str, str]]:
    """Line, module and name of each import, also inside functions; the name of a whole module is empty."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test) and not for_types:
            for other in node.orelse:
                yield from imports(other, for_types=for_types)
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            yield from ((node.lineno, node.module, alias.name) for alias in node.names)
        else:
            yield from imports(node, for_types=for_types)


def file_of(module: str) -> str | None:
    """File of a module of the package; None for any other name."""
    stem = module.replace(".", "/")
    return next((name for name in (f"{stem}.py", f"{stem}/__init__.py") if name in FILES), None)


def import_graph(trees: dict[str, ast.Module]) -> "nx.DiGraph[str]":
    """Files of the package and what each imports; imports for type checkers alone do not count."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    for importer, tree in trees.items():
        for _, module, name in imports(tree, for_types=False):
            imported = file_of(f"{module}.{name}") or file_of(module)
            if imported is not None:
                graph.add_edge(importer, imported)
    return graph


def circles(graph: "nx.DiGraph[str]") -> set[frozenset[str]]:
    together = {frozenset(files) for files in nx.strongly_connected_components(graph) if len(files) > 1}
    return together | {frozenset([name]) for name in nx.nodes_with_selfloops(graph)}


def long_functions(tree: ast.Module, most: int) -> Iterator[tuple[int, str, int]]:
    """Line, name and number of lines of each function whose body, the docstring apart, is too long."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            n_lines = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
            if n_lines > most:
                yield node.lineno, node.name, n_lines


def check_exceptions(exceptions: Collection[object], found: Collection[object]) -> None:
    assert not set(exceptions).difference(found), "these exceptions are no longer needed"
    assert len(exceptions) <= MAX_EXCEPTIONS


def test_no_file_uses_private_attributes_of_another() -> None:
    accesses = [(file, line, name) for file, tree in TREES.items() for line, name in private_accesses(tree)]
    wrong = [
        f"{file}:{line} {name}" for file, line, name in accesses if (file, name) not in ACCESS_EXCEPTIONS
    ]
    assert not wrong, "\n".join(wrong)
    check_exceptions(ACCESS_EXCEPTIONS, [(file, name) for file, _, name in accesses])


def test_private_names_are_not_imported() -> None:
    """Neither our own, nor, outside of their one home, those of another library or of its private modules."""
    wrong = []
    for file, tree in TREES.items():
        for line, module, name in imports(tree, for_types=True):
            library, *path = module.split(".")
            if library == "fgp_sklearn":  # a file with a private name is private to the package
                private = is_private(name) and file_of(f"{module}.{name}") is None
            else:
                private = (
                    any(map(is_private, [*path, name])) and HOMES_OF_PRIVATE_IMPORTS.get(library) != file
                )
            if private:
                wrong.append(f"{file}:{line} {module} {name}")
    assert not wrong, "\n".join(wrong)


def test_files_do_not_import_each_other_in_circles() -> None:
    found = circles(import_graph(TREES))
    wrong = [" ".join(sorted(files)) for files in found if files not in CIRCLE_EXCEPTIONS]
    assert not wrong, "\n".join(wrong)
    check_exceptions(CIRCLE_EXCEPTIONS, found)


def test_functions_are_short() -> None:
    wrong = [
        f"{file}:{line} {name} has {n_lines} lines"
        for file, tree in TREES.items()
        for line, name, n_lines in long_functions(tree, MAX_BODY)
    ]
    assert not wrong, "\n".join(wrong)


def test_files_are_short() -> None:
    n_lines = {file: len(source.splitlines()) for file, source in SOURCES.items()}
    assert not {file: n for file, n in n_lines.items() if n > MAX_FILE}


EXAMPLE = '''
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from fgp_sklearn.metrics import only_for_types
class Own:
    _mine: int
    def _method(self, other):
        """Docstring."""
        from fgp_sklearn.architectures import ArchitectureBatch
        self._inherited = super()._inherited
        other._mine, other._method, other._inherited, other._replace, other.__dict__
        return other._theirs
def reach(other):
    other.part._set = 1
    return hasattr(other, "_asked")
'''


def test_rules_find_what_they_forbid() -> None:
    tree = ast.parse(EXAMPLE)
    assert [name for _, name in private_accesses(tree)] == ["_set", "_asked", "_theirs"]
    assert [name for _, _, name in imports(tree, for_types=True)][1:] == [
        "only_for_types",
        "ArchitectureBatch",
    ]
    assert [name for _, name, _ in long_functions(tree, 3)] == ["_method"]
    assert not list(long_functions(tree, 4))


@pytest.mark.parametrize("lazy", [False, True])
def test_circles_are_found(lazy: bool) -> None:
    back = "from fgp_sklearn.metrics import x"
    trees = {
        "fgp_sklearn/metrics.py": ast.parse("import fgp_sklearn._threads"),
        "fgp_sklearn/_threads.py": ast.parse(f"def f():\n    {back}" if lazy else back),
        "fgp_sklearn/_seeding.py": ast.parse("from fgp_sklearn import _threads"),
    }
    assert circles(import_graph(trees)) == {frozenset(["fgp_sklearn/metrics.py", "fgp_sklearn/_threads.py"])}
    trees["fgp_sklearn/_threads.py"] = ast.parse(f"if TYPE_CHECKING:\n    {back}")
    assert not circles(import_graph(trees))
