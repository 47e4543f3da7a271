"""How well the views of `FlowGaussianProcessRegressor` rank plain chains by cost: NAS-Bench-Macro.

Parameters and FLOPs from a few labels: mean Kendall tau and standard deviation over nine permutations.
``python benchmarks/costs_of_chains.py --data FOLDER``; the folder holds nasbench_macro.npz.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from _spaces import load_space
from threadpoolctl import threadpool_limits

from fgp_sklearn import FlowGaussianProcessRegressor
from fgp_sklearn.metrics import kendall_tau_score

VIEWS = ("accuracy", "cost", "both")


def main() -> None:
    """Print a row for each cost and number of labels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    space = load_space("macro", arguments.data)
    print(f"| | labels | {' | '.join(VIEWS)} |\n|---|---|{'---|' * len(VIEWS)}")
    with np.load(arguments.data / "nasbench_macro.npz", allow_pickle=False) as table, threadpool_limits(1):
        for cost in ("params", "flops"):
            y = table[f"metric__{cost}"].astype(np.float64)
            for n_labels in (15, 33, 65, 200):
                cells = []
                for view in VIEWS:
                    taus = []
                    for permutation in range(9):
                        train = space.pool(permutation)[:n_labels]
                        _, test = space.split(permutation, "1%")
                        process = FlowGaussianProcessRegressor(view=view, random_state=permutation)
                        process.fit(space.X[train], y[train], space.X[test])
                        taus.append(kendall_tau_score(y[test], process.predict(space.X[test])))
                    cells.append(f"{np.mean(taus):.3f} ± {np.std(taus, ddof=1):.3f}")
                print(f"| {cost} | {n_labels} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
