"""Picture of the benchmark of sources: ranking by number of labels, with and without a prior."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np

COLOURS = {"process": "#b0b0b0", "process, sources": "#1f77b4", "FGP": "#808080", "FGP, sources": "#0b3d66"}


def draw(lines: list[dict[str, Any]], path: Path) -> None:
    """Kendall tau against the number of labels, one panel per space; the prior alone is a line."""
    spaces = [*dict.fromkeys(line["space"] for line in lines)]
    with mpl.rc_context({"svg.hashsalt": "sources", "font.size": 9, "svg.fonttype": "none"}):
        figure, panels = plt.subplots(1, len(spaces), figsize=(2.6 * len(spaces), 2.8), layout="constrained")
        for panel, space in zip(panels, spaces, strict=True):
            some = [line for line in lines if line["space"] == space]
            alone = np.mean([line["tau"] for line in some if line["row"] == "sources alone"])
            panel.axhline(alone, color="#d95f02", linewidth=1, linestyle="--", label="prior alone")
            for row, colour in COLOURS.items():
                numbers, taus = _curve([line for line in some if line["row"] == row])
                panel.plot(numbers, taus, marker="o", markersize=3, color=colour, label=row)
            panel.set(xscale="log", title=space, xlabel="labels")
            panel.set_xticks([8, 20, 40, 80, 400], ["8", "20", "40", "80", "400"], minor=False)
            panel.minorticks_off()
        panels[0].set_ylabel("Kendall tau")
        panels[-1].legend(loc="lower right", fontsize=7)
        figure.savefig(path, format="svg", metadata={"Date": None})
        plt.close(figure)


def _curve(lines: list[dict[str, Any]]) -> tuple[list[int], list[float]]:
    taus: dict[int, list[float]] = {}
    for line in lines:
        shares = {"1%": 75, "5%": 375}
        number = shares.get(line["labels"]) or int(line["labels"].split()[0])
        taus.setdefault(number, []).append(line["tau"])
    numbers = sorted(taus)
    return numbers, [float(np.mean(taus[number])) for number in numbers]
