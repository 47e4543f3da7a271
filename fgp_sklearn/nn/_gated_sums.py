"""Inference of gated graph convolutions on the CPU with few passes over memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from fgp_sklearn.architectures._offsets import offsets
from fgp_sklearn.nn._colour_refinement import Layer

IntArray = NDArray[np.int64]

# With fewer rows, the rounding of a matrix product depends on the number of threads.
FEWEST_ROWS = 16


@dataclass(frozen=True, slots=True)
class Sums:
    """Weighted sums that make up the new states of a layer.

    The summands are rows of one table. The table holds the matrix products of each state, then the initial
    states of the operations, then the messages.

    Parameters
    ----------
    gated : Tensor of int64 of shape (3 * n_messages,)
        Rows of the value, key and query of each message.
    summed : Tensor of int64 of shape (m,)
        Rows of the summands, ordered by new state.
    weights : Tensor of float32 of shape (m,)
        Weight of each summand.
    starts : Tensor of int64 of shape (n_made + 1,)
        Position in `summed` at which the summands of each new state begin; the last entry is ``m``.
    """

    gated: Tensor
    summed: Tensor
    weights: Tensor
    starts: Tensor


def gated_states(
    products: Iterable[nn.Linear], first: Tensor, layers: Iterable[Layer], residual: float
) -> Tensor:
    """Apply layers ``x <- relu(residual * x_0 + (1 - residual) * conv(x))`` without gradients.

    Parameters
    ----------
    products : iterable of nn.Linear
        Weights of each layer: skip, then key, query and value for each direction, or once if the
        directions share weights.
    first : Tensor of shape (n_operations, width)
        Initial state of each operation, in the inference dtype.
    layers : iterable of Layer
        Messages between kinds of nodes in each layer, on the CPU.
    residual : float
        Weight of the initial state in each layer.

    Returns
    -------
    Tensor of shape (n_made, width)
        States after the last layer.
    """
    states, operation = first, np.arange(len(first))
    for linear, layer in zip(products, layers, strict=True):
        if len(states) < FEWEST_ROWS:
            states = functional.pad(states, (0, 0, 0, FEWEST_ROWS - len(states)))
        operation = operation[layer.own.numpy()]
        n_parts = linear.out_features // linear.in_features
        sums = _sums(layer, operation, len(first), len(states), n_parts, residual)
        states = _summed(linear, states, first, sums).relu_()
    return states


def _summed(linear: nn.Linear, states: Tensor, first: Tensor, sums: Sums) -> Tensor:
    n_states, width = states.shape
    n_products, n_messages = n_states * linear.out_features // width, len(sums.gated) // 3
    table = first.new_empty(n_products + len(first) + n_messages, width)
    products, operations, messages = torch.split(table, [n_products, len(first), n_messages])
    weight, bias = linear.weight.to(first.dtype), linear.bias.to(first.dtype)
    torch.addmm(bias, states, weight.t(), out=products.view(n_states, linear.out_features))
    operations.copy_(first)
    # The value of a message is one bag. Its key and query are another bag, whose sum is the gate.
    bags = torch.arange(3 * n_messages).view(n_messages, 3)[:, :2].flatten()
    gated = functional.embedding_bag(sums.gated, table, bags, mode="sum").view(n_messages, 2 * width)
    torch.ops.aten.glu.out(gated, 1, out=messages)
    return functional.embedding_bag(
        sums.summed,
        table,
        sums.starts,
        mode="sum",
        per_sample_weights=sums.weights.to(first.dtype),
        include_last_offset=True,
    )


def _sums(
    layer: Layer, operation: IntArray, n_operations: int, n_states: int, n_parts: int, residual: float
) -> Sums:
    own, n_made = layer.own.numpy(), len(layer.own)
    directions = (layer.along, layer.against)
    senders = np.concatenate([some.senders.numpy() for some in directions])
    receivers = np.concatenate([some.receivers.numpy() for some in directions])
    # A state has the products skip, key, query, value. If messages against the edges have separate weights,
    # their key, query and value follow.
    behind = np.repeat([0, n_parts - 4], [len(some.senders) for some in directions])
    key, query = own[receivers] * n_parts + 1 + behind, senders * n_parts + 2 + behind
    message = np.arange(len(key))
    n_products = n_states * n_parts
    if n_states**2 <= 16 * len(key):  # few states send few distinct messages, so each is computed once
        different, message = np.unique(key * n_products + query, return_inverse=True)
        key, query = np.divmod(different, n_products)
    rows = [n_products + operation, own * n_parts, n_products + n_operations + message]
    to = np.concatenate([np.arange(n_made), np.arange(n_made), receivers])
    order = to.astype(np.min_scalar_type(n_made)).argsort(kind="stable")  # linear time up to 16 bits
    weights = np.full(len(to), 1 - residual, dtype=np.float32)
    weights[:n_made] = residual
    counts = [some.multiplicity for some in directions if some.multiplicity is not None]
    if counts:
        weights[2 * n_made :] *= torch.cat(counts).numpy().ravel()
    return Sums(
        gated=torch.from_numpy(np.stack([query + 1, key, query], axis=1).ravel()),
        summed=torch.from_numpy(np.concatenate(rows)[order]),
        weights=torch.from_numpy(weights[order]),
        starts=torch.from_numpy(offsets(2 + np.bincount(receivers, minlength=n_made))),
    )
