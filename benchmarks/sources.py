"""What predictors that were fitted elsewhere are worth: other spaces, data sets, devices, fewer epochs.

    python benchmarks/sources.py run --data FOLDER
    python benchmarks/sources.py render

The first command adds what is lacking to benchmarks/sources.jsonl, a line per run, and can be interrupted.
The second writes docs/sources.md and its picture from it.
"""

from __future__ import annotations

import argparse
import json
import re
import warnings
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from _lookup import TITLES, lookup, markdown, n_labels, short
from _source_tasks import Question, Task, tasks
from _sources_picture import draw
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.frozen import FrozenEstimator
from threadpoolctl import threadpool_limits

from fgp_sklearn import FGPEncoder, FGPRegressor, FlowGaussianProcessRegressor
from fgp_sklearn.metrics import kendall_tau_score
from fgp_sklearn.operations import OperationTable
from fgp_sklearn.processes._source import scores_of

Scores = NDArray[np.float64]
HERE = Path(__file__).parent
RESULTS, TEMPLATE = HERE / "sources.jsonl", HERE / "sources_page.md"
PAGE = HERE.parent / "docs" / "sources.md"
PICTURE = HERE.parent / "docs" / "_static" / "sources.svg"
N_PERMUTATIONS, N_SEEDS, N_DEVICES = 3, 3, 27
#: Plain predictors without sources, on cells and on chains: from the accuracy benchmark, on larger test sets.
RIVALS = {
    "forest on one-hot": ("forest on one-hot", "forest on one-hot layers"),
    "GP on one-hot": ("GP on one-hot", "GP on one-hot layers"),
}
ROWS = ("sources alone", "process", "process, sources", "FGP", "FGP, sources")


def run(arguments: argparse.Namespace) -> None:
    """Append a line per run that is lacking."""
    done = {tuple(line[key] for key in KEYS) for line in lines_of(arguments.results)}
    warnings.filterwarnings("ignore", "source")
    with arguments.results.open("a", encoding="utf-8") as file, threadpool_limits(1):
        for task in tasks():
            for key in keys_of(task):
                if key not in done and (not arguments.groups or task.group in arguments.groups):
                    line = dict(zip(KEYS, key, strict=True)) | judged(task, *key[2:], arguments.data)
                    print(json.dumps(line), file=file, flush=True)


KEYS = ("group", "space", "labels", "row", "permutation", "seed")


def keys_of(task: Task) -> list[tuple[Any, ...]]:
    """All runs of a task."""
    of_devices = task.group == "device"
    permutations, seeds = (N_DEVICES, 1) if of_devices else (N_PERMUTATIONS, N_SEEDS)
    keys = []
    for labels in task.labels:
        for row in ROWS if task.with_network and labels != "5%" else ROWS[:3]:
            counted = 1 if row == "sources alone" else seeds
            keys += [
                (task.group, task.space, labels, row, permutation, seed)
                for permutation in range(permutations)
                for seed in range(counted)
            ]
    return keys


def judged(task: Task, labels: str, row: str, permutation: int, seed: int, folder: Path) -> dict[str, float]:
    """Kendall tau of a run on test architectures; Spearman too for devices."""
    question = task.ask(folder, labels, permutation)
    scores = scores_in(row, question, seed)
    y = question.y[question.test]
    found = {"tau": round(kendall_tau_score(y, scores), 4)}
    if task.group == "device":
        found["spearman"] = round(float(spearmanr(y, scores)[0]), 4)
    return found


def scores_in(row: str, question: Question, seed: int) -> Scores:
    """Scores of the test architectures."""
    X, test = question.X, question.X.take(question.test)
    if row == "sources alone":
        asked = [scores_of(source, test, OperationTable()) for source in question.sources]
        columns = np.hstack(asked)
        return ((columns - columns.mean(axis=0)) / columns.std(axis=0)).mean(axis=1)
    sources = question.sources if row.endswith("sources") else None
    labelled, y = X.take(question.train), question.y[question.train]
    pool = X.take(question.pool)
    if row.startswith("process"):
        process = FlowGaussianProcessRegressor(view=question.view, sources=sources, random_state=seed)
        return process.fit(labelled, y, X_unlabeled=pool).decision_function(test)
    encoder = FrozenEstimator(_encoder(question, seed))
    return FGPRegressor(encoder, sources=sources, random_state=seed).fit(labelled, y).decision_function(test)


