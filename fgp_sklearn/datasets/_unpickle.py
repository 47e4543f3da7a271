"""Read pickles of other projects without running their code, or anyone's."""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Mapping
from typing import IO, Any

from fgp_sklearn.datasets._data_file_error import DataFileError


class StandIn(type):
    """Metaclass of the classes that a pickle may name.

    A pickle can set attributes of any object it holds, classes included; these refuse.
    """

    def __setattr__(cls, name: str, value: object) -> None:
        raise DataFileError(f"the pickle tries to change the class {cls.__name__}")


class Record(metaclass=StandIn):
    """Stands in for a class whose objects only carry attributes: ``vars(record)`` holds them."""


def _told(value: object) -> str:
    """What a value is; the representation of nested ones may have no end."""
    return f"{value!r:.80}" if isinstance(value, (str, bytes, int, float)) else f"a {type(value).__name__}"


class Float64Type(metaclass=StandIn):
    """Stands in for `numpy.dtype`; the only dtype it can be is the little-endian double."""

    def __init__(self, code: object, align: object, copy: object) -> None:
        if code != "f8":
            raise DataFileError(f"the pickle holds numbers of dtype {_told(code)}, not 'f8'")

    def __setstate__(self, state: object) -> None:
        if state != (3, "<", None, None, None, -1, -1, 0):
            raise DataFileError("the pickle holds numbers that are not little-endian doubles")


class Float64(float, metaclass=StandIn):
    """Stands in for `numpy.core.multiarray.scalar`: a double from its eight bytes."""

    __slots__ = ()

    def __new__(cls, kind: object, payload: object) -> Float64:
        if not isinstance(kind, Float64Type) or type(payload) is not bytes or len(payload) != 8:
            raise DataFileError("the pickle holds a malformed double")
        return super().__new__(cls, struct.unpack("<d", payload)[0])


# What numpy writes for a float64 scalar.
FLOAT64_NAMES: dict[tuple[str, str], StandIn] = {
    ("numpy", "dtype"): Float64Type,
    ("numpy.core.multiarray", "scalar"): Float64,
}


def unpickle(content: bytes, stand_ins: Mapping[tuple[str, str], StandIn]) -> Any:
    """Read a pickle that may name nothing but what is given a stand-in.

    Parameters
    ----------
    content : bytes
        Of a known file, or of one that `scan` has passed: others can take any time and memory.
    stand_ins : mapping of (module, name) to StandIn
        Inert class that takes the place of each global the pickle may name. The named modules are
        never imported.

    Returns
    -------
    object
        Built from Python's plain types and the stand-ins only.

    Raises
    ------
    DataFileError
        If the pickle names anything else.
    Exception
        Of any kind, if it is damaged.
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
                f"the pickle names {module:.80}.{name:.80}, which this reader does not know and will not "
                "import"
            ) from None
