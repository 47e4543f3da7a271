"""Topological generations, reachability and siblings: orders and relations of nodes for backbones."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import scipy.sparse
import torch
from numpy.typing import NDArray
from torch import Tensor

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._levels import levels
from fgp_sklearn.architectures._offsets import offsets

# ------------------------------------------------------------------------------ generations


@dataclass(frozen=True, slots=True)
class Step:
    """Messages to one topological generation of nodes.

    Parameters
    ----------
    sources : tuple of int
        Earlier generations that contain the senders.
    senders : Tensor of int64 of shape (m,)
        Positions of the senders in the concatenation of these generations.
    receivers : Tensor of int64 of shape (m,)
        Positions of the receivers in this generation. Every node of it occurs.
    multiplicity : Tensor of float32 of shape (m, 1) or None
        Number of parallel edges of each message; None if all are single.
    """

    sources: tuple[int, ...]
    senders: Tensor
    receivers: Tensor
    multiplicity: Tensor | None


@dataclass(frozen=True, slots=True)
class Walk:
    """Topological generations of all architectures of a batch.

    Each step lists the generations that it reads. A walk over a deep graph therefore reads a state only as
    often as it is needed, not once per generation.

    Parameters
    ----------
    order : Tensor of int64 of shape (total_nodes,)
        Nodes, ordered by generation.
    place : Tensor of int64 of shape (total_nodes,)
        Position of each node in `order`.
    sizes : list of int
        Number of nodes per generation. Nodes of the first generation have no senders.
    steps : tuple of Step
        One step per generation after the first.
    """

    order: Tensor
    place: Tensor
    sizes: list[int]
    steps: tuple[Step, ...]


def walk(batch: ArchitectureBatch, device: Any, *, backward: bool = False) -> Walk:
    """Build the walk from sources to sinks, or from sinks to sources if `backward` is True."""
    found = list(levels(batch, backward=backward))
    starts_walk = (batch.out_degree if backward else batch.in_degree) == 0
    nodes = [np.flatnonzero(starts_walk), *(level.nodes for level in found)]
    sizes = np.array([len(some) for some in nodes])
    order = np.concatenate(nodes)
    place = _inverse(order)
    generation = np.repeat(np.arange(len(nodes)), sizes)
    first = offsets(sizes)
    sources, senders, receivers = [], [], []
    for level in found:
        at = place[level.senders]
        read = np.unique(generation[at])
        # Shifts a position among all generations to one among the generations that are read.
        shift = offsets(sizes[read])[:-1] - first[read]
        sources.append(tuple(read.tolist()))
        senders.append(at + shift[np.searchsorted(read, generation[at])])
        receivers.append(np.repeat(np.arange(len(level.nodes)), np.diff(level.starts, append=len(at))))
    multiplicity = None if batch.multiplicity is None else [level.multiplicity for level in found]
    return Walk(
        order=_moved(order, device),
        place=_moved(place, device),
        sizes=sizes.tolist(),
        steps=tuple(
            Step(*step)
            for step in zip(
                sources,
                _moved_together(senders, device),
                _moved_together(receivers, device),
                [None] * len(found) if multiplicity is None else _moved_counts(multiplicity, device),
                strict=True,
            )
        ),
    )


# ----------------------------------------------------------------------------- reachability


class Relation(IntEnum):
    """Relation of one node to another one along paths."""

    NONE = 0
    SELF = 1
    PREDECESSOR = 2
    ANCESTOR = 3  # not a predecessor
    SUCCESSOR = 4
    DESCENDANT = 5  # not a successor


@dataclass(frozen=True, slots=True)
class Block:
    """Relations between nodes in architectures with the same number of nodes.

    Parameters
    ----------
    relation : Tensor of uint8 of shape (n_architectures, n_nodes, n_nodes)
        `Relation` of the node of the column to the node of the row.
    multiplicity : Tensor of float32 of shape (n_architectures, n_nodes, n_nodes) or None
        Number of parallel edges between two nodes, or 1 if there is no edge; None if all edges are single.
    """

    relation: Tensor
    multiplicity: Tensor | None


@dataclass(frozen=True, slots=True)
class Reachability:
    """Relations between nodes on common paths, grouped by the size of the architecture.

    Memory grows with the sum of the squared numbers of nodes; there is no padding.

    Parameters
    ----------
    order : Tensor of int64 of shape (total_nodes,)
        Nodes, ordered by the number of nodes of their architecture.
    place : Tensor of int64 of shape (total_nodes,)
        Position of each node in `order`.
    sizes : list of int
        Total number of nodes of each block.
    blocks : tuple of Block
        One block per number of nodes.
    """

    order: Tensor
    place: Tensor
    sizes: list[int]
    blocks: tuple[Block, ...]


def reachability(batch: ArchitectureBatch, device: Any) -> Reachability:
    """Find the ancestors and descendants of every node."""
    widths = np.unique(batch.n_nodes)
    members = [np.flatnonzero(batch.n_nodes == width) for width in widths]
    order = np.argsort(np.repeat(batch.n_nodes, batch.n_nodes), kind="stable")
    return Reachability(
        order=_moved(order, device),
        place=_moved(_inverse(order), device),
        sizes=[int(width) * len(some) for width, some in zip(widths, members, strict=True)],
        blocks=tuple(_block(batch.take(some), device) for some in members),
    )


def _block(batch: ArchitectureBatch, device: Any) -> Block:
    """Relations in a batch of architectures with the same number of nodes."""
    size = int(batch.n_nodes[0])
    source, target = batch.edges
    owner = np.repeat(np.arange(len(batch)), batch.n_edges)
    ancestors = np.zeros((len(batch), size, size), dtype=np.uint8)
    ancestors[owner, target, source] = 1
    rows = ancestors.reshape(-1, size)
    for level in levels(batch):
        rows[level.nodes] |= np.maximum.reduceat(rows[level.senders], level.starts, axis=0)
    descendants = ancestors.transpose(0, 2, 1)
    relation = ancestors * np.uint8(Relation.ANCESTOR) + descendants * np.uint8(Relation.DESCENDANT)
    relation[owner, target, source] = Relation.PREDECESSOR
    relation[owner, source, target] = Relation.SUCCESSOR
    relation[:, np.arange(size), np.arange(size)] = Relation.SELF
    multiplicity = None
    if batch.multiplicity is not None:
        multiplicity = np.ones(relation.shape, dtype=np.float32)
        multiplicity[owner, target, source] = batch.multiplicity
        multiplicity[owner, source, target] = batch.multiplicity
    return Block(
        relation=_moved(relation, device),
        multiplicity=None if multiplicity is None else _moved(multiplicity, device),
    )


# --------------------------------------------------------------------------------- siblings

N_NEIGHBOUR_TYPES = 4  # predecessors, successors, nodes that share a predecessor or share a successor


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Pairs of nodes that attend to each other, for four types of neighbours.

    Each node is a neighbour of itself in every type.

    Parameters
    ----------
    receivers, senders : Tensor of int64 of shape (n_pairs,)
        Nodes of each pair, encoded as ``N_NEIGHBOUR_TYPES * node + type``.
    multiplicity : Tensor of float32 of shape (n_pairs, 1) or None
        Number of parallel edges to a predecessor or successor, and 1 for other pairs; None if all edges are
        single.
    """

    receivers: Tensor
    senders: Tensor
    multiplicity: Tensor | None


