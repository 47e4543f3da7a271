"""What computes in an architecture: nothing dead, no identities."""

from __future__ import annotations

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order

from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._columns import offsets, ranges
from fgp_sklearn.architectures._errors import ArchitectureError

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def consists_of_chains(batch: ArchitectureBatch) -> bool:
    """Tell whether no node of any architecture has more than one predecessor or successor.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.

    Returns
    -------
    bool
        As of macro search spaces, whose architectures are whole networks.
    """
    return bool((batch.in_degree <= 1).all() and (batch.out_degree <= 1).all())


def functional_graph(
    batch: ArchitectureBatch, *, null_ops: frozenset[str], identity_ops: frozenset[str]
) -> ArchitectureBatch:
    """Reduce architectures to what computes: cut null operations, drop the dead, contract identities.

    1. Edges from and to null operations are cut.
    2. Nodes that then lie on no path from a source to a sink of the given architecture are removed.
       An isolated node is a source and a sink. Where nothing is left, the architecture keeps its
       sources and sinks without edges, those that are not null if there are any.
    3. An identity that is neither source nor sink is replaced by edges from each predecessor to
       each successor; parallel edges are counted in the multiplicity.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures; their multiplicities are honoured.
    null_ops : frozenset of str
        Operations that output zeros whatever they receive.
    identity_ops : frozenset of str
        Operations that output what they receive.

    Returns
    -------
    ArchitectureBatch
        As many architectures in the same order, with the remaining nodes in the same order and the
        same vocabulary; the given object if nothing changes. Doing it twice changes nothing more.

    Raises
    ------
    ArchitectureError
        If contraction makes more parallel edges than a float64 can count.

    Examples
    --------
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.architectures._simplify import functional_graph
    >>> adjacency = [[0, 1, 1, 1], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
    >>> batch = as_batch([(adjacency, ["input", "none", "skip", "output"])])
    >>> functional = functional_graph(
    ...     batch, null_ops=frozenset({"none"}), identity_ops=frozenset({"skip"}))
    >>> functional[0].ops, functional.edges.tolist(), functional.multiplicity
    (('input', 'output'), [[0], [1]], array([2.]))
    """
    kept, edge_kept = living(batch, null_ops)
    is_inner = (batch.in_degree > 0) & (batch.out_degree > 0)
    identities = kept & is_inner & _has_op(batch, identity_ops)
    if kept.all() and edge_kept.all() and not identities.any():
        return batch
    source, target = batch.flat_edges
    counts = np.ones(len(source)) if batch.multiplicity is None else batch.multiplicity
    edges = source[edge_kept], target[edge_kept], counts[edge_kept]
    if identities.any():
        edges = _contract(batch, identities, *edges)
    return _rebuilt(batch, kept & ~identities, *edges)


def living(batch: ArchitectureBatch, null_ops: frozenset[str]) -> tuple[BoolArray, BoolArray]:
    """Tell what is left once null operations are cut: the first two steps of `functional_graph`.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.
    null_ops : frozenset of str
        Operations that output zeros whatever they receive.

    Returns
    -------
    nodes : ndarray of bool of shape (total_nodes,)
        Nodes that are kept. What is null and kept is an end of an architecture without flow.
    edges : ndarray of bool of shape (total_edges,)
        Edges that are kept.

    Examples
    --------
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.architectures._simplify import living
    >>> adjacency = [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
    >>> batch = as_batch([(adjacency, ["input", "none", "conv", "output"])])
    >>> nodes, edges = living(batch, frozenset({"none"}))
    >>> nodes.tolist(), edges.tolist()
    ([True, False, True, True], [False, True, False, True])
    """
    is_null = _has_op(batch, null_ops)
    source, target = batch.flat_edges
    if not is_null.any():
        return np.ones(len(batch.ops), dtype=bool), np.ones(len(source), dtype=bool)
    nodes = _living(batch, is_null)
    return nodes, nodes[source] & nodes[target] & ~(is_null[source] | is_null[target])


def _has_op(batch: ArchitectureBatch, names: frozenset[str]) -> BoolArray:
    return np.array([op in names for op in batch.vocabulary], dtype=bool)[batch.ops]


