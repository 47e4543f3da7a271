"""as_batch: the one door through which architectures enter."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import networkx as nx
import numpy as np

from fgp_sklearn.architectures._batch import Architecture, ArchitectureBatch
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._matrix import read_pairs
from fgp_sklearn.architectures._networkx import read_graphs

_WANTED = "a sequence of networkx.DiGraph, a sequence of (adjacency, ops) pairs, or an ArchitectureBatch"


def as_batch(
    X: Any, *, op_attr: Hashable = "op", feature_attr: Hashable | None = None
) -> ArchitectureBatch:
    """Read architectures in any accepted form.

    Parameters
    ----------
    X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
        Forms may be mixed. An adjacency is an ndarray, a nested list or a SciPy sparse matrix of
        shape (n_nodes, n_nodes) with entries 0 and 1, where ``[i, j]`` is the edge from ``i`` to
        ``j``; ops has one str or int a node (integers are named by their digits). A batch is
        returned as it is.
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
        If an architecture is malformed; the message names its index and the cure.

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
    if isinstance(X, ArchitectureBatch):
        return X
    items = _as_list(X)
    is_graph = np.fromiter((isinstance(item, nx.Graph) for item in items), dtype=bool, count=len(items))
    for index in np.flatnonzero(~is_graph):
        if not _is_pair(items[index]):
            raise ArchitectureError(_not_an_architecture(items[index], X), int(index))
    if is_graph.all():
        return read_graphs(items, op_attr=op_attr, feature_attr=feature_attr)
    if not is_graph.any():
        return read_pairs(items)
    parts, positions = [], []
    for where in (np.flatnonzero(is_graph), np.flatnonzero(~is_graph)):
        chosen = [items[i] for i in where]
        try:
            parts.append(
                read_graphs(chosen, op_attr=op_attr, feature_attr=feature_attr)
                if is_graph[where[0]]
                else read_pairs(chosen)
            )
        except ArchitectureError as error:
            if error.index is None:
                raise
            raise type(error)(error.problem, int(where[error.index])) from None
        positions.append(where)
    joined = ArchitectureBatch.concatenate(parts)
    vocabulary = joined.used_ops()
    return joined.take(np.argsort(np.concatenate(positions))).recode(vocabulary)


def _as_list(X: Any) -> list[Any]:
    if isinstance(X, nx.Graph):
        raise ArchitectureError(
            "one graph was given where a sequence of architectures is meant (its nodes would pass as "
            "samples); wrap it: [graph]"
        )
    if isinstance(X, Architecture):
        raise ArchitectureError("one Architecture was given where a sequence is meant; wrap it: [architecture]")
    if isinstance(X, (str, bytes, dict)) or not isinstance(X, Iterable):
        raise ArchitectureError(f"expected {_WANTED}, got {type(X).__name__}")
    if isinstance(X, tuple) and _is_pair(X) and not any(map(_is_architecture, X)):
        raise ArchitectureError(
            "one (adjacency, ops) pair was given where a sequence is meant; wrap it: [(adjacency, ops)]"
        )
    dimensions = getattr(X, "ndim", 1)
    if dimensions == 2 and X.shape[1] == 1:  # a column of a DataFrame, as ColumnTransformer hands it
        X = np.asarray(X, dtype=object)[:, 0]
    elif dimensions != 1:
        raise ArchitectureError(
            f"expected {_WANTED}, got {type(X).__name__} with {dimensions} dimensions; stacked arrays "
            "become a batch with ArchitectureBatch.from_arrays"
        )
    items = list(X)
    if not items:
        raise ArchitectureError(
            "Found array with 0 sample(s): there are no architectures, while a minimum of 1 is required"
        )
    return items


def _is_architecture(item: Any) -> bool:
    return isinstance(item, (nx.Graph, Architecture)) or (
        isinstance(item, tuple) and len(item) == 2 and getattr(item[0], "ndim", 0) == 2
    )


def _is_pair(item: Any) -> bool:
    return isinstance(item, Architecture) or (isinstance(item, (tuple, list)) and len(item) == 2)


def _not_an_architecture(item: Any, X: Any) -> str:
    found = f"it is {type(item).__name__}"
    if isinstance(item, (tuple, list)):
        found += f" of length {len(item)}"
    hint = ""
    if isinstance(X, list) and len(X) == 2 and getattr(item, "ndim", 0) == 2:
        hint = " (one (adjacency, ops) pair? wrap it: [(adjacency, ops)])"
    return f"{found}; expected {_WANTED}{hint}"
