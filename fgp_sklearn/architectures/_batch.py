"""ArchitectureBatch: many architectures in a few flat arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, overload

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture import Architecture
from fgp_sklearn.architectures._columns import (
    as_array,
    as_column,
    as_integers,
    as_offsets,
    as_vocabulary,
    equal_or_both_none,
    frozen,
    offsets,
    ranges,
    unless_single,
)
from fgp_sklearn.architectures._errors import (
    ArchitectureError,
    CyclicArchitectureError,
    UnknownOperationError,
)

if TYPE_CHECKING:
    from fgp_sklearn.architectures._kinds import Kinds

UNKNOWN_OP = "<unknown>"


class ArchitectureBatch:
    """Immutable columnar container of architectures.

    Nodes of all architectures lie one after the other in ``ops``, edges in ``edges``; two arrays of
    offsets say where each architecture begins. 423,624 NAS-Bench-101 cells take about 50 MB.
    Use :func:`as_batch` to make one from graphs or pairs.

    Parameters
    ----------
    ops : array-like of int of shape (total_nodes,)
        Operation of each node as an index into `vocabulary`.
    edges : array-like of int of shape (2, total_edges)
        Source and target of each edge, counted from 0 within its own architecture.
    node_ptr : array-like of int of shape (n_architectures + 1,)
        Nodes of architecture ``i`` are ``node_ptr[i]:node_ptr[i + 1]``.
    edge_ptr : array-like of int of shape (n_architectures + 1,)
        Edges of architecture ``i`` are ``edge_ptr[i]:edge_ptr[i + 1]``.
    vocabulary : sequence of str
        Names of the operations.
    multiplicity : array-like of float of shape (total_edges,), optional
        Number of parallel edges that each edge stands for; 1 each by default.
    node_features : array-like of float of shape (total_nodes, n_node_features), optional
        Numbers that describe nodes beyond their operation.
    names : sequence of str of length n_architectures, optional
        One name an architecture. Names do not count for equality.

    Attributes
    ----------
    ops : ndarray of int32 of shape (total_nodes,)
        See above. All arrays are read-only.
    edges : ndarray of int32 of shape (2, total_edges)
        Sorted by architecture, then source, then target.
    node_ptr, edge_ptr : ndarray of int64 of shape (n_architectures + 1,)
        Offsets.
    vocabulary : tuple of str
        Names of the operations.
    multiplicity : ndarray of float64 or None
        ``None`` if every edge is single.
    node_features : ndarray of float32 or None
        See above.
    names : ndarray of str or None
        See above.
    shape : tuple of int
        ``(n_architectures,)``.

    Raises
    ------
    ArchitectureError
        If an architecture is empty, has an edge to a missing node, a doubled edge, an operation
        outside the vocabulary, or (`CyclicArchitectureError`) a cycle.

    Examples
    --------
    >>> from fgp_sklearn.architectures import ArchitectureBatch
    >>> batch = ArchitectureBatch(
    ...     ops=[0, 1, 2], edges=[[0, 1], [1, 2]], node_ptr=[0, 3], edge_ptr=[0, 2],
    ...     vocabulary=["input", "conv3x3", "output"])
    >>> batch
    ArchitectureBatch(n_architectures=1, n_nodes=3, n_edges=2, n_ops=3)
    >>> batch[0].ops
    ('input', 'conv3x3', 'output')
    """

    ops: NDArray[np.int32]
    edges: NDArray[np.int32]
    node_ptr: NDArray[np.int64]
    edge_ptr: NDArray[np.int64]
    vocabulary: tuple[str, ...]
    multiplicity: NDArray[np.float64] | None
    node_features: NDArray[np.float32] | None
    names: NDArray[np.str_] | None

    def __init__(
        self,
        ops: Any,
        edges: Any,
        node_ptr: Any,
        edge_ptr: Any,
        vocabulary: Sequence[str],
        *,
        multiplicity: Any = None,
        node_features: Any = None,
        names: Sequence[str] | None = None,
    ) -> None:
        self._set(
            node_ptr=as_offsets("node_ptr", node_ptr),
            edge_ptr=as_offsets("edge_ptr", edge_ptr),
            vocabulary=as_vocabulary(vocabulary),
            ops=as_integers("ops", ops),
            edges=as_integers("edges", edges),
            multiplicity=None
            if multiplicity is None
            else as_column("multiplicity", multiplicity, np.float64),
            node_features=None
            if node_features is None
            else as_column("node_features", node_features, np.float32),
            names=None if names is None else as_column("names", names, np.str_),
        )
        self._check_lengths()
        self._check_nodes()
        self._sort_and_check_edges()
        if self.edges.shape[1] and not bool(np.all(self.edges[0] < self.edges[1])):
            _ = self.generation  # finds cycles

    @classmethod
    def _trusted(cls, **columns: Any) -> Self:
        """Build from columns that are known to be valid and in canonical order."""
        batch = cls.__new__(cls)
        batch._set(**columns)
        return batch

    def _set(self, **columns: Any) -> None:
        for name, column in columns.items():
            self.__dict__[name] = frozen(column) if isinstance(column, np.ndarray) else column

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"cannot set {name!r}: an ArchitectureBatch is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"cannot delete {name!r}: an ArchitectureBatch is immutable")

    @classmethod
    def from_arrays(
        cls, adjacency: Any, ops: Any, vocabulary: Sequence[str], *, names: Sequence[str] | None = None
    ) -> Self:
        """Make a batch from stacked arrays, the fast lane for whole search spaces.

        Parameters
        ----------
        adjacency : array-like of shape (n, n_nodes, n_nodes) or (n_nodes, n_nodes)
            0/1 matrices, one an architecture or one for all of them.
        ops : array-like of int of shape (n, n_nodes)
            Index into `vocabulary` of every node's operation; -1 marks the padding that may follow
            the nodes of smaller architectures.
        vocabulary : sequence of str
            Names of the operations.
        names : sequence of str of length n, optional
            Names of the architectures.

        Returns
        -------
        ArchitectureBatch
            The architectures in the given order.

        Raises
        ------
        ArchitectureError
            If shapes disagree, a matrix is not 0/1, or padding has edges.

        Examples
        --------
        >>> from fgp_sklearn.architectures import ArchitectureBatch
        >>> chain = [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
        >>> ArchitectureBatch.from_arrays(chain, [[0, 1, 3], [0, 2, 3]], ["in", "a", "b", "out"])
        ArchitectureBatch(n_architectures=2, n_nodes=6, n_edges=4, n_ops=4)
        """
        ops_matrix, matrices = as_array("ops", ops), as_array("adjacency", adjacency)
        if ops_matrix.ndim != 2 or ops_matrix.dtype.kind not in "iu":
            raise ArchitectureError(
                f"ops must be an integer array of shape (n, n_nodes), got {ops_matrix.dtype} of "
                f"shape {ops_matrix.shape}"
            )
        n, width = ops_matrix.shape
        if matrices.shape not in ((width, width), (n, width, width)):
            raise ArchitectureError(
                f"adjacency must have shape ({width}, {width}) or ({n}, {width}, {width}) to go with "
                f"ops of shape {ops_matrix.shape}, got {matrices.shape}"
            )
        if matrices.dtype.kind not in "biuf":
            raise ArchitectureError(f"adjacency holds {matrices.dtype}, not numbers; entries must be 0 or 1")
        if (ops_matrix < -1).any():
            index = int(np.argmax((ops_matrix < -1).any(axis=1)))
            raise ArchitectureError("an operation code is less than -1, which marks padding", index=index)
        shared = matrices.ndim == 2
        nonzero = matrices != 0
        if not np.array_equal(nonzero, matrices):
            where = np.argwhere(nonzero != matrices)[0]
            raise ArchitectureError(
                f"adjacency entry {tuple(where[-2:].tolist())} is {matrices[tuple(where)]!s}; entries "
                "must be 0 or 1",
                index=None if shared else int(where[0]),
            )
        present = ops_matrix >= 0
        sizes = present.sum(axis=1)
        if not np.array_equal(present, np.arange(width) < sizes[:, None]):
            index = int(np.argmax((present != (np.arange(width) < sizes[:, None])).any(axis=1)))
            raise ArchitectureError("padding (-1) must come after the last node", index=index)
        if shared:
            source, target = np.nonzero(nonzero)
            owner = np.repeat(np.arange(n), len(source))
            edges = np.tile(np.stack([source, target]), (1, n))
        else:
            owner, source, target = np.nonzero(nonzero)
            edges = np.stack([source, target])
        if (sizes != width).any():
            outside = (edges >= sizes[owner]).any(axis=0)
            if outside.any():
                raise ArchitectureError(
                    "an edge touches padding; give every node an operation or remove the edge",
                    index=int(owner[np.argmax(outside)]),
                )
        return cls(
            ops=ops_matrix[present],
            edges=edges,
            node_ptr=offsets(sizes),
            edge_ptr=offsets(np.bincount(owner, minlength=n)),
            vocabulary=vocabulary,
            names=names,
        )

    @classmethod
    def concatenate(cls, batches: Sequence[ArchitectureBatch]) -> Self:
        """Join batches, keeping the order.

        Parameters
        ----------
        batches : sequence of ArchitectureBatch
            At least one. Their vocabularies are united.

        Returns
        -------
        ArchitectureBatch
            All architectures of all batches.

        Raises
        ------
        ArchitectureError
            If there is no batch, or only some have node features.

        Examples
        --------
        >>> from fgp_sklearn.datasets import nasbench201_space
        >>> space = nasbench201_space()
        >>> ArchitectureBatch.concatenate([space[:3], space[5:7]]).shape
        (5,)
        """
        batches = list(batches)
        if not batches or not all(isinstance(batch, ArchitectureBatch) for batch in batches):
            raise ArchitectureError("concatenate needs a sequence of at least one ArchitectureBatch")
        vocabulary = tuple(dict.fromkeys(op for batch in batches for op in batch.vocabulary))
        recoded = [batch.recode(vocabulary) for batch in batches]
        return cls._trusted(
            ops=np.concatenate([b.ops for b in recoded]),
            edges=np.concatenate([b.edges for b in recoded], axis=1),
            node_ptr=offsets(np.concatenate([b.n_nodes for b in recoded])),
            edge_ptr=offsets(np.concatenate([b.n_edges for b in recoded])),
            vocabulary=vocabulary,
            multiplicity=_joined_multiplicity(recoded),
            node_features=_joined_features(recoded),
            names=_joined_names(recoded),
        )

    # ------------------------------------------------------------------ sequence protocol

    @property
    def shape(self) -> tuple[int]:
        """Shape that scikit-learn sees: ``(n_architectures,)``."""
        return (len(self.node_ptr) - 1,)

    def __len__(self) -> int:
        return len(self.node_ptr) - 1

    def __iter__(self) -> Iterator[Architecture]:
        return (self._architecture(i) for i in range(len(self)))

    @overload
    def __getitem__(self, key: int) -> Architecture: ...
    @overload
    def __getitem__(self, key: Any) -> ArchitectureBatch: ...
    def __getitem__(self, key: Any) -> Architecture | ArchitectureBatch:
        if isinstance(key, tuple):  # scikit-learn indexes X[idx, ...]
            if len(key) != 2 or key[1] is not Ellipsis:
                raise IndexError(f"an ArchitectureBatch has one axis, got the index {key!r}")
            key = key[0]
        if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
            position = int(key) + (len(self) if key < 0 else 0)
            if not 0 <= position < len(self):
                raise IndexError(f"index {int(key)} is out of range for {len(self)} architectures")
            return self._architecture(position)
        return self.take(np.arange(len(self))[key])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.object_]:
        if dtype is not None and np.dtype(dtype) != np.dtype(object):
            raise ArchitectureError(f"architectures are not {np.dtype(dtype)}; GraphTensorizer gives numbers")
        column = np.empty(len(self), dtype=object)
        for i, architecture in enumerate(self):
            column[i] = architecture
        return column

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ArchitectureBatch):
            return NotImplemented
        return (
            np.array_equal(self.node_ptr, other.node_ptr)
            and np.array_equal(self.edge_ptr, other.edge_ptr)
            and np.array_equal(self.edges, other.edges)
            and equal_or_both_none(self.multiplicity, other.multiplicity)
            and equal_or_both_none(self.node_features, other.node_features)
            and self._same_ops(other)
        )

    __hash__ = None  # type: ignore[assignment]  # equality is by value and costs O(n)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(n_architectures={len(self)}, n_nodes={len(self.ops)}, "
            f"n_edges={self.edges.shape[1]}, n_ops={len(self.vocabulary)})"
        )

    def _repr_html_(self) -> str:
        from fgp_sklearn.architectures._html import batch_html  # it draws batches, so it imports this module

        return batch_html(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self._columns())

    # ------------------------------------------------------------------ derived columns

    @cached_property
    def n_nodes(self) -> NDArray[np.int64]:
        """Number of nodes of each architecture, shape (n_architectures,)."""
        return frozen(np.diff(self.node_ptr))

    @cached_property
    def n_edges(self) -> NDArray[np.int64]:
        """Number of edges of each architecture, parallel ones counted once."""
        return frozen(np.diff(self.edge_ptr))

    @cached_property
    def node_owner(self) -> NDArray[np.int64]:
        """Index of the architecture that each node belongs to, shape (total_nodes,)."""
        return frozen(np.repeat(np.arange(len(self)), self.n_nodes))

    @cached_property
    def flat_edges(self) -> NDArray[np.int64]:
        """Edges as positions in `ops`, shape (2, total_edges)."""
        return frozen(np.repeat(self.node_ptr[:-1], self.n_edges) + self.edges)

    @cached_property
    def in_degree(self) -> NDArray[np.int64]:
        """Number of distinct predecessors of each node, shape (total_nodes,)."""
        return frozen(np.bincount(self.flat_edges[1], minlength=len(self.ops)))

    @cached_property
    def out_degree(self) -> NDArray[np.int64]:
        """Number of distinct successors of each node, shape (total_nodes,)."""
        return frozen(np.bincount(self.flat_edges[0], minlength=len(self.ops)))

    @cached_property
    def generation(self) -> NDArray[np.int64]:
        """Topological generation of each node: the length of the longest path that ends in it."""
        target = self.flat_edges[1]
        first_edge = offsets(self.out_degree)
        waiting = self.in_degree.copy()
        claim = np.empty(len(self.ops), dtype=np.int64)
        generation = np.full(len(self.ops), -1, dtype=np.int64)
        frontier = np.flatnonzero(waiting == 0)
        level = 0
        while len(frontier):
            generation[frontier] = level
            reached = target[ranges(first_edge[frontier], self.out_degree[frontier])]
            np.subtract.at(waiting, reached, 1)
            ready = reached[waiting[reached] == 0]
            turn = np.arange(len(ready))
            claim[ready] = turn  # of a node that several edges reached, the last one keeps the claim
            frontier = ready[claim[ready] == turn]
            level += 1
        if (generation < 0).any():
            self._raise_cycle(generation < 0)
        return frozen(generation)

    @cached_property
    def forward_kinds(self) -> Kinds:
        """Nodes that a flow from the sources need not tell apart; for all flows through the batch."""
        return _kinds_of(self)

    @cached_property
    def backward_kinds(self) -> Kinds:
        """Nodes that a flow from the sinks need not tell apart."""
        return _kinds_of(self, backward=True)

    def used_ops(self) -> tuple[str, ...]:
        """Names of the operations that occur, sorted.

        Returns
        -------
        tuple of str
            A subset of `vocabulary`, plus the unknown operation where the vocabulary declares it.

        Examples
        --------
        >>> from fgp_sklearn.datasets import nasbench201_space
        >>> nasbench201_space()[:1].used_ops()
        ('avg_pool_3x3', 'input', 'output')
        """
        used = np.bincount(self.ops, minlength=len(self.vocabulary)) > 0
        return tuple(
            sorted({op for op, u in zip(self.vocabulary, used, strict=True) if u or op == UNKNOWN_OP})
        )

    # ------------------------------------------------------------------ new batches from old

    def take(self, indices: Any) -> ArchitectureBatch:
        """Architectures at the given positions, in the given order, repeats allowed.

        Parameters
        ----------
        indices : array-like of int of shape (n,)
            Positions in the batch; negative ones count from its end.

        Returns
        -------
        ArchitectureBatch
            A batch of ``n`` architectures.

        Raises
        ------
        IndexError
            If an index is out of range or not an integer.

        Examples
        --------
        >>> from fgp_sklearn.datasets import nasbench201_space
        >>> nasbench201_space().take([4, 4, 0]).shape
        (3,)
        """
        chosen = self._positions(indices)
        nodes = ranges(self.node_ptr[chosen], self.n_nodes[chosen])
        edges = ranges(self.edge_ptr[chosen], self.n_edges[chosen])
        return self._trusted(
            ops=self.ops[nodes],
            edges=self.edges[:, edges],
            node_ptr=offsets(self.n_nodes[chosen]),
            edge_ptr=offsets(self.n_edges[chosen]),
            vocabulary=self.vocabulary,
            multiplicity=None if self.multiplicity is None else unless_single(self.multiplicity[edges]),
            node_features=None if self.node_features is None else self.node_features[nodes],
            names=None if self.names is None else self.names[chosen],
        )

    def recode(self, vocabulary: Sequence[str], *, unknown: str | None = None) -> ArchitectureBatch:
        """The same architectures with operations coded by another vocabulary.

        Parameters
        ----------
        vocabulary : sequence of str
            Names of the operations; must hold every operation that occurs.
        unknown : str, optional
            Entry of `vocabulary` that stands for operations it lacks.

        Returns
        -------
        ArchitectureBatch
            Equal to this batch, unless operations were mapped to `unknown`.

        Raises
        ------
        UnknownOperationError
            If an operation is missing and `unknown` is not given.

        Examples
        --------
        >>> from fgp_sklearn.architectures import as_batch
        >>> batch = as_batch([([[0, 1], [0, 0]], ["b", "a"])])
        >>> batch.ops, batch.recode(["a", "b", "c"]).ops, batch.recode(["c", "b", "a"]).ops
        (array([1, 0], dtype=int32), array([1, 0], dtype=int32), array([1, 2], dtype=int32))
        """
        target = as_vocabulary(vocabulary)
        code = {op: i for i, op in enumerate(target)}
        if unknown is not None and unknown not in code:
            raise ArchitectureError(f"the vocabulary lacks {unknown!r}, which is to stand for what it lacks")
        if target == self.vocabulary:
            return self
        fallback = -1 if unknown is None else code[unknown]
        table = np.array([code.get(op, fallback) for op in self.vocabulary], dtype=np.int32)
        ops = table[self.ops]
        if (ops < 0).any():
            node = int(np.argmax(ops < 0))
            raise UnknownOperationError(
                f"unknown operation {self.vocabulary[self.ops[node]]!r}; known ones are "
                f"{', '.join(map(repr, sorted(target)))}. Fit on architectures that use it (pre-train on "
                "the whole pool), or map it with GraphTensorizer(unknown_op='unknown')",
                index=int(self.node_owner[node]),
            )
        return self._trusted(**(self._columns() | {"ops": ops, "vocabulary": target}))

    def to_networkx(self, *, op_attr: str = "op", feature_attr: str = "features") -> list[nx.DiGraph[Any]]:
        """NetworkX graphs with nodes 0 to n - 1.

        Parameters
        ----------
        op_attr : str, default="op"
            Node attribute that gets the operation.
        feature_attr : str, default="features"
            Node attribute that gets the node features, if there are any.

        Returns
        -------
        list of networkx.DiGraph
            Parallel edges appear once, with their number in the edge attribute ``multiplicity``.

        Examples
        --------
        >>> from fgp_sklearn.datasets import nasbench201_space
        >>> graph = nasbench201_space()[:1].to_networkx()[0]
        >>> graph.nodes[1]
        {'op': 'avg_pool_3x3'}
        """
        graphs = []
        names = np.array(self.vocabulary, dtype=object)[self.ops].tolist()
        for i in range(len(self)):
            start, stop = int(self.node_ptr[i]), int(self.node_ptr[i + 1])
            graph: nx.DiGraph[Any] = (
                nx.DiGraph() if self.names is None else nx.DiGraph(name=str(self.names[i]))
            )
            graph.add_nodes_from((k, {op_attr: op}) for k, op in enumerate(names[start:stop]))
            if self.node_features is not None:
                for k in range(stop - start):
                    graph.nodes[k][feature_attr] = self.node_features[start + k].tolist()
            edges = slice(int(self.edge_ptr[i]), int(self.edge_ptr[i + 1]))
            pairs = self.edges[:, edges].T.tolist()
            if self.multiplicity is None:
                graph.add_edges_from(pairs)
            else:
                counts = self.multiplicity[edges].tolist()
                graph.add_edges_from(
                    (u, v, {"multiplicity": m}) for (u, v), m in zip(pairs, counts, strict=True)
                )
            graphs.append(graph)
        return graphs

    def to_pairs(self) -> list[tuple[NDArray[Any], list[str]]]:
        """Architectures as ``(adjacency, ops)`` pairs.

        Returns
        -------
        list of (ndarray of shape (n_nodes, n_nodes), list of str)
            Matrices are int8 with entries 0 and 1, or float64 counts if edges of the batch are
            parallel. :func:`as_batch` takes counts from `Architecture` objects, ``list(batch)``, only.

        Examples
        --------
        >>> from fgp_sklearn.architectures import as_batch
        >>> as_batch([([[0, 1], [0, 0]], ["input", "output"])]).to_pairs()
        [(array([[0, 1],
               [0, 0]], dtype=int8), ['input', 'output'])]
        """
        return [(a.adjacency, list(a.ops)) for a in self]

    # ------------------------------------------------------------------ internals

    def _columns(self) -> dict[str, Any]:
        return {
            "ops": self.ops,
            "edges": self.edges,
            "node_ptr": self.node_ptr,
            "edge_ptr": self.edge_ptr,
            "vocabulary": self.vocabulary,
            "multiplicity": self.multiplicity,
            "node_features": self.node_features,
            "names": self.names,
        }

    def _architecture(self, i: int) -> Architecture:
        nodes = slice(int(self.node_ptr[i]), int(self.node_ptr[i + 1]))
        edges = slice(int(self.edge_ptr[i]), int(self.edge_ptr[i + 1]))
        size = nodes.stop - nodes.start
        counts = 1 if self.multiplicity is None else self.multiplicity[edges]
        adjacency = np.zeros((size, size), dtype=np.int8 if self.multiplicity is None else np.float64)
        adjacency[self.edges[0, edges], self.edges[1, edges]] = counts
        return Architecture(
            adjacency=adjacency,
            ops=tuple(self.vocabulary[code] for code in self.ops[nodes].tolist()),
            name="" if self.names is None else str(self.names[i]),
            node_features=None if self.node_features is None else self.node_features[nodes].copy(),
        )

    def _positions(self, indices: Any) -> NDArray[np.int64]:
        chosen = np.asarray(indices)
        if chosen.ndim != 1:
            raise IndexError(f"indices must be one-dimensional, got shape {chosen.shape}")
        if chosen.size and chosen.dtype.kind not in "iu":
            raise IndexError(f"indices must be integers, got {chosen.dtype}; a mask goes in brackets")
        outside = (chosen < -len(self)) | (chosen >= len(self))
        if outside.any():
            raise IndexError(
                f"index {chosen[np.argmax(outside)]} is out of range for {len(self)} architectures"
            )
        return np.where(chosen < 0, chosen + len(self), chosen).astype(np.int64)

    def _same_ops(self, other: ArchitectureBatch) -> bool:
        if self.vocabulary == other.vocabulary:
            return np.array_equal(self.ops, other.ops)
        code = {op: i for i, op in enumerate(self.vocabulary)}
        table = np.array([code.get(op, -1) for op in other.vocabulary], dtype=np.int32)
        return np.array_equal(self.ops, table[other.ops])

    def _check_lengths(self) -> None:
        n_architectures = len(self.node_ptr) - 1
        expected = {
            "ops": (self.ops.shape, (int(self.node_ptr[-1]),)),
            "edges": (self.edges.shape, (2, int(self.edge_ptr[-1]))),
            "edge_ptr": (self.edge_ptr.shape, (n_architectures + 1,)),
        }
        if self.multiplicity is not None:
            expected["multiplicity"] = (self.multiplicity.shape, (int(self.edge_ptr[-1]),))
        if self.node_features is not None:
            width = max(1, self.node_features.shape[1]) if self.node_features.ndim == 2 else 1
            expected["node_features"] = (self.node_features.shape, (int(self.node_ptr[-1]), width))
        if self.names is not None:
            expected["names"] = (self.names.shape, (n_architectures,))
        for column, (shape, right) in expected.items():
            if shape != right:
                raise ArchitectureError(f"{column} has shape {shape} where {right} is needed")

    def _check_nodes(self) -> None:
        empty = self.n_nodes == 0
        if empty.any():
            raise ArchitectureError(
                "it has no nodes; give it at least one node or leave it out", index=int(np.argmax(empty))
            )
        bad = (self.ops < 0) | (self.ops >= len(self.vocabulary))
        if bad.any():
            node = int(np.argmax(bad))
            raise UnknownOperationError(
                f"operation code {int(self.ops[node])} is not in 0 .. {len(self.vocabulary) - 1}",
                index=int(self.node_owner[node]),
            )
        if self.node_features is not None and not np.isfinite(self.node_features).all():
            node = int(np.argmax(~np.isfinite(self.node_features).all(axis=1)))
            raise ArchitectureError("node features hold NaN or infinity", index=int(self.node_owner[node]))

    def _sort_and_check_edges(self) -> None:
        owner = np.repeat(np.arange(len(self)), self.n_edges)
        source, target = self.edges
        bad = (source < 0) | (target < 0) | (source >= self.n_nodes[owner]) | (target >= self.n_nodes[owner])
        if bad.any():
            edge = int(np.argmax(bad))
            raise ArchitectureError(
                f"edge ({source[edge]}, {target[edge]}) leaves its {self.n_nodes[owner[edge]]} nodes",
                index=int(owner[edge]),
            )
        if self.multiplicity is not None:
            bad = ~np.isfinite(self.multiplicity) | (self.multiplicity <= 0)
            if bad.any():
                edge = int(np.argmax(bad))
                raise ArchitectureError(
                    f"edge ({source[edge]}, {target[edge]}) has multiplicity "
                    f"{self.multiplicity[edge]:g}; it must be positive and finite",
                    index=int(owner[edge]),
                )
            self._set(multiplicity=unless_single(self.multiplicity))
        flat_source, flat_target = self.flat_edges
        step = np.diff(flat_source)
        in_order = (step > 0) | ((step == 0) & (np.diff(flat_target) >= 0))
        if not in_order.all():
            order = np.lexsort((flat_target, flat_source))
            self._set(edges=self.edges[:, order])
            if self.multiplicity is not None:
                self._set(multiplicity=self.multiplicity[order])
            del self.__dict__["flat_edges"]
        flat_source, flat_target = self.flat_edges
        twice = (np.diff(flat_source) == 0) & (np.diff(flat_target) == 0)
        if twice.any():
            edge = int(np.argmax(twice))
            raise ArchitectureError(
                f"edge ({self.edges[0, edge]}, {self.edges[1, edge]}) is listed twice; say so with "
                "multiplicity=2",
                index=int(owner[edge]),
            )

    def _raise_cycle(self, unreached: NDArray[np.bool_]) -> None:
        index = int(self.node_owner[np.argmax(unreached)])
        edges = self.edges[:, self.edge_ptr[index] : self.edge_ptr[index + 1]].T
        cycle = [u for u, _ in nx.find_cycle(nx.DiGraph(edges.tolist()))]
        raise CyclicArchitectureError(cycle_problem(cycle), index=index)


def cycle_problem(nodes: Sequence[Any]) -> str:
    """What to say about a cycle through the given nodes."""
    if len(nodes) == 1:
        return f"node {nodes[0]!r} has an edge to itself; remove it, architectures must be acyclic"
    path = " -> ".join(map(repr, [*nodes, nodes[0]]))
    return f"it has a cycle, {path}; remove an edge, architectures must be acyclic"


def _kinds_of(batch: ArchitectureBatch, *, backward: bool = False) -> Kinds:
    from fgp_sklearn.architectures._kinds import Kinds  # its walk over batches imports this module

    return Kinds.of(batch, backward=backward)


def _joined_multiplicity(batches: Sequence[ArchitectureBatch]) -> NDArray[np.float64] | None:
    if all(b.multiplicity is None for b in batches):
        return None
    return np.concatenate(
        [np.ones(b.edges.shape[1]) if b.multiplicity is None else b.multiplicity for b in batches]
    )


def _joined_features(batches: Sequence[ArchitectureBatch]) -> NDArray[np.float32] | None:
    features = [b.node_features for b in batches if b.node_features is not None]
    if not features:
        return None
    if len(features) < len(batches) or len({f.shape[1] for f in features}) > 1:
        raise ArchitectureError("either all architectures have the same node features or none has any")
    return np.concatenate(features)


def _joined_names(batches: Sequence[ArchitectureBatch]) -> NDArray[np.str_] | None:
    if all(b.names is None for b in batches):
        return None
    return np.concatenate(
        [np.full(len(b), "", dtype=np.str_) if b.names is None else b.names for b in batches]
    )


def _rebuild(cls: type[ArchitectureBatch], columns: dict[str, Any]) -> ArchitectureBatch:
    return cls._trusted(**columns)
