"""The canonical form of architectures: nothing dead, no identities, equals grouped."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order

from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._columns import ranges
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


def duplicate_groups(batch: ArchitectureBatch) -> NDArray[np.int64]:
    """Group architectures that are the same up to the order of their nodes.

    Two architectures are in one group if and only if an isomorphism maps one to the other that
    keeps operations, node features and the multiplicities of edges; names do not count. Colour
    refinement, with exact colours and no hashes, tells nearly all apart, and an order of nodes derived
    from it shows nearly all equals to be equal. What that leaves open is decided by search, which may
    take long for large graphs that are regular but not symmetric.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.

    Returns
    -------
    ndarray of int of shape (n_architectures,)
        Group numbers from 0 in order of first appearance.

    References
    ----------
    McKay, Piperno, "Practical graph isomorphism, II", Journal of Symbolic Computation 60 (2014).

    Examples
    --------
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.architectures._simplify import duplicate_groups
    >>> batch = as_batch([
    ...     ([[0, 1], [0, 0]], ["input", "output"]),
    ...     ([[0, 1], [0, 0]], ["output", "input"]),
    ...     ([[0, 0], [1, 0]], ["output", "input"])])
    >>> duplicate_groups(batch)
    array([0, 1, 0])
    """
    positions, inverse = distinct(batch)
    if not len(positions):
        return inverse
    candidates = batch.take(positions)
    colour = _refined(candidates, _initial_colour(candidates))
    n_colours = int(colour.max()) + 1
    in_order = np.sort(candidates.node_owner * n_colours + colour) % n_colours
    group = _equal_rows((in_order, candidates.node_ptr))
    # Where no colour occurs twice, equal colours name the isomorphism; elsewhere it must be found.
    is_open = _has_ties(candidates, colour) & (np.bincount(group)[group] > 1)
    if is_open.any():
        chosen = np.flatnonzero(is_open)
        nodes = ranges(candidates.node_ptr[chosen], candidates.n_nodes[chosen])
        settled = _settled(candidates.take(chosen), colour[nodes], group[chosen])
        group[chosen] = len(candidates) + settled
    return _by_first_appearance(group)[inverse]


def distinct(batch: ArchitectureBatch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find architectures that are identical, node by node.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures; names do not count.

    Returns
    -------
    positions : ndarray of int of shape (n_distinct,)
        Where each different architecture occurs first, ascending.
    inverse : ndarray of int of shape (n_architectures,)
        ``batch.take(positions).take(inverse)`` equals `batch`.

    See Also
    --------
    duplicate_groups : The same up to the order of nodes.

    Examples
    --------
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.architectures._simplify import distinct
    >>> chain = ([[0, 1], [0, 0]], ["input", "output"])
    >>> distinct(as_batch([chain, ([[0]], ["input"]), chain]))
    (array([0, 1]), array([0, 1, 0]))
    """
    columns: list[tuple[NDArray[Any], IntArray]] = [
        (batch.ops, batch.node_ptr),
        (batch.edges[0], batch.edge_ptr),
        (batch.edges[1], batch.edge_ptr),
    ]
    if batch.multiplicity is not None:
        columns.append((batch.multiplicity, batch.edge_ptr))
    if batch.node_features is not None:
        columns.append((batch.node_features + np.float32(0), batch.node_ptr))  # -0.0 becomes 0.0
    inverse = _equal_rows(*columns)
    return np.unique(inverse, return_index=True)[1], inverse


# ---------------------------------------------------------------------- functional graph


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
        first = np.searchsorted(source[leaving], np.arange(n_nodes))
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


# ---------------------------------------------------------------------- duplicates


def _equal_rows(*columns: tuple[NDArray[Any], IntArray]) -> NDArray[np.int64]:
    """Group architectures whose stretches of all columns are equal, by first appearance.

    A column is a flat array with offsets that say where each architecture begins.
    """
    sizes = np.stack([np.diff(pointer) for _, pointer in columns], axis=1)
    _, kind = np.unique(sizes, axis=0, return_inverse=True)
    kind = kind.reshape(-1)
    group = np.zeros(len(sizes), dtype=np.int64)
    n_groups = 0
    for alike in _members(kind):
        parts = []
        for values, pointer in columns:
            stretch = pointer[alike, None] + np.arange(pointer[alike[0] + 1] - pointer[alike[0]])
            parts.append(values[stretch].reshape(len(alike), -1).view(np.uint8))
        rows = np.ascontiguousarray(np.concatenate(parts, axis=1))
        number: dict[bytes, int] = {}
        for member, row in zip(alike.tolist(), rows.view(f"V{rows.shape[1]}").ravel().tolist(), strict=True):
            group[member] = n_groups + number.setdefault(row, len(number))
        n_groups += len(number)
    return _by_first_appearance(group)


def _members(group: IntArray) -> list[IntArray]:
    """Positions of the members of each group, ascending."""
    order = np.argsort(group, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1) if len(order) else []


def _by_first_appearance(group: IntArray) -> NDArray[np.int64]:
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def _ranks(values: NDArray[Any]) -> IntArray:
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _initial_colour(batch: ArchitectureBatch) -> IntArray:
    """Colours of nodes by operation, degrees and features."""
    colour = batch.ops.astype(np.int64)
    traits = [batch.in_degree, batch.out_degree]
    if batch.node_features is not None:
        traits.extend(_ranks(feature) for feature in batch.node_features.T)
    for trait in traits:
        colour = _ranks(colour * (int(trait.max()) + 1) + trait)
    return colour


