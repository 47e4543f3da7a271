"""WeisfeilerLehmanEncoding: counts of the neighbourhoods in an architecture."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import COUNT, NAMES, Array, PersistenceError
from fgp_sklearn._validation import Interval
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._offsets import offsets
from fgp_sklearn.preprocessing._attribute_scale import AttributeScale
from fgp_sklearn.preprocessing._part_encoding import (
    TABLE,
    IntArray,
    Occurrences,
    PartEncoding,
    learn,
    pairs,
    positions,
)


class WeisfeilerLehmanEncoding(PartEncoding):
    """How often each Weisfeiler-Lehman label occurs: operations and neighbourhoods of growing size.

    The initial label of a node is its operation. Each iteration combines the label of a node with the
    multiset of labels of its predecessors and the multiset of labels of its successors. Every different
    triple seen in `fit` becomes a new label. Triples are compared exactly, without hashes. The features count
    the nodes with each label of each iteration, so their dot product is the Weisfeiler-Lehman subtree kernel
    of directed graphs. Labels that `fit` did not see are ignored.

    Parameters
    ----------
    n_iterations : int, default=2
        Number of iterations, which is the radius of the neighbourhoods.
    max_features : int or None, default=1000
        Maximum number of labels to keep. The labels of most architectures seen in `fit` are kept; ties are
        broken in favour of smaller neighbourhoods. If None, all are kept.
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
    PathEncoding : Encodes the paths of an architecture.
    ArchitectureSimplifier : First step in NAS-BOWL, which removes null operations and identities.

    Notes
    -----
    Neighbours over parallel edges and neighbours over a single edge are distinguished.

    References
    ----------
    Shervashidze et al., "Weisfeiler-Lehman Graph Kernels", JMLR 12, 2011.

    Ru, Wan, Dong, Osborne, "Interpretable Neural Architecture Search via Bayesian Optimisation with
    Weisfeiler-Lehman Kernels" (NAS-BOWL), ICLR 2021.

    Examples
    --------
    >>> from fgp_sklearn.preprocessing import WeisfeilerLehmanEncoding
    >>> X = [([[0, 1, 1], [0, 0, 1], [0, 0, 0]], ["input", "conv", "output"]),
    ...      ([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "conv", "output"])]
    >>> encoding = WeisfeilerLehmanEncoding(n_iterations=1)
    >>> encoding.fit_transform(X).astype(int)
    array([[1, 1, 1, 0, 0, 1, 1, 1],
           [1, 1, 1, 1, 1, 1, 0, 0]])
    >>> encoding.get_feature_names_out()[:4].tolist()
    ['conv', 'input', 'output', 'iteration1_label0']
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **PartEncoding._parameter_constraints,
        "n_iterations": [Interval(Integral, 0, None, closed="left")],
    }

    _suggested_ranges: ClassVar = {"n_iterations": [0, 1, 2, 3]}
    _stored_attributes: ClassVar[dict[str, Any]] = {
        "vocabulary_": NAMES,
        "_multiplicities": Array(None),
        "_tables": list[list[TABLE]],  # type: ignore[valid-type]  # not a type, but a kind
        "_parts": TABLE,
        "_attribute_scale": AttributeScale,
        "_n_features_out": COUNT,
    }

    def __init__(
        self,
        n_iterations: int = 2,
        *,
        max_features: int | None = 1000,
        op_attr: Any = "op",
        attributes: Any = None,
    ) -> None:
        self.n_iterations = n_iterations
        self.max_features = max_features
        self.op_attr = op_attr
        self.attributes = attributes

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the features.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str of shape (n_features_out,)
            Operations, followed by labels such as ``"iteration1_label0"``, numbered within each iteration.
        """
        self._check_is_fitted()
        ends = np.searchsorted(self._parts, np.cumsum(self._n_labels()))
        sizes = np.diff(ends, prepend=0)
        names = [self.vocabulary_[part] for part in self._parts[: ends[0]]]
        for iteration, size in enumerate(sizes[1:], 1):
            names += [f"iteration{iteration}_label{i}" for i in range(size)]
        return np.array(names, dtype=object)

    def _n_parts(self) -> int:
        return sum(self._n_labels())

    def _n_labels(self) -> list[int]:
        """Number of labels after each iteration, including those of earlier iterations."""
        n_labels = [len(self.vocabulary_)]
        for tables in self._tables:
            n_labels.append(n_labels[-1] + sum(map(len, tables[1:])))
        return n_labels

    def _check_stored(self) -> None:
        super()._check_stored()
        if len(getattr(self, "_tables", range(self.n_iterations))) != self.n_iterations:
            raise PersistenceError("the number of tables of labels differs from the number of iterations")

    def _occurrences(self, batch: ArchitectureBatch, *, learning: bool) -> Occurrences:
        counts = np.ones(batch.edges.shape[1]) if batch.multiplicity is None else batch.multiplicity
        if learning:
            self._multiplicities = np.unique(counts)
            self._tables: list[list[IntArray]] = [[] for _ in range(self.n_iterations)]
        kind = positions(self._multiplicities, counts)
        label, n_labels, n_parts = batch.ops.astype(np.int64), len(self.vocabulary_), 0
        found = [Occurrences(batch.node_owner, label, np.ones(len(label)))]
        for tables in self._tables:
            n_parts += n_labels
            label, n_labels = _refined(batch, label, n_labels, kind, tables, learning)
            seen = label >= 0
            owner = batch.node_owner[seen]
            found.append(Occurrences(owner, n_parts + label[seen], np.ones(len(owner))))
        return Occurrences.concatenate(found)


def _refined(
    batch: ArchitectureBatch,
    label: IntArray,
    n_labels: int,
    kind: IntArray,
    tables: list[IntArray],
    learning: bool,
) -> tuple[IntArray, int]:
    """Labels of the next iteration, and their number.

    The messages of the neighbours of a node are sorted and processed one per step. Each step has a table,
    which numbers the pairs of the number of all previous messages and the next message. The first table
    numbers the messages. The last number of a node, offset by the sizes of the earlier tables, is its label.
    """
    source, target = batch.flat_edges
    receiver = np.concatenate([target, source])
    content = np.concatenate([label[source], label[target]])
    edge = np.concatenate([2 * kind, 2 * kind + 1])  # number of parallel edges, and direction
    message = pairs(content, edge)
    if learning:
        tables.append(learn(message))
    message = positions(tables[0], message)
    message = message[np.lexsort((message, receiver))]
    n_messages = batch.in_degree + batch.out_degree
    first = np.cumsum(n_messages) - n_messages
    state = label.copy()
    for step in range(int(n_messages.max())):
        nodes = np.flatnonzero(n_messages > step)
        received = pairs(state[nodes], message[first[nodes] + step])
        if learning:
            tables.append(learn(received))
        elif step + 1 == len(tables):  # more neighbours than any node in fit
            state[nodes] = -1
            break
        state[nodes] = positions(tables[step + 1], received)
    first_label = offsets(np.array([n_labels, *map(len, tables[1:])]))
    n_received = np.minimum(n_messages, len(tables) - 1)
    return np.where(state >= 0, first_label[n_received] + state, -1), int(first_label[-1])
