"""Loader of NAS-Bench-Graph: graph neural networks measured on nine graphs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.architectures._nasbench_graph import (
    NASBENCH_GRAPH_LINKS,
    NASBENCH_GRAPH_OPS,
    nasbench_graph_layouts,
)
from fgp_sklearn.datasets._benchmark_file import BenchmarkFile, column
from fgp_sklearn.datasets._bunch import FloatArray, benchmark_bunch, description
from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._unpickle import FLOAT64_NAMES

_DIGESTS = {  # SHA-256 of the files of release 1.4.0
    "cora": "5e69b2f9bb08d8927d9ffd4921f8494a3cea349c9c3a461334cb9dc9e11701a8",
    "citeseer": "99c7f79b73372636305bf73fb32a58b63c57bd1871a152dd62ec72d984c8c50f",
    "pubmed": "10b4dcf6cfd3a24f6059f7d541a4a872960b4adac0b3dba26abed1bb9a3d904d",
    "cs": "71ae8469930517160b024f52db6000a4897f1aff5d765beb27bb60952ed5bd31",
    "physics": "1e309bafee0b832c8b84fa3c039c36992bc0a910238b128f26b7e9190d7f2aea",
    "photo": "5511b4dc3f63fa988792177227db7901290fb9b27fc6c02e3036b29e134ed6df",
    "computers": "fdb3dc0cf405d62322f0ab9614b2083c2a5e6576c2f43e4f2214be64bc62b1b3",
    "arxiv": "7ee21a7653297a806c0ed1be3efe6ecc06acc84e48e942da0bfde0e5d287debe",
    "proteins": "b9e7fb0902bda44fec32c948e5fde822fb22d38d674c52e43ace5197378f2d21",
}
_N_MEASURED = {"proteins": 2021}
_N_ARCHITECTURES = 26206  # number of measured architectures on the other datasets
# Names in the file, names in this library, and largest possible values.
_METRICS = {
    "valid_perf": ("valid_accuracy", 1.0),
    "perf": ("test_accuracy", 1.0),
    "latency": ("latency", math.inf),
    "para": ("n_parameters", math.inf),
}
# The key of an architecture has five decimal digits: the position of its links in NASBENCH_GRAPH_LINKS, then
# the positions of its four operations in NASBENCH_GRAPH_OPS.
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
    dataset: str = ..., *, target: str | Sequence[str] = ..., return_X_y: Literal[True], as_frame: bool = ...
) -> tuple[ArchitectureBatch, Any]: ...
def load_nasbench_graph(
    dataset: str = "cora",
    *,
    target: str | Sequence[str] = "test_accuracy",
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[ArchitectureBatch, Any]:
    """Load the 26,206 graph neural networks of NAS-Bench-Graph, measured on one of nine graphs.

    An architecture has four operations. Each receives the input or the result of one earlier operation. The
    results of operations that no other operation receives are combined in the output [1]_. The numbers are
    part of the package ``nas-bench-graph`` (``pip install fgp-sklearn[datasets]``). Its files are read
    without running any code of the package.

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
        Metric or metrics to predict: ``"valid_accuracy"`` and ``"test_accuracy"`` (fractions from 0 to 1; for
        proteins, the area under the ROC curve), ``"latency"`` (seconds) and ``"n_parameters"`` (a count).
        Each is a mean over three runs.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Whether to return the target as a pandas Series (or a DataFrame of several targets) and to set
        `frame`. `data` remains an ArchitectureBatch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        data : ArchitectureBatch of n architectures
            Node 0 is ``"input"``, nodes 1 to 4 are the operations, node 5 is ``"output"``. Rows are sorted
            by the official key: first by the links 0000, 0001, 0011, 0012, 0013, 0111, 0112, 0122, 0123 (the
            predecessor of each operation), then by the operations in the order gat, gcn, gin, cheb, sage,
            arma, graph, fc, skip. The rows are the same for all graphs except proteins. ``data.names`` are
            strings such as ``|gat~0|gcn~0|gin~1|fc~2|``, which list operation~predecessor.
        target : ndarray of float64 of shape (n,) or (n, n_targets)
            Two-dimensional if `target` is a list.
        target_names : list of str
            Names of the target columns.
        metrics : dict of str to ndarray of shape (n,)
            All four metrics.
        frame : DataFrame of shape (n, 5) or None
            The name in the column ``architecture``, followed by all metrics. None unless ``as_frame=True``.
        DESCR : str
            Source, licence and description of the metrics.

    (data, target) : tuple if ``return_X_y=True``
        The first two attributes.

    Raises
    ------
    ImportError
        If nas-bench-graph is not installed, or if ``as_frame=True`` and pandas is not installed.
    ValueError
        If `dataset` or `target` is unknown.
    DataFileError
        If the file in the package is damaged: it is not the file of its release, it is not safe to read, it
        holds a wrong number of architectures, or a metric is out of range.

    Warns
    -----
    UserWarning
        If the installed release is not a known one.

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
    if dataset not in _DIGESTS:
        raise ValueError(f"unknown dataset {shown(dataset)}; choose one of {named(_DIGESTS)}")
    parts = ("light", f"{dataset}.bench")
    file = BenchmarkFile("nas-bench-graph", "nas_bench_graph", parts, {"1.4.0": _DIGESTS[dataset]})
    n_measured = _N_MEASURED.get(dataset, _N_ARCHITECTURES)
    data, metrics = file.read(FLOAT64_NAMES, lambda table: _converted(table, n_measured))
    return benchmark_bunch(
        data,
        metrics,
        target,
        descr=description("nasbench_graph.rst"),
        return_X_y=return_X_y,
        as_frame=as_frame,
    )


