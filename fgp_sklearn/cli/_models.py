"""Predictors of the command: how they are made, fitted, and kept in files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureError, UnknownOperationError
from fgp_sklearn.cli._input import Labels
from fgp_sklearn.cli._options import Choice, Predictor
from fgp_sklearn.cli._screen import step

if TYPE_CHECKING:
    from fgp_sklearn.estimators import FGPRegressor, FlowGaussianProcessRegressor

FloatArray = NDArray[np.float64]

_INTERVAL = 1.645  # standard deviations to either side, as the processes say


class Predictions(NamedTuple):
    """Predictions, and the ends of their central 90 % intervals, each of shape (n,)."""

    value: FloatArray
    low: FloatArray
    high: FloatArray


def untrained(choice: Choice, pool: Any) -> Any:
    """Make a predictor, pre-trained on the pool if it is a network, and not fitted to labels.

    Parameters
    ----------
    choice : Choice
        Which one.
    pool : ArchitectureBatch
        All architectures.

    Returns
    -------
    FlowGaussianProcessRegressor or FGPRegressor
        The predictor.
    """
    from fgp_sklearn import estimators

    seed = choice.random_state
    sources = [_source(name) for name in choice.sources] or None
    if choice.encoder is not None:
        from sklearn.frozen import FrozenEstimator

        encoder = loaded(choice.encoder, estimators.FGPEncoder)
        return estimators.FGPRegressor(FrozenEstimator(encoder), sources=sources, random_state=seed)
    if choice.predictor is Predictor.process:
        return estimators.FlowGaussianProcessRegressor(
            view=choice.view.value, sources=sources, random_state=seed
        )
    shows = sys.stderr.isatty()
    network = estimators.FGPRegressor(sources=sources, random_state=seed, verbose=shows)
    return network.fit_pretrain(pool)


def _source(name: str) -> Any:
    """The prior of the library with this name, or a saved predictor."""
    from fgp_sklearn.persistence._load_prior import PRIORS, load_prior

    if name in PRIORS:
        return load_prior(name)
    path = Path(name)
    if not path.exists():
        raise ValueError(
            f"source {name!r:.80} is neither a file nor one of {', '.join(PRIORS)}; give the path of a model "
            "that fit has saved"
        )
    return loaded_predictor(path)


def fitted(choice: Choice, pool: Any, labels: Labels) -> Any:
    """Make a predictor and fit it to the labels of a pool."""
    predictor = untrained(choice, pool)
    with step(f"fitting to {labels.known.sum()} labels"):
        return fit(predictor, pool, labels.known, labels.values)


def fit(predictor: Any, pool: Any, chosen: NDArray[Any], values: FloatArray) -> Any:
    """Fit to the chosen architectures; a process also learns from the pool what there is."""
    from fgp_sklearn.estimators import FlowGaussianProcessRegressor

    is_process = isinstance(predictor, FlowGaussianProcessRegressor)
    return predictor.fit(pool[chosen], values[chosen], pool if is_process else None)


def predict(predictor: Any, X: Any) -> Predictions:
    """Predict architectures, with intervals of new labels."""
    with step(f"predicting {len(X):,} architectures"):
        value, std = predictor.predict(X, return_std=True)
    return Predictions(value, value - _INTERVAL * std, value + _INTERVAL * std)


@contextmanager
def fits_to(filename: str, *, model: Path | None = None, encoder: Path | None = None) -> Iterator[None]:
    """Say in an error about architectures that a saved model or encoder is of others, and what to do.

    Parameters
    ----------
    filename : str
        The table.
    model, encoder : Path or None
        What the user has given, if anything.
    """
    try:
        yield
    except ArchitectureError as error:
        path = model or encoder
        if path is None:
            raise
        cure = "pre-train an encoder on it" if model is None else "fit a model to labels of it"
        if model is not None and isinstance(error, UnknownOperationError):
            cure += f", or give this one as a prior beside labels: --source {path}"
        problem, _, _ = error.problem.partition("; ")
        raise ValueError(
            f"{path} has learnt from other architectures than those of {filename}: {problem}. If it is the "
            "same search space, read it as then, with the same --column, --form, --shared and --depth. "
            f"Otherwise, {filename} is another space: {cure}"
        ) from error


def loaded(path: Path, *kinds: Callable[..., Any]) -> Any:
    """Load an estimator of one of some classes."""
    from fgp_sklearn.persistence import load

    with step(f"loading {path.name}"):
        estimator = load(path)
    if type(estimator) not in kinds:
        wanted = " or ".join(kind.__name__ for kind in kinds)
        raise ValueError(f"{path} holds {type(estimator).__name__}, where {wanted} is expected")
    return estimator


def loaded_predictor(path: Path) -> FlowGaussianProcessRegressor | FGPRegressor:
    """Load what the command ``fit`` has saved."""
    from fgp_sklearn.estimators import FGPRegressor, FlowGaussianProcessRegressor

    model: FlowGaussianProcessRegressor | FGPRegressor = loaded(
        path, FlowGaussianProcessRegressor, FGPRegressor
    )
    return model
