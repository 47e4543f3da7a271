"""What tuning adds: fine-tuning parameters by Optuna on NAS-Bench-Graph cora with 131 labels.

One encoder is pre-trained a split on the whole space. The search sees the labels only, in five folds; its
first trial has the default parameters. The other half of the space is the test set. Printed are Kendall tau
in cross-validation (which the best trial is chosen by, and so flattered) and on the test set. Run with
``python benchmarks/tuning.py``; it takes about ten minutes.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import optuna

from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.datasets import load_nasbench_graph
from fgp_sklearn.metrics import kendall_tau_score
from fgp_sklearn.model_selection import LabelBudgetSplit
from fgp_sklearn.tuning import tune

N_LABELS = 131


def main() -> None:
    """Print one row for each split, and their mean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=25)
    parser.add_argument("--splits", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=5, help="of pre-training")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--journal", help="file to continue from, if the run is killed")
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    X, y = load_nasbench_graph("cora", target="test_accuracy", return_X_y=True)
    splitter = LabelBudgetSplit(N_LABELS, 1 + max(arguments.splits), test_size=0.5, random_state=0)
    columns = " ".join(f"{title:>7}" for title in ("default", "best", "gain") * 2)
    print(f"{'':6} {'validation tau':>23} {'test tau':>23}")
    print(f"{'split':6} {columns} pruned  time")
    rows = []
    for split, (labelled, test) in enumerate(splitter.split(X)):
        if split not in arguments.splits:
            continue
        start = time.perf_counter()
        regressor = FGPRegressor(FGPEncoder(max_epochs=arguments.epochs), random_state=split)
        regressor.fit_pretrain(X)
        best, study = tune(
            regressor,
            X[labelled],
            y[labelled],
            n_trials=arguments.trials,
            storage=arguments.journal,
            study_name=None if arguments.journal is None else f"cora {split}",
            n_jobs=arguments.jobs,
            random_state=split,
        )
        taus = [
            kendall_tau_score(y[test], model.predict(X[test]))
            for model in (regressor.fit(X[labelled], y[labelled]), best)
        ]
        rows.append([study.trials[0].value, study.best_value, *taus])
        n_pruned = sum(trial.state == optuna.trial.TrialState.PRUNED for trial in study.trials)
        row(
            str(split),
            rows[-1],
            f"{n_pruned:6d} {time.perf_counter() - start:4.0f} s  {shown(study.best_params)}",
        )
    row("mean", np.mean(rows, axis=0))
    if len(rows) > 1:
        gains = np.array(rows)[:, [1, 3]] - np.array(rows)[:, [0, 2]]
        print(f"{'sd':6} {'':15} {gains[:, 0].std(ddof=1):7.3f} {'':15} {gains[:, 1].std(ddof=1):7.3f}")


def row(title: str, taus: object, rest: str = "") -> None:
    """Print default, best and gain, in validation and on the test set."""
    validation, best_validation, test, best_test = taus
    gains = best_validation - validation, best_test - test
    print(
        f"{title:6} {validation:7.3f} {best_validation:7.3f} {gains[0]:+7.3f} "
        f"{test:7.3f} {best_test:7.3f} {gains[1]:+7.3f} {rest}",
        flush=True,
    )


def shown(params: dict[str, object]) -> str:
    """Parameters in few characters."""
    return ", ".join(
        f"{name}={value:.2g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in params.items()
    )


if __name__ == "__main__":
    main()
