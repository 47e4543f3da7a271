"""The table of operations that the library knows, and the names of published search spaces."""

from __future__ import annotations

from fgp_sklearn.operations._kind import Kind

_K = "kernel"

#: One row per kind. The spelling of names is compared without case and without ``_ - { }`` and spaces.
KINDS: tuple[Kind, ...] = (
    Kind("input", "input", {"input": ("in",)}),
    Kind("cell_k-1", "input", {"c_k-1": ()}),
    Kind("cell_k-2", "input", {"c_k-2": ()}),
    Kind("output", "output", {"output": ("out",)}),
    Kind("none", "null", {"none": ("zero", "zeroize", "null")}),
    Kind(
        "identity",
        "identity",
        {
            "skip_connect": ("skip_connection", "identity"),
            "identity": (),
            "skip": (),
        },
    ),
    Kind(
        "conv",
        "compute",
        {
            "conv#x#": ("convolution", "lazy_conv"),
            "nor_conv_#x#": ("relu_conv_bn", "relu_conv_batch_norm"),
            "conv#x#-bn-relu": ("conv_batch_norm_relu", "conv_norm_act", "conv_bn_act"),
            "conv1d": (),
            "conv3d": (),
        },
        _K,
    ),
    Kind("sep_conv", "compute", {"sep_conv_#x#": ("separable_conv",)}, _K),
    Kind("dil_conv", "compute", {"dil_conv_#x#": ("dilated_conv", "atrous_conv")}, _K),
    Kind("dw_conv", "compute", {"dw_conv_#x#": ("depthwise_conv", "dconv")}, _K),
    Kind("group_conv", "compute", {"group_conv_#x#": ("grouped_conv", "gconv")}, _K),
    Kind("conv_transpose", "compute", {"conv_transpose_#x#": ("deconv",)}, _K),
    Kind(
        "mbconv",
        "compute",
        {"mbconv_#x#": ("mb", "mb_inv", "inverted_residual", "inverted_bottleneck", "ir", "mobile_conv")},
        "expansion",
    ),
    Kind(
        "fused_mbconv", "compute", {"fused_mbconv_#x#": ("fused_mb", "fused_inverted_residual")}, "expansion"
    ),
    Kind("max_pool", "compute", {"max_pool_#x#": ("max_pooling",)}, _K),
    Kind(
        "avg_pool",
        "compute",
        {"avg_pool_#x#": ("average_pool", "average_pooling")},
        _K,
    ),
    Kind("pool", "compute", {"pool_#x#": ("pooling",)}, _K),
    Kind(
        "global_pool",
        "compute",
        {
            "global_avg_pool": ("global_average_pool", "global_average_pooling", "adaptive_avg_pool", "gap"),
            "global_max_pool": ("global_max_pooling", "adaptive_max_pool"),
        },
    ),
    Kind("factorized_reduce", "compute", {"factorized_reduce": ("factorised_reduce",)}),
    Kind("linear", "compute", {"linear": ("dense", "gemm", "fully_connected"), "fc": ()}, "width"),
    Kind("matmul", "compute", {"matmul": ("mat_mul", "bmm")}),
    Kind("mlp", "compute", {"mlp": ("feed_forward", "ffn")}),
    Kind("embedding", "compute", {"embedding": ("embed",)}, "width"),
    Kind(
        "attention",
        "compute",
        {"attention": ("multihead_attention", "multi_head_attention", "self_attention", "mha", "attn")},
        "heads",
    ),
    Kind(
        "transformer",
        "compute",
        {"transformer": ("transformer_block", "transformer_layer", "transformer_encoder_layer")},
    ),
    Kind("block", "compute", {"block": ()}),
    Kind("stage", "compute", {"stage": ()}),
    Kind("module", "compute", {"module": ()}),
    Kind("batch_norm", "compute", {"batch_norm": ("bn", "batch_normalization")}),
    Kind("layer_norm", "compute", {"layer_norm": ("ln", "layer_normalization")}),
    Kind("group_norm", "compute", {"group_norm": ("gn", "group_normalization")}),
    Kind("rms_norm", "compute", {"rms_norm": ("rmsnormalization",)}),
    Kind("dropout", "compute", {"dropout": ()}),
    Kind("relu", "compute", {"relu": ()}),
    Kind("relu6", "compute", {"relu6": ()}),
    Kind("gelu", "compute", {"gelu": ()}),
    Kind("silu", "compute", {"silu": ("swish",)}),
    Kind("hardswish", "compute", {"hardswish": ("h_swish", "hswish")}),
    Kind("sigmoid", "compute", {"sigmoid": ()}),
    Kind("tanh", "compute", {"tanh": ()}),
    Kind("softmax", "compute", {"softmax": ()}),
    Kind("flatten", "compute", {"flatten": ()}),
    Kind("reshape", "compute", {"reshape": ("view",)}),
    Kind("concat", "compute", {"concat": ("cat", "concatenate")}),
    Kind("add", "compute", {"add": ("sum", "addition")}),
    Kind("mul", "compute", {"mul": ("multiply",)}),
    Kind("squeeze_excite", "compute", {"squeeze_excite": ("squeeze_excitation", "se_block", "se_layer")}),
    Kind("lstm", "compute", {"lstm": ()}, "width"),
    Kind("gru", "compute", {"gru": ()}, "width"),
    Kind("gat", "compute", {"gat": ("gat_conv",)}),
    Kind("gcn", "compute", {"gcn": ("gcn_conv",)}),
    Kind("gin", "compute", {"gin": ("gin_conv",)}),
    Kind("cheb", "compute", {"cheb": ("cheb_conv", "chebnet")}),
    Kind("sage", "compute", {"sage": ("sage_conv", "graph_sage")}),
    Kind("arma", "compute", {"arma": ("arma_conv",)}),
    Kind("graph_conv", "compute", {"graph": ("graph_conv", "k_gnn")}),
)

