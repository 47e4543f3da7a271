"""Where to draw the nodes and edges of one architecture: generations in columns, few crossings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._positions import as_position
from fgp_sklearn.architectures._simplify import living

FloatArray = NDArray[np.float64]

NULL_OPS = ("none", "zeroize", "zero")
RADIUS = 0.3

_COLUMN = 1.5  # from one generation to the next
_NODE, _LANE = 1.0, 0.6  # heights that a node and a passing edge take in their column
_MOST_LANES = 1000
_SWEEPS = 6


@dataclass(frozen=True, slots=True)
class Layout:
    """A drawing of one architecture, in units in which nodes are circles of radius `RADIUS`.

    Parameters
    ----------
    centres : ndarray of float of shape (n_nodes, 2)
        Where nodes are. The first coordinate grows with the generation.
    curves : list of ndarray of float of shape (3 * n_pieces + 1, 2)
        Each edge as cubic Bezier curves that join: knot, two control points, knot, and so on. It leaves
        and arrives horizontally.
    codes : ndarray of int of shape (n_nodes,)
        Operation of each node.
    multiplicity : ndarray of float of shape (n_edges,)
        Number of parallel edges that each edge stands for.
    nodes_alive : ndarray of bool of shape (n_nodes,)
        Which nodes carry flow.
    edges_alive : ndarray of bool of shape (n_edges,)
        Which edges do.
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
        """The lower and the upper corner of what is drawn."""
        points = np.concatenate([self.centres - RADIUS, self.centres + RADIUS, *self.curves])
        return points.min(axis=0), points.max(axis=0)

    def label(self, edge: int) -> tuple[FloatArray, str]:
        """A point beside the middle of an edge, and which end of a text put there is nearest to it.

        The second coordinate points downwards. The text ("start", "middle" or "end" of it) then stands
        above the edge and on the free side of its slope.
        """
        curve = self.curves[edge]
        start = 3 * ((len(curve) - 1) // 6)
        piece = curve[start : start + 4]
        slope = int(np.sign(np.round(piece[-1, 1] - piece[0, 1], 6)))
        point: FloatArray = np.array([1, 3, 3, 1]) @ piece / 8 + (0.08 * slope, -0.06)
        return point, {-1: "end", 0: "middle", 1: "start"}[slope]


def layout(batch: ArchitectureBatch, index: int, null_ops: frozenset[str]) -> Layout:
    """Lay out one architecture of a batch, after Sugiyama.

    An edge that skips generations gets a lane in each, so that it passes nodes by; columns are ordered
    by the mean height of their neighbours, and everything is moved to where lines are straight.

    Parameters
    ----------
    batch : ArchitectureBatch
        Architectures.
    index : int
        Which one.
    null_ops : frozenset of str
        Operations that carry no flow.

    Returns
    -------
    Layout
        Nodes and edges in the order of the batch.

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


def _routes(batch: ArchitectureBatch) -> tuple[NDArray[np.int64], list[list[int]]]:
    """Columns of the nodes and, after these, of the lanes; and for each edge what it goes through."""
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
    """Heights nearest to the wanted ones, which ascend, that leave each its room; lanes keep straight."""
    offset = np.cumsum(room) - room / 2
    weights = np.where(is_node, 1.0, 4.0)
    fitted: FloatArray = scipy.optimize.isotonic_regression(wanted - offset, weights=weights).x
    return fitted + offset


def _curve(points: FloatArray) -> FloatArray:
    """Bezier curves through points from left to right, horizontal at each, from node to node."""
    knots = points.copy()
    knots[0, 0] += RADIUS
    knots[-1, 0] -= RADIUS
    pieces = [knots[:1]]
    for start, end in pairwise(knots):
        reach = np.array([(end[0] - start[0]) / 2, 0.0])
        pieces.append(np.stack([start + reach, end - reach, end]))
    return np.concatenate(pieces)
