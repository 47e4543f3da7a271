"""Searchers of the search benchmark: each chooses positions in a pool, round by round."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from _search_pools import Pool
from numpy.typing import NDArray
from scipy.stats import norm, rankdata
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

from fgp_sklearn import AdjacencyEncoding, FlowGaussianProcessRegressor, PathEncoding
from fgp_sklearn.search import (
    LocalSearch,
    PoolSpace,
    PredictorGuidedSearch,
    RandomSearch,
    RegularizedEvolution,
)

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
CEILING = "2,500 labels known"  # of NAS-Bench-101, the only pool where searches do not find the best
N_INITIAL = 20  # random architectures of the rivals that fit a predictor


class OfLibrary:
    """A search of the library on a `PoolSpace`."""

    def __init__(self, pool: Pool, seed: int, make: Callable[..., Any]) -> None:
        self._space = PoolSpace(pool.X)
        self._search = make(self._space, random_state=seed)

    def ask(self, n: int) -> IntArray:
        self._asked = self._search.ask(n)
        positions: IntArray = self._space.positions(self._asked)
        return positions

    def tell(self, positions: IntArray, values: FloatArray) -> None:
        self._search.tell(self._asked, values)


class Rival(ABC):
    """Never asks for two architectures that compute the same; begins with random ones."""

    def __init__(self, pool: Pool, seed: int) -> None:
        self.pool = pool
        self.draws = np.random.default_rng(seed)
        self.free = np.ones(len(pool.X), dtype=bool)
        self.told: list[int] = []
        self.values: list[float] = []

    def ask(self, n: int) -> IntArray:
        if len(self.told) < N_INITIAL:
            return self.take(self.draws.permutation(np.flatnonzero(self.free)), n)
        return self.propose(n)

    def tell(self, positions: IntArray, values: FloatArray) -> None:
        self.told += positions.tolist()
        self.values += values.tolist()

    @abstractmethod
    def propose(self, n: int) -> IntArray:
        """Positions to ask next, once there are values to learn from."""

    def scores(self) -> FloatArray:
        """Normal quantiles of the ranks of the values, which suit rivals better than accuracies do."""
        ranks = rankdata(self.values)
        scores: FloatArray = norm.ppf((ranks - 0.5) / len(ranks))
        return scores

    def take(self, ordered: IntArray, n: int) -> IntArray:
        """The first of these positions that are free, which are then no longer free."""
        chosen: list[int] = []
        for position in ordered:
            if self.free[position]:
                chosen.append(int(position))
                self.free[self.pool.groups == self.pool.groups[position]] = False
            if len(chosen) == n:
                break
        return np.array(chosen)


class Forest(Rival):
    """Random forest on one-hot operations and adjacency, mean and standard deviation of its trees."""

    def propose(self, n: int) -> IntArray:
        columns = encoded(self.pool, "one-hot")
        forest = RandomForestRegressor(100, random_state=int(self.draws.integers(2**31)))
        forest.fit(columns[self.told], self.scores())
        candidates = np.flatnonzero(self.free)
        offered = columns[candidates]
        votes = np.stack([tree.tree_.predict(offered)[:, 0] for tree in forest.estimators_])
        return self.take(candidates[np.argsort(-(votes.mean(axis=0) + votes.std(axis=0)))], n)


class Ensemble(Rival):
    """As BANANAS: five networks on path encodings, and a normal draw about the mean of their answers."""

    def propose(self, n: int) -> IntArray:
        columns = StandardScaler().fit_transform(encoded(self.pool, "paths"))
        y = self.scores()
        candidates = np.flatnonzero(self.free)
        answers = []
        for seed in self.draws.integers(2**31, size=5):
            network = MLPRegressor(
                hidden_layer_sizes=(32, 32),
                alpha=1e-2,
                learning_rate_init=0.01,
                max_iter=100,
                random_state=int(seed),
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                answers.append(network.fit(columns[self.told], y).predict(columns[candidates]))
        drawn = self.draws.normal(np.mean(answers, axis=0), np.std(answers, axis=0))
        return self.take(candidates[np.argsort(-drawn)], n)


class Optuna(Rival):
    """A sampler of Optuna on the natural parameters; the most similar free member is trained."""

    def __init__(self, pool: Pool, seed: int, make: Callable[[int], Any], n_objectives: int = 1) -> None:
        import optuna

        super().__init__(pool, seed)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        # Generations of an evolution are notes on its own trials; other samplers learn what was trained.
        self.keeps_trials = isinstance(sampler := make(seed), optuna.samplers.NSGAIISampler)
        self.trials: list[Any] = []
        self.study = optuna.create_study(directions=["maximize"] * n_objectives, sampler=sampler)
        self.distributions = {
            f"choice{i}": optuna.distributions.CategoricalDistribution(list(range(int(column.max()) + 1)))
            for i, column in enumerate(pool.choices.T)
        }

    def ask(self, n: int) -> IntArray:
        return self.propose(n)

    def propose(self, n: int) -> IntArray:
        import optuna

        chosen = []
        for _ in range(n):
            trial = self.study.ask(self.distributions)
            wanted = np.array(list(trial.params.values()))
            equal = (self.pool.choices == wanted).sum(axis=1) + self.draws.random(len(self.free)) / 2
            chosen += self.take([int(np.argmax(np.where(self.free, equal, -1)))], 1).tolist()
            if self.keeps_trials:
                self.trials.append(trial)
            else:
                self.study.tell(trial, state=optuna.trial.TrialState.FAIL)
        return np.array(chosen)

    def tell(self, positions: IntArray, values: FloatArray) -> None:
        import optuna

        for position, value in zip(positions, values, strict=True):
            if self.keeps_trials:
                self.study.tell(self.trials.pop(0), np.atleast_1d(value).tolist())
                continue
            params = dict(zip(self.distributions, self.pool.choices[position].tolist(), strict=True))
            given = {"params": params, "distributions": self.distributions}
            trial = optuna.trial.create_trial(**given, values=np.atleast_1d(value).tolist())
            self.study.add_trial(trial)


class Ceiling(Rival):
    """No search: the process knows 2,500 labels that are not charged, and its ranking is followed.

    The labels are random ones outside the best 100. What such a search does not find, noise hides.
    """

    def ask(self, n: int) -> IntArray:
        if not self.told:
            best = np.argsort(-self.pool.searched)
            known = self.draws.choice(best[100:], 2500, replace=False)
            process = FlowGaussianProcessRegressor(
                max_inducing=2500, random_state=int(self.draws.integers(2**31))
            )
            process.fit(self.pool.X.take(known), self.pool.searched[known], self.pool.X)
            self.free[known] = False
            self.order = np.argsort(-process.predict(self.pool.X))
        return self.propose(n)

    def propose(self, n: int) -> IntArray:
        return self.take(self.order, n)


_ENCODED: dict[tuple[str, str], FloatArray] = {}


def encoded(pool: Pool, encoding: str) -> FloatArray:
    """Columns of all architectures of the pool, computed once."""
    if (pool.name, encoding) not in _ENCODED:
        _ENCODED.clear()
        transformer = {"one-hot": AdjacencyEncoding, "paths": PathEncoding}[encoding]()
        _ENCODED[pool.name, encoding] = np.asarray(transformer.fit_transform(pool.X), dtype=np.float32)
    return _ENCODED[pool.name, encoding]


def optuna_sampler(name: str) -> Callable[[int], Any]:
    """Make a sampler of Optuna from a seed."""

    def make(seed: int) -> Any:
        import optuna

        return getattr(optuna.samplers, name)(seed=seed)

    return make


#: From a pool and a seed to a searcher, by the name in the results.
SEARCHERS: dict[str, Callable[[Pool, int], Any]] = {
    "predictor-guided": lambda pool, seed: OfLibrary(pool, seed, PredictorGuidedSearch),
    "forest": Forest,
    "random": lambda pool, seed: OfLibrary(pool, seed, RandomSearch),
    "regularized evolution": lambda pool, seed: OfLibrary(pool, seed, RegularizedEvolution),
    "local search": lambda pool, seed: OfLibrary(pool, seed, LocalSearch),
    "Optuna TPE": lambda pool, seed: Optuna(pool, seed, optuna_sampler("TPESampler")),
    "BANANAS-like": Ensemble,
    "Optuna GP": lambda pool, seed: Optuna(pool, seed, optuna_sampler("GPSampler")),
    CEILING: Ceiling,
}
