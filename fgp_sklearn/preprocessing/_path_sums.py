"""PathSums: random sums over the paths of an architecture."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from fgp_sklearn._validation import Interval, fit_context
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._ops import op_names
from fgp_sklearn.architectures._simplify import functional_graph
from fgp_sklearn.preprocessing._base import FeatureTransformer, generator_of
from fgp_sklearn.preprocessing._stretches import in_stretches

if TYPE_CHECKING:
    from torch import Tensor

FloatArray = NDArray[np.float64]


class PathSums(FeatureTransformer):
    r"""Sums over all source-to-sink paths, each path weighing the product of its operations.

    Each component gives every operation :math:`o` a random weight :math:`w_o`, and is the logarithm of

    .. math::

       1 + \sum_{\text{paths } p} \prod_{\text{nodes } v \in p} w_{op(v)},

    where sources and sinks weigh 1. Weights are log-normal, and one operation in each component weighs 0
    on average: the sum then runs over the paths that avoid it. So components tell how many paths there
    are through which mixtures of operations, whatever the order.

    Parameters
    ----------
    n_components : int, default=64
        Number of sums.
    null_ops : sequence of str or int, default=("none", "zeroize", "zero")
        Operations that carry no flow; they are removed with everything they cut off.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    random_state : int, RandomState instance or None, default=None
        Seed of the weights. Those of an operation depend on the seed, its name and the number of
        operations in `fit` alone.

    Attributes
    ----------
    seed_ : int
        Seed of the weights.
    n_ops_ : int
        Number of operations between sources and sinks seen in `fit`.

    See Also
    --------
    PathStatistics : Counts over paths, an operation at a time.
    FlowSurrogate : A flow that heeds the order of operations.

    Notes
    -----
    Paths are summed up generation by generation, never enumerated. Sums are kept within ``2**400``.

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.preprocessing import PathSums
    >>> PathSums(random_state=0).fit_transform(nasbench201_space()).shape
    (15625, 64)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "null_ops": [list, tuple, set, frozenset],
        "random_state": ["random_state"],
    }

    _stored_attributes: ClassVar[dict[str, Any]] = {"seed_": int, "n_ops_": int, "_n_features_out": int}

    def __init__(
        self,
        n_components: int = 64,
        *,
        null_ops: Any = ("none", "zeroize", "zero"),
        op_attr: Any = "op",
        random_state: Any = None,
    ) -> None:
        self.n_components = n_components
        self.null_ops = null_ops
        self.op_attr = op_attr
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Draw the weights.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures; only the number of their operations matters.
        y : None
            Ignored.

        Returns
        -------
        PathSums
            The fitted transformer.
        """
        batch = self._simplified(self._decode(X))
        self.seed_ = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        self.n_ops_ = len(np.unique(batch.ops[~_is_end(batch)]))
        self._n_features_out = self.n_components
        return self

    def _simplified(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        return functional_graph(batch, null_ops=op_names(self.null_ops), identity_ops=frozenset())

    def _features(self, batch: ArchitectureBatch) -> FloatArray:
        import torch  # takes a second

        from fgp_sklearn.preprocessing._walk import Walk

        batch = self._simplified(batch)
        weights = torch.from_numpy(self._weights(batch.vocabulary))

        def weigh(message: Tensor, ops: Tensor, state: Tensor) -> None:
            torch.mul(message, weights.index_select(0, ops), out=state)

        def log_sums(part: ArchitectureBatch) -> FloatArray:
            walk = Walk(part, np.ones(self.n_components), weigh, joining="sum")
            return np.concatenate([np.log1p(message) for _, message in walk.arriving()])

        return in_stretches(log_sums, batch, self.n_components)

    def _weights(self, vocabulary: tuple[str, ...]) -> FloatArray:
        weights = np.ones((len(vocabulary), self.n_components))
        for row, op in zip(weights, vocabulary, strict=True):
            own = generator_of(op, self.seed_)
            row[:] = own.lognormal(size=self.n_components)
            row[own.uniform(size=self.n_components) * self.n_ops_ < 1] = 0.0
        return weights


def _is_end(batch: ArchitectureBatch) -> NDArray[np.bool_]:
    """Which nodes are sources or sinks."""
    is_end: NDArray[np.bool_] = (batch.in_degree == 0) | (batch.out_degree == 0)
    return is_end
