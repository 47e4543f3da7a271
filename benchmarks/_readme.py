"""The picture of the README and the landing page, from the results of the accuracy benchmark."""

from __future__ import annotations

from pathlib import Path

from _results import CHAMPION, Cells, figures
from _spaces import FAMILIES, FEW, LABELS

PICTURED = "nasbench201"
OWN = (CHAMPION, "flow GP")
CURVES = {
    CHAMPION: "FGPRegressor",
    "flow GP": "flow Gaussian process",
    "GP on Weisfeiler-Lehman": "graph kernel",
    "GP on one-hot": "Gaussian process",
    "forest on one-hot": "random forest",
}
THEMES = {  # background, ink, ours and the others
    "light": ("#ffffff", "#24292f", "#0f6cbd", "#6a737d"),
    "dark": ("#14181e", "#e6edf3", "#6cb6ff", "#9aa4af"),
}


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