def _refined(batch: ArchitectureBatch, colour: IntArray) -> IntArray:
    """Refine colours by those of predecessors and successors until stable."""
    source, target = batch.flat_edges
    kind = np.zeros(len(source), dtype=np.int64) if batch.multiplicity is None else _ranks(batch.multiplicity)
    n_colours = int(colour.max()) + 1
    while True:
        colour = _told_apart(colour, source, target, kind, batch.in_degree)
        colour = _told_apart(colour, target, source, kind, batch.out_degree)
        if int(colour.max()) + 1 == n_colours:
            return colour
        n_colours = int(colour.max()) + 1


def _told_apart(
    colour: IntArray, sender: IntArray, receiver: IntArray, kind: IntArray, degree: IntArray
) -> IntArray:
    """Split colours by the multiset of (kind of edge, colour of sender) at each node.

    Nodes of one colour must have one degree. Multisets are read as sorted sequences, one entry a
    step: equal so far and equal here keeps a colour, anything else parts it.
    """
    if not len(sender):
        return colour
    message = _ranks(colour[sender] * (int(kind.max()) + 1) + kind)
    n_messages = int(message.max()) + 1
    message = np.sort(receiver * n_messages + message) % n_messages
    first = np.cumsum(degree) - degree
    nodes = np.flatnonzero(degree)
    colour = colour.copy()
    step = 0
    while len(nodes):
        heard = _ranks(colour[nodes] * n_messages + message[first[nodes] + step])
        colour[nodes] = int(colour.max()) + 1 + heard
        step += 1
        nodes = nodes[degree[nodes] > step]
    return _ranks(colour)


def _has_ties(batch: ArchitectureBatch, colour: IntArray) -> BoolArray:
    """Architectures in which a colour occurs twice."""
    n_colours = int(colour.max()) + 1
    key = np.sort(batch.node_owner * n_colours + colour)
    ties = np.zeros(len(batch), dtype=bool)
    ties[key[1:][np.diff(key) == 0] // n_colours] = True
    return ties


def _settled(batch: ArchitectureBatch, colour: IntArray, group: IntArray) -> IntArray:
    """Decide isomorphism within groups of equal colours, for architectures with ties."""
    position = _canonical_positions(batch, colour)
    source, target = batch.flat_edges
    order = np.lexsort((position[target], position[source], batch.node_owner[source]))
    in_order = np.lexsort((position, batch.node_owner))
    columns: list[tuple[NDArray[Any], IntArray]] = [
        (colour[in_order], batch.node_ptr),
        (position[source][order], batch.edge_ptr),
        (position[target][order], batch.edge_ptr),
    ]
    if batch.multiplicity is not None:
        columns.append((batch.multiplicity[order], batch.edge_ptr))
    same_form = _equal_rows(*columns)  # equal after renaming, hence isomorphic
    representative = np.unique(same_form, return_index=True)[1]
    merged = np.arange(len(representative))
    for alike in _members(group[representative]):
        found: list[int] = []
        for form in alike.tolist():
            for other in found:
                pair = representative[[other, form]]
                nodes = ranges(batch.node_ptr[pair], batch.n_nodes[pair])
                if _is_isomorphic(batch.take(pair), colour[nodes]):
                    merged[form] = other
                    break
            else:
                found.append(form)
    return merged[same_form]


def _canonical_positions(batch: ArchitectureBatch, colour: IntArray) -> IntArray:
    """An order of the nodes of each architecture that depends little on the given one.

    As long as there are ties, one node of the first tied colour goes ahead and colours are refined.
    If tied nodes can be exchanged, the choice does not matter and isomorphic architectures come out
    alike.
    """
    while True:
        n_colours = int(colour.max()) + 1
        order = np.argsort(batch.node_owner * n_colours + colour, kind="stable")
        owner, sorted_colour = batch.node_owner[order], colour[order]
        tied = np.flatnonzero((np.diff(owner) == 0) & (np.diff(sorted_colour) == 0))
        if not len(tied):
            break
        _, first = np.unique(owner[tied], return_index=True)
        ahead = np.zeros(len(colour), dtype=np.int64)
        ahead[order[tied[first]]] = 1
        colour = _refined(batch, _ranks(colour * 2 + 1 - ahead))
    position = np.empty(len(colour), dtype=np.int64)
    position[order] = np.arange(len(colour)) - batch.node_ptr[owner]
    return position


def _is_isomorphic(pair: ArchitectureBatch, colour: IntArray) -> bool:
    """Search an isomorphism between two architectures whose colours are stable and agree.

    One node of the first tied colour is mapped to each of its possible images at once; where
    refinement leaves the colours in agreement, the search goes on.
    """
    own, other = colour.reshape(2, -1)
    tied = np.flatnonzero(np.bincount(own) > 1)
    if not len(tied):
        return True
    node = int(np.argmax(own == tied[0]))
    images = np.flatnonzero(other == tied[0])
    ahead = np.zeros((1 + len(images), len(own)), dtype=np.int64)
    ahead[0, node] = 1
    ahead[1 + np.arange(len(images)), images] = 1
    trials = pair.take([0] + [1] * len(images))
    guesses = np.concatenate([own, np.tile(other, len(images))]) * 2 + 1 - ahead.ravel()
    refined = _refined(trials, _ranks(guesses)).reshape(ahead.shape)
    agrees = (np.sort(refined[1:], axis=1) == np.sort(refined[0])).all(axis=1)
    return any(_is_isomorphic(pair, np.append(refined[0], image)) for image in refined[1:][agrees])
