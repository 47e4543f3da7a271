"""Two objectives: perplexity and latency of GPTs, and how much of the pool's area a search dominates."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from _search_pools import load_pool
from _searchers import Optuna, optuna_sampler
from _tables import load_table
from numpy.typing import NDArray

from fgp_sklearn.search import PoolSpace, PredictorGuidedSearch, hypervolume

NAME = "gpt-perplexity-latency"
N_PARALLEL = 5
# How many trainings each searcher gets.
SEARCHERS = {"predictor-guided": 60, "random": 200, "Optuna NSGA-II": 200, "Optuna TPE": 200}
EVERY = 20  # trainings after which the area is measured


def searched(folder: Path, name: str, seed: int) -> dict[str, Any]:
    """Search, and measure the share of the area that the pool dominates."""
    _, table = load_table("gpt", folder)
    points = -np.stack([table["metric__perplexity"], table["metric__lat_ms_a100"]], axis=1).astype(float)
    start = time.perf_counter()
    if name == "predictor-guided":
        told = guided(folder, points, seed)
    elif name == "random":
        told = np.random.default_rng(seed).choice(len(points), SEARCHERS[name], replace=False)
    else:
        told = by_optuna(folder, points, name.removeprefix("Optuna "), seed)
    reference = points.min(axis=0)
    whole = hypervolume(points, reference)
    shares = [hypervolume(points[told[:n]], reference) / whole for n in range(EVERY, len(told) + 1, EVERY)]
    return {"area": [round(share, 5) for share in shares], "s": round(time.perf_counter() - start, 1)}


def guided(folder: Path, points: NDArray[np.float64], seed: int) -> NDArray[np.int64]:
    """Positions by the default search of the library, in the order of training."""
    space = PoolSpace(load_pool("gpt-perplexity", folder).X)
    search = PredictorGuidedSearch(space, objectives={"latency": "maximize"}, random_state=seed)
    told: list[int] = []
    while len(told) < SEARCHERS["predictor-guided"]:
        asked = search.ask(N_PARALLEL)
        positions = space.positions(asked)
        search.tell(asked, points[positions, 0], latency=points[positions, 1])
        told += positions.tolist()
    return np.array(told)


def by_optuna(folder: Path, points: NDArray[np.float64], name: str, seed: int) -> NDArray[np.int64]:
    """Positions by a sampler of Optuna, in the order of training."""
    sampler = {"NSGA-II": "NSGAIISampler", "TPE": "TPESampler"}[name]
    rival = Optuna(load_pool("gpt-perplexity", folder), seed, optuna_sampler(sampler), n_objectives=2)
    told: list[int] = []
    while len(told) < SEARCHERS[f"Optuna {name}"]:
        positions = rival.ask(N_PARALLEL)
        rival.tell(positions, points[positions])
        told += positions.tolist()
    return np.array(told)
