"""Figures of the accuracy benchmark by name: what pages say instead of typed numbers.

A figure is ``space | labels | row | shown``, with names as on the page of benchmarks:

    nasbench201 | 1% | gated GCN, FGP | tau            .858
    nasbench201 | 1% | gated GCN, FGP | tau ±          .858 ± .015
    nasbench201 | 1% | gated GCN, FGP | tau / top      .858 / .490
    nasbench201 | 1% | gated GCN, FGP | pretrain_s     11.4 (median; or fit_predict_s)
    nasbench201 | 1% | labels                          78
    nasbench201 | 1% | gated GCN, FGP minus flow GP | tau                    .006
    nasbench201, cora | 1%, 5% | gated GCN, FGP minus flow GP | tau range    .013 to .048
    nasbench201, cora | 1%, 5% | gated GCN, FGP minus flow GP | tau mean     .021
    nasbench201, cora | 1%, 5% | gated GCN, FGP minus flow GP | tau wins     4 of 4

Of several spaces and numbers of labels, those pairs count that the benchmark has.
"""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from _results import Cells, figures, finished, read, with_means
from _spaces import FAMILIES, FEW, LABELS, MEANS

RESULTS = Path(__file__).parent / "accuracy.jsonl"
MEASURES = ("tau", "top")
HEADINGS = {"tau": "Kendall tau", "top": "P@1%"}
SECONDS = ("pretrain_s", "fit_predict_s")
GRAPHS, TRANSNAS, GPTS = "NAS-Bench-Graph", "TransNAS-Bench-101 macro", "HW-GPT-Bench"
TITLES = {
    "nasbench201": "NAS-Bench-201",
    "nasbench201-cifar100": "NAS-Bench-201, CIFAR-100",
    "nasbench201-imagenet16": "NAS-Bench-201, ImageNet16",
    "nasbench101": "NAS-Bench-101",
    "nasbench101-whole": "NAS-Bench-101, 30,000 cells",
    "nasbench301": "NAS-Bench-301",
    "macro": "NAS-Bench-Macro",
    **{name: f"{GRAPHS}, {name}" for name in ("cora", "arxiv", "photo")},
    **{
        name: f"{TRANSNAS}, {name.partition('-')[2]}"
        for name, family in FAMILIES.items()
        if family == "transnas"
    },
    "transnas, mean of seven tasks": f"{TRANSNAS}, mean of seven tasks",
    "gpt-perplexity": f"{GPTS}, perplexity",
    "gpt-a100": f"{GPTS}, latency on A100",
    "gpt-rtx2080": f"{GPTS}, latency on RTX 2080",
}


class UnknownFigure(ValueError):
    """A page names what the benchmark does not have."""


