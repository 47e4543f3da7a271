"""Reader of NetworkX graphs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from functools import partial
from numbers import Real
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
from networkx.classes.reportviews import NodeView
from numpy.typing import NDArray

from fgp_sklearn.architectures._batch import ArchitectureBatch, cycle_problem
from fgp_sklearn.architectures._columns import as_features, join_features
from fgp_sklearn.architectures._errors import ArchitectureError, CyclicArchitectureError
from fgp_sklearn.architectures._ops import code_ops, named, op_problem, shown


class _Weighted(NamedTuple):
    """Instead of the number of parallel edges of an edge that only has a weight."""

    weight: Any


class _Missing:
    """Type of the operation of a node that has none."""


_MISSING = _Missing()
_MANY = 1e300  # sums of integers below fit a float


def read_graphs(
    graphs: Sequence[nx.DiGraph[Any]], *, op_attr: Hashable = "op", feature_attr: Hashable | None = None
) -> ArchitectureBatch:
    """Read a sequence of directed graphs.

    Parameters
    ----------
    graphs : sequence of networkx.DiGraph or networkx.MultiDiGraph
        Parallel edges of a multigraph, and the edge attribute ``multiplicity``, are counted. An edge
        attribute ``weight`` may be such a number or not, so that one other than 1 is an error where
        ``multiplicity`` is missing.
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
    names: list[str] = []
    for index, graph in enumerate(graphs):
        if not graph.is_directed():
            raise ArchitectureError(
                "it is an undirected graph; give a networkx.DiGraph whose edges follow the data", index
            )
        nodes: Any = NodeView(graph)  # graph.nodes would cache itself in the graph and so change its hash
        ops.extend([op for _, op in nodes(data=op_attr, default=_MISSING)])
        position = {node: i for i, node in enumerate(graph)}
        before = len(source)
        count_of = _parallel if graph.is_multigraph() else _multiplicity
        for node, successors in graph.adjacency():
            if successors:
                u = position[node]
                for successor, attributes in successors.items():
                    source.append(u)
                    target.append(position[successor])
                    multiplicity.append(count_of(attributes) if attributes else 1)
        sizes.append(len(position))
        edge_counts.append(len(source) - before)
        names.append(str(graph.graph.get("name", "")))
    node_ptr = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    edge_ptr = np.concatenate([[0], np.cumsum(edge_counts, dtype=np.int64)])
    vocabulary, codes = code_ops(ops, node_ptr, partial(_explain_op, graphs, op_attr))
    try:
        return ArchitectureBatch(
            ops=codes,
            edges=np.array([source, target], dtype=np.int64),
            node_ptr=node_ptr,
            edge_ptr=edge_ptr,
            vocabulary=vocabulary,
            multiplicity=_as_counts(multiplicity, _edge_namer(graphs, edge_ptr, source, target)),
            node_features=None if feature_attr is None else _features_of(graphs, feature_attr),
            names=names if any(names) else None,
        )
    except CyclicArchitectureError as error:
        if error.index is None:
            raise
        cycle = [edge[0] for edge in nx.find_cycle(graphs[error.index])]
        raise CyclicArchitectureError(cycle_problem(cycle), error.index) from None


def _multiplicity(attributes: dict[str, Any]) -> Any:
    if "multiplicity" in attributes:
        return attributes["multiplicity"]
    weight: Any = attributes.get("weight", 1)
    return 1 if isinstance(weight, (Real, np.bool_)) and weight == 1 else _Weighted(weight)


def _parallel(edges: dict[Any, dict[str, Any]]) -> Any:
    counts = [_multiplicity(attributes) for attributes in edges.values()]
    for count in counts:
        number: Any = count
        if not (isinstance(count, Real) and 0 < number < _MANY):
            return count
    return sum(counts)


def _explain_op(graphs: Sequence[nx.DiGraph[Any]], op_attr: Hashable, index: int, position: int) -> str:
    node = list(graphs[index])[position]
    attributes = graphs[index].nodes[node]
    if op_attr in attributes:
        return f"node {shown(node)} has {op_problem(attributes[op_attr])}"
    present = f"it has {named(attributes)}" if attributes else "it has no attributes"
    return (
        f"node {shown(node)} has no attribute {shown(op_attr)} to name its operation ({present}); set it, "
        "or name another attribute with op_attr="
    )


def _edge_namer(
    graphs: Sequence[nx.DiGraph[Any]], edge_ptr: NDArray[np.int64], source: list[int], target: list[int]
) -> Callable[[int], tuple[str, int]]:
    """A function that names an edge, and the index of its graph, for messages."""

    def name(edge: int) -> tuple[str, int]:
        index = int(np.searchsorted(edge_ptr, edge, side="right")) - 1
        nodes = list(graphs[index])
        return f"edge ({shown(nodes[source[edge]])}, {shown(nodes[target[edge]])})", index

    return name


def _as_counts(multiplicity: list[Any], name: Callable[[int], tuple[str, int]]) -> NDArray[np.float64]:
    if set(map(type, multiplicity)) <= {int, float}:
        with suppress(OverflowError):
            counts = np.array(multiplicity, dtype=np.float64)
            if np.isfinite(counts).all():
                return counts
    counts = np.zeros(len(multiplicity))
    for edge, count in enumerate(multiplicity):
        try:
            counts[edge] = float(count) if isinstance(count, Real) else np.nan
        except OverflowError:
            counts[edge] = np.nan
        if not np.isfinite(counts[edge]):
            named_edge, index = name(edge)
            raise ArchitectureError(f"{named_edge} has {_count_problem(count)}", index)
    return counts


def _count_problem(count: Any) -> str:
    if isinstance(count, _Weighted):
        return (
            f"weight {shown(count.weight)} and no multiplicity; if it counts parallel edges, name the "
            "attribute 'multiplicity', else delete it or give it another name"
        )
    return f"multiplicity {shown(count)}; give the number of parallel edges"


def _features_of(graphs: Sequence[nx.DiGraph[Any]], feature_attr: Hashable) -> NDArray[np.float32] | None:
    matrices = []
    for index, graph in enumerate(graphs):
        nodes: Any = NodeView(graph)
        rows = dict(nodes(data=feature_attr, default=_MISSING))
        for node, row in rows.items():
            if row is _MISSING:
                raise ArchitectureError(
                    f"node {shown(node)} has no attribute {shown(feature_attr)} with its features; give "
                    "every node a list of numbers",
                    index,
                )
        matrices.append(as_features(list(rows.values()), len(rows), index))
    return join_features(matrices)
