"""Columns of a batch in one file of arrays."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from fgp_sklearn._archive import (
    PersistenceError,
    brief,
    is_archive,
    read_archive,
    text_codes,
    text_from_codes,
    write_archive,
)
from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._checked_columns import checked_columns

_FORMAT = 2
_KIND = "architectures"
_ARRAYS = ("ops", "edges", "node_ptr", "edge_ptr", "multiplicity", "attribute_values")


def save_columns(batch: ArchitectureColumns, path: str | PathLike[str]) -> None:
    """Write the file completely or not at all; see `ArchitectureBatch.save`."""
    file = Path(path)
    if file.exists() and not is_archive(file):
        raise PersistenceError(f"{file} was not saved by this library; give another name, or remove it")
    columns = {name: getattr(batch, name) for name in _ARRAYS}
    arrays = {name: column for name, column in columns.items() if column is not None}
    if batch.names is not None:
        arrays["names"] = text_codes(batch.names)
    document: dict[str, Any] = {"format": 1, "kind": _KIND, "vocabulary": list(batch.vocabulary)}
    if batch.attribute_names:  # earlier versions read the files of other batches
        document |= {"format": _FORMAT, "attributes": list(batch.attribute_names)}
    write_archive(file, document, arrays)


def load_columns(path: str | PathLike[str]) -> ArchitectureColumns:
    """Read columns and check them as the constructor does; see `ArchitectureBatch.load`."""
    file = Path(path)
    document, arrays = read_archive(file)
    try:
        return _made_from(document, arrays)
    except Exception as error:  # malformed values may raise anything
        raise PersistenceError(
            f"{file} holds no architectures that this version of fgp-sklearn can read: {brief(error)}"
        ) from error


def _made_from(document: dict[str, Any], arrays: dict[str, Any]) -> ArchitectureColumns:
    if document.get("kind") != _KIND:
        raise ValueError(f"its kind is {str(document.get('kind'))[:100]!r}")
    found = document["format"]
    if type(found) is not int or not 1 <= found <= _FORMAT:
        raise ValueError(f"its format is {found!r:.100} and this version reads 1 to {_FORMAT}")
    vocabulary = _listed(document["vocabulary"], "vocabulary")
    attributes = _listed(document.get("attributes", []), "attributes")
    unknown = arrays.keys() - {*_ARRAYS, "names", "node_features"}
    if unknown or document.keys() - {"format", "kind", "vocabulary", "attributes"}:
        raise ValueError("it holds arrays or fields that are not columns of a batch")
    if "names" in arrays:
        arrays["names"] = text_from_codes(arrays["names"])
    values = arrays.pop("attribute_values", None)
    if values is None and "node_features" in arrays:  # format 1 had numbers without names
        values = arrays.pop("node_features")
        attributes = [f"feature{i}" for i in range(values.shape[1])]
    if (0 if values is None else values.shape[1]) != len(set(attributes)):
        raise ValueError("its attributes and their names differ in number")
    columns = {} if values is None else dict(zip(attributes, values.T, strict=True))
    return checked_columns(vocabulary=vocabulary, attributes=columns, **arrays)


def _listed(names: Any, what: str) -> list[str]:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TypeError(f"its {what} is not a list of str")
    return names
