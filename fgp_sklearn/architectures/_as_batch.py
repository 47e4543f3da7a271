"""as_batch: the one door through which architectures enter."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from typing import Any

import networkx as nx
import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture import Architecture
from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._matrix import depth, read_pairs
from fgp_sklearn.architectures._networkx import read_graphs
from fgp_sklearn.architectures._unlabeled_pool import UnlabeledPool

_WANTED = "a sequence of networkx.DiGraph, a sequence of (adjacency, ops) pairs, or an ArchitectureBatch"
_NONE_GIVEN = "Found array with 0 sample(s): there are no architectures, while a minimum of 1 is required"


def as_batch(X: Any, *, op_attr: Hashable = "op", feature_attr: Hashable | None = None) -> ArchitectureBatch:
    """Read architectures in any accepted form.

    Parameters
    ----------
    X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
            UnlabeledPool
        Forms may be mixed. An adjacency is an ndarray, a nested list, a SciPy sparse matrix or a torch
        tensor of shape (n_nodes, n_nodes) with entries 0 and 1, where ``[i, j]`` is the edge from ``i``
        to ``j``; ops has one str or int a node (integers are named by their digits). A batch, and the
        one in a pool, is returned as it is.
    op_attr : hashable, default="op"
        Node attribute of graphs that holds the operation.
    feature_attr : hashable, optional
        Node attribute of graphs that holds further numbers, a sequence of one length.

    Returns
    -------
    ArchitectureBatch
        The architectures in the given order, nodes in the given order. The vocabulary of a new
        batch is the operations that occur, sorted.

    Raises
    ------
    ArchitectureError
        If an architecture is malformed (the message names its index and the cure), if there is none,
        or if `X` is one architecture instead of a sequence.

    Notes
    -----
    How often an edge is there is read or refused, never lost. Read are the entries of an `Architecture`,
    the edge attribute ``multiplicity``, and parallel edges of a `networkx.MultiDiGraph`. Other matrices may
    hold 0 and 1 alone. An edge attribute ``weight``, which `networkx.from_numpy_array` makes of the entries
    of a matrix, must be 1 where there is no ``multiplicity``.

    Examples
    --------
    >>> import networkx as nx
    >>> from fgp_sklearn.architectures import as_batch
    >>> graph = nx.DiGraph()
    >>> graph.add_node("stem", op="input")
    >>> graph.add_node("head", op="output")
    >>> graph.add_edge("stem", "head")
    >>> as_batch([graph, ([[0, 1], [0, 0]], ["input", "output"])])
    ArchitectureBatch(n_architectures=2, n_nodes=4, n_edges=2, n_ops=2)
    """
    if isinstance(X, UnlabeledPool):
        return X.architectures
    if isinstance(X, ArchitectureBatch):
        if not len(X):
            raise ArchitectureError(_NONE_GIVEN)
        return X
    items = _as_list(X)
    is_graph = np.fromiter((isinstance(item, nx.Graph) for item in items), dtype=bool, count=len(items))
    for index in np.flatnonzero(~is_graph):
        if not _is_pair(items[index]):
            raise ArchitectureError(_not_an_architecture(items[index]), int(index))
    if is_graph.all():
        return read_graphs(items, op_attr=op_attr, feature_attr=feature_attr)
    if not is_graph.any():
        return read_pairs(items)
    graphs, pairs = np.flatnonzero(is_graph), np.flatnonzero(~is_graph)
    with _indices_of(graphs):
        first = read_graphs([items[i] for i in graphs], op_attr=op_attr, feature_attr=feature_attr)
    with _indices_of(pairs):
        second = read_pairs([items[i] for i in pairs])
    joined = ArchitectureBatch.concatenate([first, second])
    order = np.argsort(np.concatenate([graphs, pairs]))
    return joined.take(order).recode(joined.used_ops())


@contextmanager
def _indices_of(positions: NDArray[np.int64]) -> Iterator[None]:
    """Let errors name positions in the whole sequence."""
    try:
        yield
    except ArchitectureError as error:
        if error.index is None:
            raise
        raise type(error)(error.problem, int(positions[error.index])) from error.__cause__


def _as_list(X: Any) -> list[Any]:
    _refuse_one_architecture(X)
    if isinstance(X, Iterator):
        raise ArchitectureError(
            f"expected {_WANTED}, got {type(X).__name__}, which can be read only once; give a list"
        )
    if isinstance(X, (str, bytes, Mapping, Set)) or scipy.sparse.issparse(X) or not isinstance(X, Iterable):
        raise ArchitectureError(f"expected {_WANTED}, got {type(X).__name__}")
    dimensions = getattr(X, "ndim", 1)
    is_table = isinstance(X, np.ndarray) or hasattr(X, "to_numpy")
    if is_table and getattr(X, "shape", ())[1:] == (1,):  # a column, as ColumnTransformer hands it
        X = np.asarray(X, dtype=object)[:, 0]
    elif dimensions != 1:
        raise ArchitectureError(
            f"expected {_WANTED}, got {type(X).__name__} with {dimensions} dimensions; stacked arrays "
            "become a batch with ArchitectureBatch.from_arrays"
        )
    items = list(X)
    if not items:
        raise ArchitectureError(_NONE_GIVEN)
    return items


def _refuse_one_architecture(X: Any) -> None:
    if isinstance(X, nx.Graph):
        raise ArchitectureError(
            "one graph was given where a sequence of architectures is meant (its nodes would pass as "
            "samples); wrap it: [graph]"
        )
    if isinstance(X, Architecture):
        raise ArchitectureError(
            "one Architecture was given where a sequence is meant; wrap it: [architecture]"
        )
    if isinstance(X, (list, tuple)) and len(X) == 2 and depth(X[0]) == 2 and depth(X[1]) == 1:
        raise ArchitectureError(
            "one (adjacency, ops) pair was given where a sequence is meant; wrap it: [(adjacency, ops)]"
        )


def _is_pair(item: Any) -> bool:
    return isinstance(item, Architecture) or (isinstance(item, (tuple, list)) and len(item) == 2)


def _not_an_architecture(item: Any) -> str:
    found = f"it is {type(item).__name__}"
    if isinstance(item, (tuple, list)):
        found += f" of length {len(item)}"
    return f"{found}; expected {_WANTED}"
