"""NAS-Bench-301, the folder ``nb_301_v13``: one JSON file per training of a network of the DARTS space.

**Architectures**: two cells each, a normal one and one that reduces resolution, as `from_text` reads the form
"nasbench301". Names are the paths of the files without ``.json``. Equal architectures remain separate rows.

**Metrics** on CIFAR-10: val_accuracy, test_accuracy and train_accuracy in percent at the end of the training,
val_cross_entropy and train_cross_entropy; model_parameters; runtime in seconds; and the settings of the
training that differ between files: epochs, budget, layers and init_channels.

**Source**: https://github.com/automl/nasbench301, Apache 2.0. A. Zela, J. Siems, L. Zimmer, J. Lukasik, M.
Keuper and F. Hutter, "Surrogate NAS Benchmarks: Going Beyond the Limited Search Spaces of Tabular NAS
Benchmarks", ICLR 2022.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.architectures._texts._two_cells import PARTS, Cell, read_cells
from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._formats._benchmark_format import BenchmarkFormat, Read
from fgp_sklearn.datasets._formats._folder import files_of, naming
from fgp_sklearn.datasets._formats._json import part, read_json
from fgp_sklearn.datasets._formats._metric_columns import MetricColumns, number

_PATTERN = "results_[0-9]*.json"
_MOST = 2**20  # bytes of a file; those of the benchmark have 4,000
_CONFIGURATION = "optimized_hyperparamater_config"  # spelt so in the files
_SPACE = "NetworkSelectorDatasetInfo:darts:"
# Edges are numbered by their target, then by their source. State 2 always reads the states 0 and 1.
_EDGES = {edge: place for place, edge in enumerate((i, j) for j in range(2, 6) for i in range(j))}
_OPS = {
    *("max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3"),
    "dil_conv_5x5",
}
_OF_TRAINING = ("test_accuracy", "runtime", "budget")
_AT_THE_END = (
    *("val_accuracy", "train_accuracy", "val_cross_entropy", "train_cross_entropy"),
    *("model_parameters", "epochs"),
)
_SETTINGS = ("layers", "init_channels")


def _is_certain(path: Path, head: bytes) -> bool:
    return path.is_dir() and any(path.rglob(_PATTERN))


def _read(path: Path) -> Read:
    networks, names = [], []
    columns = MetricColumns()
    for file in files_of(path, _PATTERN):
        name = file.relative_to(path).with_suffix("").as_posix()
        with naming(f"{name}.json"):
            content = read_json(file, _MOST)
            configuration = part(content, _CONFIGURATION)
            networks.append([_cell(configuration, cell) for cell in PARTS])
            columns.add(_metrics(content, configuration))
        names.append(name)
    batch = ArchitectureBatch.from_valid_columns(**vars(read_cells(networks)))
    return batch.with_columns(names=np.array(names)), columns.finish()


def _cell(configuration: Any, cell: str) -> Cell:
    ops, inputs = [], []
    for state in range(2, 6):
        sources = "0_1" if state == 2 else part(configuration, f"{_SPACE}inputs_node_{cell}_{state}")
        found = re.fullmatch("([0-4])_([0-4])", str(sources))
        pair = [] if found is None else [int(source) for source in found.groups()]
        if not pair or not pair[0] < pair[1] < state:
            raise DataFileError(f"its inputs_node_{cell}_{state} is {shown(sources)}; expected 'i_j', i < j")
        for source in pair:
            key = f"edge_{cell}_{_EDGES[source, state]}"
            op = part(configuration, f"{_SPACE}{key}")
            if type(op) is not str or op not in _OPS:
                raise DataFileError(f"its {key} is {shown(op)}; expected one of {named(sorted(_OPS))}")
            ops.append(op)
            inputs.append(source)
    return Cell(ops, inputs, [2, 3, 4, 5])


def _metrics(content: Any, configuration: Any) -> dict[str, float]:
    info = part(content, "info")
    if type(info) is not list or not info or type(info[-1]) is not dict:
        raise DataFileError(f"its info is {shown(info)}; expected a list of objects")
    sources = (
        (info[-1], "", _AT_THE_END),
        (content, "", _OF_TRAINING),
        (configuration, _SPACE, _SETTINGS),
    )
    return {
        name: number(source[f"{prefix}{name}"], name)
        for source, prefix, names in sources
        for name in names
        if f"{prefix}{name}" in source
    }


NASBENCH301 = BenchmarkFormat(
    "nasbench301",
    "folder of NAS-Bench-301",
    _is_certain,
    _read,
    ("val_accuracy",),
    __doc__ or "",
)
