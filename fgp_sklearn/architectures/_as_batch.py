"""as_batch: the one way to read architectures."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._read_sequence import read_sequence
from fgp_sklearn.architectures._unlabeled_pool import opened


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
    return read_sequence(opened(X), op_attr=op_attr, feature_attr=feature_attr)
