"""FlowTransform: applies operations to the messages of a flow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

FloatArray = NDArray[np.float64]

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {  # in place
    "relu": lambda x: x.relu_(),
    "tanh": lambda x: x.tanh_(),
    "identity": lambda x: x,
}


class FlowTransform:
    """Computes ``kept * m + (1 - kept) * phi(shift + m @ mixing)`` for the operation of each node.

    Parameters
    ----------
    shift : ndarray of shape (n_operations, n_draws * n_components)
        Vector that an operation adds to the mixed message.
    mixing : ndarray of shape (n_draws, n_components, n_components)
        Matrices that mix the components of a message.
    kept : ndarray of shape (n_operations, 1) or (n_operations, n_draws * n_components)
        Share of a message that an operation passes on unchanged.
    activation : {"tanh", "relu", "identity"}
        The function ``phi``.
    """

    def __init__(self, shift: FloatArray, mixing: FloatArray, kept: FloatArray, activation: str) -> None:
        self.shift, self.mixing, self.kept = map(torch.from_numpy, (shift, mixing, kept))
        self.activate = _ACTIVATIONS[activation]

    def __call__(self, message: Tensor, ops: Tensor, state: Tensor) -> None:
        """Write the states of nodes with the given messages and operations into `state`."""
        torch.index_select(self.shift, 0, ops, out=state)
        self._by_draw(state).baddbmm_(self._by_draw(message), self.mixing)
        self.activate(state).lerp_(message, self.kept.index_select(0, ops))

    def _by_draw(self, rows: Tensor) -> Tensor:
        n_draws, width = self.mixing.shape[:2]
        return rows.view(len(rows), n_draws, width).transpose(0, 1)
