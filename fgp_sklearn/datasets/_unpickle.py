"""Unpickle data of other projects without running any code."""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Mapping
from typing import IO, Any

from fgp_sklearn.datasets._data_file_error import DataFileError


class StandIn(type):
    """Metaclass of the classes that a pickle may refer to.

    A pickle can set attributes of any object, including classes. Setting attributes of these classes raises
    an error.
    """

    def __setattr__(cls, name: str, value: object) -> None:
        raise DataFileError(f"the pickle tries to change the class {cls.__name__}")


class Record(metaclass=StandIn):
    """Replaces a class whose objects only carry attributes, which are in ``vars(record)``."""


def _described(value: object) -> str:
    """Short description of a value. The representation of a nested value could be endless."""
    return f"{value!r:.80}" if isinstance(value, (str, bytes, int, float)) else f"a {type(value).__name__}"


class Float64Type(metaclass=StandIn):
    """Replaces `numpy.dtype`. The only allowed dtype is the little-endian double."""

    def __init__(self, code: object, align: object, copy: object) -> None:
        if code != "f8":
            raise DataFileError(f"the pickle holds numbers of dtype {_described(code)}; expected 'f8'")

    def __setstate__(self, state: object) -> None:
        if state != (3, "<", None, None, None, -1, -1, 0):
            raise DataFileError("the pickle holds numbers that are not little-endian doubles")


class Float64(float, metaclass=StandIn):
    """Replaces `numpy.core.multiarray.scalar`, which creates a double from its eight bytes."""

    __slots__ = ()

    def __new__(cls, kind: object, payload: object) -> Float64:
        if not isinstance(kind, Float64Type) or type(payload) is not bytes or len(payload) != 8:
            raise DataFileError("the pickle holds a malformed double")
        return super().__new__(cls, struct.unpack("<d", payload)[0])


# Globals that numpy writes for a float64 scalar.
FLOAT64_NAMES: dict[tuple[str, str], StandIn] = {
    ("numpy", "dtype"): Float64Type,
    ("numpy.core.multiarray", "scalar"): Float64,
}


def unpickle(content: bytes, stand_ins: Mapping[tuple[str, str], StandIn]) -> Any:
    """Unpickle data that refers to no globals except those with a stand-in.

    Parameters
    ----------
    content : bytes
        Content of a known file, or of a file that `scan` accepts. Any other content could take unlimited time
        and memory.
    stand_ins : mapping of (module, name) to StandIn
        Inert class that replaces each global that the pickle may refer to. The modules of the globals are
        never imported.

    Returns
    -------
    object
        Object made of Python's built-in types and the stand-ins only.

    Raises
    ------
    DataFileError
        If the pickle refers to any other global.
    Exception
        Any error, if the pickle is damaged.
    """
    return _RestrictedUnpickler(io.BytesIO(content), stand_ins).load()


class _RestrictedUnpickler(pickle.Unpickler):
    def __init__(self, file: IO[bytes], stand_ins: Mapping[tuple[str, str], StandIn]) -> None:
        super().__init__(file)
        self._stand_ins = stand_ins

    def find_class(self, module: str, name: str) -> StandIn:
        try:
            return self._stand_ins[module, name]
        except KeyError:
            raise DataFileError(
                f"the pickle refers to {module:.80}.{name:.80}, which is not allowed and was not imported"
            ) from None
