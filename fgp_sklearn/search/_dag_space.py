"""DAGSpace: cells with any graph of a limited size."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import combinations, product
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_scalar

from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError
from fgp_sklearn.architectures._duplicates import duplicate_groups
from fgp_sklearn.architectures._known_operations import as_table
from fgp_sklearn.architectures._ops import as_vocabulary
from fgp_sklearn.search._choice_space import MOST_LISTED
from fgp_sklearn.search._dag_rows import DagRows
from fgp_sklearn.search._ends import check_ends
from fgp_sklearn.search._generator import as_generator
from fgp_sklearn.search._neighbours import different_children
from fgp_sklearn.search._pairs import check_pairs
from fgp_sklearn.search._search_space import SearchSpace

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

_CROSSINGS = 20  # draws for a pair of parents until the child is the first of them


class DAGSpace(SearchSpace):
    """Cells of any graph: at most so many nodes and edges, and one operation per node.

    A member has one input and one output, and all its nodes lie on paths between them. Nodes may be numbered
    in any order. NAS-Bench-101 is such a space, and so is one of your own.

    `sample` draws a number of nodes, where each number is twice as probable as the one below, then a
    predecessor of each node, a successor of each node that has none, and any number of further edges. It
    draws again if there are too many edges. Operations are uniform. So all members occur, but not with the
    same probability: graphs that can be numbered in many ways are more frequent than others.

    `mutate` changes one operation or one edge, or adds or removes a node: it draws one of these four, then
    the place. `crossover` takes each edge and each operation from one of both parents, with both numbered
    along their edges. If 20 draws give no member, the child is the first parent.

    Parameters
    ----------
    ops : sequence of str
        Operations of the nodes between input and output.
    max_nodes : int
        Largest number of nodes of a cell, with input and output.
    max_edges : int, optional
        Largest number of edges of a cell. By default any.
    ends : tuple of str, default=("input", "output")
        Operations of the first and the last node.
    operations : OperationTable, mapping or None, default=None
        What you know about operations, such as ``{"my_skip": {"role": "identity"}}``; see `SearchSpace`.

    Examples
    --------
    >>> from fgp_sklearn.search import DAGSpace, RandomSearch
    >>> space = DAGSpace(["conv3x3", "conv5x5", "skip"], max_nodes=6, max_edges=8)
    >>> def accuracy(architecture):  # train it here
    ...     return architecture.ops.count("conv3x3") - 0.1 * architecture.adjacency.sum()
    >>> search = RandomSearch(space, random_state=0).maximize(accuracy, budget=50)
    >>> search.best_architecture_.ops.count("conv3x3")
    3
    """

    def __init__(
        self,
        ops: Sequence[str],
        max_nodes: int,
        max_edges: int | None = None,
        *,
        ends: tuple[str, str] = ("input", "output"),
        operations: Any = None,
    ) -> None:
        check_scalar(max_nodes, "max_nodes", Integral, min_val=3)
        most = max_nodes * (max_nodes - 1) // 2
        if max_edges is not None:
            check_scalar(max_edges, "max_edges", Integral, min_val=2)
        self.max_nodes = int(max_nodes)
        self.max_edges = most if max_edges is None else min(int(max_edges), most)
        self.ops = as_vocabulary(ops)
        self.ends = check_ends(ends)
        self.operations = operations
        self._vocabulary = as_vocabulary([ends[0], *self.ops, ends[1]])
        if not self.ops:
            raise ArchitectureError("a DAGSpace needs operations; give at least one")
        as_table(operations)  # refuses what it cannot read

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({list(self.ops)!r}, max_nodes={self.max_nodes}, "
            f"max_edges={self.max_edges})"
        )

    def sample(self, n: int, random_state: Any = None) -> ArchitectureBatch:
        generator = as_generator(random_state)
        found: list[DagRows] = []
        n_found = 0
        while n_found < n:
            drawn = self._drawn(2 * (n - n_found) + 10, generator)
            found.append(drawn.take(drawn.edges.sum(axis=(1, 2)) <= self.max_edges))
            n_found += len(found[-1].ops)
        rows = DagRows(*(np.concatenate(arrays)[:n] for arrays in zip(*found, strict=True)))
        return self._batch(rows)

    def mutate(self, X: Any, random_state: Any = None) -> ArchitectureBatch:
        batch = self.check_members(X)
        rows = self._rows(batch)
        generator = as_generator(random_state)
        return different_children(self, batch, _packed(rows), self._changed, self._unpacked_batch, generator)

    def crossover(self, first: Any, second: Any, random_state: Any = None) -> ArchitectureBatch:
        first, second = self.check_members(first), self.check_members(second)
        check_pairs(first, second)
        one, other = self._rows(first), self._rows(second)
        generator = as_generator(random_state)
        children, waiting = one.copy(), np.arange(len(one.ops))
        for _ in range(_CROSSINGS):
            mixed = one.take(waiting).mixed(other.take(waiting), generator)
            drawn, is_member = self._pruned(mixed)
            children.put(waiting[is_member], drawn.take(is_member))
            waiting = waiting[~is_member]
        return self._batch(children)

    def contains(self, X: Any) -> BoolArray:
        batch = self.read(X)
        n = len(batch)
        owner = batch.node_owner
        code = {op: i for i, op in enumerate(self._vocabulary)}
        table = np.array([code.get(op, -1) for op in batch.vocabulary], dtype=np.int64)
        ops = table[batch.ops]
        last = len(self._vocabulary) - 1
        # The input is where all paths begin and the output where they end, and there is one of each.
        right = (batch.in_degree == 0) == (ops == 0)
        right &= (batch.out_degree == 0) == (ops == last)
        right &= ops >= 0
        if batch.attribute_values is not None:
            right &= np.isnan(batch.attribute_values).all(axis=1)
        member: BoolArray = np.bincount(owner, ~right, minlength=n) == 0
        for end in (0, last):
            member &= np.bincount(owner[ops == end], minlength=n) == 1
        if batch.multiplicity is not None:
            edge_owner = owner[batch.flat_edges[0]]
            member &= np.bincount(edge_owner, batch.multiplicity != 1, minlength=n) == 0
        member &= batch.n_nodes <= self.max_nodes
        member &= batch.n_edges <= self.max_edges
        return member

    # ------------------------------------------------------------------ all members

    @property
    def is_finite(self) -> bool:  # type: ignore[override]
        """Whether the members can be listed: whether there are at most a million graphs with operations."""
        n_ops = len(self.ops)
        n_labelled = [2 ** ((m + 2) * (m + 1) // 2) * n_ops**m for m in range(self.max_nodes - 1)]
        return int(sum(n_labelled)) <= MOST_LISTED

    def __len__(self) -> int:
        return len(self._members) if self.is_finite else super().__len__()

    def enumerate(self) -> ArchitectureBatch:
        """List all members.

        Returns
        -------
        ArchitectureBatch
            Each member once; cells that differ in the order of nodes are one.

        Raises
        ------
        TypeError
            If there are too many.
        """
        return self._members if self.is_finite else super().enumerate()

    @cached_property
    def _members(self) -> ArchitectureBatch:
        found = [self._of_size(n) for n in range(2, self.max_nodes + 1)]
        rows = DagRows(*(np.concatenate(arrays) for arrays in zip(*found, strict=True)))
        batch = self._batch(rows)
        return batch.take(np.unique(duplicate_groups(batch), return_index=True)[1])

    def _of_size(self, n: int) -> DagRows:
        """All numbered members with `n` nodes."""
        pairs = list(combinations(range(n), 2))
        bits = np.arange(1 << len(pairs))[:, None] >> np.arange(len(pairs)) & 1
        edges = np.zeros((len(bits), self.max_nodes, self.max_nodes), dtype=bool)
        for column, pair in enumerate(pairs):
            edges[:, *pair] = bits[:, column]
        ops = np.full((len(bits), self.max_nodes), -1, dtype=np.int64)
        ops[:, : n - 1] = np.minimum(np.arange(n - 1), 1)
        ops[:, n - 1] = len(self._vocabulary) - 1
        graphs = DagRows(edges, ops)
        whole, is_member = self._pruned(graphs)
        graphs = graphs.take(is_member & (whole.n_nodes == n))
        labels = np.array(list(product(range(1, len(self.ops) + 1), repeat=n - 2)), dtype=np.int64)
        graph, label = (index.ravel() for index in np.indices((len(graphs.ops), len(labels))))
        rows = graphs.take(graph).copy()
        rows.ops[:, 1 : n - 1] = labels[label]
        return rows

    # ------------------------------------------------------------------ rows

    def _drawn(self, n: int, generator: np.random.Generator) -> DagRows:
        """Random cells without nodes on no path, some of which have too many edges."""
        most = self.max_nodes
        sizes = np.arange(2, min(most, self.max_edges + 1) + 1)
        last = generator.choice(sizes, size=n, p=2.0**sizes / (2.0**sizes).sum()) - 1
        rows = DagRows(np.zeros((n, most, most), dtype=bool), np.full((n, most), -1, dtype=np.int64))
        every = np.arange(n)
        for node in range(1, most):  # a predecessor of each node
            there = every[node <= last]
            rows.edges[there, generator.integers(node, size=len(there)), node] = True
            rows.ops[there, node] = generator.integers(1, len(self.ops) + 1, size=len(there))
        for node in range(1, most - 1):  # a successor of each node that has none
            there = every[(node < last) & ~rows.edges[:, node].any(axis=1)]
            rows.edges[there, node, generator.integers(node + 1, last[there] + 1)] = True
        rows.ops[:, 0], rows.ops[every, last] = 0, len(self._vocabulary) - 1
        place = np.arange(most)
        is_pair = (place[:, None] < place) & (place <= last[:, None, None]) & ~rows.edges
        order = np.argsort(np.where(is_pair, generator.random(is_pair.shape), 2.0).reshape(n, -1), axis=1)
        free = np.minimum(self.max_edges - rows.edges.sum(axis=(1, 2)), is_pair.sum(axis=(1, 2)))
        n_more = generator.integers(np.maximum(free, 0) + 1)
        cell, rank = np.nonzero(np.arange(order.shape[1]) < n_more[:, None])
        source, target = np.divmod(order[cell, rank], most)
        rows.edges[cell, source, target] = True
        return rows

    def _pruned(self, rows: DagRows) -> tuple[DagRows, BoolArray]:
        """The cells without nodes on no path, and whether what is left is a member."""
        pruned, is_connected = rows.pruned()
        return pruned, is_connected & (pruned.edges.sum(axis=(1, 2)) <= self.max_edges)

    def _changed(self, packed: IntArray, generator: np.random.Generator) -> IntArray:
        rows, n_ops = _unpacked(packed), len(self.ops)
        changed = rows.copy()
        moves = generator.integers(4, size=len(rows.ops))
        for move in range(4):
            chosen = np.flatnonzero(moves == move)
            some = rows.take(chosen)
            if move == 0:
                some = some.with_other_operation(n_ops, generator)
            elif move == 1:
                some = some.with_other_edge(generator)
            elif move == 2:
                some = some.with_another_node(n_ops, generator)
            else:
                some = some.without_a_node(generator)
            some, is_member = self._pruned(some)
            changed.put(chosen[is_member], some.take(is_member))
        return _packed(changed)

    def _rows(self, batch: ArchitectureBatch) -> DagRows:
        """Members as rows, numbered along their edges."""
        order = np.lexsort((batch.generation, batch.node_owner))
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order)) - batch.node_ptr[batch.node_owner[order]]
        code = {op: i for i, op in enumerate(self._vocabulary)}
        table = np.array([code.get(op, -1) for op in batch.vocabulary], dtype=np.int64)
        shape = (len(batch), self.max_nodes)
        rows = DagRows(np.zeros((*shape, self.max_nodes), dtype=bool), np.full(shape, -1, dtype=np.int64))
        rows.ops[batch.node_owner, place] = table[batch.ops]
        source, target = batch.flat_edges
        rows.edges[batch.node_owner[source], place[source], place[target]] = True
        return rows

    def _batch(self, rows: DagRows) -> ArchitectureBatch:
        return ArchitectureBatch.from_arrays(rows.edges, rows.ops, self._vocabulary)

    def _unpacked_batch(self, packed: IntArray) -> ArchitectureBatch:
        return self._batch(_unpacked(packed))


def _packed(rows: DagRows) -> IntArray:
    """Cells in one array: the edges, and below them the operations."""
    return np.concatenate([rows.edges, rows.ops[:, None]], axis=1, dtype=np.int64)


def _unpacked(packed: IntArray) -> DagRows:
    return DagRows(packed[:, :-1] != 0, packed[:, -1].copy())
