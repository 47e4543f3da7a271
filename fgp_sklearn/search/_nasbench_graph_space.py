"""NASBenchGraphSpace: graph neural networks of four operations."""

from __future__ import annotations

from fgp_sklearn.architectures._nasbench_graph import NASBENCH_GRAPH_OPS, nasbench_graph_layouts
from fgp_sklearn.search._layout_space import LayoutSpace


class NASBenchGraphSpace(LayoutSpace):
    """The search space of NAS-Bench-Graph: four operations of nine kinds, linked in one of nine ways.

    Architectures are those of `fgp_sklearn.datasets.load_nasbench_graph`. Choices are the links and the
    operation of each node. `sample` draws each of the 59,049 rows of choices with the same probability. They
    hold the 26,206 measured architectures; others are equal to one of them up to the order of nodes, or
    were not measured. `mutate` changes the links or one operation.

    References
    ----------
    Y. Qin, Z. Zhang, X. Wang, Z. Zhang, W. Zhu, "NAS-Bench-Graph: Benchmarking Graph Neural Architecture
    Search", NeurIPS 2022.

    Examples
    --------
    >>> from fgp_sklearn.search import NASBenchGraphSpace
    >>> space = NASBenchGraphSpace()
    >>> space.sample(2, random_state=0).vocabulary[:4]
    ('input', 'gat', 'gcn', 'gin')
    """

    def __init__(self) -> None:
        super().__init__(nasbench_graph_layouts(), NASBENCH_GRAPH_OPS)