@dataclass(frozen=True)
class Lookup:
    """Cells of the benchmark, and what pages ask of them."""

    cells: Cells

    @cached_property
    def known(self) -> dict[str, list[str]]:
        """Names of spaces, numbers of labels and rows."""
        columns = zip(*self.cells, strict=True)
        return {
            kind: [*dict.fromkeys(column)]
            for kind, column in zip(("space", "number of labels", "row"), columns, strict=True)
        }

    def figure(self, asked: str) -> str:
        """The text in place of ``space | labels | row | shown``."""
        parts = [part.strip() for part in asked.split("|")]
        if len(parts) == 3 and parts[2] == "labels":
            return f"{n_labels(self._known('space', parts[0]), self._known('number of labels', parts[1])):,}"
        if len(parts) != 4:
            raise UnknownFigure(f"{asked!r} has {len(parts)} parts, not `space | labels | row | shown`")
        spaces, shares, row, shown = parts
        measure, _, over = shown.partition(" ")
        if over in SUMMARIES:
            return SUMMARIES[over](self._column(self.settings(names(spaces), names(shares)), row, measure))
        return self.shown((spaces, shares), row, shown)

    def shown(self, setting: tuple[str, str], row: str, shown: str) -> str:
        """One or two figures of a cell, such as ``tau ±`` or ``tau / top``."""
        return " / ".join(self._shown(setting, row, one) for one in shown.split(" / "))

    def _shown(self, setting: tuple[str, str], row: str, shown: str) -> str:
        measure, _, spread = shown.partition(" ")
        if measure in SECONDS:
            return f"{self._seconds(setting, row, measure):.1f}"
        runs = self._runs(setting, row, measure)
        if spread not in ("", "±"):
            raise UnknownFigure(unknown("figure", shown, (*MEASURES, *SECONDS, *SUMMARIES)))
        return short(runs.mean()) + (f" ± {short(runs.std(ddof=1))}" if spread else "")

    def settings(self, spaces: Sequence[str], shares: Sequence[str]) -> list[tuple[str, str]]:
        """Pairs that the benchmark has; each name must be in one of them."""
        spaces = [self._known("space", space) for space in spaces]
        shares = [self._known("number of labels", share) for share in shares]
        present = {key[:2] for key in self.cells}
        found = [pair for pair in itertools.product(spaces, shares) if pair in present]
        for name in (*spaces, *shares):
            if not any(name in pair for pair in found):
                raise UnknownFigure(f"no results of {name!r} within {spaces} and {shares}")
        return found

    def has(self, setting: tuple[str, str], row: str) -> bool:
        """Whether the cell exists; the name of the row must."""
        return (*setting, self._known("row", row)) in self.cells

    def mean(self, setting: tuple[str, str], row: str, shown: str) -> float:
        """The number that a cell of a table begins with."""
        measure = shown.partition(" ")[0]
        return float(self._runs(setting, row, measure).mean()) if measure in MEASURES else np.nan

    def _column(self, settings: Iterable[tuple[str, str]], row: str, measure: str) -> Any:
        return np.array([self._runs(setting, row, measure).mean() for setting in settings])

    def _runs(self, setting: tuple[str, str], row: str, measure: str) -> Any:
        """A figure of each run, or run by run the difference ``row minus other``."""
        if measure not in MEASURES:
            raise UnknownFigure(unknown("figure", measure, (*MEASURES, *SECONDS)))
        one, _, other = row.partition(" minus ")
        column = MEASURES.index(measure)
        runs = figures(self._cell(setting, one))[:, column]
        return runs - figures(self._cell(setting, other))[:, column] if other else runs

    def _seconds(self, setting: tuple[str, str], row: str, measure: str) -> float:
        runs = self._cell(setting, row).values()
        if any(measure not in run for run in runs):
            raise UnknownFigure(f"{setting[0]!r} is a mean over spaces and has no {measure!r}")
        return float(np.median([run[measure] for run in runs]))

    def _cell(self, setting: tuple[str, str], row: str) -> Mapping[Any, Any]:
        space = self._known("space", setting[0])
        share, row = self._known("number of labels", setting[1]), self._known("row", row)
        if (space, share, row) not in self.cells:
            has = ", ".join(key[1] for key in self.cells if key[::2] == (space, row)) or "nothing"
            raise UnknownFigure(f"no results of {row!r} on {space!r} with {share!r}; there is: {has}")
        return self.cells[space, share, row]

    def _known(self, kind: str, name: str) -> str:
        if name not in self.known[kind]:
            raise UnknownFigure(unknown(kind, name, self.known[kind]))
        return name


SUMMARIES: dict[str, Callable[[Any], str]] = {
    "range": lambda values: f"{short(min(values))} to {short(max(values))}",
    "mean": lambda values: short(values.mean()),
    "wins": lambda values: f"{(values > 0).sum()} of {len(values)}",
}


@lru_cache(maxsize=4)
def lookup(results: Path = RESULTS, changed: float | None = None) -> Lookup:
    """Read once; ``changed`` is the time of the file where a process outlives a change of it."""
    return Lookup(with_means(finished(read(results))))


def short(value: float, *, sign: bool = False) -> str:
    """Three decimals, without the zero before the point; with a plus where a sign is asked for."""
    return re.sub(r"^([-+]?)0\.", r"\1.", f"{value:+.3f}" if sign else f"{value:.3f}")


def names(text: str) -> list[str]:
    """Names between commas; the comma in *transnas, mean of seven tasks* belongs to a name."""
    return [name.strip() for name in re.split(r",(?!\s*mean of)", text)]


def n_labels(space: str, share: str) -> int:
    """How many labels a share is in a space."""
    family = FAMILIES[MEANS[space][0] if space in MEANS else space]
    return {**FEW, **LABELS[family]}[share]


def unknown(kind: str, name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=4, cutoff=0.4) or known[:4]
    return f"unknown {kind} {name!r}; near: {', '.join(map(repr, near))}"


# -------------------------------------------------------------------------------------------- tables


