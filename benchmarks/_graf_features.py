"""Neural graph features (GRAF): how often operations occur, how far they reach, and how they are connected.

Kadlecová et al., "Surprisingly Strong Performance Prediction with Neural Graph Features", ICML 2024. It reads
the arrays of a batch and uses nothing else of the library.
"""

from __future__ import annotations

from itertools import chain, combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
FAR = 100  # longer than any path
MANY = 7  # operations; of more, sets have at most two of them, or lack at most two


class GrafFeatures(TransformerMixin, BaseEstimator):
    """Counts of operations; for each set of operations, paths and degrees that consider only these.

    The sets are all subsets of the operations between inputs and outputs. For each of them, and each kind of
    input, there are the length of the shortest path to an output over nodes of the set (without one, the
    number of nodes), the largest number of nodes of the set on a path to an output, and the number of nodes
    of the set that read the input. For each set there are also the number of its nodes that feed the output,
    and the mean numbers of them before and behind a node. Parts of an architecture are described one by one.

    The published code has one definition for operations on nodes and one for operations on edges, which
    differ in the degrees. This is the one for nodes. Nodes must be in topological order.
    """

    def fit(self, X: Any, y: Any = None) -> GrafFeatures:
        names = np.array(X.vocabulary)
        used = set(names[X.ops].tolist())
        self.ops_ = sorted(used)
        self.inputs_ = sorted(used - set(names[X.ops[X.in_degree > 0]].tolist()))
        self.outputs_ = sorted(used - {*names[X.ops[X.out_degree > 0]].tolist(), *self.inputs_})
        return self

    def transform(self, X: Any) -> Array:
        place = np.arange(len(X.ops)) - X.node_ptr[X.node_owner]
        known = {op: code for code, op in enumerate(self.ops_)}
        codes = np.array([known.get(op, -1) for op in X.vocabulary])
        size = int(X.n_nodes.max())
        ops = np.full((len(X), size), -1)
        ops[X.node_owner, place] = codes[X.ops]
        edges = np.zeros((len(X), size, size), dtype=bool)
        edges[np.repeat(np.arange(len(X)), X.n_edges), X.edges[0], X.edges[1]] = True
        counts = (ops[:, :, None] == np.arange(len(self.ops_))).sum(axis=1)
        features = [counts]
        for part in dict.fromkeys(map(_part, self.ops_)):
            belongs = np.array([_part(op) == part for op in X.vocabulary])
            inside = np.zeros(ops.shape, dtype=bool)
            inside[X.node_owner, place] = belongs[X.ops]
            features.append(self._of_part(ops, edges, inside, part))
        return np.hstack(features)

    def _of_part(
        self, ops: Integers, edges: NDArray[np.bool_], inside: NDArray[np.bool_], part: str
    ) -> Array:
        """Features of all sets of operations, for one part of each architecture."""
        here = [op for op in self.ops_ if _part(op) == part]
        between = [op for op in here if op not in (*self.inputs_, *self.outputs_)]
        sizes = [*range(1, len(between) + 1)]
        if len(between) > MANY:
            sizes = [*sizes[:2], *sizes[-3:]]
        subsets = chain.from_iterable(combinations(between, size) for size in sizes)
        allows = np.array([[op in subset for op in self.ops_] + [False] for subset in subsets]).T
        if not allows.size:
            return np.zeros((len(ops), 0), np.float32)
        at_output = np.isin(ops, [self.ops_.index(op) for op in here if op in self.outputs_])
        allowed = allows[ops]  # architecture, node, subset
        senders, receivers = (np.zeros(allowed.shape, np.int8) for _ in range(2))
        for u, v in np.argwhere(edges.any(axis=0)):
            senders[:, v] += edges[:, u, v, None] & allowed[:, u]
            receivers[:, u] += edges[:, u, v, None] & allowed[:, v]
        n_nodes = inside.sum(axis=1)[:, None]
        found = [
            senders.sum(axis=1, where=at_output[:, :, None]),
            *(degree.sum(axis=1, where=inside[:, :, None]) / n_nodes for degree in (senders, receivers)),
        ]
        for op in (op for op in here if op in self.inputs_):
            at_input = ops == self.ops_.index(op)
            shortest, most = _paths(edges, allowed, at_input, at_output)
            out = receivers.sum(axis=1, where=at_input[:, :, None])
            found += [np.where(shortest < FAR, shortest, n_nodes), np.maximum(most, 0), out]
        return np.hstack(found, dtype=np.float32, casting="same_kind")


def _part(op: str) -> str:
    return op.rpartition("/")[0]


def _paths(
    edges: NDArray[np.bool_],
    allowed: NDArray[np.bool_],
    at_input: NDArray[np.bool_],
    at_output: NDArray[np.bool_],
) -> tuple[Integers, Integers]:
    """Length of the shortest path within each subset, and most nodes of the subset on any path."""
    far = np.int8(FAR)
    shortest = np.where(at_input[:, :, None], np.int8(0), np.full(allowed.shape, far))
    most = -shortest
    for v in range(edges.shape[1]):
        for u in np.flatnonzero(edges[:, :, v].any(axis=0)):
            passes = edges[:, u, v, None] & (allowed[:, v] | at_output[:, v, None])
            np.minimum(shortest[:, v], np.where(passes, shortest[:, u] + np.int8(1), far), out=shortest[:, v])
            more = np.where(edges[:, u, v, None], most[:, u] + allowed[:, v], -far)
            np.maximum(most[:, v], more, out=most[:, v])
    ends = at_output[:, :, None]
    return np.where(ends, shortest, far).min(axis=1), np.where(ends, most, -far).max(axis=1)


class RunningSwitches(TransformerMixin, BaseEstimator):
    """GRAF of TransNAS-Bench-101 macro: modules of each kind, doublings and strides up to each module."""

    def fit(self, X: Any, y: Any = None) -> RunningSwitches:
        self.kinds_ = sorted(set(np.array(X.vocabulary)[X.ops].tolist()) - {"input", "output"})
        self.n_places_ = int(X.n_nodes.max())
        return self

    def transform(self, X: Any) -> Array:
        names = np.array(X.vocabulary)[X.ops]
        place = np.arange(len(names)) - X.node_ptr[X.node_owner]
        inside = place < self.n_places_
        does = np.array([["double" in name, "stride" in name] for name in names], dtype=float)
        states = np.zeros((len(X), self.n_places_, 2))
        states[X.node_owner[inside], place[inside]] = does[inside]
        states = states.cumsum(axis=1) * (np.arange(self.n_places_) < X.n_nodes[:, None] - 1)[:, :, None]
        counts = np.zeros((len(X), len(self.kinds_)))
        for column, kind in enumerate(self.kinds_):
            np.add.at(counts[:, column], X.node_owner, names == kind)
        return np.hstack([counts, states.reshape(len(X), -1)])
