"""The page of the accuracy benchmark: heat maps, one table of all results, ranks."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from _lookup import TITLES, Lookup, markdown, n_labels, short
from _published import BLOCKS as PUBLISHED_OF_BLOCKS
from _published import CELLS as PUBLISHED_OF_CELLS
from _published import WITH_POOL as PUBLISHED_WITH_POOL
from _results import Cells, with_means
from _rows import ROWS
from _spaces import FAMILIES, LABELS, MEANS, TRANSNAS
from _summary import SAME, overview, ranking, summary

TEXT = Path(__file__).parent / "accuracy_page.md"
_FIGURE = re.compile(r"\{figure\}`([^`]+)`")
# Rows of the heat maps, first to last, and what the page calls them.
SHOWN = {
    "gated GCN, FGP + proxies": "`FGPRegressor`, pre-trained on proxies too",
    "gated GCN, FGP": "`FGPRegressor`, pre-trained",
    "flow GP": "`FlowGaussianProcessRegressor`",
    "gated GCN, supervised": "`FGPRegressor`, not pre-trained",
    "plain recipe + trees": "plain recipe + trees",
    "GRAF of functional graphs, GP": "GRAF, Gaussian process",
    "GP on Weisfeiler-Lehman": "Weisfeiler-Lehman, Gaussian process",
    "GP on one-hot": "one-hot, Gaussian process",
    "boosting on one-hot": "one-hot, boosting",
    "forest on one-hot": "one-hot, forest",
}
# The same predictor on the encodings of cells and of chains of blocks.
ALSO = {"GRAF of modules, GP": "GRAF of functional graphs, GP", **SAME}
#: Upper ends of the steps of colour, in Kendall tau behind the best row of a setting.
STEPS = (0.0005, 0.01, 0.03, 0.1, 0.2)
FEW = "20 labels"


def page(cells: Cells) -> str:
    """The text with its figures and tables filled in."""
    found = Lookup(with_means(cells))
    parts = {
        "OVERVIEW": overview(cells),
        "HEAT MAP": heat_map(found, [(space, fewest(space)) for space in whole_spaces(found)]),
        "HEAT MAP OF FEW": heat_map(
            found, [(space, FEW) for space in whole_spaces(found, FEW) if fewest(space) != FEW]
        ),
        "SPACES": space_table(found),
        "RESULTS": results_table(found),
        "RANKS": ranking(cells),
        "SUMMARY": summary(cells),
    }
    text = _FIGURE.sub(lambda match: found.figure(match[1]), TEXT.read_text(encoding="utf-8"))
    for name, lines in parts.items():
        text = text.replace(f"<!-- {name} -->", "\n".join(lines).rstrip())
    return text


def whole_spaces(found: Lookup, share: str | None = None) -> list[str]:
    """Spaces with such results; of TransNAS-Bench-101, the mean over its tasks."""
    present = {key[:2] for key in found.cells}
    spaces = [space for space in found.known["space"] if space not in TRANSNAS]
    return [space for space in spaces if (space, share or fewest(space)) in present]


def fewest(space: str) -> str:
    """The smallest number of labels that all rows of a space learn from."""
    return next(iter(LABELS[FAMILIES[MEANS[space][0] if space in MEANS else space]]))


# ------------------------------------------------------------------------------------------- heat map


def heat_map(found: Lookup, settings: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Kendall tau of the main rows; a style sheet colours it by its distance from the best one."""
    table = {row: [tau_of(found, setting, row) for setting in settings] for row in SHOWN}
    table = {row: taus for row, taus in table.items() if np.isfinite(taus).any()}
    best = np.nanmax([*table.values()], axis=0)
    heads = [f"{TITLES[space]}, {n_labels(space, share):,}" for space, share in settings]
    yield markdown(["", *heads])
    yield "|" + "---|" * (len(heads) + 1)
    for row, taus in table.items():
        chips = [chip(tau, top) for tau, top in zip(taus, best, strict=True)]
        yield markdown([SHOWN[row], *chips])


def tau_of(found: Lookup, setting: tuple[str, str], row: str) -> float:
    """Of the row, or of the one that stands for it in chains of blocks; NaN without results."""
    stand_ins = [row, *(other for other, same in ALSO.items() if same == row)]
    present = (one for one in stand_ins if (*setting, one) in found.cells)
    return next((found.mean(setting, one, "tau") for one in present), np.nan)


def chip(tau: float, best: float) -> str:
    """A figure with a step of colour, from 0 for the best."""
    if not np.isfinite(tau):
        return ""
    text = f'<span class="heat heat-{np.searchsorted(STEPS, best - tau)}">{short(tau)}</span>'
    return f"**{text}**" if best - tau < STEPS[0] else text


# -------------------------------------------------------------------------------------- all results


def results_table(found: Lookup) -> Iterator[str]:
    """Every cell of the benchmark: a script of the site sorts and filters its rows."""
    yield markdown(
        [
            "space",
            "labels",
            "predictor",
            "kind",
            "Kendall tau",
            "P@1%",
            "pre-training, s",
            "fit and predict, s",
        ]
    )
    yield "|" + "---|" * 8
    for (space, share, row), cell in found.cells.items():
        setting, timed = (space, share), space not in MEANS
        pretrained = timed and any(run["pretrain_s"] for run in cell.values())
        yield markdown(
            [
                TITLES[space],
                f"{n_labels(*setting):,}" + (f" ({share})" if share.endswith("%") else ""),
                row,
                kind(row),
                found.shown(setting, row, "tau ±"),
                found.shown(setting, row, "top ±"),
                found.shown(setting, row, "pretrain_s") if pretrained else "",
                found.shown(setting, row, "fit_predict_s") if timed else "",
            ]
        )


def kind(row: str) -> str:
    """What the filter of the table calls a group of rows."""
    kinds = {
        "mixture with FlowerFormer": "with FlowerFormer" in row,
        "flow process": row.startswith("flow GP"),
        "published by others": row in (*PUBLISHED_OF_CELLS, *PUBLISHED_WITH_POOL, *PUBLISHED_OF_BLOCKS),
        "network with proxies": ROWS[row].pretext == "proxies",
        "network, pre-trained": ROWS[row].pretext == "flow",
        "network, not pre-trained": row.endswith("supervised"),
    }
    return next((name for name, holds in kinds.items() if holds), "other regressor")


def space_table(found: Lookup) -> Iterator[str]:
    """Names of spaces, and how many labels the benchmark has of them."""
    yield "| space | name in the results | numbers of labels |"
    yield "|---|---|---|"
    by_space = itertools.groupby(dict.fromkeys(key[:2] for key in found.cells), key=lambda key: key[0])
    for space, settings in by_space:
        counts = sorted(n_labels(*setting) for setting in settings)
        name = f"`{space}`" if space not in MEANS else "(a mean)"
        yield markdown([TITLES[space], name, ", ".join(f"{count:,}" for count in counts)])
