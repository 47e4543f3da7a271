"""Learning curves in pickles: dictionaries of one number per epoch, of which the last is kept."""

from __future__ import annotations

import mmap
import re
import struct
from collections.abc import Container

import numpy as np

from fgp_sklearn.datasets._formats._table import Table

# Items of a dictionary: a key and a double. Keys are integers of one or two bytes, references to texts, or
# texts such as "x-valid@199", which the pickle memorises.
_SIZES = {b"K": 1, b"M": 2, b"h": 1, b"j": 4}
_FIXED = {code: re.compile(rb"(?:%s[\s\S]{%d}G[\s\S]{8})++" % (code, size)) for code, size in _SIZES.items()}
_REFERENCES = (b"h", b"j")
_TEXT = rb"(?:X([\s\S])\0\0\0|\x8c([\s\S]))([\w.-]{1,60}@)(\d{1,6})(?:q[\s\S]|r[\s\S]{4}|\x94)G([\s\S]{8})"
_TEXT_ITEM = re.compile(_TEXT)
_TEXTS = re.compile(rb"(?:%s)++" % _TEXT.replace(rb"([\w", rb"(?:[\w").replace(rb"(\d", rb"(?:\d"))
_END = b"u"  # the opcode that adds the items to the dictionary


def read_curve(
    content: bytes | mmap.mmap, at: int, table: Table, memo: Container[int]
) -> tuple[int, int] | None:
    """Read items up to the end of a list of items, if all are numbers per epoch.

    Parameters
    ----------
    content : bytes or mmap
        The pickle.
    at : int
        Where the items begin.
    table : Table
        The dictionary that they belong to. Of a row of numbers, the last one is added, and `left_out` grows
        by the sum of all others.
    memo : container of int
        Numbers of memorised values that were kept. A key that refers to one of them is not part of a curve.

    Returns
    -------
    (end, n_memorised) : tuple of int, or None
        Byte after the items, and how many keys the pickle memorises; None if there are other items.
    """
    kept: dict[str | int, float] = {}
    total, n_memorised, start = 0.0, 0, at
    while (code := content[at : at + 1]) != _END:
        found = _FIXED[code].match(content, at) if code in _FIXED else _TEXTS.match(content, at)
        if found is None:
            return None
        at = found.end()
        if code not in _FIXED:
            named, n = _named(found[0])
            kept |= named
            n_memorised += n
            continue
        keys, values = _columns(found[0], _SIZES[code])
        if code not in _REFERENCES:
            total += float(values[:-1].sum())
            kept[keys[-1]] = float(values[-1])
        elif any(key in memo for key in keys):
            return None
    if at == start:
        return None
    table.update(kept)
    table.left_out += total
    return at + 1, n_memorised


def _columns(items: bytes, size: int) -> tuple[list[int], np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Keys of the given size, and numbers."""
    rows = np.frombuffer(items, dtype=np.uint8).reshape(-1, size + 10)
    keys = np.zeros((len(rows), 4), dtype=np.uint8)
    keys[:, :size] = rows[:, 1 : 1 + size]
    values = np.ascontiguousarray(rows[:, -8:]).view(">f8").ravel().astype(np.float64)
    return keys.view("<u4").ravel().tolist(), values


def _named(items: bytes) -> tuple[dict[str | int, float], int]:
    """The last number under each name, and the number of items."""
    last = {}
    found = _TEXT_ITEM.findall(items)
    for *_, name, epoch, value in found:
        last[name] = epoch, value
    numbers: dict[str | int, float] = {
        (name + epoch).decode(): struct.unpack(">d", value)[0] for name, (epoch, value) in last.items()
    }
    return numbers, len(found)
