"""CrossValidated: objective of a study, the cross-validated score of an estimator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from numpy.typing import NDArray
from sklearn.base import clone

from fgp_sklearn._validation import safe_indexing
from fgp_sklearn.metrics import kendall_tau_score
from fgp_sklearn.tuning._learns_by_epoch import LearnsByEpoch
from fgp_sklearn.tuning._pruning_callback import PruningCallback

Space = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True)
class CrossValidated:
    """Mean score over folds of an estimator with the parameters of a trial.

    A trial is pruned by the mean so far: after each fold, and where the estimator learns by epoch, as an
    `FGPRegressor` does, also within a fold, by the Kendall tau of epochs.
    """

    estimator: Any
    space: Space
    X: Any
    y: Any
    splits: list[tuple[NDArray[np.int64], NDArray[np.int64]]]
    scorer: Callable[..., float]
    fit_params: dict[str, Any]

    def candidate(self, trial: optuna.trial.BaseTrial) -> Any:
        """Return the unfitted estimator with the parameters of a trial."""
        return clone(self.estimator).set_params(**self.space(trial))

    def __call__(self, trial: optuna.Trial) -> float:
        candidate = self.candidate(trial)
        by_epoch = isinstance(candidate, LearnsByEpoch)
        scores: list[float] = []
        taus: list[float] = []
        for fold, (train, test) in enumerate(self.splits):
            held_out = safe_indexing(self.X, test), safe_indexing(self.y, test)
            if by_epoch:
                candidate.set_callbacks(PruningCallback(trial, *held_out, earlier_taus=taus))
            candidate.fit(safe_indexing(self.X, train), safe_indexing(self.y, train), **self.fit_params)
            scores.append(float(self.scorer(candidate, *held_out)))
            if by_epoch:
                taus.append(kendall_tau_score(held_out[1], candidate.predict(held_out[0])))
            else:
                trial.report(float(np.mean(scores)), fold)
                if trial.should_prune():
                    raise optuna.TrialPruned(f"pruned after fold {fold}")
        value = float(np.mean(scores))
        if not np.isfinite(value):
            raise ValueError(f"scores of the folds are {scores}; scoring must return finite numbers")
        return value
