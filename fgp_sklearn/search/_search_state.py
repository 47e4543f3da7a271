"""The state of a search in a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fgp_sklearn._archive import is_archive
from fgp_sklearn._storage import PersistenceError, brief, decode, encode, read_archive, write_archive
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.search._search_space import SearchSpace

_ABOUT = {"format": 1, "kind": "search"}
_DTYPES = {"told_": "i", "early_": "i", "pending_": "b"}  # of columns that hold no floats
_EARLY = ("early_", "early_epochs_", "early_values_")


def write_state(file: Path, state: dict[str, Any]) -> None:
    """Write the attributes of a search, all or none.

    Parameters
    ----------
    file : Path
        The file.
    state : dict
        Attributes by name.

    Raises
    ------
    PersistenceError
        If there is a file of this name that this library did not write.
    OSError
        If the file cannot be written.
    """
    if file.exists() and not is_archive(file):
        raise PersistenceError(f"{file} was not saved by this library; give another name, or remove it")
    document, arrays = encode(state)
    write_archive(file, {**_ABOUT, **document}, arrays)


def digest(file: Path) -> str | None:
    """Checksum of a file, or None if there is none."""
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def read_state(
    file: Path, space: SearchSpace, columns: Sequence[str], directions: Mapping[str, float]
) -> dict[str, Any]:
    """Read and check the attributes of a search.

    Parameters
    ----------
    file : Path
        The file.
    space : SearchSpace
        The space of the search that continues.
    columns : sequence of str
        Names of its told columns.
    directions : mapping of str to float
        Sign of each of its objectives.

    Returns
    -------
    dict
        Attributes by name.

    Raises
    ------
    PersistenceError
        If the file is damaged or holds no search, or belongs to another space, other columns or directions.
    OSError
        If the file cannot be read.
    """
    document, arrays = read_archive(file)
    try:
        about = {name: document.pop(name, None) for name in _ABOUT}
        if about != _ABOUT:
            raise ValueError(f"it says {about} instead of {_ABOUT}")
        state = decode(document, arrays, {"ArchitectureBatch": ArchitectureBatch})
        _check(state)
    except Exception as error:  # malformed values may raise anything
        raise PersistenceError(
            f"{file} holds no search that this version of fgp-sklearn can read: {brief(error)}"
        ) from error
    known = state["architectures_"]
    if set(state["columns_"]) != set(columns) or not (known is None or space.contains(known).all()):
        raise PersistenceError(
            f"{file} belongs to a search with another space, or other objectives and constraints; make the "
            "search with the parameters that it had"
        )
    found = state.pop("directions_")
    if found != directions:
        words = {1.0: "maximize", -1.0: "minimize"}
        raise PersistenceError(
            f"{file} belongs to a search with directions {[words[sign] for sign in found.values()]}, this "
            f"one has {[words[sign] for sign in directions.values()]}; pass the same, or name another file"
        )
    return dict(state)


def _check(state: dict[str, Any]) -> None:
    """Raise an error if attributes do not belong together."""
    known = state["architectures_"]
    n_known, n_told = 0 if known is None else len(known), len(state["told_"])
    shapes = {"told_": n_told, "told_values_": n_told, "pending_": n_known}
    shapes |= dict.fromkeys(_EARLY, len(state["early_"]))
    columns = {**{name: state[name] for name in shapes}, **state["columns_"]}
    for name, column in columns.items():
        expected = shapes.get(name, n_told), _DTYPES.get(name, "f")
        if (*column.shape, column.dtype.kind) != expected:
            raise ValueError(f"{name} has shape {column.shape} and dtype {column.dtype}")
    for numbers in (state["told_"], state["early_"]):
        if len(numbers) and not 0 <= numbers.min() <= numbers.max() < n_known:
            raise ValueError("a result belongs to no architecture")
    if not set(state["directions_"].values()) <= {1.0, -1.0}:
        raise ValueError("a direction is no sign")
    if any(type(state[name]) is not int or state[name] < 0 for name in ("seed_", "n_asks_")):
        raise ValueError("seed or number of asks is no count")
    if np.isinf(state["told_values_"]).any():
        raise ValueError("a result is infinite")
