"""Directed acyclic graph neural network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fgp_sklearn.nn._backbone import Dropout, InputSpec, NodeInput
from fgp_sklearn.nn._recurrence import TopologicalRecurrence
from fgp_sklearn.nn._tensors import GraphTensors
from fgp_sklearn.nn._topology import Walk


class DAGNN(nn.Module):
    """Directed acyclic graph neural network: recurrent passes in topological order.

    One stack of layers passes messages along the edges, a second stack against them. The initial node
    states and the outputs of all layers are concatenated. The maximum over the sinks (over the sources for
    the reverse stack) is the input of a linear layer, whose output is the embedding. Unlike in the paper,
    the degrees of each node are input features, since the average of messages does not depend on their
    number.

    Parameters
    ----------
    spec : InputSpec
        Sizes of the input.
    hidden_dim : int, default=64
        Dimension of node states and of the embedding.
    n_layers : int, default=3
        Number of layers per direction.
    dropout : float, default=0.0
        Probability of zeroing an entry of a node state during training.
    bidirectional : bool, default=True
        Whether to pass messages against the edges as well.

    References
    ----------
    Thost, Chen, "Directed Acyclic Graph Neural Networks", ICLR 2021 (arXiv 2101.07965).

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.nn import DAGNN, GraphTensors, InputSpec
    >>> space = nasbench201_space()[:10]
    >>> DAGNN(InputSpec(n_ops=7), hidden_dim=16)(GraphTensors.from_batch(space)).shape
    torch.Size([10, 16])
    """

    def __init__(
        self,
        spec: InputSpec,
        *,
        hidden_dim: int = 64,
        n_layers: int = 3,
        dropout: float = 0.0,
        bidirectional: bool = True,
    ) -> None:
        super().__init__()
        self.node_input = NodeInput(spec, hidden_dim, degrees=True)
        self.bidirectional = bidirectional
        self.forward_stack, self.backward_stack = (
            nn.ModuleList([TopologicalRecurrence(hidden_dim) for _ in range(n)])
            for n in (n_layers, n_layers if bidirectional else 0)
        )
        self.dropout = Dropout(dropout)
        self.projection = nn.Linear((1 + bidirectional) * (n_layers + 1) * hidden_dim, hidden_dim)

    def forward(self, graphs: GraphTensors) -> Tensor:
        """Embeddings of shape (n_architectures, hidden_dim)."""
        first = self.node_input(graphs)
        states = self._pass(self.forward_stack, first, graphs.forward_walk)
        read = [_maximum(states, graphs.is_sink, graphs)]
        if self.bidirectional:
            states = self._pass(self.backward_stack, first, graphs.backward_walk)
            read.append(_maximum(states, graphs.is_source, graphs))
        embeddings: Tensor = self.projection(torch.cat(read, dim=1))
        return embeddings

    def _pass(self, stack: nn.ModuleList, first: Tensor, walk: Walk) -> Tensor:
        """Node states of all layers, concatenated."""
        layers = [first]
        for recurrence in stack:
            layers.append(self.dropout(recurrence(layers[-1], walk)))
        return torch.cat(layers, dim=1)


def _maximum(states: Tensor, chosen: Tensor, graphs: GraphTensors) -> Tensor:
    """Maximum over the chosen nodes of each architecture. Each must have at least one."""
    where = chosen.nonzero().squeeze(1)
    owner = graphs.owner.index_select(0, where)[:, None].expand(-1, states.shape[1])
    largest = states.new_full((len(graphs), states.shape[1]), -torch.inf)
    return largest.scatter_reduce(0, owner, states.index_select(0, where), "amax")
