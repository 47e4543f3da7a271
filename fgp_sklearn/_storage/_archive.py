"""One file of arrays and JSON that a stranger may send and a crash may not tear.

It is a safetensors file, so any reader of these shows the arrays; the JSON stands in its header, and
starts with a SHA-256 checksum of the file, taken with zeros in the place of the checksum.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

_MAX_HEADER = 2**24  # bytes; Python takes some 20 times as many to hold it
_KEY = "fgp_sklearn"
_BLANK = b"0" * 64
_BEFORE_CHECKSUM = b'{\\"checksum\\":\\"'


class PersistenceError(ValueError):
    """A file is damaged or not of this library, or something cannot be written to one.

    Examples
    --------
    >>> from fgp_sklearn.persistence import PersistenceError
    >>> raise PersistenceError("model.safetensors is damaged")
    Traceback (most recent call last):
    ...
    fgp_sklearn._storage._archive.PersistenceError: model.safetensors is damaged
    """


def write_archive(
    path: Path,
    document: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
    *,
    previous: Path | None = None,
) -> None:
    """Write a file whole or not at all.

    Parameters
    ----------
    path : Path
        The file; replaced if it exists.
    document : mapping
        What `json` can write, without NaN.
    arrays : mapping of str to ndarray
        C-contiguous, of numbers.
    previous : Path, optional
        Where to keep the file that is replaced.

    Raises
    ------
    PersistenceError
        If the document is too large.
    OSError
        If the disk refuses; the old file is then untouched.
    """
    text = json.dumps({"checksum": _BLANK.decode(), **document}, allow_nan=False, separators=(",", ":"))
    raw = safetensors.numpy.save(dict(arrays), {_KEY: text})
    if _header_size(raw) > _MAX_HEADER:
        raise PersistenceError(
            f"what is not arrays takes {_header_size(raw)} bytes, the format holds {_MAX_HEADER}; shorten "
            "names or history"
        )
    place = _place_of_checksum(raw)
    checksum = hashlib.sha256(raw).hexdigest().encode()
    view = memoryview(raw)
    write_atomically(path, (view[:place], checksum, view[place + len(_BLANK) :]), previous=previous)


def write_atomically(
    path: Path, parts: Iterable[bytes | memoryview], *, previous: Path | None = None
) -> None:
    """Write beside, flush to the disk, then rename over the old file."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial")
    try:
        with partial.open("xb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        if previous is not None:
            with suppress(FileNotFoundError):
                path.replace(previous)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # elsewhere a folder cannot be opened
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def remove_partial(path: Path) -> None:
    """Remove what processes that were killed while they wrote `path` have left."""
    for partial in path.parent.glob(f".{path.name}.*.partial"):
        partial.unlink(missing_ok=True)


def read_archive(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read a file, checking before allocating.

    Parameters
    ----------
    path : Path
        A file from `write_archive`, or from a stranger.

    Returns
    -------
    document : dict
        Every value of it is to be doubted: a checksum protects from accidents, not from malice.
    arrays : dict of str to ndarray
        Together no larger than the file.

    Raises
    ------
    PersistenceError
        If it is not such a file, or damaged.
    OSError
        If it cannot be opened.
    """
    with path.open("rb") as file:
        try:
            return _read(file)
        except Exception as error:  # whatever malformed bytes make json and safetensors raise
            raise PersistenceError(
                f"{path} is damaged, or no file of this library "
                f"({error if isinstance(error, ValueError) else repr(error)}); take another copy"
            ) from error


def _read(file: BinaryIO) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("it is not a regular file")
    start = file.read(8)
    size = _header_size(start)
    if len(start) < 8 or size > min(_MAX_HEADER, status.st_size - 8):
        raise ValueError(f"its header claims {size} bytes of {status.st_size}")
    start += file.read(size)
    header = json.loads(start[8:])
    document = json.loads(header.pop("__metadata__")[_KEY], parse_constant=_refuse_constant)
    if not isinstance(document, dict):
        raise ValueError("its JSON is not an object")
    claimed = max((entry["data_offsets"][1] for entry in header.values()), default=0)
    if 8 + size + claimed != status.st_size:
        raise ValueError(f"its arrays claim {claimed} bytes of {status.st_size}")
    raw = start + file.read(claimed)
    place = _place_of_checksum(start)
    found = hashlib.sha256(raw[:place])
    found.update(_BLANK)
    found.update(memoryview(raw)[place + len(_BLANK) :])
    if document.pop("checksum") != found.hexdigest():
        raise ValueError("its checksum does not match")
    return document, safetensors.numpy.load(raw)


def _header_size(raw: bytes) -> int:
    return int.from_bytes(raw[:8], "little")


def _place_of_checksum(raw: bytes) -> int:
    place = raw.find(_BEFORE_CHECKSUM, 8, 8 + _header_size(raw))
    if place < 0:
        raise ValueError("it has no checksum")
    return place + len(_BEFORE_CHECKSUM)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"its JSON holds {name}")


def digest(document: Any, arrays: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256 of JSON and arrays."""
    found = hashlib.sha256(json.dumps(document, allow_nan=False).encode())
    for name, array in arrays.items():
        found.update(f"{name}{array.dtype.str}{array.shape}".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()
