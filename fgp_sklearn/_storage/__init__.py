"""Storage: values as JSON and arrays, in one file."""

from fgp_sklearn._storage._archive import (
    PersistenceError,
    digest,
    read_archive,
    remove_partial,
    write_archive,
)
from fgp_sklearn._storage._codec import FOREIGN, decode, encode
from fgp_sklearn._storage._model_card import model_card
from fgp_sklearn._storage._storable import FORMAT, KIND, MODEL, Storable, save, versions

__all__ = [
    "FOREIGN",
    "FORMAT",
    "KIND",
    "MODEL",
    "PersistenceError",
    "Storable",
    "decode",
    "digest",
    "encode",
    "model_card",
    "read_archive",
    "remove_partial",
    "save",
    "versions",
    "write_archive",
]
