"""How well predictors rank a search space from a few labels, beside what a user would pick instead.

Protocol A: half of a space is the pool of labels, of which some are used; 40 architectures behind it
are left for validation, which no row needs; the rest is the test set. Three permutations times three
seeds. ``python benchmarks/accuracy.py --data FOLDER`` appends one JSON line a run to accuracy.jsonl beside
this file, where it lacks one; ``python benchmarks/accuracy.py render`` makes docs/benchmarks.md of it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from _protocol import judged
from _rows import ROWS
from _spaces import FAMILIES, FEW, LABELS, MEANS, NAMES, SHARES, Space, load_space
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline, make_pipeline
from threadpoolctl import threadpool_limits

from fgp_sklearn import __version__
from fgp_sklearn.search import select_diverse

SEEDS = PERMUTATIONS = (0, 1, 2)
RUNS = list(itertools.product(SEEDS, PERMUTATIONS))
CHAMPION = "gated GCN, FGP"
TIMED = ("nasbench201", "gpt-perplexity")
PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
RESULTS = Path(__file__).parent / "accuracy.jsonl"
#: Versions of which a later one gives equal results, so that runs need not be repeated, and that version.
EQUAL_RESULTS = {"0.1.0.dev0": "0.1.0"}


class Run(NamedTuple):
    """One line of results is the answer to one of these."""

    space: str
    share: str
    row: str
    permutation: int
    seed: int
    options: int
    version: str


def read(results: Path) -> list[dict[str, Any]]:
    """Finished runs, under the version that they count for; a half-written line of a killed run is none."""
    lines = results.read_text().splitlines() if results.exists() else []
    read = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
    return [{**run, "version": EQUAL_RESULTS.get(run["version"], run["version"])} for run in read]


# ------------------------------------------------------------------------------------------------ run


def run(arguments: argparse.Namespace) -> None:
    """Do what is not done; runs that share a pre-training are done together."""
    done = {tuple(result.get(name) for name in Run._fields) for result in read(arguments.results)}
    together: dict[Any, list[Run]] = {}
    for space, row, seed in itertools.product(arguments.spaces, arguments.rows, arguments.seeds):
        shares = [share for share in arguments.shares if ROWS[row].belongs_in(space, share)]
        for share, permutation in itertools.product(shares, arguments.permutations):
            one = Run(space, share, row, permutation, seed, ROWS[row].options, __version__)
            if one not in done and (seed == arguments.seeds[0] or ROWS[row].depends_on_seed):
                key = FAMILIES[space], ROWS[row].pretraining, seed
                together.setdefault(key, []).append(one)
    if arguments.results.exists() and not arguments.results.read_bytes().endswith(b"\n"):
        with arguments.results.open("a") as file:
            file.write("\n")  # ends the line that a killed run left half written
    # Measured by all processes together, before they need it.
    with_proxies = (some[0] for some in together.values() if ROWS[some[0].row].pretext == "proxies")
    for name in dict.fromkeys(one.space for one in with_proxies):
        space = load_space(name, arguments.data)
        space.measured_proxies(memory(arguments.results), n_jobs=arguments.jobs)
    Parallel(n_jobs=arguments.jobs)(
        delayed(work)(some, arguments.data, arguments.results, arguments.seeds) for some in together.values()
    )


def memory(results: Path) -> Path:
    """Folder that keeps measured proxies, beside the results."""
    return results.with_suffix(".proxies")


def work(some: list[Run], data: Path, results: Path, seeds: list[int]) -> None:
    """Pre-train at most once, then fit and judge; each result is written at once, for all seeds if equal."""
    warnings.simplefilter("ignore", ConvergenceWarning)  # of kernel parameters at their bounds
    with threadpool_limits(1):  # for networks this small, more threads only wait for each other
        space, rows = load_space(some[0].space, data), dict.fromkeys(one.row for one in some)
        learns_proxies = ROWS[some[0].row].pretext == "proxies"
        proxies = space.measured_proxies(memory(results)) if learns_proxies else None
        predictors, pretraining = pretrained(rows, some[0].seed, space, proxies)
        for one in some:
            result = judge(clone(predictors[one.row]), load_space(one.space, data), one)
            line = {**one._asdict(), **result, "pretrain_s": round(pretraining, 2)}
            lines = [line] if ROWS[one.row].depends_on_seed else [{**line, "seed": seed} for seed in seeds]
            with results.open("a") as file:
                file.writelines(json.dumps(line) + "\n" for line in lines)
            print(*line.values(), flush=True)


def pretrained(
    rows: Iterable[str], seed: int, space: Space, proxies: Any = None
) -> tuple[dict[str, Any], float]:
    """Predictors that share one pre-training, or none; and its seconds."""
    made = {row: ROWS[row].make(seed) for row in rows}
    (first, predictor), *others = made.items()
    if not ROWS[first].pretext:
        return made, 0.0
    start = time.perf_counter()
    predictor.fit_pretrain(space.X, proxies=proxies)
    seconds = time.perf_counter() - start
    for row, other in others:
        own = {name: value for name, value in other.get_params(deep=False).items() if name != "encoder"}
        made[row] = clone(predictor).set_params(**own)
    return made, seconds


def judge(predictor: Any, space: Space, one: Run) -> dict[str, float]:
    """Fit to the labels, rank the test set."""
    train, test = space.split(one.permutation, one.share)
    if ROWS[one.row].chosen_labels:
        pool = space.pool(one.permutation)
        train = pool[select_diverse(space.X[pool], len(train), random_state=one.seed)]
    gets_pool, may_lack_operations = ROWS[one.row].pool_in, one.share in FEW
    with_pool = gets_pool and (may_lack_operations or space.name in gets_pool)
    pool = {"X_unlabeled": space.X} if with_pool else {}
    start = time.perf_counter()
    if may_lack_operations and isinstance(predictor, Pipeline):
        encoding = FrozenEstimator(predictor[:-1].fit(space.X))
        predictor = make_pipeline(encoding, predictor[-1])
    predicted = predictor.fit(space.X[train], space.y[train], **pool).predict(space.X[test])
    seconds = time.perf_counter() - start
    tau, top = judged(space.y[test], predicted)
    return {"tau": tau, "top": top, "fit_predict_s": round(seconds, 2)}


# --------------------------------------------------------------------------------------------- render

Key = tuple[str, str, str]  # space, share, row
Cells = dict[Key, dict[tuple[int, int], dict[str, Any]]]  # results by seed and permutation


def render(arguments: argparse.Namespace) -> None:
    """Write the page."""
    PAGE.write_text(page(read(arguments.results)))


def page(results: list[dict[str, Any]]) -> str:
    """A table for each space and share, who wins how often, and what it costs."""
    cells = finished(results)
    shown = with_means(cells)
    lines = [(Path(__file__).parent / "accuracy_page.md").read_text().rstrip(), ""]
    for space, shares in itertools.groupby(shown, key=lambda key: key[0]):
        lines += [f"## {space}", ""]
        for share, keys in itertools.groupby(shares, key=lambda key: key[1]):
            lines += [f"{named(share)}:", "", "| | Kendall tau | P@1% |", "|---|---|---|"]
            lines += [f"| {key[2]} | {spread(shown[key])} |" for key in keys] + [""]
    lines += ["## Who wins", "", *wins(cells), "", "## Seconds", "", *seconds(cells)]
    return "\n".join(lines) + "\n"


def finished(results: list[dict[str, Any]]) -> Cells:
    """Cells with all nine runs, in the order of the page; of several options or versions, the last."""
    last: dict[Key, tuple[Any, ...]] = {}
    cells: Cells = {}
    for result in results:
        key = result["space"], result["share"], result["row"]
        made_by = result.get("options"), result["version"]
        if last.get(key) != made_by:
            last[key], cells[key] = made_by, {}
        cells[key][result["seed"], result["permutation"]] = result
    order = [*itertools.product(NAMES, SHARES, ROWS)]
    return {key: cells[key] for key in order if set(cells.get(key, ())) >= set(RUNS)}


def with_means(cells: Cells) -> Cells:
    """The same, and behind the last of several spaces the mean over them, run by run."""
    shown = dict(cells)
    for name, spaces in MEANS.items():
        for share, row in dict.fromkeys(key[1:] for key in cells if key[0] in spaces):
            several = [cells.get((space, share, row), {}) for space in spaces]
            if all(several):
                means = np.mean([figures(cell) for cell in several], axis=0)
                pairs = zip(RUNS, means, strict=True)
                shown[name, share, row] = {one: {"tau": tau, "top": top} for one, (tau, top) in pairs}
    names = list(NAMES)
    for name, spaces in MEANS.items():
        names.insert(names.index(spaces[-1]) + 1, name)
    return {key: shown[key] for key in itertools.product(names, SHARES, ROWS) if key in shown}


def named(share: str) -> str:
    """A number of labels as a heading."""
    return f"{share} of labels" if share.endswith("%") else share


def figures(cell: dict[Any, dict[str, Any]]) -> Any:
    """Kendall tau and precision at the top, in columns, a run a row."""
    return np.array([[cell[one]["tau"], cell[one]["top"]] for one in RUNS])


def spread(cell: dict[Any, dict[str, Any]]) -> str:
    """Means and standard deviations, as cells of a table."""
    columns = zip(figures(cell).mean(axis=0), figures(cell).std(axis=0, ddof=1), strict=True)
    return " | ".join(f"{mean:.3f} ± {deviation:.3f}" for mean, deviation in columns)


def wins(cells: Cells) -> Iterator[str]:
    """In how many settings the champion is ahead of each other row."""
    yield f"Settings (space and number of labels) in which *{CHAMPION}* has the higher mean over the same"
    yield "nine runs, and single runs in which it is ahead (a tie is half a win)."
    yield from ("", "| against | tau: settings | tau: runs | P@1%: settings | P@1%: runs |", "|" + "---|" * 5)
    for row in ROWS:
        ahead = np.array(
            [
                figures(cells[space, share, CHAMPION]) - figures(cells[space, share, other])
                for space, share, other in cells
                if other == row != CHAMPION and (space, share, CHAMPION) in cells
            ]
        )
        if len(ahead):
            settings = (ahead.mean(axis=1) > 0).sum(axis=0)
            single = ((ahead > 0) + (ahead == 0) / 2).mean(axis=(0, 1))
            both = zip(settings, single, strict=True)
            columns = [f"{won} of {len(ahead)} | {share:.0%}" for won, share in both]
            yield f"| {row} | {' | '.join(columns)} |"


def seconds(cells: Cells) -> Iterator[str]:
    """What a row costs where labels are fewest."""
    yield "One thread, median over runs, the fewest labels; the test set is predicted."
    for space in TIMED:
        yield from ("", f"{space}:", "", "| | pre-training | fit and prediction |", "|---|---|---|")
        for row in ROWS:
            results = cells.get((space, next(iter(LABELS[FAMILIES[space]])), row), {}).values()
            if results:
                columns = [np.median([r[name] for r in results]) for name in ("pretrain_s", "fit_predict_s")]
                yield f"| {row} | {columns[0]:.1f} | {columns[1]:.1f} |"


def main() -> None:
    """Run, or render."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(required=True)
    running = commands.add_parser("run", help="do what is not done yet; the word may be left out")
    running.add_argument("--data", type=Path, required=True, help="folder of the converted tables (npz)")
    running.add_argument("--results", type=Path, default=RESULTS, help="gets a JSON line a run")
    for option, values in {"spaces": NAMES, "shares": SHARES, "rows": tuple(ROWS)}.items():
        running.add_argument(f"--{option}", nargs="+", default=values, choices=values, metavar="NAME")
    for option in ("permutations", "seeds"):
        running.add_argument(f"--{option}", nargs="+", type=int, default=SEEDS, metavar="N")
    running.add_argument("--jobs", type=int, default=1, help="processes, one thread each")
    running.set_defaults(command=run)
    rendering = commands.add_parser("render", help="write docs/benchmarks.md")
    rendering.add_argument("results", type=Path, nargs="?", default=RESULTS)
    rendering.set_defaults(command=render)
    words = sys.argv[1:]
    arguments = parser.parse_args(["run", *words] if words and words[0].startswith("--") else words)
    arguments.command(arguments)


if __name__ == "__main__":
    main()
