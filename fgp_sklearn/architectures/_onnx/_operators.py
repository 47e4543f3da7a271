"""described_operator: kind and attributes of an ONNX operator, by one table."""

from __future__ import annotations

import math
from collections.abc import Callable

from fgp_sklearn.architectures._networks import (
    Described,
    attention_of,
    conv_of,
    einsum_of,
    embedding_of,
    linear_of,
    matmul_of,
    norm_of,
    plain_of,
    pool_of,
    recurrent_of,
)
from fgp_sklearn.architectures._onnx._operator import Operator, Shape, UnknownShapeError
from fgp_sklearn.operations import canonical

#: Operators that do nothing to what flows through them.
IDENTITIES = frozenset(
    (
        *("Cast", "CastLike", "Dropout", "Identity", "SequenceAt"),
        *("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"),
    )
)

#: Operators that run subgraphs.
CONTROL_FLOW = frozenset({"If", "Loop", "Scan", "SequenceMap"})


def described_operator(operator: Operator) -> Described:
    """Kind and attributes of an operator.

    Parameters
    ----------
    operator : Operator
        A node of an ONNX model whose operator is one of ONNX.

    Returns
    -------
    Described
        FLOPs are NaN if they depend on a shape that is not known.
    """
    describe = _DESCRIBED.get(operator.op_type, _plain)
    try:
        return describe(operator)
    except UnknownShapeError:
        flops = 0.0 if describe is _plain else math.nan
        return Described(kind_of(operator.op_type), {"flops": flops})


def kind_of(op_type: str) -> str:
    """Canonical name of an operator of ONNX.

    Parameters
    ----------
    op_type : str
        Name of the operator.

    Returns
    -------
    str
        A name of `fgp_sklearn.operations` where there is one.
    """
    return _KINDS.get(op_type) or canonical(op_type)


def _plain(operator: Operator) -> Described:
    return plain_of(kind_of(operator.op_type), operator.output)


def _conv(weight: int = 1, transposed: bool = False) -> Callable[[Operator], Described]:
    def describe(operator: Operator) -> Described:
        return conv_of(
            operator.shape(0),
            operator.shape(weight),
            operator.output,
            stride=operator.attributes.get("strides", ()),
            dilation=operator.attributes.get("dilations", ()),
            groups=operator.attributes.get("group", 1),
            transposed=transposed,
        )

    return describe


def _matmul(right: int = 1) -> Callable[[Operator], Described]:
    def describe(operator: Operator) -> Described:
        is_linear = operator.constants[right] and len(operator.shape(right)) == 2
        return (linear_of if is_linear else matmul_of)(operator.shape(0), operator.output)

    return describe


def _gemm(operator: Operator) -> Described:
    left, output = operator.shape(0), operator.output
    left = _swapped(left) if operator.attributes.get("transA") else left
    return (linear_of if operator.constants[1] else matmul_of)(left, output)


def _swapped(shape: Shape) -> Shape:
    return (*shape[:-2], shape[-1], shape[-2]) if len(shape) > 1 else shape


def _einsum(operator: Operator) -> Described:
    shapes = [operator.shape(position) for position in range(len(operator.shapes))]
    return einsum_of(operator.attributes["equation"].decode(), shapes, operator.output)


