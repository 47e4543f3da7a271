"""HW-GPT-Bench, ``stats.pkl`` of ``data_collection/gpt_datasets/gpt_s`` (or ``gpt_m``, ``gpt_l``).

**Architectures**: decoder-only transformers as `from_text` reads the form "hw-gpt". Names are the keys of the
file, such as ``gpt-s-10-768-2-3-...-True``.

**Metrics**: perplexity and accuracy of the network with weights of the supernet; flops, params,
float16_memory and bfloat16_memory; and per device latency_DEVICE and energy_DEVICE, each the median of the
repeated measurements, in the published units.

**Source**: https://github.com/automl/HW-GPT-Bench, Apache 2.0. R. S. Sukthanker, A. Zela, B. Staffler, A.
Klein, J. K. H. Franke and F. Hutter, "HW-GPT-Bench: Hardware-Aware Architecture Benchmark for Language
Models", 2024, https://arxiv.org/abs/2405.10299.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fgp_sklearn.architectures import from_text
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._formats._benchmark_format import BenchmarkFormat, Read
from fgp_sklearn.datasets._formats._metric_columns import MetricColumns, number, numbers
from fgp_sklearn.datasets._formats._numpy_array import NumpyArray
from fgp_sklearn.datasets._formats._pickle_calls import PLAIN_CALLS
from fgp_sklearn.datasets._formats._pickle_file import read_pickle
from fgp_sklearn.datasets._formats._table import Table

_MOST = 2**28  # bytes
_REPEATED = {"latencies": "latency", "energies": "energy"}
_BIAS = {"True": True, "False": False}
_WANTED = "a key such as 'gpt-s-2-768-4-3-12-8-True': layers, width, ratios, heads and bias"


def _is_certain(path: Path, head: bytes) -> bool:
    return head[:1] == b"\x80" and any(f"gpt-{size}-".encode() in head[:100] for size in "sml")


def _convert(key: Any, value: Any) -> Any:
    """Replace repeated measurements by their median."""
    if key in _REPEATED and type(value) in (list, tuple, NumpyArray):
        found = numbers(value, key)
        known = found[np.isfinite(found)]
        return float(np.median(known)) if len(known) else None
    return value


def _read(path: Path) -> Read:
    content = read_pickle(path, _MOST, PLAIN_CALLS, _convert)
    if type(content) is not Table or not content:
        raise DataFileError("it does not hold a dictionary of architectures")
    columns = MetricColumns()
    choices = []
    for key, own in content.items():
        choices.append(_choice(key))
        columns.add(_metrics(own, key))
    return from_text(choices, form="hw-gpt").with_columns(names=np.array(list(content))), columns.finish()


def _choice(key: Any) -> dict[str, Any]:
    parts = key.split("-") if type(key) is str else []
    depth = int(parts[2]) if len(parts) > 4 and parts[2].isdecimal() and len(parts[2]) < 4 else 0
    sizes = parts[3:-1]
    well_formed = parts[:1] == ["gpt"] and depth > 0 and len(sizes) == 1 + 2 * depth and parts[-1] in _BIAS
    if not well_formed or not all(size.isdecimal() and len(size) < 7 for size in sizes):
        raise DataFileError(f"it has the key {shown(key)}; expected {_WANTED}")
    width, *per_layer = map(int, sizes)
    return {
        "sample_embed_dim": width,
        "sample_n_layer": depth,
        "sample_mlp_ratio": per_layer[:depth],
        "sample_n_head": per_layer[depth:],
        "sample_bias": _BIAS[parts[-1]],
    }


def _metrics(own: Any, key: str) -> dict[str, float]:
    if type(own) is not Table:
        raise DataFileError(f"{shown(key)} has {shown(own)}; expected a dictionary of metrics")
    found: dict[str, float] = {}
    for name, value in own.items():
        if type(value) is Table:
            measured = ((f"{_REPEATED.get(kind, kind)}_{name}", entry) for kind, entry in value.items())
            found |= {f"{column:.60}": number(entry, column) for column, entry in measured}
        else:
            found[f"{name!s:.60}"] = number(value, str(name))
    return found


HW_GPT_BENCH = BenchmarkFormat(
    "hw-gpt-bench",
    "pickle of HW-GPT-Bench",
    _is_certain,
    _read,
    ("perplexity",),
    __doc__ or "",
)
