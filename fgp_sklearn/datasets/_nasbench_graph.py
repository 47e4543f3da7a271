"""NAS-Bench-Graph: graph neural networks measured on nine graphs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._ops import named, shown
from fgp_sklearn.datasets._bunch import FloatArray, benchmark_bunch
from fgp_sklearn.datasets._package_file import package_file
from fgp_sklearn.datasets._unpickle import FLOAT64_NAMES, load_pickle

_DATASETS = ("cora", "citeseer", "pubmed", "cs", "physics", "photo", "computers", "arxiv", "proteins")
# The key of an architecture has five decimal digits: the position of its links in _LINKS, then the
# positions of its four operations in _OPS.
_OPS = ("gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip")
_LINKS = (
    (0, 0, 0, 0),
    (0, 0, 0, 1),
    (0, 0, 1, 1),
    (0, 0, 1, 2),
    (0, 0, 1, 3),
    (0, 1, 1, 1),
    (0, 1, 1, 2),
    (0, 1, 2, 2),
    (0, 1, 2, 3),
)
_KEY_BASE = 10


@overload
def load_nasbench_graph(
    dataset: str = ...,
    *,
    target: str | Sequence[str] = ...,
    return_X_y: Literal[False] = ...,
    as_frame: bool = ...,
) -> Bunch: ...
@overload
def load_nasbench_graph(
    dataset: str = ...,
    *,
    target: str | Sequence[str] = ...,
    return_X_y: Literal[True],
    as_frame: bool = ...,
) -> tuple[ArchitectureBatch, Any]: ...
def load_nasbench_graph(
    dataset: str = "cora",
    *,
    target: str | Sequence[str] = "test_accuracy",
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[ArchitectureBatch, Any]:
    """Load the 26,206 graph neural networks of NAS-Bench-Graph, measured on one of nine graphs.

    An architecture has four operations, each fed by the input or by one earlier operation; those that
    feed no other are joined in the output [1]_. The numbers come with the package
    ``nas-bench-graph`` (``pip install fgp-sklearn[datasets]``), whose files are read without running
    any of its code.

    ===========  ========================================================
    Rows         26,206 (2,021 for proteins), all with a target
    Nodes        6 per architecture
    Operations   9 (5 for proteins), plus ``input`` and ``output``
    Targets      4
    ===========  ========================================================

    Parameters
    ----------
    dataset : str, default="cora"
        Graph on which the networks were trained: ``"cora"``, ``"citeseer"``, ``"pubmed"``,
        ``"cs"``, ``"physics"``, ``"photo"``, ``"computers"``, ``"arxiv"`` or ``"proteins"``.
    target : str or list of str, default="test_accuracy"
        What to predict, one metric or several: ``"valid_accuracy"`` and ``"test_accuracy"``
        (fractions from 0 to 1; for proteins the area under the ROC curve), ``"latency"`` (seconds)
        and ``"n_parameters"`` (a count), each a mean over three runs.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Give the target as a pandas Series (or DataFrame, for several) and fill `frame`. `data` stays
        an ArchitectureBatch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        data : ArchitectureBatch of n architectures
            Node 0 is ``"input"``, nodes 1 to 4 are the operations, node 5 is ``"output"``. Rows are
            sorted by the official key, that is by the links 0000, 0001, 0011, 0012, 0013, 0111,
            0112, 0122, 0123 (the predecessor of each operation), then by the operations in the order
            gat, gcn, gin, cheb, sage, arma, graph, fc, skip. All graphs but proteins share their
            rows. ``data.names`` reads ``|gat~0|gcn~0|gin~1|fc~2|``: operation~predecessor.
        target : ndarray of float64 of shape (n,) or (n, n_targets)
            Two-dimensional if `target` is a list.
        target_names : list of str
            Names of the target columns.
        metrics : dict of str to ndarray of shape (n,)
            All four metrics.
        frame : DataFrame of shape (n, 5) or None
            With ``as_frame=True``: the name in the column ``architecture``, then all metrics.
        DESCR : str
            Source, licence, and what was measured how.

    (data, target) : tuple if ``return_X_y=True``
        The first two of these.

    Raises
    ------
    ImportError
        If nas-bench-graph is not installed, or pandas is not and ``as_frame=True``.
    ValueError
        If `dataset` or `target` is unknown, or the package holds a key that is no architecture.
    pickle.UnpicklingError
        If the file in the package is not the one known, and so not safe to read.

    References
    ----------
    .. [1] Y. Qin, Z. Zhang, X. Wang, Z. Zhang and W. Zhu, "NAS-Bench-Graph: Benchmarking Graph
       Neural Architecture Search", NeurIPS 2022. https://arxiv.org/abs/2206.09166

    Examples
    --------
    >>> from fgp_sklearn.datasets import load_nasbench_graph
    >>> bench = load_nasbench_graph("cora")
    >>> bench.data
    ArchitectureBatch(n_architectures=26206, n_nodes=157236, n_edges=159840, n_ops=11)
    >>> best = bench.target.argmax()
    >>> print(bench.data.names[best], bench.target[best].round(4))
    |fc~0|gat~1|gcn~2|graph~2| 0.8313
    """
    if dataset not in _DATASETS:
        raise ValueError(f"unknown dataset {shown(dataset)}; it is one of {named(_DATASETS)}")
    keys, metrics = _read(dataset)
    order = np.argsort(keys)
    return benchmark_bunch(
        _decode(keys[order]),
        {name: values[order] for name, values in metrics.items()},
        target,
        descr="nasbench_graph.rst",
        return_X_y=return_X_y,
        as_frame=as_frame,
    )


def _read(dataset: str) -> tuple[NDArray[np.int64], dict[str, FloatArray]]:
    """Keys and metrics in the order of the file."""
    path = package_file("nas-bench-graph", "nas_bench_graph", "light", f"{dataset}.bench")
    table = load_pickle(path, FLOAT64_NAMES)
    names = {
        "valid_perf": "valid_accuracy",
        "perf": "test_accuracy",
        "latency": "latency",
        "para": "n_parameters",
    }
    metrics = {
        name: np.array([row[official] for row in table.values()], dtype=np.float64)
        for official, name in names.items()
    }
    # Stored in millions and averaged over three runs: what is whole is three times the number.
    metrics["n_parameters"] = np.round(3e6 * metrics["n_parameters"]) / 3
    return np.array(list(table), dtype=np.int64), metrics


def _decode(keys: NDArray[np.int64]) -> ArchitectureBatch:
    """Architectures of the given keys."""
    n_ops = len(_LINKS[0])
    digits = keys[:, None] // _KEY_BASE ** np.arange(n_ops, -1, -1) % _KEY_BASE
    links, codes = digits[:, 0], digits[:, 1:]
    bad = (links >= len(_LINKS)) | (codes >= len(_OPS)).any(axis=1) | (keys >= _KEY_BASE ** (n_ops + 1))
    if bad.any():
        raise ValueError(f"nas-bench-graph holds a key that is no architecture: {keys[bad][0]}")
    ops = np.zeros((len(keys), n_ops + 2), dtype=np.int32)
    ops[:, 1:-1] = 1 + codes
    ops[:, -1] = 1 + len(_OPS)
    adjacency = np.stack([_adjacency(predecessors) for predecessors in _LINKS])
    names = [
        "".join(f"|{_OPS[code]}~{source}" for code, source in zip(row, _LINKS[link], strict=True)) + "|"
        for link, row in zip(links.tolist(), codes.tolist(), strict=True)
    ]
    return ArchitectureBatch.from_arrays(adjacency[links], ops, ("input", *_OPS, "output"), names=names)


def _adjacency(predecessors: tuple[int, ...]) -> NDArray[np.uint8]:
    """Adjacency of input, operations with the given predecessors, and output."""
    n = len(predecessors)
    adjacency = np.zeros((n + 2, n + 2), dtype=np.uint8)
    adjacency[predecessors, np.arange(1, n + 1)] = 1
    adjacency[1:-1, -1] = ~adjacency[1:-1].any(axis=1)
    return adjacency