#: Names that do not follow the rules, with the name, the kind and the attributes that they have.
WHOLE_NAMES: dict[str, tuple[str, str, dict[str, float]]] = {
    # NASLib pools over 3x3 whatever these names say, and adds a 1x1 convolution where channels change.
    "AvgPool1x1": ("avg_pool_3x3", "avg_pool", {"kernel": 3}),
    "MaxPool1x1": ("max_pool_3x3", "max_pool", {"kernel": 3}),
    # TransNAS-Bench-101 macro: what a module does to the channels and to the resolution.
    "keep": ("keep", "module", {"stride": 1, "width_factor": 1}),
    "double_channels": ("double_channels", "module", {"stride": 1, "width_factor": 2}),
    "stride2": ("stride2", "module", {"stride": 2, "width_factor": 1}),
    "stride2_double_channels": ("stride2_double_channels", "module", {"stride": 2, "width_factor": 2}),
}

#: Names in published search spaces. Each is its own canonical name, in upper case too.
PUBLISHED: dict[str, tuple[str, ...]] = {
    "NAS-Bench-101": ("input", "output", "conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3"),
    "NAS-Bench-201": ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"),
    "NAS-Bench-301": (
        *("c_k-1", "c_k-2", "max_pool_3x3", "avg_pool_3x3", "skip_connect", "none"),
        *("sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5"),
    ),
    "NAS-Bench-Graph": ("gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip"),
    "NAS-Bench-Macro": ("identity", "mb3_k3", "mb6_k5"),
    "TransNAS-Bench-101": ("keep", "double_channels", "stride2", "stride2_double_channels"),
}

#: Names of classes, spelled exactly so, that mean another operation than the published name of that spelling.
EXACT_NAMES: dict[str, str] = {"Identity": "skip_connect"}

#: Attributes by the letters and words that stand for them in names. Canonical names have the first ones.
LETTERS: dict[str, str] = {
    "k": "kernel",
    "e": "expansion",
    "h": "heads",
    "m": "mlp_ratio",
    "c": "width",
    "s": "stride",
    "d": "depth",
    "n": "repeats",
    "g": "groups",
    "b": "bits",
    "se": "se_ratio",
    "res": "resolution",
    "dil": "dilation",
    "bias": "bias",
    "stage": "stage",
    "ks": "kernel",
    "kernel": "kernel",
    "er": "expansion",
    "ex": "expansion",
    "exp": "expansion",
    "expand": "expansion",
    "expansion": "expansion",
    "head": "heads",
    "heads": "heads",
    "mlp": "mlp_ratio",
    "w": "width",
    "ch": "width",
    "dim": "width",
    "channels": "width",
    "width": "width",
    "stride": "stride",
    "l": "depth",
    "depth": "depth",
    "layers": "depth",
    "r": "repeats",
    "repeat": "repeats",
    "repeats": "repeats",
    "groups": "groups",
    "bits": "bits",
    "resolution": "resolution",
    "dilation": "dilation",
}
