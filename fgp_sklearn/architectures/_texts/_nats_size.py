"""The size space of NATS-Bench: numbers of channels of five layers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.architectures._texts._chains import Node, chain_nodes, read_chains
from fgp_sklearn.architectures._texts._items import text_of, whole
from fgp_sklearn.architectures._texts._text_form import TextForm

_LAYERS = ("cell", "reduction", "cell", "reduction", "cell")
_PATTERN = re.compile(":".join([r"([0-9]{1,6})"] * len(_LAYERS)))
_WANTED = "five numbers of channels such as '16:40:56:24:40'"


def _read(items: Sequence[Any]) -> ArchitectureColumns:
    texts = [text_of(item, index, _WANTED) for index, item in enumerate(items)]
    return read_chains([_nodes(text, index) for index, text in enumerate(texts)], texts)


def _nodes(text: str, index: int) -> list[Node]:
    found = _PATTERN.fullmatch(text)
    widths = [] if found is None else [float(width) for width in found.groups()]
    if not widths or not all(widths):
        raise ArchitectureError(f"its text is {shown(text)}; expected {_WANTED}", index)
    layers = ((op, {"width": width}) for op, width in zip(_LAYERS, widths, strict=True))
    return [("input", {}), *layers, ("output", {})]


def _write(columns: ArchitectureColumns) -> list[str | None]:
    texts: list[str | None] = []
    for nodes in chain_nodes(columns):
        widths = [own.get("width") for _, own in nodes[1:-1]]
        complete = len(widths) == len(_LAYERS) and None not in widths
        texts.append(":".join(str(whole(width or 0)) for width in widths) if complete else None)
    return texts


NATS_SIZE_FORMS = (TextForm("nats-size", "sizes of NATS-Bench, as '16:40:56:24:40'", _read, _write),)
