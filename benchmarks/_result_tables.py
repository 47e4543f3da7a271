"""Tables of pages from files of results that have a line per run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from _lookup import UnknownFigure, markdown, short, unknown

HERE = Path(__file__).parent
Lines = list[dict[str, Any]]
FRAMES = {
    "cost": "MobileNets, cost",
    "accuracy": "MobileNets, accuracy with diminishing returns",
    "pairs": "MobileNets, accuracy with products of choices",
    "additive": "MobileNets, accuracy that adds up",
    "GPT, perplexity": "GPTs, perplexity",
    "GPT, A100 latency": "GPTs, latency on A100",
}


def lines_of(path: Path) -> Lines:
    """What a file has, one dictionary per line."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.splitlines()]


def table(name: str) -> list[str]:
    """Lines of Markdown: the table of ``benchmarks/<name>.jsonl``."""
    if name not in TABLES:
        raise UnknownFigure(unknown("table of results", name, [*TABLES]))
    return [*TABLES[name](lines_of(HERE / f"{name}.jsonl"))]


def frames(lines: Lines) -> Iterator[str]:
    """A row per kind of label and number of labels: each model."""
    models = [*lines[0]["tau"]]
    order = [*FRAMES]
    setting = lambda line: (order.index(line["name"]), line["labels"])  # noqa: E731
    yield from head(["", "labels", *models])
    for (place, n_labels), some in groupby(sorted(lines, key=setting), key=setting):
        taus = [line["tau"] for line in some]
        spreads = (spread(one[model] for one in taus) for model in models)
        yield markdown([FRAMES[order[place]], str(n_labels), *spreads])


def isomorphism_leak(lines: Lines) -> Iterator[str]:
    """A row per number of cells and predictor: both kinds of folds, and their difference."""
    yield from head(["cells", "predictor", "with an equal", "`KFold`", "`IsomorphismGroupKFold`", "leak"])
    setting = lambda line: (line["cells"], line["predictor"])  # noqa: E731
    for (n_cells, predictor), some in groupby(lines, key=setting):
        runs = [*some]
        shared = np.mean([run["with_an_equal"] for run in runs])
        leak = spread(run["plain"] - run["grouped"] for run in runs)
        taus = (spread(run[folds] for run in runs) for folds in ("plain", "grouped"))
        yield markdown([f"{n_cells:,}", predictor, f"{shared:.0%}", *taus, leak])


def tuning(lines: Lines) -> Iterator[str]:
    """A row for the labels that a study sees, and one for the test set."""
    yield from head(["Kendall tau", "default", "best trial", "gain"])
    for judged, title in (
        ("validation", "in cross-validation, by which it is chosen"),
        ("test", "on the test set"),
    ):
        default, best = (np.array([line[judged][place] for line in lines]) for place in (0, 1))
        yield markdown([title, spread(default), spread(best), spread(best - default)])


TABLES: dict[str, Callable[[Lines], Iterator[str]]] = {
    "frames": frames,
    "isomorphism_leak": isomorphism_leak,
    "tuning": tuning,
}


def head(titles: list[str]) -> Iterator[str]:
    yield markdown(titles)
    yield "|" + "---|" * len(titles)


def spread(values: Iterable[float]) -> str:
    """Mean and standard deviation."""
    array = np.array([*values])
    return f"{short(array.mean())} ± {short(array.std(ddof=1))}"
