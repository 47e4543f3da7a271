"""NAS-Bench-101, ``nasbench_full.tfrecord`` and ``nasbench_only108.tfrecord``.

A record is one training: the hash of a cell, epochs, adjacency, operations, and metrics after half of the
epochs and at the end. Checksums of all records are verified.

**Architectures**: cells of up to 7 vertices with the operations conv3x3-bn-relu, conv1x1-bn-relu and
maxpool3x3, in the order in which their hashes first occur. Names are the hashes.

**Metrics**, each the mean over the trainings of a cell with this number of epochs (three in official files):

- train_accuracy_E, val_accuracy_E, test_accuracy_E: fractions from 0 to 1 on CIFAR-10 after E epochs, where
  E is 4, 12, 36 or 108. train_time_E: seconds
- the same with _half: after half of the epochs of the same training
- the same with _std: standard deviation over the trainings (dividing by their number less one), NaN for a
  single one
- n_parameters: number of trainable parameters

**Source**: https://github.com/google-research/nasbench, Apache 2.0. C. Ying, A. Klein, E. Christiansen, E.
Real, K. Murphy and F. Hutter, "NAS-Bench-101: Towards Reproducible Neural Architecture Search", ICML 2019.
"""

from __future__ import annotations

import binascii
import json
from array import array
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._formats._benchmark_format import BenchmarkFormat, Read
from fgp_sklearn.datasets._formats._model_metrics import N_NUMBERS, read_metrics
from fgp_sklearn.datasets._formats._tfrecord import is_tfrecord, read_records

_DECODE = json.JSONDecoder().decode
_VOCABULARY = ("input", "conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3", "output")
_MOST_VERTICES = 7
_MOST_RUNS = 3  # trainings of a cell with a number of epochs
_SHIFT = 20  # bits for the number of different operations, of which there are 364
_MOST_BUDGETS = 8  # different numbers of epochs
_KINDS = ("train_time", "train_accuracy", "val_accuracy", "test_accuracy")
_NAMES = tuple(f"{kind}_{{}}{end}" for end in ("_half", "") for kind in _KINDS)


class _Cells:
    """Collects cells and their trainings."""

    def __init__(self) -> None:
        self._rows: dict[str, int] = {}
        self._modules = array("q")  # position of the adjacency and of the operations, as one number
        self._adjacencies: dict[str, int] = {}
        self._operations: dict[str, int] = {}
        self._n_runs: dict[int, list[int]] = {}
        self._runs: dict[int, NDArray[np.float64]] = {}  # epochs: cells, runs, numbers
        self._parameters = np.empty(0)

    def add(self, first: int, records: list[bytes]) -> None:
        """Add records, of which the first has the given number."""
        rows, runs, messages = [], [], []
        budgets = np.empty(len(records), dtype=np.int64)
        for position, record in enumerate(records):
            row, budgets[position], run, message = self._parsed(record, first + position)
            rows.append(row)
            runs.append(run)
            messages.append(message)
        numbers = read_metrics(messages, first)
        places = np.array([rows, runs])
        for epochs in np.unique(budgets).tolist():
            own = budgets == epochs
            self._room(epochs)[*places[:, own]] = numbers[own, :-1]
        self._parameters = _grown(self._parameters, len(self._rows))
        self._parameters[rows] = numbers[:, -1]

    def _parsed(self, record: bytes, number: int) -> tuple[int, int, int, bytes]:
        """Row of the cell, epochs, number of the run, and encoded metrics."""
        try:
            name, epochs, adjacency, operations, metrics = _DECODE(record.decode())
            message = binascii.a2b_base64(metrics)
        except (ValueError, TypeError, RecursionError):
            raise DataFileError(
                f"record {number:,} is {shown(record)}; expected a JSON list of hash, epochs, adjacency, "
                "operations and metrics"
            ) from None
        if type(epochs) is not int or not 0 < epochs < 10_000 or type(name) is not str:
            raise DataFileError(f"record {number:,} has the hash {shown(name)} and {shown(epochs)} epochs")
        row = self._row(name, adjacency, operations, number)
        n_runs = self._n_runs.setdefault(epochs, [])
        if len(self._n_runs) > _MOST_BUDGETS:
            raise DataFileError(f"record {number:,} has yet another number of epochs, {epochs}")
        n_runs.extend([0] * (row + 1 - len(n_runs)))
        n_runs[row] += 1
        if n_runs[row] > _MOST_RUNS:
            raise DataFileError(
                f"record {number:,} is training {n_runs[row]} of {shown(name)} with {epochs} epochs; "
                f"NAS-Bench-101 has {_MOST_RUNS}"
            )
        return row, epochs, n_runs[row] - 1, message

    def _row(self, name: str, adjacency: Any, operations: Any, number: int) -> int:
        try:
            module = self._adjacencies[adjacency] << _SHIFT | self._operations[operations]
        except (KeyError, TypeError):
            _check_module(adjacency, operations, number)
            place = self._adjacencies.setdefault(adjacency, len(self._adjacencies))
            module = place << _SHIFT | self._operations.setdefault(operations, len(self._operations))
        row = self._rows.setdefault(name, len(self._rows))
        if row == len(self._modules):
            if len(adjacency) != (operations.count(",") + 1) ** 2:
                raise DataFileError(f"record {number:,} has {len(adjacency)} entries for {shown(operations)}")
            self._modules.append(module)
        elif self._modules[row] != module:
            raise DataFileError(f"record {number:,} has another cell with the hash {shown(name)}")
        return row

    def _room(self, epochs: int) -> NDArray[np.float64]:
        """Array of the trainings with a number of epochs, with room for all cells."""
        runs = self._runs.get(epochs, np.empty((0, _MOST_RUNS, N_NUMBERS - 1)))
        self._runs[epochs] = _grown(runs, len(self._rows))
        return self._runs[epochs]

    def batch(self) -> ArchitectureBatch:
        """The cells."""
        adjacency = np.zeros((len(self._adjacencies), _MOST_VERTICES, _MOST_VERTICES), dtype=np.int8)
        any_ops = np.full(adjacency.shape[:2], -1, dtype=np.int32)
        for text, row in self._adjacencies.items():
            n = isqrt(len(text))
            adjacency[row, :n, :n] = np.frombuffer(text.encode(), dtype=np.int8).reshape(n, n) - ord("0")
            any_ops[row, :n] = 0
        ops = np.full((len(self._operations), _MOST_VERTICES), -1, dtype=np.int32)
        for text, row in self._operations.items():
            own = [_VOCABULARY.index(op) for op in text.split(",")]
            ops[row, : len(own)] = own
        modules = np.array(self._modules)
        shapes = ArchitectureBatch.from_arrays(adjacency, any_ops, _VOCABULARY).take(modules >> _SHIFT)
        codes = ops[modules & ((1 << _SHIFT) - 1)]
        return shapes.with_columns(ops=codes[codes >= 0], names=np.array(list(self._rows)))

    def metrics(self) -> dict[str, NDArray[np.float64]]:
        """Means and standard deviations over the trainings."""
        n = len(self._rows)
        metrics: dict[str, NDArray[np.float64]] = {}
        for epochs in sorted(self._runs):
            runs = self._room(epochs)[:n]
            del self._runs[epochs]
            for position, name in enumerate(_NAMES):
                mean, deviation = _mean_and_deviation(runs[:, :, position])
                metrics[name.format(epochs)] = mean
                metrics[f"{name.format(epochs)}_std"] = deviation
        return metrics | {"n_parameters": self._parameters[:n]}


