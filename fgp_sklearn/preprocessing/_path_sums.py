"""PathSums: random sums over the paths of an architecture."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from fgp_sklearn._storage import COUNT, SEED
from fgp_sklearn._validation import Interval, StrOptions, fit_context
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._simplify import without_dead
from fgp_sklearn.operations import canonical
from fgp_sklearn.preprocessing._attribute_scale import AttributeScale
from fgp_sklearn.preprocessing._base import FeatureTransformer, check_width, generator_of
from fgp_sklearn.preprocessing._reads_attributes import ReadsAttributes
from fgp_sklearn.preprocessing._stretches import in_stretches

if TYPE_CHECKING:
    from torch import Tensor

FloatArray = NDArray[np.float64]


_EFFECT, _SOFT_BOUND = 0.5, 3.0  # of one standard deviation on a logarithm; in standard deviations


class PathSums(ReadsAttributes, FeatureTransformer):
    r"""Random sums over all paths from an input to an output, weighted by the operations on the path.

    Each component assigns a random weight :math:`w_o` to every operation :math:`o`. The feature is the
    logarithm of

    .. math::

       1 + \sum_{\text{paths } p} \prod_{\text{nodes } v \in p} w_{op(v)},

    where both ends of a path have weight 1. Weights are log-normal. In each component, on average one
    operation has weight 0, so that the sum runs over the paths without this operation. The components
    together describe how many paths there are through each mixture of operations, whatever their order.

    If nodes have attributes, such as a kernel size, the weight of each node, ends included, is multiplied by
    :math:`\exp(\sum_a \beta_{op, a} \tau(x_a))` with random normal :math:`\beta` of standard deviation 0.5.
    Attributes :math:`x_a` are standardised by the nodes seen in `fit`, and :math:`\tau(x) = 3 \tanh(x / 3)`
    bounds them. Attributes that a node lacks change nothing. Of n operations with attributes, each has
    weight 0 in one of n + 1 components.

    Parameters
    ----------
    n_components : int, default=64
        Number of sums.
    null_ops : "auto", or sequence of str or int, default="auto"
        Operations that output zeros whatever they receive. They are removed, together with all nodes that
        are no longer on a path from an input to an output. With "auto" the role of an operation decides; see
        `fgp_sklearn.operations.describe`.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`. They change the weights.
    random_state : int, RandomState instance or None, default=None
        Seed of the weights. The weights of an operation depend only on the seed, the name of the operation
        and the number of operations in `fit`.

    Attributes
    ----------
    seed_ : int
        Seed of the weights.
    n_ops_ : int
        Number of operations between sources and sinks seen in `fit`.

    See Also
    --------
    PathStatistics : Counts over paths, for each operation separately.
    FlowSurrogate : Random flow that depends on the order of the operations.

    Notes
    -----
    The sums are computed generation by generation, without enumerating paths. They are clipped to ``2**400``.

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.preprocessing import PathSums
    >>> PathSums(random_state=0).fit_transform(nasbench201_space()).shape
    (15625, 64)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "null_ops": [StrOptions({"auto"}), list, tuple, set, frozenset],
        "random_state": ["random_state"],
    }

    _suggested_ranges: ClassVar = {"n_components": [32, 64, 128]}
    _stored_attributes: ClassVar[dict[str, Any]] = {
        "seed_": SEED,
        "n_ops_": COUNT,
        "_seeds_canonically": bool,
        "_attribute_scale": AttributeScale,
        "_n_features_out": COUNT,
    }

    _seeds_canonically: bool = False  # files of older versions lack it

    def _check_stored(self) -> None:
        if "seed_" in vars(self):
            check_width(self, self.n_components)

    def __init__(
        self,
        n_components: int = 64,
        *,
        null_ops: Any = "auto",
        op_attr: Any = "op",
        attributes: Any = None,
        random_state: Any = None,
    ) -> None:
        self.n_components = n_components
        self.null_ops = null_ops
        self.op_attr = op_attr
        self.attributes = attributes
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Draw the weights.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            Architectures. Only the number of different operations matters.
        y : None
            Ignored.

        Returns
        -------
        PathSums
            The fitted transformer.
        """
        given = self._decode(X)
        batch = self._simplified(given)
        self._learn_attributes(given)
        self.seed_ = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        self.n_ops_ = len(np.unique(batch.ops[~_is_end(batch)]))
        self._n_features_out = self.n_components
        self._seeds_canonically = True
        return self

    def _simplified(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        return without_dead(batch, self.null_ops)

    def _features(self, batch: ArchitectureBatch) -> FloatArray:
        import torch  # not at the top: the import takes a second

        from fgp_sklearn.preprocessing._message_passing import MessagePassing

        batch = self._simplified(self._attribute_scale.applied_to(batch))
        of_ops, effects = self._weights(batch.vocabulary), self._effects(batch)

        def log_sums(part: ArchitectureBatch) -> FloatArray:
            start, ends, codes = np.ones(self.n_components), None, None
            weights = torch.from_numpy(of_ops)
            if part.attribute_values is not None:
                nodes, codes = part.node_rows
                start = ends = _factors(effects, part.ops[nodes], part.attribute_values[nodes])
                weights = torch.from_numpy(of_ops[part.ops[nodes]] * start)

            def weigh(message: Tensor, rows: Tensor, state: Tensor) -> None:
                torch.mul(message, weights.index_select(0, rows), out=state)

            passing = MessagePassing(part, start, weigh, joining="sum", codes=codes, ends=ends)
            return np.concatenate([np.log1p(message) for _, message in passing.arriving()])

        return in_stretches(log_sums, batch, self.n_components)

    def _effects(self, batch: ArchitectureBatch) -> FloatArray:
        """How each attribute of each operation changes the logarithm of each weight."""
        size, names = self.n_components, batch.attribute_names
        drawn = [
            [generator_of(op, self.seed_, name).normal(scale=_EFFECT, size=size) for name in names]
            for op in self._seeds(batch.vocabulary)
        ]
        return np.array(drawn).reshape(len(batch.vocabulary), len(names), size)

    def _seeds(self, vocabulary: tuple[str, ...]) -> tuple[str, ...]:
        """The names that seed what is drawn for each operation."""
        return tuple(map(canonical, vocabulary)) if self._seeds_canonically else vocabulary

    def _weights(self, vocabulary: tuple[str, ...]) -> FloatArray:
        # If attributes vary, one operation may be all that there is, and must not always have weight 0.
        n_choices = self.n_ops_ + bool(self._attribute_scale.names)
        weights = np.ones((len(vocabulary), self.n_components))
        for row, op in zip(weights, self._seeds(vocabulary), strict=True):
            own = generator_of(op, self.seed_)
            row[:] = own.lognormal(size=self.n_components)
            row[own.uniform(size=self.n_components) * n_choices < 1] = 0.0
        return weights


def _factors(effects: FloatArray, ops: NDArray[np.int32], numbers: FloatArray) -> FloatArray:
    """Factor of each weight of nodes with these operations and standardised attributes."""
    bounded = _SOFT_BOUND * np.tanh(np.nan_to_num(numbers, nan=0.0) / _SOFT_BOUND)
    logarithm = np.zeros((len(ops), effects.shape[-1]))
    for attribute, values in enumerate(bounded.T):
        logarithm += effects[ops, attribute] * values[:, None]
    return np.exp(logarithm)


def _is_end(batch: ArchitectureBatch) -> NDArray[np.bool_]:
    """Which nodes are sources or sinks."""
    is_end: NDArray[np.bool_] = (batch.in_degree == 0) | (batch.out_degree == 0)
    return is_end
