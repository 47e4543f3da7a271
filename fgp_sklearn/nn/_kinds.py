"""Nodes that a network which sends messages along edges cannot tell apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._kinds import codes_of, random_codes

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages of one direction in a layer.

    Parameters
    ----------
    senders : Tensor of int64 of shape (m,)
        Positions among the states that the layer reads.
    receivers : Tensor of int64 of shape (m,)
        Positions among the states that it makes.
    multiplicity : Tensor of float32 of shape (m, 1) or None
        Number of parallel edges of each message; None if all are single.
    """

    senders: Tensor
    receivers: Tensor
    multiplicity: Tensor | None


@dataclass(frozen=True, slots=True)
class Layer:
    """Which states a layer makes of which.

    Parameters
    ----------
    own : Tensor of int64 of shape (n_made,)
        What each state was before, as a position among the states that the layer reads.
    along, against : Messages
        Along the edges, and against them.
    """

    own: Tensor
    along: Messages
    against: Messages


def layers_of_kinds(batch: ArchitectureBatch, n_layers: int, device: Any) -> tuple[Layer, ...]:
    """Lay out layers in which each state is computed for one node of a kind.

    Before the first layer, nodes of an operation are of one kind; behind a layer, those are that were of one
    before and have equally many neighbours of each kind. A space has millions of nodes and, behind its first
    layer, thousands of kinds. The last layer makes the state of every node.

    Parameters
    ----------
    batch : ArchitectureBatch
        Architectures without node features.
    n_layers : int
        How many; at least 1.
    device : torch.device
        Where the tensors go.

    Returns
    -------
    tuple of Layer
        The first reads the states of operations, each other one those that the one before makes.
    """
    nodes = np.arange(len(batch.ops))
    kind = batch.ops.astype(np.int64)
    found = []
    for layer in range(n_layers):
        first, refined = _refined(batch, kind) if layer + 1 < n_layers else (nodes, nodes)
        found.append(_layer(batch, kind, first, refined, device))
        kind = refined
    return tuple(found)


def _refined(batch: ArchitectureBatch, kind: IntArray) -> tuple[IntArray, IntArray]:
    """A node of each kind one layer further, and the kind of each node."""
    draws = np.random.default_rng(0)
    own, ahead, behind = random_codes(draws, (3, kind.max(initial=-1) + 1))[:, kind]
    source, target = batch.flat_edges
    along, against = ahead[source], behind[target]
    if batch.multiplicity is not None:
        weights = codes_of(batch.multiplicity, draws)
        along, against = along * weights, against * weights
    np.add.at(own, target, along)
    np.add.at(own, source, against)
    different, refined = np.unique(own, return_inverse=True)
    first = np.empty(len(different), dtype=np.int64)
    first[refined[::-1]] = np.arange(len(own))[::-1]  # `return_index` would sort three times as long
    return first, refined


def _layer(
    batch: ArchitectureBatch, kind: IntArray, first: IntArray, refined: IntArray, device: Any
) -> Layer:
    is_first = np.zeros(len(kind), dtype=bool)
    is_first[first] = True
    source, target = batch.flat_edges

    def messages(sender: IntArray, receiver: IntArray) -> Messages:
        chosen = np.flatnonzero(is_first[receiver])
        counts = None if batch.multiplicity is None else batch.multiplicity[chosen, None].astype(np.float32)
        return Messages(
            senders=_moved(kind[sender[chosen]], device),
            receivers=_moved(refined[receiver[chosen]], device),
            multiplicity=None if counts is None else _moved(counts, device),
        )

    return Layer(_moved(kind[first], device), messages(source, target), messages(target, source))


def _moved(array: NDArray[Any], device: Any) -> Tensor:
    return torch.from_numpy(array).to(device)
