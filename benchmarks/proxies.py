"""Zero-cost proxies made here against published ones, on NAS-Bench-201.

Spearman correlation with the CIFAR-10 test accuracy after 200 epochs, over the 9,445 cells that have
published values, or a random part of them; ours are measured with default parameters on random images. Run
with ``python benchmarks/proxies.py --data FOLDER``, where the folder holds ``nasbench201.npz``: arrays
``arch`` (official strings), ``metric__cifar10_test_200ep``, and ``proxy__cifar10_{nwot,jacov,...}``, NaN
where unknown.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.proxies import MeasuredProxies, NASBench201Builder, StructuralProxies

PUBLISHED = {
    "naswot": "nwot",
    "jacov": "jacov",
    "synflow": "synflow",
    "params": "params",
    "grad_norm": "grad_norm",
    "snip": "snip",
    "zen": "zen",
}
TOLERANCE = 0.04


def main() -> None:
    """Print one row for each proxy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with nasbench201.npz")
    parser.add_argument("--cells", type=int, default=1000, help="a random part of this size; 0 for all")
    parser.add_argument("--proxies", nargs="+", default=list(PUBLISHED)[:4], choices=list(PUBLISHED))
    parser.add_argument("--seed", type=int, default=0, help="of the part, the images and the weights")
    parser.add_argument("--n-cells", type=int, default=NASBench201Builder.n_cells, help="cells a stage")
    parser.add_argument("--size", type=int, default=8, help="pixels a side")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--noise", type=float, default=0.2)
    parser.add_argument("--memory", help="folder that keeps values, to go on after an interruption")
    parser.add_argument("--jobs", type=int, default=1)
    arguments = parser.parse_args()

    cells, accuracy, published = read(arguments.data / "nasbench201.npz", arguments.cells, arguments.seed)
    print(f"{len(cells)} cells, sampling error of a correlation about {1 / np.sqrt(len(cells)):.3f}")
    print(f"{'proxy':10} {'ours':>7} {'published':>10} {'difference':>11} {'agreement':>10} {'CPU ms':>8}")
    for name in arguments.proxies:
        start = time.process_time()
        values = ours(name, cells, arguments)
        ms = 1000 * (time.process_time() - start) / len(cells)
        own = spearmanr(values, accuracy).statistic
        theirs = spearmanr(published[name], accuracy).statistic
        agreement = spearmanr(values, published[name]).statistic
        row = f"{name:10} {own:7.3f} {theirs:10.3f} {own - theirs:+11.3f} {agreement:10.3f} {ms:8.1f}"
        print(row if abs(own - theirs) <= TOLERANCE else f"{row}  apart by more than {TOLERANCE}", flush=True)


def ours(name: str, cells: object, arguments: argparse.Namespace) -> np.ndarray:
    """One proxy of every cell, with the parameters of the command line."""
    if name == "params":
        return StructuralProxies(count_dead=True).fit_transform(cells)[:, 0]
    measured = MeasuredProxies(
        NASBench201Builder(n_cells=arguments.n_cells),
        proxies=[name],
        batch_size=arguments.batch_size,
        input_shape=(3, arguments.size, arguments.size),
        noise=arguments.noise,
        memory=arguments.memory,
        n_jobs=arguments.jobs,
        random_state=arguments.seed,
    )
    return measured.fit_transform(cells)[:, 0]


def read(path: Path, n_cells: int, seed: int) -> tuple[object, np.ndarray, dict[str, np.ndarray]]:
    """Cells with published proxies, their accuracies, and the proxies by our names."""
    space = nasbench201_space()
    position = {name: i for i, name in enumerate(space.names.tolist())}
    with np.load(path, allow_pickle=False) as data:
        published = {ours: data[f"proxy__cifar10_{theirs}"] for ours, theirs in PUBLISHED.items()}
        rows = np.flatnonzero(np.isfinite(np.stack(list(published.values()))).all(axis=0))
        if n_cells:
            rows = np.random.default_rng(seed).permutation(rows)[:n_cells]
        cells = space.take([position[name] for name in data["arch"][rows].tolist()])
        accuracy = data["metric__cifar10_test_200ep"][rows]
    return cells, accuracy, {name: values[rows] for name, values in published.items()}


if __name__ == "__main__":
    main()
