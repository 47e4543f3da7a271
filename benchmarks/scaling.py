"""Which engine for which size: predictions and cross-validation on one process and on two workers.

A regressor with the default network predicts slices of the NAS-Bench-101 space and is cross-validated,
alternately in one process and on an engine of joblib, so that a busy machine slows both. Figures are
medians of how many times faster the engine is; the first turn, in which workers start, counts apart.
Results must be equal to the bit. Last come two processes of accelerate that share a pre-training, of
which epochs after the first count, alternately with one process. Run with
``python benchmarks/scaling.py`` on a machine with nothing else to do; it takes some minutes and needs
the extras accelerate, dask and ray.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
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
POOL = 20_000

Work = Callable[[], np.ndarray]


@contextmanager
def cluster(engine: str) -> Iterator[None]:
    """What an engine needs to be up, on this machine."""
    if engine == "dask":
        import dask
        from distributed import Client, LocalCluster

        # Dask tells workers to give memory back at once, for which small networks ask again all the time.
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


def pretrain() -> None:
    """In each of the processes that share it, pre-train; the first prints the seconds of an epoch."""
    from accelerate import Accelerator

    torch.set_num_threads(1)
    space = nasbench101_space()
    pool = space[np.random.default_rng(0).permutation(len(space))[:POOL]]
    encoder = FGPEncoder(max_epochs=4, device="accelerate", random_state=0).fit(pool)
    if Accelerator().is_main_process:
        print(np.median([epoch["time"] for epoch in encoder.history_[1:]]))


def epoch_seconds(n_processes: int) -> float:
    """Seconds of an epoch that processes share."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += [f"--nproc-per-node={n_processes}", __file__, "--pretrain"]
    environment = {**os.environ, "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return float(done.stdout)


def main() -> None:
    """Print one row for each work and engine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engines", nargs="+", default=ENGINES, choices=ENGINES)
    parser.add_argument("--sizes", nargs="+", type=int, default=[2048, 32_768])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pretrain", action="store_true", help="what the processes of accelerate run")
    arguments = parser.parse_args()
    if arguments.pretrain:
        return pretrain()
    torch.set_num_threads(1)  # as joblib does in its workers
    todo = works(arguments.sizes)
    print(f"{os.cpu_count()} cores, {WORKERS} workers, batches of {BATCH}")
    print(f"{'':12}{'':36}{'one process':>12}{'times faster':>14}{'first turn':>12}")
    for engine in arguments.engines:
        with cluster(engine):
            for title, work in todo.items():
                alone, ratio, extra = compare(engine, work, arguments.rounds)
                print(f"{engine:12}{title:36}{alone:10.2f} s{ratio:14.2f}{extra:+10.1f} s", flush=True)
    seconds_of_both = [[epoch_seconds(n) for n in (1, WORKERS)] for _ in range(arguments.rounds)]
    alone, shared = np.transpose(seconds_of_both)
    title = f"an epoch over {POOL:,} architectures"
    print(f"{'accelerate':12}{title:36}{np.median(alone):10.2f} s{np.median(alone / shared):14.2f}")


if __name__ == "__main__":
    main()
