"""Accel-NASBench, the folder of its archive ``anb_dataset_jsons.tar.gz``: one JSON file per network.

**Architectures**: chains of inverted bottlenecks of the MnasNet space, with the attributes ``kernel``,
``expansion``, ``squeeze_excitation`` (0 or 1), ``stage``, ``width`` and ``stride``. Names are the paths of
the files without ``.json``.

**Metrics** on ImageNet: val_top1 and val_top5 (as published), train_time; macs and params; and per device
latency_DEVICE and throughput_DEVICE, each a mean, with their standard deviations under the same names with
_std.

**Source**: https://github.com/afzalxo/Accel-NASBench. A. Ahmad, L. Du, Z. Xie and W. Zhang, "Accel-NASBench:
Sustainable Benchmarking for Accelerator-Aware NAS", DAC 2024.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.architectures._texts._chains import Node, read_chains
from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._formats._benchmark_format import BenchmarkFormat, Read
from fgp_sklearn.datasets._formats._folder import files_of, naming
from fgp_sklearn.datasets._formats._json import part, read_json
from fgp_sklearn.datasets._formats._metric_columns import MetricColumns, number

_PATTERN = "result_[0-9]*.json"
_MOST = 2**20  # bytes of a file; those of the benchmark have 2,000
_WIDTHS = (16, 24, 40, 80, 112, 192, 320)  # of the blocks of a stage
_STRIDES = (1, 2, 2, 2, 1, 2, 1)  # of the first block of a stage
_MOST_LAYERS = 16
_CHOICES: dict[str, tuple[str, tuple[int, ...]]] = {
    "e": ("expansion", tuple(range(1, 13))),
    "k": ("kernel", (1, 3, 5, 7, 9, 11)),
    "se": ("squeeze_excitation", (0, 1)),
}


def _is_certain(path: Path, head: bytes) -> bool:
    return path.is_dir() and any(path.rglob(_PATTERN))


def _read(path: Path) -> Read:
    chains, names = [], []
    columns = MetricColumns()
    for file in files_of(path, _PATTERN):
        name = file.relative_to(path).with_suffix("").as_posix()
        with naming(f"{name}.json"):
            content = read_json(file, _MOST)
            chains.append(_chain(part(content, "architecture")))
            columns.add(_metrics(content))
        names.append(name)
    batch = ArchitectureBatch.from_valid_columns(**vars(read_chains(chains, names)))
    return batch, columns.finish()


def _chain(architecture: Any) -> list[Node]:
    nodes: list[Node] = [("input", {})]
    for stage, (width, stride) in enumerate(zip(_WIDTHS, _STRIDES, strict=True)):
        own = {
            name: _choice(architecture, f"block{stage}_{key}", allowed)
            for key, (name, allowed) in _CHOICES.items()
        }
        own |= {"stage": stage + 1.0, "width": float(width)}
        depth = _choice(architecture, f"block{stage}_l", range(1, _MOST_LAYERS + 1))
        nodes += [("mbconv", own | {"stride": float(1 if layer else stride)}) for layer in range(int(depth))]
    return [*nodes, ("output", {})]


def _choice(architecture: Any, key: str, allowed: Any) -> float:
    value = part(architecture, key)
    if value in ("True", "False"):
        value = value == "True"
    if type(value) not in (int, bool) or value not in allowed:
        raise DataFileError(f"its {key} is {shown(value)}; expected one of {list(allowed)}")
    return float(value)


def _metrics(content: Any) -> dict[str, float]:
    found: dict[str, float] = {}
    for group in ("metrics", "model_info"):
        values = part(content, group)
        if type(values) is not dict:
            raise DataFileError(f"its {group} is {shown(values)}; expected a JSON object")
        found |= {f"{name:.40}": number(value, name) for name, value in values.items()}
    devices = part(content, "platform_perf")
    for name in devices if type(devices) is dict else ():
        metric = name.partition("_")[0]
        found[f"{name:.40}"] = number(part(devices, name, f"{metric}_mean"), name)
        found[f"{name:.40}_std"] = number(part(devices, name, f"{metric}_std"), name)
    return found


ACCEL_NASBENCH = BenchmarkFormat(
    "accel-nasbench",
    "folder of Accel-NASBench",
    _is_certain,
    _read,
    ("val_top1",),
    __doc__ or "",
)
