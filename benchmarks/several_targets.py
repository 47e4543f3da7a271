"""Accuracy and latency from one model, beside a model for each: ``python benchmarks/several_targets.py``.

NAS-Bench-Graph cora, 131 labels, three permutations times three seeds. All models of a seed start from the
same pre-trained encoder, whose time counts once for the model of both targets and twice for the two others.
Latency is also predicted by the Gaussian process that is meant for it.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from fgp_sklearn import FGPRegressor, FlowGaussianProcessRegressor
from fgp_sklearn.datasets import load_nasbench_graph
from fgp_sklearn.metrics import kendall_tau_score

TARGETS = ["test_accuracy", "latency"]
N_LABELS = 131


def main() -> None:
    """Print tau of each target, and CPU seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--permutations", type=int, default=3)
    arguments = parser.parse_args()
    X, y = load_nasbench_graph("cora", target=TARGETS, return_X_y=True)
    rows = []
    with threadpool_limits(1):
        for seed in range(arguments.seeds):
            start = time.process_time()
            pretrained = FGPRegressor(random_state=seed).fit_pretrain(X)
            pretraining = time.process_time() - start
            for permutation in range(arguments.permutations):
                order = np.random.default_rng(permutation).permutation(len(X))
                train, test = order[:N_LABELS], order[len(X) // 2 + 40 :]
                together, seconds = predicted(pretrained, X, y, train, test)
                alone, seconds_alone = zip(
                    *(predicted(pretrained, X, column, train, test) for column in y.T), strict=True
                )
                taus = [kendall_tau_score(*pair) for pair in zip(y[test].T, together.T, strict=True)]
                taus += [kendall_tau_score(*pair) for pair in zip(y[test].T, alone, strict=True)]
                process = FlowGaussianProcessRegressor(view="cost", random_state=seed)
                latency, _ = predicted(process, X, y[:, 1], train, test)
                taus.append(kendall_tau_score(y[test, 1], latency))
                cost = pretraining + seconds, 2 * pretraining + sum(seconds_alone)
                rows.append([*taus, *cost])
                print(seed, permutation, *np.round(rows[-1], 3), flush=True)
    means, spreads = np.mean(rows, axis=0), np.std(rows, axis=0, ddof=1)
    print("| | one model | one model a target |", "|---|---|---|", sep="\n")
    for j, name in enumerate(TARGETS):
        print(f"| {name} | {means[j]:.3f} ± {spreads[j]:.3f} | {means[j + 2]:.3f} ± {spreads[j + 2]:.3f} |")
    print(f"| CPU seconds | {means[5]:.0f} ({means[5] / means[6]:.0%}) | {means[6]:.0f} |")
    print(f'\nlatency, process with view="cost": {means[4]:.3f} ± {spreads[4]:.3f}')


def predicted(regressor: Any, X: Any, y: Any, train: Any, test: Any) -> tuple[Any, float]:
    """Predictions for the test rows, and CPU seconds."""
    start = time.process_time()
    predictions = clone(regressor).fit(X[train], y[train]).predict(X[test])
    return predictions, time.process_time() - start


if __name__ == "__main__":
    main()
