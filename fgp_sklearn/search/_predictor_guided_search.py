"""PredictorGuidedSearch: train what a predictor finds promising, and learn from each result."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from numbers import Integral, Real
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from sklearn.utils import check_scalar
from threadpoolctl import threadpool_limits

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._fingerprints import fingerprints
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.estimators import FlowGaussianProcessRegressor
from fgp_sklearn.processes._flow_blocks import FlowBlocks
from fgp_sklearn.processes._sum_kernel_process import lower_factor
from fgp_sklearn.search._acquisition import ACQUISITIONS, choose_batch, conditioned
from fgp_sklearn.search._early_values import checked_epochs, is_hopeless
from fgp_sklearn.search._estimator_prediction import EstimatorPrediction, check_predictor
from fgp_sklearn.search._features import Features, features_of, fitted_blocks, joined
from fgp_sklearn.search._flow_prediction import FlowPrediction, is_plain_flow
from fgp_sklearn.search._hypervolume import choose_by_improvement, improvements
from fgp_sklearn.search._informative import most_informative
from fgp_sklearn.search._measured_search import Cost, MeasuredSearch
from fgp_sklearn.search._predicted import Predicted
from fgp_sklearn.search._search_space import SearchSpace
from fgp_sklearn.search._told_columns import SUCCEEDS, Limits, limits_of

FloatArray = NDArray[np.float64]

_LARGEST_POOL = 500_000  # a space with more members is sampled
_SAMPLED = 3000  # members of a larger space from which scales are learnt
_DESIGN = 2000  # members among which the first architectures are chosen
_SHORTLIST = 300  # candidates whose joint posterior is computed
_MOST_PARENTS = 20
_DRAWS = 64  # of the posterior of two objectives
_LEAST_EARLY = 5  # values after a number of epochs, from which others are predicted
_WORTH = 0.75  # quantile of final values below which a training is stopped
_LEAST_BOTH = 10  # architectures with these and final values, before a training is stopped
_LIKELY = 0.5  # probability that a candidate keeps the constraints
_SHARES = {"mutants": 0.4, "further": 0.2, "crossed": 0.2}  # of the candidates; the rest are samples


class PredictorGuidedSearch(MeasuredSearch):
    """Search that trains what a predictor finds promising, and learns from each result.

    The first architectures are those whose labels tell most about the space, as `select_diverse` chooses
    them. After that, each `ask` fits the predictor to all results, predicts candidates, and chooses those
    with the best chance to be better than what is known. All members of a finite space are candidates. Of a
    larger space, candidates are mutants of the best architectures, crossovers and samples.

    Architectures that were asked and are not told yet count as if they had the predicted value, so several
    may be trained side by side.

    Parameters
    ----------
    space : SearchSpace
        The architectures to choose from.
    predictor : estimator, optional
        A regressor whose `predict` has `return_std`, such as `FlowGaussianProcessRegressor` with a view,
        features or sources of your own, or `FGPRegressor`. A clone of it is fitted in each round. By default
        `FlowGaussianProcessRegressor`. Its features of the members of a finite space are computed once.
    direction : {"maximize", "minimize"}, default="maximize"
        Which values are better.
    n_initial : int, default=20
        Number of architectures that are chosen before values count. Results that are told at the beginning
        count among them.
    acquisition : {"ucb", "thompson", "ei", "greedy"}, default="ucb"
        How candidates are compared; see `choose_batch`.
    beta : float, default=2.5
        Number of standard deviations of "ucb".
    n_candidates : int, default=5000
        Number of candidates in a space that is not finite.
    objectives : mapping of str to {"maximize", "minimize"}, optional
        A second objective, such as ``{"latency": "minimize"}``. Its values are told as a column of this name.
        Candidates are then chosen by the area that they add to what the Pareto front dominates, in the mean
        over draws of the posterior, whatever `acquisition` says.
    constraints : mapping of str to (float or None, float or None), optional
        Smallest and largest allowed value of columns, such as ``{"latency": (None, 20.0)}``. A predictor
        learns each told column, and candidates that more likely break a constraint than not are left out. An
        architecture whose column is not known is not feasible, so it is not the best one.
    costs : mapping of str to callable, optional
        Columns that need no training, such as a number of parameters: functions from an `ArchitectureBatch`
        to one number per architecture.
    checkpoint : path-like, optional
        File of this search alone that holds the state after each `ask` and `tell`. If it exists, the search
        continues from it as if it had never stopped. So a script that runs twice continues, and the `budget`
        of `maximize` counts anew. `pending_architectures_` were asked and are not told yet.
    random_state : int, RandomState instance or None, default=None
        Seed of the search. The same seed and the same values give the same architectures.

    See Also
    --------
    select_diverse : Chooses architectures of a pool without a search.
    choose_batch : The choice among candidates.

    References
    ----------
    White, Neiswanger, Savani, "BANANAS: Bayesian Optimization with Neural Architectures for Neural
    Architecture Search", AAAI 2021; Ru, Wan, Dong, Osborne, "Interpretable Neural Architecture Search via
    Bayesian Optimisation with Weisfeiler-Lehman Kernels", ICLR 2021.

    Examples
    --------
    >>> from fgp_sklearn.search import NASBench201Space, PredictorGuidedSearch
    >>> def train(architecture):  # stands for a training: the number of convolutions
    ...     return sum("conv" in op for op in architecture.ops)
    >>> search = PredictorGuidedSearch(NASBench201Space(), n_initial=10, random_state=0)
    >>> for _ in range(4):
    ...     batch = search.ask(5)
    ...     _ = search.tell(batch, [train(architecture) for architecture in batch])
    >>> search.best_value_
    6.0
    """

    def __init__(
        self,
        space: SearchSpace,
        predictor: Any = None,
        *,
        direction: str = "maximize",
        n_initial: int = 20,
        acquisition: str = "ucb",
        beta: float = 2.5,
        n_candidates: int = 5000,
        objectives: Mapping[str, str] | None = None,
        constraints: Mapping[str, Limits] | None = None,
        costs: Mapping[str, Cost] | None = None,
        checkpoint: str | PathLike[str] | None = None,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            space,
            direction=direction,
            objectives=objectives,
            constraints=constraints,
            costs=costs,
            checkpoint=checkpoint,
            random_state=random_state,
        )
        self.predictor = predictor
        self.n_initial = n_initial
        self.acquisition = acquisition
        self.beta = beta
        self.n_candidates = n_candidates

    def propose(self, n: int, generator: np.random.Generator) -> ArchitectureBatch:
        with threadpool_limits(1, user_api="blas"), np.errstate(under="ignore"):
            names = [name for name, _ in self._all_objectives]
            fewest = min(np.isfinite(self.column(name) if name else self.values_).sum() for name in names)
            if len(self.pending_) < self.n_initial or fewest < 2:
                return self._informative(n)
            candidates = self._candidates(generator)
            if len(candidates.architectures) <= n:
                return candidates.architectures
            return self._promising(candidates, n, generator)

    def should_stop(self, architecture: Any, epochs: float, value: float) -> bool:
        """Whether a training need not go on, because its final value will hardly be among the best quarter.

        The value is told with `epochs`. From architectures with values after as many epochs and final ones,
        the predictor learns how the former predict the latter. A value that is lower than those of all that
        ended well stops too, whatever is predicted for the architecture.

        Parameters
        ----------
        architecture : Architecture, or a sequence with one
            The architecture that is being trained.
        epochs : float
            Number of epochs so far.
        value : float or None
            Value after these epochs; None if the training failed.

        Returns
        -------
        bool
            True if the predicted final value plus two standard deviations, noise included, is below the upper
            quartile of the final values so far, or if `value` is worse than the lower quartile of the values
            after as many epochs and than each of those whose final value is at least the median. The
            architecture is then no longer pending. False while fewer than ten architectures have both values.
            True if the training failed.
        """
        self.tell(architecture, value, epochs=checked_epochs(epochs))
        if value is None:
            return True
        (number,) = self.known_.find(self.space.read(architecture))
        at_epochs = self.early_[self.early_epochs_ == epochs]
        both = np.setdiff1d(np.intersect1d(at_epochs, np.flatnonzero(~np.isnan(self.values_))), [number])
        if len(both) < _LEAST_BOTH:
            return False
        early = self.sign_ * self._early_means(epochs)
        stops = is_hopeless(early[number], early[both], self.sign_ * self.values_[both])
        if not stops and np.isfinite(self.merits_).any():
            stops = self._falls_short(number)
        if stops:
            self.pending_[number] = False
            self._keep()
        return stops

    def _falls_short(self, number: int) -> bool:
        """Whether the final value that may be hoped for is below the upper quartile of those so far."""
        with threadpool_limits(1, user_api="blas"), np.errstate(under="ignore"):
            predicted = self._predicted("", self.seed_)
            this = self._known(np.arange(len(self.pending_)) == number)
            assert this is not None
            mean, deviation = predicted.marginal(this)
        hoped = mean[0] + 2 * np.hypot(deviation[0], np.sqrt(predicted.noise))
        return bool(hoped < predicted.scored(float(np.nanquantile(self.merits_, _WORTH))))

    # --------------------------------------------------------------------- what is offered

    def _informative(self, n: int) -> ArchitectureBatch:
        """Those of a sample of the space whose labels tell most beside what is known."""
        offered = self._pool.take(self._unknown_of_pool)
        if len(offered.architectures) > _DESIGN:
            some = np.random.default_rng(self.seed_).choice(
                len(offered.architectures), _DESIGN, replace=False
            )
            offered = offered.take(np.sort(some))
        known = self._known(np.ones(len(self.pending_), dtype=bool))
        choice = offered.double
        seen = known.double if known is not None else [block[:0] for block in choice]
        n = min(n, len(offered.architectures))
        every_second = [block[::2] for block in choice]
        chosen = most_informative(seen, choice, every_second, self._blocks.linear, n)
        return offered.architectures.take(chosen)

    def _candidates(self, generator: np.random.Generator) -> Features:
        """Members that are not known."""
        if self._lists_all:
            return self._pool.take(self._unknown_of_pool)
        offered = self._offspring(generator)
        return features_of(self._blocks, offered.take(self.known_.unknown(offered)))

    def _offspring(self, generator: np.random.Generator) -> ArchitectureBatch:
        """Mutants of the best architectures, mutants of mutants, crossovers, and samples."""
        assert self.architectures_ is not None
        merits = self.merits_ if np.isfinite(self.merits_).any() else self.sign_ * self.values_
        best = np.argsort(-np.nan_to_num(merits, nan=-np.inf), kind="stable")[:_MOST_PARENTS]
        best = best[np.isfinite(merits[best])]
        first, further, crossed = (round(share * self.n_candidates) for share in _SHARES.values())
        seeds = generator.integers(2**31, size=4)
        parents = self.architectures_.take(generator.choice(best, first))
        mutants = self.space.mutate(parents, int(seeds[0]))
        twice = self.space.mutate(mutants.take(generator.choice(first, further)), int(seeds[1]))
        one, other = (self.architectures_.take(generator.choice(best, crossed)) for _ in range(2))
        children = self.space.crossover(one, other, int(seeds[2]))
        samples = self.space.sample(self.n_candidates - first - further - crossed, int(seeds[3]))
        return ArchitectureBatch.concatenate([mutants, twice, children, samples])

    # --------------------------------------------------------------------- what is chosen

    def _promising(self, candidates: Features, n: int, generator: np.random.Generator) -> ArchitectureBatch:
        """The best candidates by the acquisition."""
        seed, draws = (int(drawn) for drawn in generator.integers(2**31, size=2))
        candidates = self._allowed(candidates, n, seed)
        names = [name for name, _ in self._all_objectives]
        predicted = [self._predicted(name, seed) for name in names]
        optimistic = [self._optimistic(one, candidates) for one in predicted]
        worth = optimistic[0] if len(names) == 1 else self._added(predicted, np.stack(optimistic, axis=1))
        shortlist = candidates.take(np.argsort(-worth, kind="stable")[: max(_SHORTLIST, n)])
        waiting = self._known(self.pending_)
        together = shortlist if waiting is None else joined(waiting, shortlist)
        n_waiting = len(together.architectures) - len(shortlist.architectures)
        joint = [one.joint(together) for one in predicted]
        if len(names) > 1:
            places = self._by_added_area(predicted, joint, n, n_waiting, draws)
        else:
            places = self._by_acquisition(predicted[0], *joint[0], n, n_waiting, draws)
        return shortlist.architectures.take(places)

    def _allowed(self, candidates: Features, n: int, seed: int) -> Features:
        """Candidates that keep all constraints more likely than not, or the `n` most likely ones.

        That a training succeeds is a constraint too, once one has failed.
        """
        constraints: dict[str, Limits] = dict(self.constraints or {})
        if np.isnan(self.told_values_).any():
            constraints[SUCCEEDS] = (0.5, None)
        likely = np.ones(len(candidates.architectures))
        for name, limits in constraints.items():
            low, high = limits_of(limits)
            if name in (self.costs or {}):
                cost = self._cost(name, candidates.architectures)
                likely *= (cost >= low) & (cost <= high)
                continue
            if name != SUCCEEDS and np.isnan(self.column(name)).all():
                continue  # there is nothing to learn from
            predicted = self._predicted(name, seed)
            mean, deviation = predicted.marginal(candidates)
            below, above = (
                ndtr(((limit if np.isinf(limit) else predicted.scored(limit)) - mean) / deviation)
                for limit in (low, high)
            )
            likely *= above - below
        allowed = np.flatnonzero(likely >= _LIKELY)
        if len(allowed) < n:
            allowed = np.sort(np.argsort(-likely, kind="stable")[:n])
        return candidates.take(allowed)

    def _optimistic(self, predicted: Predicted, candidates: Features) -> FloatArray:
        mean, deviation = predicted.marginal(candidates)
        optimistic: FloatArray = mean + (self.beta if self.acquisition == "ucb" else 1.0) * deviation
        return optimistic

    def _by_acquisition(
        self,
        predicted: Predicted,
        mean: FloatArray,
        covariance: FloatArray,
        n: int,
        n_waiting: int,
        seed: int,
    ) -> NDArray[np.int64]:
        for place in range(n_waiting):
            covariance = conditioned(covariance, place, predicted.noise)
        return choose_batch(
            mean[n_waiting:],
            covariance[n_waiting:, n_waiting:],
            n,
            acquisition=self.acquisition,
            beta=self.beta,
            noise=predicted.noise,
            incumbent=predicted.incumbent,
            random_state=seed,
        )

    def _by_added_area(
        self, predicted: list[Predicted], joint: list[Any], n: int, n_waiting: int, seed: int
    ) -> NDArray[np.int64]:
        generator = np.random.default_rng(seed)
        draws = [
            one.values(mean + generator.standard_normal((_DRAWS, len(mean))) @ lower_factor(covariance).T)
            for one, (mean, covariance) in zip(predicted, joint, strict=True)
        ]
        points, reference = self._points()
        return choose_by_improvement(np.stack(draws, axis=-1), points, reference, n, n_waiting)

    def _added(self, predicted: list[Predicted], optimistic: FloatArray) -> FloatArray:
        """Area that each candidate adds if it is as good as hoped."""
        points, reference = self._points()
        hoped = np.stack(
            [one.values(column) for one, column in zip(predicted, optimistic.T, strict=True)], axis=1
        )
        added: FloatArray = improvements(points[None], reference, hoped[None])[0]
        return added

    def _predicted(self, name: str, seed: int) -> Predicted:
        """The predictor of a column, fitted to all results."""
        counts = np.bincount(self.told_, minlength=len(self.pending_))
        if name == SUCCEEDS:
            values = (~np.isnan(self.values_)).astype(np.float64)
        else:
            values = dict(self._all_objectives).get(name, 1.0) * (self.column(name) if name else self.values_)
        told = ~np.isnan(values) & (counts > 0)
        known = self._known(told)
        assert known is not None
        weights = counts[told].astype(np.float64)
        if self._is_flow:
            early = [] if name else self._early(seed)
            return FlowPrediction(self._blocks, early, known, values[told], weights, seed)
        pool = self._pool.architectures
        return EstimatorPrediction(self._regressor, self._blocks, known, values[told], weights, seed, pool)

    def _early(self, seed: int) -> list[FlowPrediction]:
        """What is predicted after each number of epochs for which there are some values."""
        found = []
        for epochs in np.unique(self.early_epochs_):
            rows = self.early_epochs_ == epochs
            counts = np.bincount(self.early_[rows], minlength=len(self.pending_))
            known = self._known(counts > 0)
            if known is not None and len(known.architectures) >= _LEAST_EARLY:
                means = self.sign_ * self._early_means(epochs)[counts > 0]
                weights = counts[counts > 0].astype(np.float64)
                found.append(FlowPrediction(self._blocks, [], known, means, weights, seed))
        return found

    def _known(self, chosen: NDArray[np.bool_]) -> Features | None:
        """Features of some of the known architectures; None if there are none."""
        if self.architectures_ is None or not chosen.any():
            return None
        return features_of(self._blocks, self.architectures_.take(np.flatnonzero(chosen)))

    # --------------------------------------------------------------------- what is computed once

    @property
    def _lists_all(self) -> bool:
        return self.space.is_finite and len(self.space) <= _LARGEST_POOL

    @property
    def _is_flow(self) -> bool:
        return is_plain_flow(self._regressor)

    @property
    def _learns_early(self) -> bool:  # type: ignore[override]
        return self._is_flow

    @property
    def _regressor(self) -> Any:
        return FlowGaussianProcessRegressor() if self.predictor is None else self.predictor

    @cached_property
    def _sampled_members(self) -> tuple[ArchitectureBatch, NDArray[np.uint64]]:
        """All members of a space that is not too large, or a sample of it, and their fingerprints."""
        if self._lists_all:
            return self._all_members
        members = self.space.sample(_SAMPLED, self.seed_)
        return members, fingerprints(self.space.functional(members))

    @cached_property
    def _blocks(self) -> FlowBlocks:
        """Blocks of the kernel, fitted to the pool."""
        return fitted_blocks(self._regressor, self._sampled_members[0], self.seed_)

    @cached_property
    def _pool(self) -> Features:
        return features_of(self._blocks, self._sampled_members[0])

    @property
    def _unknown_of_pool(self) -> NDArray[np.int64]:
        return self.known_.unknown(*self._sampled_members)

    def _check_settings(self) -> None:
        super()._check_settings()
        if self.acquisition not in ACQUISITIONS:
            raise ValueError(
                f"acquisition must be one of {named(ACQUISITIONS)}, got {shown(self.acquisition)}"
            )
        check_scalar(self.n_initial, "n_initial", Integral, min_val=1)
        check_scalar(self.n_candidates, "n_candidates", Integral, min_val=10)
        if not (isinstance(self.beta, Real) and 0 <= float(self.beta) < np.inf):
            raise ValueError(f"beta must be a finite number of at least 0, got {shown(self.beta)}")
        check_predictor(self.predictor)
