"""What tuning adds: fine-tuning parameters by Optuna on NAS-Bench-Graph cora with 131 labels.

One encoder is pre-trained a split on the whole space. The search sees the labels only, in five folds; its
first trial has the default parameters. The other half of the space is the test set. Measured is the
Kendall tau of the default and of the best trial, in cross-validation (by which that trial is chosen, and so
flattered) and on the test set. ``python benchmarks/tuning.py`` adds what is lacking to
benchmarks/tuning.jsonl, of which the site makes a table; it takes about ten minutes.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import optuna
from _result_tables import lines_of

from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.datasets import load_nasbench_graph
from fgp_sklearn.metrics import kendall_tau_score
from fgp_sklearn.model_selection import LabelBudgetSplit
from fgp_sklearn.tuning import tune

RESULTS = Path(__file__).parent / "tuning.jsonl"
N_LABELS = 131


def main() -> None:
    """Append a line for each split that is lacking."""
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
    done = {line["split"] for line in lines_of(RESULTS)}
    for split, (labelled, test) in enumerate(splitter.split(X)):
        if split not in arguments.splits or split in done:
            continue
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
        line = {"split": split, "validation": [study.trials[0].value, study.best_value], "test": taus}
        line |= {"best_params": study.best_params, "trials": len(study.trials)}
        with RESULTS.open("a", encoding="utf-8") as file:
            print(json.dumps(line), file=file)


if __name__ == "__main__":
    main()
