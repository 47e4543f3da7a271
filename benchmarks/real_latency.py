"""How well predictors rank real networks by latency that was measured on this machine.

300 variants of ResNets, MobileNets, vision transformers and GPTs, 20 and 50 measurements, ten random splits.

    python benchmarks/real_latency.py measure latencies.jsonl
    python benchmarks/real_latency.py rank latencies.jsonl
    python benchmarks/real_latency.py render

The first command adds rounds to a file, the second adds what is lacking to benchmarks/real_latency.jsonl, and
the third writes docs/latency.md from it.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from itertools import groupby, product
from pathlib import Path
from typing import Any

import numpy as np
from _latency_rows import ROWS, Known, Row
from _lookup import markdown, short
from _network_clock import DEVICES, latencies, measure
from _network_families import FAMILIES, draw_networks
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from fgp_sklearn.architectures import from_torch
from fgp_sklearn.metrics import kendall_tau_score

Array = NDArray[Any]
N_OF_EACH, N_SPLITS = 75, 10
HERE = Path(__file__).parent
RESULTS, TEMPLATE = HERE / "real_latency.jsonl", HERE / "real_latency_page.md"
PAGE = HERE.parent / "docs" / "latency.md"
TITLES = {"resnet": "ResNets", "mobilenet": "MobileNets", "vit": "ViTs", "gpt": "GPTs"}


def read_networks(measured: dict[str, Array]) -> Known:
    """All networks as architectures, and their latencies."""
    modules, inputs = zip(*(network.built() for network in draw_networks(N_OF_EACH)), strict=True)
    latency = {device: np.median(rounds, axis=0) for device, rounds in measured.items()}
    return Known(from_torch(modules, list(inputs), n_jobs=-1), latency)


def rank(arguments: argparse.Namespace) -> None:
    """Append a line per device, number of labels and row."""
    measured = latencies(arguments.latencies)
    done = {(line["device"], line["labels"], line["row"]) for line in lines_of(arguments.results)}
    known = read_networks(measured)
    with arguments.results.open("a", encoding="utf-8") as file, threadpool_limits(1):
        if not done:
            for device, rounds in measured.items():
                print(json.dumps({"device": device, "labels": 0, **repeated(rounds)}), file=file)
        for device, (name, row) in product(DEVICES, ROWS.items()):
            for n_labels in row.labels:
                if (device, n_labels, name) not in done and device in row.devices:
                    found = {"device": device, "labels": n_labels, "row": name}
                    found |= judged(row, known, device, n_labels)
                    print(json.dumps(found), file=file, flush=True)
                    print(device, n_labels, name, found["tau"][0], f"{found['seconds']} s", flush=True)


def judged(row: Row, known: Known, device: str, n_labels: int) -> dict[str, Any]:
    """Kendall tau among all networks without label, and within each family, split by split."""
    y, taus, start = known.latency[device], [], time.process_time()
    for split in range(N_SPLITS):
        order = np.random.default_rng(split).permutation(len(y))
        train, test = order[:n_labels], order[n_labels:]
        scores = row.scores(known, y, train, split)
        taus.append(taus_of(y, scores, test))
    columns = np.array(taus)
    return {
        "tau": [round(float(mean), 4) for mean in columns.mean(axis=0)],
        "sd": [round(float(sd), 4) for sd in columns.std(axis=0, ddof=1)],
        "seconds": round((time.process_time() - start) / N_SPLITS, 2),
    }


def repeated(rounds: Array) -> dict[str, Any]:
    """Kendall tau between the medians of odd and of even rounds, which bounds what a predictor can reach."""
    halves = np.median(rounds[::2], axis=0), np.median(rounds[1::2], axis=0)
    taus = taus_of(*halves, np.arange(len(halves[0])))
    return {"row": "the same networks measured again", "tau": [round(tau, 4) for tau in taus]}


def taus_of(y: Array, scores: Array, test: Array) -> list[float]:
    """Kendall tau among all of these networks, and within each family."""
    families = [test[test // N_OF_EACH == number] for number in range(len(FAMILIES))]
    return [kendall_tau_score(y[some], scores[some]) for some in (test, *families)]


def lines_of(path: Path) -> list[dict[str, Any]]:
    """What a file has, one dictionary per line."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.splitlines()]


def render(arguments: argparse.Namespace) -> None:
    """Write the page."""
    PAGE.write_text(page(lines_of(arguments.results)), encoding="utf-8")


def page(lines: list[dict[str, Any]]) -> str:
    """The template with a table in place of each ``{device labels}``."""
    order = [*ROWS, "the same networks measured again"]
    lines = sorted(lines, key=lambda line: (line["device"], line["labels"], order.index(line["row"])))
    tables = {
        f"{device} {labels}": "\n".join(table([*some]))
        for (device, labels), some in groupby(lines, key=lambda line: (line["device"], line["labels"]))
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    return re.sub(r"^\{([a-z0-9]+ \d+)\}$", lambda found: tables[found[1]], text, flags=re.MULTILINE)


def table(lines: list[dict[str, Any]]) -> list[str]:
    """A row per predictor."""
    rows = [["", "all", *TITLES.values(), "seconds"], ["---"] * (len(TITLES) + 3)]
    for line in lines:
        spreads = [f" ± {short(sd)}" for sd in line.get("sd", ())] or [""]
        taus = [short(tau) for tau in line["tau"]]
        rows.append([line["row"], taus[0] + spreads[0], *taus[1:], f"{line.get('seconds', 0):.1f}"])
    return [markdown(row) for row in rows]


def main() -> None:
    """Measure, rank or render."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = parser.add_subparsers(required=True)
    measuring = commands.add_parser("measure", help="measure latencies, round by round")
    measuring.add_argument("latencies", type=Path)
    measuring.add_argument("--rounds", type=int, default=20)
    measuring.set_defaults(
        command=lambda given: measure(draw_networks(N_OF_EACH), given.rounds, given.latencies)
    )
    ranking = commands.add_parser("rank", help="rank the networks from some of the latencies")
    ranking.add_argument("latencies", type=Path)
    ranking.add_argument("--results", type=Path, default=RESULTS)
    ranking.set_defaults(command=rank)
    rendering = commands.add_parser("render", help="write docs/latency.md")
    rendering.add_argument("results", type=Path, nargs="?", default=RESULTS)
    rendering.set_defaults(command=render)
    arguments = parser.parse_args()
    arguments.command(arguments)


if __name__ == "__main__":
    main()
