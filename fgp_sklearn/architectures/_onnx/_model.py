"""read_model: an ONNX model without calls of functions, checked for what any reader relies on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx

from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import named, shown

if TYPE_CHECKING:
    import onnx

#: What a model with wrong types, sizes or texts may raise where it is read.
MALFORMED = (AttributeError, IndexError, KeyError, OverflowError, StopIteration, TypeError, ValueError)

MAX_BYTES = 2**31  # of a file: the limit of protobuf
MAX_NODES, MAX_FUNCTION_BYTES, MAX_FUNCTION_DEPTH = 200_000, 2**28, 100  # after functions are expanded


def read_model(content: Any) -> onnx.ModelProto:
    """Read a model. Neither data in other files nor custom operators are loaded.

    Parameters
    ----------
    content : Path, bytes or onnx.ModelProto
        The model. It is not changed.

    Returns
    -------
    onnx.ModelProto
        A model whose nodes call no functions of the model.

    Raises
    ------
    ArchitectureError
        If it is not an ONNX model, too large, or incomplete.
    OSError
        If the file cannot be read.
    """
    import onnx

    model = content if isinstance(content, onnx.ModelProto) else _parsed(content)
    if not model.HasField("graph") or not model.opset_import or not model.graph.output:
        raise ArchitectureError(
            "it is not a complete ONNX model: it lacks a version of its operators, or a graph with outputs; "
            "export it again"
        )
    return _inlined(model) if model.functions else model


def _parsed(content: Path | bytes) -> onnx.ModelProto:
    import onnx

    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    if size > MAX_BYTES:
        raise ArchitectureError(
            f"it has {size:,} bytes, but ONNX models have at most {MAX_BYTES:,}; save its weights to another "
            "file, which is not read: onnx.save_model(model, path, save_as_external_data=True)"
        )
    raw = content if isinstance(content, bytes) else content.read_bytes()
    try:
        return onnx.load_model_from_string(raw)
    except Exception as error:  # protobuf's errors, which onnx does not name
        raise ArchitectureError("it is not an ONNX model, or it is damaged; export it again") from error


def _inlined(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with the bodies of its functions in place of their calls, and with tensors as they are."""
    import onnx
    from onnx.inliner import inline_local_functions

    _check_size(model)
    calls = onnx.ModelProto(ir_version=model.ir_version)
    calls.opset_import.extend(model.opset_import)
    calls.functions.extend(model.functions)
    calls.graph.name = model.graph.name
    calls.graph.node.extend(model.graph.node)
    calls.graph.input.extend(model.graph.input)
    calls.graph.output.extend(model.graph.output)
    calls.graph.input.extend(onnx.ValueInfoProto(name=tensor.name) for tensor in model.graph.initializer)
    try:
        inlined = inline_local_functions(calls, convert_version=True)
    except Exception as error:  # the library's errors have no common class
        raise ArchitectureError(
            f"its functions cannot be expanded: {shown(str(error))}; expand them with onnx.inliner"
        ) from error
    del inlined.graph.input[len(model.graph.input) :]
    inlined.graph.initializer.extend(model.graph.initializer)
    inlined.graph.sparse_initializer.extend(model.graph.sparse_initializer)
    inlined.graph.value_info.extend(model.graph.value_info)
    return inlined


def _check_size(model: onnx.ModelProto) -> None:
    """Raise an error if functions call each other in a circle, or would expand to too many nodes."""
    bodies = {(f.domain, f.name, f.overload): list(nested_nodes(f.node)) for f in model.functions}
    calls: nx.DiGraph[Any] = nx.DiGraph()
    calls.add_nodes_from(bodies)
    for name, nodes in bodies.items():
        calls.add_edges_from((name, key) for node in nodes if (key := _key(node)) in bodies)
    circular = not nx.is_directed_acyclic_graph(calls)
    if circular or nx.dag_longest_path_length(calls) > MAX_FUNCTION_DEPTH:
        how = "in a circle" if circular else f"more than {MAX_FUNCTION_DEPTH} levels deep"
        raise ArchitectureError(f"its functions {named(f[1] for f in bodies)} call each other {how}")
    sizes: dict[Any, tuple[int, int]] = {}
    for name in reversed(list(nx.topological_sort(calls))):
        sizes[name] = _expanded(bodies[name], sizes)
    n_nodes, n_bytes = _expanded(nested_nodes(model.graph.node), sizes)
    if n_nodes > MAX_NODES or n_bytes > MAX_FUNCTION_BYTES + model.ByteSize():
        raise ArchitectureError(
            f"it has {n_nodes:,} nodes of {n_bytes:,} bytes once its functions are expanded; "
            f"at most {MAX_NODES:,} nodes are read"
        )


def _expanded(nodes: Iterable[onnx.NodeProto], sizes: dict[Any, tuple[int, int]]) -> tuple[int, int]:
    """Number of nodes and of bytes after calls are expanded."""
    n_nodes = n_bytes = 0
    for node in nodes:
        more_nodes, more_bytes = sizes.get(_key(node), (1, node.ByteSize()))
        n_nodes, n_bytes = n_nodes + more_nodes, n_bytes + more_bytes
    return n_nodes, n_bytes


def _key(node: onnx.NodeProto) -> tuple[str, str, str]:
    return node.domain, node.op_type, node.overload


def nested_nodes(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    """Nodes, and those in the subgraphs of control flow.

    Parameters
    ----------
    nodes : iterable of NodeProto
        Nodes of a graph or a function.

    Yields
    ------
    NodeProto
        Each node before the nodes in its subgraphs.
    """
    waiting = list(nodes)[::-1]
    while waiting:
        node = waiting.pop()
        yield node
        for attribute in node.attribute:
            for graph in (attribute.g, *attribute.graphs):
                waiting.extend(graph.node)
