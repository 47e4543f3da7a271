"""How many accuracies lie within 90 % intervals, among all test architectures and among the best predicted.

Protocol A with 1 % of labels. ``python benchmarks/coverage.py --data FOLDER``; the folder holds the converted
tables.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from _spaces import NAMES, load_space
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from fgp_sklearn import FGPRegressor, FlowGaussianProcessRegressor

TOP = 0.05


def main() -> None:
    """Print a row for each space and predictor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--spaces", nargs="+", default=["nasbench201", "nasbench101", "cora"], choices=NAMES)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--permutations", type=int, default=3)
    arguments = parser.parse_args()
    print(f"| space | predictor | all | {TOP:.0%} predicted best |\n|---|---|---|---|")
    for name in arguments.spaces:
        space = load_space(name, arguments.data)
        found: dict[str, list[tuple[float, float]]] = {}
        with threadpool_limits(1):
            for seed in range(arguments.seeds):
                predictors = {
                    "flow GP": FlowGaussianProcessRegressor(random_state=seed),
                    "FGP": FGPRegressor(random_state=seed).fit_pretrain(space.X),
                }
                for permutation in range(arguments.permutations):
                    train, test = space.split(permutation, "1%")
                    for predictor, unfitted in predictors.items():
                        fitted = clone(unfitted).fit(space.X[train], space.y[train])
                        predicted, std = fitted.predict(space.X[test], return_std=True)
                        inside = np.abs(space.y[test] - predicted) < 1.645 * std
                        top = np.argsort(-predicted)[: round(TOP * len(test))]
                        found.setdefault(predictor, []).append((inside.mean(), inside[top].mean()))
        for predictor, shares in found.items():
            cells = [
                f"{m:.3f} ± {s:.3f}"
                for m, s in zip(np.mean(shares, 0), np.std(shares, 0, ddof=1), strict=True)
            ]
            print(f"| {name} | {predictor} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
