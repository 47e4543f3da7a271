"""Saving: an estimator as a folder with a file of data and a model card."""

from __future__ import annotations

import platform
import warnings
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import Any

from sklearn.base import BaseEstimator

from fgp_sklearn._archive import PersistenceError, archived, is_archive, is_partial, write_together
from fgp_sklearn._storage._codec import encode
from fgp_sklearn._storage._model_card import is_model_card, model_card
from fgp_sklearn._storage._storable import Storable

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

    Beside estimators of this library most of scikit-learn's can be part of it, as in a
    `VotingRegressor`, a `TransformedTargetRegressor` or a pipeline with a `StandardScaler`. A few types
    of scikit-learn's own, such as trees and the kernels of its Gaussian process, need skops
    (``pip install "fgp-sklearn[skops]"``).

    Callbacks that were set to watch a fit are left out.

    Parameters
    ----------
    estimator : estimator
        An estimator of this library or of scikit-learn, fitted or not.
    path : str or path-like
        The folder. It is made, or must be empty or hold an estimator that was saved here, which is
        replaced. What savers that were killed have left is removed.

    Raises
    ------
    PersistenceError
        If the estimator holds what a file of data cannot: a backbone, surrogate, function or step of the
        user's own making, which the error names by its path as in ``steps[1][1].features[0]``; or if the
        folder holds something else.
    OSError
        If the disk refuses; the folder holds the estimator of before, whole, or none.

    Warns
    -----
    UserWarning
        If the folder has a README.md that is no model card of this library: it is left alone.

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
    _check_free(folder)
    used = versions()
    about = {"format": FORMAT, "kind": KIND, "versions": used}
    files = {folder / MODEL: archived({**about, **document}, arrays)}
    card = folder / CARD
    if not card.exists() or is_model_card(card):
        files[card] = (model_card(estimator, used).encode(errors="backslashreplace"),)
    else:
        warnings.warn(
            f"{card} is no model card of this library and was left alone; remove it to get one", stacklevel=2
        )
    write_together(files)


def _check_free(folder: Path) -> None:
    """Only what this library has written is ever replaced."""
    model = folder / MODEL
    if model.exists():
        if not is_archive(model):
            raise PersistenceError(
                f"{model} was not saved by this library; give a folder of its own, or remove it"
            )
    elif not all(map(is_partial, folder.iterdir())):
        raise PersistenceError(
            f"{folder} holds other things than a saved estimator; give a folder of its own"
        )


class SavesItself(Storable):
    """Base of estimators with a method `save`."""

    def save(self, path: str | PathLike[str]) -> None:
        """Save the estimator as numbers and text, without pickle; see `fgp_sklearn.persistence.save`.

        Parameters
        ----------
        path : str or path-like
            The folder. It is made, or must be empty or hold an estimator that was saved here, which is
            replaced.

        Raises
        ------
        PersistenceError
            If the estimator holds what a file of data cannot, or the folder holds something else.
        OSError
            If the disk refuses.
        """
        save(self, path)
