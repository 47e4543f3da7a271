"""PathStatistics: what the paths of an architecture pass through."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import COUNT, NAMES
from fgp_sklearn._validation import fit_context
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._levels import levels
from fgp_sklearn.architectures._ops import op_names
from fgp_sklearn.architectures._simplify import functional_graph
from fgp_sklearn.preprocessing._base import FeatureTransformer, check_width

FloatArray = NDArray[np.float64]

_PER_OP = ("count", "longest", "shortest", "mean", "paths_without", "paths_with_one")
_WHOLE = ("paths", "nodes", "edges", "depth", "max_in_degree", "max_out_degree")


class PathStatistics(FeatureTransformer):
    """Counts over all source-to-sink paths of each architecture.

    For every operation: how often it occurs; the largest, smallest and mean number of times that a
    path meets it; and the logarithm of the number of paths that avoid it, or meet it once. For the
    whole architecture: the logarithm of its number of paths, nodes, edges, depth and degrees. Paths
    are counted by dynamic programming over generations, never enumerated, and in logarithms, so
    large networks do not overflow.

    Parameters
    ----------
    null_ops : sequence of str or int, default=("none", "zeroize", "zero")
        Operations that carry no flow; they are removed with everything they cut off.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.

    Attributes
    ----------
    vocabulary_ : tuple of str
        Operations seen in `fit`, sorted.

    See Also
    --------
    FlowSurrogate : A random flow over the same paths.

    Notes
    -----
    Logarithms are ``log(1 + number)``. Parallel edges are different paths.

    Examples
    --------
    >>> from fgp_sklearn import PathStatistics
    >>> X = [([[0, 1, 1], [0, 0, 1], [0, 0, 0]], ["input", "conv", "output"])]
    >>> statistics = PathStatistics().fit(X)
    >>> features = dict(zip(statistics.get_feature_names_out(), statistics.transform(X)[0]))
    >>> float(features["mean_conv"]), float(features["depth"])
    (0.5, 2.0)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {"null_ops": [list, tuple, set, frozenset]}

    _stored_attributes: ClassVar[dict[str, Any]] = {"vocabulary_": NAMES, "_n_features_out": COUNT}

    def _check_stored(self) -> None:
        if "vocabulary_" in vars(self):
            check_width(self, len(_PER_OP) * len(self.vocabulary_) + len(_WHOLE))

    def __init__(self, *, null_ops: Any = ("none", "zeroize", "zero"), op_attr: Any = "op") -> None:
        self.null_ops = null_ops
        self.op_attr = op_attr

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the operations.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.
        y : None
            Ignored.

        Returns
        -------
        PathStatistics
            The fitted transformer.
        """
        self.vocabulary_ = self._simplified(self._decode(X)).used_ops()
        self._n_features_out = len(_PER_OP) * len(self.vocabulary_) + len(_WHOLE)
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
            As ``"longest_conv3x3"``.
        """
        self._check_is_fitted()
        names = [f"{kind}_{op}" for kind in _PER_OP for op in self.vocabulary_]
        return np.array([*names, *_WHOLE], dtype=object)

    def _simplified(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        return functional_graph(batch, null_ops=op_names(self.null_ops), identity_ops=frozenset())

    def _features(self, batch: ArchitectureBatch) -> FloatArray:
        batch = self._simplified(batch).recode(self.vocabulary_)
        is_op = np.eye(len(self.vocabulary_))[batch.ops]
        count = np.add.reduceat(is_op, batch.node_ptr[:-1], axis=0)
        longest, shortest = _extreme_counts(batch, is_op)
        log_paths, log_met, log_without, log_with_one = _path_counts(batch, is_op)
        per_op = [
            count,
            longest,
            shortest,
            np.exp(log_met - log_paths),
            np.logaddexp(0, log_without),
            np.logaddexp(0, log_with_one),
        ]
        whole = [
            np.logaddexp(0, log_paths[:, 0]),
            batch.n_nodes,
            batch.n_edges,
            *(
                np.maximum.reduceat(column, batch.node_ptr[:-1])
                for column in (batch.generation, batch.in_degree, batch.out_degree)
            ),
        ]
        return np.hstack([*per_op, np.stack(whole, axis=1).astype(np.float64)])


def _extreme_counts(batch: ArchitectureBatch, is_op: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Largest and smallest number of meetings with each operation on a source-to-sink path."""
    most, least = is_op.copy(), is_op.copy()
    for level in levels(batch):
        most[level.nodes] += np.maximum.reduceat(most[level.senders], level.starts, axis=0)
        least[level.nodes] += np.minimum.reduceat(least[level.senders], level.starts, axis=0)
    is_sink = (batch.out_degree == 0)[:, None]
    starts = batch.node_ptr[:-1]
    return (
        np.maximum.reduceat(np.where(is_sink, most, -np.inf), starts, axis=0),
        np.minimum.reduceat(np.where(is_sink, least, np.inf), starts, axis=0),
    )


def _path_counts(
    batch: ArchitectureBatch, is_op: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Logarithms of: all paths, meetings with each operation over them, paths with none and one."""
    n_ops = is_op.shape[1]
    with np.errstate(divide="ignore"):
        log_is, log_is_not = np.log(is_op), np.log(1 - is_op)
    every = np.zeros((len(is_op), 1))
    met, without, with_one = log_is.copy(), log_is_not.copy(), log_is.copy()
    for level in levels(batch):
        arriving = np.hstack([s[level.senders] for s in (every, met, without, with_one)])
        arriving += np.log(level.multiplicity)[:, None]
        total = np.logaddexp.reduceat(arriving, level.starts, axis=0)
        paths, old_met, no, one = np.split(total, [1, 1 + n_ops, 1 + 2 * n_ops], axis=1)
        here, elsewhere = log_is[level.nodes], log_is_not[level.nodes]
        every[level.nodes] = paths
        met[level.nodes] = np.logaddexp(old_met, paths + here)
        without[level.nodes] = no + elsewhere
        with_one[level.nodes] = np.logaddexp(no + here, one + elsewhere)
    is_sink = (batch.out_degree == 0)[:, None]
    states = np.where(is_sink, np.hstack([every, met, without, with_one]), -np.inf)
    total = np.logaddexp.reduceat(states, batch.node_ptr[:-1], axis=0)
    paths, met, without, with_one = np.split(total, [1, 1 + n_ops, 1 + 2 * n_ops], axis=1)
    return paths, met, without, with_one
