"""RegularizedEvolution: tournaments in a population that ages."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_scalar

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.search._search_space import SearchSpace
from fgp_sklearn.search._searcher import ArchitectureSearch

_SURPLUS = 20  # more children than architectures that are asked, since some are known


class RegularizedEvolution(ArchitectureSearch):
    """Search by evolution: mutants of the best of a few, in a population of the latest results.

    The first `population_size` architectures are random. Then, for each architecture, `sample_size` members
    of the population are drawn, and the best of them is mutated. The population consists of the latest
    results, so that old members leave it however good they are. Failed trainings never enter it.

    Parameters
    ----------
    space : SearchSpace
        The architectures to choose from.
    population_size : int, default=50
        Number of results in the population.
    sample_size : int, default=10
        Number of members that are drawn to find a parent.
    direction : {"maximize", "minimize"}, default="maximize"
        Which values are better.
    random_state : int, RandomState instance or None, default=None
        Seed of the search.

    References
    ----------
    E. Real, A. Aggarwal, Y. Huang, Q. V. Le, "Regularized Evolution for Image Classifier Architecture
    Search", AAAI 2019.

    Examples
    --------
    >>> from fgp_sklearn.search import NASBench201Space, RegularizedEvolution
    >>> def n_convolutions(architecture):
    ...     return sum("conv" in op for op in architecture.ops)
    >>> search = RegularizedEvolution(NASBench201Space(), population_size=20, random_state=0)
    >>> search.maximize(n_convolutions, budget=60).best_value_
    6.0
    """

    def __init__(
        self,
        space: SearchSpace,
        *,
        population_size: int = 50,
        sample_size: int = 10,
        direction: str = "maximize",
        random_state: Any = None,
    ) -> None:
        super().__init__(space, direction=direction, random_state=random_state)
        self.population_size = population_size
        self.sample_size = sample_size

    def propose(self, n: int, generator: np.random.Generator) -> ArchitectureBatch:
        for name in ("population_size", "sample_size"):
            check_scalar(getattr(self, name), name, Integral, min_val=1)
        fine = np.flatnonzero(~np.isnan(self.told_values_))[-self.population_size :]
        seed = int(generator.integers(2**31))
        if self.architectures_ is None or len(self.pending_) < self.population_size or not len(fine):
            return self.space.sample(n, seed)
        merits = self.sign_ * self.told_values_[fine]
        drawn = generator.integers(len(fine), size=(2 * n + _SURPLUS, self.sample_size))
        best = np.take_along_axis(drawn, merits[drawn].argmax(axis=1)[:, None], axis=1)[:, 0]
        return self.space.mutate(self.architectures_.take(self.told_[fine[best]]), seed)
