"""TrialModel: what is predicted of the architectures of trials and candidates."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.search._acquisition import choose_batch, conditioned
from fgp_sklearn.search._estimator_prediction import EstimatorPrediction
from fgp_sklearn.search._features import features_of, fitted_blocks
from fgp_sklearn.search._flow_prediction import FlowPrediction, is_plain_flow
from fgp_sklearn.search._informative import most_informative
from fgp_sklearn.search._predicted import Predicted

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_SHORTLIST = 300  # candidates whose joint posterior is computed
_BETA = 2.5  # standard deviations above the mean by which the shortlist is chosen, and of "ucb"
_LIKELY = 0.5  # chance to meet constraints from which on a candidate is offered


class TrialModel:
    """Chooses among architectures that are rows of one batch: those of trials, then candidates.

    Parameters
    ----------
    predictor : estimator
        Regressor of architectures.
    batch : ArchitectureBatch
        All architectures.
    seed : int
        Seed of the predictor and of the acquisition.
    """

    def __init__(self, predictor: Any, batch: ArchitectureBatch, seed: int) -> None:
        self._predictor = predictor
        self._seed = seed
        self._blocks = fitted_blocks(predictor, batch, seed)
        self._features = features_of(self._blocks, batch)

    def informative(self, n_trials: int, offered: IntArray) -> int:
        """Row of the candidate whose value would tell most about the others.

        Parameters
        ----------
        n_trials : int
            Number of rows that are trials.
        offered : ndarray of int
            Rows of candidates.

        Returns
        -------
        int
            One of `offered`.
        """
        choice = self._features.take(offered).double
        seen = self._features.take(np.arange(n_trials)).double
        return int(offered[most_informative(seen, choice, choice, self._blocks.linear, 1)[0]])

    def feasible(self, constraints: FloatArray, offered: IntArray) -> IntArray:
        """The candidates that probably meet all constraints, or the one that most probably does.

        Parameters
        ----------
        constraints : ndarray of float of shape (n_trials, n_constraints)
            Values of the trials, at most 0 where a constraint is met; NaN if unknown.
        offered : ndarray of int
            Rows of candidates.

        Returns
        -------
        ndarray of int
            Some of `offered`.
        """
        chance = np.ones(len(offered))
        for column in constraints.T:
            known = np.flatnonzero(np.isfinite(column))
            if len(known) > 1 and np.ptp(column[known]) > 0:
                predicted = self._predicted(column[known], known)
                mean, deviation = predicted.marginal(self._features.take(offered))
                chance *= ndtr((predicted.scored(0.0) - mean) / deviation)
        likely = np.flatnonzero(chance >= _LIKELY)
        return offered[likely if len(likely) else [int(np.argmax(chance))]]

    def promising(self, values: FloatArray, pending: BoolArray, offered: IntArray, acquisition: str) -> int:
        """Row of the candidate with the best acquisition.

        Parameters
        ----------
        values : ndarray of float of shape (n_trials,)
            Values, larger is better; NaN if unknown.
        pending : ndarray of bool of shape (n_trials,)
            Trials that are not finished. They count as if their values were those that are predicted.
        offered : ndarray of int
            Rows of candidates.
        acquisition : str
            See `choose_batch`.

        Returns
        -------
        int
            One of `offered`.
        """
        known = np.flatnonzero(~np.isnan(values))
        predicted = self._predicted(values[known], known)
        mean, deviation = predicted.marginal(self._features.take(offered))
        offered = offered[np.argsort(-(mean + _BETA * deviation), kind="stable")[:_SHORTLIST]]
        waiting = np.flatnonzero(pending & np.isnan(values))
        mean, covariance = predicted.joint(self._features.take(np.r_[waiting, offered]))
        for place in range(len(waiting)):
            covariance = conditioned(covariance, place, predicted.noise)
        rest = slice(len(waiting), None)
        chosen = choose_batch(
            mean[rest],
            covariance[rest, rest],
            1,
            acquisition=acquisition,
            beta=_BETA,
            noise=predicted.noise,
            incumbent=predicted.incumbent,
            random_state=self._seed,
        )
        return int(offered[chosen[0]])

    def _predicted(self, values: FloatArray, rows: IntArray) -> Predicted:
        known, weights = self._features.take(rows), np.ones(len(rows))
        if is_plain_flow(self._predictor):
            return FlowPrediction(self._blocks, [], known, values, weights, self._seed)
        pool = self._features.architectures
        return EstimatorPrediction(self._predictor, self._blocks, known, values, weights, self._seed, pool)
