"""StudyTrials: what the trials of an Optuna study tell a search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from fgp_sklearn.architectures._messages import shown

FloatArray = NDArray[np.float64]
Params = Mapping[str, Any]
Constraints = Callable[[FrozenTrial], Sequence[float]]


@dataclass(frozen=True)
class StudyTrials:
    """Trials of a study other than the one that is to come.

    Attributes
    ----------
    params : sequence of dict
        Parameters of each trial.
    values : ndarray of float of shape (n_trials, n_objectives)
        Objectives, larger is better, and NaN for a trial without a value.
    constraints : ndarray of float of shape (n_trials, n_constraints)
        Constraints, at most 0 where they are met, and NaN for a trial without.
    pending : ndarray of bool of shape (n_trials,)
        Which trials are running or waiting.
    distributions : dict
        Distribution of each parameter, in the order of appearance. Parameters with several are left out.
    """

    params: Sequence[Params]
    values: FloatArray
    constraints: FloatArray
    pending: NDArray[np.bool_]
    distributions: dict[str, BaseDistribution]


def read_trials(
    found: Sequence[FrozenTrial],
    directions: Sequence[StudyDirection],
    number: int,
    claims: Mapping[int, Params],
    constraints_func: Constraints | None,
) -> StudyTrials:
    """Read all trials but one.

    Parameters
    ----------
    found : sequence of optuna.trial.FrozenTrial
        All trials of the study.
    directions : sequence of optuna.study.StudyDirection
        Which objectives are maximised.
    number : int
        Number of the trial that is to come, which is left out.
    claims : dict
        Parameters that running trials will have, by the numbers of the trials.
    constraints_func : callable or None
        Function of a finished trial that returns its constraints. By default those that the trial stores.

    Returns
    -------
    StudyTrials
        Trials that have parameters.
    """
    claims = dict(claims)
    trials, params = [], []
    for trial in found:
        planned = trial.system_attrs.get("fixed_params", {}) if not trial.state.is_finished() else {}
        own = {**claims.pop(trial.number, {}), **planned, **trial.params}
        if trial.number != number and own:
            trials.append(trial)
            params.append(own)
    signs = [1.0 if d == StudyDirection.MAXIMIZE else -1.0 for d in directions]
    values: FloatArray = np.array([_values(trial, len(signs)) for trial in trials], dtype=np.float64)
    values = values.reshape(-1, len(signs)) * signs
    has_value: NDArray[np.bool_] = np.atleast_1d(~np.isnan(values).any(axis=1))
    rows = [
        _constraints(trial, constraints_func) if known else []
        for trial, known in zip(trials, has_value, strict=True)
    ]
    n_constraints = max(map(len, rows), default=0)
    constraints = np.full((len(rows), n_constraints), np.nan)
    for place, row in enumerate(rows):
        constraints[place, : len(row)] = row
    pending = np.array([not trial.state.is_finished() for trial in trials], dtype=np.bool_)
    return StudyTrials(params, values, constraints, pending, _distributions(trials))


def _values(trial: FrozenTrial, n: int) -> Sequence[float]:
    """Objectives of a trial. A pruned trial counts with what it reported last."""
    if trial.state == TrialState.COMPLETE:
        return list(trial.values)
    if trial.state == TrialState.PRUNED and n == 1 and trial.intermediate_values:
        return [trial.intermediate_values[max(trial.intermediate_values)]]
    return [np.nan] * n


def _constraints(trial: FrozenTrial, constraints_func: Constraints | None) -> Sequence[float]:
    if constraints_func is not None:
        found = constraints_func(trial)
        if not isinstance(found, Iterable):
            raise TypeError(
                "constraints_func must return a list of numbers, at most 0 where a constraint is met, got "
                f"{shown(found)} for trial {trial.number}; return [number]"
            )
        return list(found)
    if hasattr(trial, "constraints"):
        return list(trial.constraints.values())
    return list(trial.system_attrs.get("constraints") or [])  # Optuna 4


def _distributions(trials: Sequence[FrozenTrial]) -> dict[str, BaseDistribution]:
    found: dict[str, BaseDistribution] = {}
    several = set()
    for trial in trials:
        for name, distribution in trial.distributions.items():
            if found.setdefault(name, distribution) != distribution:
                several.add(name)
    return {name: distribution for name, distribution in found.items() if name not in several}