_encoders: dict[tuple[str, int], FGPEncoder] = {}


def _encoder(question: Question, seed: int) -> FGPEncoder:
    """One encoder per space and seed, pre-trained on 4,000 architectures without labels."""
    key = (" ".join(question.X.vocabulary), seed)
    if key not in _encoders:
        _encoders[key] = FGPEncoder(max_pool=4000, random_state=seed).fit(question.X)
    return _encoders[key]


def lines_of(path: Path) -> list[dict[str, Any]]:
    """What a file has, one dictionary per line; a half-written line of a killed run is none."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{") and line.endswith("}")]


def render(arguments: argparse.Namespace) -> None:
    """Write the page and its picture."""
    lines = lines_of(arguments.results)
    draw([line for line in lines if line["group"] == "prior"], PICTURE)
    PAGE.write_text(page(lines), encoding="utf-8")


def page(lines: list[dict[str, Any]]) -> str:
    """The template with a table in place of each ``{group}``."""
    of_group = {
        group: [line for line in lines if line["group"] == group]
        for group in dict.fromkeys(line["group"] for line in lines)
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    return re.sub(
        r"^\{([a-z ]+)\}$", lambda found: "\n".join(table(of_group[found[1]])), text, flags=re.MULTILINE
    )


def table(lines: list[dict[str, Any]]) -> list[str]:
    """A row per space and number of labels: mean of each predictor, and the paired difference."""
    measure = "spearman" if "spearman" in lines[0] else "tau"
    present = [row for row in ROWS if any(line["row"] == row for line in lines)]
    pairs = [row for row in present if row.endswith(", sources")]
    plain = RIVALS if measure == "tau" else {}
    head = ["space", "labels", *plain, *present, *(f"gain of {pair.split(',')[0]}" for pair in pairs)]
    rows = [head, ["---"] * len(head)]
    order = {
        task: place
        for place, task in enumerate(dict.fromkeys((t.space, n) for t in tasks() for n in t.labels))
    }
    setting = lambda line: (line["space"], line["labels"])  # noqa: E731
    for (space, labels), some in groupby(sorted(lines, key=lambda line: order[setting(line)]), key=setting):
        values = [*some]
        by_row = {row: _runs(values, row, measure) for row in present}
        cells = ["" if not by_row[row] else short(np.mean([*by_row[row].values()])) for row in present]
        names = [TITLES[space], _number(space, labels), *(_rival(space, labels, name) for name in plain)]
        rows.append([*names, *cells, *(_gain(by_row, pair) for pair in pairs)])
    shown = [place for place in range(len(head)) if any(row[place] for row in rows[2:])]
    return [markdown(row[place] for place in shown) for row in rows]


def _number(space: str, labels: str) -> str:
    return str(n_labels(space, labels)) if labels.endswith("%") else labels.removesuffix(" labels")


def _rival(space: str, labels: str, name: str) -> str:
    """What a plain predictor reaches with as many labels, or nothing."""
    known = lookup()
    row = next((row for row in RIVALS[name] if (space, labels, row) in known.cells), None)
    return known.shown((space, labels), row, "tau") if row else ""


def _runs(lines: list[dict[str, Any]], row: str, measure: str) -> dict[tuple[int, int], float]:
    return {(line["permutation"], line["seed"]): line[measure] for line in lines if line["row"] == row}


def _gain(by_row: dict[str, dict[tuple[int, int], float]], pair: str) -> str:
    """Mean and standard deviation of paired differences."""
    alone, with_sources = by_row[pair.removesuffix(", sources")], by_row[pair]
    if not with_sources:
        return ""
    gains = [with_sources[run] - alone[run] for run in alone]
    return f"{short(np.mean(gains), sign=True)} ± {short(np.std(gains, ddof=1))}"


def main() -> None:
    """Run or render."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(required=True)
    running = commands.add_parser("run", help="add runs that are lacking")
    running.add_argument("--data", type=Path, required=True)
    running.add_argument("--results", type=Path, default=RESULTS)
    running.add_argument("--groups", nargs="*", default=[])
    running.set_defaults(command=run)
    rendering = commands.add_parser("render", help="write docs/sources.md")
    rendering.add_argument("results", type=Path, nargs="?", default=RESULTS)
    rendering.set_defaults(command=render)
    arguments = parser.parse_args()
    arguments.command(arguments)


if __name__ == "__main__":
    main()
