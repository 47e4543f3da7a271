"""SoftStageEncoding: which operations and attributes an architecture has early, midway and late."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import COUNT, NAMES
from fgp_sklearn._validation import Interval, fit_context
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.preprocessing._counts_kinds import CountsKinds
from fgp_sklearn.preprocessing._kinds_with_attributes import KindsWithAttributes

FloatArray = NDArray[np.float64]


class SoftStageEncoding(CountsKinds):
    """Counts of operations and sums of attributes near the input, in the middle and near the output.

    The relative depth of a node is the number of edges on the longest path that ends there over the largest
    such number in the architecture. Stages lie at equal distances from 0 to 1. A node between two stages
    counts for both, the more the nearer it is, with weights that add up to 1. Architectures of different
    depth are thus comparable, and neighbouring layers are alike.

    Parameters
    ----------
    n_stages : int, default=3
        Number of stages.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`.

    Attributes
    ----------
    vocabulary_ : tuple of str
        Operations seen in `fit`, sorted.
    attribute_names_ : tuple of str
        Attributes seen in `fit`, sorted.

    See Also
    --------
    StageEncoding : Tells all depths apart.
    AttributeStatistics : Counts and sums over the whole architecture.

    Examples
    --------
    >>> from fgp_sklearn.preprocessing import SoftStageEncoding
    >>> X = [([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "conv", "conv"])]
    >>> encoding = SoftStageEncoding(n_stages=2).fit(X)
    >>> dict(zip(encoding.get_feature_names_out(), encoding.transform(X)[0].tolist()))
    {'stage0_conv': 0.5, 'stage1_conv': 1.5, 'stage0_input': 1.0, 'stage1_input': 0.0}
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_stages": [Interval(Integral, 2, None, closed="left")]
    }

    _suggested_ranges: ClassVar = {"n_stages": [2, 3, 4]}
    _stored_attributes: ClassVar[dict[str, Any]] = {
        "vocabulary_": NAMES,
        "attribute_names_": NAMES,
        "_known": KindsWithAttributes,
        "_n_features_out": COUNT,
    }

    def __init__(self, n_stages: int = 3, *, op_attr: Any = "op", attributes: Any = None) -> None:
        self.n_stages = n_stages
        self.op_attr = op_attr
        self.attributes = attributes

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the operations and their attributes.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            Architectures.
        y : None
            Ignored.

        Returns
        -------
        SoftStageEncoding
            The fitted transformer.
        """
        self._learn_kinds(self._decode(X))
        return self

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the features.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str of shape (n_features_out,)
            Names such as ``"stage0_conv"`` and ``"stage0_conv_kernel"``.
        """
        self._check_is_fitted()
        pairs = [f"{self.vocabulary_[op]}_{self.attribute_names_[at]}" for op, at in self._known.pairs()]
        counted = [*self.vocabulary_, *pairs]
        return np.array([f"stage{s}_{name}" for name in counted for s in range(self.n_stages)], dtype=object)

    def _width(self) -> int:
        return self.n_stages * (len(self._known.ops) + len(self._known.pairs()))

    def _features(self, batch: ArchitectureBatch) -> FloatArray:
        batch, n_ops, pairs = self._known.coded(batch), len(self.vocabulary_), self._known.pairs()
        found = np.empty((len(batch), n_ops + len(pairs), self.n_stages))
        order = _by_depth(batch)
        cell = (batch.node_owner * n_ops + batch.ops)[order]
        attributes = [np.nan_to_num(column)[order] for column in batch.attributes.values()]
        depth = batch.relative_depth[order] * (self.n_stages - 1)

        def sums(values: FloatArray) -> FloatArray:
            return np.bincount(cell, values, len(batch) * n_ops).reshape(-1, n_ops).astype(float, copy=False)

        for stage in range(self.n_stages):
            share = np.maximum(1.0 - np.abs(depth - stage), 0.0)
            found[:, :n_ops, stage] = sums(share)
            of_attributes = [sums(share * column) for column in attributes]
            for position, (op, at) in enumerate(pairs, n_ops):
                found[:, position, stage] = of_attributes[at][:, op]
        return found.reshape(len(batch), -1)


def _by_depth(batch: ArchitectureBatch) -> NDArray[np.int64] | slice:
    """Nodes in the order of architectures and depths, so that sums do not depend on how nodes are listed."""
    rank = batch.node_owner * (batch.generation.max() + 1) + batch.generation
    return slice(None) if (np.diff(rank) >= 0).all() else np.argsort(rank, kind="stable")
