"""Does `compare` find the estimator that ranks architectures best which nobody has labelled yet?

    python benchmarks/compare.py run --data FOLDER
    python benchmarks/compare.py render

The first command adds what is lacking to benchmarks/compare.jsonl, a line per setting, and can be
interrupted. A setting is a space and a number of labels. `compare` sees these labels alone. The truth is the
Kendall tau of the same estimators, fitted to all of the labels, on 1,000 held-out architectures that differ
from the labelled ones in what they compute. The second command writes the table of docs/how_good.md from the
file.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from _spaces import load_space
from numpy.typing import NDArray
from scipy.stats import kendalltau
from threadpoolctl import threadpool_limits

from fgp_sklearn import ArchitectureSimplifier
from fgp_sklearn.model_selection import Comparison, compare

HERE = Path(__file__).parent
RESULTS, PAGE = HERE / "compare.jsonl", HERE.parent / "docs" / "how_good.md"
N_POOL = N_TEST = 1000


class Setting(NamedTuple):
    """A space, a number of labels, the permutation that draws them, and what the setting is for."""

    stage: str
    space: str
    labels: int
    permutation: int


# The number of repetitions in `compare` was chosen on the first settings; the page shows the others.
SETTINGS = [
    Setting("development", "nasbench201", 80, 0),
    *(Setting("development", space, 40, 0) for space in ("nasbench201", "cora", "transnas-scene")),
    *(
        Setting("report", space, labels, 1)
        for labels, spaces in (
            (40, ("nasbench201", "arxiv", "photo", "gpt-perplexity", "gpt-a100", "transnas-object")),
            (80, ("nasbench201", "arxiv", "photo", "transnas-object")),
        )
        for space in spaces
    ),
]


def run(arguments: argparse.Namespace) -> None:
    """Append a line per setting that is lacking."""
    done = {Setting(*(line[key] for key in Setting._fields)) for line in lines_of(arguments.results)}
    with arguments.results.open("a", encoding="utf-8") as file, threadpool_limits(1):
        for setting in SETTINGS:
            if setting not in done and setting.stage in arguments.stages:
                line = setting._asdict() | judged(setting, arguments.data)
                print(json.dumps(line), file=file, flush=True)


def judged(setting: Setting, folder: Path) -> dict[str, Any]:
    """Scores of each estimator on the folds of `compare`, and its true Kendall tau."""
    space = load_space(setting.space, folder)
    pool = space.pool(setting.permutation)
    rows = np.concatenate([pool[:N_POOL], _test_rows(space, setting)])
    X, y = space.X.take(rows), space.y[rows]
    labelled, test = np.arange(setting.labels), np.arange(N_POOL, len(rows))
    shared = {"X_unlabeled": X[:N_POOL], "random_state": setting.permutation}
    start = time.perf_counter()
    comparison = compare(X.take(labelled), y[labelled], **shared)
    seconds = time.perf_counter() - start
    truth = compare(X, y, cv=[(labelled, test)], **shared)
    return {
        "scores": {name: np.round(scores, 4).tolist() for name, scores in comparison.scores.items()},
        "n_train": comparison.n_train,
        "n_test": comparison.n_test,
        "truth": {name: round(float(scores[0]), 4) for name, scores in truth.scores.items()},
        "seconds": round(seconds, 1),
    }


def _test_rows(space: Any, setting: Setting) -> NDArray[np.int64]:
    """Rows outside of the pool, none of which computes what a labelled architecture computes."""
    pool = space.pool(setting.permutation)
    order = np.random.default_rng(setting.permutation).permutation(len(space.y))
    candidates = order[np.isfinite(space.y[order]) & ~np.isin(order, pool)][: 2 * N_TEST]
    group = ArchitectureSimplifier(identity_ops="auto").duplicates(
        space.X.take(np.concatenate([pool[: setting.labels], candidates]))
    )
    labelled, others = group[: setting.labels], group[setting.labels :]
    return candidates[~np.isin(others, labelled)][:N_TEST]


def lines_of(path: Path) -> list[dict[str, Any]]:
    """What a file has, one dictionary per line; a half-written line of a killed run is none."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{") and line.endswith("}")]


