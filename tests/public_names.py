"""What the package offers, read off its public names: lists of checks come from here, not from memory."""

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import Any

from sklearn.base import BaseEstimator

import fgp_sklearn


def public_modules() -> list[ModuleType]:
    """The package, and all modules of it whose path has no underscore."""
    names = [
        info.name
        for info in pkgutil.walk_packages(fgp_sklearn.__path__, "fgp_sklearn.")
        if not any(part.startswith("_") for part in info.name.split("."))
    ]
    return [fgp_sklearn, *map(importlib.import_module, names)]


def public_objects() -> dict[str, Any]:
    """Classes and functions by the name of the first module that offers them, each object once."""
    found: dict[int, tuple[str, Any]] = {}
    for module in public_modules()[1:]:  # what the package itself offers has a home in one of them
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isclass(value) or inspect.isroutine(value):
                found.setdefault(id(value), (f"{module.__name__}.{name}", value))
    return dict(found.values())


def public_estimators() -> list[type[BaseEstimator]]:
    """Estimators of all kinds, in the order of their names."""
    estimators = [
        value
        for value in public_objects().values()
        if inspect.isclass(value) and issubclass(value, BaseEstimator)
    ]
    return sorted(estimators, key=lambda cls: cls.__name__)
