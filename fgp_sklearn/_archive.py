"""Archives: files of arrays and JSON that are safe to read and that are written whole or not at all.

An archive is a safetensors file, so any safetensors reader can read the arrays. The JSON is in the header and
starts with a SHA-256 checksum of the file, computed with zeros in place of the checksum.
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

_MAX_HEADER = 2**24  # bytes; the parsed header takes about 20 times as much memory
_KEY = "fgp_sklearn"
_BLANK = b"0" * 64
_BEFORE_CHECKSUM = b'{\\"checksum\\":\\"'
_MAX_MESSAGE = 1000  # characters
_MAX_WAIT = 10.0  # seconds that a writer waits for another writer
_MAX_EMPTY = 10**7  # maximum length of a dimension of an array without elements

Parts = Iterable[bytes | memoryview]


class PersistenceError(ValueError):
    """A file is damaged or was not written by this library, or an object cannot be saved.

    Examples
    --------
    >>> from fgp_sklearn.persistence import PersistenceError
    >>> raise PersistenceError("model.safetensors is damaged")
    Traceback (most recent call last):
    ...
    fgp_sklearn._archive.PersistenceError: model.safetensors is damaged
    """


def brief(error: Exception) -> str:
    """Message of an error, cut to a maximum length."""
    text = str(error) if isinstance(error, ValueError) else repr(error)
    return text if len(text) <= _MAX_MESSAGE else f"{text[:_MAX_MESSAGE]} ..."


def write_archive(
    path: Path,
    document: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
    *,
    previous: Path | None = None,
) -> None:
    """Write an archive whole or not at all.

    Parameters
    ----------
    path : Path
        Path of the file. An existing file is replaced.
    document : mapping
        Content that `json` can write. NaN is not allowed.
    arrays : mapping of str to ndarray
        Numeric arrays.
    previous : Path, optional
        Path to which an existing file is moved. By default, it is deleted.

    Raises
    ------
    PersistenceError
        If the document is too large.
    OSError
        If the file cannot be written. An existing file is then unchanged.
    """
    write_atomically(path, archived(document, arrays), previous=previous)


def archived(
    document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> tuple[bytes | memoryview, ...]:
    """Bytes of an archive, to be written by `write_atomically` or `write_together`."""
    text = json.dumps({"checksum": _BLANK.decode(), **document}, allow_nan=False, separators=(",", ":"))
    # safetensors writes the memory of an array and ignores its strides.
    ordered = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    raw = safetensors.numpy.save(ordered, {_KEY: text})
    if _header_size(raw) > _MAX_HEADER:
        raise PersistenceError(
            f"the content other than arrays takes {_header_size(raw)} bytes, more than the limit of "
            f"{_MAX_HEADER}; shorten names or history"
        )
    place = _place_of_checksum(raw)
    checksum = hashlib.sha256(raw).hexdigest().encode()
    view = memoryview(raw)
    return view[:place], checksum, view[place + len(_BLANK) :]


def write_atomically(path: Path, parts: Parts, *, previous: Path | None = None) -> None:
    """Write a temporary file, flush it to the disk, and rename it to `path`."""
    write_together({path: parts}, previous=previous)


def write_together(files: Mapping[Path, Parts], *, previous: Path | None = None) -> None:
    """Write files of one folder. Existing files are replaced after all new files are on the disk.

    Writers to the same folder wait for each other, so that the files of one writer stay together. Temporary
    files of these paths that killed writers left behind are removed.
    """
    (folder,) = {path.parent for path in files}
    partials = {path: path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial") for path in files}
    with _locked(folder) as is_locked:
        try:
            for path, parts in files.items():
                if is_locked:
                    _remove_partials(path)
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
        if os.name == "posix":  # other systems cannot open a folder
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
def _locked(folder: Path) -> Iterator[bool]:
    """Lock a folder against other writers. Yields whether it is locked, since not every system can do so."""
    try:
        import fcntl
    except ImportError:  # not POSIX
        yield False
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        is_locked, give_up = False, time.monotonic() + _MAX_WAIT
        while not is_locked:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                is_locked = True
            except BlockingIOError:
                if time.monotonic() > give_up:
                    break
                time.sleep(0.02)
            except OSError:  # some network file systems cannot lock
                break
        yield is_locked
    finally:
        os.close(handle)


def remove_partial(path: Path) -> None:
    """Remove temporary files that processes left behind when they were killed while writing `path`."""
    with _locked(path.parent) as is_locked:
        if is_locked:
            _remove_partials(path)


def is_partial(path: Path) -> bool:
    """Whether a file is the temporary file of a running or killed writer."""
    return path.name.startswith(".") and path.name.endswith(".partial")


def _remove_partials(path: Path) -> None:
    for partial in path.parent.iterdir():
        if is_partial(partial) and partial.name.startswith(f".{path.name}."):
            partial.unlink(missing_ok=True)


def is_archive(path: Path) -> bool:
    """Whether the header of a file says that it is an archive of this library. The file may be damaged."""
    try:
        _check_regular(path)
        with path.open("rb") as file:
            size = _header_size(file.read(8))
            header = json.loads(file.read(size).decode()) if size <= _MAX_HEADER else {}
            return _KEY in header.get("__metadata__", {})
    except Exception:  # malformed bytes may make json raise any error
        return False


def read_archive(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read an archive. Sizes are checked before memory is allocated.

    Parameters
    ----------
    path : Path
        Path of a file, which need not come from `write_archive` and is not trusted.

    Returns
    -------
    document : dict
        Content other than arrays. The caller must validate every value: the checksum detects accidental
        damage, not manipulation.
    arrays : dict of str to ndarray
        The arrays. Together they are no larger than the file.

    Raises
    ------
    PersistenceError
        If the file is not an archive, or is damaged.
    OSError
        If the file cannot be opened.
    """
    _check_regular(path)
    with path.open("rb") as file:
        try:
            return _read(file)
        except Exception as error:  # malformed bytes may make json and safetensors raise any error
            raise PersistenceError(
                f"{path} is damaged or was not written by this library ({brief(error)}); use another copy"
            ) from error


