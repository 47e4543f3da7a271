"""network_of: an ONNX model as a Network."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import named, shown, shown_text
from fgp_sklearn.architectures._networks import Network, NetworkNode, plain_of
from fgp_sklearn.architectures._onnx._fused import Fused
from fgp_sklearn.architectures._onnx._model import MALFORMED, nested_nodes
from fgp_sklearn.architectures._onnx._operator import Operator
from fgp_sklearn.architectures._onnx._operators import (
    CONTROL_FLOW,
    IDENTITIES,
    described_operator,
    kind_of,
)
from fgp_sklearn.architectures._onnx._values import Values
from fgp_sklearn.architectures._onnx._weights import Tensor, Weights

if TYPE_CHECKING:
    import onnx

_MAX_TENSORS = 1024  # that one constant is computed from
_SHAPES_ONLY = frozenset({"Shape", "Size"})  # what these compute does not depend on the data


class NetworkReader:
    """Reads the nodes of one model, in their order.

    Parameters
    ----------
    model : onnx.ModelProto
        A model without calls of functions.
    inputs : mapping of str to onnx.TypeProto
        The types of its inputs, with shapes.

    Attributes
    ----------
    unknown : Counter of str
        Operators whose costs are not known, with their number.
    """

    def __init__(self, model: onnx.ModelProto, inputs: Mapping[str, onnx.TypeProto]) -> None:
        self.unknown: Counter[str] = Counter()
        self._graph = model.graph
        self._values = Values(model)
        self._weights = Weights(model)
        self._known: set[str] = {""}  # values so far; the empty name stands for an input that is left out
        self._tensors: dict[str, tuple[Tensor, ...]] = {}  # that a constant is computed from
        self._nodes: dict[str, NetworkNode] = {}
        self._n_read = 0
        uses = Counter(name for node in nested_nodes(model.graph.node) for name in node.input)
        uses.update(value.name for value in model.graph.output)
        self._fused = Fused(self._nodes, self._values, uses)
        for name, of_input in inputs.items():
            self._add(name)
            self._values.types[name] = of_input
            shape = self._values.shape(name)
            attributes = {} if shape is None else plain_of("input", shape).attributes
            self._nodes[name] = NetworkNode(name, "input", attributes=attributes)
        self._add_tensors(model.graph)

    def network(self, name: str) -> Network:
        """Read all nodes.

        Parameters
        ----------
        name : str
            Name of the network.

        Returns
        -------
        Network
            Its nodes, for `batch_of`.
        """
        self._read(self._graph.node)
        ends = [value.name for value in self._graph.output]
        lacking = [end for end in ends if end not in self._known or not end]
        if lacking:
            raise ArchitectureError(f"no node computes its output {named(lacking)}; export it again")
        output = NetworkNode("", "output", tuple(end for end in ends if end in self._nodes))
        return Network((*self._nodes.values(), output), name)

    # ------------------------------------------------------------------ values

    def _add(self, name: str) -> None:
        if not name or name in self._known:
            raise ArchitectureError(f"it computes the value {shown(name)} twice; export it again")
        self._known.add(name)

    def _add_tensors(self, graph: onnx.GraphProto) -> None:
        for tensor in graph.initializer:
            self._add_tensor(tensor.name, tensor)
        for sparse in graph.sparse_initializer:
            self._add_tensor(sparse.values.name, sparse.values)

    def _add_tensor(self, name: str, tensor: onnx.TensorProto) -> None:
        if any(size < 0 for size in tensor.dims):
            raise ArchitectureError(f"tensor {shown(name)} has a negative size; export it again")
        self._add(name)
        self._values.add_tensor(name, tensor)
        self._tensors[name] = _tensor(name, tensor)

    # ------------------------------------------------------------------ nodes

    def _read(self, nodes: Iterable[onnx.NodeProto]) -> None:
        for node in nodes:
            self._n_read += 1
            try:
                self._read_node(node)
            except ArchitectureError as error:
                raise ArchitectureError(f"{self._place(node)}: {error.problem}") from error
            except MALFORMED as error:
                raise ArchitectureError(
                    f"{self._place(node)} has attributes or shapes that do not fit its operator "
                    f"({shown(str(error))}); onnx.checker.check_model says more"
                ) from error

    def _place(self, node: onnx.NodeProto) -> str:
        name = f" {shown(node.name)}" if node.name else ""
        return f"node {self._n_read - 1}{name} ({shown_text(node.op_type)})"

    def _read_node(self, node: onnx.NodeProto) -> None:
        lacking = [name for name in node.input if name not in self._known]
        if lacking:
            raise ArchitectureError(
                f"it reads {named(lacking)}, which no node before it computes; sort the nodes, and leave out "
                "cycles"
            )
        if node.op_type == "If" and (condition := self._values.numbers.get(node.input[0])) is not None:
            return self._read_branch(node, bool(condition.reshape(-1)[0]))
        attributes = {one.name: one for one in node.attribute}
        if node.op_type == "Constant" and "value" in attributes:
            return self._add_tensor(node.output[0], attributes["value"].t)
        is_standard = self._values.infer(node)
        outputs = list(filter(None, node.output))
        for name in outputs:
            self._add(name)
        live = tuple(name for name in self._read_by(node) if name in self._nodes)
        if not live or node.op_type in _SHAPES_ONLY:
            passed = self._passed_on(node)
            self._tensors.update(dict.fromkeys(outputs, passed) if passed else {})
        elif outputs:
            self._add_operator(node, is_standard, live, outputs)

    def _read_by(self, node: onnx.NodeProto) -> list[str]:
        """What a node reads, also in its subgraphs."""
        if node.op_type not in CONTROL_FLOW:
            return list(node.input[:1] if node.op_type in IDENTITIES else node.input)
        inner = {name for one in nested_nodes([node]) for name in one.input if name in self._known}
        return [*node.input, *sorted(inner.difference(node.input))]

    def _passed_on(self, node: onnx.NodeProto) -> tuple[Tensor, ...]:
        """Tensors that a constant is computed from."""
        if node.op_type == "DequantizeLinear":
            return tuple(tensor._replace(is_float=True) for tensor in self._tensors.get(node.input[0], ()))
        found = (tensor for name in node.input for tensor in self._tensors.get(name, ()) if tensor.is_float)
        distinct = tuple(dict.fromkeys(found))
        if len(distinct) > _MAX_TENSORS:
            raise ArchitectureError(
                f"it is computed from {len(distinct):,} tensors, and at most {_MAX_TENSORS:,} are read; "
                "fold constants before, as onnxruntime does"
            )
        return distinct

    def _add_operator(
        self, node: onnx.NodeProto, is_standard: bool, live: tuple[str, ...], outputs: Sequence[str]
    ) -> None:
        if node.op_type in IDENTITIES and is_standard:
            kind, attributes = "identity", {}
        elif node.op_type in CONTROL_FLOW or not is_standard:
            kind, attributes = kind_of(node.op_type), {"flops": math.nan}
        else:
            kind, attributes = described_operator(self._operator(node))
        first, *others = outputs
        if any(map(math.isnan, attributes.values())) or (
            kind != "identity" and not self._values.is_sized(first)
        ):
            self.unknown[node.op_type] += 1
        found = NetworkNode(first, kind, live, attributes, self._read_weights(node))
        self._nodes[first] = self._fused.of(found)
        self._nodes.update({name: NetworkNode(name, "identity", (first,)) for name in others})

    def _operator(self, node: onnx.NodeProto) -> Operator:
        from onnx.helper import get_attribute_value

        return Operator(
            node.op_type,
            {one.name: get_attribute_value(one) for one in node.attribute if not one.ref_attr_name},
            [self._values.shape(name) for name in node.input],
            [self._values.shape(name) for name in node.output],
            [name not in self._nodes for name in node.input],
            [self._values.numbers.get(name) for name in node.input],
        )

    def _read_weights(self, node: onnx.NodeProto) -> dict[str, int]:
        """Parameters that a node reads, also in its subgraphs."""
        nodes: list[onnx.NodeProto] = [node]
        inner: dict[str, tuple[Tensor, ...]] = {}
        if node.op_type in CONTROL_FLOW:
            nodes = list(nested_nodes([node]))
            graphs = [graph for one in nodes for a in one.attribute for graph in (a.g, *a.graphs)]
            inner = {tensor.name: _tensor(tensor.name, tensor) for g in graphs for tensor in g.initializer}
        return {
            name: elements
            for one in nodes
            for position, value in enumerate(one.input)
            for name, elements in self._weights.of_input(
                one.op_type, position, self._tensors.get(value, inner.get(value, ()))
            ).items()
        }

    def _read_branch(self, node: onnx.NodeProto, condition: bool) -> None:
        """Read the branch that a constant condition chooses, in place of the node."""
        from onnx.helper import make_node

        wanted = "then_branch" if condition else "else_branch"
        graph = next(one.g for one in node.attribute if one.name == wanted)
        self._add_tensors(graph)
        self._read(graph.node)
        self._read(
            make_node("Identity", [inner.name], [outer])
            for inner, outer in zip(graph.output, node.output, strict=True)
        )


def _tensor(name: str, tensor: onnx.TensorProto) -> tuple[Tensor]:
    return (Tensor(name, math.prod(tensor.dims), tensor.data_type in _float_types()),)


@cache
def _float_types() -> frozenset[int]:
    from onnx import TensorProto

    return frozenset(
        code for name, code in TensorProto.DataType.items() if "FLOAT" in name or name == "DOUBLE"
    )
