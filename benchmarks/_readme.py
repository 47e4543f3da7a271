"""What the README and the landing page show of the accuracy benchmark: a table, and a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from _results import CHAMPION, Cells, figures, with_means
from _rows import OTHERS
from _spaces import FAMILIES, FEW, LABELS, MEANS
from _summary import SAME

MARKERS = "<!-- accuracy: written by benchmarks/accuracy.py render -->", "<!-- end of accuracy -->"
PROCESS = "flow GP"
PLAIN = {"forest on one-hot": "random forest", "GP on one-hot": "Gaussian process"}
OWN = {PROCESS: "`FlowGaussianProcessRegressor`", CHAMPION: "`FGPRegressor`"}
SPACES = {
    "nasbench201": "NAS-Bench-201, CIFAR-10",
    "nasbench101": "NAS-Bench-101",
    "macro": "NAS-Bench-Macro",
    "cora": "NAS-Bench-Graph, cora",
    "arxiv": "NAS-Bench-Graph, arxiv",
    "transnas, mean of seven tasks": "TransNAS macro, seven tasks",
    "gpt-perplexity": "HW-GPT-Bench, perplexity",
    "gpt-a100": "HW-GPT-Bench, latency on A100",
}
PICTURED = "nasbench201"
CURVES = {
    CHAMPION: "FGPRegressor",
    PROCESS: "flow Gaussian process",
    "GP on Weisfeiler-Lehman": "graph kernel",
    "GP on one-hot": "Gaussian process",
    "forest on one-hot": "random forest",
}
THEMES = {  # background, ink, ours and the others
    "light": ("#ffffff", "#24292f", "#0f6cbd", "#6a737d"),
    "dark": ("#14181e", "#e6edf3", "#6cb6ff", "#9aa4af"),
}


def table(cells: Cells) -> Iterator[str]:
    """Kendall tau of plain predictors, of the best of all others, and of ours, one space a line."""
    shown = with_means(cells)
    taus = {key: float(figures(cell)[:, 0].mean()) for key, cell in shown.items()}
    yield f"| | labels | {' | '.join(PLAIN.values())} | best other | {' | '.join(OWN.values())} |"
    yield "|---|" + "---:|" * (2 + len(PLAIN) + len(OWN))
    for space, title in SPACES.items():
        family = LABELS[FAMILIES[MEANS.get(space, (space,))[0]]]
        share = "50 labels" if "50 labels" in family else next(iter(family))
        found = {SAME.get(row, row): tau for (*where, row), tau in taus.items() if where == [space, share]}
        others = [tau for row, tau in found.items() if row in OTHERS and not row.startswith(PROCESS)]
        columns = [found["forest on one-hot"], found["GP on one-hot"], max(others), found[PROCESS]]
        columns.append(found[CHAMPION])
        best = without_zero(max(columns))
        texts = [f"**{best}**" if text == best else text for text in map(without_zero, columns)]
        yield f"| {title} | {family[share]} | {' | '.join(texts)} |"


def without_zero(tau: float) -> str:
    """Of three digits."""
    return f"{tau:.3f}".replace("0.", ".", 1)


def with_table(page: str, cells: Cells) -> str:
    """The README with the table between its markers."""
    start, end = map(re.escape, MARKERS)
    text = "\n".join([MARKERS[0], "", *table(cells), "", MARKERS[1]])
    return re.sub(f"{start}.*?{end}", lambda _: text, page, flags=re.DOTALL)


def curve(cells: Cells, row: str) -> tuple[list[int], list[float]]:
    """Numbers of labels, and the mean Kendall tau of a row from so many."""
    numbers = {**FEW, **LABELS[FAMILIES[PICTURED]]}
    some = [(number, cells.get((PICTURED, share, row))) for share, number in numbers.items()]
    found = [(number, float(figures(cell)[:, 0].mean())) for number, cell in some if cell]
    return [number for number, _ in found], [tau for _, tau in found]


def draw(cells: Cells, folder: Path) -> None:
    """Kendall tau against the number of labels, once for light pages and once for dark ones."""
    for theme, colours in THEMES.items():
        draw_in(colours, cells, folder / f"gain-{theme}.svg")


def draw_in(colours: tuple[str, str, str, str], cells: Cells, path: Path) -> None:
    """One picture; its text stays text, so that the file is small and its labels can be read out."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    background, ink, own, other = colours
    with mpl.rc_context({"svg.hashsalt": "gain", "svg.fonttype": "none", "font.size": 11}):
        canvas = Figure(figsize=(5.6, 3.5), layout="constrained", facecolor=background)
        axis = canvas.subplots()
        axis.set_facecolor(background)
        curves = {row: curve(cells, row) for row in CURVES}
        for row, (numbers, taus) in curves.items():
            style = {"color": own if row in OWN else other, "linewidth": 2.5 if row in OWN else 1.5}
            axis.plot(numbers, taus, marker="o", markersize=4, **style)
        places = apart([taus[-1] for _, taus in curves.values()], 0.06)
        for (row, (numbers, _)), place in zip(curves.items(), places, strict=True):
            bold = {"color": own, "weight": "bold"} if row in OWN else {"color": other}
            axis.annotate(CURVES[row], (numbers[-1], place), (7, -4), textcoords="offset points", **bold)
        axis.set(xscale="log", xlim=(7, 9000), ylim=(0, 1), xlabel="labels", ylabel="Kendall tau")
        longest = max((numbers for numbers, _ in curves.values()), key=len)
        axis.set_xticks(longest, [f"{number}" for number in longest])
        axis.minorticks_off()
        axis.spines[["top", "right"]].set_visible(False)
        axis.spines[["bottom", "left"]].set_color(ink)
        axis.spines["bottom"].set_bounds(7, longest[-1])
        axis.tick_params(colors=ink)
        axis.xaxis.label.set_color(ink)
        axis.yaxis.label.set_color(ink)
        canvas.savefig(path, metadata={"Date": None})


def apart(places: list[float], distance: float) -> list[float]:
    """Of descending places, each at least so far below the one before; the first rises to make room."""
    found = [places[0] + distance / 2]
    for place in places[1:]:
        found.append(min(place, found[-1] - distance))
    return found
