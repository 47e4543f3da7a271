"""What it costs to rank a whole space, or networks of thousands of nodes, from a few labels."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from time import process_time
from typing import Any

import numpy as np
from _timing import Figure, forget_peak, in_child, in_turns, peak_mb
from numpy.typing import NDArray

from fgp_sklearn import FGPEncoder, FGPRegressor, FlowGaussianProcessRegressor
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.datasets import nasbench101_space

LABELS = 200
RANKERS = {"process": "Gaussian process", "network": "pre-trained network and process"}
CONVOLUTIONS = ("conv1x1", "conv3x3", "conv5x5", "depthwise3x3")


def ranking(rounds: int) -> Iterator[Figure]:
    """Rank all cells of NAS-Bench-101 from 200 labels, and networks of hundreds and thousands of nodes."""
    for (ranker, limit), shuffled in product((("process", 15), ("network", 25)), (False, True)):
        found = in_child("rank_nasbench101", ranker=ranker, with_std=False, shuffled=shuffled)
        what = f"{RANKERS[ranker]}, 423,624 cells{', shuffled' if shuffled else ''}"
        yield Figure(f"{what}: fit and predict", found["seconds"], "s", at_most=limit)
        yield Figure(f"{what}: memory", found["memory"] / 1000, "GB", at_most=1)
    found = in_child("rank_nasbench101", ranker="process", with_std=True, shuffled=True)
    yield Figure("deviations too: fit and predict", found["seconds"], "s")
    yield Figure("deviations too: memory", found["memory"] / 1000, "GB", at_most=1)
    choose = np.random.default_rng(0)
    for n_networks, n_nodes in ((200, 500), (20, 5000)):
        pool = residual_networks(n_networks, n_nodes, choose)
        for view in ("accuracy", "cost"):
            seconds = rank(pool, view, rounds)
            what = f"{n_networks} networks of {n_nodes:,} nodes, view {view}"
            yield Figure(f"{what}: fit and predict", seconds, "s", at_most=5)
    pools = {n: residual_networks(20, n, choose) for n in (500, 1000, 2000, 4000, 8000)}
    taken = {n: rank(pool, "accuracy", rounds) for n, pool in pools.items()}
    for n, seconds in taken.items():
        cost = seconds / size(pools[n]) * 1e6
        yield Figure(f"20 networks of {n:,} nodes", cost, "µs a node or edge", curve="ranking", at=n)
    sizes = [size(pool) for pool in pools.values()]
    exponent = np.polyfit(np.log(sizes), np.log(list(taken.values())), 1)[0]
    yield Figure("exponent of the time in nodes plus edges", float(exponent), at_most=1.1)


def rank(pool: ArchitectureBatch, view: str, rounds: int) -> float:
    """Seconds of fitting a process to a fifth of the networks and predicting all."""
    labels = some_labels(pool)
    n_labels = len(pool) // 5

    def fit_and_predict() -> None:
        process = FlowGaussianProcessRegressor(view=view, random_state=0)
        process.fit(pool[:n_labels], labels[:n_labels]).predict(pool)

    return in_turns({view: fit_and_predict}, min(rounds, 2))[view]


def rank_nasbench101(ranker: str, with_std: bool, shuffled: bool) -> dict[str, float]:
    """In a process of its own, so that its memory can be told."""
    space = nasbench101_space()
    order = np.random.default_rng(0).permutation(len(space))
    known = space.take(order[:LABELS])
    labels = some_labels(known)
    space = space.take(order) if shuffled else space  # neighbours in the enumeration have more in common
    regressor: Any = FlowGaussianProcessRegressor(random_state=0)
    if ranker == "network":
        regressor = FGPRegressor(FGPEncoder(max_epochs=1), random_state=0).fit_pretrain(space[::200])
    regressor.fit(known, labels).predict(space[:1000], return_std=with_std)  # what is loaded once
    forget_peak()
    before, start = peak_mb(), process_time()
    regressor.fit(known, labels).predict(space, return_std=with_std)
    return {"seconds": process_time() - start, "memory": peak_mb() - before}


def some_labels(pool: ArchitectureBatch) -> NDArray[np.float64]:
    """Labels that depend on operations and depth."""
    worth = np.random.default_rng(1).normal(size=len(pool.vocabulary))
    of_ops = np.add.reduceat(worth[pool.ops], pool.node_ptr[:-1]) / pool.n_nodes
    deepest = np.maximum.reduceat(pool.generation, pool.node_ptr[:-1])
    labels: NDArray[np.float64] = of_ops + 0.1 * np.log(deepest)
    return labels


def size(pool: ArchitectureBatch) -> int:
    """Nodes plus edges."""
    return len(pool.ops) + pool.edges.shape[1]


def residual_networks(n_networks: int, n_nodes: int, choose: np.random.Generator) -> ArchitectureBatch:
    """Residual networks of about so many nodes each."""
    sizes = n_nodes * choose.uniform(0.8, 1.2, size=n_networks)
    return ArchitectureBatch.concatenate([residual_network(int(n), choose) for n in sizes])


def residual_network(n_nodes: int, choose: np.random.Generator) -> ArchitectureBatch:
    """Blocks of one to three times convolution, normalisation and activation, each with a skip connection."""
    kinds = choose.choice(CONVOLUTIONS, size=choose.integers(1, 4), replace=False)
    activation, n_layers = choose.choice(["relu", "gelu"]), choose.integers(1, 4)
    ops, edges, last = ["input"], [], 0
    while len(ops) < n_nodes - 1:
        begin = last
        for _ in range(n_layers):
            for op in (choose.choice(kinds), "norm", activation):
                edges.append((last, len(ops)))
                last = len(ops)
                ops.append(str(op))
        edges += [(last, len(ops)), (begin, len(ops))]
        last = len(ops)
        ops.append("add")
    edges.append((last, len(ops)))
    ops.append("output")
    vocabulary = sorted(set(ops))
    return ArchitectureBatch(
        ops=[vocabulary.index(op) for op in ops],
        edges=np.transpose(edges),
        node_ptr=[0, len(ops)],
        edge_ptr=[0, len(edges)],
        vocabulary=vocabulary,
    )
