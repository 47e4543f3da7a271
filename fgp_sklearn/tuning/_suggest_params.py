"""suggest_params: parameters for an Optuna trial."""

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

    Each estimator declares its own ranges (`SuggestsParams`). The defaults are within the ranges.

    ==============================  ==================================================================
    Estimator                       Parameters
    ==============================  ==================================================================
    `FGPRegressor`                  `loss`; `lr` from 3e-4 to 1e-2, `weight_decay` from 1e-7 to 1e-1,
                                    and for the hinge loss `margin` from 0.03 to 1, these three on a
                                    logarithmic scale; `process_weight` from 0 to 1, if it is a number;
                                    those of its encoder, unless it is pre-trained or frozen and
                                    cannot change
    `FGPEncoder`                    `backbone` "gated_gcn" or "gin", `hidden_dim` 32, 64 or 128,
                                    `n_layers` 2, 3 or 4, `dropout` 0 or 0.1
    `FlowGaussianProcessRegressor`  `view`
    `FlowSurrogate`                 `n_components` 16, 32 or 64, `aggregation`
    `PathSums`                      `n_components` 32, 64 or 128
    `PathEncoding`                  `binary`
    `ConnectionEncoding`            `binary`
    `WeisfeilerLehmanEncoding`      `n_iterations` 0 to 3
    ==============================  ==================================================================

    The encoder has few choices on purpose: configurations recur, and their pre-training is then taken from a
    cache. Numbers of epochs are not suggested: trials are pruned by epoch, and a larger `lr` has a similar
    effect.

    Parameters
    ----------
    trial : optuna.trial.BaseTrial
        Suggests the values.
    estimator : estimator, optional
        Estimator to tune. In a pipeline, a union or an ensemble, all estimators of this library are tuned,
        except those in a ``FrozenEstimator``. By default ``FGPRegressor()``.
    prefix : str, default=""
        Prefix of each name, such as ``"fgp__"`` for the parameters of a step "fgp".

    Returns
    -------
    dict of str
        Values for ``estimator.set_params``. The study has them under the same names.

    Raises
    ------
    TypeError
        If no part of the estimator declares ranges.

    Examples
    --------
    >>> from optuna.trial import FixedTrial
    >>> from sklearn.frozen import FrozenEstimator
    >>> from fgp_sklearn import FGPEncoder, FGPRegressor
    >>> from fgp_sklearn.tuning import suggest_params
    >>> trial = FixedTrial({"loss": "mse", "lr": 2e-3, "weight_decay": 1e-5, "process_weight": 0.3})
    >>> suggest_params(trial, FGPRegressor(FrozenEstimator(FGPEncoder()), process_weight=0.5))
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
    """Yield estimators that declare ranges, with the prefixes of their parameters, in the order of steps."""
    if isinstance(estimator, SuggestsParams):
        yield path, estimator
    elif isinstance(estimator, BaseEstimator) and not isinstance(estimator, FrozenEstimator):
        for name, value in estimator.get_params(deep=True).items():
            if "__" not in name:
                yield from tunable_parts(value, f"{path}{name}__")
