"""The page of the search benchmark: one table for each pool, and a picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import _search_pairs
import numpy as np
from _lookup import short
from _search_pools import NAMES
from _searchers import CEILING, SEARCHERS
from numpy.typing import NDArray
from scipy.stats import wilcoxon

TEXT = Path(__file__).parent / "search_page.md"
OURS = "predictor-guided"
BUDGETS = (50, 100, 150)
_UNITS = {"gpt-perplexity": "perplexity", "cora": "accuracy", "arxiv": "accuracy", "photo": "accuracy"}
_COLOURS = {
    OURS: "#0072b2",
    "forest": "#d55e00",
    "random": "0.6",
    "regularized evolution": "#009e73",
    "local search": "#cc79a7",
    "Optuna TPE": "#e69f00",
    "BANANAS-like": "#56b4e9",
    "Optuna GP": "#8c564b",
    CEILING: "black",
}

FloatArray = NDArray[np.float64]
Runs = dict[str, dict[int, dict[str, Any]]]  # of a pool: lines by searcher and seed


def runs_of(results: list[dict[str, Any]]) -> dict[str, Runs]:
    """Lines of results by pool, searcher and seed, in the order of the tables."""
    found: dict[str, Runs] = {}
    for space in NAMES:
        lines = [line for line in results if line["space"] == space and line["seed"] < 1000]
        by = {name: {line["seed"]: line for line in lines if line["searcher"] == name} for name in SEARCHERS}
        if by[OURS]:
            found[space] = {name: seeds for name, seeds in by.items() if seeds}
    return found


def regrets(seeds: dict[int, dict[str, Any]]) -> FloatArray:
    """Regret of each run after each ten trainings, in the order of the seeds."""
    return np.array([seeds[seed]["regret"] for seed in sorted(seeds)])


def page(results: list[dict[str, Any]]) -> str:
    """Text, where the default stands, and a table for each pool."""
    found = runs_of(results)
    text = TEXT.read_text().rstrip().replace("STANDING", "\n".join(standing(found)))
    lines = [text, ""]
    for space, runs in found.items():
        unit = _UNITS.get(space, "% accuracy")
        lines += [f"## {space}", "", f"Regret in {unit}:", "", *table(runs), ""]
    lines += [f"## {_search_pairs.NAME}", "", *pair_table(results)]
    return "\n".join(lines).rstrip() + "\n"


def table(runs: Runs) -> Iterator[str]:
    """Mean regrets, the rank of the incumbent at the end, and when the best was found."""
    heads = [f"regret at {n}" for n in BUDGETS]
    yield "| | runs | " + " | ".join(heads) + " | rank at 150 | best found at | found | p | seconds |"
    yield "|" + "---|" * (len(heads) + 7)
    for name, seeds in runs.items():
        values = regrets(seeds)[:, [n // 10 - 1 for n in BUDGETS]].mean(axis=0)
        lines = list(seeds.values())
        at = [line["best_at"] or np.inf for line in lines]
        median = np.median(at)
        columns = [
            name,
            str(len(lines)),
            *(f"{value:.3g}" for value in values),
            f"{np.median([line['rank'][-1] for line in lines]):.0f}",
            f"{median:.0f}" if np.isfinite(median) else "never",
            f"{np.isfinite(at).mean():.0%}",
            ", ".join(p_values(seeds, runs[OURS])) if name != OURS else "",
            f"{np.median([line['s'] for line in lines]):.0f}",
        ]
        yield f"| {' | '.join(columns)} |"


def pair_table(results: list[dict[str, Any]]) -> Iterator[str]:
    """Shares of the area of the pool's front."""
    budgets = (20, 60, 100, 200)
    yield "Two objectives, perplexity and latency on an A100, both to be small: the share of the area that"
    yield "the front of all 10,000 GPTs dominates, mean ± deviation. *predictor-guided* stops at 60."
    yield ""
    yield "| | runs | " + " | ".join(f"at {n}" for n in budgets) + " | seconds |"
    yield "|" + "---|" * (len(budgets) + 3)
    for name in _search_pairs.SEARCHERS:
        lines = [
            line
            for line in results
            if line["space"] == _search_pairs.NAME and line["searcher"] == name and line["seed"] < 1000
        ]
        if not lines:
            continue
        areas = np.array([line["area"] for line in lines])
        cells = [
            f"{short(areas[:, n // 20 - 1].mean())} ± {short(areas[:, n // 20 - 1].std())}"
            if n // 20 <= areas.shape[1]
            else ""
            for n in budgets
        ]
        seconds = np.median([line["s"] for line in lines])
        yield f"| {name} | {len(lines)} | {' | '.join(cells)} | {seconds:.0f} |"


