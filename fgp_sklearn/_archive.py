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
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

_MAX_HEADER = 2**24  # bytes; Python takes some 20 times as many to hold it
_KEY = "fgp_sklearn"
_BLANK = b"0" * 64
_BEFORE_CHECKSUM = b'{\\"checksum\\":\\"'
_MAX_MESSAGE = 1000  # characters
_PATIENCE = 10.0  # seconds that a writer waits for another one
_MAX_EMPTY = 10**7  # rows or columns of an array without elements

Parts = Iterable[bytes | memoryview]


class PersistenceError(ValueError):
    """A file is damaged or not of this library, or something cannot be written to one.

    Examples
    --------
    >>> from fgp_sklearn.persistence import PersistenceError
    >>> raise PersistenceError("model.safetensors is damaged")
    Traceback (most recent call last):
    ...
    fgp_sklearn._archive.PersistenceError: model.safetensors is damaged
    """


def brief(error: Exception) -> str:
    """What an error says, however much of a file it repeats."""
    text = str(error) if isinstance(error, ValueError) else repr(error)
    return text if len(text) <= _MAX_MESSAGE else f"{text[:_MAX_MESSAGE]} ..."


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
        Of numbers.
    previous : Path, optional
        Where to keep the file that is replaced.

    Raises
    ------
    PersistenceError
        If the document is too large.
    OSError
        If the disk refuses; the old file is then untouched.
    """
    write_atomically(path, archived(document, arrays), previous=previous)


def archived(
    document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> tuple[bytes | memoryview, ...]:
    """Bytes of an archive, for `write_atomically` or `write_together`."""
    text = json.dumps({"checksum": _BLANK.decode(), **document}, allow_nan=False, separators=(",", ":"))
    # Memory is written as it is, whatever the strides.
    ordered = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    raw = safetensors.numpy.save(ordered, {_KEY: text})
    if _header_size(raw) > _MAX_HEADER:
        raise PersistenceError(
            f"what is not arrays takes {_header_size(raw)} bytes, the format holds {_MAX_HEADER}; shorten "
            "names or history"
        )
    place = _place_of_checksum(raw)
    checksum = hashlib.sha256(raw).hexdigest().encode()
    view = memoryview(raw)
    return view[:place], checksum, view[place + len(_BLANK) :]


def write_atomically(path: Path, parts: Parts, *, previous: Path | None = None) -> None:
    """Write beside, flush to the disk, then rename over the old file."""
    write_together({path: parts}, previous=previous)


def write_together(files: Mapping[Path, Parts], *, previous: Path | None = None) -> None:
    """Write files of one folder: no old one is replaced before all new ones are on the disk.

    Writers of the same folder wait for each other, so that the files of one writer stay together.
    What writers that were killed have left of these files is removed.
    """
    (folder,) = {path.parent for path in files}
    partials = {path: path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial") for path in files}
    with _alone_in(folder) as alone:
        try:
            for path, parts in files.items():
                if alone:
                    _sweep(path)
                _write(partials[path], parts)
            if previous is not None:
                (path,) = files
                with suppress(FileNotFoundError):
                    path.replace(previous)
            for path, partial in partials.items():
                partial.replace(path)
        except BaseException:
            for partial in partials.values():
                partial.unlink(missing_ok=True)
            raise
        if os.name == "posix":  # elsewhere a folder cannot be opened
            _flush_folder(folder)


def _write(path: Path, parts: Parts) -> None:
    with path.open("xb") as file:
        for part in parts:
            file.write(part)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _alone_in(folder: Path) -> Iterator[bool]:
    """Keep other writers out of a folder; False where the system cannot, or where one never ends."""
    try:
        import fcntl
    except ImportError:  # not POSIX
        yield False
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        alone, give_up = False, time.monotonic() + _PATIENCE
        while not alone:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                alone = True
            except BlockingIOError:
                if time.monotonic() > give_up:
                    break
                time.sleep(0.02)
            except OSError:  # some network file systems
                break
        yield alone
    finally:
        os.close(handle)


def remove_partial(path: Path) -> None:
    """Remove what processes that were killed while they wrote `path` have left."""
    with _alone_in(path.parent) as alone:
        if alone:
            _sweep(path)


def is_partial(path: Path) -> bool:
    """Whether a file is one that a writer, perhaps a killed one, has not finished."""
    return path.name.startswith(".") and path.name.endswith(".partial")


def _sweep(path: Path) -> None:
    for partial in path.parent.iterdir():
        if is_partial(partial) and partial.name.startswith(f".{path.name}."):
            partial.unlink(missing_ok=True)


def is_archive(path: Path) -> bool:
    """Whether a file is one of this library, sound or not, as its header says."""
    try:
        _check_regular(path)
        with path.open("rb") as file:
            size = _header_size(file.read(8))
            return size <= _MAX_HEADER and _KEY in json.loads(file.read(size)).get("__metadata__", {})
    except Exception:  # whatever malformed bytes make json raise
        return False


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
    _check_regular(path)
    with path.open("rb") as file:
        try:
            return _read(file)
        except Exception as error:  # whatever malformed bytes make json and safetensors raise
            raise PersistenceError(
                f"{path} is damaged, or no file of this library ({brief(error)}); take another copy"
            ) from error


def _read(file: BinaryIO) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    status = os.fstat(file.fileno())
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
    file.seek(0)
    raw = file.read(status.st_size)
    if not raw.startswith(start) or len(raw) != status.st_size:
        raise ValueError("it changed while it was read")
    place = _place_of_checksum(start)
    found = hashlib.sha256(raw[:place])
    found.update(_BLANK)
    found.update(memoryview(raw)[place + len(_BLANK) :])
    if document.pop("checksum") != found.hexdigest():
        raise ValueError("its checksum does not match")
    arrays = safetensors.numpy.load(raw)
    for name, array in arrays.items():
        if not array.size and max(array.shape) > _MAX_EMPTY:
            raise ValueError(f"the array {name!r} of shape {array.shape} has no elements")
    return document, arrays


def _check_regular(path: Path) -> None:
    """Before it is opened: to open a pipe waits for a writer."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise PersistenceError(f"{path} is not a regular file; copy what it gives into one")


