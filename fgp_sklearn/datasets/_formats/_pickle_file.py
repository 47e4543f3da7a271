"""Pickles that are read as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._formats._pickle_reader import Call, Convert, PickleReader


def read_pickle(path: Path, most_bytes: int, calls: Mapping[tuple[str, str], Call], convert: Convert) -> Any:
    """Read a file that holds one pickle; see `PickleReader`.

    Parameters
    ----------
    path : Path
        The file.
    most_bytes : int
        Largest size. The values take up to 15 times as much memory.
    calls, convert : mapping, callable
        Parameters of `PickleReader`.

    Returns
    -------
    object
        The value.

    Raises
    ------
    DataFileError
        If the file is larger, breaks a rule of `PickleReader`, or goes on after the pickle.
    """
    with path.open("rb") as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise DataFileError(f"it has more than {most_bytes:,} bytes")
    reader = PickleReader(content, calls, convert=convert)
    value = reader.read()
    if reader.position != len(content):
        raise DataFileError(f"{len(content) - reader.position:,} bytes follow the end of the pickle")
    return value
