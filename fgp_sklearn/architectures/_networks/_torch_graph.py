"""network_of_program: an exported torch program as a network."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fgp_sklearn.architectures._networks._described import Described, Shape
from fgp_sklearn.architectures._networks._network import Network, NetworkNode
from fgp_sklearn.architectures._networks._others import plain_of
from fgp_sklearn.architectures._networks._torch_call import OperatorCall
from fgp_sklearn.architectures._networks._torch_nodes import (
    arguments_of,
    graphs_of,
    modules_around,
    nodes_in,
    operator_name,
    shape_of,
    with_shapes,
    wrapped_graph,
    written_arguments,
)
from fgp_sklearn.architectures._networks._torch_table import CONSTANT, IDENTITY, OPERATORS

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.fx import Graph, Node


def network_of_program(program: ExportedProgram, name: str = "") -> Network:
    """Read an exported program.

    Parameters
    ----------
    program : torch.export.ExportedProgram
        The program. In-place operators in it change what later operators read.
    name : str, default=""
        Name of the network.

    Returns
    -------
    Network
        One node per tensor. Operators that the table lacks have their own names as kinds.
    """
    reader = _Reader(program)
    reader.read(program.graph, {}, "")
    tensors = {id(tensor): tensor.numel() for tensor in reader.parameters.values()}
    return Network(tuple(reader.nodes), name, frozenset(reader.unknown), sum(tensors.values()))


class _Reader:
    """The nodes found so far."""

    def __init__(self, program: ExportedProgram) -> None:
        signature = program.graph_signature
        self.parameters = {
            node: program.state_dict[target] for node, target in signature.inputs_to_parameters.items()
        }
        self.inputs = frozenset(signature.user_inputs)
        self.outputs = frozenset(signature.user_outputs)
        stacks = [modules_around(node) for graph in graphs_of(program) for node in graph.nodes]
        self.outer = {call for stack in stacks for call, _ in stack[:-1]}
        self.outer.update(stack[0][0] for stack in stacks if stack)
        self.nodes: list[NetworkNode] = []
        self.live: set[str] = set()
        self.unknown: set[str] = set()

    def read(self, graph: Graph, known: dict[Node, Any], prefix: str) -> Any:
        """Read a graph, and return what it returns.

        `known` has the names of the values of nodes: a name, None, or a list of them for several tensors.
        """
        for node in graph.nodes:
            if node in known:
                continue
            if node.op == "output":
                return self._output(node, known) if not prefix else _known(node.args[0], known)
            if node.op == "placeholder":
                known[node] = self._placeholder(node)
            elif node.op == "get_attr":
                known[node] = None
            elif node.target is operator.getitem and isinstance(known[node.args[0]], list):
                known[node] = known[node.args[0]][node.args[1]]
            elif (inner := wrapped_graph(node)) is not None:
                called, operands = inner
                places = [other for other in called.nodes if other.op == "placeholder"]
                values = dict(zip(places, _known(operands, known), strict=True))
                known[node] = self.read(called, values, f"{prefix}{node.name}/")
            else:
                known[node] = self._call(node, known, prefix)
                known.update(dict.fromkeys(written_arguments(node), known[node]))
        return None

    def _placeholder(self, node: Node) -> str:
        parameter = self.parameters.get(node.name)
        if parameter is not None:
            return self._add(
                NetworkNode(node.name, CONSTANT, weights={str(id(parameter)): parameter.numel()})
            )
        shape = shape_of(node)
        if node.name not in self.inputs or shape is None:
            return self._add(NetworkNode(node.name, CONSTANT))
        self.live.add(node.name)
        kind, attributes = plain_of("input", shape)
        return self._add(NetworkNode(node.name, kind, attributes=attributes))

    def _output(self, node: Node, known: Mapping[Node, Any]) -> None:
        values = [known[value] for value in nodes_in(node.args[0]) if value.name in self.outputs]
        self._add(NetworkNode(node.name, "output", _names(values)))

    def _call(self, node: Node, known: Mapping[Node, Any], prefix: str) -> str | None:
        shape = shape_of(node)
        if shape is None:  # numbers, and checks that return nothing
            return None
        inputs = _names([known.get(value) for value in nodes_in((node.args, node.kwargs))])
        kind, attributes = self._described(node, known, shape)
        name = prefix + node.name
        if kind == CONSTANT:
            return self._add(NetworkNode(name, CONSTANT))
        if self.live.intersection(inputs):
            self.live.add(name)
        stack = modules_around(node)
        module = stack[-1] if stack and stack[-1][0] not in self.outer else None
        return self._add(NetworkNode(name, kind, inputs, attributes, module=module))

    def _described(self, node: Node, known: Mapping[Node, Any], shape: Shape) -> Described:
        if node.target is operator.getitem:
            return Described(IDENTITY, {})
        name = operator_name(node)
        reader = OPERATORS.get(name) or OPERATORS.get(name.removesuffix("_"))
        if reader is None:
            if self._is_live((node.args, node.kwargs), known):
                self.unknown.add(name)
            return plain_of(name, shape)
        values = arguments_of(node)
        live = (key for key, value in values.items() if self._is_live(value, known))
        shapes = {key: with_shapes(value) for key, value in values.items()}
        return reader(OperatorCall(name.removesuffix("_"), shapes, shape, frozenset(live)))

    def _is_live(self, value: Any, known: Mapping[Node, Any]) -> bool:
        return any(name in self.live for name in _names([known.get(node) for node in nodes_in(value)]))

    def _add(self, node: NetworkNode) -> str:
        self.nodes.append(node)
        return node.name


def _known(value: Any, known: Mapping[Node, Any]) -> Any:
    """Names of the values of nodes, nested as the nodes are."""
    if isinstance(value, (list, tuple)):
        return [_known(item, known) for item in value]
    found = list(nodes_in(value))
    return known[found[0]] if found else None


def _names(values: Any) -> tuple[str, ...]:
    """All names in nested lists."""
    if isinstance(values, str):
        return (values,)
    return tuple(name for value in values or () for name in _names(value))
