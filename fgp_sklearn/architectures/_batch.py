"""ArchitectureBatch: many architectures in a few flat arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from fgp_sklearn.architectures._forms._arrays import read_arrays
from fgp_sklearn.architectures._forms._networkx import write_graphs
from fgp_sklearn.architectures._forms._pairs import write_pair
from fgp_sklearn.architectures._joined import joined
from fgp_sklearn.architectures._lacking_keys import known_of
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.architectures._node_attributes import refuse_named_as
from fgp_sklearn.architectures._node_kinds import Kinds
from fgp_sklearn.architectures._positions import as_position
from fgp_sklearn.architectures._stored_batch import load_columns, save_columns
from fgp_sklearn.architectures._write_pyg import write_pyg


class ArchitectureBatch(ArchitectureColumns):
    """Immutable columnar container of architectures.

    ``ops`` holds the nodes of all architectures, one architecture after the other, and ``edges`` holds
    their edges. Two arrays of offsets give the beginning of each architecture. The 423,624 cells of
    NAS-Bench-101 take about 50 MB. Use :func:`as_batch` to make a batch from graphs or pairs.

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
        Number of parallel edges that each edge represents; 1 by default.
    attributes : mapping of str to array-like of float of shape (total_nodes,), optional
        Numbers that describe each node in addition to its operation, such as ``{"kernel": [...]}``. NaN
        where a node has none. Values beyond 1e30 in absolute value are errors.
    names : sequence of str of length n_architectures, optional
        One name per architecture. Equality ignores names.

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
    attribute_names : tuple of str
        Names of the attributes, sorted.
    attribute_values : ndarray of float64 of shape (total_nodes, n_attributes) or None
        One column per attribute; None if there are no attributes.
    attributes : dict of str to ndarray of float64
        The same columns by name.
    names : ndarray of str or None
        See above.
    shape : tuple of int
        ``(n_architectures,)``.

    Raises
    ------
    ArchitectureError
        If an architecture is empty, or has an edge to a missing node, an edge that is listed twice, an
        operation outside the vocabulary, or a cycle (`CyclicArchitectureError`).

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
        attributes: Mapping[str, Any] | None = None,
        names: Sequence[str] | None = None,
    ) -> None:
        columns = checked_columns(ops, edges, node_ptr, edge_ptr, vocabulary, multiplicity, attributes, names)
        super().__init__(**vars(columns))

    @classmethod
    def from_arrays(
        cls,
        adjacency: Any,
        ops: Any,
        vocabulary: Sequence[str],
        *,
        attributes: Mapping[str, Any] | None = None,
        names: Sequence[str] | None = None,
    ) -> Self:
        """Make a batch from stacked arrays, which is fast for whole search spaces.

        Parameters
        ----------
        adjacency : array-like of shape (n, n_nodes, n_nodes) or (n_nodes, n_nodes)
            0/1 matrices, one per architecture or one for all. For parallel edges, use the constructor with
            `multiplicity`.
        ops : array-like of int of shape (n, n_nodes)
            Operation of each node as an index into `vocabulary`. -1 marks padding after the nodes of
            smaller architectures.
        vocabulary : sequence of str
            Names of the operations.
        attributes : mapping of str to array-like of float of shape (n, n_nodes), optional
            Numbers that describe each node in addition to its operation, such as ``{"kernel": [...]}``. NaN
            where a node has none. Values beyond 1e30 in absolute value are errors. Entries of padding are
            ignored.
        names : sequence of str of length n, optional
            Names of the architectures.

        Returns
        -------
        ArchitectureBatch
            The architectures in the given order.

        Raises
        ------
        ArchitectureError
            If shapes do not match, a matrix has entries other than 0 and 1, or padding has edges.

        Examples
        --------
        >>> from fgp_sklearn.architectures import ArchitectureBatch
        >>> chain = [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
        >>> ArchitectureBatch.from_arrays(chain, [[0, 1, 3], [0, 2, 3]], ["in", "a", "b", "out"])
        ArchitectureBatch(n_architectures=2, n_nodes=6, n_edges=4, n_ops=4)
        """
        return cls.from_valid_columns(**vars(read_arrays(adjacency, ops, vocabulary, attributes, names)))

    @classmethod
    def concatenate(cls, batches: Sequence[ArchitectureBatch]) -> Self:
        """Join batches in the given order.

        Parameters
        ----------
        batches : sequence of ArchitectureBatch
            At least one batch. The new vocabulary holds the operations of all their vocabularies, and an
            attribute that a batch lacks is NaN for its nodes.

        Returns
        -------
        ArchitectureBatch
            All architectures of all batches.

        Raises
        ------
        ArchitectureError
            If there is no batch.

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
            cure = "GraphTensorizer turns them into numbers"
            if self.attribute_names:
                cure = (
                    "AttributeStatistics(1, sums=False) as the first step of a pipeline turns them into "
                    "counts of operations and means of attributes"
                )
            raise ArchitectureError(f"architectures are not {np.dtype(dtype)}; {cure}")
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
        return _rebuild, (type(self), self.columns())

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

    def to_networkx(self, *, op_attr: str = "op") -> list[nx.DiGraph[Any]]:
        """Architectures as NetworkX graphs with nodes 0 to n - 1.

        Parameters
        ----------
        op_attr : str, default="op"
            Node attribute to store the operation in. Attributes are stored under their own names, at the
            nodes that have them.

        Returns
        -------
        list of networkx.DiGraph
            One graph per architecture. Parallel edges are one edge, with their number in the edge attribute
            ``multiplicity``.

        Examples
        --------
        >>> from fgp_sklearn.datasets import nasbench201_space
        >>> graph = nasbench201_space()[:1].to_networkx()[0]
        >>> graph.nodes[1]
        {'op': 'avg_pool_3x3'}
        """
        refuse_named_as(op_attr, self.attribute_names)
        return write_graphs(self, op_attr)

    def to_pairs(self) -> list[tuple[NDArray[Any], list[Any]]]:
        """Architectures as ``(adjacency, ops)`` pairs.

        Returns
        -------
        list of (ndarray of shape (n_nodes, n_nodes), list of str or of dict)
            Matrices are int8 with entries 0 and 1, or float64 counts if the batch has parallel edges.
            :func:`as_batch` reads counts from `Architecture` objects only, as in ``list(batch)``. With
            attributes, operations are mappings such as ``{"op": "conv", "kernel": 3.0}``. A node without an
            attribute that other nodes with its operation have is written with None.

        Examples
        --------
        >>> from fgp_sklearn.architectures import as_batch
        >>> as_batch([([[0, 1], [0, 0]], ["input", "output"])]).to_pairs()
        [(array([[0, 1],
               [0, 0]], dtype=int8), ['input', 'output'])]
        """
        refuse_named_as("op", self.attribute_names)
        known = known_of(self)
        return [write_pair(architecture, known) for architecture in self]

    def to_pyg(self) -> list[Any]:
        """Architectures as graphs of PyTorch Geometric (``pip install fgp-sklearn[pyg]``).

        Returns
        -------
        list of torch_geometric.data.Data
            One graph per architecture. ``x`` is the operation of each node, one-hot over the vocabulary, and
            ``op`` its code. ``edge_weight`` counts parallel edges, if there are any. ``attributes`` has a
            column for each of `attribute_names`, NaN where a node has none.

        Examples
        --------
        >>> from fgp_sklearn.datasets import nasbench201_space
        >>> nasbench201_space()[:1].to_pyg()
        [Data(x=[8, 7], edge_index=[2, 10], op=[8])]
        """
        return write_pyg(self)

    def save(self, path: str | PathLike[str]) -> None:
        """Save the batch in one safetensors file, which contains only numbers and text.

        The arrays of the file are the columns. Its header holds the vocabulary, the version of the format
        and a checksum as JSON. The file is written completely or not at all.

        Parameters
        ----------
        path : str or path-like
            The file, such as ``"space.safetensors"``. An existing file that this library saved is replaced.

        Raises
        ------
        PersistenceError
            If the file exists and was not saved by this library.
        OSError
            If the file cannot be written. An existing file then stays unchanged.

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
        """Load a batch that `save` wrote.

        Loading never executes code from the file, whatever its source. It takes at most a few times as
        much memory as the file has bytes.

        Parameters
        ----------
        path : str or path-like
            The saved file.

        Returns
        -------
        ArchitectureBatch
            The same architectures with the same names, checked as by the constructor.

        Raises
        ------
        PersistenceError
            If the file is damaged, has a newer format, or holds no valid batch.
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
            attributes={name: column[nodes].copy() for name, column in self.attributes.items()} or None,
        )


def _rebuild(cls: type[ArchitectureBatch], columns: dict[str, Any]) -> ArchitectureBatch:
    return cls.from_valid_columns(**columns)
