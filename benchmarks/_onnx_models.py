"""Small ONNX models of all the sorts that `from_onnx` reads, and accidents of their structure."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
from onnx import parser

#: Sizes that models leave open.
DIMS = {
    "attention": {"time": 5},
    "recurrent": {"time": 5},
}  # given to all models; those without such a dimension say so, unless it is the only one

#: Models in the text form of ONNX, by name.
TEXTS = {
    "convolutions": """
        <ir_version: 10, opset_import: ["" : 20]>
        net (float[batch, 3, 16, 16] image) => (float[batch, 10] scores)
        <float[8, 3, 3, 3] w, float[8] b, float[8] mean, float[8] var, float[10, 8] v,
         int64[2] shape = {-1, 8}>
        {
            a = Conv <pads = [1, 1, 1, 1], strides = [2, 2]> (image, w, b)
            n = BatchNormalization (a, b, b, mean, var)
            r = Relu (n)
            p = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (r)
            g = GlobalAveragePool (p)
            f = Reshape (g, shape)
            scores = Gemm <transB = 1> (f, v)
        }""",
    "attention": """
        <ir_version: 10, opset_import: ["" : 20]>
        net (int64[batch, time] ids) => (float[batch, time, 16] out)
        <float[50, 16] table, float[16, 48] w, float[48] b, float scale = {0.35}, int64[1] three = {3},
         int64[1] heads = {2}, int64[1] minus = {-1}, int64 zero = {0}, int64 one = {1}, int64[1] axis = {0}>
        {
            x = Gather (table, ids)
            m = MatMul (x, w)
            qkv = Add (m, b)
            s = Shape (ids)
            n = Gather (s, zero)
            t = Gather (s, one)
            n1 = Unsqueeze (n, axis)
            t1 = Unsqueeze (t, axis)
            wanted = Concat <axis = 0> (n1, t1, three, heads, minus)
            r = Reshape (qkv, wanted)
            p = Transpose <perm = [2, 0, 3, 1, 4]> (r)
            q, k, v = Split <axis = 0, num_outputs = 3> (p)
            kt = Transpose <perm = [0, 1, 2, 4, 3]> (k)
            scores = MatMul (q, kt)
            scaled = Mul (scores, scale)
            weights = Softmax <axis = -1> (scaled)
            mixed = MatMul (weights, v)
            first = Squeeze (mixed, axis)
            back = Transpose <perm = [0, 2, 1, 3]> (first)
            merged = Concat <axis = 0> (n1, t1, minus)
            out = Reshape (back, merged)
        }""",
    "functions": """
        <ir_version: 10, opset_import: ["" : 20, "local" : 1]>
        net (float[batch, 16] x) => (float[batch, 16] y)
        <float[16, 16] w>
        {
            a = local.twice (x, w)
            y = local.twice (a, w)
        }
        <domain: "local", opset_import: ["" : 20, "local" : 1]>
        once (x, w) => (y) { m = MatMul (x, w) y = Relu (m) }
        <domain: "local", opset_import: ["" : 20, "local" : 1]>
        twice (x, w) => (y) { h = local.once (x, w) y = local.once (h, w) }
    """,
    "branches": """
        <ir_version: 10, opset_import: ["" : 20]>
        net (float[batch, 4] x, bool flag) => (float[batch, 4] z)
        <float[4, 4] w, bool yes = {1}>
        {
            y = If (yes) <
                then_branch = then_graph () => (float[batch, 4] a) { a = MatMul (x, w) },
                else_branch = else_graph () => (float[batch, 4] b) { b = Neg (x) } >
            z = If (flag) <
                then_branch = then_graph2 () => (float[batch, 4] c) { c = Relu (y) },
                else_branch = else_graph2 () => (float[batch, 4] d) { d = MatMul (y, w) } >
        }""",
    "recurrent": """
        <ir_version: 10, opset_import: ["" : 20]>
        net (float[time, batch, 8] x) => (float[time, 1, batch, 6] y)
        <float[1, 24, 8] w, float[1, 24, 6] r, float[1, 48] b>
        {
            y, h, c = LSTM <hidden_size = 6> (x, w, r, b)
        }""",
    "quantised": """
        <ir_version: 10, opset_import: ["" : 20]>
        net (float[batch, 8] x) => (float[batch, 4] y)
        <int8[8, 4] w, float s = {0.1}, int8 z = {0}>
        {
            xq = QuantizeLinear (x, s, z)
            xf = DequantizeLinear (xq, s, z)
            wf = DequantizeLinear (w, s, z)
            y = MatMul (xf, wf)
        }""",
}


def small_model(name: str) -> onnx.ModelProto:
    """A model whose weights are zeros."""
    model = parser.parse_model(TEXTS[name])
    for value in model.graph.value_info:  # a tensor without numbers
        of_value = value.type.tensor_type
        dtype = onnx.helper.tensor_dtype_to_np_dtype(of_value.elem_type)
        zeros = np.zeros([dim.dim_value for dim in of_value.shape.dim], dtype)
        model.graph.initializer.append(onnx.numpy_helper.from_array(zeros, value.name))
    del model.graph.value_info[:]
    return model


def changed_model(raw: bytes, generator: np.random.Generator) -> bytes:
    """A model that says something wrong about its nodes, sizes or functions."""
    model = onnx.load_model_from_string(raw)
    for _ in range(generator.geometric(0.6)):
        if model.graph.node and model.graph.input:
            _one(_ACCIDENTS, generator)(model, generator)
    return model.SerializeToString()


def _one(items, generator):
    return items[int(generator.integers(len(items)))] if len(items) else None


def _huge_size(model: onnx.ModelProto, generator: np.random.Generator) -> None:
    tensor = _one(model.graph.initializer, generator)
    if tensor is not None and len(tensor.dims):
        tensor.dims[0] = int(_one([2**62, 2**31, -1, 0, 10**6], generator))


def _huge_input(model: onnx.ModelProto, generator: np.random.Generator) -> None:
    dims = _one(model.graph.input, generator).type.tensor_type.shape.dim
    if dims:
        _one(dims, generator).dim_value = int(_one([2**62, 2**31, -5, 0], generator))


def _huge_numbers(model: onnx.ModelProto, generator: np.random.Generator) -> None:
    for tensor in model.graph.initializer:
        for i in range(len(tensor.int64_data)):
            if generator.random() < 0.5:
                tensor.int64_data[i] = int(_one([2**62, -(2**63), 2**40, 0], generator))


def _huge_attribute(model: onnx.ModelProto, generator: np.random.Generator) -> None:
    attribute = _one([a for node in model.graph.node for a in node.attribute], generator)
    if attribute is not None and attribute.ints:
        attribute.ints[0] = int(_one([2**62, -1, 0], generator))
        attribute.ints.extend([1] * int(_one([0, 1, 5000], generator)))
    elif attribute is not None:
        attribute.i = int(_one([2**62, -1, 0], generator))


def _other_type(model: onnx.ModelProto, generator: np.random.Generator) -> None:
    attribute = _one([a for node in model.graph.node for a in node.attribute], generator)
    if attribute is not None:
        attribute.type = int(generator.integers(15))


def _cycle(model: onnx.ModelProto, generator: np.random.Generator) -> None:
    node, other = (_one(model.graph.node, generator) for _ in range(2))
    if len(node.input) and len(other.output):
        node.input[int(generator.integers(len(node.input)))] = _one(other.output, generator)


def _lacking_input(model: onnx.ModelProto, generator: np.random.Generator) -> None:
    node = _one(model.graph.node, generator)
    if len(node.input):
        node.input[0] = _one(["", "nowhere", "é\n" * 500], generator)


def _without_inputs(model: onnx.ModelProto, generator: np.random.Generator) -> None:
    node = _one(model.graph.node, generator)
    del node.input[int(generator.integers(len(node.input) + 1)) :]


def _twice(model: onnx.ModelProto, generator: np.random.Generator) -> None:
    node = model.graph.node.add()
    node.CopyFrom(_one(model.graph.node, generator))


def _without_node(model: onnx.ModelProto, generator: np.random.Generator) -> None:
    del model.graph.node[int(generator.integers(len(model.graph.node)))]


def _other_operator(model: onnx.ModelProto, generator: np.random.Generator) -> None:
    every = sorted({schema.name for schema in onnx.defs.get_all_schemas()})
    node = _one(model.graph.node, generator)
    node.op_type = _one([*every, "", "x" * 100_000, "Custom"], generator)
    node.domain = _one(["", "", "custom", "local"], generator)


def _nested(model: onnx.ModelProto, generator: np.random.Generator) -> None:
    for _ in range(int(_one([3, 20, 30], generator))):  # protobuf refuses to write more levels
        inner = onnx.GraphProto()
        inner.CopyFrom(model.graph)
        del inner.input[:]
        node = onnx.helper.make_node("If", ["yes"], [value.name for value in inner.output])
        try:
            node.attribute.append(onnx.helper.make_attribute("then_branch", inner))
        except Exception:  # protobuf nests no deeper
            return
        del model.graph.node[:]
        model.graph.node.append(node)


def _explosion(model: onnx.ModelProto, generator: np.random.Generator) -> None:
    """Functions that call each other twice, or in a circle."""
    opsets = list(model.opset_import)
    depth = int(_one([10, 40, 2000], generator))
    for i in range(depth):
        op, domain = (
            (f"f{i - 1}", "local") if i else _one([("Relu", ""), (f"f{depth - 1}", "local")], generator)
        )
        calls = [onnx.helper.make_node(op, [a], [b], domain=domain) for a, b in (("a", "b"), ("b", "c"))]
        model.functions.append(onnx.helper.make_function("local", f"f{i}", ["a"], ["c"], calls, opsets))
    node = _one(model.graph.node, generator)
    node.op_type, node.domain = f"f{depth - 1}", "local"


def _doubled_shape(model: onnx.ModelProto, generator: np.random.Generator) -> None:
    """A shape that becomes twice as long with each node."""
    name = model.graph.input[0].name
    make, n = onnx.helper.make_node, int(_one([20, 60], generator))
    nodes = [make("Shape", [name], ["d0"])]
    nodes += [make("Concat", [f"d{i}", f"d{i}"], [f"d{i + 1}"], axis=0) for i in range(n)]
    nodes.append(make("ConstantOfShape", [f"d{n}"], ["filled"]))
    nodes.append(make("Expand", [name, f"d{n}"], ["expanded"]))
    for node in nodes:
        model.graph.node.append(node)
    model.graph.output.add(name="expanded")


def _external(model: onnx.ModelProto, generator: np.random.Generator) -> None:
    tensor = _one(model.graph.initializer, generator)
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=_one(["../../etc/passwd", "/dev/zero", "x"], generator))


_ACCIDENTS: tuple[Callable[[onnx.ModelProto, np.random.Generator], None], ...] = (
    *(_huge_size, _huge_input, _huge_numbers, _huge_attribute, _other_type, _cycle, _lacking_input),
    *(
        _without_inputs,
        _twice,
        _without_node,
        _other_operator,
        _nested,
        _explosion,
        _doubled_shape,
        _external,
    ),
)
