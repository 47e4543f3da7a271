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
        skip, forward, backward = self._products(states)
        source, target = graphs.edge_index
        along, against = self._messages(forward, source, target), self._messages(backward, target, source)
        return _received(skip, along, against, graphs)

    def of_operations(self, states: Tensor, graphs: GraphTensors) -> Tensor:
        """New states where all nodes of an operation have the same one.

        Parameters
        ----------
        states : Tensor of shape (n_ops, width)
            State of each operation.
        graphs : GraphTensors
            Operations and edges.

        Returns
        -------
        Tensor of shape (total_nodes, width)
            What `forward` gives for ``states[graphs.ops]``, but each message from one operation to
            another is computed once.
        """
        skip, forward, backward = self._products(states)
        n_ops = len(states)
        every = torch.arange(n_ops, device=states.device)
        first, second = every.repeat_interleave(n_ops), every.repeat(n_ops)
        source, target = graphs.ops[graphs.edge_index]
        pair = n_ops * source + target
        along = self._messages(forward, first, second).index_select(0, pair)
        against = self._messages(backward, second, first).index_select(0, pair)
        return _received(skip.index_select(0, graphs.ops), along, against, graphs)

    def _products(self, states: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """``S x``, and ``[K x, Q x, V x]`` of each direction."""
        skip, forward, *backward = self.products(states).split(
            [self.width, *[3 * self.width] * (2 if self.directed else 1)], dim=1
        )
        return skip, forward, backward[0] if self.directed else forward

    def _messages(self, products: Tensor, sender: Tensor, receiver: Tensor) -> Tensor:
        key = products[:, : self.width].index_select(0, receiver)
        query, value = products[:, self.width :].index_select(0, sender).chunk(2, dim=1)
        return key.add_(query).sigmoid_() * value


def _received(skip: Tensor, along: Tensor, against: Tensor, graphs: GraphTensors) -> Tensor:
    source, target = graphs.edge_index
    if graphs.multiplicity is not None:
        along, against = along.mul_(graphs.multiplicity), against.mul_(graphs.multiplicity)
    return skip.index_add(0, target, along).index_add_(0, source, against)


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
            residual = 0.2 * first
            convolved = self._convolved(i, states, graphs)
            states = self.dropout(convolved.mul_(0.8).add_(residual).relu_())
        embeddings: Tensor = self.readout(states, graphs)
        return embeddings

    def _convolved(self, i: int, states: Tensor, graphs: GraphTensors) -> Tensor:
        """New states by layer i; the first computes the messages between operations once.

        Training does not, since seeded results depend on the rounding of the plain product.
        """
        convolution = cast(GatedGraphConvolution, self.convolutions[i])
        of_operations = self.node_input.op_embedding.weight
        holds_more = self.node_input.feature_projection is not None
        few = len(of_operations) ** 2 < graphs.edge_index.shape[1]
        if i == 0 and few and not self.training and not holds_more:
            return convolution.of_operations(of_operations, graphs)
        new_states: Tensor = convolution(states, graphs)
        return new_states
