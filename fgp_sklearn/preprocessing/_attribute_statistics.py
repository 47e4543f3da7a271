"""AttributeStatistics: what the attributes of each kind of operation add up to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement
from numbers import Integral
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import COUNT, NAMES, Array
from fgp_sklearn._validation import Interval, fit_context
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.preprocessing._counts_kinds import CountsKinds
from fgp_sklearn.preprocessing._kinds_with_attributes import KindsWithAttributes

FloatArray = NDArray[np.float64]


class _Column(NamedTuple):
    """A feature: "count", or "sum" or "mean" of a product of attributes, over nodes of an operation."""

    kind: str
    op: int
    attributes: tuple[int, ...]


class AttributeStatistics(CountsKinds):
    """Counts of operations, and sums, means and sums of products of their attributes.

    The features of each operation are

    - ``"count"``: number of nodes with the operation,
    - ``"sum"`` and ``"mean"`` of each attribute over the nodes that have it,
    - ``"sum"`` of each product of two attributes of one node, an attribute with itself included: parameters
      and time of an operation are products of its numbers.

    They depend neither on the edges nor on the order of the nodes. A node without an attribute adds nothing
    to a sum. An architecture without any node that has it has the average mean of the pool.

    Parameters
    ----------
    degree : int or tuple of int, default=2
        Smallest and largest number of attributes in a product: 0 for counts, 1 for sums of attributes, 2 for
        sums of products of two of them. An integer is the largest number, and 0 the smallest.
    means : bool, default=True
        Whether there are means of attributes.
    sums : bool, default=True
        Whether there are sums of attributes and of their products. With `from_frame`, counts and means are
        what the columns of the table say: the number of blocks of each stage and its other choices.
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
        "degree": [Interval(Integral, 0, None, closed="left"), tuple, list],
        "means": ["boolean"],
        "sums": ["boolean"],
    }

    _suggested_ranges: ClassVar = {"degree": [1, 2, 3], "means": [True, False]}
    _stored_attributes: ClassVar[dict[str, Any]] = {
        "vocabulary_": NAMES,
        "attribute_names_": NAMES,
        "_known": KindsWithAttributes,
        "_missing": Array("_n_features_out"),
        "_n_features_out": COUNT,
    }

    def __init__(
        self,
        degree: Any = 2,
        *,
        means: bool = True,
        sums: bool = True,
        op_attr: Any = "op",
        attributes: Any = None,
    ) -> None:
        self.degree = degree
        self.means = means
        self.sums = sums
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
        AttributeStatistics
            The fitted transformer.
        """
        least, most = self._degrees()
        if not 0 <= least <= most:
            raise ValueError(f"degree must be a number or a pair (smallest, largest), got {self.degree}")
        batch = self._decode(X)
        self._learn_kinds(batch)
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
            Names such as ``"count_conv"``, ``"mean_conv_kernel"`` and ``"sum_conv_kernel*width"``.
            Attributes with ``*`` in their names are in parentheses.
        """
        self._check_is_fitted()
        names = []
        factors = [f"({name})" if "*" in name else name for name in self.attribute_names_]
        for kind, op, attributes in self._columns():
            product = "*".join(factors[at] for at in attributes)
            names.append("_".join([kind, self.vocabulary_[op], *([product] if product else [])]))
        return np.array(names, dtype=object)

    def _degrees(self) -> tuple[int, int]:
        """Smallest and largest degree."""
        if isinstance(self.degree, (tuple, list)):
            return tuple(self.degree) if len(self.degree) == 2 else (0, -1)
        return 0, self.degree

    def _columns(self) -> Iterator[_Column]:
        """Features in their order."""
        least, most = self._degrees()
        for op, present in enumerate(self._known.present):
            attributes = np.flatnonzero(present).tolist()
            for n in range(least, most + 1):
                for product in combinations_with_replacement(attributes, n):
                    if self.sums or not n:
                        yield _Column("sum" if n else "count", op, product)
                    if n == 1 and self.means:
                        yield _Column("mean", op, product)

    def _width(self) -> int:
        return sum(1 for _ in self._columns())

    def _features(self, batch: ArchitectureBatch) -> FloatArray:
        found = self._raw(batch)
        return np.where(np.isnan(found), self._missing, found)

    def _raw(self, batch: ArchitectureBatch) -> FloatArray:
        """Features, NaN where an architecture has no node for a mean."""
        batch = self._known.coded(batch)
        columns = list(self._columns())
        found = np.empty((len(batch), len(columns)))
        for attributes in dict.fromkeys(column.attributes for column in columns):
            values = _product(batch, attributes)
            sums = self._known.sums(batch, np.nan_to_num(values))
            some = self._known.sums(batch, (~np.isnan(values)).astype(np.float64))
            of = {"count": sums, "sum": sums, "mean": np.where(some > 0, sums / np.maximum(some, 1), np.nan)}
            for position, column in enumerate(columns):
                if column.attributes == attributes:
                    found[:, position] = of[column.kind][:, column.op]
        return found


def _product(batch: ArchitectureBatch, attributes: tuple[int, ...]) -> FloatArray:
    """Product of some attributes of each node; NaN if it lacks one."""
    values = np.ones(len(batch.ops))
    for at in attributes:
        assert batch.attribute_values is not None
        values = values * batch.attribute_values[:, at]
    return values
