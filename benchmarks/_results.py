"""Results of the accuracy benchmark: lines of runs, and cells of tables."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
from _rows import ROWS
from _spaces import MEANS, NAMES, SHARES

SEEDS = PERMUTATIONS = (0, 1, 2)
RUNS = list(itertools.product(SEEDS, PERMUTATIONS))
CHAMPION = "gated GCN, FGP"  # the default
#: Versions of which a later one gives equal results, so that runs need not be repeated, and that version.
EQUAL_RESULTS = {"0.1.0.dev0": "0.1.0"}

Key = tuple[str, str, str]  # space, share, row
Cells = dict[Key, dict[tuple[int, int], dict[str, Any]]]  # results by seed and permutation


def read(results: Path) -> list[dict[str, Any]]:
    """Finished runs, under the version that they count for; a half-written line of a killed run is none."""
    lines = results.read_text().splitlines() if results.exists() else []
    read = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
    return [{**run, "version": EQUAL_RESULTS.get(run["version"], run["version"])} for run in read]


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


def figures(cell: dict[Any, dict[str, Any]]) -> Any:
    """Kendall tau and precision at the top, in columns, a run a row."""
    return np.array([[cell[one]["tau"], cell[one]["top"]] for one in RUNS])
