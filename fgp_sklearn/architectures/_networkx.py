"""Reader of NetworkX graphs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import networkx as nx
import numpy as np

from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._ops import code_ops

_MISSING = object()


def read_graphs(
    graphs: Sequence[nx.DiGraph], *, op_attr: Hashable = "op", feature_attr: Hashable | None = None
) -> ArchitectureBatch:
    """Read a sequence of directed graphs.

    Parameters
    ----------
    graphs : sequence of networkx.DiGraph or networkx.MultiDiGraph
        Parallel edges of a multigraph, and the edge attribute ``multiplicity``, are counted.
    op_attr : hashable, default="op"
        Node attribute that holds the operation.
    feature_attr : hashable, optional
        Node attribute that holds a sequence of numbers.

    Returns
    -------
    ArchitectureBatch
        The architectures in the given order, nodes in the order of each graph.
    """
    sizes: list[int] = []
    edge_counts: list[int] = []
    ops: list[Any] = []
    source: list[int] = []
    target: list[int] = []
    multiplicity: list[Any] = []
    features: list[Any] = []
    names: list[str] = []
    for index, graph in enumerate(graphs):
        if not graph.is_directed():
            raise ArchitectureError(
                "it is an undirected graph; give a networkx.DiGraph whose edges follow the data", index
            )
        own_ops = [op for _, op in graph.nodes(data=op_attr, default=_MISSING)]
        if _MISSING in own_ops:
            _raise_missing_op(graph, op_attr, index)
        position = {node: i for i, node in enumerate(graph)}
        before = len(source)
        is_multigraph = graph.is_multigraph()
        for node, successors in graph.adjacency():
            if successors:
                u = position[node]
                for successor, attributes in successors.items():
                    source.append(u)
                    target.append(position[successor])
                    if is_multigraph:
                        multiplicity.append(len(attributes))
                    else:
                        multiplicity.append(attributes.get("multiplicity", 1) if attributes else 1)
        sizes.append(len(own_ops))
        edge_counts.append(len(source) - before)
        ops.extend(own_ops)
        names.append(str(graph.graph.get("name", "")))
        if feature_attr is not None:
            features.append(_features_of(graph, feature_attr, index))
    node_ptr = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    edge_ptr = np.concatenate([[0], np.cumsum(edge_counts, dtype=np.int64)])
    vocabulary, codes = code_ops(ops, node_ptr)
    return ArchitectureBatch(
        ops=codes,
        edges=np.array([source, target], dtype=np.int64),
        node_ptr=node_ptr,
        edge_ptr=edge_ptr,
        vocabulary=vocabulary,
        multiplicity=_as_counts(multiplicity, edge_ptr),
        node_features=_joined(features) if feature_attr is not None else None,
        names=names if any(names) else None,
    )


def _raise_missing_op(graph: nx.DiGraph, op_attr: Hashable, index: int) -> None:
    node, attributes = next((n, d) for n, d in graph.nodes(data=True) if op_attr not in d)
    present = f"it has {', '.join(map(repr, attributes))}" if attributes else "it has no attributes"
    raise ArchitectureError(
        f"node {node!r} has no attribute {op_attr!r} to name its operation ({present}); set it, or name "
        "another attribute with op_attr=",
        index,
    )


def _as_counts(multiplicity: list[Any], edge_ptr: Any) -> Any:
    try:
        return np.array(multiplicity, dtype=np.float64)
    except (ValueError, TypeError):
        for edge, count in enumerate(multiplicity):
            if not isinstance(count, (int, float, np.number)):
                raise ArchitectureError(
                    f"edge attribute 'multiplicity' is {count!r}; it counts parallel edges",
                    int(np.searchsorted(edge_ptr, edge, side="right")) - 1,
                ) from None
        raise


def _features_of(graph: nx.DiGraph, feature_attr: Hashable, index: int) -> Any:
    rows = [row for _, row in graph.nodes(data=feature_attr)]
    try:
        matrix = np.array(rows, dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise ArchitectureError(
            f"its nodes must all have {feature_attr!r}, a list of numbers of one length", index
        ) from error
    if len(rows) and (matrix.ndim != 2 or not matrix.shape[1]):
        raise ArchitectureError(
            f"its nodes must all have {feature_attr!r}, a list of numbers of one length", index
        )
    return matrix


def _joined(features: list[Any]) -> Any:
    widths = [matrix.shape[1] if matrix.ndim == 2 else -1 for matrix in features]
    for index, width in enumerate(widths):
        if width not in (widths[0], -1):
            raise ArchitectureError(
                f"its nodes have {width} features where architecture 0 has {widths[0]}", index
            )
    filled = [matrix for matrix in features if matrix.ndim == 2]
    return np.concatenate(filled) if filled else None