@dataclass(frozen=True)
class Table:
    """Options of a table: a row per predictor, or a row per setting if it is transposed."""

    spaces: Sequence[str]
    shares: Sequence[str]
    rows: Sequence[str]
    names: Sequence[str]  # of rows, as readers see them
    titles: Sequence[str]  # of spaces
    show: Sequence[str] = ("tau",)
    transposed: bool = False
    bold: bool = False  # the best of each setting
    missing: str | None = None  # what a cell without results says

    @classmethod
    def of(cls, options: Mapping[str, str]) -> Table:
        """From the options of the directive, as text."""
        unexpected = sorted(set(options) - set(OPTIONS))
        if unexpected:
            raise UnknownFigure(unknown("option", unexpected[0], OPTIONS))
        for name in ("spaces", "shares", "rows"):
            if not options.get(name):
                raise UnknownFigure(f"the table has no option {name!r}")
        spaces, rows = names(options["spaces"]), columns(options["rows"])
        shown = columns(options["names"]) if options.get("names") else rows
        titles = columns(options["titles"]) if options.get("titles") else [TITLES.get(s, s) for s in spaces]
        if len(shown) != len(rows) or len(titles) != len(spaces):
            raise UnknownFigure(
                f"{len(rows)} rows have {len(shown)} names, {len(spaces)} spaces {len(titles)}"
            )
        show = columns(options.get("show") or "tau")
        flags = ("transpose" in options, "bold" in options, options.get("missing"))
        return cls(spaces, names(options["shares"]), rows, shown, titles, show, *flags)

    def lines(self, found: Lookup) -> list[str]:
        """Lines of Markdown."""
        settings = found.settings(self.spaces, self.shares)
        body = self._by_setting(found, settings) if self.transposed else self._by_row(found, settings)
        head, *rows = body
        return [markdown(head), "|" + "---|" * len(head), *map(markdown, rows)]

    def _by_row(self, found: Lookup, settings: Sequence[tuple[str, str]]) -> Iterator[list[str]]:
        columns = [*itertools.product(settings, self.show)]
        if len(settings) == 1:
            yield [self._title(settings[0]), *map(heading, self.show)]
        elif len(self.show) == 1:
            yield ["", *map(self._title, settings)]
        else:
            yield ["", *(f"{self._title(setting)}, {heading(shown)}" for setting, shown in columns)]
        cells = [self._cells(found, *column) for column in columns]
        yield from ([name, *row] for name, *row in zip(self.names, *cells, strict=True))

    def _by_setting(self, found: Lookup, settings: Sequence[tuple[str, str]]) -> Iterator[list[str]]:
        yield ["space", "labels", *self.names]
        for setting in settings:
            title = self.titles[self.spaces.index(setting[0])]
            cells = zip(*(self._cells(found, setting, shown) for shown in self.show), strict=True)
            joined = (cell[0] if cell[0] == self.missing else " / ".join(cell) for cell in cells)
            yield [title, f"{n_labels(*setting):,}", *joined]

    def _cells(self, found: Lookup, setting: tuple[str, str], shown: str) -> list[str]:
        present = [self.missing is None or found.has(setting, row) for row in self.rows]
        means = [
            found.mean(setting, row, shown) if there else np.nan
            for row, there in zip(self.rows, present, strict=True)
        ]
        best = int(np.nanargmax(means)) if self.bold and np.isfinite(means).any() else None
        cells = [
            found.shown(setting, row, shown) if there else str(self.missing)
            for row, there in zip(self.rows, present, strict=True)
        ]
        return [f"**{cell}**" if place == best else cell for place, cell in enumerate(cells)]

    def _title(self, setting: tuple[str, str]) -> str:
        return f"{self.titles[self.spaces.index(setting[0])]}, {n_labels(*setting):,} labels"


OPTIONS = ("spaces", "shares", "rows", "names", "titles", "show", "transpose", "bold", "missing")


def columns(text: str) -> list[str]:
    """Parts between vertical bars."""
    return [part.strip() for part in text.split("|")]


def heading(shown: str) -> str:
    return " / ".join(HEADINGS.get(one.partition(" ")[0], one) for one in shown.split(" / "))


def markdown(row: Iterable[str]) -> str:
    return f"| {' | '.join(row)} |"


# ---------------------------------------------------------------------------- pages without a build

_TABLE = re.compile(
    r"(<!-- accuracy-table\n(?P<options>.*?)-->\n).*?(\n?<!-- /accuracy-table -->)", re.DOTALL
)
_FIGURE = re.compile(r"(<!-- figure (?P<asked>[^>]*?) -->).*?(<!-- /figure -->)", re.DOTALL)
_OPTION = re.compile(r"^:(\w+):\s*(.*?)\s*$", re.MULTILINE)


def rewritten(text: str, found: Lookup) -> str:
    """The README, or another page without a build, with what stands between comments renewed.

    ``<!-- figure nasbench201 | 1% | flow GP | tau -->.851<!-- /figure -->`` holds a figure. A table stands
    between ``<!-- accuracy-table``, its options on lines of their own, ``-->``, and
    ``<!-- /accuracy-table -->``.
    """

    def table(match: re.Match[str]) -> str:
        lines = Table.of(dict(_OPTION.findall(match["options"]))).lines(found)
        return match[1] + "\n" + "\n".join(lines) + "\n\n" + match[3].lstrip("\n")

    text = _TABLE.sub(table, text)
    return _FIGURE.sub(lambda match: match[1] + found.figure(match["asked"]) + match[3], text)
