"""How far the noise of labels lets any predictor come that sees what an architecture computes.

Cells of NAS-Bench-201 that compute the same were trained apart, and their accuracies differ by chance. In
each such group one cell is drawn to predict another: the Kendall tau of the two, t, is that of two noisy
copies. If values and noise are normal, the true mean of each group would reach
(2 / pi) asin(sqrt(sin(t pi / 2))): the ceiling. The same for the precision at the top: the correlation of two
normal variables that share as much of their best per cent as two copies do, and its root for the true mean.

Other spaces have no equal architectures. There the process learns from two thirds of all labels, and shows
how far one comes that has nearly all there are.

Run with ``python benchmarks/label_noise.py --data FOLDER``; the folder holds nasbench201.npz and
nasbench101.npz.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from _protocol import judged
from _spaces import FAMILIES, Space, load_space
from scipy.optimize import brentq
from scipy.stats import multivariate_normal, norm

from fgp_sklearn import ArchitectureSimplifier, FlowGaussianProcessRegressor


def main() -> None:
    """Print a row for each data set of NAS-Bench-201, and one for each space without equal cells."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--draws", type=int, default=20)
    arguments = parser.parse_args()
    print(
        "| space | pairs | tau of two copies | ceiling of tau | P@1% of two copies | ceiling of P@1% |",
        "|" + "---|" * 6,
        sep="\n",
    )
    for name in (name for name, family in FAMILIES.items() if family == "nasbench201"):
        space = load_space(name, arguments.data)
        group = ArchitectureSimplifier(identity_ops=["skip_connect"]).duplicates(space.X)
        found = []
        for draw in range(arguments.draws):
            order = np.random.default_rng(draw).permutation(len(group))
            groups, first = np.unique(group[order], return_index=True)
            rest = np.delete(order, first)
            others, second = np.unique(group[rest], return_index=True)
            one, other = space.y[order[first[np.isin(groups, others)]]], space.y[rest[second]]
            found.append(judged(one, other))
        tau, top = np.mean(found, axis=0)
        ceiling = 2 / np.pi * np.arcsin(np.sqrt(np.sin(tau * np.pi / 2)))
        correlation = brentq(lambda r, top=top: shared_top(r) - top, 0.0, 0.9999)
        cells = f"{tau:.3f} | {ceiling:.3f} | {top:.3f} | {shared_top(np.sqrt(correlation)):.3f}"
        print(f"| {name} | {len(one):,} | {cells} |", flush=True)
    print("\n| space | labels | tau | P@1% |", "|" + "---|" * 4, sep="\n")
    for name in ("nasbench101-whole", "cora", "arxiv", "photo"):
        print(f"| {name} | {' | '.join(with_most_labels(load_space(name, arguments.data)))} |", flush=True)


def shared_top(correlation: float, top: float = 0.01) -> float:
    """How much of its largest values a normal variable shares with another one."""
    threshold = norm.ppf(top)
    both = multivariate_normal([0, 0], [[1, correlation], [correlation, 1]]).cdf([threshold, threshold])
    return float(both / top)


def with_most_labels(space: Space) -> list[str]:
    """How many labels, and how well the process ranks the others."""
    order = np.random.default_rng(0).permutation(len(space.y))
    learnt, asked = np.split(order, [2 * len(order) // 3])
    process = FlowGaussianProcessRegressor(random_state=0).fit(space.X[learnt], space.y[learnt])
    tau, top = judged(space.y[asked], process.predict(space.X[asked]))
    return [f"{len(learnt):,}", f"{tau:.3f}", f"{top:.3f}"]


if __name__ == "__main__":
    main()
