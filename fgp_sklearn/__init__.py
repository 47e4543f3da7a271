"""Flow-Guided Pre-training of neural-architecture encoders, as scikit-learn estimators.

The public names are imported when they are first used, so that ``import fgp_sklearn`` imports neither torch
nor scikit-learn.
"""

import ast
from importlib import import_module
from pathlib import Path
from typing import Any

__version__ = "0.1.0"

# Type checkers read the stub, too, so there is one list of names (Scientific Python's SPEC 1, lazy loading).
_STUB = ast.parse(Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
_MODULES = {
    alias.name: str(node.module)
    for node in _STUB.body
    if isinstance(node, ast.ImportFrom)
    for alias in node.names
}

__all__ = ["__version__", *_MODULES]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        from fgp_sklearn._elsewhere import missing_name

        raise missing_name(__name__, name)
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
