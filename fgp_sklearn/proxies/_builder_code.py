"""Digest of the code of a builder."""

from __future__ import annotations

import functools
import sys
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

_SCALARS = (type(None), type(...), bool, int, float, complex, str, bytes)
_ACCESSORS = (staticmethod, classmethod, property, functools.partial, functools.partialmethod)
_NO_CODE = {
    "__dict__",
    "__doc__",
    "__firstlineno__",
    "__module__",
    "__slotnames__",  # pickle adds it
    "__static_attributes__",
    "__weakref__",
}


def code_digest(builder: Any) -> str:
    """Digest of the code of a builder and of all user code that it refers to.

    The digest covers functions, methods and classes, their defaults and closures, and the numbers, strings,
    tuples and dictionaries of modules that they refer to. Code of installed packages, including this
    library, is represented by its name and the version of the package. The digest does not cover imports
    inside functions or mutable state of modules and objects, such as lists.

    Parameters
    ----------
    builder : callable
        Function, or instance of a callable class.

    Returns
    -------
    str
        Digest. It is the same in every process that runs the same version of Python.
    """
    visitor = _CodeVisitor()
    visitor.visit(builder)
    return visitor.found.hexdigest()


class _CodeVisitor:
    def __init__(self) -> None:
        self.found = blake2b(digest_size=16)
        self._seen: dict[int, tuple[int, Any]] = {}  # keeps the objects alive, so that ids stay unique

    def visit(self, value: Any) -> None:
        if isinstance(value, _SCALARS):
            self._add(type(value).__name__, repr(value))
        elif isinstance(value, ModuleType):
            self._add("module", value.__name__)
        elif id(value) in self._seen:
            self._add("again", str(self._seen[id(value)][0]))
        else:
            self._seen[id(value)] = (len(self._seen), value)
            self._visit_new(value)

    def _visit_new(self, value: Any) -> None:
        if isinstance(value, CodeType):
            self._code(value)
        elif isinstance(value, (FunctionType, type)):
            self._defined(value)
        elif isinstance(value, MethodType):
            self._all("method", value.__func__, value.__self__)
        elif isinstance(value, tuple):
            self._all("tuple", *value)
        elif isinstance(value, (set, frozenset)):
            self._add("set", *sorted(map(repr, value)))
        elif isinstance(value, dict):
            self._all("dict", *(part for item in value.items() for part in item))
        elif isinstance(value, _ACCESSORS):
            names = ("__func__", "fget", "fset", "fdel", "func", "args", "keywords")
            self._all(type(value).__name__, *(getattr(value, n) for n in names if hasattr(value, n)))
        else:
            parts = getattr(value, "__dict__", {}).items()
            code = [part for item in parts if _is_code(item[1]) for part in item]
            self._all("object", type(value), *code)

    def _defined(self, value: FunctionType | type) -> None:
        self._add(value.__module__ or "", value.__qualname__)
        installed = _installed(value.__module__)
        if installed is not None:
            self._add(installed)
        elif isinstance(value, type):
            members = (item for item in sorted(vars(value).items()) if item[0] not in _NO_CODE)
            self._all("class", *value.__bases__, *(part for item in members for part in item))
        else:
            cells = [_content(cell) for cell in value.__closure__ or ()]
            self._all("function", value.__defaults__, value.__kwdefaults__, *cells)
            for name in self._names(value.__code__):
                if name in value.__globals__:
                    self._named(name, value.__globals__[name], self._names(value.__code__))
            self.visit(value.__code__)

    def _named(self, name: str, value: Any, others: list[str]) -> None:
        """Digest a global variable; of a module of user code, the attributes that are among `others`."""
        self._add("global", name)
        if isinstance(value, ModuleType) and _installed(value.__name__) is None:
            for other in others:
                if hasattr(value, other) and not isinstance(getattr(value, other), ModuleType):
                    self._named(other, getattr(value, other), [])
        elif isinstance(value, ModuleType):
            self._add(value.__name__, _installed(value.__name__) or "")
        elif not isinstance(value, (list, set, bytearray)):
            self.visit(value)

    def _names(self, code: CodeType) -> list[str]:
        """Names that the code and its inner functions look up outside themselves."""
        inner = (name for part in code.co_consts if isinstance(part, CodeType) for name in self._names(part))
        return sorted({*code.co_names, *inner})

    def _code(self, code: CodeType) -> None:
        self._add("code", code.co_code.hex(), *code.co_names, *code.co_varnames, *code.co_freevars)
        self._all("constants", *code.co_consts)

    def _all(self, kind: str, *values: Any) -> None:
        self._add(kind, str(len(values)))
        for value in values:
            self.visit(value)

    def _add(self, *words: str) -> None:
        for word in words:
            raw = word.encode(errors="surrogatepass")
            self.found.update(len(raw).to_bytes(8) + raw)


def _is_code(value: Any) -> bool:
    return isinstance(value, (FunctionType, MethodType, type, CodeType, functools.partial))


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # an empty cell
        return None


@functools.cache
def _installed(module: str | None) -> str | None:
    """Version of the package of a module; None if the module is user code."""
    top = (module or "builtins").partition(".")[0]
    if top == "builtins" or (top in sys.stdlib_module_names and top != "__main__"):
        return ""
    own = __name__.partition(".")[0]
    place = getattr(sys.modules.get(top), "__file__", None) or ""
    if top != own and "site-packages" not in place and "dist-packages" not in place:
        return None
    known = getattr(sys.modules.get(top), "__version__", None)
    try:
        return str(known or version(top))
    except PackageNotFoundError:
        return ""
