"""Timing in turns, and figures beside their targets."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import torch

Work = Callable[[], Any]


def seconds_of(work: Work) -> float:
    """Seconds of CPU time on one thread, which leave out other programs; of several threads, on the clock."""
    clock = process_time if torch.get_num_threads() == 1 else perf_counter
    start = clock()
    work()
    return clock() - start


def in_turns(works: dict[str, Work], rounds: int) -> dict[str, float]:
    """Median seconds of each work; all take turns within a round, and the first round warms up.

    Turns let other programs slow all works alike.
    """
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(1 + rounds):
        for name, work in works.items():
            seconds[name].append(seconds_of(work))
    return {name: float(np.median(times[1:])) for name, times in seconds.items()}


def forget_peak() -> None:
    """Let `peak_mb` begin anew, where the system can do that."""
    forget = Path("/proc/self/clear_refs")
    if forget.exists():
        forget.write_text("5")


def peak_mb() -> float:
    """Largest resident memory of this process so far, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # of Linux, where `ru_maxrss` begins with the memory of the process that started this
        return int(re.search(r"VmHWM:\s*(\d+) kB", status.read_text())[1]) / 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1024**2


def in_child(name: str, threads: int = 1, **params: int) -> dict[str, float]:
    """Result of a function that runs in a process of its own."""
    command = [
        sys.executable,
        str(Path(__file__).with_name("speed.py")),
        "--child",
        json.dumps([name, params]),
        "--threads",
        str(threads),
    ]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


@dataclass(frozen=True)
class Figure:
    """Something measured, what it should be at least or at most, and where it stands on a curve."""

    what: str
    value: float
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    curve: str = ""
    at: float = 0.0

    @property
    def target(self) -> str:
        """What it should be."""
        if self.at_least is None and self.at_most is None:
            return ""
        sign, bound = ("≥", self.at_least) if self.at_most is None else ("≤", self.at_most)
        return f"{sign} {in_words(bound, self.unit)}"

    @property
    def verdict(self) -> str:
        """Whether it is."""
        if not self.target:
            return ""
        met = self.value >= self.at_least if self.at_most is None else self.value <= self.at_most
        return "met" if met else "missed"


def in_words(value: float | None, unit: str) -> str:
    """A number of three or four digits, and its unit."""
    if value is None:
        return ""
    if value >= 1000:
        number = f"{value:,.0f}"
    else:
        number = f"{value:.3g}" if value < 0.01 else f"{value:.4g}" if value >= 100 else f"{value:.2f}"
    return f"{number} {unit}".strip()
