"""Pools of the search benchmark: what is searched, and by what the found architecture is judged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from _spaces import TRANSNAS
from _tables import load_table
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._duplicates import duplicate_groups
from fgp_sklearn.datasets import load_nasbench_graph
from fgp_sklearn.search import PoolSpace

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
GRAPHS = ("cora", "arxiv", "photo")
# Family of tables, what is searched, by what it is judged. Costs begin with a minus.
COLUMNS = {
    "nasbench201": ("nasbench201", "cifar10_valid_200ep", "cifar10_test_200ep"),
    "nasbench201-test": ("nasbench201", "cifar10_test_200ep", "cifar10_test_200ep"),
    "nasbench201-cifar100": ("nasbench201", "cifar100_valid_200ep", "cifar100_valid_200ep"),
    "nasbench201-imagenet16": ("nasbench201", "imagenet16_valid_200ep", "imagenet16_valid_200ep"),
    "nasbench101": ("nasbench101-all", "val_acc_108ep", "val_acc_108ep"),
    "macro": ("macro", "cifar10_test_mean", "cifar10_test_mean"),
    "transnas-scene": ("transnas", TRANSNAS["transnas-scene"], TRANSNAS["transnas-scene"]),
    "gpt-perplexity": ("gpt", "-perplexity", "-perplexity"),
}
NAMES = (*COLUMNS, *GRAPHS)


@dataclass(frozen=True, eq=False)
class Pool:
    """Architectures, what a search is told of them and by what it is judged; larger is better."""

    name: str
    X: ArchitectureBatch
    searched: FloatArray
    judged: FloatArray

    @cached_property
    def groups(self) -> IntArray:
        """Number of what each architecture computes."""
        return duplicate_groups(PoolSpace(self.X).functional(self.X))

    @cached_property
    def choices(self) -> IntArray:
        """Natural parameters: one column per choice that differs between architectures, as integers.

        Columns are the operation of each node, its attributes, and whether there is an edge.
        """
        n, width = len(self.X), int(self.X.n_nodes.max())
        place = np.arange(len(self.X.ops)) - np.repeat(self.X.node_ptr[:-1], self.X.n_nodes)
        given = [self.X.ops, *(() if self.X.attribute_values is None else self.X.attribute_values.T)]
        columns = []
        for values in given:
            table = np.full((n, width), -1.0)
            table[self.X.node_owner, place] = np.nan_to_num(values, nan=-1.0)
            columns.append(table)
        links = np.zeros((n, width * width))
        owner = np.repeat(np.arange(n), self.X.n_edges)
        links[owner, self.X.edges[0] * width + self.X.edges[1]] = 1
        table = np.hstack([*columns, links])
        varying = [column for column in table.T if np.ptp(column)]
        coded = [np.unique(column, return_inverse=True)[1] for column in varying]
        # Two columns that say the same, such as an operation and that it is there, are one choice.
        return np.unique(np.stack(coded), axis=0).T.copy()


@lru_cache(maxsize=1)
def load_pool(name: str, folder: Path) -> Pool:
    """Read one of `NAMES`; the folder holds the converted tables."""
    if name in GRAPHS:
        bunch = load_nasbench_graph(name)
        table = {f"metric__{k}": v for k, v in bunch.metrics.items()}
        X, columns = bunch.data, ("valid_accuracy", "test_accuracy")
    else:
        family, *columns = COLUMNS[name]
        X, table = load_table(family, folder)
    searched, judged = (_column(table, column) for column in columns)
    known = np.flatnonzero(np.isfinite(searched) & np.isfinite(judged))
    return Pool(name, X.take(known), searched[known], judged[known])


def _column(table: dict[str, FloatArray], column: str) -> FloatArray:
    values = table[f"metric__{column.removeprefix('-')}"].astype(np.float64)
    return -values if column.startswith("-") else values