def neighbourhood(batch: ArchitectureBatch, device: Any) -> Neighbourhood:
    """Pair each node with its predecessors, its successors, and the nodes that share one of these."""
    n_nodes = len(batch.ops)
    source, target = batch.flat_edges
    shape = (n_nodes, n_nodes)
    edges = scipy.sparse.csr_array((np.ones(len(source), dtype=bool), (source, target)), shape=shape)
    every = np.arange(n_nodes)
    types = [
        (np.append(target, every), np.append(source, every)),
        (np.append(source, every), np.append(target, every)),
        *(_siblings(relation.tocsr()) for relation in (edges.T, edges)),
    ]
    multiplicity = None
    if batch.multiplicity is not None:
        ones = [np.ones(n_nodes), *(np.ones(len(receivers)) for receivers, _ in types[2:])]
        counts = [batch.multiplicity, ones[0], batch.multiplicity, *ones]
        multiplicity = _moved(np.concatenate(counts).astype(np.float32)[:, None], device)
    receivers, senders = (
        _moved(np.concatenate([N_NEIGHBOUR_TYPES * nodes + i for i, nodes in enumerate(side)]), device)
        for side in zip(*types, strict=True)
    )
    return Neighbourhood(receivers=receivers, senders=senders, multiplicity=multiplicity)


def _siblings(relation: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of rows that have a column in common, and each row paired with itself."""
    shared = relation @ relation.T + scipy.sparse.eye_array(relation.shape[0], dtype=bool)
    receivers, senders = shared.nonzero()
    return receivers.astype(np.int64), senders.astype(np.int64)


# ---------------------------------------------------------------------------------- tensors


def _inverse(order: NDArray[np.int64]) -> NDArray[np.int64]:
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return place


def _moved(array: NDArray[Any], device: Any) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).to(device)


def _moved_together(arrays: list[NDArray[Any]], device: Any) -> list[Tensor]:
    """Move many small arrays in a single transfer."""
    if not arrays:
        return []
    return list(torch.split(_moved(np.concatenate(arrays), device), [len(array) for array in arrays]))


def _moved_counts(counts: list[NDArray[np.float64]], device: Any) -> list[Tensor]:
    return _moved_together([some.astype(np.float32)[:, None] for some in counts], device)
