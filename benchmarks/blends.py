"""What the share of the process is worth, and fine-tunings of several seeds, from few labels and from many.

One pre-trained encoder, fine-tuned with three seeds on the same labels; scores are means of networks and
of the Gaussian process. Kendall tau and precision at the top per cent, means over permutations that neither
the choice of a default nor the accuracy benchmark uses. Run with
``python benchmarks/blends.py --data FOLDER``; it takes ten minutes.
"""

from __future__ import annotations

import numpy as np
from _protocol import judged, parser
from _spaces import FAMILIES, LABELS, Space, load_space
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from fgp_sklearn import FGPRegressor
from fgp_sklearn.architectures import ArchitectureBatch

N_NETWORKS = 3
PROCESS_WEIGHTS = {"network": 0.0, "process": 1.0, "network and process": 0.5, "the same, process .3": 0.3}


def main() -> None:
    """Print a row for each space, number of labels and blend."""
    arguments = parser(__doc__).parse_args()
    print("| space | labels | blend | one network | three |", "|---|---|---|---|---|", sep="\n")
    with threadpool_limits(1):
        for name in arguments.spaces:
            space = load_space(name, arguments.data)
            pretrained = FGPRegressor(random_state=0).fit_pretrain(space.X)
            for share, n_labels in LABELS[FAMILIES[name]].items():
                measured = [
                    figures(pretrained, space, permutation, share) for permutation in arguments.permutations
                ]
                for blend, pair in zip(PROCESS_WEIGHTS, np.mean(measured, axis=0), strict=True):
                    columns = " | ".join(f"{tau:.3f} / {top:.2f}" for tau, top in pair)
                    print(f"| {name} | {n_labels} | {blend} | {columns} |", flush=True)


def figures(pretrained: FGPRegressor, space: Space, permutation: int, share: str) -> np.ndarray:
    """Tau and precision of each blend, with one network and with all."""
    train, test = space.split(permutation, share)
    found = []
    for weight in PROCESS_WEIGHTS.values():
        members = fine_tuned(pretrained, weight, space.X[train], space.y[train])
        scores = [member.decision_function(space.X[test]) for member in members]
        found.append([judged(space.y[test], some) for some in (scores[0], np.mean(scores, axis=0))])
    return np.array(found)


def fine_tuned(
    pretrained: FGPRegressor, process_weight: float, X: ArchitectureBatch, y: np.ndarray
) -> list[FGPRegressor]:
    """Regressors that share a pre-training, and differ in how the head began and batches were drawn."""
    members = [clone(pretrained).set_params(random_state=seed) for seed in range(N_NETWORKS)]
    return [member.set_params(process_weight=process_weight).fit(X, y) for member in members]


if __name__ == "__main__":
    main()
