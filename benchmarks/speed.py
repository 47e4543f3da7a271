"""Speed on whole search spaces beside its targets: one run of all contenders.

Figures are medians over rounds in which all contenders take turns, so that a busy machine slows all of them
alike: of CPU time on one thread, of time on the clock on several. Memory is the largest resident size of a
child process. ``python benchmarks/speed.py`` prints tables and appends a JSON line a figure to a file; it
takes about ten minutes, a part with ``--only encode`` less. ``python benchmarks/speed.py render`` writes
docs/speed.md and its pictures from such a file; of several runs of a part, the last counts.
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import asdict
from pathlib import Path

import torch
from _speed_page import write_page
from _speed_parts import CHILDREN, PARTS
from _timing import in_words
from threadpoolctl import threadpool_limits

RESULTS = Path(__file__).parent / "speed.jsonl"


def measure(arguments: argparse.Namespace) -> None:
    """Measure part after part; each figure is written at once."""
    load = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{os.cpu_count()} cores{load}, threads: {arguments.threads}, medians of {arguments.rounds}")
    for part in arguments.only:
        print(f"\n{PARTS[part].__doc__}")
        for number, figure in enumerate(PARTS[part](arguments.rounds)):
            line = {"part": part, "threads": arguments.threads, "number": number, **asdict(figure)}
            with arguments.results.open("a") as file:
                file.write(json.dumps(line) + "\n")
            print(
                f"  {figure.what}: {in_words(figure.value, figure.unit)} {figure.target} {figure.verdict}",
                flush=True,
            )


def main() -> None:
    """Measure, or render."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", nargs="?", choices=["measure", "render"], default="measure")
    parser.add_argument("--results", type=Path, default=RESULTS, help="gets a JSON line a figure")
    parser.add_argument("--only", nargs="+", default=list(PARTS), choices=PARTS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--child", type=json.loads, help="what a process of its own runs")
    arguments = parser.parse_args()
    if arguments.command == "render":
        write_page(arguments.results)
        return
    torch.set_num_threads(arguments.threads)
    with threadpool_limits(arguments.threads):
        if arguments.child:
            name, params = arguments.child
            print(json.dumps(CHILDREN[name](**params)))
        else:
            measure(arguments)


if __name__ == "__main__":
    main()
