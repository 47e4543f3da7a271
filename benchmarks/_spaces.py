"""Search spaces of the accuracy benchmark: architectures, accuracies, and the sizes of protocol A."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.datasets import load_nasbench_graph

NASBENCH201 = {
    "nasbench201": "cifar10_test_200ep",
    "nasbench201-cifar100": "cifar100_valid_200ep",
    "nasbench201-imagenet16": "imagenet16_valid_200ep",
}
NASBENCH101 = ("nasbench101", "nasbench101-whole")
GRAPHS = ("cora", "arxiv", "photo")
NAMES = (*NASBENCH201, *NASBENCH101, "macro", *GRAPHS)
SHARES = {  # numbers of labels
    "nasbench201": {"1%": 78, "5%": 390, "10%": 781},
    "nasbench101": {"1%": 72, "5%": 364, "10%": 729},
    "nasbench101-whole": {"1%": 150, "5%": 750, "10%": 1500},
    "macro": {"1%": 33, "5%": 164, "10%": 328},
    "graphs": {"1%": 131, "5%": 655, "10%": 1310},
}
PROXIES = ("nwot", "jacov", "synflow", "params")


@dataclass(frozen=True)
class Space:
    """A search space with accuracies."""

    name: str
    X: ArchitectureBatch
    y: NDArray[np.float64]
    proxies: NDArray[np.float64] | None = None

    @property
    def n_labels(self) -> dict[str, int]:
        """Labels of each share."""
        family = "graphs" if self.name in GRAPHS else self.name
        return SHARES.get(family, SHARES["nasbench201"])

    def split(self, permutation: int, share: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows to learn from, and test rows: behind half of the space and 40 validation rows."""
        order = np.random.default_rng(permutation).permutation(len(self.y))
        return order[: self.n_labels[share]], order[(len(order) + 1) // 2 + 40 :]


def load_space(name: str, folder: Path) -> Space:
    """Read one of `NAMES`; the folder holds the converted tables."""
    if name in GRAPHS:
        bunch = load_nasbench_graph(name)
        return Space(name, bunch.data, bunch.target)
    file = {**dict.fromkeys(NASBENCH201, "nasbench201"), **dict.fromkeys(NASBENCH101, "nasbench101")}
    with np.load(folder / f"{file.get(name, 'nasbench_macro')}.npz", allow_pickle=False) as archive:
        table = dict(archive)
    if name in NASBENCH201:
        proxies = np.stack([table[f"proxy__cifar10_{p}"] for p in PROXIES], axis=1).astype(np.float64)
        return Space(name, _batch(table), table[f"metric__{NASBENCH201[name]}"].astype(np.float64), proxies)
    if name in NASBENCH101:
        rows = np.arange(30_000)
        if name == "nasbench101":  # as many as the paper has
            rows = np.sort(np.random.default_rng(0).choice(rows, 14_580, replace=False))
        table = {key: column[rows] if len(column) > 30_000 else column for key, column in table.items()}
        return Space(name, _batch(table), table["metric__val_acc_108ep"].astype(np.float64))
    return Space(name, _batch(table), table["metric__cifar10_test_mean"].astype(np.float64))


def _batch(table: dict[str, NDArray[np.generic]]) -> ArchitectureBatch:
    vocabulary = [str(op) for op in table["op_names"]]
    ops = table["ops"].astype(np.int64)
    return ArchitectureBatch.from_arrays(table["adj"], ops, vocabulary)
