"""Layered layout of one architecture, with one column per topological generation and few crossings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._positions import as_position
from fgp_sklearn.architectures._simplify import living

FloatArray = NDArray[np.float64]

RADIUS = 0.3

_COLUMN = 1.5  # distance from one generation to the next
_NODE, _LANE = 1.0, 0.6  # heights of a node and of a passing edge in their column
_MOST_LANES = 1000
_SWEEPS = 6


@dataclass(frozen=True, slots=True)
class Layout:
    """Coordinates of the nodes and edges of one architecture.

    Nodes are circles of radius `RADIUS`, in the units of the coordinates.

    Parameters
    ----------
    centres : ndarray of float of shape (n_nodes, 2)
        Centre of each node. The first coordinate grows with the generation.
    curves : list of ndarray of float of shape (3 * n_pieces + 1, 2)
        Each edge as joined cubic Bezier curves: knot, two control points, knot, and so on. Edges are
        horizontal at both ends.
    codes : ndarray of int of shape (n_nodes,)
        Operation code of each node.
    multiplicity : ndarray of float of shape (n_edges,)
        Number of parallel edges that each edge stands for.
    nodes_alive : ndarray of bool of shape (n_nodes,)
        Whether each node carries flow.
    edges_alive : ndarray of bool of shape (n_edges,)
        Whether each edge carries flow.
    """

    centres: FloatArray
    curves: list[FloatArray]
    codes: NDArray[np.int32]
    multiplicity: FloatArray
    nodes_alive: NDArray[np.bool_]
    edges_alive: NDArray[np.bool_]

    @property
    def has_dead_parts(self) -> bool:
        """Whether any node or edge carries no flow."""
        return not (self.nodes_alive.all() and self.edges_alive.all())

    def box(self) -> tuple[FloatArray, FloatArray]:
        """Lower and upper corner of the bounding box of the drawing."""
        points = np.concatenate([self.centres - RADIUS, self.centres + RADIUS, *self.curves])
        return points.min(axis=0), points.max(axis=0)

    def label(self, edge: int) -> tuple[FloatArray, str]:
        """Position of the label of an edge, and text anchor: "start", "middle" or "end".

        The position is beside the middle of the edge. With the second coordinate pointing downwards, the
        anchor puts the text above the edge, on the free side of its slope.
        """
        curve = self.curves[edge]
        start = 3 * ((len(curve) - 1) // 6)
        piece = curve[start : start + 4]
        slope = int(np.sign(np.round(piece[-1, 1] - piece[0, 1], 6)))
        point: FloatArray = np.array([1, 3, 3, 1]) @ piece / 8 + (0.08 * slope, -0.06)
        return point, {-1: "end", 0: "middle", 1: "start"}[slope]


def layout(batch: ArchitectureColumns, index: int, null_ops: frozenset[str]) -> Layout:
    """Compute a layered layout of one architecture of a batch, after Sugiyama.

    An edge that skips generations gets a lane in each of them, so that it does not cross nodes. Nodes and
    lanes of a column are ordered by the mean height of their neighbours. Their heights are then chosen such
    that edges are as straight as possible.

    Parameters
    ----------
    batch : ArchitectureBatch
        Architectures.
    index : int
        Position of the architecture.
    null_ops : frozenset of str
        Operations that carry no flow.

    Returns
    -------
    Layout
        Layout with nodes and edges in the order of the batch.

    References
    ----------
    Sugiyama, Tagawa, Toda, "Methods for Visual Understanding of Hierarchical System Structures", IEEE
    Transactions on Systems, Man, and Cybernetics 11(2), 1981.

    Examples
    --------
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.architectures._layout import layout
    >>> batch = as_batch([([[0, 1, 1], [0, 0, 1], [0, 0, 0]], ["input", "conv", "output"])])
    >>> layout(batch, 0, frozenset()).centres[:, 0].tolist()
    [0.0, 1.5, 3.0]
    """
    batch = batch.take([as_position(index, len(batch))])
    nodes_alive, edges_alive = living(batch, null_ops)
    column, routes = _routes(batch)
    height = _heights(column, routes, n_nodes=len(batch.ops))
    points = np.stack([_COLUMN * column, height], axis=1)
    return Layout(
        centres=points[: len(batch.ops)],
        curves=[_curve(points[route]) for route in routes],
        codes=batch.ops,
        multiplicity=np.ones(batch.edges.shape[1]) if batch.multiplicity is None else batch.multiplicity,
        nodes_alive=nodes_alive,
        edges_alive=edges_alive,
    )


def _routes(batch: ArchitectureColumns) -> tuple[NDArray[np.int64], list[list[int]]]:
    """Columns of all nodes and lanes (nodes first), and the nodes and lanes on the route of each edge."""
    generation = batch.generation
    n_lanes = int((np.diff(generation[batch.edges], axis=0) - 1).sum())
    columns = generation.tolist()
    routes = []
    for source, target in batch.edges.T.tolist():
        crossed = range(columns[source] + 1, columns[target]) if n_lanes <= _MOST_LANES else range(0)
        routes.append([source, *range(len(columns), len(columns) + len(crossed)), target])
        columns.extend(crossed)
    return np.array(columns, dtype=np.int64), routes


def _heights(column: NDArray[np.int64], routes: list[list[int]], n_nodes: int) -> FloatArray:
    """Height of each node and lane."""
    before: list[list[int]] = [[] for _ in column]
    after: list[list[int]] = [[] for _ in column]
    for route in routes:
        for source, target in pairwise(route):
            before[target].append(source)
            after[source].append(target)
    is_node = np.arange(len(column)) < n_nodes
    room = np.where(is_node, _NODE, _LANE)
    columns = [np.flatnonzero(column == c) for c in range(int(column.max()) + 1)]
    height = np.zeros(len(column))
    for members in columns:
        height[members] = _spread(np.zeros(len(members)), room[members], is_node[members])
    for sweep in range(_SWEEPS):
        neighbours, order = (before, columns) if sweep % 2 == 0 else (after, columns[::-1])
        for members in order:
            wanted = np.array([height[neighbours[i]].mean() if neighbours[i] else height[i] for i in members])
            ranking = np.lexsort((height[members], wanted))
            members, wanted = members[ranking], wanted[ranking]
            height[members] = _spread(wanted, room[members], is_node[members])
    return height


def _spread(wanted: FloatArray, room: FloatArray, is_node: NDArray[np.bool_]) -> FloatArray:
    """Heights closest to the ascending wanted heights that leave enough room between neighbours.

    Lanes have larger weights than nodes, so that long edges are straight.
    """
    offset = np.cumsum(room) - room / 2
    weights = np.where(is_node, 1.0, 4.0)
    fitted: FloatArray = scipy.optimize.isotonic_regression(wanted - offset, weights=weights).x
    return fitted + offset


def _curve(points: FloatArray) -> FloatArray:
    """Bezier curves through points from left to right, horizontal at each point.

    The curve starts and ends at the circles of the first and the last node.
    """
    knots = points.copy()
    knots[0, 0] += RADIUS
    knots[-1, 0] -= RADIUS
    pieces = [knots[:1]]
    for start, end in pairwise(knots):
        reach = np.array([(end[0] - start[0]) / 2, 0.0])
        pieces.append(np.stack([start + reach, end - reach, end]))
    return np.concatenate(pieces)
