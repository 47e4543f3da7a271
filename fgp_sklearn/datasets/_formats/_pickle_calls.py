"""What stands for the globals in the pickles of benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._formats._left_out import LEFT_OUT
from fgp_sklearn.datasets._formats._numpy_array import NumpyArray
from fgp_sklearn.datasets._formats._numpy_type import NumpyType
from fgp_sklearn.datasets._formats._table import Table

_STORAGES = ("Double", "Float", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")


def _table(arguments: tuple[Any, ...]) -> Table:
    if arguments:
        raise DataFileError("the pickle fills an OrderedDict in a way that no benchmark uses")
    return Table()


def _set(arguments: tuple[Any, ...]) -> list[Any]:
    (items,) = arguments
    if type(items) is not list:
        raise DataFileError("the pickle makes a set of a value that is not a list")
    return items


def _bytes(arguments: tuple[Any, ...]) -> bytes:
    """Bytes as protocol 2 writes them."""
    text, encoding = arguments
    if type(text) is not str or encoding != "latin1":
        raise DataFileError("the pickle encodes a value that is not text in latin1")
    return text.encode("latin1")


def _scalar(arguments: tuple[Any, ...]) -> Any:
    kind, payload = arguments
    if type(kind) is not NumpyType or type(payload) is not bytes:
        raise DataFileError("the pickle holds a malformed number of NumPy")
    return kind.numbers(payload, 1)[0].item()


def _left_out(arguments: tuple[Any, ...]) -> Any:
    return LEFT_OUT


PLAIN_CALLS: Mapping[tuple[str, str], Callable[[tuple[Any, ...]], Any]] = {
    ("collections", "OrderedDict"): _table,
    ("builtins", "set"): _set,
    ("__builtin__", "set"): _set,
    ("_codecs", "encode"): _bytes,
    ("numpy", "dtype"): NumpyType.of,
    ("numpy", "ndarray"): _left_out,  # the argument of _reconstruct
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy._core.multiarray", "scalar"): _scalar,
    ("numpy.core.multiarray", "_reconstruct"): NumpyArray.of,
    ("numpy._core.multiarray", "_reconstruct"): NumpyArray.of,
    ("numpy.core.numeric", "_frombuffer"): NumpyArray.of_buffer,
    ("numpy._core.numeric", "_frombuffer"): NumpyArray.of_buffer,
}
"""Containers and numbers."""

TORCH_CALLS = {
    **PLAIN_CALLS,
    ("torch._utils", "_rebuild_tensor_v2"): _left_out,
    ("torch._utils", "_rebuild_parameter"): _left_out,
    **{("torch", f"{name}Storage"): _left_out for name in _STORAGES},
}
"""Containers and numbers; tensors are left out."""
