"""What remains of a network: the operators between its inputs and its output."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._networks._network import Network


class LiveNode(NamedTuple):
    """An operator that remains.

    Parameters
    ----------
    kind : str
        Its operation.
    inputs : dict of int to int
        Positions of the nodes that it reads, with the number of times.
    attributes : mapping of str to float
        Its numbers, with ``parameters``.
    module : tuple of str or None
        The call of a module that it belongs to, and the name of its class.
    """

    kind: str
    inputs: dict[int, int]
    attributes: Mapping[str, float]
    module: tuple[str, str] | None


def live_nodes(network: Network) -> list[LiveNode]:
    """The operators of a network that remain; see `fgp_sklearn.architectures._networks`.

    Parameters
    ----------
    network : Network
        All its nodes in topological order.

    Returns
    -------
    list of LiveNode
        In the same order, inputs first.

    Raises
    ------
    ArchitectureError
        If the output depends on no input.
    """
    reached, weights = _reached(network)
    needed = _needed(network, reached)
    order = sorted(
        (node for node in network.nodes if node.name in needed), key=lambda node: node.kind != "input"
    )
    stands_for: dict[str, int] = {}
    counted: set[str] = set()
    live: list[LiveNode] = []
    for node in order:
        sources = [stands_for[name] for name in node.inputs if name in stands_for]
        new = {name: n for name, n in weights[node.name].items() if name not in counted}
        if node.kind == "identity" and len(sources) == 1 and not new:
            stands_for[node.name] = sources[0]
            continue
        counted.update(new)
        stands_for[node.name] = len(live)
        attributes = {"flops": 0.0, **node.attributes, "parameters": float(sum(new.values()))}
        live.append(LiveNode(node.kind, dict(Counter(sources)), attributes, node.module))
    return live


def _reached(network: Network) -> tuple[set[str], dict[str, dict[str, int]]]:
    """Names of nodes that depend on an input, and the parameters that each node reads."""
    reached: set[str] = set()
    weights: dict[str, dict[str, int]] = {}
    for node in network.nodes:
        own = dict(node.weights)
        for name in node.inputs:
            if name not in reached:
                own.update(weights.get(name, {}))
        weights[node.name] = own
        if node.kind == "input" or any(name in reached for name in node.inputs):
            reached.add(node.name)
    return reached, weights


def _needed(network: Network, reached: set[str]) -> set[str]:
    """Names of nodes between an input and the output."""
    needed = {node.name for node in network.nodes if node.kind == "output"} & reached
    if not needed:
        raise ArchitectureError(
            "its output depends on no input; give inputs that the network computes with, as tensors"
        )
    for node in reversed(network.nodes):
        if node.name in needed:
            needed.update(name for name in node.inputs if name in reached)
    return needed
