"""Graph isomorphism network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fgp_sklearn.nn._backbone import Dropout, InputSpec, NodeInput, Readout, sum_of_neighbours
from fgp_sklearn.nn._tensors import GraphTensors


class GINConvolution(nn.Module):
    """Graph isomorphism convolution, ``out_i = MLP(x_i + sum_j x_j)``.

    The sum runs over the predecessors and the successors `j` of node `i`.

    Parameters
    ----------
    width : int
        Dimension of the node states and of the hidden layer of the MLP.
    directed : bool
        If True, the input of the MLP is the concatenation of `x_i`, the sum over predecessors and the sum
        over successors. If False, the three are added, as in the paper.

    References
    ----------
    Xu, Hu, Leskovec, Jegelka, "How Powerful are Graph Neural Networks?", ICLR 2019, Equation 4.1.

    Examples
    --------
    >>> import torch
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.nn import GINConvolution, GraphTensors
    >>> graphs = GraphTensors.from_batch(as_batch([([[0, 1], [0, 0]], ["input", "output"])]))
    >>> GINConvolution(8, directed=False)(torch.ones(2, 8), graphs).shape
    torch.Size([2, 8])
    """

    def __init__(self, width: int, *, directed: bool) -> None:
        super().__init__()
        self.directed = directed
        self.mlp = nn.Sequential(
            nn.Linear(3 * width if directed else width, width), nn.ReLU(), nn.Linear(width, width)
        )

    def forward(self, states: Tensor, graphs: GraphTensors) -> Tensor:
        """New node states of shape (total_nodes, width)."""
        source, target = graphs.edge_index
        along = sum_of_neighbours(states, source, target, graphs)
        against = sum_of_neighbours(states, target, source, graphs)
        mixed = torch.cat([states, along, against], dim=1) if self.directed else states + along + against
        new_states: Tensor = self.mlp(mixed)
        return new_states


class GIN(nn.Module):
    """Graph isomorphism network.

    The embedding is computed from the node states after all layers, concatenated.

    Parameters
    ----------
    spec : InputSpec
        Sizes of the input.
    hidden_dim : int, default=64
        Dimension of node states and of the embedding.
    n_layers : int, default=3
        Number of convolutions, each with a two-layer MLP.
    dropout : float, default=0.0
        Probability of zeroing an entry of a node state during training.
    directed : bool, default=True
        Whether predecessors and successors have separate weights. In the paper, their states are added.
    ends : bool, default=True
        Whether the embedding is computed from the means over sources and over sinks besides the mean over
        all nodes. The paper uses the mean over all nodes alone.

    References
    ----------
    Kim, Hwang, Shin, arXiv 2510.18360, Appendix (encoder details).

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.nn import GIN, GraphTensors, InputSpec
    >>> space = nasbench201_space()[:10]
    >>> GIN(InputSpec(n_ops=7), hidden_dim=16)(GraphTensors.from_batch(space)).shape
    torch.Size([10, 16])
    """

    def __init__(
        self,
        spec: InputSpec,
        *,
        hidden_dim: int = 64,
        n_layers: int = 3,
        dropout: float = 0.0,
        directed: bool = True,
        ends: bool = True,
    ) -> None:
        super().__init__()
        self.node_input = NodeInput(spec, hidden_dim)
        self.convolutions = nn.ModuleList(
            [GINConvolution(hidden_dim, directed=directed) for _ in range(n_layers)]
        )
        self.dropout = Dropout(dropout)
        self.readout = Readout(n_layers * hidden_dim, hidden_dim, ends=ends)

    def forward(self, graphs: GraphTensors) -> Tensor:
        """Embeddings of shape (n_architectures, hidden_dim)."""
        states = self.node_input(graphs)
        layers = []
        for convolution in self.convolutions:
            states = self.dropout(torch.relu(convolution(states, graphs)))
            layers.append(states)
        embeddings: Tensor = self.readout(torch.cat(layers, dim=1), graphs)
        return embeddings
