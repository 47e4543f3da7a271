"""load: reads an estimator from a file of numbers and text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from sklearn.base import BaseEstimator

from fgp_sklearn import estimators, nn, preprocessing, proxies
from fgp_sklearn._storage import (
    FOREIGN,
    FORMAT,
    KIND,
    MODEL,
    PersistenceError,
    brief,
    decode,
    parameter_copies,
    read_archive,
    storable_classes,
)

Document = dict[str, Any]

_ROOMS = (estimators, nn, preprocessing, proxies)  # importing them defines all storable classes

#: Every class that a file can name. Each declares in `_stored_attributes` what a file may set.
_CLASSES: Mapping[str, type] = storable_classes() | {cls.__name__: cls for cls in FOREIGN}


def _with_named_attributes(document: Document) -> Document:
    """Format 1 had the parameter ``feature_attr`` in place of ``attributes``."""
    for node in document["objects"]:
        for params in (node["params"], node["state"].get("_pretrained_params", {}).get("dict", {})):
            if params.pop("feature_attr", None) is not None:
                raise ValueError("it has the parameter feature_attr; fit it again, with attributes=")
    return {**document, "format": 2}


#: From each older format to the next one.
_MIGRATIONS: Mapping[int, Callable[[Document], Document]] = {1: _with_named_attributes}


def load(path: str | PathLike[str], *, device: str | None = None) -> Any:
    """Load a saved estimator.

    Nothing in the file is executed, so it may come from strangers. It holds numbers and text. `load` makes
    only classes of this library with their declared attributes, and estimators and types of scikit-learn from
    an explicit list. The memory that it takes is bounded by the size of the file. The result is checked:
    shapes, finite numbers, and parts that belong together. Files of older formats load as well.

    Parameters
    ----------
    path : str or path-like
        The folder or the file that `save` wrote, or the file ``model.safetensors`` in the folder.
    device : str, optional
        Device to compute on, for example "cpu" for an estimator that was trained on a GPU. By default the
        parameter `device` is as saved.

    Returns
    -------
    estimator
        The estimator. With the same versions of libraries on the same machine, its predictions are equal to
        the bit to those of the saved one.

    Raises
    ------
    PersistenceError
        If the file is damaged, has a newer format, or is not from this library.
    OSError
        If the file cannot be opened. `FileNotFoundError` if there is none.

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
    if not file.exists():
        where = f"it has no {MODEL}" if Path(path).is_dir() else "there is no such file or folder"
        raise FileNotFoundError(f"{path} is not a saved estimator ({where}); fgp_sklearn.save writes one")
    document, arrays = read_archive(file)
    try:
        document = _in_this_format(document)
        if device is not None:
            _move(document, device)
        estimator = decode(document, arrays, _CLASSES)
        if not isinstance(estimator, BaseEstimator):
            raise TypeError(f"it holds a {type(estimator).__name__}, not an estimator")
    except Exception as error:  # constructors raise all kinds of errors on malformed values
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
    """Set the parameter `device` of every estimator, and of parameters that an estimator keeps a copy of."""
    for node in document["objects"]:
        places = [node.get("params", {})]  # values in the format of skops have none
        for name in parameter_copies(_CLASSES.get(node["class"], object)):
            places.append(node["state"].get(name, {}).get("dict", {}))
        for params in places:
            if "device" in params:
                params["device"] = device
