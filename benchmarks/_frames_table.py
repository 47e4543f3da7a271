"""The table of the benchmark of tables with one column per choice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from _lookup import markdown, short

RESULTS = Path(__file__).parent / "frames.jsonl"
TITLES = {
    "cost": "MobileNets, cost",
    "accuracy": "MobileNets, accuracy with diminishing returns",
    "pairs": "MobileNets, accuracy with products of choices",
    "additive": "MobileNets, accuracy that adds up",
    "GPT, perplexity": "GPTs, perplexity",
    "GPT, A100 latency": "GPTs, latency on A100",
}


def lines_of(path: Path) -> list[dict[str, Any]]:
    """What a file has, one dictionary per line."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.splitlines()]


def table(lines: list[dict[str, Any]]) -> Iterator[str]:
    """A row per kind of label and number of labels: mean and deviation of each model."""
    models = [*lines[0]["tau"]]
    order = [*TITLES]
    setting = lambda line: (order.index(line["name"]), line["labels"])  # noqa: E731
    yield markdown(["", "labels", *models])
    yield "|" + "---|" * (len(models) + 2)
    for (place, n_labels), some in groupby(sorted(lines, key=setting), key=setting):
        taus = np.array([[line["tau"][model] for model in models] for line in some])
        pairs = zip(taus.mean(axis=0), taus.std(axis=0, ddof=1), strict=True)
        yield markdown(
            [
                TITLES[order[place]],
                str(n_labels),
                *(f"{short(mean)} ± {short(spread)}" for mean, spread in pairs),
            ]
        )
