"""PathEncoding: which paths an architecture has."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import COUNT, NAMES, PersistenceError
from fgp_sklearn._validation import Interval
from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError
from fgp_sklearn.architectures._levels import levels
from fgp_sklearn.architectures._offsets import offsets, ranges
from fgp_sklearn.architectures._simplify import functional_graph
from fgp_sklearn.preprocessing._attribute_scale import AttributeScale
from fgp_sklearn.preprocessing._part_encoding import (
    TABLE,
    FloatArray,
    IntArray,
    Occurrences,
    PartEncoding,
    check_table,
    learn,
    pairs,
    positions,
)


class PathEncoding(PartEncoding):
    """One feature for each sequence of operations along a path from an input to an output.

    Paths over different nodes with the same sequence of operations share a feature. Nodes on no path from
    an input to an output are ignored. Paths that `fit` did not see are ignored, too, and so are all but the
    `max_features` most frequent paths: rare paths contain little information about other architectures.

    Parameters
    ----------
    max_features : int or None, default=1000
        Maximum number of paths to keep. The paths of most architectures seen in `fit` are kept; ties are
        broken in favour of shorter paths. If None, all are kept.
    binary : bool, default=True
        Whether a feature states that an architecture has such a path (1 or 0), as published. Otherwise it
        counts these paths; parallel edges make different paths.
    max_paths : int, default=10_000
        Maximum number of paths of an architecture, not counting parallel edges. Architectures with more
        paths raise an error: paths are enumerated, and their number can grow exponentially.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`. Nodes with different numbers are different: a
        label such as ``"conv(kernel=3)"`` takes the place of the operation. Labels that `fit` did not see
        are ignored. Numbers of few different values suit this encoding; a warning says if few labels recur.

    Attributes
    ----------
    vocabulary_ : tuple of str
        Operations seen in `fit`, sorted. With attributes, labels such as ``"conv(kernel=3)"``, followed by
        one entry per operation, such as ``"conv(...)"``, for labels that `fit` did not see.

    See Also
    --------
    PathStatistics : Counts over all paths without enumeration, for networks of any size.
    ArchitectureSimplifier : First step of a pipeline that ignores paths through null operations.

    References
    ----------
    White, Neiswanger, Savani, "BANANAS: Bayesian Optimization with Neural Architectures for Neural
    Architecture Search", AAAI 2021, Section 3 (path encoding) and Section 4 (truncation).

    Examples
    --------
    >>> from fgp_sklearn.preprocessing import PathEncoding
    >>> X = [([[0, 1, 1], [0, 0, 1], [0, 0, 0]], ["input", "conv", "output"]),
    ...      ([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "conv", "output"])]
    >>> encoding = PathEncoding()
    >>> encoding.fit_transform(X)
    array([[1., 1.],
           [0., 1.]])
    >>> encoding.get_feature_names_out().tolist()
    ['input -> output', 'input -> conv -> output']
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **PartEncoding._parameter_constraints,
        "binary": ["boolean"],
        "max_paths": [Interval(Integral, 1, None, closed="left")],
    }

    _suggested_ranges: ClassVar = {"binary": [True, False]}
    _stored_attributes: ClassVar[dict[str, Any]] = {
        "vocabulary_": NAMES,
        "_tables": list[TABLE],  # type: ignore[valid-type]  # not a type, but a kind
        "_parts": TABLE,
        "_attribute_scale": AttributeScale,
        "_n_features_out": COUNT,
    }

    def __init__(
        self,
        max_features: int | None = 1000,
        *,
        binary: bool = True,
        max_paths: int = 10_000,
        op_attr: Any = "op",
        attributes: Any = None,
    ) -> None:
        self.max_features = max_features
        self.binary = binary
        self.max_paths = max_paths
        self.op_attr = op_attr
        self.attributes = attributes

    def _decode(self, X: Any) -> ArchitectureBatch:
        return functional_graph(super()._decode(X), null_ops=frozenset(), identity_ops=frozenset())

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the features.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str of shape (n_features_out,)
            Names such as ``"input -> conv3x3 -> output"``.
        """
        self._check_is_fitted()
        first_part = offsets(np.array([len(self.vocabulary_), *map(len, self._tables)]))
        step = np.searchsorted(first_part, self._parts, side="right") - 1
        names = []
        for part, last in zip(self._parts - first_part[step], step, strict=True):
            ops = []
            for table in self._tables[:last][::-1]:
                ops.append(self.vocabulary_[table[part] & 0xFFFFFFFF])
                part = table[part] >> 32
            names.append(" -> ".join([self.vocabulary_[part], *reversed(ops)]))
        return np.array(names, dtype=object)

    def _features(self, batch: ArchitectureBatch) -> FloatArray:
        counts = super()._features(batch)
        if not np.isfinite(counts).all():
            index = int(np.argmax(~np.isfinite(counts).all(axis=1)))
            raise ArchitectureError("its number of paths overflows a float64; use binary=True", index)
        return counts

    def _n_parts(self) -> int:
        return len(self.vocabulary_) + sum(map(len, self._tables))

    def _check_stored(self) -> None:
        super()._check_stored()
        n_before = len(getattr(self, "vocabulary_", ()))
        for table in getattr(self, "_tables", ()):
            check_table(table, n_before << 32)
            if (table & 0xFFFFFFFF >= len(self.vocabulary_)).any():
                raise PersistenceError("a table of paths refers to an operation that does not exist")
            n_before = len(table)

    def _occurrences(self, batch: ArchitectureBatch, *, learning: bool) -> Occurrences:
        """Follow all paths of all architectures at once, one edge per step.

        The sequence of operations up to a node is represented by a number: its position in the table of the
        step. The table holds pairs of the number of the previous step and the operation.
        """
        self._check_number_of_paths(batch)
        if learning:
            self._tables: list[IntArray] = []
        first_edge = offsets(batch.out_degree)
        weight = np.ones(batch.edges.shape[1])
        if batch.multiplicity is not None and not self.binary:
            weight = batch.multiplicity
        node = np.flatnonzero(batch.in_degree == 0)
        state, count = batch.ops[node].astype(np.int64), np.ones(len(node))
        found, n_parts, step = [], 0, 0
        while True:
            ends = batch.out_degree[node] == 0
            found.append(Occurrences(batch.node_owner[node[ends]], n_parts + state[ends], count[ends]))
            edge = ranges(first_edge[node], batch.out_degree[node])
            if not len(edge) or not (learning or step < len(self._tables)):
                return Occurrences.concatenate(found)
            before = np.repeat(np.arange(len(node)), batch.out_degree[node])
            node = batch.flat_edges[1, edge]
            grown = pairs(state[before], batch.ops[node].astype(np.int64))
            n_parts += len(self._tables[step - 1]) if step else len(self.vocabulary_)
            if learning:
                self._tables.append(learn(grown))
            state = positions(self._tables[step], grown)
            seen = state >= 0
            with np.errstate(over="ignore"):
                node, state, count = node[seen], state[seen], (count[before] * weight[edge])[seen]
            step += 1

    def _check_number_of_paths(self, batch: ArchitectureBatch) -> None:
        paths = np.ones(len(batch.ops))
        with np.errstate(over="ignore"):
            for level in levels(batch):
                paths[level.nodes] = np.add.reduceat(paths[level.senders], level.starts)
            paths[batch.out_degree > 0] = 0
            total = np.add.reduceat(paths, batch.node_ptr[:-1])
        if (total > self.max_paths).any():
            index = int(np.argmax(total > self.max_paths))
            raise ArchitectureError(
                f"it has {total[index]:.4g} paths, more than max_paths={self.max_paths}; increase max_paths, "
                "or use PathStatistics, which does not enumerate paths",
                index,
            )
