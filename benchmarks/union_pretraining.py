"""Is an encoder that was pre-trained on other spaces a useful start? NAS-Bench-201 and -101, few labels.

    python benchmarks/union_pretraining.py --data FOLDER

Kendall tau of the fine-tuned network alone and of the blend with the process, mean and standard deviation
over permutations. The encoder is pre-trained on nothing, on the other space and random graphs, on both spaces
and random graphs, or on the space itself, 4,000 architectures each. Operations have the names of
NAS-Bench-201.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from _prior import random_graphs, renamed
from _spaces import load_space
from sklearn.frozen import FrozenEstimator

from fgp_sklearn import ArchitectureBatch, FGPEncoder, FGPRegressor
from fgp_sklearn.metrics import kendall_tau_score

SPACES = ("nasbench201", "nasbench101")
N_POOL, N_TEST, LABELS = 4000, 2000, (20, 75)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--permutations", nargs="+", type=int, default=[200, 201, 202])
    given = parser.parse_args()
    spaces = {name: load_space(name, given.data) for name in SPACES}
    names = spaces["nasbench201"].X.used_ops()
    cells = {name: renamed(space.X, names) for name, space in spaces.items()}
    pools = {name: batch.take(_some(len(batch), N_POOL)) for name, batch in cells.items()}
    graphs = random_graphs(names, seed=0)
    print("| space | labels | pre-trained on | network | blend |\n|---|---:|---|---:|---:|")
    for name, space in spaces.items():
        (other,) = (pools[other] for other in SPACES if other != name)
        starts = {
            "nothing": None,
            "the other space and random graphs": _union(other, graphs),
            "both spaces and random graphs": _union(other, pools[name], graphs),
            "the space": pools[name],
        }
        for title, pool in starts.items():
            encoder = None if pool is None else FGPEncoder(random_state=0).fit(pool)
            for n_labels in LABELS:
                taus = []
                for permutation in given.permutations:
                    order = space.pool(permutation)
                    train, test = order[:n_labels], order[-N_TEST:]
                    labelled, asked = cells[name].take(train), cells[name].take(test)
                    taus.append(_taus(encoder, labelled, space.y[train], asked, space.y[test], permutation))
                mean, spread = np.mean(taus, axis=0), np.std(taus, axis=0, ddof=1)
                figures = [f"{m:.3f} ± {s:.3f}" for m, s in zip(mean, spread, strict=True)]
                print(f"| {name} | {n_labels} | {title} | {' | '.join(figures)} |", flush=True)


def _some(n: int, at_most: int) -> np.ndarray:
    return np.sort(np.random.default_rng(0).permutation(n)[:at_most])


def _union(*batches: ArchitectureBatch) -> ArchitectureBatch:
    union = ArchitectureBatch.concatenate(batches)
    return union.take(_some(len(union), N_POOL))


def _taus(
    encoder: FGPEncoder | None,
    labelled: ArchitectureBatch,
    y: np.ndarray,
    asked: ArchitectureBatch,
    expected: np.ndarray,
    seed: int,
) -> list[float]:
    """Of the network alone, and of the blend (of a network that is not pre-trained: of the network)."""
    found = []
    for weight in (0.0, "auto"):
        start = None if encoder is None else FrozenEstimator(encoder)
        regressor = FGPRegressor(start, process_weight=weight, random_state=seed)
        scores = regressor.fit(labelled, y).decision_function(asked)
        found.append(kendall_tau_score(expected, scores))
    return found


if __name__ == "__main__":
    main()
