"""SampledByNumber: what a trial draws depends on its number, not on who runs it."""

from __future__ import annotations

from typing import Any

import numpy as np
import optuna
from optuna.samplers import BaseSampler, TPESampler


class SampledByNumber(BaseSampler):
    """Optuna's TPE, seeded anew for each trial by the seed of the study and the number of the trial.

    Workers that share a study would draw the same parameters from one seed, and a study that is taken
    up again would repeat its beginning. So neither happens, and where trials run one after the other
    an interrupted study goes on as if it had not been.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._sampler: BaseSampler = TPESampler(seed=seed)

    def before_trial(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        """Seed for this trial."""
        seed = int(np.random.SeedSequence([self.seed, trial.number]).generate_state(1)[0])
        self._sampler = TPESampler(seed=seed)
        self._sampler.before_trial(study, trial)

    def infer_relative_search_space(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> Any:
        """As TPE does."""
        return self._sampler.infer_relative_search_space(study, trial)

    def sample_relative(self, study: optuna.Study, trial: optuna.trial.FrozenTrial, search_space: Any) -> Any:
        """As TPE does."""
        return self._sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: optuna.Study, trial: optuna.trial.FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        """As TPE does."""
        return self._sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: optuna.Study, trial: optuna.trial.FrozenTrial, state: Any, values: Any
    ) -> None:
        """As TPE does."""
        self._sampler.after_trial(study, trial, state, values)
