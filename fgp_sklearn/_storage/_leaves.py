"""Values of compiled and other small types of scikit-learn, as bytes in the format of skops.

skops lists the types that a file names, and makes only types that the caller trusts. The memory of the result
is bounded by the number of bytes before skops reads them, and the result is checked again.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._archive import PersistenceError
from fgp_sklearn._storage._compiled import check_compiled
from fgp_sklearn._storage._declared_kinds import MAX_COUNT
from fgp_sklearn._storage._trusted import LEAVES

_PROTOCOL = 2  # oldest protocol of skops that is read
_PLAIN = frozenset(
    {f"builtins.{name}" for name in ("bool", "dict", "float", "int", "list", "str", "tuple")}
    | {f"numpy.{name}" for name in ("dtype", "ndarray", "bool", "bool_", "intp")}
    | {f"numpy.float{bits}" for bits in (32, 64)}
    | {f"numpy.{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
)
_LOADERS = frozenset(
    f"{name}Node"
    for name in (
        *("ConstructorFromReduce", "DType", "Dict", "Function", "Json", "List", "Loss", "NdArray"),
        *("Object", "Tree", "Tuple", "Type"),
    )
)
_UNFOLDED = 20  # largest number of visits per node if nodes are shared


def is_leaf(value: Any) -> bool:
    """Whether a value is a function or has a type that skops may write."""
    return _name(value if callable(value) and hasattr(value, "__name__") else type(value)) in LEAVES


def _name(thing: Any) -> str:
    module = "numpy" if isinstance(thing, np.ufunc) and hasattr(np, thing.__name__) else thing.__module__
    return f"{module}.{thing.__name__}"


def dump_leaf(value: Any) -> NDArray[np.uint8]:
    """Bytes from which `load_leaf` makes an equal value.

    Raises
    ------
    Exception
        Of any kind, if skops cannot write it, or `load_leaf` would refuse it.
    """
    raw = _skops().dumps(value)
    load_leaf(np.frombuffer(raw, dtype=np.uint8))
    return np.frombuffer(raw, dtype=np.uint8)


def load_leaf(raw: NDArray[np.uint8]) -> Any:
    """Make a value of trusted types from bytes in the format of skops.

    Raises
    ------
    Exception
        Of any kind, if the bytes are malformed or name a type that is not on the list.
    """
    if raw.dtype != np.uint8 or raw.ndim != 1:
        raise TypeError("bytes of skops are needed")
    data = raw.tobytes()
    _check_size(data)
    io_of_skops = _skops()
    wanted = io_of_skops.get_untrusted_types(data=data)
    _refuse(set(wanted) - LEAVES)
    value = io_of_skops.loads(data, trusted=wanted)
    if not is_leaf(value):
        raise TypeError(f"it holds a {type(value).__name__}")
    check_compiled(value)
    return value


def _skops() -> Any:
    try:
        import skops.io
    except ImportError as error:
        raise PersistenceError(
            "this type of scikit-learn requires skops; install it with: pip install 'fgp-sklearn[skops]'"
        ) from error
    return skops.io


def _refuse(names: set[str]) -> None:
    if names:
        few = ", ".join(sorted(names)[:10])
        more = f" and {len(names) - 10:,} more" if len(names) > 10 else ""
        raise PersistenceError(f"{few[:1000]}{more} are not on the list of trusted types")


def _check_size(data: bytes) -> None:
    """Check that nothing is compressed and that no header claims more bytes than there are."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > len(data):
            raise ValueError("its parts claim more bytes than there are")
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise ValueError("its parts are packed")
        for entry in entries:
            if entry.filename.endswith(".npy"):
                _check_array(archive.read(entry))
        schema = json.loads(archive.read("schema.json"))
    if type(schema["protocol"]) is not int or schema["protocol"] < _PROTOCOL:
        raise ValueError("it is of an older protocol of skops")
    sizes: dict[Any, int] = {}
    visits = _visits(schema, sizes)
    if visits > _UNFOLDED * (len(sizes) + 100):
        raise ValueError("its parts are shared so often that to walk over them would not end")


def _check_array(data: bytes) -> None:
    file = io.BytesIO(data)
    version = np.lib.format.read_magic(file)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
    shape, _, dtype = read(file)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(data) - file.tell():
        raise ValueError("an array claims more bytes than there are")
    if max(shape, default=0) > max(MAX_COUNT, len(data)):
        raise ValueError(f"an array of shape {shape} has no elements")


def _visits(node: Any, sizes: dict[Any, int]) -> int:
    """Number of visits of a walk that visits shared nodes each time. It also checks all types."""
    if isinstance(node, list):
        return sum(_visits(part, sizes) for part in node)
    if not isinstance(node, dict):
        return 0
    if "__loader__" not in node:
        return sum(_visits(part, sizes) for part in node.values())
    number = node.get("__id__")
    if number in sizes:
        return sizes[number]
    if node["__loader__"] not in _LOADERS:
        raise PersistenceError(f"{str(node['__loader__'])[:100]} is not on the list of trusted loaders")
    name = f"{node['__module__']}.{node['__class__']}"
    if name not in LEAVES | _PLAIN:
        _refuse({name})
    if node["__loader__"] == "DictNode":
        _check_keys(node)
    count = 1 + sum(_visits(part, sizes) for part in node.values())
    sizes[len(sizes) if number is None else number] = count
    return count


def _check_keys(node: dict[str, Any]) -> None:
    """Check that keys are text: integers can be chosen to have equal hashes."""
    if any(key["__class__"] != "str" for key in node["key_types"]["content"]):
        raise ValueError("keys are text only")
