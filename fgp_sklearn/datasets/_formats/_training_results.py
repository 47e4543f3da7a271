"""TrainingResults: what NAS-Bench-201 and NATS-Bench store about each architecture."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from fgp_sklearn.architectures import from_text
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._formats._benchmark_format import Read
from fgp_sklearn.datasets._formats._left_out import LEFT_OUT
from fgp_sklearn.datasets._formats._metric_columns import MetricColumns, deviation, mean, number, numbers
from fgp_sklearn.datasets._formats._table import Table

# Schedules, and their epochs. NAS-Bench-201 has names for two of them.
_SCHEDULES = {"less": "12", "full": "200", "01": "01", "12": "12", "90": "90", "200": "200"}
_NOT_READ = {"net_state_dict", "train_acc5es", "train_losses", "eval_losses", "eval_times", "arch_config"}
_REPEATED = "_accuracy"  # ending of the metrics that also have a standard deviation


class TrainingResults:
    """Collects the results of architectures while a pickle is read.

    A result is a dictionary of schedules. Each holds the results of one training per data set and seed.
    """

    def __init__(self) -> None:
        self._texts: dict[str, None] = {}
        self._indices: list[int] = []
        self._columns = MetricColumns()

    def convert(self, key: Any, value: Any) -> Any:
        """Replace a training by its numbers, and a schedule by its metrics; see `PickleReader`."""
        if type(key) is tuple and type(value) is Table:
            return _training(value)
        if type(key) is str and key in _SCHEDULES and type(value) is Table:
            return value.get("arch_str"), value.get("arch_index"), _metrics(value, _SCHEDULES[key])
        return LEFT_OUT if type(key) is str and key in _NOT_READ else value

    def convert_all(self, key: Any, value: Any) -> Any:
        """The same, for a file of all architectures: each is added as soon as it is complete."""
        if type(key) is int and type(value) is Table:
            self.add(value)
            return LEFT_OUT
        return self.convert(key, value)

    def add(self, schedules: Any) -> None:
        """Add an architecture.

        Parameters
        ----------
        schedules : Table
            Its converted schedules.

        Raises
        ------
        DataFileError
            If it is not what `convert` makes, or an architecture occurs twice.
        """
        found = [schedules[name] for name in _SCHEDULES if name in schedules] if schedules else []
        if not found or not all(type(schedule) is tuple for schedule in found):
            raise DataFileError(f"it has no results under one of the schedules {', '.join(_SCHEDULES)}")
        text, index, _ = found[0]
        if type(text) is not str or type(index) is not int or not abs(index) < 2**31:
            raise DataFileError(f"an architecture has the text {shown(text)} and the index {shown(index)}")
        if any((other, place) != (text, index) for other, place, _ in found):
            raise DataFileError(f"the schedules of {shown(text)} belong to different architectures")
        if text in self._texts:
            raise DataFileError(f"the architecture {shown(text)} occurs twice")
        self._texts[text] = None
        self._indices.append(index)
        self._columns.add({name: value for *_, metrics in found for name, value in metrics.items()})

    def finish(self) -> Read:
        """Architectures in the order of their indices, and their metrics."""
        if not self._texts:
            raise DataFileError("it has no architectures")
        order = np.argsort(self._indices, kind="stable")
        form = "nasbench201" if next(iter(self._texts)).startswith("|") else "nats-size"
        batch = from_text(list(self._texts), form=form)
        return batch.take(order), {name: column[order] for name, column in self._columns.finish().items()}


def _training(result: Table) -> dict[str, float]:
    """Numbers at the end of a training; see `ResultsCount` of the official readers."""
    last = result.get("epochs")
    if type(last) is not int:
        raise DataFileError(f"a training has {shown(last)} epochs")
    last -= 1
    curve, times = _table(result, "train_acc1es"), _table(result, "train_times")
    found = {
        "train_accuracy": number(curve.get(last), "train_acc1es"),
        "train_time": times.left_out + math.fsum(number(time, "train_times") for time in times.values()),
        "flops": number(result.get("flop"), "flop"),
        "params": number(result.get("params"), "params"),
        "latency": mean(x for x in numbers(result.get("latency") or [], "latency").tolist() if x > 0),
    }
    if not times:
        found["train_time"] = math.nan
    for key, value in _table(result, "eval_acc1es").items():
        if type(key) is str and key.endswith(f"@{last}"):
            name = key.rpartition("@")[0]
            found[f"{name:.40}{_REPEATED}"] = number(value, f"eval_acc1es of {key:.40}")
    return found


def _table(result: Table, name: str) -> Table:
    found = result.get(name)
    return found if type(found) is Table else Table()


def _metrics(schedule: Table, epochs: str) -> dict[str, float]:
    """Means over the trainings with different seeds, and standard deviations of accuracies."""
    values: dict[str, list[float]] = {}
    for key, training in _table(schedule, "all_results").items():
        if type(key) is not tuple or type(key[0]) is not str or type(training) is not dict:
            raise DataFileError(f"a training has the key {shown(key)}; expected a data set and a seed")
        for name, value in training.items():
            values.setdefault(f"{key[0]:.40}_{name}", []).append(value)
    metrics = {}
    for name, own in values.items():
        metrics[f"{name}_{epochs}"] = mean(own)
        if name.endswith(_REPEATED):
            metrics[f"{name}_{epochs}_std"] = deviation(own)
    return metrics
