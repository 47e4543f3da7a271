"""RunningTotals: how much of each operation and attribute occurs up to each depth."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import COUNT, NAMES, Array, PersistenceError
from fgp_sklearn._validation import Interval, fit_context
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.preprocessing._counts_kinds import CountsKinds
from fgp_sklearn.preprocessing._kinds_with_attributes import KindsWithAttributes

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class RunningTotals(CountsKinds):
    """Counts of operations and sums of attributes over the nodes up to each depth.

    The depth of a node is the number of edges on the longest path that ends there. Where `StageEncoding`
    finds that two chains differ in two stages if an operation moves by one, running totals differ at one
    depth only. What happened before a layer, such as how often the resolution was halved, also decides what
    the layer costs.

    Parameters
    ----------
    max_depths : int, default=32
        Maximum number of depths. If architectures are deeper, depths are chosen at equal distances.
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
    depths_ : ndarray of int of shape (n_depths,)
        Depths up to which nodes are counted.

    See Also
    --------
    StageEncoding : Operations and attributes at each depth.
    SoftStageEncoding : Compares architectures of different depth.

    Examples
    --------
    >>> from fgp_sklearn.preprocessing import RunningTotals
    >>> X = [([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "conv", "conv"])]
    >>> totals = RunningTotals().fit(X)
    >>> dict(zip(totals.get_feature_names_out().tolist(), totals.transform(X)[0].tolist()))
    {'upto0_conv': 0.0, 'upto1_conv': 1.0, 'upto2_conv': 2.0, 'upto0_input': 1.0, 'upto1_input': 1.0, \
'upto2_input': 1.0}
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "max_depths": [Interval(Integral, 1, None, closed="left")]
    }

    _suggested_ranges: ClassVar = {"max_depths": [8, 16, 32]}
    _stored_attributes: ClassVar[dict[str, Any]] = {
        "vocabulary_": NAMES,
        "attribute_names_": NAMES,
        "depths_": Array("depths", dtype="i"),
        "_known": KindsWithAttributes,
        "_n_features_out": COUNT,
    }

    def __init__(self, max_depths: int = 32, *, op_attr: Any = "op", attributes: Any = None) -> None:
        self.max_depths = max_depths
        self.op_attr = op_attr
        self.attributes = attributes

    def _check_stored(self) -> None:
        super()._check_stored()
        if "_known" not in vars(self):
            return
        if (np.diff(self.depths_) <= 0).any() or self.depths_.min(initial=0) < 0:
            raise PersistenceError("depths are not sorted")

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the operations, their attributes and the depths.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            Architectures.
        y : None
            Ignored.

        Returns
        -------
        RunningTotals
            The fitted transformer.
        """
        batch = self._decode(X)
        deepest = int(batch.generation.max())
        n_depths = min(self.max_depths, deepest + 1)
        self.depths_ = np.linspace(deepest, 0, n_depths).round().astype(np.int64)[::-1].copy()
        self._learn_kinds(batch)
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
            Names such as ``"upto1_conv3x3"``, followed by names such as ``"upto1_kernel"``.
        """
        self._check_is_fitted()
        counted = [*self.vocabulary_, *self.attribute_names_]
        return np.array([f"upto{depth}_{name}" for name in counted for depth in self.depths_], dtype=object)

    def _width(self) -> int:
        return len(self.depths_) * (len(self._known.ops) + len(self._known.names))

    def _features(self, batch: ArchitectureBatch) -> FloatArray:
        batch = self._known.coded(batch)
        n_depths, n_ops = len(self.depths_), len(self.vocabulary_)
        # Nodes beyond the last depth count for none.
        at = np.searchsorted(self.depths_, batch.generation)
        counted = np.flatnonzero(at < n_depths)
        owner, at = batch.node_owner[counted], at[counted]
        found = np.empty((len(batch), n_ops + len(self.attribute_names_), n_depths))
        cell = (owner * n_ops + batch.ops[counted]) * n_depths + at
        found[:, :n_ops] = np.bincount(cell, minlength=len(batch) * n_ops * n_depths).reshape(
            -1, n_ops, n_depths
        )
        cell = owner * n_depths + at
        for place, column in enumerate(batch.attributes.values(), n_ops):
            sums = np.bincount(cell, np.nan_to_num(column[counted]), len(batch) * n_depths)
            found[:, place] = sums.reshape(-1, n_depths)
        return np.cumsum(found, axis=2, out=found).reshape(len(batch), -1)
