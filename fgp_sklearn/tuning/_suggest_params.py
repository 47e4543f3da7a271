"""suggest_params: sane ranges for an Optuna trial."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sklearn.base import BaseEstimator
from sklearn.frozen import FrozenEstimator

from fgp_sklearn._suggests_params import SuggestsParams
from fgp_sklearn.estimators import FGPRegressor

if TYPE_CHECKING:
    from optuna.trial import BaseTrial


def suggest_params(trial: BaseTrial, estimator: Any = None, prefix: str = "") -> dict[str, Any]:
    """Suggest parameters of an estimator of this library, or of those in a pipeline or an ensemble.

    Each estimator knows its own ranges (`SuggestsParams`); the defaults are within all of them.

    ==============================  ==================================================================
    Estimator                       Parameters
    ==============================  ==================================================================
    `FGPRegressor`                  `loss`; `lr` from 3e-4 to 1e-2, `weight_decay` from 1e-7 to 1e-1,
                                    and for the hinge loss `margin` from 0.03 to 1, these three on a
                                    logarithmic scale; `process_weight` from 0 to 1; those of its
                                    encoder, unless it is pre-trained or frozen and cannot change
    `FGPEncoder`                    `backbone` "gated_gcn" or "gin", `hidden_dim` 32, 64 or 128,
                                    `n_layers` 2, 3 or 4, `dropout` 0 or 0.1
    `FlowGaussianProcessRegressor`  `view`
    `FlowSurrogate`                 `n_components` 16, 32 or 64, `aggregation`
    `PathSums`                      `n_components` 32, 64 or 128
    `PathEncoding`                  `binary`
    `ConnectionEncoding`            `binary`
    `WeisfeilerLehmanEncoding`      `n_iterations` 0 to 3
    ==============================  ==================================================================

    The choices of the encoder are few on purpose: a configuration comes again, and its pre-training is
    found in memory. Epochs are left alone: they are what a trial is pruned by, and a larger `lr` does much
    the same.

    Parameters
    ----------
    trial : optuna.trial.BaseTrial
        Suggests the values.
    estimator : estimator, optional
        What to tune. Of a pipeline, a union or an ensemble, all estimators of this library in it are tuned,
        those in a ``FrozenEstimator`` aside. By default ``FGPRegressor()``.
    prefix : str, default=""
        Put before each name, as ``"fgp__"`` for a step of that name.

    Returns
    -------
    dict of str
        What to hand to ``estimator.set_params``. The names in the study are those of the parameters,
        ``encoder__`` included.

    Raises
    ------
    TypeError
        If no ranges are known for the estimator.

    Examples
    --------
    >>> from optuna.trial import FixedTrial
    >>> from sklearn.frozen import FrozenEstimator
    >>> from fgp_sklearn import FGPEncoder, FGPRegressor
    >>> from fgp_sklearn.tuning import suggest_params
    >>> trial = FixedTrial({"loss": "mse", "lr": 2e-3, "weight_decay": 1e-5, "process_weight": 0.3})
    >>> suggest_params(trial, FGPRegressor(FrozenEstimator(FGPEncoder())))
    {'loss': 'mse', 'lr': 0.002, 'weight_decay': 1e-05, 'process_weight': 0.3}
    """
    estimator = FGPRegressor() if estimator is None else estimator
    params: dict[str, Any] = {}
    for path, part in tunable_parts(estimator):
        params |= part.suggest_params(trial, f"{prefix}{path}")
    if not params:
        raise TypeError(
            f"no ranges are known for {type(estimator).__name__}; suggest its parameters in a function of "
            "the trial, as in tune(..., space=function)"
        )
    return params


def tunable_parts(estimator: Any, path: str = "") -> Iterator[tuple[str, SuggestsParams]]:
    """Estimators that know their ranges, with the prefixes of their parameters, in the order of steps."""
    if isinstance(estimator, SuggestsParams):
        yield path, estimator
    elif isinstance(estimator, BaseEstimator) and not isinstance(estimator, FrozenEstimator):
        for name, value in estimator.get_params(deep=True).items():
            if "__" not in name:
                yield from tunable_parts(value, f"{path}{name}__")
