"""RandomSearch: the baseline that draws architectures at random."""

from __future__ import annotations

import numpy as np

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.search._searcher import ArchitectureSearch


class RandomSearch(ArchitectureSearch):
    """Search that asks for members of the space at random.

    Parameters
    ----------
    space : SearchSpace
        The architectures to choose from.
    direction : {"maximize", "minimize"}, default="maximize"
        Which values are better.
    random_state : int, RandomState instance or None, default=None
        Seed of the search.

    References
    ----------
    L. Li, A. Talwalkar, "Random Search and Reproducibility for Neural Architecture Search", UAI 2019.

    Examples
    --------
    >>> from fgp_sklearn.search import NASBench201Space, RandomSearch
    >>> search = RandomSearch(NASBench201Space(), random_state=1)
    >>> batch = search.ask(2)
    >>> search.tell(batch, [1, 3]).best_architecture_ == batch[1]
    True
    >>> def n_convolutions(architecture):  # stands for a training
    ...     return sum("conv" in op for op in architecture.ops)
    >>> search.maximize(n_convolutions, budget=20).best_value_
    4.0
    """

    def propose(self, n: int, generator: np.random.Generator) -> ArchitectureBatch:
        return self.space.sample(n, int(generator.integers(2**31)))
