"""Table of ATen operators: what each one is, and how its numbers are read."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from fgp_sklearn.architectures._networks._described import Described
from fgp_sklearn.architectures._networks._others import norm_of, plain_of, pool_of
from fgp_sklearn.architectures._networks._products import (
    attention_of,
    conv_of,
    einsum_of,
    embedding_of,
    linear_of,
    matmul_of,
    recurrent_of,
)
from fgp_sklearn.architectures._networks._torch_call import OperatorCall

Reader = Callable[[OperatorCall], Described]

CONSTANT, IDENTITY = "constant", "identity"


def _conv(call: OperatorCall) -> Described:
    return conv_of(
        call.shape("input"),
        call.shape("weight"),
        call.output,
        stride=call.ints("stride"),
        dilation=call.ints("dilation"),
        groups=int(call.value("groups") or 1),
        transposed=bool(call.value("transposed")) or call.name.startswith("conv_transpose"),
    )


def _linear(call: OperatorCall) -> Described:
    return linear_of(call.shape("input"), call.output)


def _matmul(left: str, right: str, call: OperatorCall) -> Described:
    if left in call.live and right not in call.live and len(call.shape(right)) == 2:
        return linear_of(call.shape(left), call.output)
    return matmul_of(call.shape(left), call.output)


def _tensordot(call: OperatorCall) -> Described:
    shape = call.shape("self")
    return matmul_of((math.prod(shape[axis] for axis in call.ints("dims_self")),), call.output)


def _einsum(call: OperatorCall) -> Described:
    return einsum_of(str(call.value("equation")), call.shapes("tensors"), call.output)


def _attention(call: OperatorCall) -> Described:
    return attention_of(call.shape("query"), call.shape("key"), call.shape("value"), call.output)


def _embedding(call: OperatorCall) -> Described:
    return embedding_of(call.output)


def _recurrent(kind: str, call: OperatorCall) -> Described:
    matrices = [shape for shape in call.shapes("params") if len(shape) == 2]
    return recurrent_of(kind, call.shape("input", "data"), matrices, call.output)


def _cell(kind: str, call: OperatorCall) -> Described:
    matrices = [call.shape("w_ih"), call.shape("w_hh")]
    return recurrent_of(kind, call.shape("input"), matrices, call.output)


def _norm(kind: str, call: OperatorCall) -> Described:
    """A normalisation whose weights have one entry per channel, the second dimension of its input."""
    return norm_of(kind, call.shape("input")[1], call.output, groups=call.value("num_groups", "group"))


def _layer_norm(kind: str, call: OperatorCall) -> Described:
    return norm_of(kind, math.prod(call.ints("normalized_shape")), call.output)


def _pool(kind: str, n_dimensions: int, call: OperatorCall) -> Described:
    without_batch = len(call.output) == n_dimensions + 1
    return pool_of(
        kind,
        *((1, *shape) if without_batch else shape for shape in (call.shape("self"), call.output)),
        kernel=call.ints("kernel_size"),
        stride=call.ints("stride"),
        dilation=call.ints("dilation"),
    )


def _dropout(call: OperatorCall) -> Described:
    is_off = not call.value("train") or not call.value("p")
    return Described(IDENTITY, {}) if is_off else plain_of("dropout", call.output)


def _reshaped(kind: str, call: OperatorCall) -> Described:
    """An operator that has no effect if it keeps the shape."""
    unchanged = tuple(call.shape("self", "input")) == tuple(call.output)
    return Described(IDENTITY, {}) if unchanged else plain_of(kind, call.output)


def _bounds(call: OperatorCall) -> Described:
    is_relu6 = call.name == "hardtanh" and (call.value("min_val"), call.value("max_val")) == (0, 6)
    return plain_of("relu6" if is_relu6 else "clamp", call.output)


def _plain(kind: str, call: OperatorCall) -> Described:
    return Described(kind, {}) if kind in (IDENTITY, CONSTANT) else plain_of(kind, call.output)


_PLAIN = {
    IDENTITY: """alias clone contiguous copy detach lift lift_fresh lift_fresh_copy to type_as _to_copy""",
    CONSTANT: """arange empty empty_like empty_permuted eye full full_like linspace new_empty new_full
        new_ones new_zeros ones ones_like rand rand_like randint randn randn_like randperm scalar_tensor
        tril_indices triu_indices zeros zeros_like""",
    "relu": "relu",
    "relu6": "relu6",
    "leaky_relu": "leaky_relu rrelu",
    "prelu": "prelu _prelu_kernel",
    "elu": "elu celu selu",
    "gelu": "gelu",
    "silu": "silu",
    "mish": "mish",
    "hardswish": "hardswish",
    "softplus": "softplus",
    "sigmoid": "sigmoid",
    "hard_sigmoid": "hardsigmoid",
    "tanh": "tanh",
    "softmax": "softmax _softmax _safe_softmax",
    "log_softmax": "log_softmax _log_softmax",
    "add": "add",
    "sub": "sub rsub",
    "mul": "mul multiply addcmul",
    "div": "div divide true_divide floor_divide",
    "neg": "neg negative",
    "abs": "abs",
    "pow": "pow square",
    "sqrt": "sqrt",
    "rsqrt": "rsqrt",
    "reciprocal": "reciprocal",
    "exp": "exp exp2 expm1",
    "log": "log log2 log10 log1p",
    "erf": "erf",
    "sin": "sin",
    "cos": "cos",
    "round": "round floor ceil trunc",
    "where": "where masked_fill",
    "compare": """eq ne lt le gt ge logical_and logical_or logical_not logical_xor bitwise_and bitwise_or
        bitwise_not __and__ __or__ any all isnan isinf""",
    "mean": "mean",
    "reduce_sum": "sum",
    "max": "max amax maximum",
    "min": "min amin minimum",
    "norm": "norm linalg_vector_norm",
    "var": "var std var_mean std_mean",
    "argmax": "argmax argmin",
    "topk": "topk sort argsort",
    "cumsum": "cumsum",
    "transpose": "transpose permute t numpy_T swapaxes swapdims movedim moveaxis adjoint mT mH",
    "slice": "select narrow diagonal unfold im2col",
    "split": "split split_with_sizes chunk unbind tensor_split",
    "concat": "cat concat concatenate stack hstack vstack meshgrid",
    "roll": "roll flip",
    "gather": "gather index index_select take_along_dim",
    "scatter": """scatter scatter_add index_put index_add slice_scatter select_scatter index_fill fill
        masked_scatter""",
    "interpolate": """upsample_nearest1d upsample_nearest2d upsample_nearest3d upsample_linear1d
        upsample_bilinear2d upsample_trilinear3d upsample_bicubic2d _upsample_nearest_exact1d
        _upsample_nearest_exact2d _upsample_bilinear2d_aa _upsample_bicubic2d_aa grid_sampler
        grid_sampler_2d""",
    "pixel_shuffle": "pixel_shuffle channel_shuffle",
    "pixel_unshuffle": "pixel_unshuffle",
}

#: Operators that read nothing but shapes.
CONSTANTS = frozenset(_PLAIN[CONSTANT].split())

_RESHAPES = {
    "reshape": """view reshape flatten unflatten squeeze unsqueeze _unsafe_view view_as reshape_as
        _reshape_alias""",
    "broadcast": "expand expand_as broadcast_to repeat tile repeat_interleave",
    "slice": "slice",
    "pad": """pad constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d
        replication_pad2d replication_pad3d""",
}

_ATTENTIONS = (
    *("scaled_dot_product_attention", "_scaled_dot_product_attention_math"),
    *("_scaled_dot_product_flash_attention", "_scaled_dot_product_flash_attention_for_cpu"),
    *("_scaled_dot_product_efficient_attention", "_scaled_dot_product_cudnn_attention"),
    "_scaled_dot_product_fused_attention_overrideable",
)
_BATCH_NORMS = (
    *("batch_norm", "cudnn_batch_norm", "native_batch_norm", "_native_batch_norm_legit"),
    *("_native_batch_norm_legit_no_training", "_batch_norm_with_update", "_batch_norm_no_update"),
)

#: Readers by name of the operator, without its overload and without the underscore of in-place operators.
OPERATORS: dict[str, Reader] = {
    **{name: partial(_plain, kind) for kind, names in _PLAIN.items() for name in names.split()},
    **{name: partial(_reshaped, kind) for kind, names in _RESHAPES.items() for name in names.split()},
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "convolution", "_convolution"), _conv),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _conv),
    "linear": _linear,
    "matmul": partial(_matmul, "self", "other"),
    "addmm": partial(_matmul, "mat1", "mat2"),
    "baddbmm": partial(_matmul, "batch1", "batch2"),
    "bmm": partial(_matmul, "self", "mat2"),
    "mm": partial(_matmul, "self", "mat2"),
    "mv": partial(_matmul, "self", "vec"),
    "dot": partial(_matmul, "self", "tensor"),
    "tensordot": _tensordot,
    "einsum": _einsum,
    **dict.fromkeys(_ATTENTIONS, _attention),
    **dict.fromkeys(("embedding", "embedding_bag", "_embedding_bag"), _embedding),
    "lstm": partial(_recurrent, "lstm"),
    "gru": partial(_recurrent, "gru"),
    **dict.fromkeys(("rnn_tanh", "rnn_relu"), partial(_recurrent, "rnn")),
    "lstm_cell": partial(_cell, "lstm"),
    "gru_cell": partial(_cell, "gru"),
    **dict.fromkeys(("rnn_tanh_cell", "rnn_relu_cell"), partial(_cell, "rnn")),
    **dict.fromkeys(_BATCH_NORMS, partial(_norm, "batch_norm")),
    **dict.fromkeys(("group_norm", "native_group_norm"), partial(_norm, "group_norm")),
    "instance_norm": partial(_norm, "instance_norm"),
    **dict.fromkeys(("layer_norm", "native_layer_norm"), partial(_layer_norm, "layer_norm")),
    **dict.fromkeys(("rms_norm", "_fused_rms_norm"), partial(_layer_norm, "rms_norm")),
    **{
        f"{prefix}{kind}{n}d{suffix}": partial(_pool, kind, n)
        for kind in ("max_pool", "avg_pool")
        for n in (1, 2, 3)
        for prefix, suffix in (("", ""), ("", "_with_indices"), ("adaptive_", ""), ("_adaptive_", ""))
    },
    **dict.fromkeys(("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"), _dropout),
    "native_dropout": _dropout,
    **dict.fromkeys(("hardtanh", "clamp", "clamp_min", "clamp_max", "clip"), _bounds),
}