def _header_size(raw: bytes) -> int:
    return int.from_bytes(raw[:8], "little")


def _place_of_checksum(raw: bytes) -> int:
    place = raw.find(_BEFORE_CHECKSUM, 8, 8 + _header_size(raw))
    if place < 0:
        raise ValueError("it has no checksum")
    return place + len(_BEFORE_CHECKSUM)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"its JSON holds {name}")


def text_codes(text: NDArray[np.str_]) -> NDArray[Any]:
    """Text as one row of code points per string, in as few bytes as they need.

    Unlike a list of strings it takes, within a factor of 4, as much in a file as in memory, where the
    longest string sets the length of all.
    """
    width = text.dtype.itemsize // 4
    native = np.ascontiguousarray(text, dtype=f"=U{max(width, 1)}")
    codes = native.view(np.uint32).reshape(*text.shape, max(width, 1))
    return codes.astype(np.min_scalar_type(int(codes.max(initial=0))))


def text_from_codes(codes: NDArray[Any]) -> NDArray[np.str_]:
    """Text from what `text_codes` returned, or a stranger.

    Raises
    ------
    ValueError
        If these are no code points.
    """
    if codes.dtype.kind != "u" or codes.ndim < 1 or not codes.shape[-1]:
        raise ValueError(f"{codes.dtype} of shape {codes.shape} are no code points of text")
    if codes.max(initial=0) > 0x10FFFF:
        raise ValueError(f"{codes.max()} is no code point")
    width = codes.shape[-1]
    wide = np.ascontiguousarray(codes, dtype=np.uint32)
    text: NDArray[np.str_] = wide.view(f"=U{width}").reshape(codes.shape[:-1])
    return text


def digest(document: Any, arrays: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256 of JSON and arrays."""
    found = hashlib.sha256(json.dumps(document, allow_nan=False).encode())
    for name, array in arrays.items():
        found.update(f"{name}{array.dtype.str}{array.shape}".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()
