"""ParameterChoice: the parameters of the next trial of a study."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna import TrialPruned
from optuna.distributions import BaseDistribution
from threadpoolctl import threadpool_limits

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._duplicates import duplicate_groups
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.search._imagined_trial import ImaginedTrial
from fgp_sklearn.search._parameter_draws import draw_parameters, suggests_all
from fgp_sklearn.search._parameter_reader import ParameterReader
from fgp_sklearn.search._scalarised import scalarised
from fgp_sklearn.search._study_trials import StudyTrials
from fgp_sklearn.search._trial_model import TrialModel

Params = Mapping[str, Any]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_ROUNDS = 5  # of candidates, until one of them is new
_N_PARENTS = 10
_TRIED = 3  # trials without a value that lack a parameter, until it is given up


@dataclass(frozen=True)
class ParameterChoice:
    """Chooses parameters by what is predicted for the architectures that they make.

    Parameters
    ----------
    reader : ParameterReader
        Reads parameters as architectures.
    predictor : estimator
        Regressor of architectures.
    define : callable or None
        Function of a trial that suggests its parameters. By default, parameters of the other trials.
    n_startup_trials, n_candidates, acquisition : int, int, str
        Parameters of `FGPSampler`.
    warn : callable
        Function of the kind of a warning and its text, which warns once of each kind.
    """

    reader: ParameterReader
    predictor: Any
    define: Callable[[Any], Any] | None
    n_startup_trials: int
    n_candidates: int
    acquisition: str
    warn: Callable[[str, str], None]

    def best(self, trials: StudyTrials, draws: np.random.Generator, *, thinned: bool) -> ImaginedTrial:
        """Choose parameters whose architecture no other trial has.

        Parameters
        ----------
        trials : StudyTrials
            All other trials of the study.
        draws : numpy.random.Generator
            Source of all draws.
        thinned : bool
            Whether to choose from half of the candidates, drawn at random. Workers that have chosen the same
            architecture then choose different ones.

        Returns
        -------
        ImaginedTrial
            The chosen parameters. If they lack some that the architecture needs, or there are none, the rest
            is to be drawn at random.

        Raises
        ------
        ValueError
            If the user's functions raise an exception for all candidates.
        """
        define = self.define or suggests_all(self._searched(trials))
        values = scalarised(trials.values, draws)
        parents = [trials.params[place] for place in _best(values, trials.constraints)]
        for _ in range(_ROUNDS):
            imagined, undrawn = draw_parameters(define, parents, self.n_candidates, draws)
            params = [*trials.params, *(one.params for one in imagined)]
            read, batch, unread = self.reader.read(params)
            unseen = [] if self.define else _unseen(unread, trials)
            if unseen:  # drawn for the trial, so that the parameter appears that the function asks for
                return imagined[unseen[draws.integers(len(unseen))] - len(values)]
            offered = self._new(batch, read, len(values))
            if len(offered):
                break
        readable = np.flatnonzero(read >= len(values))
        self._tell_of_errors(undrawn, unread, values, n_read=len(readable))
        if not len(offered):
            self._tell_of_repetition(len(readable))
            if self.define is None:
                return ImaginedTrial(draws)
            offered = readable
        assert batch is not None  # it has the rows that are offered
        if thinned and len(offered) > 1:
            offered = np.sort(draws.permutation(offered)[: -(-len(offered) // 2)])
        told = read[read < len(values)]
        row = self._next(batch, values[told], trials.pending[told], trials.constraints[told], offered, draws)
        return imagined[int(read[row]) - len(values)]

    def is_taken(self, params: Params, others: Sequence[Params]) -> bool:
        """Whether parameters make an architecture that computes the same as one of some others."""
        read, batch, _ = self.reader.read([params, *others])
        if batch is None or len(batch) < 2 or read[0] != 0:
            return False
        group = duplicate_groups(self.reader.functional(batch))
        return bool((group[1:] == group[0]).any())

    def _searched(self, trials: StudyTrials) -> dict[str, BaseDistribution]:
        """Parameters of trials without those that no architecture has."""
        ignored = self.reader.ignored(trials.distributions)
        if ignored:
            self.warn(
                "columns",
                f"the parameters {named(ignored)} are not named as columns of a table, such as "
                "'stage2_kernel', so they are drawn at random. To search those of whole architectures, pass "
                "to_architecture=FrameTensorizer(shared=[...])",
            )
        return {name: one for name, one in trials.distributions.items() if name not in ignored}

    def _new(self, batch: ArchitectureBatch | None, read: IntArray, n_trials: int) -> IntArray:
        """Rows of candidates that compute what neither a trial nor a candidate before them computes."""
        if batch is None:
            return np.zeros(0, dtype=np.int64)
        group = duplicate_groups(self.reader.functional(batch))
        first = np.unique(group, return_index=True)[1]
        return np.sort(first[read[first] >= n_trials])  # rows of trials are first of their groups

    def _tell_of_errors(
        self, undrawn: list[Exception], unread: dict[int, Exception], values: FloatArray, n_read: int
    ) -> None:
        """Raise an error if the user's functions accept no candidate, and warn of those that they refuse.

        `optuna.TrialPruned` says that a combination is invalid, and is no cause for a warning.
        """
        has_value = ~np.isnan(values)
        known = [error for place, error in unread.items() if place < len(values) and has_value[place]]
        refused = [error for place, error in unread.items() if place >= len(values)]
        errors = [*known, *refused, *undrawn]
        if n_read and all(isinstance(error, TrialPruned) for error in errors):
            return
        error = next((error for error in errors if not isinstance(error, TrialPruned)), errors[0])
        function = "define_architecture" if any(error is one for one in undrawn) else self.reader.function
        cure = (
            "It is called with imagined trials, which belong to no study; raise optuna.TrialPruned only for "
            "combinations that are invalid"
        )
        if self.define is None:
            cure = "Correct the names of parameters, or pass define_architecture, which tells all parameters"
        if not n_read:
            problem = f"{function} raises {shown(error)} for all candidates. {cure}"
            raise ValueError(problem) from error
        self.warn(
            "errors",
            f"{function} raises {shown(error)} for some trials or candidates, which are left out. {cure}",
        )

    def _tell_of_repetition(self, n: int) -> None:
        outcome = "one of them is repeated" if self.define else "parameters are drawn at random"
        self.warn(
            "repetition",
            f"all {n} candidates compute the same as earlier trials, so {outcome}. The search space may be "
            "exhausted; otherwise raise n_candidates, or name the numbers of nodes that differ in "
            "attributes= of the predictor",
        )

    def _next(
        self,
        batch: ArchitectureBatch,
        values: FloatArray,
        pending: BoolArray,
        constraints: FloatArray,
        offered: IntArray,
        draws: np.random.Generator,
    ) -> int:
        """Row of the architecture to train next."""
        seed = int(draws.integers(np.iinfo(np.int32).max))
        known = values[~np.isnan(values)]
        with threadpool_limits(1, user_api="blas"), np.errstate(under="ignore"):
            model = TrialModel(self.predictor, batch, seed)
            if len(known) < max(self.n_startup_trials, 2) or np.ptp(known) == 0:
                return model.informative(len(values), offered)
            offered = model.feasible(constraints, offered)
            return model.promising(values, pending, offered, self.acquisition)


def _unseen(unread: dict[int, Exception], trials: StudyTrials) -> list[int]:
    """Places of candidates that lack a parameter which may appear if they are tried."""
    n = len(trials.params)
    lacking = {place: error.args for place, error in unread.items() if isinstance(error, KeyError)}
    with_value: BoolArray = np.atleast_1d(~np.isnan(trials.values).any(axis=1))
    tried = Counter[Any]()  # finished trials that lack it still; it is then no parameter
    for place, name in lacking.items():
        if place < n and not trials.pending[place]:
            tried[name] += _TRIED if with_value[place] else 1
    return [place for place, name in lacking.items() if place >= n and tried[name] < _TRIED]


def _best(values: FloatArray, constraints: FloatArray) -> IntArray:
    """Places of the best trials, those that meet their constraints first."""
    violation = np.nan_to_num(constraints).clip(min=0).sum(axis=1)
    order = np.lexsort((-values, violation))
    return order[~np.isnan(values[order])][:_N_PARENTS]
