"""Residual gated graph convolution."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from fgp_sklearn.nn._autocast import matrix_dtype
from fgp_sklearn.nn._backbone import Dropout, InputSpec, NodeInput, Readout
from fgp_sklearn.nn._colour_refinement import Layer, first_layer, layers_of_kinds
from fgp_sklearn.nn._gated_sums import FEWEST_ROWS, gated_states
from fgp_sklearn.nn._reused_graph_tensors import ReusedGraphTensors
from fgp_sklearn.nn._tensors import GraphTensors


class GatedGraphConvolution(nn.Module):
    """Gated graph convolution with messages along and against the edges.

    ``out_i = S x_i + sum_j mult_ij * sigmoid(K x_i + Q x_j) * (V x_j)``

    The sum runs over the predecessors and the successors `j` of node `i`; ``mult_ij`` is the number of
    parallel edges between them.

    Parameters
    ----------
    width : int
        Dimension of the node states.
    directed : bool
        If True, messages along and against the edges have separate `K`, `Q` and `V`. If False, they
        share them, as in the paper.

    Notes
    -----
    A single matrix multiplication computes all products of the node states. Each direction then gathers
    its rows.

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
        """New node states of shape (total_nodes, width)."""
        source, target = graphs.edge_index
        skip, *sides = self._products(states)
        along = self._sent(sides[0], source, target, graphs.multiplicity)
        against = self._sent(sides[-1], target, source, graphs.multiplicity)
        return skip.index_add(0, target, along).index_add_(0, source, against)

    def of_kinds(self, states: Tensor, layer: Layer) -> Tensor:
        """Compute `forward` for one node per kind, that is, per class of nodes with identical states.

        Parameters
        ----------
        states : Tensor of shape (n_read, width)
            State of each kind before the layer.
        layer : Layer
            Messages between kinds.

        Returns
        -------
        Tensor of shape (n_made, width)
            State of each kind after the layer.
        """
        lacking = max(0, FEWEST_ROWS - len(states))
        skip, *sides = self._products(nn.functional.pad(states, (0, 0, 0, lacking)))
        made = skip.index_select(0, layer.own)
        for products, some in ((sides[0], layer.along), (sides[-1], layer.against)):
            before = layer.own.index_select(0, some.receivers)
            sent = self._sent(products, some.senders, before, some.multiplicity)
            made.index_add_(0, some.receivers, sent)
        return made

    def _products(self, states: Tensor) -> tuple[Tensor, ...]:
        """``S x``, and ``[K x, Q x, V x]`` for each direction, or once if the directions share weights."""
        n_sides = 2 if self.directed else 1
        products: Tensor = self.products(states)
        return torch.split(products, [self.width, *[3 * self.width] * n_sides], dim=1)

    def _sent(
        self, products: Tensor, sender: Tensor, receiver: Tensor, multiplicity: Tensor | None
    ) -> Tensor:
        key = products[:, : self.width].index_select(0, receiver)
        query, value = products[:, self.width :].index_select(0, sender).chunk(2, dim=1)
        messages = key.add_(query).sigmoid_() * value
        return messages if multiplicity is None else messages.mul_(multiplicity)


class GatedGCN(nn.Module):
    """Residual gated graph convolution network.

    Each layer computes ``x <- dropout(relu(0.2 * x_0 + 0.8 * conv(x)))``. It is the fast encoder of the
    paper.

    Parameters
    ----------
    spec : InputSpec
        Sizes of the input.
    hidden_dim : int, default=64
        Dimension of node states and of the embedding.
    n_layers : int, default=3
        Number of convolutions.
    dropout : float, default=0.0
        Probability of zeroing an entry of a node state during training.
    directed : bool, default=True
        Whether messages along and against the edges have separate weights. In the paper they share them.
    ends : bool, default=True
        Whether the embedding is computed from the means over sources and over sinks besides the mean over
        all nodes. The paper uses the mean over all nodes alone.

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
        layers = self._layers_of_kinds(graphs)
        states = self._of_nodes(graphs) if layers is None else self._of_kinds(graphs, layers)
        embeddings: Tensor = self.readout(states, graphs)
        return embeddings

    def _layers_of_kinds(self, graphs: GraphTensors) -> tuple[Layer, ...] | None:
        """Layers between kinds, or None if states within a kind may differ or finding kinds is too slow."""
        if graphs.batch is None:
            return None
        n_layers = len(self.convolutions)
        if isinstance(graphs, ReusedGraphTensors):
            return None if self.training and self.dropout.p else graphs.layers_of_kinds(n_layers)
        if self.training:
            return None
        return layers_of_kinds(graphs.batch, n_layers, graphs.ops.device, graphs.input_kinds.kind)

    def _of_nodes(self, graphs: GraphTensors) -> Tensor:
        states: Tensor = self.node_input(graphs)
        residual = 0.2 * states
        kinds = self._kinds_before_layers(graphs)
        for convolution in self.convolutions:
            if kinds is not None:
                first = first_layer(graphs, kinds)
                convolved = cast(GatedGraphConvolution, convolution).of_kinds(self._of_inputs(graphs), first)
            else:
                convolved = convolution(states, graphs)
            states = self.dropout(convolved.mul_(0.8).add_(residual).relu_())
            kinds = None
        return states

    def _kinds_before_layers(self, graphs: GraphTensors) -> Tensor | None:
        """Kind of each node by its input, or None if the tensors do not say."""
        if self.node_input.feature_projection is None:
            return graphs.ops
        return None if graphs.batch is None else graphs.input_kinds.of_nodes

    def _of_inputs(self, graphs: GraphTensors) -> Tensor:
        """Initial state of each kind of nodes."""
        if self.node_input.feature_projection is None:
            return self.node_input.op_embedding.weight
        return self.node_input.of_some(graphs, graphs.input_kinds.first)

    def _of_kinds(self, graphs: GraphTensors, layers: tuple[Layer, ...]) -> Tensor:
        """Node states as `_of_nodes` returns them up to rounding, computed for one node per kind."""
        states = self._of_inputs(graphs)
        if not torch.is_grad_enabled() and states.device.type == "cpu":
            products = [cast(GatedGraphConvolution, some).products for some in self.convolutions]
            return gated_states(products, states.to(matrix_dtype(states)), layers, residual=0.2)
        residual = 0.2 * states
        for convolution, layer in zip(self.convolutions, layers, strict=True):
            residual = residual.index_select(0, layer.own)
            convolved = cast(GatedGraphConvolution, convolution).of_kinds(states, layer)
            states = convolved.mul_(0.8).add_(residual).relu_()
        return states
