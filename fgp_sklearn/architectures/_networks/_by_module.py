"""by_module: the operators of each call of a module as one node."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from fgp_sklearn.architectures._networks._live import LiveNode
from fgp_sklearn.operations import canonical, describe


def by_module(live: Sequence[LiveNode]) -> list[LiveNode]:
    """Operators of one call of a module, joined to one node.

    Parameters
    ----------
    live : sequence of LiveNode
        The operators of a network.

    Returns
    -------
    list of LiveNode
        A call with one operator keeps its kind; one with several has the canonical name of the class as its
        kind. Parameters and FLOPs are sums, ``elements`` and ``out_channels`` are those of the last operator
        that has them, and ``in_channels`` those of the first. Other attributes are those of the operator with
        most FLOPs, and what it lacks comes from the next ones.
    """
    runs = groupby(enumerate(live), key=lambda item: item[1].module or item[0])
    groups = [[position for position, _ in run] for _, run in runs]
    place = {position: number for number, group in enumerate(groups) for position in group}
    return [
        _joined([live[position] for position in group], number, place) for number, group in enumerate(groups)
    ]


def _joined(nodes: Sequence[LiveNode], number: int, place: dict[int, int]) -> LiveNode:
    first = nodes[0]
    if len(nodes) == 1 or first.module is None:
        inputs = {place[position]: times for position, times in first.inputs.items()}
        return first._replace(inputs=inputs)
    sources = dict.fromkeys(place[position] for node in nodes for position in node.inputs)
    attributes: dict[str, float] = {}
    for node in sorted(nodes, key=lambda node: -node.attributes["flops"]):
        attributes = {**node.attributes, **attributes}
    for name in ("flops", "parameters"):
        attributes[name] = sum(node.attributes[name] for node in nodes)
    for name, order in (("in_channels", nodes[::-1]), ("out_channels", nodes), ("elements", nodes)):
        for node in order:
            attributes.update({name: node.attributes[name]} if name in node.attributes else {})
    inputs = {source: 1 for source in sources if source != number}
    return LiveNode(_kind_of_class(first.module[1]), inputs, attributes, first.module)


def _kind_of_class(name: str) -> str:
    """Canonical name of a class; never one that means an end of a network or an operation without effect."""
    return canonical(name) if describe(name).role == "compute" else f"module {name}"
