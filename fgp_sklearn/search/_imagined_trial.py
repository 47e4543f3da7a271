"""ImaginedTrial: a trial of no study, by which candidates are drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from fgp_sklearn.architectures._messages import shown

_NONE = object()  # stands for no value, since None may be one
_NEAR = 0.15  # standard deviation of a small change, in widths of the range


class ImaginedTrial:
    """Trial that suggests parameters at random and belongs to no study.

    It is passed to a user's function of a trial, which calls the methods ``suggest_...``. Afterwards `params`
    has what was suggested. Reports are ignored, and it is never pruned.

    Parameters
    ----------
    draws : numpy.random.Generator
        Source of the draws.
    parent : dict, optional
        Parameters that are kept if they are in range.
    changed : callable, optional
        Says of the name of a parameter whether it is drawn in spite of `parent`. By default none is.

    Attributes
    ----------
    params : dict
        Values by the names of parameters.
    distributions : dict
        Distributions by the names of parameters.
    user_attrs : dict
        Attributes by their names.
    number : int
        Always -1, which no trial of a study has.
    """

    number = -1

    def __init__(
        self,
        draws: np.random.Generator,
        parent: Mapping[str, Any] | None = None,
        changed: Callable[[str], bool] = lambda name: False,
    ) -> None:
        self.params: dict[str, Any] = {}
        self.distributions: dict[str, BaseDistribution] = {}
        self.user_attrs: dict[str, Any] = {}
        self._draws = draws
        self._parent = {} if parent is None else parent
        self._changed = changed

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        """As `optuna.Trial` does."""
        return self.suggest(name, CategoricalDistribution(choices))

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """As `optuna.Trial` does."""
        return float(self.suggest(name, FloatDistribution(low, high, log=log, step=step)))

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """As `optuna.Trial` does."""
        return int(self.suggest(name, IntDistribution(low, high, log=log, step=step)))

    def set_user_attr(self, key: str, value: Any) -> None:
        """Remember an attribute while the trial lasts."""
        self.user_attrs[key] = value

    def report(self, value: float, step: int) -> None:
        """Ignore a value, since nothing is trained."""

    def should_prune(self) -> bool:
        """No, never."""
        return False

    def set_constraint(self, key: str, value: float) -> None:
        """Ignore a constraint, since only those of finished trials count."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # copy and pickle look for these
            raise AttributeError(name)
        raise AttributeError(
            f"an imagined trial has no {shown(name)}. FGPSampler calls define_architecture with trials of no "
            "study, which suggest parameters and train nothing; use the rest of a trial in the objective"
        )

    def suggest(self, name: str, distribution: BaseDistribution) -> Any:
        """Value of a parameter: as suggested before, else that of the parent, else drawn."""
        if name not in self.params:
            self.params[name] = self._chosen(name, distribution)
            self.distributions[name] = distribution
        return self.params[name]

    def _chosen(self, name: str, distribution: BaseDistribution) -> Any:
        if name not in self._parent or not in_range(distribution, self._parent[name]):
            return drawn(distribution, self._draws)
        value = self._parent[name]
        return drawn(distribution, self._draws, other_than=value) if self._changed(name) else value


def in_range(distribution: BaseDistribution, value: Any) -> bool:
    """Whether a distribution can draw a value, apart from its steps."""
    if isinstance(distribution, CategoricalDistribution):
        return value in distribution.choices
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and bool(distribution.low <= value <= distribution.high)  # type: ignore[attr-defined]


def drawn(distribution: BaseDistribution, draws: np.random.Generator, other_than: Any = _NONE) -> Any:
    """Draw a value of a distribution.

    Parameters
    ----------
    distribution : optuna.distributions.BaseDistribution
        Distribution of the parameter.
    draws : numpy.random.Generator
        Source of the draws.
    other_than : object, optional
        Value of the parent. The result differs from it unless there is only one value. Half of the numbers
        are drawn near it.

    Returns
    -------
    object
        The value.
    """
    if isinstance(distribution, CategoricalDistribution):
        choices = [choice for choice in distribution.choices if choice != other_than]
        choices = choices or list(distribution.choices)
        return choices[draws.integers(len(choices))]
    if not isinstance(distribution, (FloatDistribution, IntDistribution)):
        raise TypeError(f"cannot draw from a {type(distribution).__name__}; suggest a float, int or category")
    for _ in range(20):
        place = draws.random()
        if other_than is not _NONE and draws.random() < 0.5:
            place = _place(distribution, other_than) + _NEAR * draws.normal()
        value = _at(distribution, min(max(place, 0.0), 1.0))
        if value != other_than:
            break
    return value


def _ends(distribution: FloatDistribution | IntDistribution) -> tuple[float, float]:
    """Ends of the range, half a step beyond it, on the scale on which values are drawn."""
    half = (distribution.step or 0) / 2
    low, high = distribution.low - half, distribution.high + half
    return (math.log(low), math.log(high)) if distribution.log else (low, high)


def _place(distribution: FloatDistribution | IntDistribution, value: float) -> float:
    low, high = _ends(distribution)
    at = math.log(value) if distribution.log else value
    return (at - low) / (high - low) if high > low else 0.0


def _at(distribution: FloatDistribution | IntDistribution, place: float) -> float | int:
    """Value at a place between 0 and 1."""
    low, high = _ends(distribution)
    value = low + (high - low) * place
    value = math.exp(value) if distribution.log else value
    if distribution.step:
        value = distribution.low + round((value - distribution.low) / distribution.step) * distribution.step
    value = min(max(value, distribution.low), distribution.high)
    return int(value) if isinstance(distribution, IntDistribution) else float(value)
