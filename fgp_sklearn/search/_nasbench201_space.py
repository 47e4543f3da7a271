"""NASBench201Space: the 15,625 cells of NAS-Bench-201."""

from __future__ import annotations

import numpy as np

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._spaces import nasbench201_space
from fgp_sklearn.architectures._texts._nasbench201 import NASBENCH201_OPS, nasbench201_graph
from fgp_sklearn.search._layout_space import LayoutSpace


class NASBench201Space(LayoutSpace):
    """The search space of NAS-Bench-201: five operations at six edges of a cell.

    Architectures are those of `fgp_sklearn.datasets.nasbench201_space` and
    `fgp_sklearn.datasets.load_nasbench201`, in operation-on-node form. A choice is the operation of an edge,
    so `sample` draws each of the 15,625 cells with the same probability, and `mutate` changes one operation.
    The cells compute 5,425 different things: ``none`` and ``skip_connect`` make others superfluous.

    References
    ----------
    X. Dong, Y. Yang, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search",
    ICLR 2020.

    Examples
    --------
    >>> from fgp_sklearn.search import NASBench201Space
    >>> space = NASBench201Space()
    >>> len(space)
    15625
    >>> parents = space.sample(3, random_state=0)
    >>> space.mutate(parents, random_state=0)
    ArchitectureBatch(n_architectures=3, n_nodes=24, n_edges=30, n_ops=7)
    """

    def __init__(self) -> None:
        edges = nasbench201_graph()
        layout = np.zeros((edges.max() + 1,) * 2, dtype=np.uint8)
        layout[tuple(edges)] = 1
        super().__init__(layout[None], NASBENCH201_OPS)

    def enumerate(self) -> ArchitectureBatch:
        """List all members.

        Returns
        -------
        ArchitectureBatch
            The result of `fgp_sklearn.datasets.nasbench201_space`, with names.
        """
        return nasbench201_space()
