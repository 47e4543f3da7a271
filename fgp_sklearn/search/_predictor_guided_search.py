"""PredictorGuidedSearch: train what a predictor finds promising, and learn from each result."""

from __future__ import annotations

import inspect
from functools import cached_property
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_scalar
from threadpoolctl import threadpool_limits

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._fingerprints import fingerprints
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.estimators import FlowGaussianProcessRegressor
from fgp_sklearn.processes._flow_blocks import FlowBlocks
from fgp_sklearn.processes._flow_kernel import FlowKernel
from fgp_sklearn.search._acquisition import ACQUISITIONS, choose_batch, conditioned
from fgp_sklearn.search._estimator_prediction import EstimatorPrediction
from fgp_sklearn.search._features import Features, features_of, fitted_to, joined
from fgp_sklearn.search._flow_prediction import FlowPrediction
from fgp_sklearn.search._informative import most_informative
from fgp_sklearn.search._predicted import Predicted
from fgp_sklearn.search._search_space import SearchSpace
from fgp_sklearn.search._searcher import ArchitectureSearch

FloatArray = NDArray[np.float64]

_LARGEST_POOL = 500_000  # a space with more members is sampled
_SAMPLED = 3000  # members of a larger space from which scales are learnt
_DESIGN = 2000  # members among which the first architectures are chosen
_SHORTLIST = 300  # candidates whose joint posterior is computed
_MOST_PARENTS = 20
_KERNEL = ("view", "features", "null_ops", "identity_ops", "operations")  # parameters of a flow kernel
_SHARES = {"mutants": 0.4, "further": 0.2, "crossed": 0.2}  # of the candidates; the rest are samples


class PredictorGuidedSearch(ArchitectureSearch):
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
    beta : float, default=2.0
        Number of standard deviations of "ucb".
    n_candidates : int, default=5000
        Number of candidates in a space that is not finite.
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
    >>> search.maximize(train, budget=20, n_parallel=5).best_value_
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
        beta: float = 2.0,
        n_candidates: int = 5000,
        random_state: Any = None,
    ) -> None:
        super().__init__(space, direction=direction, random_state=random_state)
        self.predictor = predictor
        self.n_initial = n_initial
        self.acquisition = acquisition
        self.beta = beta
        self.n_candidates = n_candidates

    def propose(self, n: int, generator: np.random.Generator) -> ArchitectureBatch:
        with threadpool_limits(1, user_api="blas"), np.errstate(under="ignore"):
            fine = np.isfinite(self.values_)
            if fine.sum() + self.pending_.sum() < self.n_initial or fine.sum() < 2:
                return self._informative(n)
            candidates = self._candidates(generator)
            if len(candidates.architectures) <= n:
                return candidates.architectures
            return self._promising(candidates, n, generator)

    # --------------------------------------------------------------------- what is offered

    def _informative(self, n: int) -> ArchitectureBatch:
        """Those of a sample of the space whose labels tell most beside what is known."""
        offered = self._pool.take(self._unknown_of_pool)
        if len(offered.architectures) > _DESIGN:
            some = np.random.default_rng(self.seed_).choice(len(offered.architectures), _DESIGN, replace=False)
            offered = offered.take(np.sort(some))
        known = self._known(np.ones(len(self.pending_), dtype=bool))
        choice = offered.double
        seen = known.double if known is not None else [block[:0] for block in choice]
        n = min(n, len(offered.architectures))
        chosen = most_informative(seen, choice, choice, self._blocks.linear, n)
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
        best = np.argsort(-np.nan_to_num(self.merits_, nan=-np.inf), kind="stable")[:_MOST_PARENTS]
        best = best[np.isfinite(self.merits_[best])]
        first, further, crossed = (round(share * self.n_candidates) for share in _SHARES.values())
        seeds = generator.integers(2**31, size=4)
        parents = self.architectures_.take(generator.choice(best, first))
        mutants = self.space.mutate(parents, int(seeds[0]))
        twice = self.space.mutate(mutants.take(generator.choice(first, further)), int(seeds[1]))
        pairs = [self.architectures_.take(generator.choice(best, crossed)) for _ in range(2)]
        children = self.space.crossover(*pairs, int(seeds[2]))
        samples = self.space.sample(self.n_candidates - first - further - crossed, int(seeds[3]))
        return ArchitectureBatch.concatenate([mutants, twice, children, samples])

    # --------------------------------------------------------------------- what is chosen

    def _promising(self, candidates: Features, n: int, generator: np.random.Generator) -> ArchitectureBatch:
        """The best candidates by the acquisition."""
        seed, draws = (int(drawn) for drawn in generator.integers(2**31, size=2))
        predicted = self._predicted(seed)
        mean, deviation = predicted.marginal(candidates)
        beta = self.beta if self.acquisition == "ucb" else 1.0
        shortlist = np.argsort(-(mean + beta * deviation), kind="stable")[: max(_SHORTLIST, n)]
        chosen = candidates.take(shortlist)
        waiting = self._known(self.pending_)
        mean, covariance = predicted.joint(chosen if waiting is None else joined(waiting, chosen))
        for place in range(len(mean) - len(chosen.architectures)):
            covariance = conditioned(covariance, place, predicted.noise)
        mean, covariance = mean[-len(shortlist) :], covariance[-len(shortlist) :, -len(shortlist) :]
        places = choose_batch(
            mean,
            covariance,
            n,
            acquisition=self.acquisition,
            beta=self.beta,
            noise=predicted.noise,
            incumbent=predicted.incumbent,
            random_state=draws,
        )
        return chosen.architectures.take(places)

    def _predicted(self, seed: int) -> Predicted:
        """The predictor, fitted to all results. A failed training counts as the worst value so far."""
        counts = np.bincount(self.told_, minlength=len(self.pending_))
        told = counts > 0
        merits = self.merits_[told]
        merits = np.where(np.isnan(merits), np.nanmin(merits), merits)
        known = self._known(told)
        assert known is not None
        weights = counts[told].astype(np.float64)
        if self._is_flow:
            return FlowPrediction(self._blocks, known, merits, weights, seed)
        pool = self._pool.architectures
        return EstimatorPrediction(self.predictor, self._blocks, known, merits, weights, seed, pool)

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
        """Whether the predictor is the flow process without anything that it does in `fit` only."""
        return type(self._regressor) is FlowGaussianProcessRegressor and not getattr(
            self._regressor, "sources", None
        )

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
        given = {name: value for name in _KERNEL if (value := getattr(self._regressor, name, None)) is not None}
        pool = self._sampled_members[0]
        return fitted_to(FlowKernel(**{"view": "accuracy", **given}).blocks(pool, self.seed_), pool, self.seed_)

    @cached_property
    def _pool(self) -> Features:
        return features_of(self._blocks, self._sampled_members[0])

    @property
    def _unknown_of_pool(self) -> NDArray[np.int64]:
        return self.known_.unknown(*self._sampled_members)

    def _begin(self) -> None:
        super()._begin()
        if self.acquisition not in ACQUISITIONS:
            raise ValueError(f"acquisition must be one of {named(ACQUISITIONS)}, got {shown(self.acquisition)}")
        check_scalar(self.n_initial, "n_initial", Integral, min_val=1)
        check_scalar(self.n_candidates, "n_candidates", Integral, min_val=10)
        check_scalar(self.beta, "beta", Real, min_val=0)
        if "return_std" not in inspect.signature(self._regressor.predict).parameters:
            raise TypeError(
                f"predict of {shown(self.predictor)} has no return_std, so a search cannot tell what it is "
                "unsure of; pass a FlowGaussianProcessRegressor or an FGPRegressor"
            )