def p_values(seeds: dict[int, dict[str, Any]], ours: dict[int, dict[str, Any]]) -> list[str]:
    """Two-sided p-values of the differences in regret."""
    common = sorted(seeds.keys() & ours.keys())
    found = []
    for n in BUDGETS:
        pairs = [seeds[s]["regret"][n // 10 - 1] - ours[s]["regret"][n // 10 - 1] for s in common]
        found.append(f"{wilcoxon(pairs).pvalue:.1g}" if np.any(pairs) else "1")
    return found


def standing(found: dict[str, Runs]) -> Iterator[str]:
    """Place of the default among the searchers by mean regret."""
    yield "| | " + " | ".join(f"at {n}" for n in BUDGETS) + " |"
    yield "|" + "---|" * (len(BUDGETS) + 1)
    for space, runs in found.items():
        places = []
        for n in BUDGETS:
            rivals = {name: seeds for name, seeds in runs.items() if name != CEILING}
            means = {name: regrets(seeds)[:, n // 10 - 1].mean() for name, seeds in rivals.items()}
            better = [name for name, mean in means.items() if mean < means[OURS] - 1e-12]
            ties = [name for name, mean in means.items() if abs(mean - means[OURS]) <= 1e-12 and name != OURS]
            places.append(f"{len(better) + 1}{' (tied)' if ties else ''} of {len(means)}")
        yield f"| {space} | {' | '.join(places)} |"


def draw(results: list[dict[str, Any]], path: Path) -> None:
    """Mean regret against trainings, a panel for each pool, with bands of one standard error."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    found = runs_of(results)
    mpl.rcParams.update({"svg.hashsalt": "search", "font.size": 8})  # the same file from the same figures
    n_rows = -(-len(found) // 3)
    canvas = Figure(figsize=(8, 2.1 * n_rows + 0.5), layout="constrained")
    axes = canvas.subplots(n_rows, 3, squeeze=False).ravel()
    for axis, (space, runs) in zip(axes, found.items(), strict=False):
        for name, seeds in runs.items():
            values = regrets(seeds)
            at = 10 * np.arange(1, values.shape[1] + 1)
            mean, error = values.mean(axis=0), values.std(axis=0) / np.sqrt(len(values))
            look = {"color": _COLOURS[name], "linewidth": 2 if name == OURS else 1}
            (line,) = axis.plot(at, mean, label=name, **look)
            axis.fill_between(at, mean - error, mean + error, color=line.get_color(), alpha=0.2, linewidth=0)
        axis.set_title(space, fontsize=8)
        axis.set_xlabel("trainings")
        largest = max(float(regrets(seeds).mean(axis=0).max()) for seeds in runs.values())
        axis.set_yscale("symlog", linthresh=0.01 * largest)
        axis.set_ylim(bottom=0)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes[len(found) :]:
        axis.set_axis_off()
    handles = {h.get_label(): h for axis in axes for h in axis.get_legend_handles_labels()[0]}
    canvas.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=4, frameon=False)
    canvas.supylabel("mean regret")
    canvas.savefig(path, metadata={"Date": None})
