"""ONNX models become graphs of operators with the costs that torch and ONNX itself say they have."""

import importlib
import math
import os
import sys
import warnings
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from fgp_sklearn.architectures import ArchitectureError, from_onnx, from_torch
from tests.mutations import damaged

onnx = pytest.importorskip("onnx")
inliner = pytest.importorskip("onnx.inliner")

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def small():
    """The small models of the benchmark of damaged files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        return importlib.import_module("_onnx_models")


def parsed(text, opset=20, **tensors):
    """A model in ONNX's text form, and its tensors."""
    model = onnx.parser.parse_model(f'<ir_version: 10, opset_import: ["" : {opset}]> net {text}')
    for name, array in tensors.items():
        model.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(array), name))
    return model


def floats(*shape):
    return np.zeros(shape, np.float32)


def numbers(batch, name):
    return batch.attributes[name].tolist()


# ------------------------------------------------------------------------------------- against torch


class Network(torch.nn.Module):
    """Convolutions with a gate, and self-attention."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 8, 3, stride=2, bias=False)
        self.norm = torch.nn.BatchNorm2d(8)
        self.deep = torch.nn.Conv2d(8, 8, (3, 1), padding="same", groups=8)
        self.queries = torch.nn.Linear(8, 24)
        self.position = torch.nn.Parameter(torch.randn(1, 49, 8))
        self.ln = torch.nn.LayerNorm(8)
        self.register_buffer("offset", torch.randn(8))
        self.head = torch.nn.Linear(8, 5)

    def forward(self, image):
        x = torch.nn.functional.silu(self.norm(self.conv(image)))
        x = torch.nn.functional.max_pool2d(torch.relu(self.deep(x)), 3, stride=2, padding=1)
        x = self.ln(x.flatten(2).transpose(1, 2) + self.position)
        q, k, v = self.queries(x).reshape(len(x), -1, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind()
        x = torch.nn.functional.scaled_dot_product_attention(q, k, v)
        x = x.transpose(1, 2).flatten(2).mean(1)
        return self.head(torch.nn.functional.gelu(x) + self.offset)


def traced(module, *example, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's own
        return torch.export.export(module.eval(), example, **options)


def exported(program, **options):
    pytest.importorskip("onnxscript")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.onnx.export(program, dynamo=True, verbose=False, **options).model_proto


def test_an_exported_module_has_the_kinds_and_costs_that_torch_gives():
    torch.manual_seed(0)
    module = Network()
    program = traced(module, torch.zeros(2, 3, 29, 29))
    expected, found = from_torch(program), from_onnx(exported(program, optimize=False))
    costly = {"conv", "dw_conv", "linear", "attention", "batch_norm", "layer_norm", "max_pool"}
    counts = [
        Counter(op for op in batch[0].ops if op in costly | {"silu", "gelu"}) for batch in (expected, found)
    ]
    assert counts[0] == counts[1]
    for name in sorted(set(expected.attribute_names) - {"elements"}):
        rows = [
            sorted(
                (op, value)
                for op, value in zip(batch[0].ops, numbers(batch, name), strict=True)
                if op in costly and not math.isnan(value)
            )
            for batch in (expected, found)
        ]
        assert rows[0] == rows[1], name
    assert sum(numbers(found, "parameters")) == sum(p.numel() for p in module.parameters())
    assert sum(numbers(found, "flops")) == sum(numbers(expected, "flops"))


def test_merged_batch_normalisations_leave_flops_and_take_parameters():
    layers = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3, bias=False), torch.nn.BatchNorm2d(8), torch.nn.SiLU()
    )
    axes = {0: torch.export.Dim.DYNAMIC} | {
        axis: torch.export.Dim(name, min=4) for axis, name in ((2, "height"), (3, "width"))
    }
    torch.nn.init.ones_(layers[1].bias)
    program = traced(layers, torch.zeros(2, 3, 29, 31), dynamic_shapes=(axes,))
    merged = from_onnx(exported(program), dims={"input": (1, 3, 11, 9)})
    direct = from_torch(layers, torch.zeros(1, 3, 11, 9))
    assert direct[0].ops == ("input", "conv", "batch_norm", "silu", "output")
    assert merged[0].ops == ("input", "conv", "silu", "output")
    assert sum(numbers(merged, "flops")) == sum(numbers(direct, "flops"))
    saved = sum(numbers(direct, "parameters")) - sum(numbers(merged, "parameters"))
    assert saved == 8  # one bias instead of two vectors


def test_symbols_have_the_sizes_that_are_given():
    text = "(float[n, 3, height, width] x) => (float[n, 3, height, width] y) { y = Conv (x, w) }"
    model = parsed(text, w=floats(4, 3, 3, 3))
    found = from_onnx(model, dims={"height": 11, "width": 9})
    assert found == from_onnx(model, dims={"x": (1, 3, 11, 9)})
    assert numbers(found, "elements")[:2] == [3 * 11 * 9, 4 * 9 * 7]
    assert numbers(from_onnx(model, dims={"x": (2, 3, 11, 9)}), "elements")[1] == 2 * 4 * 9 * 7
    with pytest.raises(ArchitectureError, match=r"no sizes for 'height', 'width'; .* dims=\{'height': 224\}"):
        from_onnx(model)


# --------------------------------------------------------------------------------- against ONNX itself


def test_elements_are_those_that_onnx_infers(small):
    for name in ("convolutions", "attention", "recurrent"):
        model = small.small_model(name)
        batch = from_onnx(model, dims=small.DIMS.get(name))
        for value in model.graph.input:
            for dim in value.type.tensor_type.shape.dim:
                if dim.dim_param:
                    dim.dim_value = {"time": 5, "batch": 1}[dim.dim_param]
        inferred = onnx.shape_inference.infer_shapes(model, data_prop=True, strict_mode=True)
        shapes = {
            value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
            for value in (*inferred.graph.value_info, *inferred.graph.input)
        }
        sizes = Counter(float(math.prod(shape)) for shape in shapes.values())
        elements = [n for n in numbers(batch, "elements") if not math.isnan(n)]
        assert not Counter(elements[:-1]) - sizes  # the last one is an output


def test_functions_are_read_as_their_bodies(small):
    model = small.small_model("functions")
    inlined = inliner.inline_local_functions(model)
    assert from_onnx(model) == from_onnx(inlined)
    assert from_onnx(model)[0].ops == ("input", *["linear", "relu"] * 4, "output")


# ------------------------------------------------------------------------------------------- graphs


def test_shapes_and_constants_are_left_out_and_attention_is_one_node(small):
    batch = from_onnx(small.small_model("attention"), dims={"time": 5})
    graph = batch.to_networkx()[0]
    assert batch[0].ops == (
        *("input", "embedding", "linear", "reshape", "transpose", "split", "attention", "reshape"),
        *("transpose", "reshape", "output"),
    )
    assert graph.nodes[6]["heads"] == 2
    assert graph.nodes[6]["flops"] == 2 * 2 * 2 * 5 * 5 * 8
    assert graph.nodes[2]["parameters"] == 16 * 48 + 48


def test_a_learned_mask_is_a_parameter_of_its_attention():
    model = parsed(
        """(float[2, 3, 4] q, float[2, 4, 3] k, float[2, 3, 4] v) => (float[2, 3, 4] y) {
            scores = MatMul (q, k)
            masked = Add (scores, mask)
            weights = Softmax (masked)
            y = MatMul (weights, v)
        }""",
        mask=floats(3, 3),
    )
    batch = from_onnx(model)
    assert batch[0].ops == ("input", "input", "input", "attention", "output")
    assert numbers(batch, "parameters")[3] == 9


def test_products_of_two_activations_and_of_activations_and_weights_differ():
    model = parsed(
        """(float[2, 3, 4] x) => (float[2, 3, 3] y) {
            a = MatMul (x, w)
            biased = Add (b, a)
            t = Transpose <perm = [0, 2, 1]> (x)
            product = MatMul (biased, t)
            y = Add (product, mask)
        }""",
        w=floats(4, 4),
        b=floats(4),
        mask=floats(3, 3),
    )
    batch = from_onnx(model)
    assert batch[0].ops == ("input", "linear", "transpose", "matmul", "add", "output")
    assert numbers(batch, "flops") == [0, 2 * 6 * 4 * 4, 0, 2 * 2 * 3 * 3 * 4, 0, 0]
    assert numbers(batch, "parameters") == [0, 20, 0, 0, 9, 0]


def test_a_product_that_two_nodes_read_keeps_its_bias_apart():
    model = parsed(
        """(float[2, 4] x) => (float[2, 4] y) {
            a = MatMul (x, w)
            biased = Add (a, b)
            y = Mul (a, biased)
        }""",
        w=floats(4, 4),
        b=floats(4),
    )
    assert from_onnx(model)[0].ops == ("input", "linear", "add", "mul", "output")


def test_a_gate_of_its_own_input_is_one_operator():
    text = "(float[2, 4] x, float[2, 4] z) => (float[2, 4] y) { s = Sigmoid (x)  y = Mul (%s, s) }"
    assert from_onnx(parsed(text % "x"))[0].ops == ("input", "silu", "output")
    assert from_onnx(parsed(text % "z"))[0].ops == ("input", "input", "sigmoid", "mul", "output")


def test_casts_and_dropout_are_contracted_and_results_of_one_operator_are_one_node():
    model = parsed(
        """(float[2, 4] x) => (float[2, 2] y) {
            half = Cast <to = 10> (x)
            dropped, mask = Dropout (half)
            one, two = Split <axis = 1, num_outputs = 2> (dropped)
            same = Reshape (one, shape)
            y = Mul (same, two)
        }""",
        shape=np.array([2, 2]),
    )
    batch = from_onnx(model)
    assert batch[0].ops == ("input", "split", "mul", "output")
    assert batch.multiplicity.tolist() == [1, 2, 1]


def test_a_constant_condition_chooses_its_branch(small):
    with pytest.warns(UserWarning, match="1 nodes have no costs, .* 'If', first in architecture 0"):
        batch = from_onnx(small.small_model("branches"))
    assert batch[0].ops == ("input", "input", "linear", "If", "output")
    assert numbers(batch, "parameters") == [0, 0, 16, 0, 0]
    assert math.isnan(numbers(batch, "flops")[3])


# ---------------------------------------------------------------------------------------- parameters


def test_running_statistics_are_no_parameters_and_shared_weights_count_once():
    model = parsed(
        """(float[1, 4, 5, 5] x) => (float[1, 4, 5, 5] y) {
            a = Conv (x, w)
            n = BatchNormalization (a, scale, shift, mean, var)
            y = Conv (n, w)
        }""",
        w=floats(4, 4, 1, 1),
        **{name: floats(4) for name in ("scale", "shift", "mean", "var")},
    )
    assert numbers(from_onnx(model), "parameters") == [0, 16, 8, 0, 0]


def test_tensors_in_nodes_and_elsewhere_count_as_initialisers_do():
    text = "(float[1, 4] x) => (float[1, 3] y) { %s y = MatMul (x, w) }"
    inside = parsed(text % "w = Constant <value = float[4, 3] {1,1,1,1,1,1,1,1,1,1,1,1}> ()")
    outside = parsed(text % "", w=floats(4, 3))
    tensor = outside.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/dev/zero")
    assert numbers(from_onnx(inside), "parameters") == numbers(from_onnx(outside), "parameters") == [0, 12, 0]


def test_quantised_weights_count_through_their_conversion(small):
    batch = from_onnx(small.small_model("quantised"))
    assert batch[0].ops == ("input", "linear", "output")
    assert numbers(batch, "parameters") == [0, 32, 0]


def test_recurrent_layers_multiply_at_each_step():
    model = parsed(
        "(float[7, 2, 8] x) => (float[7, 2, 2, 6] y) { y = LSTM <hidden_size = 6, direction = "
        '"bidirectional"> (x, w, r, b) }',
        w=floats(2, 24, 8),
        r=floats(2, 24, 6),
        b=floats(2, 48),
    )
    batch = from_onnx(model)
    assert numbers(batch, "flops")[1] == 2 * 7 * 2 * 2 * 24 * (8 + 6)
    assert numbers(batch, "parameters")[1] == sum(
        p.numel() for p in torch.nn.LSTM(8, 6, bidirectional=True).parameters()
    )
    assert numbers(batch, "out_channels")[1] == 12


# --------------------------------------------------------------------------------- sources and messages


def test_files_folders_contents_and_models_are_read_alike(small, tmp_path):
    names = ["quantised", "convolutions", "branches"]
    models = {name: small.small_model(name) for name in names[:2]}
    for name, model in models.items():
        (tmp_path / f"{name}.onnx").write_bytes(model.SerializeToString())
    (tmp_path / "readme.txt").write_text("no model")
    folder = from_onnx(tmp_path)
    assert folder.names.tolist() == ["convolutions", "quantised"]
    files = [str(tmp_path / "convolutions.onnx"), (tmp_path / "quantised.onnx").read_bytes()]
    assert from_onnx(files) == folder == from_onnx(list(models.values())[::-1])
    assert from_onnx(tmp_path, n_jobs=2, verbose=False) == folder


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no model", b"\x08\x0a", bytes(100)])
def test_a_file_that_is_no_model_is_named(small, tmp_path, content):
    good, bad = tmp_path / "a.onnx", tmp_path / "b.onnx"
    good.write_bytes(small.small_model("quantised").SerializeToString())
    bad.write_bytes(content)
    with pytest.raises(ArchitectureError, match=r"architecture 1: .*b\.onnx': it is not a"):
        from_onnx([good, bad])


def test_a_file_that_no_model_can_be_is_not_read(tmp_path):
    (tmp_path / "large.onnx").touch()
    os.truncate(tmp_path / "large.onnx", 2**40)
    with pytest.raises(
        ArchitectureError, match=r"'large\.onnx': it has 1,099,511,627,776 bytes, but ONNX models"
    ):
        from_onnx(tmp_path)


def test_wrong_arguments_are_explained(tmp_path):
    model = parsed("(float[n, 4] x) => (float[n, 4] y) { y = Relu (x) }")
    with pytest.raises(ArchitectureError, match=r"the folder .* has no"):
        from_onnx(tmp_path)
    with pytest.raises(ArchitectureError, match="there are no models"):
        from_onnx([])
    with pytest.raises(ArchitectureError, match="read by from_torch"):
        from_onnx(torch.nn.ReLU())
    with pytest.raises(FileNotFoundError):
        from_onnx("nowhere.onnx")
    with pytest.raises(ArchitectureError, match="'m' that dims gives a size; there are 'n', 'x'"):
        from_onnx(model, dims={"m": 3})
    for wrong in ([3], {"n": -1}, {"n": 0}, {"x": (1, 0)}, {"n": 2.5}, {"n": True}, {"n": "3"}, {3: 3}):
        with pytest.raises(ValueError, match="dims"):
            from_onnx(model, dims=wrong)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((1, 4, 16, 16), r"the shape \(1, 4, 16, 16\), .* dimension 1 is fixed: give 3 instead of 4"),
        ((1, 3, 16), r"'image' the shape \(1, 3, 16\), but the model has \['n', 3, 16, '\?'\]; give 4 sizes"),
    ],
)
def test_shapes_that_an_input_cannot_have_are_refused(shape, message):
    model = parsed("(float[n, 3, 16, ?] image) => (float[n, 3, 16, ?] y) { y = Relu (image) }")
    with pytest.raises(ArchitectureError, match=f"architecture 0: .*{message}"):
        from_onnx(model, dims={"image": shape})


def test_without_the_extra_an_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"pip install \"fgp-sklearn\[onnx\]\""):
        from_onnx("model.onnx")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "{ y = Relu (z)  z = Relu (x) }",
            r"node 0 \(Relu\): it reads 'z', which no node before it computes",
        ),
        ("{ a = Relu (x)  a = Neg (x)  y = Relu (a) }", r"node 1 \(Neg\): it computes the value 'a' twice"),
        ("{ z = Relu (x) }", "no node computes its output 'y'"),
        ("{ y = Shape (x) }", "its output depends on no input"),
    ],
)
def test_a_malformed_graph_is_an_error_that_names_the_node(text, message):
    with pytest.raises(ArchitectureError, match=message):
        from_onnx(parsed(f"(float[2, 4] x) => (float[2, 4] y) {text}"))


def test_costs_of_custom_operators_and_of_unknown_shapes_are_nan_with_one_warning():
    model = onnx.parser.parse_model(
        """<ir_version: 10, opset_import: ["" : 20, "mine" : 1]>
        net (float[2, 4] x) => (float[n, 4] y) { a = mine.Magic (x)  y = MatMul (a, x) }"""
    )
    with pytest.warns(UserWarning, match=r"4 nodes have no costs.*'Magic', 'MatMul'") as caught:
        batch = from_onnx([model, model])
    assert len(caught) == 1
    assert batch[0].ops == ("input", "Magic", "matmul", "output")
    assert np.isnan(batch.attributes["flops"]).tolist() == [False, True, True, False] * 2


# --------------------------------------------------------------------------------------- hostile models


def test_functions_that_explode_or_call_each_other_in_a_circle_are_refused():
    def model(last, n=40):
        opsets = [onnx.helper.make_opsetid("", 20), onnx.helper.make_opsetid("f", 1)]
        names = [*(f"f{i}" for i in range(n)), last]
        functions = [
            onnx.helper.make_function(
                "f",
                name,
                ["a"],
                ["c"],
                [
                    onnx.helper.make_node(called, [one], [other], domain="" if called == "Relu" else "f")
                    for one, other in ("ab", "bc")
                ],
                opsets,
            )
            for name, called in pairwise(names)
        ]
        graph = parsed("(float[2] x) => (float[2] y) { y = Relu (x) }").graph
        graph.node[0].op_type, graph.node[0].domain = "f0", "f"
        return onnx.helper.make_model(graph, functions=functions, opset_imports=opsets)

    with pytest.raises(ArchitectureError, match=r"1,099,511,627,776 nodes .* at most 200,000"):
        from_onnx(model("Relu"))
    with pytest.raises(ArchitectureError, match="call each other in a circle"):
        from_onnx(model("f0"))


def test_damaged_models_are_read_or_refused(small):
    outcomes = Counter()
    generator = np.random.default_rng(0)
    for name in small.TEXTS:
        raw = small.small_model(name).SerializeToString()
        for change in [damaged, small.changed_model] * 15:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    from_onnx(change(raw, generator), dims=small.DIMS.get(name))
                    outcomes["read"] += 1
                except ArchitectureError as error:
                    assert len(str(error)) < 2000
                    outcomes["refused"] += 1
    assert min(outcomes["read"], outcomes["refused"]) > 10
