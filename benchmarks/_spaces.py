"""Search spaces of the accuracy benchmark: architectures, what is ranked, and the sizes of protocol A."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from _tables import load_table
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.datasets import load_nasbench_graph
from fgp_sklearn.proxies import (
    MeasuredProxies,
    NASBench101Builder,
    NASBench201Builder,
    NASBenchGraphBuilder,
)

TRANSNAS = {  # seven vision tasks
    "transnas-scene": "class_scene_valid",
    "transnas-object": "class_object_valid",
    "transnas-layout": "room_layout_valid",
    "transnas-jigsaw": "jigsaw_valid",
    "transnas-autoencoder": "autoencoder_valid",
    "transnas-normal": "normal_valid",
    "transnas-segmentation": "segmentsemantic_valid",
}
GPT = {  # the fewer, the better
    "gpt-perplexity": "perplexity",
    "gpt-a100": "lat_ms_a100",
    "gpt-rtx2080": "lat_ms_rtx2080",
}
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
    "nasbench301": "nasbench301",
    **dict.fromkeys(TRANSNAS, "transnas"),
    **dict.fromkeys(GPT, "gpt"),
}
NAMES = tuple(FAMILIES)
MEANS = {"transnas, mean of seven tasks": tuple(TRANSNAS)}  # what the page also shows of several spaces
TARGETS = {
    "nasbench201": "cifar10_test_200ep",
    "nasbench201-cifar100": "cifar100_valid_200ep",
    "nasbench201-imagenet16": "imagenet16_valid_200ep",
    "nasbench101": "val_acc_108ep",
    "nasbench101-whole": "val_acc_108ep",
    "macro": "cifar10_test_mean",
    "nasbench301": "cifar10_surrogate_acc",
    **TRANSNAS,
    **GPT,
}
# How many labels, by what the results call it: a share of the pool, or a number.
LABELS = {
    "nasbench201": {"1%": 78, "5%": 390, "10%": 781},
    "nasbench101": {"1%": 72, "5%": 364, "10%": 729},
    "nasbench101-whole": {"1%": 150, "5%": 750, "10%": 1500},
    "macro": {"1%": 33, "5%": 164, "10%": 328},
    "graphs": {"1%": 131, "5%": 655, "10%": 1310},
    "nasbench301": {
        "1%": 62,
        "5%": 311,
    },  # shares of half of all architectures, not only of those with accuracies
    "transnas": {"20 labels": 20, "81 labels": 81},
    "gpt": {"25 labels": 25, "50 labels": 50, "125 labels": 125, "250 labels": 250},
}
FEW = {"8 labels": 8, "20 labels": 20, "40 labels": 40}  # of a space of cells, beside its shares
MANY_OPERATIONS = ("graphs", "nasbench301")  # of which so few labels may lack one
SHARES = tuple(dict.fromkeys(share for labels in (FEW, *LABELS.values()) for share in labels))
N_VALIDATION = 40
BUILDERS = {  # of untrained networks, on which proxies are measured
    "nasbench201": NASBench201Builder(),
    "nasbench101": NASBench101Builder(),
    "nasbench101-whole": NASBench101Builder(),
    "graphs": NASBenchGraphBuilder(),
}


@dataclass(frozen=True)
class Space:
    """A search space with accuracies, or with costs as negative numbers; NaN where there is none."""

    name: str
    X: ArchitectureBatch
    y: NDArray[np.float64]

    def split(self, permutation: int, share: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows to learn from, and test rows: behind half of the space and the validation rows."""
        n_labels = {**FEW, **LABELS[FAMILIES[self.name]]}[share]
        pool = self.pool(permutation)
        return pool[:n_labels], self._order(permutation)[len(pool) + N_VALIDATION :]

    def pool(self, permutation: int) -> NDArray[np.int64]:
        """Rows that may be labelled."""
        order = self._order(permutation)
        return order[: (len(order) + 1) // 2]

    def measured_proxies(self, memory: Path, **params: Any) -> NDArray[np.float64]:
        """Proxies of untrained networks, the default ones or those named; kept in a folder."""
        proxies = MeasuredProxies(BUILDERS[FAMILIES[self.name]], memory=memory, random_state=0, **params)
        measured: NDArray[np.float64] = proxies.fit_transform(self.X)
        return measured

    def _order(self, permutation: int) -> NDArray[np.int64]:
        known = np.flatnonzero(np.isfinite(self.y))
        return known[np.random.default_rng(permutation).permutation(len(known))]


@lru_cache(maxsize=3)
def load_space(name: str, folder: Path) -> Space:
    """Read one of `NAMES`; the folder holds the converted tables."""
    family = FAMILIES[name]
    if family == "graphs":
        bunch = load_nasbench_graph(name)
        return Space(name, bunch.data, bunch.target)
    X, table = load_table(family, folder)
    y = table[f"metric__{TARGETS[name]}"].astype(np.float64)
    return Space(name, X, -y if name in GPT else y)
