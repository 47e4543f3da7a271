"""ArchitectureColumns: the arrays of an ArchitectureBatch, and the arrays derived from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Self, TypeVar

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._errors import (
    ArchitectureError,
    CyclicArchitectureError,
    UnknownOperationError,
)
from fgp_sklearn.architectures._messages import cycle_problem, named, shown
from fgp_sklearn.architectures._offsets import offsets, ranges
from fgp_sklearn.architectures._ops import UNKNOWN_OP, as_vocabulary, op_name
from fgp_sklearn.architectures._positions import as_positions
from fgp_sklearn.architectures._random_codes import by_first_appearance

Array = TypeVar("Array", bound=NDArray[Any])

_FIT_ON_ALL_OPERATIONS = (
    "Fit on architectures that use it (give a regressor the whole pool, in fit_pretrain if it has that "
    "method, else in fit as X_unlabeled), or map it with GraphTensorizer(unknown_op='unknown')"
)
_PRETRAIN_ON_TENSORS = (
    "Pre-train on what the GraphTensorizer makes too: fit_pretrain(tensorizer.fit_transform(pool))"
)


class ArchitectureColumns:
    """Immutable columns of many architectures, and what is derived from them.

    Functions that compute on a batch use nothing else. `ArchitectureBatch` extends this class by the
    sequence of architectures, their forms and files, and offers some of these functions as methods.

    Parameters
    ----------
    **columns : ndarray, tuple or None
        The attributes of an `ArchitectureBatch`, and any derived columns. They are not checked (see
        `checked_columns`). Arrays become read-only.
    """

    ops: NDArray[np.int32]
    edges: NDArray[np.int32]
    node_ptr: NDArray[np.int64]
    edge_ptr: NDArray[np.int64]
    vocabulary: tuple[str, ...]
    multiplicity: NDArray[np.float64] | None
    attribute_names: tuple[str, ...] = ()
    attribute_values: NDArray[np.float64] | None = None
    names: NDArray[np.str_] | None = None
    vocabulary_is_fixed: bool = False  # whether the whole vocabulary counts as used, as after GraphTensorizer

    def __init__(self, **columns: Any) -> None:
        for name, column in columns.items():
            self.__dict__[name] = frozen(column) if isinstance(column, np.ndarray) else column

    @classmethod
    def from_valid_columns(cls, **columns: Any) -> Self:
        """Make a batch from columns that are known to be valid, without checks.

        Parameters
        ----------
        **columns : ndarray, tuple or None
            The attributes of the batch, with edges sorted as the batch sorts them. Arrays become read-only.

        Returns
        -------
        ArchitectureBatch
            The batch.
        """
        batch = cls.__new__(cls)
        ArchitectureColumns.__init__(batch, **columns)
        return batch

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"cannot set {name!r}: an {type(self).__name__} is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"cannot delete {name!r}: an {type(self).__name__} is immutable")

    @property
    def shape(self) -> tuple[int]:
        """Shape that scikit-learn sees: ``(n_architectures,)``."""
        return (len(self.node_ptr) - 1,)

    def __len__(self) -> int:
        return len(self.node_ptr) - 1

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ArchitectureColumns):
            return NotImplemented
        return (
            np.array_equal(self.node_ptr, other.node_ptr)
            and np.array_equal(self.edge_ptr, other.edge_ptr)
            and np.array_equal(self.edges, other.edges)
            and equal_or_both_none(self.multiplicity, other.multiplicity)
            and same_attributes(self.attributes, other.attributes)
            and self._same_ops(other)
        )

    __hash__ = None  # type: ignore[assignment]  # equality is by value and costs O(n)

    # ------------------------------------------------------------------ derived columns

    @property
    def attributes(self) -> dict[str, NDArray[np.float64]]:
        """Attributes of nodes by name: arrays of shape (total_nodes,), NaN where a node has none."""
        values = self.attribute_values
        return {} if values is None else dict(zip(self.attribute_names, values.T, strict=True))

    @cached_property
    def n_nodes(self) -> NDArray[np.int64]:
        """Number of nodes of each architecture, shape (n_architectures,)."""
        return frozen(np.diff(self.node_ptr))

    @cached_property
    def n_edges(self) -> NDArray[np.int64]:
        """Number of edges of each architecture. Parallel edges count once."""
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
    def node_rows(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Distinct rows of operation and attributes: a node with each row, and the row of each node."""
        row = self.ops.astype(np.int64)
        for column in self.attributes.values():
            values, rank = np.unique(column, return_inverse=True)  # one NaN
            row = by_first_appearance(row * len(values) + rank)[1]
        first, row = by_first_appearance(row)
        return frozen(first), frozen(row)

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
            claim[ready] = turn  # if several edges reach a node, the last one keeps the claim
            frontier = ready[claim[ready] == turn]
            level += 1
        if (generation < 0).any():
            self._raise_cycle(generation < 0)
        return frozen(generation)

    @cached_property
    def relative_depth(self) -> NDArray[np.float64]:
        """Generation of each node over the last one of its architecture; 0 in architectures without edges."""
        deepest = np.maximum.reduceat(self.generation, self.node_ptr[:-1])
        return frozen(self.generation / np.maximum(deepest, 1)[self.node_owner])

    def used_ops(self) -> tuple[str, ...]:
        """Names of the operations that occur, sorted.

        Returns
        -------
        tuple of str
            The operations of at least one node, and the unknown operation if the vocabulary contains it. The
            whole vocabulary if `GraphTensorizer` made the batch.

        Examples
        --------
        >>> from fgp_sklearn.datasets import nasbench201_space
        >>> nasbench201_space()[:1].used_ops()
        ('avg_pool_3x3', 'input', 'output')
        """
        if self.vocabulary_is_fixed:
            return tuple(sorted(self.vocabulary))
        counts = np.bincount(self.ops, minlength=len(self.vocabulary)).tolist()
        used = [op for op, n in zip(self.vocabulary, counts, strict=True) if n or op == UNKNOWN_OP]
        return tuple(sorted(used))

    # ------------------------------------------------------------------ new batches from old

    def take(self, indices: Any) -> Self:
        """Architectures at the given positions, in the given order. Repeats are allowed.

        Parameters
        ----------
        indices : array-like of int of shape (n,), or of bool of shape (n_architectures,)
            Positions in the batch, or a mask. Negative positions count from the end.

        Returns
        -------
        ArchitectureBatch
            A batch of ``n`` architectures, or of those that the mask selects.

        Raises
        ------
        IndexError
            If an index is out of range or not an integer, or a mask has the wrong length.

        Examples
        --------
        >>> from fgp_sklearn.datasets import nasbench201_space
        >>> nasbench201_space().take([4, 4, 0]).shape
        (3,)
        """
        chosen = as_positions(indices, len(self))
        nodes = ranges(self.node_ptr[chosen], self.n_nodes[chosen])
        edges = ranges(self.edge_ptr[chosen], self.n_edges[chosen])
        return self.from_valid_columns(
            ops=self.ops[nodes],
            edges=self.edges[:, edges],
            node_ptr=offsets(self.n_nodes[chosen]),
            edge_ptr=offsets(self.n_edges[chosen]),
            vocabulary=self.vocabulary,
            multiplicity=None if self.multiplicity is None else unless_single(self.multiplicity[edges]),
            attribute_names=self.attribute_names,
            attribute_values=None if self.attribute_values is None else self.attribute_values[nodes],
            names=None if self.names is None else self.names[chosen],
            vocabulary_is_fixed=self.vocabulary_is_fixed,
        )

    def recode(self, vocabulary: Sequence[str], *, unknown: str | None = None) -> Self:
        """The same architectures with operations coded by another vocabulary.

        Parameters
        ----------
        vocabulary : sequence of str
            Names of the operations. It must contain every operation that occurs, unless `unknown` is given.
        unknown : str, optional
            Entry of `vocabulary` that replaces operations outside `vocabulary`.

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
            raise ArchitectureError(
                f"the vocabulary lacks {shown(unknown)}, which is to replace unknown operations"
            )
        if target == self.vocabulary:
            return self
        fallback = -1 if unknown is None else code[unknown]
        table = np.array([code.get(op, fallback) for op in self.vocabulary], dtype=np.int32)
        ops = table[self.ops]
        if (ops < 0).any():
            node = int(np.argmax(ops < 0))
            op = self.vocabulary[self.ops[node]]
            cure = _PRETRAIN_ON_TENSORS if op == UNKNOWN_OP else _FIT_ON_ALL_OPERATIONS
            raise UnknownOperationError(
                f"unknown operation {shown(op)}; known ones are {named(sorted(target))}. {cure}",
                index=int(self.node_owner[node]),
                op=op,
                known=target,
            )
        return self.with_columns(ops=ops, vocabulary=target)

    def with_columns(self, **changed: Any) -> Self:
        """The same batch with some columns replaced; they are not checked.

        Parameters
        ----------
        **changed : ndarray, tuple or None
            The new columns by name, as `from_valid_columns` takes them.

        Returns
        -------
        ArchitectureBatch
            A batch with these columns.
        """
        return self.from_valid_columns(**(self.columns() | changed))

    def columns(self) -> dict[str, Any]:
        """The columns by name, without those that are derived from others.

        Returns
        -------
        dict of str to ndarray, tuple or None
            As `from_valid_columns` takes them.
        """
        return {name: getattr(self, name) for name in ArchitectureColumns.__annotations__}

    def renamed(self, names: Sequence[str]) -> Self:
        """The same architectures with other names of operations.

        Parameters
        ----------
        names : sequence of str
            New name of each operation of `vocabulary`. Operations with equal names become one.

        Returns
        -------
        ArchitectureBatch
            A batch whose vocabulary is the sorted new names.

        Raises
        ------
        ArchitectureError
            If there is not one name for each operation.

        Examples
        --------
        >>> from fgp_sklearn.architectures import as_batch
        >>> batch = as_batch([([[0, 1], [0, 0]], ["Conv2d", "conv"])])
        >>> batch.renamed(["conv", "conv"]).vocabulary
        ('conv',)
        """
        new = [op_name(name) for name in names]
        if len(new) != len(self.vocabulary):
            raise ArchitectureError(
                f"there are {len(new):,} names for {len(self.vocabulary):,} operations; give one for each"
            )
        vocabulary = tuple(sorted(set(new)))
        code = {name: i for i, name in enumerate(vocabulary)}
        table = np.array([code[name] for name in new], dtype=np.int32)
        return self.with_columns(ops=table[self.ops], vocabulary=vocabulary)

    # ------------------------------------------------------------------ internals

    def _same_ops(self, other: ArchitectureColumns) -> bool:
        if self.vocabulary == other.vocabulary:
            return np.array_equal(self.ops, other.ops)
        code = {op: i for i, op in enumerate(self.vocabulary)}
        table = np.array([code.get(op, -1) for op in other.vocabulary], dtype=np.int32)
        return np.array_equal(self.ops, table[other.ops])

    def _raise_cycle(self, unreached: NDArray[np.bool_]) -> None:
        index = int(self.node_owner[np.argmax(unreached)])
        edges = self.edges[:, self.edge_ptr[index] : self.edge_ptr[index + 1]].T
        cycle = [u for u, _ in nx.find_cycle(nx.DiGraph(edges.tolist()))]
        raise CyclicArchitectureError(cycle_problem(cycle), index=index)


def frozen(array: Array) -> Array:
    """The array, read-only."""
    array.flags.writeable = False
    return array


def unless_single(multiplicity: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The numbers of parallel edges, or None if every edge is single."""
    return None if bool((multiplicity == 1).all()) else multiplicity


def equal_or_both_none(first: Any, second: Any) -> bool:
    """Whether two optional arrays are equal."""
    if first is None or second is None:
        return first is second
    return np.array_equal(first, second)


def same_attributes(first: Any, second: Any) -> bool:
    """Whether two mappings hold the same numbers; an attribute that no node has does not count.

    Parameters
    ----------
    first, second : mapping of str to array-like of float of shape (n_nodes,), or None
        Attributes, NaN where a node has none.

    Returns
    -------
    bool
        False as well if a mapping is malformed.
    """
    if not first and not second:
        return True
    try:
        present = [_present(first or {}), _present(second or {})]
    except (AttributeError, OverflowError, TypeError, ValueError):
        return first is second
    return present[0].keys() == present[1].keys() and all(
        np.array_equal(column, present[1][name], equal_nan=True) for name, column in present[0].items()
    )


def _present(attributes: Mapping[str, Any]) -> dict[str, NDArray[np.float64]]:
    columns = {name: np.asarray(values, dtype=np.float64) for name, values in attributes.items()}
    return {name: column for name, column in columns.items() if not np.isnan(column).all()}
