"""Claims: parameters that a trial will have, for other workers to see before it has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial

_KEY = "fgp_sampler:params"


def all_trials(study: Study) -> Sequence[FrozenTrial]:
    """All trials of a study, also where a pruner such as Hyperband shows a sampler a part of them.

    Parameters
    ----------
    study : optuna.Study
        The study.

    Returns
    -------
    list of optuna.trial.FrozenTrial
        Trials, not to be modified.
    """
    storage = study._storage
    return storage.get_all_trials(storage.get_study_id_from_name(study.study_name), deepcopy=False)


def claims_of(trials: Sequence[FrozenTrial]) -> dict[int, dict[str, Any]]:
    """Claimed parameters by the numbers of trials."""
    return {trial.number: trial.system_attrs[_KEY] for trial in trials if _KEY in trial.system_attrs}


def write_claim(study: Study, number: int, params: Mapping[str, Any]) -> None:
    """Claim parameters for a running trial, in place of its earlier claim."""
    storage = study._storage
    study_id = storage.get_study_id_from_name(study.study_name)
    trial_id = storage.get_trial_id_from_study_id_trial_number(study_id, number)
    storage.set_trial_system_attr(trial_id, _KEY, dict(params))
