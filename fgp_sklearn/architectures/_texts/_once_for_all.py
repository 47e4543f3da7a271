"""Once-for-all: a kernel and an expansion per block, and a depth per stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.architectures._texts._chains import Node, chain_nodes, read_chains
from fgp_sklearn.architectures._texts._items import count, fields, listed, number, numbers, whole
from fgp_sklearn.architectures._texts._text_form import TextForm

_WANTED = "a dictionary of the lists 'ks' and 'e' (one number per block) and 'd' (blocks per stage)"
_KEYS = ("ks", "e", "d")


def _is_choice(item: Any) -> bool:
    return isinstance(item, Mapping) and {*_KEYS} <= {*item} <= {*_KEYS, "r", "wid"}


def _read(items: Sequence[Any]) -> ArchitectureColumns:
    return read_chains([_nodes(item, index) for index, item in enumerate(items)])


def _nodes(item: Any, index: int) -> list[Node]:
    mapping = fields(item, index, _WANTED, _KEYS, ("r", "wid"))
    if mapping.get("wid") is not None:
        raise ArchitectureError(
            f"its 'wid' is {shown(mapping['wid'])}; only None is read, leave it out", index
        )
    kernels, expansions = numbers(mapping, "ks", index), numbers(mapping, "e", index)
    depths = _depths(mapping, index, len(kernels), len(expansions))
    most = len(kernels) // len(depths)
    nodes: list[Node] = [("input", _resolution(mapping, index))]
    for stage, depth in enumerate(depths):
        for block in range(stage * most, stage * most + depth):
            own = {"kernel": kernels[block], "expansion": expansions[block], "stage": float(stage + 1)}
            nodes.append(("mbconv", own))
    return [*nodes, ("output", {})]


def _depths(mapping: Any, index: int, n_kernels: int, n_expansions: int) -> list[int]:
    depths = listed(mapping["d"])
    if depths is None or not depths:
        raise ArchitectureError(f"its 'd' is {shown(mapping['d'])}; give a list of numbers of blocks", index)
    checked = [count({"d": depth}, "d", index) for depth in depths]
    if n_kernels != n_expansions or n_kernels % len(checked):
        raise ArchitectureError(
            f"it has {n_kernels} in 'ks', {n_expansions} in 'e' and {len(checked)} in 'd'; give 'ks' and 'e' "
            "of one length, which is a multiple of the number of stages",
            index,
        )
    if max(checked) > n_kernels // len(checked):
        raise ArchitectureError(
            f"its 'd' has {max(checked)} blocks where a stage has {n_kernels // len(checked)}", index
        )
    return checked


def _resolution(mapping: Any, index: int) -> dict[str, float]:
    if mapping.get("r") is None:
        return {}
    values = listed(mapping["r"])
    value = values[0] if values is not None and len(values) == 1 else mapping["r"]
    return {"resolution": number({"r": value}, "r", index)}


def _write(columns: ArchitectureColumns) -> list[dict[str, Any] | None]:
    """Dictionaries with the smallest number of blocks per stage that all architectures fit into.

    Blocks after the depth of a stage repeat the last block before, so that the dictionaries can be set.
    """
    chains = chain_nodes(columns)
    stages = [_stages(nodes) for nodes in chains]
    most = max((len(blocks) for own in stages if own for blocks in own), default=1)
    return [
        None if own is None else _choice(own, most, nodes[0][1])
        for own, nodes in zip(stages, chains, strict=True)
    ]


def _stages(nodes: Sequence[Node]) -> list[list[dict[str, float]]] | None:
    """Attributes of the blocks of each stage."""
    stages: list[list[dict[str, float]]] = []
    for _, own in nodes[1:-1]:
        if not {"kernel", "expansion", "stage"} <= own.keys():
            return None
        if own["stage"] == len(stages) + 1:
            stages.append([])
        elif own["stage"] != len(stages):
            return None
        stages[-1].append(own)
    return stages or None


def _choice(
    stages: Sequence[Sequence[dict[str, float]]], most: int, first: Mapping[str, float]
) -> dict[str, Any]:
    filled = [own for blocks in stages for own in [*blocks, *[blocks[-1]] * (most - len(blocks))]]
    choice: dict[str, Any] = {
        "ks": [whole(own["kernel"]) for own in filled],
        "e": [whole(own["expansion"]) for own in filled],
        "d": [len(blocks) for blocks in stages],
    }
    return choice | ({"r": [whole(first["resolution"])]} if "resolution" in first else {})


ONCE_FOR_ALL_FORMS = (
    TextForm("once-for-all", "dictionary of choices with 'ks', 'e' and 'd'", _read, _write, _is_choice),
)
