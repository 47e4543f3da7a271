"""NAS-Bench-Suite-Zero, ``zc_nasbench101.json``, ``zc_nasbench201.json`` and ``zc_nasbench301.json``.

**Architectures**: those of the file, once each, in the order in which they first occur. Names are the keys of
the file. Files of TransNAS-Bench-101 are not read, because NASLib's order of operations is not that of the
benchmark.

**Metrics** per data set D: D_val_accuracy as published, D_PROXY, the value of a zero-cost proxy such as
cifar10_synflow, and D_PROXY_time, the seconds that it took. NaN for architectures that D lacks, and for
values that are not finite.

**Source**: https://github.com/automl/NASLib (branch zerocost), Apache 2.0. A. Krishnakumar, C. White, A.
Zela, R. Tu, M. Safari and F. Hutter, "NAS-Bench-Suite-Zero: Accelerating Research on Zero Cost Proxies",
NeurIPS 2022.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fgp_sklearn.architectures import ArchitectureError, from_text
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._formats._benchmark_format import BenchmarkFormat, Read
from fgp_sklearn.datasets._formats._json import read_json
from fgp_sklearn.datasets._formats._metric_columns import MetricColumns, number

_MOST = 2**28  # bytes
_TRANSNAS = {
    "class_scene",
    "class_object",
    "room_layout",
    "jigsaw",
    "segmentsemantic",
    "normal",
    "autoencoder",
}
_NOT_METRICS = ("idx", "arch", "id")


def _is_certain(path: Path, head: bytes) -> bool:
    return path.suffix == ".json" and head.lstrip()[:1] == b"{" and b'"val_accuracy"' in head


def _hook(found: dict[str, Any]) -> Any:
    """Replace the value and the time of a proxy by a pair, which takes less memory."""
    return (found["score"], found.get("time")) if "score" in found else found


def _read(path: Path) -> Read:
    content = read_json(path, _MOST, _hook)
    rows: dict[str, dict[str, float]] = {}
    for dataset, architectures in _datasets(content).items():
        if dataset in _TRANSNAS:
            raise DataFileError(
                f"it has the task {shown(dataset)} of TransNAS-Bench-101, whose operations NASLib numbers in "
                "an order of its own; only NAS-Bench-101, -201 and -301 are read"
            )
        for key, entries in architectures.items():
            if type(entries) is not dict:
                raise DataFileError(
                    f"{shown(key)} of {shown(dataset)} is {shown(entries)}; expected an object"
                )
            rows.setdefault(key, {}).update(_metrics(dataset, entries))
    if not rows:
        raise DataFileError("it has no architectures")
    columns = MetricColumns()
    for row in rows.values():
        columns.add(row)
    keys = list(rows)
    form = _form(keys[0])
    try:
        batch = from_text(keys, form=form)
    except ArchitectureError as error:
        raise DataFileError(f"its key {shown(keys[error.index or 0])}: {error.problem}") from None
    return batch.with_columns(names=np.array(keys)), columns.finish()


def _form(key: str) -> str:
    """Form of a key: two cells of pairs, or six indices, or the entries of a matrix and more indices."""
    if key.count("(") > 2:
        return "nasbench301"
    return "nasbench201-naslib" if key.count(",") == 5 else "nasbench101-naslib"


def _datasets(content: Mapping[str, Any]) -> Mapping[str, dict[str, Any]]:
    """Architectures of each data set. An older layout has them within an object per search space."""
    found = dict(content)
    if len(found) == 1 and all(type(value) is dict for value in content.values()):
        (inner,) = content.values()
        if inner and not any(key.lstrip()[:1] in ("(", "[") for key in inner):
            found = inner
    for dataset, architectures in found.items():
        if type(architectures) is not dict:
            raise DataFileError(f"{shown(dataset)} is {shown(architectures)}; expected an object")
    return found


def _metrics(dataset: str, entries: Mapping[str, Any]) -> dict[str, float]:
    metrics = {}
    for name, value in entries.items():
        column = f"{dataset:.40}_{name:.40}"
        if type(value) is tuple:
            metrics[column] = number(value[0], column)
            metrics[f"{column}_time"] = number(value[1], f"{column}_time")
        elif name not in _NOT_METRICS:
            metrics[column] = number(value, column)
    return metrics


SUITE_ZERO = BenchmarkFormat(
    "nas-bench-suite-zero",
    "JSON file of NAS-Bench-Suite-Zero",
    _is_certain,
    _read,
    ("cifar10_val_accuracy",),
    __doc__ or "",
)
