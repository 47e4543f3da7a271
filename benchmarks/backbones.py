"""What encoding costs with each backbone, relative to the default one.

All distinct functional graphs of a space are encoded, fresh weights, default width and depth, on one
thread. Backbones take turns within a round, and a figure is the median over rounds of CPU seconds, so that
a busy machine slows all of them alike. Run with ``python benchmarks/backbones.py``; it takes a few minutes.
"""

from __future__ import annotations

import argparse
from time import process_time

import numpy as np
from threadpoolctl import threadpool_limits

from fgp_sklearn import FGPEncoder
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._duplicates import distinct
from fgp_sklearn.architectures._simplify import functional_graph
from fgp_sklearn.datasets import load_nasbench_graph, nasbench201_space
from fgp_sklearn.nn import BACKBONES, InputSpec, make_backbone
from fgp_sklearn.training import apply_in_batches

BASE = "gated_gcn"


def distinct_graphs(space: str) -> ArchitectureBatch:
    """What `FGPEncoder` encodes of a space."""
    batch = nasbench201_space() if space == "nasbench201" else load_nasbench_graph(space).data
    encoder = FGPEncoder()
    functional = functional_graph(
        batch, null_ops=frozenset(encoder.null_ops), identity_ops=frozenset(encoder.identity_ops)
    )
    positions, _ = distinct(functional)
    return functional.take(positions)


def cpu_seconds(graphs: ArchitectureBatch, rounds: int) -> dict[str, np.ndarray]:
    """Seconds a round of each backbone."""
    spec = InputSpec(n_ops=len(graphs.vocabulary), max_nodes=int(graphs.n_nodes.max()))
    networks = {
        name: make_backbone(name, spec, hidden_dim=64, n_layers=3, dropout=0.0).eval() for name in BACKBONES
    }
    seconds: dict[str, list[float]] = {name: [] for name in networks}
    for _ in range(1 + rounds):
        for name, network in networks.items():
            start = process_time()
            apply_in_batches(network, graphs)
            seconds[name].append(process_time() - start)
    return {name: np.array(times[1:]) for name, times in seconds.items()}  # the first round warms up


def main() -> None:
    """Print a row for each backbone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spaces", nargs="+", default=["nasbench201", "cora"])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    columns = {}
    with threadpool_limits(1):
        for space in arguments.spaces:
            graphs = distinct_graphs(space)
            medians = {
                name: np.median(times) for name, times in cpu_seconds(graphs, arguments.rounds).items()
            }
            columns[f"{space}, {len(graphs):,} graphs"] = medians
            print(f"{space}: {len(graphs)} graphs, {BASE} {medians[BASE]:.3f} s")
    print(f"| backbone | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for name in BACKBONES:
        cells = [f"{medians[name] / medians[BASE]:.1f}" for medians in columns.values()]
        print(f"| `{name}` | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
