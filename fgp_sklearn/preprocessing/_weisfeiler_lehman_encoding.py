"""WeisfeilerLehmanEncoding: which neighbourhoods an architecture has."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import COUNT, NAMES, Array, PersistenceError
from fgp_sklearn._validation import Interval
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._offsets import offsets
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
    """How often each Weisfeiler-Lehman label occurs: operations, then ever wider neighbourhoods.

    A node's first label is its operation. In each iteration its label becomes the old one together
    with the multisets of the old labels of its predecessors and of its successors; each different
    such triple seen in `fit` is a label, told apart exactly, without hashes. The features count the
    nodes with each label of each iteration, so that their dot product is the Weisfeiler-Lehman
    subtree kernel of directed graphs. Labels that `fit` did not see are ignored.

    Parameters
    ----------
    n_iterations : int, default=2
        How far neighbourhoods reach.
    max_features : int or None, default=1000
        How many labels to keep: those that most architectures seen in `fit` have, of equals those of
        the smaller neighbourhood. All of them if None.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.

    Attributes
    ----------
    vocabulary_ : tuple of str
        Operations seen in `fit`, sorted.

    See Also
    --------
    PathEncoding : Which paths an architecture has.
    ArchitectureSimplifier : Goes before in NAS-BOWL, which removes null operations and identities.

    Notes
    -----
    A neighbour over parallel edges is another neighbour than one over a single edge.

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
        "_n_features_out": COUNT,
    }

    def __init__(
        self, n_iterations: int = 2, *, max_features: int | None = 1000, op_attr: Any = "op"
    ) -> None:
        self.n_iterations = n_iterations
        self.max_features = max_features
        self.op_attr = op_attr

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the features.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str of shape (n_features_out,)
            Operations, then labels as ``"iteration1_label0"``, numbered within their iteration.
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
        """Number of labels after each iteration, those of earlier ones included."""
        n_labels = [len(self.vocabulary_)]
        for tables in self._tables:
            n_labels.append(n_labels[-1] + sum(map(len, tables[1:])))
        return n_labels

    def _check_stored(self) -> None:
        super()._check_stored()
        if len(getattr(self, "_tables", range(self.n_iterations))) != self.n_iterations:
            raise PersistenceError("there are not as many tables of labels as iterations")

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

    What a node hears is sorted and read one message a step: pairs of what the node has heard so far
    and the next message are numbered by one table a step, messages by the first table. The new label
    is the last number, counted on from step to step.
    """
    source, target = batch.flat_edges
    receiver = np.concatenate([target, source])
    content = np.concatenate([label[source], label[target]])
    manner = np.concatenate([2 * kind, 2 * kind + 1])  # over how many edges, in which direction
    message = pairs(content, manner)
    if learning:
        tables.append(learn(message))
    message = positions(tables[0], message)
    message = message[np.lexsort((message, receiver))]
    n_messages = batch.in_degree + batch.out_degree
    first = np.cumsum(n_messages) - n_messages
    state = label.copy()
    for step in range(int(n_messages.max())):
        nodes = np.flatnonzero(n_messages > step)
        heard = pairs(state[nodes], message[first[nodes] + step])
        if learning:
            tables.append(learn(heard))
        elif step + 1 == len(tables):  # more neighbours than any node in fit
            state[nodes] = -1
            break
        state[nodes] = positions(tables[step + 1], heard)
    first_label = offsets(np.array([n_labels, *map(len, tables[1:])]))
    n_heard = np.minimum(n_messages, len(tables) - 1)
    return np.where(state >= 0, first_label[n_heard] + state, -1), int(first_label[-1])
