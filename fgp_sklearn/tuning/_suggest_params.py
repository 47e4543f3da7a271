"""suggest_params: sane ranges for an Optuna trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from fgp_sklearn.estimators import FGPEncoder, FGPRegressor

if TYPE_CHECKING:
    from optuna.trial import BaseTrial


def suggest_params(trial: BaseTrial, estimator: Any = None, prefix: str = "") -> dict[str, Any]:
    """Suggest parameters of an estimator of this library.

    Fine-tuning: `loss`, `lr` from 3e-4 to 1e-2, `weight_decay` from 1e-7 to 1e-1, and for the hinge
    loss `margin` from 0.03 to 1, these three on a logarithmic scale, and `process_weight` from 0 to 1.
    Encoder: `backbone` "gated_gcn" or "gin", `hidden_dim` 32, 64 or 128, `n_layers` 2, 3 or 4,
    `dropout` 0 or 0.1. The choices of the encoder are few on purpose: a configuration comes again, and
    its pre-training is found in memory. Epochs are left alone: they are what a trial is pruned by, and
    a larger `lr` does much the same.

    Parameters
    ----------
    trial : optuna.trial.BaseTrial
        Suggests the values.
    estimator : FGPRegressor, FGPEncoder or Pipeline, optional
        What to tune; of a pipeline, its last step. The encoder of a regressor is part of it, unless
        it is pre-trained or frozen, and cannot change any more. By default ``FGPRegressor()``.
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
    if isinstance(estimator, Pipeline):
        name, step = estimator.steps[-1]
        return suggest_params(trial, step, f"{prefix}{name}__")
    if isinstance(estimator, FGPEncoder):
        return _encoder_params(trial, prefix)
    if estimator is None or isinstance(estimator, FGPRegressor):
        return _regressor_params(trial, FGPRegressor() if estimator is None else estimator, prefix)
    raise TypeError(
        f"no ranges are known for {type(estimator).__name__}; suggest its parameters in a function of the "
        "trial, as in tune(..., space=function)"
    )


def _regressor_params(trial: BaseTrial, regressor: FGPRegressor, prefix: str) -> dict[str, Any]:
    loss = trial.suggest_categorical(f"{prefix}loss", ["hinge", "logistic", "listmle", "mse"])
    params: dict[str, Any] = {
        f"{prefix}loss": loss,
        f"{prefix}lr": trial.suggest_float(f"{prefix}lr", 3e-4, 1e-2, log=True),
        f"{prefix}weight_decay": trial.suggest_float(f"{prefix}weight_decay", 1e-7, 1e-1, log=True),
        f"{prefix}process_weight": trial.suggest_float(f"{prefix}process_weight", 0.0, 1.0),
    }
    if loss == "hinge":
        params[f"{prefix}margin"] = trial.suggest_float(f"{prefix}margin", 0.03, 1.0, log=True)
    if isinstance(regressor.encoder, FrozenEstimator) or regressor.pretrained_encoder_ is not None:
        return params  # the encoder cannot change any more
    encoder = f"{prefix}encoder__"
    suggested = _encoder_params(trial, encoder)
    if regressor.encoder is not None:
        return params | suggested
    names = {name.removeprefix(encoder): value for name, value in suggested.items()}
    return params | {f"{prefix}encoder": FGPEncoder(**names)}


def _encoder_params(trial: BaseTrial, prefix: str) -> dict[str, Any]:
    choices: dict[str, list[Any]] = {
        "backbone": ["gated_gcn", "gin"],
        "hidden_dim": [32, 64, 128],
        "n_layers": [2, 3, 4],
        "dropout": [0.0, 0.1],
    }
    return {f"{prefix}{name}": trial.suggest_categorical(f"{prefix}{name}", c) for name, c in choices.items()}