def _attention(operator: Operator) -> Described:
    heads = [operator.attributes.get(f"{name}_num_heads", 1) for name in ("q", "kv", "kv")]
    query, key, value = (
        shape if len(shape) > 3 else (shape[0], n_heads, shape[1], shape[2] // n_heads)
        for shape, n_heads in zip(map(operator.shape, range(3)), heads, strict=True)
    )
    past = operator.shapes[4][-2] if len(operator.shapes) > 4 and operator.shapes[4] else 0
    longer = (*key[:-2], key[-2] + past, key[-1])
    return attention_of(query, longer, value, operator.output)


def _recurrent(operator: Operator) -> Described:
    steps, directions, batch, width = operator.output
    weights = [operator.shape(1), operator.shape(2)]
    output = (steps, batch, directions * width)
    return recurrent_of(kind_of(operator.op_type), operator.shape(0), weights, output)


def _norm(operator: Operator) -> Described:
    groups = operator.attributes.get("num_groups")
    return norm_of(kind_of(operator.op_type), operator.shape(0)[1], operator.output, groups=groups)


def _layer_norm(operator: Operator) -> Described:
    channels = math.prod(operator.shape(0)[operator.attributes.get("axis", -1) :])
    return norm_of(kind_of(operator.op_type), channels, operator.output)


def _reshaped(operator: Operator) -> Described:
    """An operator that has no effect if it keeps the shape."""
    return Described("identity", {}) if operator.shape(0) == operator.output else _plain(operator)


def _pool(kind: str, window: bool = True) -> Callable[[Operator], Described]:
    def describe(operator: Operator) -> Described:
        kernel = operator.attributes["kernel_shape"] if window else ()
        return pool_of(
            kind,
            operator.shape(0),
            operator.output,
            kernel=kernel,
            stride=operator.attributes.get("strides", (1,) * len(kernel)),
            dilation=operator.attributes.get("dilations", ()),
        )

    return describe


def _mean(operator: Operator) -> Described:
    """A mean over all positions of images is a pooling."""
    inputs = operator.shape(0)
    axes = operator.attributes.get("axes", (*operator.numbers[1:], None)[0])
    over = () if axes is None else sorted(int(axis) % len(inputs) for axis in axes)
    is_global = len(inputs) > 3 and list(over) == list(range(2, len(inputs)))
    if not is_global or not operator.attributes.get("keepdims", 1):
        return _plain(operator)
    return pool_of("avg_pool", inputs, operator.output)


def _clip(operator: Operator) -> Described:
    low, high = (*operator.numbers[1:], None, None)[:2]
    bounds = (operator.attributes.get("min", low), operator.attributes.get("max", high))
    return plain_of("relu6" if bounds == (0, 6) else "clamp", operator.output)


def _gather(operator: Operator) -> Described:
    """Rows of a table of weights, one entry along a dimension, or anything else."""
    if operator.constants[0] and len(operator.shape(0)) == 2:
        return embedding_of(operator.output)
    is_entry = operator.constants[1] and operator.shape(1) == ()
    return plain_of("slice" if is_entry else "gather", operator.output)


#: Kinds of operators whose names have no kind; the others have the kinds of their names.
_KINDS = {
    name: kind
    for kind, names in {
        "argmax": ("ArgMin",),
        "broadcast": ("Expand",),
        "compare": ("And", "GreaterOrEqual", "IsInf", "IsNaN", "LessOrEqual", "Not", "Or", "Xor"),
        "conv": ("ConvInteger", "DeformConv", "QLinearConv"),
        "elu": ("Celu", "Selu"),
        "interpolate": ("GridSample",),
        "matmul": ("MatMulInteger", "QLinearMatMul"),
        "norm": ("ReduceL1",),
        "split": ("SplitToSequence",),
    }.items()
    for name in names
}

_DESCRIBED: dict[str, Callable[[Operator], Described]] = {
    "Conv": _conv(),
    "ConvInteger": _conv(),
    "DeformConv": _conv(),
    "QLinearConv": _conv(weight=3),
    "ConvTranspose": _conv(transposed=True),
    "MatMul": _matmul(),
    "MatMulInteger": _matmul(),
    "QLinearMatMul": _matmul(right=3),
    "Gemm": _gemm,
    "Einsum": _einsum,
    "Attention": _attention,
    **dict.fromkeys(("LSTM", "GRU", "RNN"), _recurrent),
    **dict.fromkeys(("BatchNormalization", "GroupNormalization", "InstanceNormalization"), _norm),
    **dict.fromkeys(("LayerNormalization", "RMSNormalization"), _layer_norm),
    "MaxPool": _pool("max_pool"),
    "AveragePool": _pool("avg_pool"),
    "GlobalMaxPool": _pool("max_pool", window=False),
    "GlobalAveragePool": _pool("avg_pool", window=False),
    **dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze"), _reshaped),
    **dict.fromkeys(("Expand", "Tile", "Slice", "Pad"), _reshaped),
    "Gather": _gather,
    "ReduceMean": _mean,
    "Clip": _clip,
}
