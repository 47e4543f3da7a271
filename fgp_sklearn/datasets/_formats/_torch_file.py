"""Where the pickle lies in a file of torch.save."""

from __future__ import annotations

import mmap
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._formats._pickle_calls import TORCH_CALLS
from fgp_sklearn.datasets._formats._pickle_reader import PickleReader

_MAGIC = 0x1950A86A20F9469CFC6C  # value of the first pickle before torch 1.6
_MAGIC_PICKLE = b"\x80\x02\x8a\x0a" + _MAGIC.to_bytes(10, "little") + b"."
_ZIP = b"PK\x03\x04"
_LOCAL_HEADER = 30  # bytes of the header of a file in an archive, before its name
_MOST_HEADERS = 2**16  # bytes of the pickles before the one of the data
_PIECE = 2**24


def is_torch_file(head: bytes) -> bool:
    """Whether a file begins as those of torch.save do, in either of its layouts."""
    return head.startswith(_MAGIC_PICKLE) or (head.startswith(_ZIP) and b"data.pkl" in head)


@contextmanager
def torch_pickle(path: Path) -> Iterator[tuple[mmap.mmap, int, int]]:
    """Open a file of torch.save.

    Parameters
    ----------
    path : Path
        The file.

    Yields
    ------
    (content, start, stop) : mmap and two int
        The file, and the part of it that holds the pickle of the data. In the layout before torch 1.6, the
        pickle ends earlier.

    Raises
    ------
    DataFileError
        If it is no such file, or the checksum of the pickle is wrong.
    """
    with path.open("rb") as file:
        if not is_torch_file(file.read(4096)):
            raise DataFileError("it is not a file of torch.save")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            if content[: len(_ZIP)] == _ZIP:
                yield content, *_part_of_archive(path, content)
            else:
                yield content, _after_headers(content), len(content)


def _after_headers(content: mmap.mmap) -> int:
    """Byte after the magic number, the version, and the description of the system."""
    at = 0
    for _ in range(3):
        stop = min(len(content), at + _MOST_HEADERS)
        reader = PickleReader(content, TORCH_CALLS, start=at, stop=stop)
        reader.read()
        at = reader.position
    return at


def _part_of_archive(path: Path, content: mmap.mmap) -> tuple[int, int]:
    """Part of an archive that holds data.pkl, whose checksum is verified."""
    with zipfile.ZipFile(path) as archive:
        found = [info for info in archive.infolist() if info.filename.rpartition("/")[2] == "data.pkl"]
    if len(found) != 1 or found[0].compress_type != zipfile.ZIP_STORED:
        raise DataFileError("it does not have one data.pkl, stored without compression, as torch.save has")
    header = found[0].header_offset
    lengths = struct.unpack_from("<HH", content, header + _LOCAL_HEADER - 4)
    start = header + _LOCAL_HEADER + sum(lengths)
    stop = start + found[0].file_size
    if stop > len(content):
        raise DataFileError("its data.pkl is cut short")
    checksum = 0
    for at in range(start, stop, _PIECE):
        checksum = zlib.crc32(content[at : min(at + _PIECE, stop)], checksum)
    if checksum != found[0].CRC:
        raise DataFileError("its data.pkl is damaged: its checksum is wrong")
    return start, stop