def _converted(
    table: dict[int, dict[str, float]], n_measured: int
) -> tuple[ArchitectureBatch, dict[str, FloatArray]]:
    """Architectures, sorted by key, and their metrics."""
    if len(table) != n_measured:
        raise DataFileError(f"it holds {len(table)} architectures; expected {n_measured}")
    keys = np.array(list(table), dtype=np.int64)
    order = np.argsort(keys)
    metrics = {
        name: column((row[official] for row in table.values()), name, largest)[order]
        for official, (name, largest) in _METRICS.items()
    }
    # The file holds means over three runs in millions, so three times the number is an integer.
    metrics["n_parameters"] = np.round(3e6 * metrics["n_parameters"]) / 3
    return _decode(keys[order]), metrics


def _decode(keys: NDArray[np.int64]) -> ArchitectureBatch:
    """Architectures of the given keys."""
    n_ops = len(NASBENCH_GRAPH_LINKS[0])
    digits = keys[:, None] // _KEY_BASE ** np.arange(n_ops, -1, -1) % _KEY_BASE
    links, codes = digits[:, 0], digits[:, 1:]
    bad = (
        (links >= len(NASBENCH_GRAPH_LINKS))
        | (codes >= len(NASBENCH_GRAPH_OPS)).any(axis=1)
        | (keys >= _KEY_BASE ** (n_ops + 1))
    )
    bad |= keys < 0
    if bad.any():
        raise DataFileError(f"its key {keys[bad][0]} does not stand for an architecture")
    ops = np.zeros((len(keys), n_ops + 2), dtype=np.int32)
    ops[:, 1:-1] = 1 + codes
    ops[:, -1] = 1 + len(NASBENCH_GRAPH_OPS)
    adjacency = nasbench_graph_layouts()
    names = [
        "".join(
            f"|{NASBENCH_GRAPH_OPS[code]}~{source}"
            for code, source in zip(row, NASBENCH_GRAPH_LINKS[link], strict=True)
        )
        + "|"
        for link, row in zip(links.tolist(), codes.tolist(), strict=True)
    ]
    return ArchitectureBatch.from_arrays(
        adjacency[links], ops, ("input", *NASBENCH_GRAPH_OPS, "output"), names=names
    )
