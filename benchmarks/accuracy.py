"""How well predictors rank a search space from a few labels, beside what a user would pick instead.

Protocol A: half of a space is the pool of labels, of which a share is used; 40 architectures behind it
are left for validation, which no row needs; the rest is the test set. Three permutations times three
seeds, default parameters. ``python benchmarks/accuracy.py run --data FOLDER --results FILE`` appends one JSON
line a run to FILE and goes on where it stopped; ``python benchmarks/accuracy.py render --results FILE``
writes docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from _spaces import NAMES, Space, load_space
from scipy.stats import norm, rankdata
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fgp_sklearn import (
    AdjacencyEncoding,
    FGPEncoder,
    FGPRegressor,
    FlowGaussianProcessRegressor,
    FlowSurrogate,
    PathStatistics,
    __version__,
)
from fgp_sklearn.metrics import kendall_tau_score, precision_at_top_score

RUNS = list(itertools.product(range(3), range(3)))  # seed, permutation
PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def on_ranks(*steps: Any) -> Any:
    """A pipeline that learns the normal scores of accuracies: raw ones would be a handicap."""
    *features, regressor = steps
    ranked = TransformedTargetRegressor(
        regressor, func=normal_scores, inverse_func=np.asarray, check_inverse=False
    )
    return make_pipeline(*features, ranked)


def normal_scores(y: Any) -> Any:
    """Normal quantiles of the ranks."""
    return norm.ppf((rankdata(y, axis=0) - 0.5) / len(y))


def gaussian_process() -> GaussianProcessRegressor:
    """An isotropic process with noise."""
    return GaussianProcessRegressor(ConstantKernel() * RBF(10.0, (0.1, 1e3)) + WhiteKernel(0.1, (1e-3, 10)))


# What a user would pick instead; each makes an estimator from a seed.
OTHERS: dict[str, Callable[[int], Any]] = {
    "forest on one-hot": lambda seed: on_ranks(AdjacencyEncoding(), RandomForestRegressor(random_state=seed)),
    "boosting on one-hot": lambda seed: on_ranks(
        AdjacencyEncoding(), HistGradientBoostingRegressor(random_state=seed)
    ),
    "GP on one-hot": lambda _: on_ranks(AdjacencyEncoding(), StandardScaler(), gaussian_process()),
    "forest on path statistics": lambda seed: on_ranks(
        PathStatistics(), RandomForestRegressor(random_state=seed)
    ),
    "ridge on surrogate": lambda seed: on_ranks(
        FlowSurrogate(n_draws=4, random_state=seed), StandardScaler(), RidgeCV(np.logspace(-2, 4, 13))
    ),
    "flow GP": lambda seed: FlowGaussianProcessRegressor(random_state=seed),
    "flow GP, both views": lambda seed: FlowGaussianProcessRegressor(view="both", random_state=seed),
}
RAW = {"null_ops": (), "identity_ops": ()}
# Networks: how to encode, and whether to pre-train, and on what.
ENCODERS: dict[str, dict[str, Any]] = {
    "gated GCN": {},
    "GIN": {"backbone": "gin"},
    "gated GCN, not simplified": RAW,
}
TRAININGS = {"supervised": {}, "FGP": {}, "FGP + proxies": {}, "proxies only": {"surrogate_weight": 0.0}}
NETWORKS = {f"{encoder}, {training}": (encoder, training) for encoder in ENCODERS for training in TRAININGS}


def fitters(row: str, seed: int, space: Space) -> Callable[[Any, Any], Any]:
    """Pre-train once for all shares and permutations; what then fits to labels."""
    if row in OTHERS:
        return OTHERS[row](seed).fit
    encoder, training = NETWORKS[row]
    regressor = FGPRegressor(FGPEncoder(**ENCODERS[encoder], **TRAININGS[training]), random_state=seed)
    if training != "supervised":
        regressor.fit_pretrain(space.X, proxies=None if training == "FGP" else space.proxies)
    return regressor.fit


def runs(space: Space, row: str, shares: list[str], done: set[tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    """All runs of a row that are not done."""
    if "proxies" in row and space.proxies is None:
        return
    for seed in range(3):
        left = [
            (share, permutation)
            for share, permutation in itertools.product(shares, range(3))
            if (space.name, row, share, seed, permutation) not in done
        ]
        if not left:
            continue
        start = time.perf_counter()
        fit = fitters(row, seed, space)
        pretraining = time.perf_counter() - start
        for share, permutation in left:
            train, test = space.split(permutation, share)
            start = time.perf_counter()
            predicted = fit(space.X[train], space.y[train]).predict(space.X[test])
            yield {
                "space": space.name,
                "row": row,
                "share": share,
                "seed": seed,
                "permutation": permutation,
                "tau": kendall_tau_score(space.y[test], predicted),
                "top": precision_at_top_score(space.y[test], predicted, top=0.01),
                "pretrain_s": round(pretraining, 2),
                "fit_predict_s": round(time.perf_counter() - start, 2),
                "version": __version__,
            }


def read(results: Path) -> list[dict[str, Any]]:
    """Finished runs; a line that a killed run left half written is none."""
    lines = results.read_text().splitlines() if results.exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


def run(arguments: argparse.Namespace) -> None:
    """Do what is not done, and append it."""
    key = ("space", "row", "share", "seed", "permutation")
    done = {tuple(r[name] for name in key) for r in read(arguments.results)}
    for name in arguments.spaces:
        space = load_space(name, arguments.data)
        for row in arguments.rows:
            for result in runs(space, row, arguments.shares, done):
                with arguments.results.open("a") as file:
                    file.write(json.dumps(result) + "\n")
                print(*result.values(), flush=True)


def render(arguments: argparse.Namespace) -> None:
    """Write the page: a table for each space and share, and who wins how often."""
    cells: dict[tuple[str, str, str], dict[tuple[int, int], tuple[float, float]]] = {}
    for r in read(arguments.results):
        cell = cells.setdefault((r["space"], r["share"], r["row"]), {})
        cell[r["seed"], r["permutation"]] = r["tau"], r["top"]
    cells = {key: figures for key, figures in cells.items() if len(figures) == len(RUNS)}
    lines = [(Path(__file__).parent / "accuracy_page.md").read_text().rstrip(), ""]
    for space, shares in itertools.groupby(sorted(cells, key=_order), key=lambda key: key[0]):
        lines += [f"## {space}", ""]
        for share, keys in itertools.groupby(shares, key=lambda key: key[1]):
            lines += [f"{share} of labels:", "", "| | Kendall tau | P@1% |", "|---|---|---|"]
            lines += [f"| {row} | {_mean(cells[space, share, row])} |" for _, _, row in keys] + [""]
    lines += ["## Who wins", "", *_wins(cells)]
    PAGE.write_text("\n".join(lines) + "\n")


def _order(key: tuple[str, str, str]) -> tuple[int, int, int]:
    rows = [*OTHERS, *NETWORKS]
    return NAMES.index(key[0]), ["1%", "5%", "10%"].index(key[1]), rows.index(key[2])


def _mean(figures: dict[Any, tuple[float, float]]) -> str:
    values = np.array(list(figures.values()))
    columns = zip(values.mean(axis=0), values.std(axis=0, ddof=1), strict=True)
    return " | ".join(f"{mean:.3f} ± {spread:.3f}" for mean, spread in columns)


def _wins(cells: dict[tuple[str, str, str], dict[tuple[int, int], tuple[float, float]]]) -> Iterator[str]:
    champion = "gated GCN, FGP"
    yield f"Settings (space and share) in which the mean of *{champion}* over the same nine runs is higher:"
    yield from ("", "| against | Kendall tau | P@1% |", "|---|---|---|")
    for row in [*OTHERS, *NETWORKS]:
        both = [
            np.mean([cells[s, share, champion][r] - np.array(cells[s, share, row][r]) for r in RUNS], axis=0)
            for s, share, other in cells
            if other == row != champion and (s, share, champion) in cells
        ]
        if both:
            tau, top = (np.array(both) > 0).sum(axis=0)
            yield f"| {row} | {tau} of {len(both)} | {top} of {len(both)} |"


def main() -> None:
    """Run or render."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(required=True)
    running = commands.add_parser("run", help="do what is not done yet")
    running.add_argument("--data", type=Path, required=True, help="folder of the converted tables (npz)")
    running.add_argument("--spaces", nargs="+", default=list(NAMES), choices=NAMES)
    running.add_argument("--shares", nargs="+", default=["1%", "5%", "10%"])
    running.add_argument("--rows", nargs="+", default=[*OTHERS, *NETWORKS], choices=[*OTHERS, *NETWORKS])
    running.set_defaults(command=run)
    rendering = commands.add_parser("render", help="write docs/benchmarks.md")
    rendering.set_defaults(command=render)
    for command in (running, rendering):
        command.add_argument("--results", type=Path, required=True, help="file of results, a JSON line a run")
    arguments = parser.parse_args()
    arguments.command(arguments)


if __name__ == "__main__":
    main()
