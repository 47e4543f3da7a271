"""Dictionaries of choices of transformers: HW-GPT-Bench and AutoFormer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.architectures._texts._chains import Node, chain_nodes, read_chains
from fgp_sklearn.architectures._texts._items import count, fields, listed, number, numbers, whole
from fgp_sklearn.architectures._texts._text_form import TextForm

_GPT_KEYS = ("sample_embed_dim", "sample_n_layer", "sample_n_head", "sample_mlp_ratio", "sample_bias")
_VIT_KEYS = ("mlp_ratio", "num_heads", "embed_dim", "layer_num")
_BIAS = {"True": 1.0, "False": 0.0}


def _is_gpt(item: Any) -> bool:
    return isinstance(item, Mapping) and {*_GPT_KEYS} == {*item}


def _is_vit(item: Any) -> bool:
    return isinstance(item, Mapping) and {*_VIT_KEYS} == {*item}


def _read_gpt(items: Sequence[Any]) -> ArchitectureColumns:
    return read_chains([_gpt_nodes(item, index) for index, item in enumerate(items)])


def _gpt_nodes(item: Any, index: int) -> list[Node]:
    mapping = fields(item, index, "a dictionary of HW-GPT-Bench", _GPT_KEYS)
    width = number(mapping, "sample_embed_dim", index)
    depth = count(mapping, "sample_n_layer", index)
    bias = mapping["sample_bias"]
    if str(bias) not in _BIAS:
        raise ArchitectureError(f"its 'sample_bias' is {shown(bias)}; give True or False", index)
    heads = _per_layer(mapping, "sample_n_head", index, depth)
    ratios = _per_layer(mapping, "sample_mlp_ratio", index, depth)
    embedding: Node = ("embedding", {"width": width, "bias": _BIAS[str(bias)]})
    return [("input", {}), embedding, *_blocks(heads, ratios, width), ("output", {})]


def _read_vit(items: Sequence[Any]) -> ArchitectureColumns:
    return read_chains([_vit_nodes(item, index) for index, item in enumerate(items)])


def _vit_nodes(item: Any, index: int) -> list[Node]:
    mapping = fields(item, index, "a dictionary of AutoFormer", _VIT_KEYS)
    depth = count(mapping, "layer_num", index)
    given = listed(mapping["embed_dim"])
    widths = numbers(
        mapping if given is not None else {"embed_dim": [mapping["embed_dim"]]}, "embed_dim", index
    )
    if len(set(widths)) != 1:
        raise ArchitectureError(f"its 'embed_dim' is {shown(mapping['embed_dim'])}; give one width", index)
    heads = _per_layer(mapping, "num_heads", index, depth)
    ratios = _per_layer(mapping, "mlp_ratio", index, depth)
    embedding: Node = ("embedding", {"width": widths[0]})
    return [("input", {}), embedding, *_blocks(heads, ratios, widths[0]), ("output", {})]


def _per_layer(mapping: Any, key: str, index: int, depth: int) -> list[float]:
    """One number per layer. A list may go on for layers that are not used."""
    values = numbers(mapping, key, index)
    if len(values) < depth:
        raise ArchitectureError(f"its {shown(key)} has {len(values)} numbers for {depth} layers", index)
    return values[:depth]


def _blocks(heads: Sequence[float], ratios: Sequence[float], width: float) -> list[Node]:
    return [
        ("block", {"heads": n_heads, "mlp_ratio": ratio, "width": width})
        for n_heads, ratio in zip(heads, ratios, strict=True)
    ]


def _write_gpt(columns: ArchitectureColumns) -> list[dict[str, Any] | None]:
    choices: list[dict[str, Any] | None] = []
    for nodes in chain_nodes(columns):
        heads, ratios, first = _chosen(nodes)
        fits = heads is not None and {"width", "bias"} <= first.keys()
        choice = {
            "sample_embed_dim": whole(first.get("width", 0)),
            "sample_n_layer": len(ratios),
            "sample_n_head": heads,
            "sample_mlp_ratio": ratios,
            "sample_bias": bool(first.get("bias")),
        }
        choices.append(choice if fits else None)
    return choices


def _write_vit(columns: ArchitectureColumns) -> list[dict[str, Any] | None]:
    choices: list[dict[str, Any] | None] = []
    for nodes in chain_nodes(columns):
        heads, ratios, first = _chosen(nodes)
        choice = {
            "mlp_ratio": ratios,
            "num_heads": heads,
            "embed_dim": [whole(first.get("width", 0))] * len(ratios),
            "layer_num": len(ratios),
        }
        choices.append(choice if heads is not None and "width" in first else None)
    return choices


def _chosen(nodes: Sequence[Node]) -> tuple[list[Any] | None, list[Any], dict[str, float]]:
    """Heads and ratios of the blocks (no heads if some lack them), and attributes of the embedding."""
    blocks = [own for _, own in nodes[2:-1]]
    if not blocks or not all({"heads", "mlp_ratio"} <= own.keys() for own in blocks):
        return None, [], {}
    return (
        [whole(own["heads"]) for own in blocks],
        [whole(own["mlp_ratio"]) for own in blocks],
        nodes[1][1],
    )


TRANSFORMER_FORMS = (
    TextForm("hw-gpt", "dictionary of choices of HW-GPT-Bench", _read_gpt, _write_gpt, _is_gpt),
    TextForm("autoformer", "dictionary of choices of AutoFormer", _read_vit, _write_vit, _is_vit),
)
