"""Recurrent message passing in topological order."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fgp_sklearn.nn._backbone import softmax_sum
from fgp_sklearn.nn._topology import Walk


class TopologicalRecurrence(nn.Module):
    r"""Recurrent message passing in topological order.

    The message to a node is computed from the new states of its predecessors:

    .. math::

       h'_v = \mathrm{GRU}(\text{input } h_v, \text{past } m_v), \qquad
       m_v = \sum_u \alpha_{vu} h'_u, \qquad
       \alpha_{vu} = \mathrm{softmax}_u(w^\top h'_u)

    Sums run over the predecessors `u` of `v`. If the walk is backward, they run over its successors. Nodes
    without predecessors (or successors) have :math:`m_v = 0`.

    Parameters
    ----------
    width : int
        Dimension of the node states.

    Notes
    -----
    Both papers add a term in :math:`h_v` to the attention score. It is omitted here: it is the same for all
    `u`, so it cancels in the softmax. Parallel edges count as often as they occur. Each step computes one
    topological generation of all architectures in the batch.

    References
    ----------
    Thost, Chen, "Directed Acyclic Graph Neural Networks", ICLR 2021 (arXiv 2101.07965), Section 3.
    Hwang, Kim, Shin, "FlowerFormer", CVPR 2024 (arXiv 2403.12821), Section 4.1.

    Examples
    --------
    >>> import torch
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.nn import GraphTensors, TopologicalRecurrence
    >>> graphs = GraphTensors.from_batch(as_batch([([[0, 1], [0, 0]], ["input", "output"])]))
    >>> TopologicalRecurrence(8)(torch.ones(2, 8), graphs.forward_walk).shape
    torch.Size([2, 8])
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention = nn.Linear(width, 1, bias=False)
        self.cell = nn.GRUCell(width, width)

    def forward(self, states: Tensor, walk: Walk) -> Tensor:
        """New node states of shape (total_nodes, width)."""
        first, *others = torch.split(states.index_select(0, walk.order), walk.sizes)
        done = [self.cell(first)]
        for given, step in zip(others, walk.steps, strict=True):
            sent = torch.cat([done[i] for i in step.sources]).index_select(0, step.senders)
            message = softmax_sum(self.attention(sent), sent, step.receivers, len(given), step.multiplicity)
            done.append(self.cell(given, message))
        return torch.cat(done).index_select(0, walk.place)
