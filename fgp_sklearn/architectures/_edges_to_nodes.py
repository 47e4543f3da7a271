"""edges_to_nodes: graphs with operations on edges, as graphs with operations on nodes."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable
from typing import Any

import networkx as nx

from fgp_sklearn.architectures._errors import ArchitectureError, CyclicArchitectureError
from fgp_sklearn.architectures._messages import cycle_problem, named, shown

_MOST_EDGES = 1_000_000  # of one new graph: their number grows with the square of a node's degree


def edges_to_nodes(graphs: Iterable[nx.DiGraph[Any]], *, op_attr: Hashable = "op") -> list[nx.DiGraph[Any]]:
    """Turn operations on edges into nodes, as every function of this library expects them.

    Each edge becomes a node with its operation. An edge leads from the node of an edge ``(a, b)`` to the
    nodes of all edges ``(b, c)``. A node without predecessors becomes a node ``"input"`` before the edges
    that leave it, and a node without successors a node ``"output"`` after those that enter it. A node that
    has an operation itself keeps it. All other nodes vanish: what enters them is summed up.

    Parameters
    ----------
    graphs : sequence of networkx.DiGraph or networkx.MultiDiGraph
        Acyclic graphs whose edges have operations. Parallel edges of a multigraph become one node each.
    op_attr : hashable, default="op"
        Edge attribute that holds the operation. Nodes of the new graphs have it too.

    Returns
    -------
    list of networkx.DiGraph
        New graphs with nodes 0 to n - 1. Edges come in topological order of their targets, then of their
        sources. Other attributes of edges become attributes of their nodes.

    Raises
    ------
    ArchitectureError
        If an edge has no operation, a node has neither edges nor an operation, or a graph is undirected or
        has a cycle. The message gives the index of the graph.

    Warns
    -----
    UserWarning
        If nodes that vanish have attributes.

    See Also
    --------
    as_batch : Reads the new graphs.

    Examples
    --------
    >>> import networkx as nx
    >>> from fgp_sklearn.architectures import as_batch, edges_to_nodes
    >>> cell = nx.MultiDiGraph()
    >>> _ = cell.add_edge("stem", "sum", op="conv3x3")
    >>> _ = cell.add_edge("stem", "sum", op="conv1x1")
    >>> _ = cell.add_edge("sum", "head", op="pool")
    >>> as_batch(edges_to_nodes([cell]))[0].ops
    ('input', 'conv3x3', 'conv1x1', 'pool', 'output')
    """
    if isinstance(graphs, nx.Graph) or not isinstance(graphs, Iterable):
        raise ArchitectureError(
            f"expected a sequence of graphs, got {type(graphs).__name__}; wrap it: [graph]"
        )
    dropped: set[str] = set()
    made = [_converted(graph, op_attr, index, dropped) for index, graph in enumerate(graphs)]
    if dropped:
        warnings.warn(
            f"nodes without an operation vanish, and with them their attributes: {named(sorted(dropped))}. "
            "Move those that matter to the edges",
            UserWarning,
            stacklevel=2,
        )
    return made


def _converted(graph: Any, op_attr: Hashable, index: int, dropped: set[str]) -> nx.DiGraph[Any]:
    _check(graph, op_attr, index)
    order = _positions(graph, index)
    kept = {node: op for node in graph if (op := _kept_op(graph, node, op_attr)) is not None}
    dropped.update(str(name) for node in graph if node not in kept for name in graph.nodes[node])
    edges = list(graph.edges(data=True))
    # A kept node comes after all edges that enter it.
    units: list[tuple[int, int, dict[Any, Any]]] = [(order[v], order[u], own) for u, v, own in edges]
    units += [(order[v], len(graph), {**graph.nodes[v], op_attr: op}) for v, op in kept.items()]
    places = sorted(range(len(units)), key=lambda unit: units[unit][:2])
    number_of = {unit: number for number, unit in enumerate(places)}
    made: nx.DiGraph[Any] = nx.DiGraph(**graph.graph)
    made.add_nodes_from((number, dict(units[unit][2])) for number, unit in enumerate(places))
    leaving: dict[Any, list[int]] = {node: [] for node in graph}
    for unit, (source, _, _) in enumerate(edges):
        leaving[source].append(number_of[unit])
    after = dict(leaving)
    for unit, node in enumerate(kept, start=len(edges)):
        made.add_edges_from((number_of[unit], successor) for successor in leaving[node])
        after[node] = [number_of[unit]]
    for unit, (_, target, _) in enumerate(edges):
        made.add_edges_from((number_of[unit], successor) for successor in after[target])
    return made


def _kept_op(graph: Any, node: Any, op_attr: Hashable) -> Any:
    """Operation of a node of the new graph; None for a node that vanishes."""
    if op_attr in graph.nodes[node]:
        return graph.nodes[node][op_attr]
    return "input" if not graph.in_degree(node) else None if graph.out_degree(node) else "output"


def _check(graph: Any, op_attr: Hashable, index: int) -> None:
    problem = _problem(graph, op_attr)
    if problem is not None:
        raise ArchitectureError(problem, index)


def _problem(graph: Any, op_attr: Hashable) -> str | None:
    """Message for a graph that cannot be converted."""
    if not isinstance(graph, (nx.DiGraph, nx.MultiDiGraph)):
        kind = type(graph).__name__
        return f"it is {kind}; give a networkx.DiGraph or MultiDiGraph whose edges follow the data"
    if not graph:
        return "it has no nodes; leave it out"
    for node in graph:
        if not graph.degree(node) and op_attr not in graph.nodes[node]:
            return f"node {shown(node)} has neither edges nor {shown(op_attr)}; remove it"
    for source, target, own in graph.edges(data=True):
        name = f"edge ({shown(source)}, {shown(target)})"
        if own.get(op_attr) is None:
            present = f"it has {named(own)}" if own else "it has no attributes"
            return (
                f"{name} has no attribute {shown(op_attr)} to name its operation ({present}); set it, or "
                "name another attribute with op_attr="
            )
        if own.get("multiplicity", 1) != 1:
            counted = f"{name} has multiplicity {shown(own['multiplicity'])}"
            return f"{counted}; give a MultiDiGraph with parallel edges"
    n_edges = sum(graph.in_degree(node) * graph.out_degree(node) for node in graph)
    if n_edges <= _MOST_EDGES:
        return None
    return (
        f"its operations would have {n_edges:,} edges, where at most {_MOST_EDGES:,} are made; put "
        "operations such as 'sum' on nodes where many edges meet"
    )


def _positions(graph: Any, index: int) -> dict[Any, int]:
    """Position of each node in a topological order."""
    try:
        return {node: position for position, node in enumerate(nx.topological_sort(graph))}
    except nx.NetworkXUnfeasible:
        cycle = [edge[0] for edge in nx.find_cycle(graph)]
        raise CyclicArchitectureError(cycle_problem(cycle), index) from None
