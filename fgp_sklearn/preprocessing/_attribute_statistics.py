"""AttributeStatistics: what the attributes of each kind of operation add up to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement
from numbers import Integral
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import COUNT, NAMES, Array, PersistenceError
from fgp_sklearn._validation import Interval, fit_context
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.preprocessing._base import FeatureTransformer, check_width
from fgp_sklearn.preprocessing._kinds_with_attributes import KindsWithAttributes

FloatArray = NDArray[np.float64]


class _Column(NamedTuple):
    """A feature: "count", "sum", "mean" or "max" of a product of attributes over nodes of an operation."""

    kind: str
    op: int
    attributes: tuple[int, ...]


class AttributeStatistics(FeatureTransformer):
    """Counts of operations, and sums, means, maxima and sums of products of their attributes.

    The features of each operation are

    - ``"count"``: number of nodes with the operation,
    - ``"sum"``, ``"mean"``, ``"max"`` of each attribute over the nodes that have it,
    - ``"sum"`` of each product of 2 to `degree` attributes of one node, an attribute with itself included:
      parameters and time of an operation are products of its numbers.

    They depend neither on the edges nor on the order of the nodes. A node without an attribute adds nothing
    to a sum. An architecture without any such node has the average mean and maximum of the pool.

    Parameters
    ----------
    degree : int, default=2
        Largest number of attributes in a product.
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
    SoftStageEncoding : Tells early layers from late ones.
    PathStatistics : Counts over paths.

    Examples
    --------
    >>> from fgp_sklearn.preprocessing import AttributeStatistics
    >>> block = {"op": "block", "heads": 2, "width": 8}
    >>> X = [([[0, 1], [0, 0]], [block, {**block, "heads": 4}])]
    >>> statistics = AttributeStatistics(attributes=["heads", "width"]).fit(X)
    >>> features = dict(zip(statistics.get_feature_names_out(), statistics.transform(X)[0].tolist()))
    >>> features["count_block"], features["mean_block_heads"], features["sum_block_heads*width"]
    (2.0, 3.0, 48.0)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "degree": [Interval(Integral, 1, None, closed="left")]
    }

    _suggested_ranges: ClassVar = {"degree": [1, 2, 3]}
    _stored_attributes: ClassVar[dict[str, Any]] = {
        "vocabulary_": NAMES,
        "attribute_names_": NAMES,
        "_known": KindsWithAttributes,
        "_missing": Array("_n_features_out"),
        "_n_features_out": COUNT,
    }

    def __init__(self, degree: int = 2, *, op_attr: Any = "op", attributes: Any = None) -> None:
        self.degree = degree
        self.op_attr = op_attr
        self.attributes = attributes

    def _check_stored(self) -> None:
        if "_known" not in vars(self):
            return
        if (self.vocabulary_, self.attribute_names_) != (self._known.ops, self._known.names):
            raise PersistenceError("names of operations or attributes do not belong together")
        check_width(self, sum(1 for _ in self._columns()))

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
        AttributeStatistics
            The fitted transformer.
        """
        batch = self._decode(X)
        self._known = KindsWithAttributes.of(batch)
        self.vocabulary_, self.attribute_names_ = self._known.ops, self._known.names
        self._n_features_out = sum(1 for _ in self._columns())
        found = self._raw(batch)
        seen = ~np.isnan(found)
        total = np.where(seen, found, 0.0).sum(axis=0)
        self._missing = total / np.maximum(seen.sum(axis=0), 1)
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
            Names such as ``"count_conv"``, ``"max_conv_kernel"`` and ``"sum_conv_kernel*width"``.
        """
        self._check_is_fitted()
        names = []
        for kind, op, attributes in self._columns():
            product = "*".join(self.attribute_names_[at] for at in attributes)
            names.append("_".join([kind, self.vocabulary_[op], *([product] if product else [])]))
        return np.array(names, dtype=object)

    def _columns(self) -> Iterator[_Column]:
        """Features in their order."""
        for op, present in enumerate(self._known.present):
            yield _Column("count", op, ())
            attributes = np.flatnonzero(present).tolist()
            yield from (_Column(kind, op, (at,)) for at in attributes for kind in ("sum", "mean", "max"))
            for n in range(2, self.degree + 1):
                products = combinations_with_replacement(attributes, n)
                yield from (_Column("sum", op, product) for product in products)

    def _features(self, batch: ArchitectureBatch) -> FloatArray:
        found = self._raw(batch)
        return np.where(np.isnan(found), self._missing, found)

    def _raw(self, batch: ArchitectureBatch) -> FloatArray:
        """Features, NaN where an architecture has no node for a mean or a maximum."""
        batch = self._known.coded(batch)
        found = np.empty((len(batch), self._n_features_out))
        at = {column: position for position, column in enumerate(self._columns())}
        for attributes in dict.fromkeys(column.attributes for column in at):
            values = _product(batch, attributes)
            sums = self._known.sums(batch, np.nan_to_num(values))
            for op in range(len(self.vocabulary_)):
                position = at.get(_Column("sum" if attributes else "count", op, attributes))
                if position is not None:
                    found[:, position] = sums[:, op]
                if len(attributes) == 1 and position is not None:
                    n_values, largest = _count_and_maximum(batch, np.where(batch.ops == op, values, np.nan))
                    some = n_values > 0
                    found[:, position + 1] = np.where(some, sums[:, op] / np.maximum(n_values, 1), np.nan)
                    found[:, position + 2] = np.where(some, largest, np.nan)
        return found


def _product(batch: ArchitectureBatch, attributes: tuple[int, ...]) -> FloatArray:
    """Product of some attributes of each node; NaN if it lacks one."""
    values = np.ones(len(batch.ops))
    for at in attributes:
        assert batch.attribute_values is not None
        values = values * batch.attribute_values[:, at]
    return values


def _count_and_maximum(batch: ArchitectureBatch, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Number of values other than NaN of each architecture, and the largest of them."""
    there = ~np.isnan(values)
    first = batch.node_ptr[:-1]
    count = np.add.reduceat(there.astype(np.float64), first)
    return count, np.maximum.reduceat(np.where(there, values, -np.inf), first)
