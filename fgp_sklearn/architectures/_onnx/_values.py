"""Values: shapes of the values of an ONNX model, and the numbers in the small ones that shapes come from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnx

Shape = tuple[int, ...]

_EXACT = 2.0**53  # integers below are exact in double precision
MAX_NUMBERS, MAX_RANK = 1024, 64  # of values that are computed, and of shapes that are kept

#: Operators that compute shapes. Their results are small if their inputs are.
_COMPUTED = frozenset(
    (
        *("Abs", "Add", "And", "Cast", "Ceil", "Concat", "Constant", "ConstantOfShape", "Div", "Equal"),
        *("Expand", "Floor", "Gather", "Greater", "GreaterOrEqual", "Identity", "Less", "LessOrEqual", "Max"),
        *("Min", "Mod", "Mul", "Neg", "Not", "Or", "Pow", "Range", "ReduceMax", "ReduceMin", "ReduceProd"),
        *("ReduceSum", "Reshape", "Slice", "Split", "Sqrt", "Squeeze", "Sub", "Transpose", "Unsqueeze"),
        "Where",
    )
)


class Values:
    """What is known about the values of a model, in the order of its nodes.

    Parameters
    ----------
    model : onnx.ModelProto
        The model.

    Attributes
    ----------
    types : dict of str to onnx.TypeProto
        Types with shapes, by the name of the value.
    numbers : dict of str to ndarray
        Values that do not depend on the data of an input and have at most `MAX_NUMBERS` elements.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        self.types: dict[str, onnx.TypeProto] = {}
        self.numbers: dict[str, NDArray[Any]] = {}
        self._opsets = list(model.opset_import)
        self._version = {opset.domain: opset.version for opset in model.opset_import}
        self._version |= {other: self._version[one] for one, other in _SAME if one in self._version}
        self._ir_version = model.ir_version
        self._declared = {
            value.name: value.type for value in (*model.graph.value_info, *model.graph.output) if value.name
        }

    def shape(self, name: str) -> Shape | None:
        """Shape of a value; None if it has none that is known.

        Parameters
        ----------
        name : str
            The value.

        Returns
        -------
        tuple of int or None
            Its sizes.
        """
        found = self.types.get(name)
        return None if found is None else static_shape(found)

    def is_sized(self, name: str) -> bool:
        """Whether a value has a shape that is known, or is no tensor.

        Parameters
        ----------
        name : str
            The value.

        Returns
        -------
        bool
            False if its shape is not known.
        """
        return name in self.types and (
            static_shape(self.types[name]) is not None or not self.types[name].HasField("tensor_type")
        )

    def add_tensor(self, name: str, tensor: onnx.TensorProto) -> None:
        """Add a tensor of the model. Its numbers are read only if they are few.

        Parameters
        ----------
        name : str
            The value.
        tensor : onnx.TensorProto
            The tensor.
        """
        import onnx

        self.types[name] = onnx.helper.make_tensor_type_proto(tensor.data_type, list(tensor.dims))
        is_here = tensor.data_location != onnx.TensorProto.EXTERNAL
        if is_here and min(tensor.dims, default=1) >= 0 and math.prod(tensor.dims) <= MAX_NUMBERS:
            with suppress(ValueError, TypeError, KeyError):  # of other types, or without its data
                self._note(name, onnx.numpy_helper.to_array(tensor))

    def infer(self, node: onnx.NodeProto) -> bool:
        """Find shapes, and numbers where they are computed from known ones, of the outputs of a node.

        Parameters
        ----------
        node : onnx.NodeProto
            A node whose inputs are known.

        Returns
        -------
        bool
            Whether the operator is one of ONNX.
        """
        from onnx.defs import SchemaError, get_schema

        try:
            schema = get_schema(node.op_type, self._version.get(node.domain, 1), node.domain)
        except SchemaError:
            schema = None
        found = {} if schema is None else self._inferred(schema, node)
        for name in filter(None, node.output):
            kept = [one for one in (found.get(name), self._declared.get(name)) if one is not None]
            sized = [one for one in kept if static_shape(one) is not None]
            others = [one for one in kept if not one.HasField("tensor_type")]  # such as sequences
            if sized or others:
                self.types[name] = (sized or others)[0]
        self._compute(node)
        return schema is not None

    def _inferred(self, schema: Any, node: onnx.NodeProto) -> dict[str, onnx.TypeProto]:
        from onnx.numpy_helper import from_array
        from onnx.shape_inference import infer_node_outputs

        inputs = [name for name in node.input if name in self.types]
        try:
            found: dict[str, onnx.TypeProto] = infer_node_outputs(
                schema,
                node,
                {name: self.types[name] for name in inputs},
                {name: from_array(self.numbers[name]) for name in inputs if name in self.numbers},
                opset_imports=self._opsets,
                ir_version=self._ir_version,
            )
        except Exception:  # the library's errors have no common class; the shapes are then not known
            return {}
        return found

    def _compute(self, node: onnx.NodeProto) -> None:
        inputs = list(filter(None, node.input))
        if node.domain not in ("", "ai.onnx"):
            return
        if node.op_type in ("Shape", "Size") and (shape := self.shape(inputs[0])) is not None:
            self.numbers[node.output[0]] = _shape_numbers(node, shape)
            return
        sizes = [self.shape(name) for name in node.output]
        is_small = all(size is not None and math.prod(size) <= MAX_NUMBERS for size in sizes)
        is_known = all(name in self.numbers for name in inputs)
        if node.op_type in _COMPUTED and is_small and is_known and not self._overflows(node):
            for name, result in zip(node.output, self._computed(node, inputs), strict=False):
                self._note(name, result)

    def _overflows(self, node: onnx.NodeProto) -> bool:
        """Whether a range is so long that its inferred size may be wrong."""
        bounds = [self.numbers[name] for name in node.input] if node.op_type == "Range" else []
        return not all((np.abs(bound.astype(float)) < _EXACT).all() for bound in bounds)

    def _note(self, name: str, numbers: Any) -> None:
        array = np.asarray(numbers)
        if array.size <= MAX_NUMBERS and array.dtype.kind in "biuf":
            self.numbers[name] = array

    def _computed(self, node: onnx.NodeProto, inputs: Sequence[str]) -> Sequence[Any]:
        from onnx import ValueInfoProto
        from onnx.helper import make_graph, make_model
        from onnx.reference import ReferenceEvaluator

        feeds = {name: self.numbers[name] for name in inputs}
        ends = [[ValueInfoProto(name=name) for name in names] for names in (feeds, node.output)]
        model = make_model(make_graph([node], "one", ends[0], ends[1]), opset_imports=self._opsets)
        try:
            with np.errstate(all="ignore"):
                return list(ReferenceEvaluator(model).run(None, feeds))
        except Exception:  # whatever is wrong with the node: its numbers are then not known
            return []


_SAME = (("", "ai.onnx"), ("ai.onnx", ""))  # names of one domain


def static_shape(of_value: onnx.TypeProto) -> Shape | None:
    """Shape of a type whose sizes are all numbers; None for any other.

    Parameters
    ----------
    of_value : onnx.TypeProto
        The type.

    Returns
    -------
    tuple of int or None
        The sizes.
    """
    tensor = of_value.tensor_type
    if not tensor.HasField("shape") or len(tensor.shape.dim) > MAX_RANK:
        return None
    sizes = tuple(dim.dim_value if dim.HasField("dim_value") else -1 for dim in tensor.shape.dim)
    return sizes if min(sizes, default=0) >= 0 else None


def _shape_numbers(node: onnx.NodeProto, shape: Shape) -> NDArray[Any]:
    if node.op_type == "Size":
        return np.array(min(math.prod(shape), 2**62), dtype=np.int64)
    ends = {attribute.name: attribute.i for attribute in node.attribute}
    return np.array(shape[ends.get("start", 0) : ends.get("end", len(shape))], dtype=np.int64)
