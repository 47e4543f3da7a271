"""Nodes of exported graphs: their operators, arguments, shapes and modules."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._networks._described import Shape

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.fx import Graph, Node


@cache
def schema_of(target: Any) -> Any:
    """Schema of an ATen operator; None for other functions."""
    from torch.fx.operator_schemas import get_signature_for_torch_op

    if not hasattr(target, "overloadpacket"):
        return None
    _, schemas = get_signature_for_torch_op(target, return_schemas=True)
    return schemas[0] if schemas else None


def operator_name(node: Node) -> str:
    """Name of the operator of a node, without its overload and without "aten::"."""
    schema = schema_of(node.target)
    name = getattr(node.target, "__name__", str(node.target)) if schema is None else schema.name
    return str(name).removeprefix("aten::")


def arguments_of(node: Node) -> dict[str, Any]:
    """Arguments of an ATen operator by name, with its defaults."""
    schema = schema_of(node.target)
    if schema is None:
        return dict(node.kwargs)
    named = {argument.name: argument.default_value for argument in schema.arguments}
    positional = (argument.name for argument in schema.arguments)
    return named | dict(zip(positional, node.args, strict=False)) | dict(node.kwargs)


def written_arguments(node: Node) -> list[Node]:
    """Arguments that an in-place operator changes."""
    schema = schema_of(node.target)
    if schema is None or not schema.is_mutable:
        return []
    values = arguments_of(node)
    written = (a.name for a in schema.arguments if a.alias_info is not None and a.alias_info.is_write)
    return [changed for name in written for changed in nodes_in(values[name])]


def nodes_in(value: Any) -> Iterator[Node]:
    """All nodes in nested arguments, in order; a node that stands twice comes twice."""
    from torch.fx import Node

    if isinstance(value, Node):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from nodes_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from nodes_in(item)


def shape_of(node: Node) -> Shape | None:
    """Shape of the value of a node; of the first tensor if there are several, and None if there is none."""
    value: Any = node.meta.get("val")
    if isinstance(value, (list, tuple)):
        value = next((item for item in value if hasattr(item, "shape")), None)
    if not hasattr(value, "shape"):
        return None
    return tuple(_size(size, node) for size in value.shape)


def with_shapes(value: Any) -> Any:
    """The argument, with a shape in place of each node."""
    if isinstance(value, (list, tuple)):
        return [with_shapes(item) for item in value]
    for node in nodes_in(value):
        shape = shape_of(node)
        number = node.meta.get("val")
        return shape if shape is not None else _size(number, node) if hasattr(number, "node") else None
    return value


def _size(size: Any, node: Node) -> int:
    """Size of a dimension; of a dynamic one, that of the example inputs."""
    if isinstance(size, int):
        return size
    known = size.node.hint
    if known is None:
        raise ArchitectureError(
            f"the shape of {node.name!r:.60} depends on values of the inputs, not only on their shapes; "
            "export a version of the network with fixed shapes"
        )
    return int(known)


def modules_around(node: Node) -> list[tuple[str, str]]:
    """Modules that a node is computed in, outermost first: the call, and the name of the class."""
    stack = node.meta.get("nn_module_stack") or {}
    return [
        (call, str(getattr(kind, "__name__", kind)).rpartition(".")[2]) for call, (_, kind) in stack.items()
    ]


def graphs_of(program: ExportedProgram) -> list[Graph]:
    """The graph of a program, and those inside it."""
    from torch.fx import GraphModule

    return [inner.graph for inner in program.graph_module.modules() if isinstance(inner, GraphModule)]


def wrapped_graph(node: Node) -> tuple[Graph, list[Any]] | None:
    """Graph and operands of a call that runs a graph as it is, such as one without gradients or autocast."""
    if not operator_name(node).startswith("wrap_with_"):
        return None
    names = [value for value in node.args if getattr(value, "op", None) == "get_attr"]
    if not names or node.graph.owning_module is None:
        return None
    position = node.args.index(names[0])
    inner: Any = node.graph.owning_module.get_submodule(str(names[0].target))  # type: ignore[union-attr]
    return inner.graph, list(node.args[position + 1 :])