class Verdict(NamedTuple):
    """What `compare` said in a setting, and what is true."""

    chosen: str
    leader: str  # with the highest mean score
    best: str
    loss: float  # true tau of the best one minus that of the chosen one
    error: float  # standard error of their difference in `compare`
    tau: float  # between the two orders of all estimators
    by_chance: float  # share of the estimators that would agree, if chosen blindly
    blind_loss: float  # mean loss of all estimators

    @property
    def agrees(self) -> bool:
        """Whether the chosen one is the best, or within a standard error of it."""
        return self.loss <= self.error


def verdict_of(line: dict[str, Any], n_folds: int | None = None) -> Verdict:
    """Judge a line, or what `compare` would have said after its first folds."""
    scores = {name: np.array(values[:n_folds]) for name, values in line["scores"].items()}
    rivals = tuple(name for name in scores if " on " in name)
    comparison = Comparison(scores, rivals, "Kendall tau", line["n_train"], line["n_test"])
    truth = line["truth"]
    best = max(truth, key=truth.__getitem__)
    losses = {name: truth[best] - truth[name] for name in truth}
    errors = {name: 0.0 if name == best else comparison.difference(name, best)[1] for name in truth}
    chosen = comparison.best_
    tau = kendalltau([scores[name].mean() for name in truth], list(truth.values())).statistic
    agreeing = np.mean([losses[name] <= errors[name] for name in truth])
    return Verdict(
        chosen,
        max(scores, key=lambda name: scores[name].mean()),
        best,
        losses[chosen],
        errors[chosen],
        float(tau),
        float(agreeing),
        float(np.mean([*losses.values()])),
    )


COLUMNS = (
    *("space", "labels", "choice of `compare`", "best in truth", "loss of tau", "standard error", "agrees"),
    *("by chance", "order"),
)
BEGIN, END = "<!-- comparison: written by benchmarks/compare.py render -->", "<!-- end of comparison -->"


def render(arguments: argparse.Namespace) -> None:
    """Write the table of the page."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table(lines_of(arguments.results))}\n{END}{after}", encoding="utf-8")


def table(lines: list[dict[str, Any]]) -> str:
    """A sentence that sums up, and a row per setting that was used for no choice."""
    lines = [line for line in lines if line["stage"] == "report"]
    verdicts = [verdict_of(line) for line in lines]
    n_agreeing = sum(verdict.agrees for verdict in verdicts)
    by_chance = np.mean([verdict.by_chance for verdict in verdicts])
    loss, blind = (
        np.mean([getattr(verdict, field) for verdict in verdicts]) for field in ("loss", "blind_loss")
    )
    rows = [[*COLUMNS]]
    rows.append(["---"] * len(rows[0]))
    for line, verdict in zip(lines, verdicts, strict=True):
        rows.append(
            [line["space"], str(line["labels"]), verdict.chosen]
            + (["the same", "", ""] if verdict.loss == 0 else _behind(verdict))
            + ["yes" if verdict.agrees else "no", f"{verdict.by_chance:.0%}", f"{verdict.tau:.2f}"]
        )
    summary = (
        f"`compare` agrees with the truth in {n_agreeing} of {len(lines)} settings, and in "
        f"{sum(verdict.loss == 0 for verdict in verdicts)} its choice is the best itself. A blind choice "
        f"would agree in {by_chance:.0%} of them. Its choice is behind the best estimator by "
        f"{loss:.3f} on average, a blind choice by {blind:.3f}. A plain rival had the "
        f"highest score in {sum(' on ' in verdict.leader for verdict in verdicts)} settings."
    )
    return "\n".join([summary, "", *(f"| {' | '.join(row)} |" for row in rows)])


def _behind(verdict: Verdict) -> list[str]:
    return [verdict.best, f"{verdict.loss:.3f}", f"{verdict.error:.3f}"]


def main() -> None:
    """Run or render."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(required=True)
    running = commands.add_parser("run", help="add settings that are lacking")
    running.add_argument("--data", type=Path, required=True)
    running.add_argument("--results", type=Path, default=RESULTS)
    running.add_argument("--stages", nargs="*", default=["development", "report"])
    running.set_defaults(command=run)
    rendering = commands.add_parser("render", help="write the table of docs/how_good.md")
    rendering.add_argument("results", type=Path, nargs="?", default=RESULTS)
    rendering.set_defaults(command=render)
    arguments = parser.parse_args()
    arguments.command(arguments)


if __name__ == "__main__":
    main()
