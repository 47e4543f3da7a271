"""LocalSearch: neighbours of the best, until there are no better ones."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_scalar

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.search._search_space import SearchSpace
from fgp_sklearn.search._searcher import ArchitectureSearch


class LocalSearch(ArchitectureSearch):
    """Search that asks for neighbours of the best architecture, and starts again at local optima.

    A run begins with a random architecture. It asks for neighbours of the best result of the run, and moves
    to a neighbour as soon as it is better. When `n_mutants` draws of neighbours contain no new one, all are
    taken to be known, and a new run begins.

    Parameters
    ----------
    space : SearchSpace
        The architectures to choose from.
    n_mutants : int, default=200
        Number of neighbours that are drawn at a time.
    direction : {"maximize", "minimize"}, default="maximize"
        Which values are better.
    random_state : int, RandomState instance or None, default=None
        Seed of the search.

    Attributes
    ----------
    run_start_ : int
        Number of results that were told before the present run.

    References
    ----------
    C. White, S. Nolen, Y. Savani, "Exploring the Loss Landscape in Neural Architecture Search", UAI 2021.

    Examples
    --------
    >>> from fgp_sklearn.search import LocalSearch, NASBench201Space
    >>> def n_convolutions(architecture):
    ...     return sum("conv" in op for op in architecture.ops)
    >>> search = LocalSearch(NASBench201Space(), random_state=0)
    >>> search.maximize(n_convolutions, budget=60).best_value_
    6.0
    """

    run_start_: int = 0

    def __init__(
        self,
        space: SearchSpace,
        *,
        n_mutants: int = 200,
        direction: str = "maximize",
        random_state: Any = None,
    ) -> None:
        super().__init__(space, direction=direction, random_state=random_state)
        self.n_mutants = n_mutants

    def propose(self, n: int, generator: np.random.Generator) -> ArchitectureBatch:
        check_scalar(self.n_mutants, "n_mutants", Integral, min_val=1)
        start = self.run_start_
        seed = int(generator.integers(2**31))
        merits = self.sign_ * self.told_values_[start:]
        if self.architectures_ is not None and not np.isnan(merits).all():
            best = self.told_[start + int(np.nanargmax(merits))]
            mutants = self.space.mutate(self.architectures_.take(np.full(self.n_mutants, best)), seed)
            if len(self.known_.unknown(mutants)):
                return mutants
            if not self.pending_.any():  # else a neighbour in training may be better
                start = len(self.told_)
        self.run_start_ = start
        return self.space.sample(n, seed)
