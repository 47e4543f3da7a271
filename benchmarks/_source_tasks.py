"""Tasks of the benchmark of sources: what is ranked, and which predictors are known beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from _prior import TABLES, prior_without
from _spaces import TRANSNAS, load_space
from _tables import load_table
from numpy.typing import NDArray

from fgp_sklearn import FlowGaussianProcessRegressor
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.estimators import TransferredPredictor, sources_from_curves
from fgp_sklearn.search import select_diverse

Array = NDArray[Any]
ELSEWHERE = 99  # the permutation whose architectures are labelled elsewhere
N_TEST = 2000
N_POOL = 3000  # architectures without labels that a process is given
DEVICES_ELSEWHERE = 300  # measurements per other device
EPOCHS = (4, 12, 36, 108)
N_CHEAP = 300


@dataclass(frozen=True)
class Question:
    """Labelled architectures, others to rank, and what is known elsewhere."""

    X: ArchitectureBatch
    y: Array
    train: Array
    test: Array
    pool: Array
    sources: list[Any]
    view: str = "accuracy"


@dataclass(frozen=True)
class Task:
    """One row of settings: a group of the page, a space, and numbers of labels."""

    group: str
    space: str
    labels: tuple[str, ...]
    ask: Callable[[Path, str, int], Question]
    with_network: bool = False


def tasks() -> Iterator[Task]:
    """All tasks, in the order of the page."""
    for family, names in TABLES.items():
        for name in names:
            labels = ("8 labels", "20 labels", "40 labels", "1%", "5%")
            sources = _prior_of(family)
            yield Task("prior", name, labels, _accuracies(name, sources), name in TABLES)
    few = ("8 labels", "20 labels", "40 labels", "1%")
    for name in ("nasbench201-cifar100", "nasbench201-imagenet16"):
        yield Task("data set", name, few, _accuracies(name, _predictors_of({"nasbench201": 78})))
    graphs = ("cora", "arxiv", "photo")
    for name in graphs:
        others = {other: 655 for other in graphs if other != name}
        yield Task("data set", name, few, _accuracies(name, _predictors_of(others)))
    for name in TRANSNAS:
        others = {other: 81 for other in TRANSNAS if other != name}
        yield Task("data set", name, ("20 labels", "81 labels"), _accuracies(name, _predictors_of(others)))
    yield Task("device", "nasbench201", ("10 random", "20 random", "10 chosen"), _latencies)
    yield Task("epochs", "nasbench101", ("72 labels", "83 labels"), _curves)


def _accuracies(name: str, sources: Callable[[Path], list[Any]]) -> Callable[[Path, str, int], Question]:
    def ask(folder: Path, share: str, permutation: int) -> Question:
        space = load_space(name, folder)
        train, test = space.split(permutation, share)
        pool = space.pool(permutation)[:N_POOL]
        return Question(space.X, space.y, train, test[:N_TEST], pool, sources(folder))

    return ask


def _prior_of(family: str) -> Callable[[Path], list[Any]]:
    return lambda folder: [_prior(family, folder)]


@lru_cache
def _prior(family: str, folder: Path) -> TransferredPredictor:
    return TransferredPredictor(prior_without(family, folder))


def _predictors_of(n_labels: dict[str, int]) -> Callable[[Path], list[Any]]:
    return lambda folder: [_predictor(name, n, folder) for name, n in n_labels.items()]


@lru_cache
def _predictor(name: str, n_labels: int, folder: Path) -> FlowGaussianProcessRegressor:
    space = load_space(name, folder)
    pool = space.pool(ELSEWHERE)
    process = FlowGaussianProcessRegressor(random_state=0)
    rows = pool[:n_labels]
    return process.fit(space.X.take(rows), space.y[rows], X_unlabeled=space.X.take(pool[:N_POOL]))


@lru_cache
def _devices(folder: Path) -> tuple[ArchitectureBatch, dict[str, Array], list[Any]]:
    """Latencies of 27 devices, and a process per device."""
    X, table = load_table("nasbench201", folder)
    latencies = {name: np.asarray(y, dtype=float) for name, y in table.items() if "help_lat" in name}
    rows = np.random.default_rng(ELSEWHERE).permutation(len(X))[:DEVICES_ELSEWHERE]
    usual = {"view": "cost", "random_state": 0}
    processes = [FlowGaussianProcessRegressor(**usual).fit(X.take(rows), y[rows]) for y in latencies.values()]
    return X, latencies, processes


def _latencies(folder: Path, labels: str, permutation: int) -> Question:
    """The permutation is the number of the device, which is left out of the sources."""
    X, latencies, processes = _devices(folder)
    name = list(latencies)[permutation]
    order = np.random.default_rng(permutation).permutation(len(X))
    n_labels, how = labels.split()
    pool = order[:N_POOL]
    if how == "chosen":
        train = pool[select_diverse(X.take(pool), int(n_labels), view="cost", random_state=permutation)]
    else:
        train = order[: int(n_labels)]
    test = np.setdiff1d(order[N_POOL : N_POOL + N_TEST], train)
    others = [process for number, process in enumerate(processes) if number != permutation]
    return Question(X, latencies[name], train, test, pool, others, view="cost")


def _curves(folder: Path, labels: str, permutation: int) -> Question:
    """300 cells after 4 epochs, and the whole curves of the labelled cells."""
    X, table = load_table("nasbench101", folder)
    curves = np.column_stack([np.asarray(table[f"metric__val_acc_{n}ep"], float) for n in EPOCHS])
    order = np.random.default_rng(permutation).permutation(len(X))
    n_labels = int(labels.split()[0])
    train, cheap = order[:n_labels], order[-N_CHEAP:]
    partial = np.full((len(X), len(EPOCHS) - 1), np.nan)
    partial[cheap, 0] = curves[cheap, 0]
    partial[train] = curves[train, :-1]
    seen = np.r_[train, cheap]
    sources = sources_from_curves(X.take(seen), partial[seen])
    test = order[N_POOL : N_POOL + N_TEST]
    return Question(X, curves[:, -1], train, test, order[:N_POOL], sources)
