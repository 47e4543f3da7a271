"""docs/speed.md and its pictures, from what the speed benchmark measured."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from _timing import Figure, in_words

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # told apart by colour-blind readers too
BARS = {  # what the bars of a part show, and their title
    "encode": ("cells a second, ", "Encoding NAS-Bench-201: cells a second"),
    "encode-nasbench-graph": ("cells a second, ", "Encoding NAS-Bench-Graph: networks a second"),
    "pretrain": ("epoch, batch 256, ", "Pre-training: seconds an epoch"),
}
CURVES = {  # the axes of a part
    "pool": ("architectures in the pool", "µs a cell"),
    "nodes": ("nodes of a graph", "µs a node"),
    "edges": ("predecessors a node, at most", "µs an edge"),
    "rank": ("nodes of a network", "µs a node or edge"),
    "pretrain-size": ("nodes of a network", "µs a node or edge"),
}

Measured = dict[int, list[Figure]]  # by number of threads


def write_page(results: Path) -> None:
    """Fill in the tables of speed_page.md, and draw."""
    measured = read(results)
    text = (HERE / "speed_page.md").read_text(encoding="utf-8")
    page = re.sub(r"^\{([a-z0-9-]+)\}$", lambda found: table(measured[found[1]]), text, flags=re.MULTILINE)
    (DOCS / "speed.md").write_text(page, encoding="utf-8")
    for part in (*BARS, *CURVES):
        draw(part, measured[part][1])


def read(results: Path) -> dict[str, Measured]:
    """The last run of each part."""
    measured: dict[str, Measured] = {}
    for line in results.read_text().splitlines():
        found = json.loads(line)
        part, threads, number = (found.pop(name) for name in ("part", "threads", "number"))
        if number == 0:
            measured.setdefault(part, {})[threads] = []
        measured[part][threads].append(Figure(**found))
    return measured


def table(measured: Measured) -> str:
    """A row a figure, a column for each number of threads."""
    if measured[1][0].curve:
        return curve_table(measured[1])
    several = [threads for threads in sorted(measured) if threads > 1]
    head = ["measured" if not several else "one thread", *(f"{n} threads, on the clock" for n in several)]
    rows = [["", *head, "target", ""], ["---"] * (len(head) + 3)]
    others = [{figure.what: figure for figure in measured[n]} for n in several]
    for figure in measured[1]:
        beside = [in_words(other[figure.what].value, figure.unit) for other in others]
        rows.append(
            [figure.what, in_words(figure.value, figure.unit), *beside, figure.target, figure.verdict]
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def curve_table(figures: list[Figure]) -> str:
    """A row a curve, then what else was measured."""
    curves = by_curve(figures)
    others = curves.pop("", [])
    points = next(iter(curves.values()))
    rows = [[points[0].unit, *(f"{figure.at:,.0f}" for figure in points)], ["---"] * (len(points) + 1)]
    rows += [[name, *(in_words(figure.value, "") for figure in found)] for name, found in curves.items()]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if others:
        lines += ["", table({1: others})]
    return "\n".join(lines)


def by_curve(figures: list[Figure]) -> dict[str, list[Figure]]:
    """Points of each curve; what is on none has no name."""
    curves: dict[str, list[Figure]] = {}
    for figure in figures:
        curves.setdefault(figure.curve, []).append(figure)
    return curves


def draw(part: str, figures: list[Figure]) -> None:
    """Bars, or curves, as docs/_static/speed-PART.svg."""
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    mpl.rcParams.update({"svg.hashsalt": part, "font.size": 10})  # the same file from the same figures
    canvas = Canvas(figsize=(7, 3.2 if part in CURVES else 2.4), layout="constrained")
    axis = canvas.subplots()
    axis.spines[["top", "right"]].set_visible(False)
    draw_bars(axis, part, figures) if part in BARS else draw_curves(axis, part, figures)
    canvas.savefig(DOCS / "_static" / f"speed-{part}.svg", metadata={"Date": None})


def draw_bars(axis: Any, part: str, figures: list[Figure]) -> None:
    """A bar a contender; the library first."""
    prefix, title = BARS[part]
    shown = [figure for figure in figures if figure.what.startswith(prefix)][::-1]
    names = [figure.what.removeprefix(prefix) for figure in shown]
    colours = [COLOURS[0] if name == "this library" else "#999999" for name in names]
    bars = axis.barh(names, [figure.value for figure in shown], color=colours)
    axis.bar_label(bars, [in_words(figure.value, figure.unit) for figure in shown], padding=3)
    axis.set_title(title, fontsize=10, loc="left")
    axis.xaxis.set_visible(False)
    axis.spines["bottom"].set_visible(False)
    axis.margins(x=0.15)


def draw_curves(axis: Any, part: str, figures: list[Figure]) -> None:
    """A line a work, both axes logarithmic; a flat line is a cost that grows with the size alone."""
    curves = by_curve(figures)
    curves.pop("", None)
    for (name, points), colour, marker in zip(curves.items(), COLOURS, "osd^", strict=False):
        x, y = [figure.at for figure in points], [figure.value for figure in points]
        axis.plot(x, y, color=colour, marker=marker, label=name)
    across, up = CURVES[part]
    axis.set(xscale="log", yscale="log", xlabel=across, ylabel=up)
    axis.set_xticks(x, [f"{n:,.0f}" for n in x], minor=False)
    axis.minorticks_off()
    low, high = axis.get_ylim()
    ticks = [tick for tick in (0.1, 0.3, 1, 3, 10, 30, 100, 300) if low <= tick <= high]
    axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.legend(frameon=False, fontsize=9)
