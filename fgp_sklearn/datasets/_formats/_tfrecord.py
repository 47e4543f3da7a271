"""Records of a tfrecord file, with their checksums verified."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.datasets._data_file_error import DataFileError

_HEADER = struct.Struct("<QI")  # length of the record, and the checksum of these eight bytes
_FOOTER = struct.Struct("<I")  # checksum of the record
_FRAME = _HEADER.size + _FOOTER.size
_CHUNK = 2**22  # bytes that are read at once
_LONGEST = 2**12 - 1  # bytes of a record; those of NAS-Bench-101 have about 400
_GROUP = 128  # records whose checksums are computed at once; their arrays fit into the cache of a processor
_POLYNOMIAL = 0x82F63B78  # of CRC-32C, with reversed bits


def read_records(path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """Read a file in pieces of a few megabytes.

    Parameters
    ----------
    path : Path
        The file.

    Yields
    ------
    first : int
        Number of the first record of the piece, counted from 0.
    records : list of bytes
        Records whose checksums are right.

    Raises
    ------
    DataFileError
        If a checksum is wrong, a record is too long, or the file ends within a record. The message has the
        number of the record and the byte where it begins.
    """
    first = offset = 0
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            content = rest + chunk
            starts, end = _starts(content)
            records = _verified(content, starts, first, offset)
            if records:
                yield first, records
            first, offset, rest = first + len(records), offset + end, content[end:]
            if len(rest) >= _HEADER.size:
                _check_length(rest, first, offset)
    if rest:
        raise DataFileError(f"{_named(first, offset)} is cut short: the file ends within it")


def is_tfrecord(head: bytes) -> bool:
    """Whether the first bytes of a file are the header of a record, with the right checksum."""
    if len(head) < _HEADER.size:
        return False
    (checksum,) = _masked(crc32c([head[:8]]))
    return bool(_HEADER.unpack_from(head)[1] == checksum)


def _starts(content: bytes) -> tuple[list[int], int]:
    """Where the complete records begin, and where the last one ends."""
    starts = []
    at, size = 0, len(content)
    while at + _FRAME <= size:
        (length, _) = _HEADER.unpack_from(content, at)
        if not 0 < length <= _LONGEST or at + _FRAME + length > size:
            break
        starts.append(at)
        at += _FRAME + length
    return starts, at


def _verified(content: bytes, starts: Sequence[int], first: int, offset: int) -> list[bytes]:
    """Contents of records that lie within the bytes, or an error that names the first damaged one."""
    if not starts:
        return []
    lengths = _lengths(content, starts, first, offset)
    bodies = [at + _HEADER.size for at in starts]
    records = [content[at : at + length] for at, length in zip(bodies, lengths, strict=True)]
    footers = [
        _FOOTER.unpack_from(content, at + length)[0] for at, length in zip(bodies, lengths, strict=True)
    ]
    wrong = np.flatnonzero(_masked(crc32c(records)) != footers)
    if len(wrong):
        name = _named(first + int(wrong[0]), offset + starts[wrong[0]])
        raise DataFileError(f"{name} is damaged: the checksum of its content is wrong")
    return records


def _lengths(content: bytes, starts: Sequence[int], first: int, offset: int) -> list[int]:
    """Lengths of the records that begin at the given bytes; the first wrong one is an error."""
    headers = [content[at : at + _HEADER.size] for at in starts]
    lengths, checksums = zip(*map(_HEADER.unpack, headers), strict=True)
    wrong = np.flatnonzero(_masked(crc32c([header[:8] for header in headers])) != checksums)
    if len(wrong):
        name = _named(first + int(wrong[0]), offset + starts[wrong[0]])
        raise DataFileError(f"{name} is damaged: the checksum of its length is wrong")
    return list(lengths)


def _check_length(rest: bytes, first: int, offset: int) -> None:
    """Check the length of a record before more of it is read."""
    (length,) = _lengths(rest, [0], first, offset)
    if not 0 < length <= _LONGEST:
        raise DataFileError(
            f"{_named(first, offset)} has {length:,} bytes; a record of NAS-Bench-101 has about 400"
        )


def _named(number: int, offset: int) -> str:
    return f"record {number:,}, which begins at byte {offset:,},"


# ---------------------------------------------------------------------------- checksums


def crc32c(records: Sequence[bytes]) -> NDArray[np.uint32]:
    """CRC-32C of many short records.

    The checksum is linear, so it is the exclusive or of one term per byte, which depends on the byte and on
    its distance from the end of the record.

    Parameters
    ----------
    records : sequence of bytes
        At least one record, each of at least one byte.

    Returns
    -------
    ndarray of uint32 of shape (n_records,)
        The checksums.
    """
    terms, of_start = _terms(1 << max(map(len, records)).bit_length())
    return np.concatenate(
        [_checksums(records[at : at + _GROUP], terms, of_start) for at in range(0, len(records), _GROUP)]
    )


def _checksums(
    records: Sequence[bytes], terms: NDArray[np.uint32], of_start: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    sizes = np.array([len(record) for record in records], dtype=np.int64)
    ends = np.cumsum(sizes, dtype=np.int64)
    distances = np.arange(sizes.max() - 1, -1, -1, dtype=np.int32) << 8
    index = np.concatenate([distances[-size:] for size in sizes.tolist()])
    index |= np.frombuffer(b"".join(records), dtype=np.uint8)
    return np.bitwise_xor.reduceat(terms.take(index), ends - sizes) ^ of_start[sizes] ^ np.uint32(0xFFFFFFFF)


@cache
def _terms(longest: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Term of each byte at each distance from the end, flat; and the term of the initial value."""
    byte = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        byte = (byte >> np.uint32(1)) ^ (byte & np.uint32(1)) * np.uint32(_POLYNOMIAL)
    terms = np.empty((longest, 256), dtype=np.uint32)
    of_start = np.empty(longest, dtype=np.uint32)
    terms[0] = byte
    of_start[0] = 0xFFFFFFFF
    for distance in range(1, longest):
        before = terms[distance - 1]
        terms[distance] = byte[before & 0xFF] ^ (before >> 8)
        start = of_start[distance - 1]
        of_start[distance] = byte[start & 0xFF] ^ (start >> 8)
    return terms.ravel(), of_start


def _masked(checksums: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Checksums as the format stores them: rotated, plus a constant."""
    rotated = (checksums >> np.uint32(15)) | (checksums << np.uint32(17))
    return rotated + np.uint32(0xA282EAD8)
