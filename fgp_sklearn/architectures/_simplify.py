"""What computes in an architecture: nothing dead, no identities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order

from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._columns import offsets, ranges
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._ops import op_names
from fgp_sklearn.architectures._roles import Role, role_of

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def consists_of_chains(batch: ArchitectureBatch) -> bool:
    """Tell whether no node that computes has more than one predecessor or successor.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.

    Returns
    -------
    bool
        As of macro search spaces, whose architectures are whole networks.
    """
    batch = without_dead(batch, ())
    return bool((batch.in_degree <= 1).all() and (batch.out_degree <= 1).all())


def functional_graph(
    batch: ArchitectureBatch, *, null_ops: frozenset[str], identity_ops: frozenset[str]
) -> ArchitectureBatch:
    """Reduce architectures to what computes: cut null operations, drop the dead, contract identities.

    1. Edges from and to null operations are cut.
    2. Nodes that then lie on no path between the ends of the given architecture (see `ends_of`) are
       removed. Where nothing is left, the architecture keeps its ends without edges, those that are not
       null if there are any.
    3. An identity that is no end is replaced by edges from each predecessor to each successor; parallel
       edges are counted in the multiplicity.

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
    identities = _by_op(batch, [op in identity_ops and role_of(op) is None for op in batch.vocabulary])
    if identities.any():  # kept ones with neighbours on both sides are no ends
        identities &= kept & (batch.in_degree > 0) & (batch.out_degree > 0)
    if kept.all() and edge_kept.all() and not identities.any():
        return batch
    source, target = batch.flat_edges
    counts = np.ones(len(source)) if batch.multiplicity is None else batch.multiplicity
    edges = source[edge_kept], target[edge_kept], counts[edge_kept]
    if identities.any():
        edges = _contract(batch, identities, *edges)
    return _rebuilt(batch, kept & ~identities, *edges)


def without_dead(batch: ArchitectureBatch, null_ops: Iterable[Any] | None) -> ArchitectureBatch:
    """Remove what does not compute and leave identities in, as transformers do with their `null_ops`.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.
    null_ops : iterable of str or int, or None
        Operations that output zeros, as a user names them. None: nothing is removed.

    Returns
    -------
    ArchitectureBatch
        As `functional_graph` makes it; the given object if nothing changes.
    """
    if null_ops is None:
        return batch
    return functional_graph(batch, null_ops=op_names(null_ops), identity_ops=frozenset())


def ends_of(batch: ArchitectureBatch) -> tuple[BoolArray, BoolArray]:
    """Tell where data enters each architecture and where it leaves.

    In an architecture with nodes of the role of an input (see `role_of`), data enters at these alone,
    otherwise at every source, a node without predecessors, that is no output. In one with nodes of the
    role of an output it leaves at these alone, otherwise at every sink that is no input. A lone node
    without a role is both.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.

    Returns
    -------
    starts : ndarray of bool of shape (total_nodes,)
        Where data enters.
    stops : ndarray of bool of shape (total_nodes,)
        Where it leaves. An architecture has at least one node of the one kind or the other.

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


def _has_role(batch: ArchitectureBatch, role: Role) -> BoolArray:
    return _by_op(batch, [role_of(op) == role for op in batch.vocabulary])


def _in_role_or(in_role: BoolArray, otherwise: BoolArray, batch: ArchitectureBatch) -> BoolArray:
    """The nodes in a role; in architectures without any, other ones."""
    if not in_role.any():
        return otherwise
    has_any = np.logical_or.reduceat(in_role, batch.node_ptr[:-1])
    return in_role if has_any.all() else np.where(has_any[batch.node_owner], in_role, otherwise)


def living(batch: ArchitectureBatch, null_ops: frozenset[str]) -> tuple[BoolArray, BoolArray]:
    """Tell what is left of the dead and the null: the first two steps of `functional_graph`.

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
    if not is_null.any() and _ends_only_in_roles(batch):
        return np.ones(len(batch.ops), dtype=bool), np.ones(batch.edges.shape[1], dtype=bool)
    starts, stops = ends_of(batch)
    source, target = batch.flat_edges
    passes = ~(is_null[source] | is_null[target])
    forward, backward = (source[passes], target[passes]), (target[passes], source[passes])
    alive = _reached(*forward, starts & ~is_null) & _reached(*backward, stops & ~is_null)
    return _with_ends(batch, alive, starts | stops, is_null), passes & alive[source] & alive[target]


def _has_op(batch: ArchitectureBatch, names: frozenset[str]) -> BoolArray:
    return _by_op(batch, [op in names for op in batch.vocabulary])


def _by_op(batch: ArchitectureBatch, of_op: list[bool]) -> BoolArray:
    if not any(of_op):
        return np.zeros(len(batch.ops), dtype=bool)
    return np.array(of_op, dtype=bool)[batch.ops]


def _ends_only_in_roles(batch: ArchitectureBatch) -> bool:
    """Whether every node is seen to lie on a path between ends without a search for it."""
    roles = [role_of(op) for op in batch.vocabulary]
    if not any(roles):
        return True
    ends: tuple[tuple[Role, IntArray], ...] = (("input", batch.in_degree), ("output", batch.out_degree))
    return all(
        np.array([found == role for found in roles])[batch.ops[degree == 0]].all() for role, degree in ends
    )


def _with_ends(
    batch: ArchitectureBatch, alive: BoolArray, is_end: BoolArray, is_null: BoolArray
) -> BoolArray:
    """The nodes alive, and of architectures without any the ends, if possible those that are not null."""
    kept = alive
    for candidates in (is_end & ~is_null, is_end):
        has_none = ~np.logical_or.reduceat(kept, batch.node_ptr[:-1])
        if not has_none.any():
            break
        kept = kept | (has_none[batch.node_owner] & candidates)
    return kept


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
    """Bypass identities, in each round some of which none is next to another."""
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
            "leave identity operations in (identity_ops=())",
            int(batch.node_owner[source[edge]]),
        )
    return source, target, counts


def _independent(waiting: BoolArray, source: IntArray, target: IntArray) -> BoolArray:
    """Identities to bypass in one round.

    These are the ones without an identity before them, and, so that a long chain of identities takes few
    rounds, some of those with one edge in and one edge out, which are bypassed without new edges.
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
    return layer | links


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
