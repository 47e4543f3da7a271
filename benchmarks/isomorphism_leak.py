"""What plain folds leak: `KFold` against `IsomorphismGroupKFold` on NAS-Bench-201.

Of the 15,625 cells 5,425 compute something different. Under `KFold` a test cell may have an equal in the
training set, under `IsomorphismGroupKFold` never. Both deal out the same cells to five folds; the leak is
the Kendall tau of the first less that of the second, mean and standard deviation over samples of cells and
seeds of the folds. Run with ``python benchmarks/isomorphism_leak.py``; it takes some minutes.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from fgp_sklearn import ArchitectureSimplifier, FGPRegressor, PathStatistics
from fgp_sklearn.datasets import load_nasbench201
from fgp_sklearn.metrics import kendall_tau_scorer
from fgp_sklearn.model_selection import IsomorphismGroupKFold

SIMPLIFIER = ArchitectureSimplifier(identity_ops=["skip_connect"])
FOREST = RandomForestRegressor(50, min_samples_leaf=2, random_state=0)


def operations(X: Any) -> np.ndarray:
    """Operations of the cells as they stand, one column a node."""
    return X.ops.reshape(len(X), -1)


PREDICTORS = {
    "nearest cell": make_pipeline(SIMPLIFIER, PathStatistics(), StandardScaler(), KNeighborsRegressor(1)),
    "5 nearest cells": make_pipeline(
        SIMPLIFIER, PathStatistics(), StandardScaler(), KNeighborsRegressor(5, weights="distance")
    ),
    "forest": make_pipeline(SIMPLIFIER, PathStatistics(), FOREST),
    "forest, one-hot": make_pipeline(
        FunctionTransformer(operations), OneHotEncoder(handle_unknown="ignore"), FOREST
    ),
    "FGPRegressor": FGPRegressor(random_state=0),
}
SLOW = {"FGPRegressor": 500}  # all pairs of labels at once: not with more of them


def share_with_an_equal(X: Any, folds: Any) -> float:
    """Share of the test cells that have an equal in the training set."""
    group = SIMPLIFIER.duplicates(X)
    return float(np.mean(np.concatenate([np.isin(group[test], group[train]) for train, test in folds])))


def main() -> None:
    """Print one row for each number of cells and predictor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", nargs="+", type=int, default=[500, 2000, 15625])
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    X, y = load_nasbench201(return_X_y=True)
    print(
        f"{'cells':>6} {'predictor':16} {'with an equal':>13} {'KFold':>14} {'isomorphism':>14} {'leak':>15}"
    )
    for n in arguments.cells:
        for name, predictor in PREDICTORS.items():
            if n > SLOW.get(name, n):
                continue
            figures = np.array([judge(X, y, n, predictor, seed) for seed in range(arguments.repeats)])
            row(n, name, figures)


def judge(X: Any, y: np.ndarray, n: int, predictor: Any, seed: int) -> tuple[float, float, float]:
    """Share of test cells with an equal, and tau under both kinds of folds."""
    chosen = np.random.default_rng(seed).permutation(len(y))[:n]
    sample, labels = X[chosen], y[chosen]
    plain = KFold(5, shuffle=True, random_state=seed)
    grouped = IsomorphismGroupKFold(5, shuffle=True, random_state=seed)
    taus = [
        cross_val_score(
            predictor, sample, labels, cv=cv, scoring=kendall_tau_scorer, error_score="raise"
        ).mean()
        for cv in (plain, grouped)
    ]
    return share_with_an_equal(sample, plain.split(labels)), *taus


def row(n: int, name: str, figures: np.ndarray) -> None:
    """Print means, and standard deviations over the repeats."""
    shared, plain, grouped = figures.T
    leak = plain - grouped
    print(
        f"{n:6} {name:16} {shared.mean():13.0%} "
        + " ".join(f"{tau.mean():7.3f} ± {tau.std(ddof=1):.3f}" for tau in (plain, grouped))
        + f" {leak.mean():+8.3f} ± {leak.std(ddof=1):.3f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
