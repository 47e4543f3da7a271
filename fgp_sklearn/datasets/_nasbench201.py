"""Loader of NAS-Bench-201 with the accuracies of AnalogNAS-Bench."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._spaces import nasbench201_space
from fgp_sklearn.architectures._texts._nasbench201 import NASBENCH201_OPS
from fgp_sklearn.datasets._benchmark_file import BenchmarkFile, column
from fgp_sklearn.datasets._bunch import FloatArray, benchmark_bunch, description
from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._unpickle import Record

_FILE = BenchmarkFile(
    "analog-nasbench",
    "analognasbench",
    ("data.anb",),
    {"0.1.3": "85f3435b877aa2d36268d55ce07f6ff6d73643d17a840f1941745da5eb80db32"},
)
_NAMES = {
    ("analognasbench.data", "Architecture"): Record,
    ("analognasbench.data", "DriftMeasurement"): Record,
}
_ACCURACIES = tuple(f"{kind}_accuracy" for kind in ("baseline", "ptq", "qat", "noisy", "analog"))
_DRIFTS = tuple(
    f"{kind}_drift_{seconds}" for kind in ("baseline", "analog") for seconds in (60, 3600, 86400, 2592000)
)
# The file encodes operations by their positions here, and lists edges in the order 01, 02, 03, 12, 13, 23.
_FILE_OPS = ("skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3")
_OFFICIAL_EDGE_ORDER = (0, 1, 3, 2, 4, 5)


@overload
def load_nasbench201(
    target: str | Sequence[str] = ..., *, return_X_y: Literal[False] = ..., as_frame: bool = ...
) -> Bunch: ...
@overload
def load_nasbench201(
    target: str | Sequence[str] = ..., *, return_X_y: Literal[True], as_frame: bool = ...
) -> tuple[ArchitectureBatch, Any]: ...
def load_nasbench201(
    target: str | Sequence[str] = "baseline_accuracy", *, return_X_y: bool = False, as_frame: bool = False
) -> Bunch | tuple[ArchitectureBatch, Any]:
    """Load the 15,625 cells of NAS-Bench-201 with CIFAR-10 accuracies on digital and analog hardware.

    AnalogNAS-Bench [2]_ trained every cell of the search space [1]_ and measured its accuracy in full
    precision, quantised, and on simulated analog in-memory hardware that drifts over time. The numbers are
    part of the package ``analog-nasbench`` (``pip install fgp-sklearn[datasets]``). Its file is read without
    running any code of the package.

    ===========  ==================================
    Rows         15,625, all with a target
    Nodes        8 per architecture
    Operations   5, plus ``input`` and ``output``
    Targets      21
    ===========  ==================================

    Parameters
    ----------
    target : str or list of str, default="baseline_accuracy"
        Metric or metrics to predict. Accuracies in percent are ``"baseline_accuracy"`` (full precision),
        ``"ptq_accuracy"`` and ``"qat_accuracy"`` (quantised after training and during training),
        ``"noisy_accuracy"`` (baseline weights on analog hardware) and ``"analog_accuracy"`` (analog hardware
        after hardware-aware training). ``"baseline_drift_T"`` and ``"analog_drift_T"`` are the last two
        accuracies after T seconds of drift, where T is 60, 3600, 86400 or 2592000. Each of them has an
        ``"..._uncertainty"``.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Whether to return the target as a pandas Series (or a DataFrame of several targets) and to set
        `frame`. `data` remains an ArchitectureBatch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        Dictionary-like object with the attributes

        data : ArchitectureBatch
            The cells in the order of :func:`nasbench201_space`. ``data.names`` are the official strings.
        target : ndarray of float64 of shape (15625,) or (15625, n_targets)
            Two-dimensional if `target` is a list.
        target_names : list of str
            Names of the target columns.
        metrics : dict of str to ndarray of shape (15625,)
            All 21 metrics.
        frame : DataFrame of shape (15625, 22) or None
            The official string in the column ``architecture``, followed by all metrics. None unless
            ``as_frame=True``.
        DESCR : str
            Source, licence and description of the metrics.

    (data, target) : tuple if ``return_X_y=True``
        The first two attributes.

    Raises
    ------
    ImportError
        If analog-nasbench is not installed, or if ``as_frame=True`` and pandas is not installed.
    ValueError
        If `target` is not a metric.
    DataFileError
        If the file in the package is damaged: it is not the file of its release, it is not safe to read, it
        does not hold each cell exactly once, or a metric is out of range.

    Warns
    -----
    UserWarning
        If the installed release is not a known one.

    Notes
    -----
    In 341 cells, ``none`` interrupts every path from input to output. These cells, and no others, have a
    baseline accuracy of exactly 10.0, which is that of random guessing.

    References
    ----------
    .. [1] X. Dong and Y. Yang, "NAS-Bench-201: Extending the Scope of Reproducible Neural
       Architecture Search", ICLR 2020. https://arxiv.org/abs/2001.00326
    .. [2] "AnalogNAS-Bench: A NAS Benchmark for Analog In-Memory Computing", 2025.
       https://arxiv.org/abs/2506.18495

    Examples
    --------
    >>> from fgp_sklearn.datasets import load_nasbench201
    >>> bench = load_nasbench201()
    >>> bench.data
    ArchitectureBatch(n_architectures=15625, n_nodes=125000, n_edges=156250, n_ops=7)
    >>> best = bench.target.argmax()
    >>> print(bench.data.names[best])
    |nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|
    >>> print(bench.target[best])
    94.0664
    """
    metrics = _FILE.read(_NAMES, _metrics)
    return benchmark_bunch(
        nasbench201_space(),
        metrics,
        target,
        descr=description("nasbench201.rst"),
        return_X_y=return_X_y,
        as_frame=as_frame,
    )


def _metrics(table: dict[tuple[int, ...], Record]) -> dict[str, FloatArray]:
    """Metrics from the file, in the order of the search space."""
    n_cells = len(NASBENCH201_OPS) ** len(_OFFICIAL_EDGE_ORDER)
    cells = np.array(list(table), dtype=np.int64)
    if cells.shape != (n_cells, len(_OFFICIAL_EDGE_ORDER)):
        raise DataFileError(f"its cells have shape {cells.shape}; expected {n_cells} cells")
    rows = _space_rows(cells)
    order = np.argsort(rows)
    if not np.array_equal(rows[order], np.arange(n_cells)):
        raise DataFileError(f"it does not hold each of the {n_cells} cells exactly once")
    records = [vars(record) for record in table.values()]
    metrics = {name: column((r[name] for r in records), name, largest=100) for name in _ACCURACIES}
    for name in _DRIFTS:
        drifts = [vars(r[name]) for r in records]
        metrics[name] = column((d["value"] for d in drifts), name, largest=100)
        uncertainty = f"{name}_uncertainty"
        metrics[uncertainty] = column((d["uncertainty"] for d in drifts), uncertainty, largest=100)
    return {name: values[order] for name, values in metrics.items()}


def _space_rows(cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """Convert cells in the encoding of the file, of shape (n, 6), to rows of `nasbench201_space`."""
    position = np.array([NASBENCH201_OPS.index(op) for op in _FILE_OPS])
    digits = position[cells[:, _OFFICIAL_EDGE_ORDER]]
    return np.asarray(np.ravel_multi_index(tuple(digits.T), (len(NASBENCH201_OPS),) * digits.shape[1]))
