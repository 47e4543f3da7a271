"""What it costs to pre-train on a whole space, or on networks of thousands of nodes."""

from __future__ import annotations

from collections.abc import Iterator
from time import process_time

import numpy as np
from _speed_ranking import residual_networks, size
from _timing import Figure, in_child, in_turns, peak_mb

from fgp_sklearn import FGPEncoder
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.datasets import nasbench101_space


def pretraining_at_size(rounds: int) -> Iterator[Figure]:
    """An epoch on all cells of NAS-Bench-101, and on networks of hundreds and thousands of nodes."""
    found = in_child("pretrain_nasbench101")
    yield Figure("423,624 cells: an epoch with what it prepares", found["seconds"], "s")
    yield Figure("423,624 cells: memory", found["memory"] / 1000, "GB", at_most=1.5)
    choose = np.random.default_rng(0)
    for n_networks, n_nodes in ((200, 500), (20, 5000)):
        seconds = an_epoch(residual_networks(n_networks, n_nodes, choose), rounds)
        yield Figure(f"{n_networks} networks of {n_nodes:,} nodes: an epoch", seconds, "s", at_most=20)
    # As many as the surrogate always walks over together: in two walks, each step would do half the work.
    pools = {n: residual_networks(16, n, choose) for n in (500, 1000, 2000, 4000, 8000)}
    taken = {n: an_epoch(pool, rounds) for n, pool in pools.items()}
    for n, seconds in taken.items():
        cost = seconds / size(pools[n]) * 1e6
        yield Figure(f"16 networks of {n:,} nodes", cost, "µs a node or edge", curve="pre-training", at=n)
    sizes = [size(pool) for pool in pools.values()]
    exponent = np.polyfit(np.log(sizes), np.log(list(taken.values())), 1)[0]
    yield Figure("exponent of the time in nodes plus edges", float(exponent), at_most=1.1)


def an_epoch(pool: ArchitectureBatch, rounds: int) -> float:
    """Seconds of pre-training, surrogate included."""
    encoder = FGPEncoder(max_epochs=1, max_pool=None, random_state=0)
    return in_turns({"epoch": lambda: encoder.fit(pool)}, min(rounds, 2))["epoch"]


def pretrain_nasbench101() -> dict[str, float]:
    """In a process of its own, so that its memory can be told."""
    space = nasbench101_space()
    encoder = FGPEncoder(max_epochs=1, max_pool=None, random_state=0).fit(
        space[::1000]
    )  # what is loaded once
    before, start = peak_mb(), process_time()
    encoder.fit(space)
    return {"seconds": process_time() - start, "memory": peak_mb() - before}
