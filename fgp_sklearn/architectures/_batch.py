"""ArchitectureBatch: many architectures in a few flat arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from os import PathLike
from typing import Any, Self, overload

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture import Architecture
from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._checked_columns import checked_columns
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._joined import joined
from fgp_sklearn.architectures._kinds import Kinds
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.architectures._positions import as_position
from fgp_sklearn.architectures._stored_batch import load_columns, save_columns
from fgp_sklearn.architectures.forms._arrays import read_arrays
from fgp_sklearn.architectures.forms._networkx import write_graphs


class ArchitectureBatch(ArchitectureColumns):
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
        columns = checked_columns(
            ops, edges, node_ptr, edge_ptr, vocabulary, multiplicity, node_features, names
        )
        super().__init__(**vars(columns))

    @classmethod
    def from_arrays(
        cls, adjacency: Any, ops: Any, vocabulary: Sequence[str], *, names: Sequence[str] | None = None
    ) -> Self:
        """Make a batch from stacked arrays, the fast lane for whole search spaces.

        Parameters
        ----------
        adjacency : array-like of shape (n, n_nodes, n_nodes) or (n_nodes, n_nodes)
            0/1 matrices, one an architecture or one for all of them. Parallel edges need the constructor
            and its `multiplicity`.
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
        return cls.from_valid_columns(**vars(read_arrays(adjacency, ops, vocabulary, names)))

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
        return cls.from_valid_columns(**vars(joined(batches)))

    # ------------------------------------------------------------------ sequence protocol

    def __iter__(self) -> Iterator[Architecture]:
        return (self._architecture(i) for i in range(len(self)))

    @overload
    def __getitem__(self, key: int) -> Architecture: ...
    @overload
    def __getitem__(self, key: Any) -> ArchitectureBatch: ...
    def __getitem__(self, key: Any) -> Architecture | ArchitectureBatch:
        if isinstance(key, tuple):  # scikit-learn indexes X[idx, ...]
            if len(key) != 2 or key[1] is not Ellipsis:
                raise IndexError(f"an ArchitectureBatch has one axis, got the index {shown(key)}")
            key = key[0]
        if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
            return self._architecture(as_position(key, len(self)))
        return self.take(np.arange(len(self))[key] if key is Ellipsis or isinstance(key, slice) else key)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.object_]:
        if dtype is not None and np.dtype(dtype) != np.dtype(object):
            raise ArchitectureError(f"architectures are not {np.dtype(dtype)}; GraphTensorizer gives numbers")
        column = np.empty(len(self), dtype=object)
        for i, architecture in enumerate(self):
            column[i] = architecture
        return column

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(n_architectures={len(self)}, n_nodes={len(self.ops)}, "
            f"n_edges={self.edges.shape[1]}, n_ops={len(self.vocabulary)})"
        )

    def _repr_html_(self) -> str:
        from fgp_sklearn.architectures._html import batch_html  # for notebooks only

        return batch_html(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self._columns())

    # ------------------------------------------------------------------ derived columns

    @cached_property
    def forward_kinds(self) -> Kinds:
        """Classes of nodes with identical inputs in a pass from sources to sinks, computed once."""
        return Kinds.of(self)

    @cached_property
    def backward_kinds(self) -> Kinds:
        """Classes of nodes with identical inputs in a pass from sinks to sources, computed once."""
        return Kinds.of(self, backward=True)

    # ------------------------------------------------------------------ forms and files

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
        return write_graphs(self, op_attr, feature_attr)

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

    def save(self, path: str | PathLike[str]) -> None:
        """Save the batch in one file of numbers and text, which any reader of safetensors opens.

        The columns are arrays of the file; vocabulary, version of the format and a checksum stand as JSON
        in its header. The file is written whole or not at all.

        Parameters
        ----------
        path : str or path-like
            The file, as ``"space.safetensors"``; replaced if it exists and was saved by this library.

        Raises
        ------
        PersistenceError
            If the file exists and is another library's.
        OSError
            If the disk refuses; the old file is then untouched.

        Examples
        --------
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from fgp_sklearn.architectures import ArchitectureBatch
        >>> from fgp_sklearn.datasets import nasbench201_space
        >>> space = nasbench201_space()
        >>> with TemporaryDirectory() as folder:
        ...     file = Path(folder) / "space.safetensors"
        ...     space.save(file)
        ...     ArchitectureBatch.load(file) == space
        True
        """
        save_columns(self, path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> ArchitectureBatch:
        """Load a batch that was saved.

        Nothing in the file is executed, whoever made it, and no more memory is taken than a few times its
        size.

        Parameters
        ----------
        path : str or path-like
            The file that `save` wrote.

        Returns
        -------
        ArchitectureBatch
            The same architectures with the same names, checked as by the constructor.

        Raises
        ------
        PersistenceError
            If the file is damaged, of a newer format, or holds no valid batch.
        OSError
            If the file cannot be opened.

        Examples
        --------
        See `save`.
        """
        return ArchitectureBatch.from_valid_columns(**vars(load_columns(path)))

    # ------------------------------------------------------------------ internals

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


def _rebuild(cls: type[ArchitectureBatch], columns: dict[str, Any]) -> ArchitectureBatch:
    return cls.from_valid_columns(**columns)
