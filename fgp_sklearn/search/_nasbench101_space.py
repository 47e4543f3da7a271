"""NASBench101Space: the 423,624 cells of NAS-Bench-101."""

from __future__ import annotations

from functools import cached_property

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._spaces import nasbench101_space
from fgp_sklearn.architectures._texts._nasbench101 import NASBENCH101_OPS
from fgp_sklearn.search._dag_space import DAGSpace


class NASBench101Space(DAGSpace):
    """The search space of NAS-Bench-101: cells of at most seven nodes and nine edges.

    Architectures are those of `fgp_sklearn.datasets.nasbench101_space`, with their nodes in any order.
    `DAGSpace` tells how `sample`, `mutate` and `crossover` draw. To draw each of the 423,624 cells with the
    same probability, take a `PoolSpace` of them.

    References
    ----------
    C. Ying et al., "NAS-Bench-101: Towards Reproducible Neural Architecture Search", ICML 2019.

    Examples
    --------
    >>> from fgp_sklearn.search import NASBench101Space
    >>> space = NASBench101Space()
    >>> len(space)
    423624
    >>> parents = space.sample(100, random_state=0)
    >>> bool(space.contains(space.mutate(parents, random_state=0)).all())
    True
    """

    def __init__(self) -> None:
        super().__init__(NASBENCH101_OPS, max_nodes=7, max_edges=9)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    @property
    def is_finite(self) -> bool:  # type: ignore[override]
        """True: `enumerate` takes about two seconds and 0.5 GB."""
        return True

    def __len__(self) -> int:
        return 423_624

    @cached_property
    def _members(self) -> ArchitectureBatch:
        return nasbench101_space()
