"""Functional graphs: architectures without null operations, dead nodes and identities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns, unless_single
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._offsets import offsets, ranges
from fgp_sklearn.architectures._ops import is_among, op_names
from fgp_sklearn.architectures._roles import Role, role_of

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

Batch = TypeVar("Batch", bound=ArchitectureColumns)


def consists_of_chains(batch: ArchitectureColumns) -> bool:
    """Whether no node that computes has more than one predecessor or successor.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.

    Returns
    -------
    bool
        True for many macro search spaces, whose architectures are whole networks.
    """
    batch = without_dead(batch, ())
    return bool((batch.in_degree <= 1).all() and (batch.out_degree <= 1).all())


def functional_graph(batch: Batch, *, null_ops: frozenset[str], identity_ops: frozenset[str]) -> Batch:
    """Reduce architectures to the nodes that compute.

    1. Edges from and to null operations are removed.
    2. Nodes that then lie on no path between the ends of the given architecture (see `ends_of`) are
       removed. If no node remains, the architecture keeps its ends without edges. If some ends are not
       null, it keeps only those.
    3. Each identity that is not an end is replaced by edges from each predecessor to each successor.
       Parallel edges are counted in the multiplicity.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures. Their multiplicities are taken into account.
    null_ops : frozenset of str
        Operations whose output is zero for any input.
    identity_ops : frozenset of str
        Operations whose output equals their input.

    Returns
    -------
    ArchitectureBatch
        The same number of architectures with the same vocabulary; if `GraphTensorizer` made the vocabulary,
        without the operations that are removed. Architectures and remaining nodes keep
        their order. The given object is returned if nothing changes. A second application changes nothing.

    Raises
    ------
    ArchitectureError
        If contraction makes more parallel edges than the largest float64.

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
    identities = _by_op(
        batch, [is_among(op, identity_ops) and role_of(op) is None for op in batch.vocabulary]
    )
    if identities.any():  # a kept identity with neighbours on both sides is not an end
        identities &= kept & (batch.in_degree > 0) & (batch.out_degree > 0)
    if kept.all() and edge_kept.all() and not identities.any():
        return _without_removed(batch, null_ops | identity_ops)
    source, target = batch.flat_edges
    counts = np.ones(len(source)) if batch.multiplicity is None else batch.multiplicity
    edges = source[edge_kept], target[edge_kept], counts[edge_kept]
    if identities.any():
        edges = _contract(batch, identities, *edges)
    return _without_removed(_rebuilt(batch, kept & ~identities, *edges), null_ops | identity_ops)


def _without_removed(batch: Batch, removed: frozenset[str]) -> Batch:
    """The batch with a vocabulary that, if it is fixed, names no operation that was removed everywhere."""
    if not batch.vocabulary_is_fixed or not any(is_among(op, removed) for op in batch.vocabulary):
        return batch
    counts = np.bincount(batch.ops, minlength=len(batch.vocabulary)).tolist()
    present = zip(batch.vocabulary, counts, strict=True)
    return batch.recode([op for op, n_nodes in present if n_nodes or not is_among(op, removed)])


def without_dead(batch: Batch, null_ops: Iterable[Any] | None) -> Batch:
    """Remove nodes that do not compute, but keep identities, as transformers do with their `null_ops`.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.
    null_ops : iterable of str or int, or None
        Operations whose output is zero, as given by the user. If None, nothing is removed.

    Returns
    -------
    ArchitectureBatch
        The result of `functional_graph` without identities. The given object if nothing changes.
    """
    if null_ops is None:
        return batch
    return functional_graph(batch, null_ops=op_names(null_ops), identity_ops=frozenset())


def ends_of(batch: ArchitectureColumns) -> tuple[BoolArray, BoolArray]:
    """Find the nodes where data enters each architecture and where it leaves.

    If an architecture has nodes with the role of an input (see `role_of`), data enters at these nodes only.
    Otherwise it enters at every source (node without predecessors) that is not an output. If it has nodes
    with the role of an output, data leaves at these nodes only. Otherwise data leaves at every sink (node
    without successors) that is not an input. A single node without a role is both.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.

    Returns
    -------
    starts : ndarray of bool of shape (total_nodes,)
        Where data enters.
    stops : ndarray of bool of shape (total_nodes,)
        Where data leaves. Each architecture has at least one node where data enters or leaves.

    Examples
    --------
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.architectures._simplify import ends_of
    >>> adjacency = [[0, 1, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
    >>> batch = as_batch([(adjacency, ["input", "conv", "conv", "output"]), (adjacency, list("abcd"))])
    >>> starts, stops = ends_of(batch)
    >>> stops.tolist()
    [False, False, False, True, False, False, True, True]
    """
    is_input, is_output = _has_role(batch, "input"), _has_role(batch, "output")
    return (
        _in_role_or(is_input, (batch.in_degree == 0) & ~is_output, batch),
        _in_role_or(is_output, (batch.out_degree == 0) & ~is_input, batch),
    )


def _has_role(batch: ArchitectureColumns, role: Role) -> BoolArray:
    return _by_op(batch, [role_of(op) == role for op in batch.vocabulary])


def _in_role_or(in_role: BoolArray, otherwise: BoolArray, batch: ArchitectureColumns) -> BoolArray:
    """Nodes with a role; in architectures without such nodes, those of `otherwise`."""
    if not in_role.any():
        return otherwise
    has_any = np.logical_or.reduceat(in_role, batch.node_ptr[:-1])
    return in_role if has_any.all() else np.where(has_any[batch.node_owner], in_role, otherwise)


