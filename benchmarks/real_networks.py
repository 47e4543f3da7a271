"""Networks of torchvision, timm and transformers as architectures, against what torch counts.

One row per network: nodes at both levels, parameters against those of the module, FLOPs against
`torch.utils.flop_counter.FlopCounterMode`, and CPU seconds. A row ends with what is wrong with it. Run with
``python benchmarks/real_networks.py``, or with the names of some networks. Needs torchvision, timm and
transformers, and downloads nothing.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from typing import Any

import networkx as nx
import torch
from _networks import Example, Maker, networks
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from fgp_sklearn.architectures import ArchitectureBatch, from_torch

#: Ways to read a network, by name.
ROADS: dict[str, Callable[[torch.nn.Module, Example], ArchitectureBatch]] = {"torch": from_torch}

TOLERANCE = 0.01  # relative, of FLOPs


def main() -> None:
    """Print one row per network and road, and the number of rows without problems."""
    makers = networks()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(makers), help="of networks; all by default")
    parser.add_argument("--roads", nargs="+", default=list(ROADS), choices=list(ROADS))
    arguments = parser.parse_args()
    print(
        f"{'network':36} {'road':6} {'nodes':>6} {'modules':>8} {'parameters':>12} {'unused':>10} "
        f"{'GFLOPs':>9} {'counted':>9} {'s':>6}  problems"
    )
    good = total = 0
    for name in arguments.names:
        module, example = made(makers[name])
        for road in arguments.roads:
            row, problems = described(road, module, example)
            print(f"{name:36} {road:6} {row}  {'; '.join(problems)}", flush=True)
            good, total = good + (not problems), total + 1
    print(f"{good} of {total} rows without problems")


def made(maker: Maker) -> tuple[torch.nn.Module, Example]:
    """A network without weights, or with them if it cannot be made or called without."""
    try:
        module, example = maker("meta")
        counted_flops(module, example)
    except (NotImplementedError, RuntimeError):
        return maker("cpu")
    return module, example


def described(road: str, module: torch.nn.Module, example: Example) -> tuple[str, list[str]]:
    """Numbers of one network, and what is wrong with them."""
    start = time.process_time()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            batch = ROADS[road](module, example)
        except Exception as error:  # a row of the table must not end it
            return "-", [f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"]
    seconds = time.process_time() - start
    problems = [str(warning.message)[:200] for warning in caught if "not counted" not in str(warning.message)]
    problems += shape_problems(batch)
    flops, counted = float(batch.attributes["flops"].sum()), counted_flops(module, example)
    if abs(flops - counted) > TOLERANCE * counted:
        problems.append(f"FLOPs are {flops / counted - 1:+.1%} from those counted")
    parameters = float(batch.attributes["parameters"].sum())
    used, unused = used_parameters(module, example)
    if parameters not in (used, used + unused):  # some networks keep what they computed without gradients
        problems.append(f"{parameters - used:+,.0f} parameters")
    modules = len(by_modules(module, example).ops) if road == "torch" else 0
    rest = used + unused - parameters
    return (
        f"{len(batch.ops):6} {modules:8} {parameters:12,.0f} {rest:10,.0f} {flops / 1e9:9.3f} "
        f"{counted / 1e9:9.3f} {seconds:6.1f}"
    ), problems


def by_modules(module: torch.nn.Module, example: Example) -> ArchitectureBatch:
    """The same network at the level of modules."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return from_torch(module, example, level="module")


def shape_problems(batch: ArchitectureBatch) -> list[str]:
    """Whether a network is no directed acyclic graph from its inputs to its output."""
    (graph,) = batch.to_networkx()
    ends = [node for node in graph if not graph.out_degree(node)]
    starts = [node for node in graph if not graph.in_degree(node)]
    problems = [] if nx.is_directed_acyclic_graph(graph) else ["has a cycle"]
    if [graph.nodes[node]["op"] for node in ends] != ["output"]:
        problems.append(f"ends in {len(ends)} nodes")
    if {graph.nodes[node]["op"] for node in starts} != {"input"}:
        problems.append("begins in other nodes than inputs")
    return problems


def counted_flops(module: torch.nn.Module, example: Example) -> float:
    """FLOPs that torch counts, with attention as matrix products: it does not count the operator of CPUs."""
    with FlopCounterMode(display=False) as counter, torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with sdpa_kernel(SDPBackend.MATH):
            called(module, example)
    return float(counter.get_total_flops())


def used_parameters(module: torch.nn.Module, example: Example) -> tuple[float, float]:
    """Numbers of parameters that get a gradient from the output, and that get none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outputs = [value for value in tensors(called(module, example)) if value.requires_grad]
    parameters = list(module.parameters())
    total = torch.stack([value.real.float().sum() for value in outputs]).sum()
    gradients = torch.autograd.grad(total, parameters, allow_unused=True)
    used = sum(p.numel() for p, gradient in zip(parameters, gradients, strict=True) if gradient is not None)
    return used, sum(p.numel() for p in parameters) - used


def called(module: torch.nn.Module, example: Example) -> Any:
    return module(**example) if isinstance(example, dict) else module(example)


def tensors(value: Any) -> list[torch.Tensor]:
    """All tensors in nested results."""
    if isinstance(value, torch.Tensor):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return [tensor for item in items for tensor in tensors(item)]


if __name__ == "__main__":
    main()
