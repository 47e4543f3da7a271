"""Configurations of Hugging Face: dictionaries as in ``config.json`` that say their model type."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.architectures._texts._chains import Node, chain_nodes, read_chains
from fgp_sklearn.architectures._texts._hugging_face_fields import FIELDS, OTHER_WORDS
from fgp_sklearn.architectures._texts._items import count, is_count, is_number, listed, plain, whole
from fgp_sklearn.architectures._texts._text_form import TextForm
from fgp_sklearn.operations._part import PART_MARK

_TYPE = "model_type"
_MARK = f"{_TYPE}="  # before the model type in the name of an attribute of the embedding
_BLOCK, _ENCODER, _DECODER = "block", f"encoder{PART_MARK}block", f"decoder{PART_MARK}block"
_OF_BLOCK = ("heads", "kv_heads", "head_dim", "experts", "experts_per_token", "window")
_OF_EMBEDDING = ("vocabulary", "positions", "patch", "channels")
_LARGEST = 10**9
_MOST_STAGES = 16
_MOST_CHARACTERS = 1_000_000  # of a config.json, which may name thousands of classes
_WANTED = "a configuration of Hugging Face with 'model_type': a dictionary or the text of a config.json"

Sizes = dict[str, Any]


def _is_config(item: Any) -> bool:
    return isinstance(_dictionary(item).get(_TYPE), str)


def _dictionary(item: Any) -> Mapping[Any, Any]:
    """The dictionary that an item is, or that an object of transformers makes; empty for other items."""
    if isinstance(getattr(type(item), _TYPE, None), str) and callable(getattr(item, "to_dict", None)):
        item = item.to_dict()
    return item if isinstance(item, Mapping) else {}


def _read(items: Sequence[Any]) -> ArchitectureColumns:
    configs = [_config(item, index) for index, item in enumerate(items)]
    columns = read_chains([_nodes(config, index) for index, config in enumerate(configs)])
    _warn_of_unread(configs)
    return columns


def _config(item: Any, index: int) -> Mapping[Any, Any]:
    found = _dictionary(_parsed(item, index) if isinstance(item, str) else item)
    if not isinstance(found.get(_TYPE), str):
        raise ArchitectureError(f"it is {shown(item)}; expected {_WANTED}", index)
    if found[_TYPE] not in FIELDS:
        raise ArchitectureError(
            f"its model type is {shown(found[_TYPE])}; known are {', '.join(sorted(FIELDS))}", index
        )
    return found


def _parsed(text: str, index: int) -> Any:
    """The value of a text in JSON, which may be longer than that of other forms, or in Python."""
    try:
        return json.loads(text) if len(text) <= _MOST_CHARACTERS else plain(text, index, _WANTED)
    except (ValueError, RecursionError):
        return plain(text, index, _WANTED)


def _nodes(config: Mapping[Any, Any], index: int) -> list[Node]:
    sizes = _sizes(config, index)
    embedding = {
        "width": sizes.get("embedding_width", sizes["width"]),
        **{size: sizes[size] for size in _OF_EMBEDDING if size in sizes},
        f"{_MARK}{config[_TYPE]}": 1.0,
    }
    first = {"resolution": sizes["resolution"]} if "resolution" in sizes else {}
    return [("input", first), ("embedding", embedding), *_blocks(sizes), ("output", {})]


def _sizes(config: Mapping[Any, Any], index: int) -> Sizes:
    """The number of each size of a model type, or a list with one per stage."""
    sizes: Sizes = {}
    for size, names in FIELDS[config[_TYPE]].items():
        spellings = names.rstrip("?").split()
        field = next((name for name in spellings if config.get(name) is not None), None)
        if field is not None:
            sizes[size] = _size(config, field, index)
        elif not names.endswith("?"):
            raise ArchitectureError(
                f"it lacks {shown(spellings[0])}, which the model type {shown(config[_TYPE])} has", index
            )
    if isinstance(sizes["layers"], list) and len(sizes["layers"]) != len(sizes["heads"]):
        raise ArchitectureError("its 'depths' and its 'num_heads' differ in length", index)
    if config.get("head_dim") is None and "head_dim" not in sizes:
        _check_heads(sizes, index)
    width = sizes["width"]
    usual = {"mlp": 4 * width, "decoder_layers": sizes["layers"], "embedding_width": width, "channels": 3.0}
    if not isinstance(sizes["heads"], list):
        usual |= {"kv_heads": sizes["heads"], "head_dim": width // sizes["heads"]}
    fields = FIELDS[config[_TYPE]]
    return {size: value for size, value in usual.items() if size in fields or size == "mlp"} | sizes


def _check_heads(sizes: Sizes, index: int) -> None:
    """Raise an error if heads, which have no width of their own, cannot share the width of their block."""
    for given in (sizes["heads"], sizes.get("decoder_heads", 1.0)):
        for stage, heads in enumerate(given if isinstance(given, list) else [given]):
            width = sizes["width"] * 2**stage
            if width % heads:
                raise ArchitectureError(
                    f"its width {width:g} is no multiple of its {heads:g} heads; give another number of "
                    "heads, or 'head_dim' if the model type has it",
                    index,
                )


def _size(config: Mapping[Any, Any], field: str, index: int) -> Any:
    value = config[field]
    if field in ("depths", "num_heads") and "depths" in config:  # one per stage
        entries = listed(value)
        if not entries or len(entries) > _MOST_STAGES or not all(map(is_count, entries)) or min(entries) < 1:
            raise ArchitectureError(
                f"its {shown(field)} is {shown(value)}; give 1 to {_MOST_STAGES} integers of at least 1",
                index,
            )
        return [count({field: entry}, field, index) for entry in entries]
    if "layer" in field:
        return count(config, field, index)
    if not is_number(value) or not 0 < value <= _LARGEST or (field != "mlp_ratio" and value != int(value)):
        raise ArchitectureError(
            f"its {shown(field)} is {shown(value)}; give an integer from 1 to {_LARGEST:,}", index
        )
    return float(value)


def _blocks(sizes: Sizes) -> list[Node]:
    own = {size: sizes[size] for size in ("width", *_OF_BLOCK) if size in sizes}
    own["mlp_ratio"] = sizes.get("mlp_ratio", sizes["mlp"] / sizes["width"])
    if isinstance(sizes["layers"], list):  # each stage has half the resolution and twice the width
        stages = enumerate(zip(sizes["layers"], sizes["heads"], strict=True))
        return [
            node
            for at, (layers, heads) in stages
            for node in [
                (_BLOCK, own | {"width": own["width"] * 2**at, "heads": float(heads), "stage": at + 1.0})
            ]
            * layers
        ]
    if "decoder_layers" not in sizes:
        return [(_BLOCK, own)] * sizes["layers"]
    decoder = own | {
        "heads": sizes.get("decoder_heads", sizes["heads"]),
        "mlp_ratio": sizes.get("decoder_mlp", sizes["mlp"]) / sizes["width"],
    }
    return [(_ENCODER, own)] * sizes["layers"] + [(_DECODER, decoder)] * sizes["decoder_layers"]


def _write(columns: ArchitectureColumns) -> list[dict[str, Any] | None]:
    return [_written(nodes) for nodes in chain_nodes(columns)]


def _written(nodes: Sequence[Node]) -> dict[str, Any] | None:
    if len(nodes) < 4:
        return None
    embedding, blocks = nodes[1][1], nodes[2:-1]
    kind = next((name.removeprefix(_MARK) for name in embedding if name.startswith(_MARK)), "")
    fields = FIELDS.get(kind, {})
    sizes = nodes[0][1] | embedding | {"embedding_width": embedding.get("width", 0.0)} | _of_blocks(blocks)
    if not fields or not {*fields} <= sizes.keys():
        return None
    as_is = ("layers", "heads", "mlp_ratio") if "stage" in blocks[0][1] else ()
    return {_TYPE: kind} | {
        names.rstrip("?").split()[0]: sizes[size] if size in as_is else whole(sizes[size])
        for size, names in fields.items()
    }


def _of_blocks(blocks: Sequence[Node]) -> Sizes:
    """Sizes that blocks tell."""
    decoder = [own for op, own in blocks if op == _DECODER]
    encoder = [own for op, own in blocks if op != _DECODER]
    if not all({"width", "heads", "mlp_ratio"} <= own.keys() for own in [*encoder, *decoder]) or not encoder:
        return {}
    sizes: Sizes = encoder[0] | {"layers": len(encoder), "mlp": _mlp(encoder[0])}
    if "stage" in encoder[0]:
        stages = [list(own) for _, own in groupby(encoder, key=lambda own: own.get("stage"))]
        sizes |= {"layers": [len(own) for own in stages], "heads": [int(own[0]["heads"]) for own in stages]}
    if decoder:
        sizes |= {"decoder_layers": len(decoder), "decoder_heads": decoder[0]["heads"]}
        sizes["decoder_mlp"] = _mlp(decoder[0])
    return sizes


def _mlp(own: Mapping[str, float]) -> float:
    """Width between the two layers of a feed-forward part."""
    return float(round(own["mlp_ratio"] * own["width"]))


def _warn_of_unread(configs: Sequence[Mapping[Any, Any]]) -> None:
    """Warn of fields in which configurations of one model type differ, and which are not read."""
    first: dict[tuple[str, Any], str] = {}
    unread: dict[str, None] = {}
    for config in configs:
        for field, value in _others(config):
            text = shown(sorted({*map(str, value)}) if isinstance(value, (list, tuple)) else value)
            if first.setdefault((config[_TYPE], field), text) != text:
                unread[str(field)] = None
    if unread:
        warnings.warn(
            f"configurations differ in {named(unread)}, which the form 'hugging-face' does not read, so some "
            "may look equal. If these fields matter, give graphs with attributes of your own: "
            "as_batch(pairs, attributes=[...])",
            UserWarning,
            stacklevel=6,
        )


def _others(config: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
    """Fields that are not read and may describe the architecture."""
    read = {name for names in FIELDS[config[_TYPE]].values() for name in names.rstrip("?").split()}
    derived = {"hidden_size", "num_layers"} if "depths" in read else set()
    for field, value in config.items():
        if not isinstance(field, str) or field.startswith("_") or field in read | derived | {_TYPE}:
            continue
        if not {*field.lower().split("_")} & OTHER_WORDS:
            yield field, value


HUGGING_FACE_FORMS = (
    TextForm(
        "hugging-face",
        "configuration of Hugging Face, as {'model_type': 'gpt2', 'n_layer': 12, ...}",
        _read,
        _write,
        _is_config,
    ),
)
