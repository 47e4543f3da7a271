"""Candidates for the next trial: parameters drawn at random, and children of the best trials."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution

from fgp_sklearn.search._imagined_trial import ImaginedTrial

Define = Callable[[Any], Any]
Params = Mapping[str, Any]

_CHILDREN = 0.5  # share of candidates that have parents
_CROSSED = 0.3  # share of these that have two


def suggests_all(distributions: Mapping[str, BaseDistribution]) -> Define:
    """Function of a trial that suggests each of some parameters."""

    def define(trial: ImaginedTrial) -> None:
        for name, distribution in distributions.items():
            trial.suggest(name, distribution)

    return define


def draw_parameters(
    define: Define, parents: Sequence[Params], n: int, draws: np.random.Generator
) -> tuple[list[ImaginedTrial], list[Exception]]:
    """Draw candidates.

    Parameters
    ----------
    define : callable
        Function of a trial that suggests its parameters.
    parents : sequence of dict
        Parameters of the best trials. Half of the candidates are their children.
    n : int
        Number of draws.
    draws : numpy.random.Generator
        Source of the draws.

    Returns
    -------
    trials : list of ImaginedTrial
        At most `n` trials, which differ in their parameters.
    errors : list of Exception
        What `define` raised for other trials, such as `optuna.TrialPruned`.
    """
    n_children = round(n * _CHILDREN) if parents else 0
    trials = [ImaginedTrial(draws) for _ in range(n - n_children)]
    trials += [_child(parents, draws) for _ in range(n_children)]
    different: dict[str, ImaginedTrial] = {}
    errors = []
    for trial in trials:
        try:
            define(trial)
        except Exception as error:  # whatever a user raises for a combination that is invalid
            errors.append(error)
            continue
        different.setdefault(repr(sorted(trial.params.items())), trial)
    return list(different.values()), errors


def _child(parents: Sequence[Params], draws: np.random.Generator) -> ImaginedTrial:
    """Trial with the parameters of one parent, some of them changed, or of two parents."""
    first, second = (parents[int(draws.integers(len(parents)))] for _ in range(2))
    if first != second and draws.random() < _CROSSED:
        mixed = {name: second.get(name, value) for name, value in first.items() if draws.random() < 0.5}
        return ImaginedTrial(draws, {**second, **first, **mixed})
    names = list(first)
    rate = 1 / max(len(names), 1)
    changed = {name for name in names if draws.random() < rate}
    if names:
        changed.add(names[draws.integers(len(names))])
    return ImaginedTrial(draws, first, changed.__contains__)
