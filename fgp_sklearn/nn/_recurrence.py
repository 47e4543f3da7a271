"""Recurrence along the edges of a DAG."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fgp_sklearn.nn._backbone import softmax_sum
from fgp_sklearn.nn._topology import Walk


class TopologicalRecurrence(nn.Module):
    r"""Pass through all nodes in topological order; each hears what its predecessors have become.

    .. math::

       h'_v = \mathrm{GRU}(\text{input } h_v, \text{past } m_v), \qquad
       m_v = \sum_u \alpha_{vu} h'_u, \qquad
       \alpha_{vu} = \mathrm{softmax}_u(w^\top h'_u)

    over the predecessors `u` of `v`, or over its successors where the walk goes backward. Nodes
    without any have :math:`m_v = 0`.

    Parameters
    ----------
    width : int
        Dimension of the states.

    Notes
    -----
    Both papers add a term in :math:`h_v` to the score; it is the same for all `u`, so the softmax does
    not feel it, and it is left out. Parallel edges count as often as they occur. All architectures of
    a batch advance together, a generation a step.

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
        """New states of shape (total_nodes, width)."""
        first, *others = torch.split(states.index_select(0, walk.order), walk.sizes)
        done = [self.cell(first)]
        for given, step in zip(others, walk.steps, strict=True):
            sent = torch.cat([done[i] for i in step.sources]).index_select(0, step.senders)
            message = softmax_sum(self.attention(sent), sent, step.receivers, len(given), step.multiplicity)
            done.append(self.cell(given, message))
        return torch.cat(done).index_select(0, walk.place)
