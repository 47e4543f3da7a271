"""Orders and relations of nodes, for backbones that read more of a batch than its edges."""

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
from fgp_sklearn.architectures._columns import offsets
from fgp_sklearn.architectures._levels import levels

# ------------------------------------------------------------------------------ generations


@dataclass(frozen=True, slots=True)
class Step:
    """Where the messages to one generation of nodes come from.

    Parameters
    ----------
    sources : tuple of int
        Earlier generations that hold the senders.
    senders : Tensor of int64 of shape (m,)
        Positions of the senders in those generations, one behind the other.
    receivers : Tensor of int64 of shape (m,)
        Positions in this generation; each occurs.
    multiplicity : Tensor of float32 of shape (m, 1) or None
        Number of parallel edges of each message; None if all are single.
    """

    sources: tuple[int, ...]
    senders: Tensor
    receivers: Tensor
    multiplicity: Tensor | None


@dataclass(frozen=True, slots=True)
class Walk:
    """Generations of all architectures of a batch, one after the other.

    A step names the generations that it reads, so that a walk over a deep graph touches each state
    as often as it is needed, not once a generation.

    Parameters
    ----------
    order : Tensor of int64 of shape (total_nodes,)
        Nodes by generation.
    place : Tensor of int64 of shape (total_nodes,)
        Where each node stands in `order`.
    sizes : list of int
        Nodes a generation. Those of the first one have no senders.
    steps : tuple of Step
        One for each further generation.
    """

    order: Tensor
    place: Tensor
    sizes: list[int]
    steps: tuple[Step, ...]


def walk(batch: ArchitectureBatch, device: Any, *, backward: bool = False) -> Walk:
    """Lay out the walk from sources to sinks, or against the edges."""
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
        # From a place among all generations to one among those that are read.
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
    """What a node is to another one, along the paths."""

    NONE = 0
    SELF = 1
    PREDECESSOR = 2
    ANCESTOR = 3  # a farther one
    SUCCESSOR = 4
    DESCENDANT = 5  # a farther one


@dataclass(frozen=True, slots=True)
class Block:
    """Relations in architectures of one size.

    Parameters
    ----------
    relation : Tensor of uint8 of shape (n_architectures, n_nodes, n_nodes)
        What each column's node is to each row's, as in `Relation`.
    multiplicity : Tensor of float32 of shape (n_architectures, n_nodes, n_nodes) or None
        Number of parallel edges between two nodes, 1 where there is none; None if all are single.
    """

    relation: Tensor
    multiplicity: Tensor | None


@dataclass(frozen=True, slots=True)
class Reachability:
    """Which nodes lie on common paths, by size of architecture.

    Takes memory for the square of the nodes of each architecture, and none for padding.

    Parameters
    ----------
    order : Tensor of int64 of shape (total_nodes,)
        Nodes, those of architectures of one size one behind the other.
    place : Tensor of int64 of shape (total_nodes,)
        Where each node stands in `order`.
    sizes : list of int
        Nodes of each block.
    blocks : tuple of Block
        One for each number of nodes.
    """

    order: Tensor
    place: Tensor
    sizes: list[int]
    blocks: tuple[Block, ...]


def reachability(batch: ArchitectureBatch, device: Any) -> Reachability:
    """Find out which nodes reach which, in all architectures."""
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
    """Relations in architectures that have equally many nodes."""
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

N_KINDS = 4  # of neighbours: predecessors, successors, those who share one, those who share the other


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Who attends to whom among four kinds of neighbours, itself among each kind.

    Parameters
    ----------
    receivers, senders : Tensor of int64 of shape (n_pairs,)
        ``N_KINDS * node + kind`` of both.
    multiplicity : Tensor of float32 of shape (n_pairs, 1) or None
        Number of parallel edges of predecessors and successors, else 1; None if all are single.
    """

    receivers: Tensor
    senders: Tensor
    multiplicity: Tensor | None


def neighbourhood(batch: ArchitectureBatch, device: Any) -> Neighbourhood:
    """Pair every node with its predecessors, its successors, and its siblings of either side."""
    n_nodes = len(batch.ops)
    source, target = batch.flat_edges
    shape = (n_nodes, n_nodes)
    edges = scipy.sparse.csr_array((np.ones(len(source), dtype=bool), (source, target)), shape=shape)
    every = np.arange(n_nodes)
    kinds = [
        (np.append(target, every), np.append(source, every)),
        (np.append(source, every), np.append(target, every)),
        *(_siblings(relation.tocsr()) for relation in (edges.T, edges)),
    ]
    multiplicity = None
    if batch.multiplicity is not None:
        ones = [np.ones(n_nodes), *(np.ones(len(receivers)) for receivers, _ in kinds[2:])]
        counts = [batch.multiplicity, ones[0], batch.multiplicity, *ones]
        multiplicity = _moved(np.concatenate(counts).astype(np.float32)[:, None], device)
    receivers, senders = (
        _moved(np.concatenate([N_KINDS * nodes + kind for kind, nodes in enumerate(side)]), device)
        for side in zip(*kinds, strict=True)
    )
    return Neighbourhood(receivers=receivers, senders=senders, multiplicity=multiplicity)


def _siblings(relation: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of rows with a column in common, and every row with itself."""
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
    """One transfer for many small arrays."""
    if not arrays:
        return []
    return list(torch.split(_moved(np.concatenate(arrays), device), [len(array) for array in arrays]))


def _moved_counts(counts: list[NDArray[np.float64]], device: Any) -> list[Tensor]:
    return _moved_together([some.astype(np.float32)[:, None] for some in counts], device)
