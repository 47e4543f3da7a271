"""FGPSampler as a searcher of Syne Tune.

Syne Tune asks a searcher for configurations and tells it results. This one
keeps them as trials of an Optuna study. Schedulers of Syne Tune give searchers
values to minimise, whatever ``do_minimize`` says.
"""

from collections.abc import Callable
from typing import Any

import optuna
from syne_tune.optimizer.schedulers.searchers import (
    single_objective_searcher as searchers,
)

from fgp_sklearn.search import FGPSampler


class FGPSearcher(searchers.SingleObjectiveBaseSearcher):
    """Searcher for `SingleObjectiveScheduler` that asks a predictor.

    Parameters
    ----------
    config_space : dict
        The space of Syne Tune, with the names that `define_architecture`
        suggests.
    define_architecture : callable
        Function of an Optuna trial that returns an architecture; see
        `FGPSampler`.
    points_to_evaluate : list of dict, optional
        Configurations to begin with.
    random_seed : int, optional
        Seed of the sampler.
    **settings : object
        Further parameters of `FGPSampler`.
    """

    def __init__(
        self,
        config_space: dict[str, Any],
        define_architecture: Callable[[Any], Any],
        points_to_evaluate: list[dict[str, Any]] | None = None,
        random_seed: int | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(config_space, points_to_evaluate, random_seed)
        self.define_architecture = define_architecture
        sampler = FGPSampler(
            define_architecture=define_architecture,
            seed=self.random_seed,
            **settings,
        )
        self.study = optuna.create_study(sampler=sampler)
        for point in self.points_to_evaluate:
            self.study.enqueue_trial(point)

    def suggest(self, **kwargs: Any) -> dict[str, Any]:
        """Parameters of the next trial, numbered as Syne Tune's trial."""
        trial = self.study.ask()
        self.define_architecture(trial)
        return trial.params

    def on_trial_complete(
        self, trial_id: int, config: dict[str, Any], metric: float
    ) -> None:
        """Tell the value of a trial, smaller is better."""
        self.study.tell(trial_id, metric)

    def on_trial_error(self, trial_id: int) -> None:
        """Tell that a trial has failed."""
        self.study.tell(trial_id, state=optuna.trial.TrialState.FAIL)