def _living(batch: ArchitectureBatch, is_null: BoolArray) -> BoolArray:
    """Nodes on a source-to-sink path that avoids null operations, or all there is to keep."""
    is_source, is_sink = batch.in_degree == 0, batch.out_degree == 0
    source, target = batch.flat_edges
    passes = ~(is_null[source] | is_null[target])
    source, target = source[passes], target[passes]
    alive = _reached(source, target, is_source & ~is_null) & _reached(target, source, is_sink & ~is_null)
    for fallback in (~is_null, np.ones_like(is_null)):
        has_none = ~np.logical_or.reduceat(alive, batch.node_ptr[:-1])
        if not has_none.any():
            break
        alive |= has_none[batch.node_owner] & fallback & (is_source | is_sink)
    return alive


def _reached(source: IntArray, target: IntArray, starts: BoolArray) -> BoolArray:
    """Nodes that can be reached from `starts`, these included."""
    root = len(starts)
    first = np.flatnonzero(starts)
    tail, head = np.append(source, np.full(len(first), root)), np.append(target, first)
    graph = scipy.sparse.csr_array(
        (np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(root + 1, root + 1)
    )
    reached = np.zeros(root + 1, dtype=bool)
    reached[breadth_first_order(graph, root, return_predecessors=False)] = True
    return reached[:root]


def _contract(
    batch: ArchitectureBatch,
    identities: BoolArray,
    source: IntArray,
    target: IntArray,
    counts: FloatArray,
) -> tuple[IntArray, IntArray, FloatArray]:
    """Bypass identities, in each round those that no other identity precedes."""
    n_nodes = len(identities)
    waiting = identities.copy()
    while waiting.any():
        layer = waiting.copy()
        layer[target[waiting[source]]] = False
        entering, leaving = np.flatnonzero(layer[target]), np.flatnonzero(layer[source])
        fan_out = np.bincount(source[leaving], minlength=n_nodes)
        first = offsets(fan_out)
        repeats = fan_out[target[entering]]
        left = np.repeat(entering, repeats)
        right = leaving[ranges(first[target[entering]], repeats)]
        with np.errstate(over="ignore"):
            bypassing = counts[left] * counts[right]
        stays = ~(layer[source] | layer[target])
        source, target, counts = _merged(
            n_nodes,
            np.append(source[stays], source[left]),
            np.append(target[stays], target[right]),
            np.append(counts[stays], bypassing),
        )
        waiting &= ~layer
    if not np.isfinite(counts).all():
        edge = int(np.argmax(~np.isfinite(counts)))
        raise ArchitectureError(
            f"contracting identities makes more than {np.finfo(np.float64).max:.1e} parallel edges; "
            "leave identity operations in (identity_ops=())",
            int(batch.node_owner[source[edge]]),
        )
    return source, target, counts


def _merged(
    n_nodes: int, source: IntArray, target: IntArray, counts: FloatArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Edges sorted by source and target, parallel ones added up."""
    key = source * n_nodes + target
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    with np.errstate(over="ignore"):
        total = np.add.reduceat(counts[order], first) if len(first) else counts
    return key[first] // n_nodes, key[first] % n_nodes, total


def _rebuilt(
    batch: ArchitectureBatch, kept: BoolArray, source: IntArray, target: IntArray, counts: FloatArray
) -> ArchitectureBatch:
    """The batch with only the nodes `kept` and the given edges, sorted, between positions in it."""
    new_position = np.zeros(len(kept) + 1, dtype=np.int64)
    np.cumsum(kept, out=new_position[1:])
    node_ptr = new_position[batch.node_ptr]
    flat = np.stack([source, target])
    edges = new_position[flat] - node_ptr[batch.node_owner[source]]
    return ArchitectureBatch._trusted(
        ops=batch.ops[kept],
        edges=edges.astype(np.int32),
        node_ptr=node_ptr,
        edge_ptr=np.searchsorted(source, batch.node_ptr),
        vocabulary=batch.vocabulary,
        multiplicity=None if bool((counts == 1).all()) else counts,
        node_features=None if batch.node_features is None else batch.node_features[kept],
        names=batch.names,
    )
