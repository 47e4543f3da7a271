"""How well the views of `FlowGaussianProcessRegressor` rank NAS-Bench-201 by latency on 27 devices.

Protocol A with 78 labels, three permutations times three seeds; the figure of a run is the mean Kendall tau
over the devices. ``python benchmarks/latency.py --data FOLDER``; the folder holds nasbench201.npz.
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from _rows import OTHERS
from _spaces import load_space
from sklearn.multioutput import MultiOutputRegressor
from threadpoolctl import threadpool_limits

from fgp_sklearn import FlowGaussianProcessRegressor
from fgp_sklearn.metrics import kendall_tau_score

PREFIX = "metric__help_lat_"


def predictors(seed: int) -> dict[str, Any]:
    """What is compared."""
    views = ("accuracy", "cost", "both")
    return {
        "GP on one-hot": MultiOutputRegressor(OTHERS["GP on one-hot"].make(seed)),
        **{
            f"flow GP, view={view!r}": FlowGaussianProcessRegressor(view=view, random_state=seed)
            for view in views
        },
    }


def main() -> None:
    """Print a row for each predictor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    space = load_space("nasbench201", arguments.data)
    with np.load(arguments.data / "nasbench201.npz", allow_pickle=False) as table:
        devices = [name for name in table if name.startswith(PREFIX)]
        latency = np.stack([table[name].astype(np.float64) for name in devices], axis=1)
    taus: dict[str, list[Any]] = {}
    with threadpool_limits(1):
        for seed, permutation in product(range(3), range(3)):
            train, test = space.split(permutation, "1%")
            for name, predictor in predictors(seed).items():
                predicted = predictor.fit(space.X[train], latency[train]).predict(space.X[test])
                columns = zip(latency[test].T, predicted.T, strict=True)
                taus.setdefault(name, []).append([kendall_tau_score(*column) for column in columns])
                print(seed, permutation, name, f"{np.mean(taus[name][-1]):.4f}", flush=True)
    print(f"\n| {len(devices)} devices | mean tau | worst device | best device |\n|---|---|---|---|")
    for name, runs in taus.items():
        by_run, by_device = np.mean(runs, axis=1), np.mean(runs, axis=0)
        worst, best = by_device.argmin(), by_device.argmax()
        ends = [f"{by_device[i]:.3f} ({devices[i].removeprefix(PREFIX)})" for i in (worst, best)]
        print(f"| {name} | {by_run.mean():.3f} ± {by_run.std(ddof=1):.3f} | {' | '.join(ends)} |")


if __name__ == "__main__":
    main()
