"""Saving: an estimator as a file of data, or as a folder with this file and a model card."""

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

FORMAT = 2
KIND = "estimator"
MODEL = "model.safetensors"
_SUFFIX = ".safetensors"
CARD = "README.md"

_LIBRARIES = ("fgp-sklearn", "numpy", "safetensors", "scikit-learn", "torch")


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that a result depends on."""
    return {"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}}


def save(estimator: Any, path: str | PathLike[str]) -> None:
    """Save an estimator as numbers and text, without pickle.

    The folder contains two files. ``model.safetensors`` holds everything: the weights as arrays, and a JSON
    header with the version of the format, parameters, vocabulary, history, versions of libraries and a
    checksum. ``README.md`` is a model card. If the path ends with ``.safetensors``, there is only one file,
    with everything. Each file is written completely or not at all, even if the process is killed or the disk
    is full.

    Estimators of this library can be combined with most of those of scikit-learn, as in a `VotingRegressor`,
    a `TransformedTargetRegressor` or a pipeline with a `StandardScaler`. A few types of scikit-learn, such as
    trees and the kernels of its Gaussian process, require skops (``pip install "fgp-sklearn[skops]"``).

    Callbacks are not saved.

    Parameters
    ----------
    estimator : estimator
        An estimator of this library or of scikit-learn, fitted or not.
    path : str or path-like
        The folder, or the file if the path ends with ``.safetensors`` and is no folder. A folder is created
        if needed. Otherwise it must be empty, or contain a saved estimator, which is replaced, as is a file
        with one. Files that killed processes have left behind are removed.

    Raises
    ------
    PersistenceError
        If the estimator contains something that a file of data cannot hold: a backbone, surrogate, function
        or step of your own. The error gives its path, such as ``steps[1][1].features[0]``. Also if the file
        holds something else, or the folder contains other files.
    OSError
        If the files cannot be written. The path then has the previous estimator, complete, or none.

    Warns
    -----
    UserWarning
        If the folder has a README.md that is not a model card of this library. It is not replaced.

    See Also
    --------
    load : Loads the estimator.

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
    place = Path(path)
    is_folder = place.suffix != _SUFFIX or place.is_dir()
    model = place / MODEL if is_folder else place
    model.parent.mkdir(parents=True, exist_ok=True)
    _check_free(model, is_folder)
    used = versions()
    about = {"format": FORMAT, "kind": KIND, "versions": used}
    files = {model: archived({**about, **document}, arrays)}
    card = model.with_name(CARD)
    if (is_folder and not card.exists()) or (model.name == MODEL and is_model_card(card)):
        files[card] = (model_card(estimator, used).encode(errors="backslashreplace"),)
    elif is_folder:
        warnings.warn(
            f"{card} is no model card of this library and was left alone; remove it to get one", stacklevel=2
        )
    write_together(files)


def _check_free(model: Path, is_folder: bool) -> None:
    """Check that no file of others would be replaced, nor be in a folder with a saved estimator."""
    has_others = is_folder and not all(map(is_partial, model.parent.iterdir()))
    if model.exists():  # asked after the listing, in which another process may have written it
        if not is_archive(model):
            raise PersistenceError(f"{model} was not saved by this library; give another path, or remove it")
    elif has_others:
        raise PersistenceError(
            f"{model.parent} holds other things than a saved estimator; give a folder of its own"
        )


class SavesItself(Storable):
    """Base of estimators with a method `save`."""

    def save(self, path: str | PathLike[str]) -> None:
        """Save the estimator as numbers and text, without pickle; see `fgp_sklearn.persistence.save`.

        Parameters
        ----------
        path : str or path-like
            The folder, or the file if the path ends with ``.safetensors`` and is no folder. A folder is
            created if needed. Otherwise it must be empty, or contain a saved estimator, which is replaced.

        Raises
        ------
        PersistenceError
            If the estimator contains something that a file of data cannot hold, or the folder contains other
            files.
        OSError
            If the files cannot be written.
        """
        save(self, path)
