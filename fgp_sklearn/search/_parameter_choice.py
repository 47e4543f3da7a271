"""ParameterChoice: the parameters of the next trial of a study."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._duplicates import duplicate_groups
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
    """

    reader: ParameterReader
    predictor: Any
    define: Callable[[Any], Any] | None
    n_startup_trials: int
    n_candidates: int
    acquisition: str

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
            The chosen parameters.

        Warns
        -----
        UserWarning
            If all candidates compute the same as earlier trials. One of them is then repeated.
        """
        define = self.define or suggests_all(trials.distributions)
        values = scalarised(trials.values, draws)
        parents = [trials.params[place] for place in _best(values, trials.constraints)]
        for _ in range(_ROUNDS):
            imagined = draw_parameters(define, parents, self.n_candidates, draws)
            read, batch = self._read(trials, values, [one.params for one in imagined])
            group = duplicate_groups(self.reader.functional(batch))
            first = np.unique(group, return_index=True)[1]
            offered = np.sort(first[read[first] >= len(values)])  # rows of trials are first of their groups
            if len(offered):
                break
        else:
            offered = np.flatnonzero(read >= len(values))
            warnings.warn(
                f"all {len(offered)} candidates compute the same as earlier trials, so one of them is "
                "repeated. The search space may be exhausted; otherwise raise n_candidates",
                UserWarning,
                stacklevel=2,
            )
        if thinned and len(offered) > 1:
            offered = np.sort(draws.permutation(offered)[: -(-len(offered) // 2)])
        told = read[read < len(values)]
        row = self._next(batch, values[told], trials.pending[told], trials.constraints[told], offered, draws)
        chosen: ImaginedTrial = imagined[int(read[row]) - len(values)]
        return chosen

    def is_taken(self, params: Params, others: Sequence[Params]) -> bool:
        """Whether parameters make an architecture that computes the same as one of some others."""
        _, batch, _ = self.reader.read([params, *others])
        if batch is None or len(batch) < 2:
            return False
        group = duplicate_groups(self.reader.functional(batch))
        return bool((group[1:] == group[0]).any())

    def _read(
        self, trials: StudyTrials, values: FloatArray, candidates: Sequence[Params]
    ) -> tuple[IntArray, ArchitectureBatch]:
        """Read trials and candidates; numbers of those that could be read, and their architectures."""
        read, batch, lacking = self.reader.read([*trials.params, *candidates])
        if batch is None or not (read >= len(values)).any():
            raise ValueError(
                f"to_architecture asks for the parameter {lacking}, which no candidate has. Correct its "
                "name, or pass define_architecture, which tells all parameters"
            )
        if lacking:
            warnings.warn(
                f"to_architecture asks for the parameter {lacking}, which some trials or candidates lack. "
                "They are left out. Pass define_architecture, which tells all parameters",
                UserWarning,
                stacklevel=3,
            )
        return read, batch

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


def _best(values: FloatArray, constraints: FloatArray) -> IntArray:
    """Places of the best trials, those that meet their constraints first."""
    violation = np.nan_to_num(constraints).clip(min=0).sum(axis=1)
    order = np.lexsort((-values, violation))
    return order[~np.isnan(values[order])][:_N_PARENTS]
