"""Storage: estimators and other values as JSON and arrays in one file."""

from fgp_sklearn._archive import (
    PersistenceError,
    brief,
    digest,
    read_archive,
    remove_partial,
    write_archive,
    write_atomically,
)
from fgp_sklearn._storage._card_facts import operations_fact, training_facts
from fgp_sklearn._storage._codec import decode, encode
from fgp_sklearn._storage._declared_kinds import COUNT, NAMES, POSITIVE, REAL, SEED, Array, Number, conforms
from fgp_sklearn._storage._model_card import model_card
from fgp_sklearn._storage._save import FORMAT, KIND, MODEL, SavesItself, save, versions
from fgp_sklearn._storage._state import FOREIGN
from fgp_sklearn._storage._storable import Storable, parameter_copies, storable_classes

__all__ = [
    "COUNT",
    "FOREIGN",
    "FORMAT",
    "KIND",
    "MODEL",
    "NAMES",
    "POSITIVE",
    "REAL",
    "SEED",
    "Array",
    "Number",
    "PersistenceError",
    "SavesItself",
    "Storable",
    "brief",
    "conforms",
    "decode",
    "digest",
    "encode",
    "model_card",
    "operations_fact",
    "parameter_copies",
    "read_archive",
    "remove_partial",
    "save",
    "storable_classes",
    "training_facts",
    "versions",
    "write_archive",
    "write_atomically",
]
