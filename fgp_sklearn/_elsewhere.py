"""Errors for names that another module of the library has."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

_ROOT = Path(__file__).parent
_FROM_IMPORT = "importlib._bootstrap"  # asks for the names of `from module import name`


def missing_name(module: str, name: str) -> Exception:
    """Error of a module that lacks a name, to be raised by the function `__getattr__` of the module.

    Parameters
    ----------
    module : str
        Name of the module.
    name : str
        Name that it lacks.

    Returns
    -------
    AttributeError or ImportError
        It says which module has the name. Only ``from module import name`` gets an `ImportError`, since
        Python replaces the text of other errors there.

    Examples
    --------
    >>> from fgp_sklearn._elsewhere import missing_name
    >>> missing_name("fgp_sklearn.datasets", "from_frame")
    AttributeError("module 'fgp_sklearn.datasets' has no attribute 'from_frame'; from_frame is in \
fgp_sklearn.architectures")
    """
    problem = f"module {module!r} has no attribute {name!r}"
    place = None if name.startswith("_") or _is_module(name) else _place_of(name)
    if place is None:
        return AttributeError(problem)
    problem = f"{problem}; {name} is in {place}"
    frame = inspect.currentframe()
    for _ in range(2):  # the function `__getattr__`, and who asks it
        frame = frame and frame.f_back
    if frame is not None and frame.f_globals.get("__name__") == _FROM_IMPORT:
        return ImportError(problem, name=module)
    return AttributeError(problem)


def _is_module(name: str) -> bool:
    """Whether Python imports a module of this name next."""
    return (_ROOT / name).is_dir() or (_ROOT / f"{name}.py").is_file()


def _place_of(name: str) -> str | None:
    """The module with this public name, without an import of any module."""
    for file in (*sorted(_ROOT.glob("[!_]*/__init__.py")), *sorted(_ROOT.glob("[!_]*.py"))):
        if name in _public_names(file):
            return f"fgp_sklearn.{file.parent.name if file.stem == '__init__' else file.stem}"
    return None


def _public_names(file: Path) -> list[str]:
    """What the list `__all__` of a module says."""
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names: list[str] = ast.literal_eval(node.value)
            return names
    return []
