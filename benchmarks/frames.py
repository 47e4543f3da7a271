"""Tables with one column per choice: the library with default parameters beside ridge, forest and boosting.

All read the same columns; the library through `from_frame`. Mean Kendall tau and standard deviation over
several tables, labels and splits. Each run appends what is lacking to benchmarks/frames.jsonl, of which the
site makes a table. ``python benchmarks/frames.py --data FOLDER`` also has GPTs, if the folder
holds hwgpt_s.npz; ``--fast`` leaves out networks, which take most of the time.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from _mobilenets import Array, Frame, made_labels, mobilenets
from _result_tables import lines_of
from _tables import load_table
from sklearn.base import clone
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from fgp_sklearn import FGPRegressor, FlowGaussianProcessRegressor
from fgp_sklearn.architectures import ArchitectureBatch, from_frame
from fgp_sklearn.metrics import kendall_tau_score

RESULTS = Path(__file__).parent / "frames.jsonl"
N_NETWORKS = 300
N_GPTS = 1000
N_LABELS = (40, 100)
SHARED = ["embed_dim", "bias"]
RIVALS = {
    "ridge": make_pipeline(
        SimpleImputer(add_indicator=True), StandardScaler(), RidgeCV(np.logspace(-3, 4, 29))
    ),
    "forest": RandomForestRegressor(500, random_state=0),
    "boosting": make_pipeline(SimpleImputer(add_indicator=True), GradientBoostingRegressor(random_state=0)),
}


def main() -> None:
    """Append a line per table, kind of label and number of labels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--results", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    done = {(line["name"], line["seed"]) for line in lines_of(arguments.results)}
    with threadpool_limits(1), arguments.results.open("a", encoding="utf-8") as file:
        for seed in range(arguments.seeds):
            for frame, labels in tables(arguments.data, seed):
                lacking = {name: y for name, y in labels.items() if (name, seed) not in done}
                for name, n_labels, found in measured(frame, lacking, seed, not arguments.fast):
                    taus = {model: round(tau, 4) for model, tau in found.items()}
                    line = {"name": name, "labels": n_labels, "seed": seed, "tau": taus}
                    print(json.dumps(line), file=file, flush=True)


def tables(folder: Path | None, seed: int) -> Iterator[tuple[Frame, dict[str, Array]]]:
    """Tables and their labels, the higher the better or the other way round."""
    frame = mobilenets(N_NETWORKS, seed)
    yield frame, made_labels(frame, seed)
    if folder is not None:
        rows = np.random.default_rng(seed).permutation(10_000)[:N_GPTS]
        yield gpts(load_table("gpt", folder)[1], rows)


def gpts(table: dict[str, Array], rows: Array) -> tuple[Frame, dict[str, Array]]:
    """GPTs as a table with two choices per layer; missing where there is no layer."""
    frame = {}
    for layer in range(table["n_head"].shape[1]):
        for choice, column in (("heads", "n_head"), ("mlp_ratio", "mlp_ratio")):
            values = table[column][rows, layer].astype(np.float64)
            frame[f"layer{layer + 1}_{choice}"] = np.where(values < 0, np.nan, values)
    frame |= {name: table[name][rows].astype(np.float64) for name in SHARED}
    metrics = {"GPT, perplexity": "perplexity", "GPT, A100 latency": "lat_ms_a100"}
    return frame, {name: table[f"metric__{metric}"][rows] for name, metric in metrics.items()}


def measured(
    frame: Frame, labels: dict[str, Array], seed: int, networks: bool
) -> Iterator[tuple[str, int, dict[str, float]]]:
    """Label, number of labels, and the tau of each model."""
    X = from_frame(frame, shared=[name for name in SHARED if name in frame])
    columns = np.stack(list(frame.values()), axis=1)
    pretrained = FGPRegressor(random_state=seed).fit_pretrain(X) if networks else None
    for name, y in labels.items():
        for n_labels in N_LABELS:
            order = np.random.default_rng((seed, n_labels)).permutation(len(y))
            train, test = order[:n_labels], order[n_labels:]
            scores = {
                rival: clone(model).fit(columns[train], y[train]).predict(columns[test])
                for rival, model in RIVALS.items()
            }
            scores["process"] = process_scores(X, y, train, test, seed)
            if pretrained is not None:
                scores["FGP"] = clone(pretrained).fit(X[train], y[train]).predict(X[test])
            yield name, n_labels, {model: kendall_tau_score(y[test], own) for model, own in scores.items()}


def process_scores(X: ArchitectureBatch, y: Array, train: Array, test: Array, seed: int) -> Array:
    """Predictions of the process with default parameters, which sees the pool."""
    process = FlowGaussianProcessRegressor(random_state=seed).fit(X[train], y[train], X)
    return process.predict(X[test])


if __name__ == "__main__":
    main()