def living(batch: ArchitectureColumns, null_ops: frozenset[str]) -> tuple[BoolArray, BoolArray]:
    """Find what remains after the first two steps of `functional_graph`.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.
    null_ops : frozenset of str
        Operations whose output is zero for any input.

    Returns
    -------
    nodes : ndarray of bool of shape (total_nodes,)
        Nodes that are kept. Null nodes are kept only as the ends of architectures without flow.
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
    if not is_null.any() and _ends_only_in_roles(batch):
        return np.ones(len(batch.ops), dtype=bool), np.ones(batch.edges.shape[1], dtype=bool)
    starts, stops = ends_of(batch)
    source, target = batch.flat_edges
    passes = ~(is_null[source] | is_null[target])
    forward, backward = (source[passes], target[passes]), (target[passes], source[passes])
    alive = _reached(*forward, starts & ~is_null) & _reached(*backward, stops & ~is_null)
    return _with_ends(batch, alive, starts | stops, is_null), passes & alive[source] & alive[target]


def _has_op(batch: ArchitectureColumns, names: frozenset[str]) -> BoolArray:
    return _by_op(batch, [is_among(op, names) for op in batch.vocabulary])


def _by_op(batch: ArchitectureColumns, of_op: list[bool]) -> BoolArray:
    if not any(of_op):
        return np.zeros(len(batch.ops), dtype=bool)
    return np.array(of_op, dtype=bool)[batch.ops]


def _ends_only_in_roles(batch: ArchitectureColumns) -> bool:
    """Whether roles and degrees alone show that every node lies on a path between ends."""
    roles = [role_of(op) for op in batch.vocabulary]
    if not any(roles):
        return True
    ends: tuple[tuple[Role, IntArray], ...] = (("input", batch.in_degree), ("output", batch.out_degree))
    return all(
        np.array([found == role for found in roles])[batch.ops[degree == 0]].all() for role, degree in ends
    )


def _with_ends(
    batch: ArchitectureColumns, alive: BoolArray, is_end: BoolArray, is_null: BoolArray
) -> BoolArray:
    """Living nodes; in architectures without any, the ends that are not null, or else all ends."""
    kept = alive
    for candidates in (is_end & ~is_null, is_end):
        has_none = ~np.logical_or.reduceat(kept, batch.node_ptr[:-1])
        if not has_none.any():
            break
        kept = kept | (has_none[batch.node_owner] & candidates)
    return kept


def _reached(source: IntArray, target: IntArray, starts: BoolArray) -> BoolArray:
    """Nodes that can be reached from `starts`, including `starts`."""
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
    batch: ArchitectureColumns,
    identities: BoolArray,
    source: IntArray,
    target: IntArray,
    counts: FloatArray,
) -> tuple[IntArray, IntArray, FloatArray]:
    """Replace identities by edges, in rounds in which no two replaced identities are adjacent."""
    n_nodes = len(identities)
    waiting = identities.copy()
    while waiting.any():
        layer = _independent(waiting, source, target)
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
            "keep identity operations (identity_ops=())",
            int(batch.node_owner[source[edge]]),
        )
    return source, target, counts


def _independent(waiting: BoolArray, source: IntArray, target: IntArray) -> BoolArray:
    """Identities to replace in one round, no two of them adjacent.

    These are the identities without an identity as predecessor. Some identities with one edge in and one
    edge out are added, so that a long chain of identities takes few rounds. Their replacement makes no more
    edges than it removes.
    """
    both = waiting[source] & waiting[target]
    before, behind = source[both], target[both]
    layer = waiting.copy()
    layer[behind] = False
    if not len(behind):
        return layer
    n_nodes = len(waiting)
    links = waiting & (np.bincount(source, minlength=n_nodes) == 1)
    links &= np.bincount(target, minlength=n_nodes) == 1
    links[behind[layer[before]]] = False
    in_pairs = links[before] & links[behind]
    before, behind = before[in_pairs], behind[in_pairs]
    priority = np.random.default_rng(0).permutation(n_nodes)
    links[np.where(priority[before] < priority[behind], before, behind)] = False
    layer |= links
    return layer


def _merged(
    n_nodes: int, source: IntArray, target: IntArray, counts: FloatArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """Edges sorted by source and target, with the counts of parallel edges added."""
    key = source * n_nodes + target
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    with np.errstate(over="ignore"):
        total = np.add.reduceat(counts[order], first) if len(first) else counts
    return key[first] // n_nodes, key[first] % n_nodes, total


def _rebuilt(batch: Batch, kept: BoolArray, source: IntArray, target: IntArray, counts: FloatArray) -> Batch:
    """The batch with the nodes `kept` and the given sorted edges between positions in the old batch."""
    new_position = np.zeros(len(kept) + 1, dtype=np.int64)
    np.cumsum(kept, out=new_position[1:])
    node_ptr = new_position[batch.node_ptr]
    flat = np.stack([source, target])
    edges = new_position[flat] - node_ptr[batch.node_owner[source]]
    return batch.from_valid_columns(
        ops=batch.ops[kept],
        edges=edges.astype(np.int32),
        node_ptr=node_ptr,
        edge_ptr=np.searchsorted(source, batch.node_ptr),
        vocabulary=batch.vocabulary,
        multiplicity=unless_single(counts),
        attribute_names=batch.attribute_names,
        attribute_values=None if batch.attribute_values is None else batch.attribute_values[kept],
        names=batch.names,
        vocabulary_is_fixed=batch.vocabulary_is_fixed,
    )
