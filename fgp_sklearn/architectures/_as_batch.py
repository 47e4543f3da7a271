"""as_batch: the one way to read architectures."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._read_sequence import read_sequence
from fgp_sklearn.architectures._unlabeled_pool import opened


def as_batch(X: Any, *, op_attr: Hashable = "op", attributes: Any = None) -> ArchitectureBatch:
    """Read architectures in any accepted form.

    Parameters
    ----------
    X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
            UnlabeledPool
        A sequence may also contain Architecture objects, and texts of benchmarks that cannot be mistaken,
        such as ``"64-41414-1_02_333"`` (see `from_text`), and may mix forms. An adjacency is an ndarray, a
        nested list, a SciPy sparse matrix or a torch tensor of shape (n_nodes, n_nodes). Its entries are
        0 and 1, where ``[i, j]`` is the edge from ``i`` to ``j``. `ops` has one str or int per node; the
        name of an integer is its digits. A node with attributes has a mapping in place of a name, such as
        ``{"op": "mbconv", "kernel": 5}``. A batch is returned unchanged, and for a pool its batch.
    op_attr : hashable, default="op"
        Node attribute of graphs that holds the operation.
    attributes : sequence of str, optional
        Names of node attributes that hold numbers, such as ``["kernel", "expansion"]``. A node may lack some.
        By default the attributes of a batch, of `Architecture` objects and of texts are kept, and a warning
        names the numbers on nodes of graphs, or in the mappings of pairs, that are not read. An empty
        sequence reads none and does not warn.

    Returns
    -------
    ArchitectureBatch
        The architectures and their nodes in the given order. The vocabulary of a new batch is the
        sorted names of the operations that occur.

    Raises
    ------
    ArchitectureError
        If an architecture is malformed (the message gives its index and the cure), if there are no
        architectures, or if `X` is one architecture instead of a sequence.

    Notes
    -----
    Numbers of parallel edges are read or refused, but never ignored. They are read from the entries of an
    `Architecture`, from the edge attribute ``multiplicity``, and from the parallel edges of a
    `networkx.MultiDiGraph`. Other matrices must contain 0 and 1 only. `networkx.from_numpy_array` stores
    the entries of a matrix in the edge attribute ``weight``. On an edge without ``multiplicity``, a
    ``weight`` must therefore be 1.

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
    return read_sequence(opened(X), op_attr=op_attr, attributes=attributes)
