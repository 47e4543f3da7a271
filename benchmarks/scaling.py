"""Which engine for which size: predictions and cross-validation on one process and on two workers.

A regressor with the default network predicts slices of the NAS-Bench-101 space and is cross-validated,
alternately in one process and on an engine of joblib, so that a busy machine slows both. Figures are
medians of how many times faster the engine is; the first turn, in which workers start, counts apart.
Results must be equal to the bit. Run with ``python benchmarks/scaling.py`` on a machine with nothing
else to do; it takes some minutes and needs the extras dask and ray.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

import numpy as np
import torch
from joblib import parallel_config
from sklearn.model_selection import cross_val_score

from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.datasets import nasbench101_space

ENGINES = ("threading", "loky", "dask", "ray")
WORKERS = 2
BATCH = 1024
LABELS = 100
FOLDS = 4

Work = Callable[[], np.ndarray]


@contextmanager
def cluster(engine: str) -> Iterator[None]:
    """What an engine needs to be up, on this machine."""
    if engine == "dask":
        import dask
        from distributed import Client, LocalCluster

        # Dask tells workers to give memory back at once, which makes small networks three times slower.
        environment = {"OMP_NUM_THREADS": 1, "MKL_NUM_THREADS": 1, "OPENBLAS_NUM_THREADS": 1}
        with (
            dask.config.set({"distributed.nanny.pre-spawn-environ": environment}),
            LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None) as workers,
            Client(workers),
        ):
            yield
    elif engine == "ray":
        import ray
        from ray.util.joblib import register_ray

        os.environ["RAY_AUTH_MODE"] = "disabled"
        ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False, logging_level="error")
        register_ray()
        yield
        ray.shutdown()
    else:
        yield


def parts(pool: ArchitectureBatch) -> Iterator[ArchitectureBatch]:
    """The pool in batches."""
    for start in range(0, len(pool), BATCH):
        yield pool[start : start + BATCH]


def works(sizes: list[int]) -> dict[str, Work]:
    """What is timed; training is short, since it only has to take the same time everywhere."""
    space = nasbench101_space()
    space = space[np.random.default_rng(0).permutation(len(space))]
    X, y = space[:LABELS], np.random.default_rng(1).normal(size=LABELS)
    regressor = FGPRegressor(FGPEncoder(max_epochs=1), max_epochs=50, random_state=0)
    regressor.fit_pretrain(space[::200]).fit(X, y)
    found: dict[str, Work] = {}
    for size in sizes:
        pool = space[:size]
        found[f"predict {len(pool):,} architectures"] = lambda pool=pool: np.concatenate(
            list(regressor.predict_stream(parts(pool)))
        )
    found[f"{FOLDS}-fold cross-validation, {LABELS} labels"] = lambda: cross_val_score(
        regressor, X, y, cv=FOLDS
    )
    return found


def seconds(work: Work) -> tuple[float, np.ndarray]:
    """How long it takes, and its result."""
    start = perf_counter()
    result = work()
    return perf_counter() - start, result


def compare(engine: str, work: Work, rounds: int) -> tuple[float, float, float]:
    """Seconds in one process, how many times faster the engine is, and seconds more of its first turn."""
    alone, shared = [], []
    for _ in range(rounds + 1):
        time, expected = seconds(work)
        alone.append(time)
        with parallel_config(engine, n_jobs=WORKERS):
            time, result = seconds(work)
        shared.append(time)
        assert result.tobytes() == expected.tobytes()
    ratio = np.median(np.divide(alone[1:], shared[1:]))
    return float(np.median(alone)), float(ratio), shared[0] - float(np.median(shared[1:]))


def main() -> None:
    """Print one row for each work and engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engines", nargs="+", default=ENGINES, choices=ENGINES)
    parser.add_argument("--sizes", nargs="+", type=int, default=[2048, 32_768])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # as joblib does in its workers
    todo = works(arguments.sizes)
    print(f"{os.cpu_count()} cores, {WORKERS} workers, batches of {BATCH}")
    print(f"{'':12}{'':36}{'one process':>12}{'times faster':>14}{'first turn':>12}")
    for engine in arguments.engines:
        with cluster(engine):
            for title, work in todo.items():
                alone, ratio, extra = compare(engine, work, arguments.rounds)
                print(f"{engine:12}{title:36}{alone:10.2f} s{ratio:14.2f}{extra:+10.1f} s", flush=True)


if __name__ == "__main__":
    main()
