"""Default costs of operations with attributes: parameters and multiply-adds from kernel, width and so on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fgp_sklearn.operations import describe
from fgp_sklearn.operations._part import split_part

Number = Any  # a float, or an array with the numbers of several nodes
Costs = dict[str, Number]
Polynomial = tuple[Number, Number, Number]

#: Names of attributes that mean the same. The first is the name in `fgp_sklearn.operations`.
SPELLINGS: dict[str, tuple[str, ...]] = {
    "kernel": ("kernel", "kernel_size"),
    "expansion": ("expansion", "expand_ratio", "expansion_ratio"),
    "width": ("width", "channels", "out_channels", "dim", "embed_dim", "hidden_dim", "d_model"),
    "heads": ("heads", "n_heads", "num_heads", "n_head"),
    "mlp_ratio": ("mlp_ratio",),
    "repeats": ("repeats", "depth", "layers"),
    "resolution": ("resolution",),
    "stride": ("stride",),
}
_MEANING = {spelling: name for name, spellings in SPELLINGS.items() for spelling in spellings}
_USUAL = {"kernel": 3.0, "expansion": 6.0, "mlp_ratio": 4.0}
_OF_HEAD, _TOKENS = 64.0, 1024.0  # width of a head, and length of a sequence
_WORDS = 50257.0  # of the vocabulary of GPT-2

# The network of NAS-Bench-201: five cells in each of three stages, as (channels, pixels).
_STAGES = ((16.0, 32.0 * 32), (32.0, 16.0 * 16), (64.0, 8.0 * 8))
_CELLS = 5

_FREE = (
    *("identity", "none", "max_pool", "avg_pool", "pool", "global_pool"),
    *("relu", "relu6", "gelu", "silu", "hardswish", "sigmoid", "tanh", "softmax", "dropout"),
    *("flatten", "reshape", "concat", "add", "mul"),
)
_NORMS = ("batch_norm", "layer_norm", "group_norm", "rms_norm")
_TRANSFORMERS = ("attention", "mlp", "transformer")
#: Attributes that the formula of a kind reads, beside width, repeats, resolution and stride.
_READ: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_FREE, ()),
    **dict.fromkeys(("conv", "sep_conv", "dil_conv", "dw_conv"), ("kernel",)),
    **dict.fromkeys(("mbconv", "fused_mbconv"), ("kernel", "expansion")),
    **dict.fromkeys(_NORMS, ()),
    "linear": (),
    "embedding": (),
    "attention": ("heads",),
    "mlp": ("mlp_ratio",),
    "transformer": ("heads", "mlp_ratio"),
}
_SIZES = ("width", "repeats", "resolution", "stride")
#: Attributes that are costs themselves, as those of `fgp_sklearn.architectures.from_torch`, by cost.
_COUNTED = {"params": "parameters", "flops": "flops"}


def attribute_costs(op: str, attributes: Mapping[str, Number]) -> tuple[Costs, frozenset[str]] | None:
    """Costs of an operation with attributes.

    Parameters
    ----------
    op : str
        Name of the operation. Its kind, and numbers in it, are found by `describe`.
    attributes : mapping of str to float or to ndarray of float
        Attributes of the node, which take precedence over numbers in the name. Arrays have one number for
        each of several nodes.

    Returns
    -------
    costs : dict of str to float or ndarray of float
        Numbers of parameters and of multiply-adds, ``"params"`` and ``"flops"``.
    read : frozenset of str
        Attributes of the node that the costs depend on; all of them if parameters and FLOPs are attributes.

    None if there is no formula.
    """
    if attributes.keys() >= set(_COUNTED.values()):
        return {cost: attributes[name] for cost, name in _COUNTED.items()}, frozenset(attributes)
    described = describe(op)
    known = _in_our_words(described.attributes) | _in_our_words(attributes)
    _, kind_by_name = split_part(described.kind)
    kind = kind_by_name if kind_by_name in _READ else _kind_by_attributes(known)
    if kind is None:
        return None
    wanted = (*_READ[kind], *(_SIZES if kind not in _FREE else ()))
    read = frozenset(name for name in attributes if _MEANING.get(name) in wanted)
    if kind in _TRANSFORMERS and "width" not in known:
        known["width"] = _OF_HEAD * known.get("heads", 8.0)
    parameters, multiplied = _polynomials(kind, _USUAL | known)
    return _summed(parameters, multiplied, known), read


def _in_our_words(attributes: Mapping[str, Number]) -> dict[str, Number]:
    return {_MEANING[name]: number for name, number in attributes.items() if name in _MEANING}


def _kind_by_attributes(known: Mapping[str, Number]) -> str | None:
    """Kind of an operation that the table of operations does not know, such as a block with heads."""
    if "heads" in known or "mlp_ratio" in known:
        return "transformer"
    if "expansion" in known:
        return "mbconv"
    return "conv" if "kernel" in known else None


def _polynomials(kind: str, number: Mapping[str, Number]) -> tuple[Polynomial, Polynomial]:
    """Coefficients of polynomials in the width: of parameters, and of multiply-adds per pixel or token."""
    if kind in _FREE:
        return (0, 0, 0), (0, 0, 0)
    if kind in _NORMS:
        return (0, 2, 0), (0, 0, 0)
    if kind == "embedding":
        return (0, _WORDS, 0), (0, 0, 0)
    if kind == "linear":
        return (0, 1, 1), (0, 0, 1)
    if kind in _TRANSFORMERS:
        heads = number.get("heads", number["width"] / _OF_HEAD)
        inner = (kind != "mlp") * heads * _OF_HEAD
        ratio = (kind != "attention") * number["mlp_ratio"]
        biases = (kind != "mlp") + ratio + (kind != "attention")
        attended = (kind != "mlp") * heads * _TOKENS + 2 * _TOKENS * inner
        return (3 * inner, 4 * inner + biases, 2 * ratio), (attended, 4 * inner, 2 * ratio)
    area = number["kernel"] ** 2
    if kind in ("mbconv", "fused_mbconv"):
        e = number["expansion"]
        if kind == "mbconv":
            return (0, e * area + 4 * e + 2, 2 * e), (0, e * area, 2 * e)
        return (0, 2 * e + 2, e * area + e), (0, 0, e * area + e)
    if kind == "conv":
        return (0, 2, area), (0, 0, area)
    if kind == "dw_conv":
        return (0, area + 2, 0), (0, area, 0)
    times = 2 if kind == "sep_conv" else 1
    return (0, times * (area + 2), times), (0, times * area, times)


def _summed(parameters: Polynomial, multiplied: Polynomial, known: Mapping[str, Number]) -> Costs:
    """Costs at the given width, or else over the whole network of NAS-Bench-201."""
    sizes: tuple[tuple[Number, Number], ...] = _STAGES
    times = _CELLS * known.get("repeats", 1.0)
    if "width" in known:
        sizes, times = ((known["width"], known.get("resolution", 1.0) ** 2),), known.get("repeats", 1.0)
    params = flops = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for width, pixels in sizes:
            powers = [width**k for k in range(3)]
            params = params + times * sum(a * p for a, p in zip(parameters, powers, strict=True))
            flops = flops + times * pixels * sum(a * p for a, p in zip(multiplied, powers, strict=True))
        return {"params": params, "flops": flops / np.maximum(known.get("stride", 1.0), 1.0) ** 2}
