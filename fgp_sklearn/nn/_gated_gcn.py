"""Residual gated graph convolution."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from fgp_sklearn.nn._backbone import Dropout, InputSpec, NodeInput, Readout
from fgp_sklearn.nn._tensors import GraphTensors


class GatedGraphConvolution(nn.Module):
    """Gated messages along the edges, against them, or both with their own or shared weights.

    ``out_i = S x_i + sum_j mult_ij * sigmoid(K x_i + Q x_j) * (V x_j)``

    Parameters
    ----------
    width : int
        Dimension of the states.
    directed : bool
        If True, messages along and against the edges have separate `K`, `Q`, `V`; if False they
        share them, which is the published form.

    Notes
    -----
    All products of a node are one matrix multiplication; each direction then gathers its rows.

    References
    ----------
    Bresson, Laurent, "Residual Gated Graph ConvNets", arXiv 1711.07553, Equation 11.

    Examples
    --------
    >>> import torch
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.nn import GatedGraphConvolution, GraphTensors
    >>> graphs = GraphTensors.from_batch(as_batch([([[0, 1], [0, 0]], ["input", "output"])]))
    >>> GatedGraphConvolution(8, directed=True)(torch.ones(2, 8), graphs).shape
    torch.Size([2, 8])
    """

    def __init__(self, width: int, *, directed: bool) -> None:
        super().__init__()
        self.width = width
        self.directed = directed
        self.products = nn.Linear(width, (7 if directed else 4) * width)

    def forward(self, states: Tensor, graphs: GraphTensors) -> Tensor:
        """New states of shape (total_nodes, width)."""
        return self.aggregate(self.products(states), graphs)

    def aggregate(self, products: Tensor, graphs: GraphTensors) -> Tensor:
        """Gate, send and sum, given the products of every node.

        Parameters
        ----------
        products : Tensor of shape (total_nodes, 4 * width or 7 * width)
            ``[S x, K x, Q x, V x]``, and ``K, Q, V`` of the other direction if directed.
        graphs : GraphTensors
            The edges.

        Returns
        -------
        Tensor of shape (total_nodes, width)
            New states.
        """
        skip, forward, backward = torch.split(
            products, [self.width, 3 * self.width, products.shape[1] - 4 * self.width], dim=1
        )
        source, target = graphs.edge_index
        out = skip.index_add(0, target, self._messages(forward, source, target, graphs))
        against = backward if self.directed else forward
        return out.index_add(0, source, self._messages(against, target, source, graphs))

    def _messages(self, products: Tensor, sender: Tensor, receiver: Tensor, graphs: GraphTensors) -> Tensor:
        key = products[:, : self.width].index_select(0, receiver)
        query, value = products[:, self.width :].index_select(0, sender).chunk(2, dim=1)
        messages = torch.sigmoid(key + query) * value
        return messages if graphs.multiplicity is None else messages * graphs.multiplicity


class GatedGCN(nn.Module):
    """Residual gated graph convolution network, the fast encoder of the paper.

    Each layer computes ``x <- dropout(relu(0.2 * x_0 + 0.8 * conv(x)))``.

    Parameters
    ----------
    spec : InputSpec
        The input.
    hidden_dim : int, default=64
        Dimension of node states and of the embedding.
    n_layers : int, default=3
        Number of convolutions.
    dropout : float, default=0.0
        Probability of zeroing an entry of a state while training.
    directed : bool, default=True
        Whether messages along and against the edges have separate weights. The paper shares them.
    ends : bool, default=True
        Whether sources and sinks are read beside the mean over nodes. The paper reads the mean.

    References
    ----------
    Kim, Hwang, Shin, arXiv 2510.18360, Appendix (encoder details).

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.nn import GatedGCN, GraphTensors, InputSpec
    >>> space = nasbench201_space()[:10]
    >>> GatedGCN(InputSpec(n_ops=7), hidden_dim=16)(GraphTensors.from_batch(space)).shape
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
            [GatedGraphConvolution(hidden_dim, directed=directed) for _ in range(n_layers)]
        )
        self.dropout = Dropout(dropout)
        self.readout = Readout(hidden_dim, hidden_dim, ends=ends)

    def forward(self, graphs: GraphTensors) -> Tensor:
        """Embeddings of shape (n_architectures, hidden_dim)."""
        first = self.node_input(graphs)
        states = first
        for i in range(len(self.convolutions)):
            states = self.dropout(torch.relu(0.2 * first + 0.8 * self._convolved(i, states, graphs)))
        embeddings: Tensor = self.readout(states, graphs)
        return embeddings

    def _convolved(self, i: int, states: Tensor, graphs: GraphTensors) -> Tensor:
        """New states by layer i; the first computes the products of each operation once.

        Training does not, since seeded results depend on the rounding of the plain product.
        """
        convolution = cast(GatedGraphConvolution, self.convolutions[i])
        of_operations = self.node_input.op_embedding.weight
        holds_more = self.node_input.feature_projection is not None
        if i or self.training or holds_more or len(states) < len(of_operations):
            new_states: Tensor = convolution(states, graphs)
            return new_states
        products = convolution.products(of_operations).index_select(0, graphs.ops)
        return convolution.aggregate(products, graphs)