def _read(file: BinaryIO) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    status = os.fstat(file.fileno())
    start = file.read(8)
    size = _header_size(start)
    if len(start) < 8 or size > min(_MAX_HEADER, status.st_size - 8):
        raise ValueError(f"its header states a size of {size} bytes, but the file has {status.st_size}")
    start += file.read(size)
    header = json.loads(start[8:].decode())  # bytes would be read in any encoding that they look like
    document = json.loads(header.pop("__metadata__")[_KEY], parse_constant=_refuse_constant)
    if not isinstance(document, dict):
        raise ValueError("its JSON is not an object")
    claimed = max((entry["data_offsets"][1] for entry in header.values()), default=0)
    if 8 + size + claimed != status.st_size:
        raise ValueError(f"its arrays state a size of {claimed} bytes, but the file has {status.st_size}")
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
    """Raise an error if a path is not a regular file. Opening a pipe would wait for a writer."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise PersistenceError(f"{path} is not a regular file; copy its content to a regular file")


def _header_size(raw: bytes) -> int:
    return int.from_bytes(raw[:8], "little")


def _place_of_checksum(raw: bytes) -> int:
    place = raw.find(_BEFORE_CHECKSUM, 8, 8 + _header_size(raw))
    if place < 0:
        raise ValueError("it has no checksum")
    return place + len(_BEFORE_CHECKSUM)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"its JSON contains {name}")


def text_codes(text: NDArray[np.str_]) -> NDArray[Any]:
    """Convert strings to an array with one row of code points per string, in the smallest possible dtype.

    The size in a file is that in memory, within a factor of 4, so a small file cannot make large arrays. For
    a list of strings this does not hold, because NumPy stores all strings at the length of the longest.
    """
    width = text.dtype.itemsize // 4
    native = np.ascontiguousarray(text, dtype=f"=U{max(width, 1)}")
    codes = native.view(np.uint32).reshape(*text.shape, max(width, 1))
    return codes.astype(np.min_scalar_type(int(codes.max(initial=0))))


def text_from_codes(codes: NDArray[Any]) -> NDArray[np.str_]:
    """Convert code points, as `text_codes` returns them, to strings. The codes need not be trusted.

    Raises
    ------
    ValueError
        If the numbers are not code points.
    """
    if codes.dtype.kind != "u" or codes.ndim < 1 or not codes.shape[-1]:
        raise ValueError(f"an array of dtype {codes.dtype} and shape {codes.shape} cannot hold code points")
    if codes.max(initial=0) > 0x10FFFF:
        raise ValueError(f"{codes.max()} is not a code point")
    width = codes.shape[-1]
    wide = np.ascontiguousarray(codes, dtype=np.uint32)
    text: NDArray[np.str_] = wide.view(f"=U{width}").reshape(codes.shape[:-1])
    return text


def digest(document: Any, arrays: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256 of a JSON document and arrays."""
    found = hashlib.sha256(json.dumps(document, allow_nan=False).encode())
    for name, array in arrays.items():
        found.update(f"{name}{array.dtype.str}{array.shape}".encode())
        found.update(np.ascontiguousarray(array).data)
    return found.hexdigest()
