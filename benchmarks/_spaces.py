"""Search spaces of the accuracy benchmark: architectures, accuracies, and the sizes of protocol A."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.datasets import load_nasbench_graph
from fgp_sklearn.proxies import (
    MeasuredProxies,
    NASBench101Builder,
    NASBench201Builder,
    NASBenchGraphBuilder,
)

# Spaces of one family have the same architectures and other targets.
FAMILIES = {
    "nasbench201": "nasbench201",
    "nasbench201-cifar100": "nasbench201",
    "nasbench201-imagenet16": "nasbench201",
    "nasbench101": "nasbench101",
    "nasbench101-whole": "nasbench101-whole",
    "macro": "macro",
    "cora": "graphs",
    "arxiv": "graphs",
    "photo": "graphs",
}
NAMES = tuple(FAMILIES)
TARGETS = {
    "nasbench201": "cifar10_test_200ep",
    "nasbench201-cifar100": "cifar100_valid_200ep",
    "nasbench201-imagenet16": "imagenet16_valid_200ep",
    "nasbench101": "val_acc_108ep",
    "nasbench101-whole": "val_acc_108ep",
    "macro": "cifar10_test_mean",
}
SHARES = ("1%", "5%", "10%")
N_LABELS = {  # of each share
    "nasbench201": (78, 390, 781),
    "nasbench101": (72, 364, 729),
    "nasbench101-whole": (150, 750, 1500),
    "macro": (33, 164, 328),
    "graphs": (131, 655, 1310),
}
N_VALIDATION = 40
BUILDERS = {  # of untrained networks, on which proxies are measured
    "nasbench201": NASBench201Builder(),
    "nasbench101": NASBench101Builder(),
    "nasbench101-whole": NASBench101Builder(),
    "graphs": NASBenchGraphBuilder(),
}


@dataclass(frozen=True)
class Space:
    """A search space with accuracies."""

    name: str
    X: ArchitectureBatch
    y: NDArray[np.float64]

    def split(self, permutation: int, share: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows to learn from, and test rows: behind half of the space and the validation rows."""
        n_labels = N_LABELS[FAMILIES[self.name]][SHARES.index(share)]
        pool = self.pool(permutation)
        return pool[:n_labels], self._order(permutation)[len(pool) + N_VALIDATION :]

    def pool(self, permutation: int) -> NDArray[np.int64]:
        """Rows that may be labelled."""
        return self._order(permutation)[: (len(self.y) + 1) // 2]

    def measured_proxies(self, memory: Path, **params: Any) -> NDArray[np.float64]:
        """Proxies of untrained networks, the default ones or those named; kept in a folder."""
        proxies = MeasuredProxies(BUILDERS[FAMILIES[self.name]], memory=memory, random_state=0, **params)
        measured: NDArray[np.float64] = proxies.fit_transform(self.X)
        return measured

    def _order(self, permutation: int) -> NDArray[np.int64]:
        return np.random.default_rng(permutation).permutation(len(self.y))


@lru_cache(maxsize=3)
def load_space(name: str, folder: Path) -> Space:
    """Read one of `NAMES`; the folder holds the converted tables."""
    family = FAMILIES[name]
    if family == "graphs":
        bunch = load_nasbench_graph(name)
        return Space(name, bunch.data, bunch.target)
    file = "nasbench_macro" if family == "macro" else family.removesuffix("-whole")
    with np.load(folder / f"{file}.npz", allow_pickle=False) as archive:
        table = dict(archive)
    rows = np.arange(len(table["ops"]))
    if file == "nasbench101":  # what lies behind has one value a row; the paper has 14,580 cells
        rows = np.arange(30_000)
    if family == "nasbench101":
        rows = np.sort(np.random.default_rng(0).choice(rows, 14_580, replace=False))
    adjacency = table["adj"] if table["adj"].ndim == 2 else table["adj"][rows]
    vocabulary = [str(op) for op in table["op_names"]]
    X = ArchitectureBatch.from_arrays(adjacency, table["ops"][rows].astype(np.int64), vocabulary)
    return Space(name, X, table[f"metric__{TARGETS[name]}"][rows].astype(np.float64))
