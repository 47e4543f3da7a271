"""The page of the accuracy benchmark: a summary, and a table for each space and number of labels."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from _results import CHAMPION, Cells, figures, named, with_means
from _rows import ROWS
from _spaces import FAMILIES, LABELS
from _summary import summary

TEXT = Path(__file__).parent / "accuracy_page.md"
TIMED = ("nasbench201", "gpt-perplexity")


def page(cells: Cells) -> str:
    """A summary, a table for each space and share, who wins how often, and what it costs."""
    shown = with_means(cells)
    lines = [TEXT.read_text().rstrip().replace("SUMMARY", "\n".join(summary(cells)).rstrip()), ""]
    for space, shares in itertools.groupby(shown, key=lambda key: key[0]):
        lines += [f"## {space}", ""]
        for share, keys in itertools.groupby(shares, key=lambda key: key[1]):
            lines += [f"{named(share)}:", "", "| | Kendall tau | P@1% |", "|---|---|---|"]
            lines += [f"| {key[2]} | {spread(shown[key])} |" for key in keys] + [""]
    lines += ["## Who wins", "", *wins(cells), "", "## Seconds", "", *seconds(cells)]
    return "\n".join(lines) + "\n"


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
