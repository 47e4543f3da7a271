"""How well predictors rank a search space from a few labels, beside what a user would pick instead.

Protocol A: half of a space is the pool of labels, of which some are used; 40 architectures behind it
are left for validation, which no row needs; the rest is the test set. Three permutations times three
seeds. ``python benchmarks/accuracy.py --data FOLDER`` appends one JSON line a run to accuracy.jsonl beside
this file, where it lacks one; ``python benchmarks/accuracy.py render`` makes docs/benchmarks.md of it
and renews figures of the README.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from _accuracy_page import page
from _lookup import RESULTS, Lookup, rewritten
from _protocol import judged
from _readme import draw as draw_gain
from _results import SEEDS, finished, read, with_means
from _rows import ROWS
from _spaces import FAMILIES, FEW, MANY_OPERATIONS, NAMES, SHARES, Space, load_space
from _summary import draw
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline, make_pipeline
from threadpoolctl import threadpool_limits

from fgp_sklearn import __version__
from fgp_sklearn.search import select_diverse

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
README = PAGE.parent.parent / "README.md"


class Run(NamedTuple):
    """One line of results is the answer to one of these."""

    space: str
    share: str
    row: str
    permutation: int
    seed: int
    options: int
    version: str


# ------------------------------------------------------------------------------------------------ run


def run(arguments: argparse.Namespace) -> None:
    """Do what is not done; runs that share a pre-training are done together."""
    done = {tuple(result.get(name) for name in Run._fields) for result in read(arguments.results)}
    together: dict[Any, list[Run]] = {}
    for space, row in itertools.product(arguments.spaces, arguments.rows):
        shares = [share for share in arguments.shares if ROWS[row].belongs_in(space, share)]
        for share, permutation in itertools.product(shares, arguments.permutations):
            made_by = ROWS[row].options, __version__
            runs = [Run(space, share, row, permutation, seed, *made_by) for seed in arguments.seeds]
            missing = [one for one in runs if one not in done]
            for one in missing if ROWS[row].depends_on_seed else missing[:1]:
                key = FAMILIES[space], ROWS[row].pretraining, one.seed
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


def work(some: list[Run], data: Path, results: Path, seeds: Sequence[int]) -> None:
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
    start = time.process_time()
    predictor.fit_pretrain(space.X, proxies=proxies)
    seconds = time.process_time() - start
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
    may_lack_operations = one.share in FEW and FAMILIES[space.name] in MANY_OPERATIONS
    gets_pool = ROWS[one.row].pool_in
    with_pool = gets_pool and (may_lack_operations or space.name in gets_pool)
    pool = {"X_unlabeled": space.X} if with_pool else {}
    start = time.process_time()
    if may_lack_operations and isinstance(predictor, Pipeline):
        encoding = FrozenEstimator(predictor[:-1].fit(space.X))
        predictor = make_pipeline(encoding, predictor[-1])
    predicted = predictor.fit(space.X[train], space.y[train], **pool).predict(space.X[test])
    seconds = time.process_time() - start
    tau, top = judged(space.y[test], predicted)
    return {"tau": tau, "top": top, "fit_predict_s": round(seconds, 2)}


# --------------------------------------------------------------------------------------------- render


def render(arguments: argparse.Namespace) -> None:
    """Write the page, the table of the README, and their pictures."""
    cells = finished(read(arguments.results))
    PAGE.write_text(page(cells))
    README.write_text(rewritten(README.read_text(), Lookup(with_means(cells))))
    draw(cells, PAGE.parent / "_static" / "ranks.svg")
    draw_gain(cells, PAGE.parent / "_static")


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
    rendering = commands.add_parser("render", help="write docs/benchmarks.md and figures of the README")
    rendering.add_argument("results", type=Path, nargs="?", default=RESULTS)
    rendering.set_defaults(command=render)
    words = sys.argv[1:]
    arguments = parser.parse_args(["run", *words] if words and words[0].startswith("--") else words)
    arguments.command(arguments)


if __name__ == "__main__":
    main()
