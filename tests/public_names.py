"""What the package offers, read off its public names: lists of checks come from here, not from memory."""

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import Any

from sklearn.base import BaseEstimator

import fgp_sklearn

#: Modules that serve the package alone, with the names in them that users meet.
INTERNAL = {"fgp_sklearn.processes": ["SumKernelProcess"], "fgp_sklearn.training": ["History"]}


def public_modules() -> list[ModuleType]:
    """The package, and all modules of it whose path has no underscore, without the internal ones."""
    names = [
        info.name
        for info in pkgutil.walk_packages(fgp_sklearn.__path__, "fgp_sklearn.")
        if not any(part.startswith("_") for part in info.name.split(".")) and info.name not in INTERNAL
    ]
    return [fgp_sklearn, *map(importlib.import_module, names)]


def public_objects() -> dict[str, Any]:
    """Classes and functions by the name of the first module that offers them, each object once."""
    found: dict[int, tuple[str, Any]] = {}
    # What the package itself offers has a home in one of the modules.
    offered = {module.__name__: module.__all__ for module in public_modules()[1:]}
    for path, names in (offered | INTERNAL).items():
        for name in names:
            value = getattr(importlib.import_module(path), name)
            if inspect.isclass(value) or inspect.isroutine(value):
                found.setdefault(id(value), (f"{path}.{name}", value))
    return dict(found.values())


def public_estimators() -> list[type[BaseEstimator]]:
    """Estimators of all kinds, in the order of their names."""
    estimators = [
        value
        for value in public_objects().values()
        if inspect.isclass(value) and issubclass(value, BaseEstimator)
    ]
    return sorted(estimators, key=lambda cls: cls.__name__)
