"""AdjacencyEncoding: flattened adjacency matrix and one-hot operations."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import COUNT, NAMES
from fgp_sklearn._validation import fit_context
from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError
from fgp_sklearn.preprocessing._attribute_scale import AttributeScale
from fgp_sklearn.preprocessing._base import FeatureTransformer, check_width
from fgp_sklearn.preprocessing._reads_attributes import ReadsAttributes

FloatArray = NDArray[np.float64]


class AdjacencyEncoding(ReadsAttributes, FeatureTransformer):
    """Adjacency matrix and one-hot operations in the given order of the nodes, padded with zeros.

    This is the basic encoding of most published predictors. It depends on the order of the nodes, so
    architectures that compute the same function can have different encodings.

    Parameters
    ----------
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`. Each has one more column per node: the number,
        standardised by the nodes seen in `fit`, and 0, which is the mean, where a node has none.

    Attributes
    ----------
    vocabulary_ : tuple of str
        Operations seen in `fit`, sorted.
    max_nodes_ : int
        Number of nodes of the largest architecture seen in `fit`.

    See Also
    --------
    PathEncoding, PathStatistics, WeisfeilerLehmanEncoding : Encodings that do not depend on the order of
        the nodes.

    References
    ----------
    White, Neiswanger, Nolen, Savani, "A Study on Encodings for Neural Architecture Search",
    NeurIPS 2020, Section 3.

    Examples
    --------
    >>> from fgp_sklearn import AdjacencyEncoding
    >>> X = [([[0, 1, 1], [0, 0, 1], [0, 0, 0]], ["input", "conv", "output"])]
    >>> encoding = AdjacencyEncoding().fit(X)
    >>> encoding.get_feature_names_out()[:4].tolist()
    ['node0_conv', 'node0_input', 'node0_output', 'node1_conv']
    >>> encoding.transform(X)[0, -9:].astype(int).tolist()
    [0, 1, 1, 0, 0, 1, 0, 0, 0]
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {}

    _stored_attributes: ClassVar[dict[str, Any]] = {
        "vocabulary_": NAMES,
        "max_nodes_": COUNT,
        "_attribute_scale": AttributeScale,
        "_n_features_out": COUNT,
    }

    def _check_stored(self) -> None:
        if "vocabulary_" in vars(self):
            check_width(self, self._width())

    def __init__(self, *, op_attr: Any = "op", attributes: Any = None) -> None:
        self.op_attr = op_attr
        self.attributes = attributes

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the operations and the largest number of nodes.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            Architectures.
        y : None
            Ignored.

        Returns
        -------
        AdjacencyEncoding
            The fitted transformer.
        """
        batch = self._decode(X)
        self.vocabulary_ = batch.used_ops()
        self.max_nodes_ = int(batch.n_nodes.max())
        self._learn_attributes(batch)
        self._n_features_out = self._width()
        return self

    def _width(self) -> int:
        n_per_node = len(self.vocabulary_) + self.max_nodes_ + len(self._attribute_scale.names)
        return self.max_nodes_ * n_per_node

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the features.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str of shape (n_features_out,)
            Names such as ``"node1_conv"``, followed by names such as ``"edge0_1"`` and, of attributes,
            ``"node1[kernel]"``.
        """
        self._check_is_fitted()
        nodes = range(self.max_nodes_)
        names = [f"node{i}_{op}" for i in nodes for op in self.vocabulary_]
        edges = [f"edge{i}_{j}" for i in nodes for j in nodes]
        attributes = [f"node{i}[{name}]" for i in nodes for name in self._attribute_scale.names]
        return np.array([*names, *edges, *attributes], dtype=object)

    def _features(self, batch: ArchitectureBatch) -> FloatArray:
        batch = self._attribute_scale.applied_to(batch.recode(self.vocabulary_))
        n, size = len(batch), self.max_nodes_
        too_large = batch.n_nodes > size
        if too_large.any():
            index = int(np.argmax(too_large))
            raise ArchitectureError(
                f"it has {batch.n_nodes[index]} nodes, but the largest architecture in fit has {size}; "
                "include architectures of this size in fit",
                index,
            )
        architecture = np.repeat(np.arange(n), batch.n_nodes)
        position = np.arange(len(batch.ops)) - batch.node_ptr[architecture]
        operations = np.zeros((n, size, len(self.vocabulary_)))
        operations[architecture, position, batch.ops] = 1
        adjacency = np.zeros((n, size, size))
        source, target = batch.edges
        counts = 1.0 if batch.multiplicity is None else batch.multiplicity
        adjacency[np.repeat(np.arange(n), batch.n_edges), source, target] = counts
        numbers = np.zeros((n, size, len(batch.attribute_names)))
        if batch.attribute_values is not None:
            numbers[architecture, position] = np.nan_to_num(batch.attribute_values, nan=0.0)
        return np.hstack([part.reshape(n, -1) for part in (operations, adjacency, numbers)])
