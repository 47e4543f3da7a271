"""What plain folds leak: `KFold` against `IsomorphismGroupKFold` on NAS-Bench-201.

Of the 15,625 cells 5,425 compute something different. Under `KFold` a test cell may have an equal in the
training set, under `IsomorphismGroupKFold` never. Both deal out the same cells to five folds; the leak is
the Kendall tau of the first less that of the second, mean and standard deviation over samples of cells and
seeds of the folds. ``python benchmarks/isomorphism_leak.py`` adds what is lacking to
benchmarks/isomorphism_leak.jsonl, of which the site makes a table; it takes some minutes.
"""

from __future__ import annotations

import argparse
import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from _result_tables import lines_of
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from fgp_sklearn import ArchitectureSimplifier, FGPRegressor, PathStatistics
from fgp_sklearn.datasets import load_nasbench201
from fgp_sklearn.metrics import kendall_tau_scorer
from fgp_sklearn.model_selection import IsomorphismGroupKFold

RESULTS = Path(__file__).parent / "isomorphism_leak.jsonl"
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
    """Append a line for each number of cells, predictor and seed that is lacking."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", nargs="+", type=int, default=[500, 2000, 15625])
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    X, y = load_nasbench201(return_X_y=True)
    done = {(line["cells"], line["predictor"], line["seed"]) for line in lines_of(RESULTS)}
    with RESULTS.open("a", encoding="utf-8") as file:
        for n, name, seed in product(arguments.cells, PREDICTORS, range(arguments.repeats)):
            if n <= SLOW.get(name, n) and (n, name, seed) not in done:
                line = {"cells": n, "predictor": name, "seed": seed, **judge(X, y, n, PREDICTORS[name], seed)}
                print(json.dumps(line), file=file, flush=True)


def judge(X: Any, y: np.ndarray, n: int, predictor: Any, seed: int) -> dict[str, float]:
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
    shared = share_with_an_equal(sample, plain.split(labels))
    found = {"with_an_equal": shared, "plain": taus[0], "grouped": taus[1]}
    return {name: round(float(value), 4) for name, value in found.items()}


if __name__ == "__main__":
    main()
