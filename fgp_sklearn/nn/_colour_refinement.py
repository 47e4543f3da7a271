"""Colour refinement: classes of nodes that message passing cannot distinguish.

Nodes of one class, called a kind here, have identical states, which therefore are computed once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._random_codes import codes_of, random_codes
from fgp_sklearn.nn._tensors import GraphTensors

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages of one direction in a layer.

    Parameters
    ----------
    senders : Tensor of int64 of shape (m,)
        Positions of the senders among the input states of the layer.
    receivers : Tensor of int64 of shape (m,)
        Positions of the receivers among the output states of the layer.
    multiplicity : Tensor of float32 of shape (m, 1) or None
        Number of parallel edges of each message; None if all are single.
    """

    senders: Tensor
    receivers: Tensor
    multiplicity: Tensor | None


@dataclass(frozen=True, slots=True)
class Layer:
    """Message-passing layer between kinds of nodes.

    Parameters
    ----------
    own : Tensor of int64 of shape (n_made,)
        For each output state, the position of the same node among the input states.
    along, against : Messages
        Messages along the edges, and against the edges.
    """

    own: Tensor
    along: Messages
    against: Messages


def first_layer(graphs: GraphTensors, kind: Tensor) -> Layer:
    """Build the layer that maps one state per kind to the states of all nodes.

    Parameters
    ----------
    graphs : GraphTensors
        Architectures.
    kind : Tensor of int64 of shape (total_nodes,)
        Kind of each node before the layer.

    Returns
    -------
    Layer
        Layer whose input states are the states of the kinds.
    """
    source, target = graphs.edge_index
    sources, targets = kind.index_select(0, source), kind.index_select(0, target)
    return Layer(
        own=kind,
        along=Messages(sources, target, graphs.multiplicity),
        against=Messages(targets, source, graphs.multiplicity),
    )


def layers_of_kinds(
    batch: ArchitectureBatch, n_layers: int, device: Any, kind: IntArray | None = None
) -> tuple[Layer, ...]:
    """Build layers that compute each state for one node per kind.

    Before the first layer, nodes with the same input are of one kind. After a layer, two nodes are of
    one kind if they were of one kind before it, and have equally many predecessors of each kind and equally
    many successors of each kind. A search space may have millions of nodes, but thousands of kinds after
    the first layer. The last layer returns the state of every node.

    Parameters
    ----------
    batch : ArchitectureBatch
        Architectures.
    n_layers : int
        Number of layers, at least 1.
    device : torch.device
        Device of the tensors.
    kind : ndarray of int64 of shape (total_nodes,), optional
        Kind of each node before the first layer. By default its operation.

    Returns
    -------
    tuple of Layer
        Layers. The input states of the first one are the states of the given kinds. The input states of
        every other one are the output states of the layer before it.
    """
    nodes = np.arange(len(batch.ops))
    kind = batch.ops.astype(np.int64) if kind is None else kind
    found = []
    for layer in range(n_layers):
        first, refined = _refined(batch, kind) if layer + 1 < n_layers else (nodes, nodes)
        found.append(_layer(batch, kind, first, refined, device))
        kind = refined
    return tuple(found)


def _refined(batch: ArchitectureBatch, kind: IntArray) -> tuple[IntArray, IntArray]:
    """Refine the kinds by one layer. Return one node per kind, and the kind of each node."""
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
    first[refined[::-1]] = np.arange(len(own))[::-1]  # `return_index` makes the sort three times as slow
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
