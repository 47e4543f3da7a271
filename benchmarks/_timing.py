"""Timing in turns, and figures beside their targets."""

from __future__ import annotations

import re
import resource
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

Work = Callable[[], Any]


def cpu_seconds(work: Work) -> float:
    """Seconds that the threads of this process compute."""
    start = process_time()
    work()
    return process_time() - start


def in_turns(works: dict[str, Work], rounds: int) -> dict[str, float]:
    """Median CPU seconds of each work; all take turns within a round, and the first round warms up.

    CPU time leaves out what other programs take, and turns let them slow all works alike.
    """
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(1 + rounds):
        for name, work in works.items():
            seconds[name].append(cpu_seconds(work))
    return {name: float(np.median(times[1:])) for name, times in seconds.items()}


def peak_mb() -> float:
    """Largest resident memory of this process so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # of Linux, where `ru_maxrss` begins with the memory of the process that started this
        return int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text())[1]) / 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1024**2


@dataclass(frozen=True)
class Figure:
    """Something measured, and what it should be at least, or at most."""

    what: str
    value: float
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a target."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return None if self.at_most is None else self.value <= self.at_most

    def row(self) -> str:
        """Row of a Markdown table."""
        target, verdict = "", ""
        if self.met is not None:
            sign, bound = ("≥", self.at_least) if self.at_most is None else ("≤", self.at_most)
            target, verdict = f"{sign} {_number(bound)} {self.unit}".strip(), "met" if self.met else "missed"
        return f"| {self.what} | {f'{_number(self.value)} {self.unit}'.strip()} | {target} | {verdict} |"


def print_table(title: str, figures: Iterable[Figure]) -> None:
    """Print one table of a page."""
    print(f"\n### {title}\n\n| | measured | target | |\n|---|---|---|---|")
    for figure in figures:
        print(figure.row(), flush=True)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 0.01 else f"{value:.4g}" if value >= 100 else f"{value:.2f}"
