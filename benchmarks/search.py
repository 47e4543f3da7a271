"""How fast searches find the best architecture of a pool.

Each searcher asks for five architectures of a pool at a time and is told their values, until 150 are trained.
The incumbent is the architecture with the best value that was told. Its regret is how far it is behind the
best architecture of the pool by what is judged, which is test accuracy where there is one.
``python benchmarks/search.py --data FOLDER`` appends one JSON line a run to search.jsonl beside this file,
where it lacks one; ``python benchmarks/search.py render`` makes docs/searches.md of it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from pathlib import Path
from typing import Any

import _search_pairs
import numpy as np
from _search_page import draw, page
from _search_pools import NAMES, Pool, load_pool
from _searchers import CEILING, SEARCHERS
from threadpoolctl import threadpool_limits

PAGE = Path(__file__).parent.parent / "docs" / "searches.md"
RESULTS = Path(__file__).parent / "search.jsonl"
N_TRAININGS, N_PARALLEL = 150, 5
SEEDS = tuple(range(30))


def run(arguments: argparse.Namespace) -> None:
    """Do what is not done."""
    results = read(arguments.results)
    done = {(line["space"], line["searcher"], line["seed"]) for line in results}
    if arguments.results.exists() and not arguments.results.read_bytes().endswith(b"\n"):
        with arguments.results.open("a") as file:
            file.write("\n")  # ends the line that a killed run left half written
    wanted = [
        (space, name)
        for space in arguments.spaces
        for name in arguments.searchers
        if space in NAMES and (name != CEILING or space == "nasbench101")
    ]
    if _search_pairs.NAME in arguments.spaces:
        wanted += [(_search_pairs.NAME, name) for name in _search_pairs.SEARCHERS]
    for (space, searcher), seed in itertools.product(wanted, arguments.seeds):
        if (space, searcher, seed) in done:
            continue
        with threadpool_limits(1):
            if space == _search_pairs.NAME:
                found = _search_pairs.searched(arguments.data, searcher, seed)
            else:
                found = searched(load_pool(space, arguments.data), searcher, seed)
        line = {"space": space, "searcher": searcher, "seed": seed, **found}
        with arguments.results.open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(*line.values(), flush=True)


def searched(pool: Pool, name: str, seed: int) -> dict[str, Any]:
    """Search a pool, and judge the incumbent after each ten trainings."""
    start = time.perf_counter()
    searcher = SEARCHERS[name](pool, seed)
    told: list[int] = []
    while len(told) < N_TRAININGS:
        positions = searcher.ask(min(N_PARALLEL, N_TRAININGS - len(told)))
        searcher.tell(positions, pool.searched[positions])
        told += positions.tolist()
    seconds = time.perf_counter() - start
    values = pool.searched[told]
    incumbent = np.array(told)[[int(np.argmax(values[: n + 1])) for n in range(len(told))]]
    regret = pool.judged.max() - pool.judged[incumbent]
    at = slice(9, None, 10)
    best = np.flatnonzero(values == pool.searched.max())
    return {
        "regret": [round(float(value), 5) for value in regret[at]],
        "rank": [int((pool.searched > pool.searched[i]).sum()) + 1 for i in incumbent[at]],
        "best_at": int(best[0]) + 1 if len(best) else None,
        "s": round(seconds, 1),
    }


def read(path: Path) -> list[dict[str, Any]]:
    """Lines of results; one that a killed run left half written is skipped."""
    found = []
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return found


def render(arguments: argparse.Namespace) -> None:
    """Write the page and its picture."""
    results = read(arguments.results)
    PAGE.write_text(page(results))
    draw(results, PAGE.parent / "_static" / "search.svg")


def main() -> None:
    """Run, or render."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(required=True)
    running = commands.add_parser("run", help="do what is not done yet; the word may be left out")
    running.add_argument("--data", type=Path, required=True, help="folder of the converted tables (npz)")
    running.add_argument("--results", type=Path, default=RESULTS, help="gets a JSON line a run")
    for option, values in {"spaces": (*NAMES, _search_pairs.NAME), "searchers": tuple(SEARCHERS)}.items():
        running.add_argument(f"--{option}", nargs="+", default=values, choices=values, metavar="NAME")
    running.add_argument("--seeds", nargs="+", type=int, default=SEEDS, metavar="N")
    running.set_defaults(command=run)
    rendering = commands.add_parser("render", help="write docs/searches.md")
    rendering.add_argument("results", type=Path, nargs="?", default=RESULTS)
    rendering.set_defaults(command=render)
    words = sys.argv[1:]
    arguments = parser.parse_args(["run", *words] if words and words[0].startswith("--") else words)
    arguments.command(arguments)


if __name__ == "__main__":
    main()
