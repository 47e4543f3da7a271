"""SampledByNumber: Optuna sampler whose draws depend on the number of the trial, not on the worker."""

from __future__ import annotations

from typing import Any

import numpy as np
import optuna
from optuna.samplers import BaseSampler, TPESampler


class SampledByNumber(BaseSampler):
    """Optuna's TPE sampler, seeded for each trial with the seed of the study and the number of the trial.

    With a single seed, all workers of a study would draw the same parameters, and a resumed study would
    repeat its first draws. With a seed per trial, an interrupted study whose trials run one after the other
    continues as if it had not been interrupted.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._sampler: BaseSampler = TPESampler(seed=seed)

    def before_trial(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        """Seed the sampler for this trial."""
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
