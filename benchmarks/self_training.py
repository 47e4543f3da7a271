"""Whether a network gains from a second training, on labels and on first predictions of the pool.

The teacher is an `FGPRegressor` after pre-training: the mean of a network and a process. Its student
starts from the same pre-trained encoder and is fine-tuned on the labels and on 800 architectures of the pool
with the teacher's predictions, which weigh less. 1 % of labels, permutations that no choice of a default saw
and the accuracy benchmark does not use. Run with ``python benchmarks/self_training.py --data FOLDER``; it
takes about half an hour.
"""

from __future__ import annotations

import numpy as np
from _protocol import judged, parser
from _spaces import load_space
from scipy.stats import rankdata
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from fgp_sklearn import FGPRegressor
from fgp_sklearn.architectures import ArchitectureBatch

N_TAUGHT = 800
WEIGHTS = (0.1, 0.5)  # of a predicted accuracy, where a label has 1


def main() -> None:
    """Print a row for each space and predictor."""
    arguments = parser(__doc__).parse_args()
    print("| space | predictor | Kendall tau | P@1% |", "|---|---|---|---|", sep="\n")
    with threadpool_limits(1):
        for name in arguments.spaces:
            found: dict[str, list[tuple[float, float]]] = {}
            space = load_space(name, arguments.data)
            pretrained = FGPRegressor(process_weight=0.5, random_state=0).fit_pretrain(space.X)
            for permutation in arguments.permutations:
                train, test = space.split(permutation, "1%")
                rest = np.setdiff1d(space.pool(permutation), train)
                taught = np.random.default_rng(permutation).choice(rest, N_TAUGHT, replace=False)
                for predictor, predicted in predictions(pretrained, space.X, space.y, train, taught, test):
                    found.setdefault(predictor, []).append(judged(space.y[test], predicted))
            for predictor, figures in found.items():
                (tau, top), (tau_sd, top_sd) = np.mean(figures, axis=0), np.std(figures, axis=0, ddof=1)
                print(
                    f"| {name} | {predictor} | {tau:.3f} ± {tau_sd:.3f} | {top:.3f} ± {top_sd:.3f} |",
                    flush=True,
                )


def predictions(
    pretrained: FGPRegressor,
    X: ArchitectureBatch,
    y: np.ndarray,
    train: np.ndarray,
    taught: np.ndarray,
    test: np.ndarray,
) -> list[tuple[str, np.ndarray]]:
    """What teacher and students say of the test set."""
    teacher = clone(pretrained).fit(X[train], y[train])
    alone = clone(teacher).set_params(process_weight=0.0)
    answers = teacher.predict(X[test])
    found = [("teacher", answers), ("its network alone", alone.fit(X[train], y[train]).predict(X[test]))]
    rows = np.concatenate([train, taught])
    labels = np.concatenate([y[train], teacher.predict(X[taught])])
    for weight in WEIGHTS:
        weights = np.repeat([1.0, weight], [len(train), len(taught)])
        student = clone(alone).fit(X[rows], labels, sample_weight=weights)
        said = student.predict(X[test])
        found.append((f"student, predictions weigh {weight}", said))
        found.append((f"mean rank of both, predictions weigh {weight}", rankdata(said) + rankdata(answers)))
    return found


if __name__ == "__main__":
    main()
