"""HW-NAS-Bench, ``HW-NAS-Bench-v1_0.pickle``: its part about the space of NAS-Bench-201.

The part about the space of FBNet holds costs of blocks, not of architectures, and is not read.

**Architectures**: the cells of NAS-Bench-201 in the official order. Names are the official texts.

**Metrics** D_M for each data set D (cifar10, cifar100 and ImageNet16-120) and each M of edgegpu_latency,
edgegpu_energy, raspi4_latency, edgetpu_latency, pixel3_latency, eyeriss_latency, eyeriss_energy,
eyeriss_arithmetic_intensity, fpga_latency and fpga_energy. Latencies are in ms, energies in mJ. NaN where the
file has -1, which means that the device cannot run the network.

**Source**: https://github.com/GATECH-EIC/HW-NAS-Bench, MIT. C. Li, Z. Yu, Y. Fu, Y. Zhang, Y. Zhao, H. You,
Q. Yu, Y. Wang and Y. Lin, "HW-NAS-Bench: Hardware-Aware Neural Architecture Search Benchmark", ICLR 2021.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import from_text
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._formats._benchmark_format import BenchmarkFormat, Read
from fgp_sklearn.datasets._formats._left_out import LEFT_OUT
from fgp_sklearn.datasets._formats._metric_columns import numbers
from fgp_sklearn.datasets._formats._numpy_array import NumpyArray
from fgp_sklearn.datasets._formats._pickle_calls import PLAIN_CALLS
from fgp_sklearn.datasets._formats._pickle_file import read_pickle
from fgp_sklearn.datasets._formats._table import Table

_MOST = 2**26  # bytes
_SPACE, _CONFIGURATIONS, _TEXT = "nasbench201", "config", "arch_str"
_METRICS = tuple(
    f"{device}_{metric}"
    for device, metrics in {
        "edgegpu": ("latency", "energy"),
        "raspi4": ("latency",),
        "edgetpu": ("latency",),
        "pixel3": ("latency",),
        "eyeriss": ("latency", "energy", "arithmetic_intensity"),
        "fpga": ("latency", "energy"),
    }.items()
    for metric in metrics
)


def _is_certain(path: Path, head: bytes) -> bool:
    return head[:1] == b"\x80" and _SPACE.encode() in head[:200]


def _convert(key: Any, value: Any) -> Any:
    """Keep the texts of the architectures and the columns of metrics."""
    if key in _METRICS and type(value) in (list, NumpyArray):
        return numbers(value, key)
    if key == _CONFIGURATIONS and type(value) is list:
        return [entry.get(_TEXT) if type(entry) is Table else None for entry in value]
    return LEFT_OUT if key == "fbnet" else value


def _read(path: Path) -> Read:
    content = read_pickle(path, _MOST, PLAIN_CALLS, _convert)
    datasets = content.get(_SPACE) if type(content) is Table else None
    if type(datasets) is not Table or not datasets:
        raise DataFileError(f"it has no data sets under {_SPACE!r}")
    texts: list[Any] | None = None
    metrics: dict[str, NDArray[np.float64]] = {}
    for dataset, tables in datasets.items():
        own = tables.get(_CONFIGURATIONS) if type(tables) is Table else None
        if type(own) is not list or texts not in (None, own):
            raise DataFileError(f"the architectures of {shown(dataset)} are missing or other ones")
        texts = own
        for name in _METRICS:
            column = tables.get(name)
            if not isinstance(column, np.ndarray) or len(column) != len(own):
                raise DataFileError(f"{name} of {shown(dataset)} has not {len(own):,} numbers")
            metrics[f"{dataset}_{name}"] = np.where(column == -1, np.nan, column)
    return from_text(texts or [], form="nasbench201"), metrics


HW_NAS_BENCH = BenchmarkFormat(
    "hw-nas-bench",
    "pickle of HW-NAS-Bench",
    _is_certain,
    _read,
    ("cifar10_edgegpu_latency",),
    __doc__ or "",
)
