"""What can be saved, and how."""

from __future__ import annotations

import platform
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar

from sklearn.base import BaseEstimator

from fgp_sklearn._storage._archive import PersistenceError, write_archive, write_atomically
from fgp_sklearn._storage._codec import encode
from fgp_sklearn._storage._model_card import model_card

FORMAT = 1
KIND = "estimator"
MODEL = "model.safetensors"
CARD = "README.md"

_LIBRARIES = ("fgp-sklearn", "numpy", "safetensors", "scikit-learn", "torch")


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that a result depends on."""
    return {"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}}


def save(estimator: Any, path: str | PathLike[str]) -> None:
    """Save an estimator as numbers and text, without pickle.

    The folder gets ``model.safetensors``, which holds everything: the weights as arrays, and in its
    header as JSON the version of the format, parameters, vocabulary, history, versions of libraries and
    a checksum; and ``README.md``, a model card. Each file is written whole or not at all, whatever
    happens to the process or the disk.

    Callbacks that were set to watch a fit are left out.

    Parameters
    ----------
    estimator : estimator
        An estimator of this library, fitted or not, or a `Pipeline`, `FeatureUnion` or
        `FrozenEstimator` of these.
    path : str or path-like
        The folder. It is made, or must be empty or hold a saved estimator, which is replaced.

    Raises
    ------
    PersistenceError
        If the estimator holds what a file of data cannot: a backbone, surrogate or step of the user's
        own making; or if the folder holds something else.
    OSError
        If the disk refuses; the folder holds the estimator of before, whole, or none.

    See Also
    --------
    load : Gives the estimator back.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from fgp_sklearn import FGPEncoder
    >>> from fgp_sklearn.persistence import load, save
    >>> with TemporaryDirectory() as folder:
    ...     save(FGPEncoder(hidden_dim=16), folder)
    ...     load(folder)
    FGPEncoder(hidden_dim=16)
    """
    if not isinstance(estimator, BaseEstimator):
        raise PersistenceError(f"save takes an estimator, not a {type(estimator).__name__}")
    document, arrays = encode(estimator)
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()) and not (folder / MODEL).exists():
        raise PersistenceError(
            f"{folder} holds other things than a saved estimator; give a folder of its own"
        )
    used = versions()
    write_archive(folder / MODEL, {"format": FORMAT, "kind": KIND, "versions": used, **document}, arrays)
    write_atomically(folder / CARD, [model_card(estimator, used).encode(errors="backslashreplace")])


class Storable:
    """Base of estimators that save themselves."""

    _stored_attributes: ClassVar[dict[str, Any]]

    def save(self, path: str | PathLike[str]) -> None:
        """Save the estimator as numbers and text, without pickle; see `fgp_sklearn.persistence.save`.

        Parameters
        ----------
        path : str or path-like
            The folder. It is made, or must be empty or hold a saved estimator, which is replaced.

        Raises
        ------
        PersistenceError
            If the estimator holds what a file of data cannot, or the folder holds something else.
        OSError
            If the disk refuses.
        """
        save(self, path)