def _grown(rows: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """The rows, followed by NaN, if there are fewer than n."""
    if len(rows) >= n:
        return rows
    larger = np.full((max(1024, n * 5 // 4), *rows.shape[1:]), np.nan)
    larger[: len(rows)] = rows
    return larger


def _check_module(adjacency: Any, operations: Any, number: int) -> None:
    """Check an adjacency and operations that did not occur together before."""
    n = isqrt(len(adjacency)) if type(adjacency) is str else 0
    below = [row * n + column for row in range(n) for column in range(row + 1)]
    if not 2 <= n <= _MOST_VERTICES or n * n != len(adjacency) or not {*adjacency} <= {"0", "1"}:
        raise DataFileError(f"record {number:,} has the adjacency {shown(adjacency)}; expected n * n 0 and 1")
    if any(adjacency[place] != "0" for place in below):
        raise DataFileError(f"record {number:,} has the adjacency {shown(adjacency)}, not upper triangular")
    ops = operations.split(",") if type(operations) is str else []
    if len(ops) < 2 or (ops[0], ops[-1]) != ("input", "output") or not {*ops[1:-1]} <= {*_VOCABULARY[1:-1]}:
        raise DataFileError(
            f"record {number:,} has the operations {shown(operations)}; expected input, some of "
            f"{named(_VOCABULARY[1:-1])}, and output"
        )


def _mean_and_deviation(runs: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    known = np.isfinite(runs)
    counts = known.sum(axis=1)
    with np.errstate(all="ignore"):
        mean = np.where(known, runs, 0).sum(axis=1) / counts
        squares = np.where(known, runs - mean[:, None], 0) ** 2
        return mean, np.sqrt(squares.sum(axis=1) / np.where(counts > 1, counts - 1, np.nan))


def _read(path: Path) -> Read:
    cells = _Cells()
    for first, records in read_records(path):
        cells.add(first, records)
    metrics = cells.metrics()  # first, since it frees memory
    return cells.batch(), metrics


NASBENCH101 = BenchmarkFormat(
    "nasbench101",
    "tfrecord of NAS-Bench-101",
    lambda path, head: is_tfrecord(head),
    _read,
    ("val_accuracy_108", "val_accuracy_36", "val_accuracy_12", "val_accuracy_4"),
    __doc__ or "",
)
