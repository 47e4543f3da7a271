"""Reader and writer of NetworkX graphs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from functools import partial
from numbers import Real
from typing import Any, NamedTuple, NoReturn

import networkx as nx
import numpy as np
from networkx.classes.reportviews import NodeView
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._checked_columns import checked_columns
from fgp_sklearn.architectures._errors import ArchitectureError, CyclicArchitectureError
from fgp_sklearn.architectures._lacking_keys import known_of
from fgp_sklearn.architectures._messages import cycle_problem, named, shown
from fgp_sklearn.architectures._node_attributes import NodeAttributes, from_nodes
from fgp_sklearn.architectures._offsets import offsets
from fgp_sklearn.architectures._ops import code_ops, op_problem


class _Weighted(NamedTuple):
    """Stands for the number of parallel edges where an edge has a weight but no multiplicity."""

    weight: Any


class _Missing:
    """Type of the value that stands for a missing attribute."""


_MISSING = _Missing()
_MANY = 1e300  # a sum of smaller integers fits a float


class _Edges(NamedTuple):
    """Edges of all graphs, by positions of nodes in their graph."""

    source: list[int]
    target: list[int]
    multiplicity: list[Any]

    def add(self, graph: nx.DiGraph[Any]) -> int:
        """Add the edges of a graph, and return their number."""
        position = {node: i for i, node in enumerate(graph)}
        before = len(self.source)
        count_of = _parallel if graph.is_multigraph() else _multiplicity
        for node, successors in graph.adjacency():
            if successors:
                u = position[node]
                for successor, attributes in successors.items():
                    self.source.append(u)
                    self.target.append(position[successor])
                    self.multiplicity.append(count_of(attributes) if attributes else 1)
        return len(self.source) - before


def is_graph(item: Any) -> bool:
    """Whether an item of a sequence is a graph, directed or not."""
    return isinstance(item, nx.Graph)


def read_graphs(graphs: Sequence[nx.DiGraph[Any]], attributes: NodeAttributes) -> ArchitectureColumns:
    """Read a sequence of directed graphs.

    Parameters
    ----------
    graphs : sequence of networkx.DiGraph or networkx.MultiDiGraph
        Parallel edges of a multigraph are counted, and the edge attribute ``multiplicity`` is such a
        count. The meaning of an edge attribute ``weight`` is unknown. Without a ``multiplicity``, a
        weight other than 1 is therefore an error.
    attributes : NodeAttributes
        Node attributes that hold the operation and numbers.

    Returns
    -------
    ArchitectureColumns
        The architectures in the given order, nodes in the order of each graph.
    """
    nodes: list[dict[Any, Any]] = []
    edges = _Edges([], [], [])
    edge_counts: list[int] = []
    for index, graph in enumerate(graphs):
        if not graph.is_directed():
            raise ArchitectureError(
                "it is an undirected graph; give a networkx.DiGraph whose edges follow the data", index
            )
        nodes.extend(_data(graph))
        edge_counts.append(edges.add(graph))
    node_ptr, edge_ptr = offsets(np.array(list(map(len, graphs)))), offsets(np.array(edge_counts))
    ops = [node.get(attributes.op, _MISSING) for node in nodes]
    vocabulary, codes = code_ops(ops, node_ptr, partial(_op_problem_of, graphs, attributes.op))
    names = [str(graph.graph.get("name", "")) for graph in graphs]
    try:
        return checked_columns(
            ops=codes,
            edges=np.array([edges.source, edges.target], dtype=np.int64),
            node_ptr=node_ptr,
            edge_ptr=edge_ptr,
            vocabulary=vocabulary,
            multiplicity=_as_counts(edges.multiplicity, partial(_edge_name, graphs, edge_ptr, edges)),
            attributes=from_nodes(nodes, attributes, partial(_attribute_problem, graphs, node_ptr)),
            names=names if any(names) else None,
        )
    except CyclicArchitectureError as error:
        if error.index is None:
            raise
        cycle = [edge[0] for edge in nx.find_cycle(graphs[error.index])]
        raise CyclicArchitectureError(cycle_problem(cycle), error.index) from None


def write_graphs(columns: ArchitectureColumns, op_attr: str) -> list[nx.DiGraph[Any]]:
    """Write one graph per architecture; see `ArchitectureBatch.to_networkx`."""
    ops = np.array(columns.vocabulary, dtype=object)[columns.ops].tolist()
    known = known_of(columns)
    graphs = []
    for i in range(len(columns)):
        graph: nx.DiGraph[Any] = (
            nx.DiGraph() if columns.names is None else nx.DiGraph(name=str(columns.names[i]))
        )
        start, stop = columns.node_ptr[i : i + 2].tolist()
        graph.add_nodes_from((k, {op_attr: op}) for k, op in enumerate(ops[start:stop]))
        for name, column in columns.attributes.items():
            for k, number in enumerate(column[start:stop].tolist()):
                if number == number:  # NaN: the node has no such attribute
                    graph.nodes[k][name] = number
                elif (name, ops[start + k]) in known:
                    graph.nodes[k][name] = None
        edges = slice(*columns.edge_ptr[i : i + 2].tolist())
        pairs = columns.edges[:, edges].T.tolist()
        if columns.multiplicity is None:
            graph.add_edges_from(pairs)
        else:
            counts = columns.multiplicity[edges].tolist()
            graph.add_edges_from((u, v, {"multiplicity": m}) for (u, v), m in zip(pairs, counts, strict=True))
        graphs.append(graph)
    return graphs


def _data(graph: nx.DiGraph[Any]) -> list[dict[Any, Any]]:
    """Attributes of each node."""
    nodes: Any = NodeView(graph)  # graph.nodes would cache itself in the graph, and so change its hash
    return [attributes for _, attributes in nodes(data=True)]


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


def _op_problem_of(graphs: Sequence[nx.DiGraph[Any]], op_attr: Hashable, index: int, position: int) -> str:
    node = list(graphs[index])[position]
    attributes = graphs[index].nodes[node]
    if op_attr in attributes:
        return f"node {shown(node)} has {op_problem(attributes[op_attr])}"
    present = f"it has {named(attributes)}" if attributes else "it has no attributes"
    if any(op_attr in own for _, _, own in graphs[index].edges(data=True)):
        return (
            f"node {shown(node)} has no attribute {shown(op_attr)}, but edges have; turn operations on edges "
            f"into nodes first: fgp_sklearn.architectures.edges_to_nodes(graphs, op_attr={shown(op_attr)})"
        )
    return (
        f"node {shown(node)} has no attribute {shown(op_attr)} to name its operation ({present}); set it, "
        "or name another attribute with op_attr="
    )


def _edge_name(
    graphs: Sequence[nx.DiGraph[Any]], edge_ptr: NDArray[np.int64], edges: _Edges, edge: int
) -> tuple[str, int]:
    """Name of an edge, and the index of its graph, for messages."""
    index = int(np.searchsorted(edge_ptr, edge, side="right")) - 1
    nodes = list(graphs[index])
    return f"edge ({shown(nodes[edges.source[edge]])}, {shown(nodes[edges.target[edge]])})", index


def _as_counts(multiplicity: list[Any], name_of: Callable[[int], tuple[str, int]]) -> NDArray[np.float64]:
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
            name, index = name_of(edge)
            raise ArchitectureError(f"{name} has {_count_problem(count)}", index)
    return counts


def _count_problem(count: Any) -> str:
    if isinstance(count, _Weighted):
        return (
            f"weight {shown(count.weight)} and no multiplicity; if it counts parallel edges, name the "
            "attribute 'multiplicity', else delete it or give it another name"
        )
    return f"multiplicity {shown(count)}; give the number of parallel edges"


def _attribute_problem(
    graphs: Sequence[nx.DiGraph[Any]], node_ptr: NDArray[np.int64], node: int, problem: str
) -> NoReturn:
    index = int(np.searchsorted(node_ptr, node, side="right")) - 1
    name = list(graphs[index])[node - int(node_ptr[index])]
    raise ArchitectureError(f"node {shown(name)} has {problem}", index)
