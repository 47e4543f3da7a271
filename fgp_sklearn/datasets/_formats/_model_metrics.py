"""Metrics of NAS-Bench-101: the protobuf message ModelMetrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.datasets._data_file_error import DataFileError

# A message holds evaluations (field 1), a number of parameters (2) and a time (3). An evaluation holds
# doubles: epoch, training time, accuracy on training, validation and test images (1 to 5); and a text (6).
N_NUMBERS = 9  # of a message: fields 2 to 5 of the second and of the third evaluation, and the parameters
_FIELDS = 5
_EVALUATION = 2 + 9 * _FIELDS  # bytes of an evaluation without text, with its own tag and length
_N_EVALUATIONS = 3
_TAGS = np.array([0x0A, _EVALUATION - 2, *[8 * field + 1 for field in range(1, _FIELDS + 1)]], dtype=np.uint8)
_TAG_PLACES = np.array([0, 1, *[2 + 9 * field for field in range(_FIELDS)]])
_DOUBLE_PLACES = _TAG_PLACES[3:, None] + 1 + np.arange(8)  # of fields 2 to 5
_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5  # wire types
_LONGEST_VARINT = 10


def read_metrics(messages: Sequence[bytes], first: int) -> NDArray[np.float64]:
    """Numbers of many messages.

    Parameters
    ----------
    messages : sequence of bytes
        Encoded messages.
    first : int
        Number of the record of the first message, for errors.

    Returns
    -------
    ndarray of float64 of shape (n_messages, 9)
        Training time, and accuracy on training, validation and test images, halfway and at the end; number
        of trainable parameters. NaN where a message lacks a field.

    Raises
    ------
    DataFileError
        If a message is malformed or lacks an evaluation.
    """
    numbers = np.empty((len(messages), N_NUMBERS))
    lengths = np.array([len(message) for message in messages])
    for length in np.unique(lengths).tolist():
        rows = np.flatnonzero(lengths == length)
        table = np.frombuffer(b"".join([messages[row] for row in rows.tolist()]), dtype=np.uint8)
        plain = _read_plain(table.reshape(len(rows), length), numbers, rows)
        for row in rows[~plain].tolist():
            numbers[row] = _read_any(messages[row], first + row)
    return numbers


def _read_plain(
    table: NDArray[np.uint8], numbers: NDArray[np.float64], rows: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Read the rows that have the fields of the official file, in the order of their numbers."""
    length = table.shape[1]
    parameters = np.arange(_N_EVALUATIONS * _EVALUATION + 1, length - 9)
    if not 1 <= len(parameters) <= 5:
        return np.zeros(len(table), dtype=bool)
    evaluations = table[:, : _N_EVALUATIONS * _EVALUATION].reshape(len(table), _N_EVALUATIONS, _EVALUATION)
    plain = (evaluations[:, :, _TAG_PLACES] == _TAGS).all(axis=(1, 2))
    plain &= (table[:, parameters[0] - 1] == 2 << 3) & (table[:, length - 9] == 3 << 3 | _DOUBLE)
    more = table[:, parameters] >> 7
    plain &= more[:, :-1].all(axis=1) & (more[:, -1] == 0)
    doubles = evaluations[plain][:, 1:, _DOUBLE_PLACES]
    values = np.ascontiguousarray(doubles).view("<f8").reshape(-1, N_NUMBERS - 1)
    base = 128.0 ** np.arange(len(parameters))
    digits = (table[plain][:, parameters] & 0x7F).astype(np.float64)
    numbers[rows[plain], :-1] = values
    numbers[rows[plain], -1] = digits @ base
    return np.asarray(plain)


# ------------------------------------------------------------------------ any order of fields


def _read_any(message: bytes, record: int) -> list[float]:
    evaluations = []
    parameters = np.nan
    try:
        for field, _, value in _fields(message):
            if field == 1 and isinstance(value, bytes):
                evaluations.append(_evaluation(value))
            elif field == 2 and isinstance(value, int):
                parameters = float(value)
    except (IndexError, OverflowError, ValueError):
        raise DataFileError(f"record {record:,} has malformed metrics") from None
    if len(evaluations) != _N_EVALUATIONS:
        raise DataFileError(f"record {record:,} has {len(evaluations)} evaluations; expected 3")
    return [*evaluations[1], *evaluations[2], parameters]


def _evaluation(content: bytes) -> list[float]:
    values = dict.fromkeys(range(2, _FIELDS + 1), np.nan)
    for field, kind, value in _fields(content):
        if kind == _DOUBLE and isinstance(value, bytes) and field in values:
            values[field] = float(np.frombuffer(value, dtype="<f8")[0])
    return list(values.values())


def _fields(content: bytes) -> Iterator[tuple[int, int, bytes | int]]:
    """Number, wire type and value of each field."""
    at = 0
    while at < len(content):
        tag, at = _varint(content, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _varint(content, at)
            yield tag >> 3, kind, value
            continue
        size = {_DOUBLE: 8, _FLOAT: 4}.get(kind)
        if kind == _BYTES:
            size, at = _varint(content, at)
        if size is None or at + size > len(content):
            raise ValueError
        yield tag >> 3, kind, content[at : at + size]
        at += size


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = 0
    for position in range(_LONGEST_VARINT):
        byte = content[at + position]
        value |= (byte & 0x7F) << 7 * position
        if byte < 0x80:
            return value, at + position + 1
    raise ValueError
