"""Which engine for which size: predictions and cross-validation on one process and on two.

A regressor with the default network predicts slices of the NAS-Bench-101 space, and is cross-validated,
on each engine of joblib with two workers. Engines take turns within a round, and a figure is the median
over rounds, so that a busy machine slows all of them alike. Results are checked to be equal to the bit.
Run with ``python benchmarks/scaling.py``; it takes some minutes and needs the extras dask and ray.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from time import perf_counter

import numpy as np
import torch
from joblib import parallel_config
from sklearn.model_selection import cross_val_score

from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.datasets import nasbench101_space

ENGINES = ("one process", "threading", "loky", "dask", "ray")
WORKERS = 2
BATCH = 1024
LABELS = 100
FOLDS = 4


def clusters(names: list[str]) -> ExitStack:
    """Clusters on this machine, for the engines that need one."""
    stack = ExitStack()
    if "dask" in names:
        from distributed import Client, LocalCluster

        cluster = LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None)
        stack.enter_context(cluster)
        stack.enter_context(Client(cluster))
    if "ray" in names:
        import ray
        from ray.util.joblib import register_ray

        os.environ["RAY_AUTH_MODE"] = "disabled"
        ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False, logging_level="error")
        register_ray()
        stack.callback(ray.shutdown)
    return stack


@contextmanager
def engine(name: str) -> Iterator[None]:
    """Let joblib use an engine with two workers, or none."""
    if name == "one process":
        yield
        return
    with parallel_config(name, n_jobs=WORKERS):
        yield


def parts(space: ArchitectureBatch) -> Iterator[ArchitectureBatch]:
    """The space in batches."""
    for start in range(0, len(space), BATCH):
        yield space[start : start + BATCH]


def fitted(space: ArchitectureBatch) -> tuple[FGPRegressor, ArchitectureBatch, np.ndarray]:
    """A regressor, hardly trained: speed is what counts; and what it was fitted on."""
    rows = np.random.default_rng(0).choice(len(space), LABELS, replace=False)
    X = space[rows]
    y = np.random.default_rng(1).normal(size=LABELS)
    encoder = FGPEncoder(max_epochs=1)
    regressor = FGPRegressor(encoder, max_epochs=50, random_state=0).fit_pretrain(space[::200])
    return regressor.fit(X, y), X, y


def compare(title: str, names: list[str], rounds: int, work: Callable[[], np.ndarray], n: int = 0) -> None:
    """Print one row: seconds on one process, and the others' as multiples of its speed."""
    seconds: dict[str, list[float]] = {name: [] for name in names}
    expected = None
    for _ in range(rounds + 1):
        for name in names:
            with engine(name):
                start = perf_counter()
                result = work()
                seconds[name].append(perf_counter() - start)
            expected = result if expected is None else expected
            assert result.tobytes() == expected.tobytes(), name
    warm = {name: np.median(times[1:]) for name, times in seconds.items()}
    one = warm[names[0]]
    speed = f"{n / one:,.0f}/s" if n else ""
    ratios = "".join(
        f"{np.median(np.divide(seconds[names[0]][1:], seconds[name][1:])):10.2f}" for name in names[1:]
    )
    print(f"{title:34}{one:8.2f} s{speed:>12}{ratios}", flush=True)
    starts = "".join(f"{seconds[name][0] - warm[name]:9.1f}s" for name in names[1:])
    print(f"{'  the first time takes longer by':34}{'':22}{starts}", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engines", nargs="+", default=list(ENGINES[1:]), choices=ENGINES[1:])
    parser.add_argument("--sizes", nargs="+", type=int, default=[2048, 16_384])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # as joblib does in its workers
    names = [ENGINES[0], *arguments.engines]
    space = nasbench101_space()
    space = space[np.random.default_rng(0).permutation(len(space))]
    regressor, X, y = fitted(space)
    print(f"{os.cpu_count()} cores, {WORKERS} workers, batches of {BATCH}")
    print(f"{'':34}{names[0]:>22}" + "".join(f"{name:>10}" for name in names[1:]))
    with clusters(names):
        for n in arguments.sizes:
            pool = space[:n]
            compare(
                f"predict {len(pool):,} architectures",
                names,
                arguments.rounds,
                lambda pool=pool: np.concatenate(list(regressor.predict_stream(parts(pool)))),
                len(pool),
            )
        compare(
            f"{FOLDS}-fold cross-validation, {LABELS} labels",
            names,
            arguments.rounds,
            lambda: cross_val_score(regressor, X, y, cv=FOLDS),
        )


if __name__ == "__main__":
    main()
