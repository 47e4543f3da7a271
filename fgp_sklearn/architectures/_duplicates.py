"""Duplicates among architectures: identical node by node, or up to the order of nodes."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._offsets import ranges
from fgp_sklearn.architectures._random_codes import by_first_appearance, scrambled

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


def duplicate_groups(batch: ArchitectureBatch) -> NDArray[np.int64]:
    """Group architectures that are the same up to the order of their nodes.

    Two architectures are in one group if and only if an isomorphism between them preserves operations,
    attributes and the multiplicities of edges. Names are ignored. Colour refinement with exact colours
    (no hashes) distinguishes nearly all architectures that differ. An order of nodes derived from the
    colours identifies nearly all that are isomorphic. A search decides the remaining cases; it may take
    long for large graphs that are regular but not symmetric.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.

    Returns
    -------
    ndarray of int of shape (n_architectures,)
        Number of the group of each architecture, from 0 in order of first appearance.

    References
    ----------
    McKay, Piperno, "Practical graph isomorphism, II", Journal of Symbolic Computation 60 (2014).

    Examples
    --------
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.architectures._duplicates import duplicate_groups
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
    # If no colour occurs twice, equal colours define the isomorphism. Otherwise it must be found.
    is_open = _has_ties(candidates, colour) & (np.bincount(group)[group] > 1)
    if is_open.any():
        chosen = np.flatnonzero(is_open)
        nodes = ranges(candidates.node_ptr[chosen], candidates.n_nodes[chosen])
        split = _split_by_isomorphism(candidates.take(chosen), colour[nodes], group[chosen])
        group[chosen] = len(candidates) + split
    return by_first_appearance(group)[1][inverse]


def distinct(batch: ArchitectureBatch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find architectures that are identical, node by node.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures. Names are ignored.

    Returns
    -------
    positions : ndarray of int of shape (n_distinct,)
        Position of the first occurrence of each distinct architecture, ascending.
    inverse : ndarray of int of shape (n_architectures,)
        ``batch.take(positions).take(inverse)`` equals `batch`.

    See Also
    --------
    duplicate_groups : Duplicates up to the order of nodes.

    Examples
    --------
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.architectures._duplicates import distinct
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
    if batch.attribute_values is not None:
        columns.append((batch.attribute_values, batch.node_ptr))
    inverse = _equal_rows(*columns)
    return np.unique(inverse, return_index=True)[1], inverse


def _equal_rows(*columns: tuple[NDArray[Any], IntArray]) -> NDArray[np.int64]:
    """Group architectures whose parts of all columns are equal, in order of first appearance.

    A column is a flat array with the offset of the part of each architecture. Equal random codes form the
    groups, and a comparison of each member with the first member verifies them.
    """
    parts = [(part, pointer) for values, pointer in columns for part in _bits(values)]
    for attempt in count():  # a second attempt is as unlikely as guessing 64 bits
        salts = np.random.default_rng(attempt).integers(2**63, size=(len(parts), 2), dtype=np.uint64)
        codes = [_codes(part, pointer, salt) for (part, pointer), salt in zip(parts, salts, strict=True)]
        first, group = by_first_appearance(np.sum(codes, axis=0))
        if all(_agree(part, pointer, first[group]) for part, pointer in parts):
            return group
    raise AssertionError


def _bits(values: NDArray[Any]) -> list[NDArray[np.uint64]]:
    """Each column of the values as integers with the same bits."""
    columns = values[None] if values.ndim == 1 else values.T
    return [np.ascontiguousarray(column).view(f"u{column.itemsize}").astype(np.uint64) for column in columns]


def _codes(part: NDArray[np.uint64], pointer: IntArray, salts: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A random code of each part of a column: the sum of the codes of its entries at their places."""
    place = ranges(np.zeros(len(pointer) - 1, dtype=np.int64), np.diff(pointer)).astype(np.uint64)
    mixed = scrambled(part + scrambled(place + salts[0]) + salts[1])
    total = np.zeros(len(mixed) + 1, dtype=np.uint64)
    np.cumsum(mixed, out=total[1:])
    codes: NDArray[np.uint64] = scrambled(np.diff(total[pointer]) + salts[0])
    return codes


def _agree(part: NDArray[np.uint64], pointer: IntArray, representative: NDArray[np.int64]) -> bool:
    """Whether each part equals the part of its representative."""
    sizes = np.diff(pointer)
    if not np.array_equal(sizes, sizes[representative]):
        return False
    return np.array_equal(part, part[ranges(pointer[representative], sizes)])


def _members(group: IntArray) -> list[IntArray]:
    """Positions of the members of each group, ascending."""
    order = np.argsort(group, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1) if len(order) else []


def _ranks(values: NDArray[Any]) -> IntArray:
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _initial_colour(batch: ArchitectureBatch) -> IntArray:
    """Colours of nodes from operations, degrees and attributes."""
    colour = batch.ops.astype(np.int64)
    traits = [batch.in_degree, batch.out_degree]
    traits.extend(_ranks(attribute) for attribute in batch.attributes.values())
    for trait in traits:
        colour = _ranks(colour * (int(trait.max()) + 1) + trait)
    return colour


def _refined(batch: ArchitectureBatch, colour: IntArray) -> IntArray:
    """Refine colours by the colours of predecessors and successors until they are stable."""
    source, target = batch.flat_edges
    kind = np.zeros(len(source), dtype=np.int64) if batch.multiplicity is None else _ranks(batch.multiplicity)
    n_colours = int(colour.max()) + 1
    while True:
        colour = _split_by_messages(colour, source, target, kind, batch.in_degree)
        colour = _split_by_messages(colour, target, source, kind, batch.out_degree)
        if int(colour.max()) + 1 == n_colours:
            return colour
        n_colours = int(colour.max()) + 1


def _split_by_messages(
    colour: IntArray, sender: IntArray, receiver: IntArray, kind: IntArray, degree: IntArray
) -> IntArray:
    """Split colours by the multiset of (kind of edge, colour of sender) at each node.

    Nodes of one colour must have the same degree. Multisets are compared as sorted sequences, one entry
    per step: in each step, nodes keep a common colour if their entries are equal.
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
        received = _ranks(colour[nodes] * n_messages + message[first[nodes] + step])
        colour[nodes] = int(colour.max()) + 1 + received
        step += 1
        nodes = nodes[degree[nodes] > step]
    return _ranks(colour)


def _has_ties(batch: ArchitectureBatch, colour: IntArray) -> BoolArray:
    """Whether a colour occurs twice, for each architecture."""
    n_colours = int(colour.max()) + 1
    key = np.sort(batch.node_owner * n_colours + colour)
    ties = np.zeros(len(batch), dtype=bool)
    ties[key[1:][np.diff(key) == 0] // n_colours] = True
    return ties


def _split_by_isomorphism(batch: ArchitectureBatch, colour: IntArray, group: IntArray) -> IntArray:
    """Split groups of architectures with equal colours and ties into groups of isomorphic ones."""
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
    """Position of each node in an order of its architecture that depends little on the given order.

    While there are ties, one node of the first tied colour is put first and colours are refined. If tied
    nodes can be exchanged, any choice gives isomorphic architectures the same result.
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
    """Search for an isomorphism between two architectures whose colours are stable and equal.

    One node of the first tied colour is mapped to all its possible images at once. The search continues
    with each image for which the refined colours are equal.
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
