"""Loading: an estimator from a file of numbers and text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from sklearn.base import BaseEstimator

from fgp_sklearn import estimators, nn, preprocessing, processes, proxies
from fgp_sklearn._storage import (
    FOREIGN,
    FORMAT,
    KIND,
    MODEL,
    PersistenceError,
    brief,
    decode,
    read_archive,
    storable_classes,
)

Document = dict[str, Any]

_ROOMS = (estimators, nn, preprocessing, processes, proxies)  # importing them defines their classes

#: Every class that a file can name. Each declares in `_stored_attributes` what a file may set.
_CLASSES: Mapping[str, type] = storable_classes() | {cls.__name__: cls for cls in FOREIGN}

#: From each older format to the next one.
_MIGRATIONS: Mapping[int, Callable[[Document], Document]] = {}


def load(path: str | PathLike[str], *, device: str | None = None) -> Any:
    """Load an estimator that was saved.

    Nothing in the file is executed, whoever made it: it holds numbers and text, of which only classes of
    this library with their declared attributes, and estimators and types of scikit-learn on a list, are
    made. What is made is bounded by the size of the file, and checked before it is returned: shapes, finite
    numbers, and that parts belong together. Files of older formats load too.

    Parameters
    ----------
    path : str or path-like
        The folder that `save` made, or the ``model.safetensors`` in it.
    device : str, optional
        Where to compute from now on, as "cpu" for what was trained on a GPU; by default as when saved.

    Returns
    -------
    estimator
        With the same library versions on the same machine its predictions are those of the saved one to
        the bit.

    Raises
    ------
    PersistenceError
        If the file is damaged, of a newer format, or not one of this library.
    OSError
        If the file cannot be opened.

    See Also
    --------
    save : Saves an estimator.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from fgp_sklearn import FGPEncoder
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.persistence import load
    >>> pool = nasbench201_space()[:100]
    >>> encoder = FGPEncoder(hidden_dim=16, max_epochs=1, random_state=0).fit(pool)
    >>> with TemporaryDirectory() as folder:
    ...     encoder.save(folder)
    ...     loaded = load(folder)
    >>> bool((loaded.transform(pool) == encoder.transform(pool)).all())
    True
    """
    file = Path(path)
    file = file / MODEL if file.is_dir() else file
    document, arrays = read_archive(file)
    try:
        document = _in_this_format(document)
        if device is not None:
            _move(document, device)
        estimator = decode(document, arrays, _CLASSES)
        if not isinstance(estimator, BaseEstimator):
            raise TypeError(f"it holds a {type(estimator).__name__}, not an estimator")
    except Exception as error:  # whatever malformed values make constructors raise
        raise PersistenceError(
            f"{file} holds no estimator that this version of fgp-sklearn knows: {brief(error)}"
        ) from error
    return estimator


def _in_this_format(document: Document) -> Document:
    if document.get("kind") != KIND:
        raise ValueError(f"it is a {document.get('kind')!r}, not a saved estimator")
    found = document["format"]
    if type(found) is not int or not 1 <= found <= FORMAT:
        raise ValueError(
            f"its format is {found!r} and this version reads 1 to {FORMAT}; a newer fgp-sklearn may read it"
        )
    for older in range(found, FORMAT):
        document = _MIGRATIONS[older](document)
    return document


def _move(document: Document, device: str) -> None:
    for node in document["objects"]:
        for params in (node["params"], node["state"].get("_pretrained_params", {}).get("dict", {})):
            if "device" in params:
                params["device"] = device
