"""Residual blocks, and the base class of backbones made of them."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor, nn

from fgp_sklearn.nn._backbone import Dropout, InputSpec, NodeInput, Readout
from fgp_sklearn.nn._tensors import GraphTensors


class FeedForward(nn.Module):
    """Two-layer perceptron (linear, ReLU, linear), applied to each node.

    Parameters
    ----------
    width : int
        Dimension of the node states.
    hidden_width : int
        Dimension of the hidden layer.
    """

    def __init__(self, width: int, hidden_width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width, hidden_width), nn.ReLU(), nn.Linear(hidden_width, width))

    def forward(self, states: Tensor, graphs: GraphTensors) -> Tensor:
        """New node states of shape (total_nodes, width)."""
        new_states: Tensor = self.layers(states)
        return new_states


class ResidualBlock(nn.Module):
    """Pre-norm residual block, ``x + dropout(inner(norm(x)))``.

    Parameters
    ----------
    inner : nn.Module
        Module that maps node states and `GraphTensors` to node states.
    width : int
        Dimension of the node states.
    dropout : float
        Probability of zeroing an entry of the output of `inner` during training.
    """

    def __init__(self, inner: nn.Module, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.inner = inner
        self.dropout = Dropout(dropout)

    def forward(self, states: Tensor, graphs: GraphTensors) -> Tensor:
        """New node states of shape (total_nodes, width)."""
        changed: Tensor = self.dropout(self.inner(self.norm(states), graphs))
        return states + changed


class ResidualNetwork(nn.Module):
    """Base class of backbones that are a stack of residual blocks, with layer normalisation.

    Layer normalisation, unlike batch normalisation, makes an embedding independent of the other
    architectures in the batch. It precedes each module (pre-norm), so that deep networks train without
    warm-up. A last normalisation precedes the readout.

    Parameters
    ----------
    spec : InputSpec
        Sizes of the input.
    inners : iterable of nn.Module
        Inner modules of the blocks, from first to last.
    hidden_dim : int
        Dimension of node states and of the embedding.
    dropout : float
        Probability of zeroing an entry of the output of a residual block during training.
    ends : bool
        Whether the embedding is computed from the means over sources and over sinks besides the mean over
        all nodes.
    degrees : bool, default=False
        Whether the degrees of each node are input features.
    """

    def __init__(
        self,
        spec: InputSpec,
        inners: Iterable[nn.Module],
        *,
        hidden_dim: int,
        dropout: float,
        ends: bool,
        degrees: bool = False,
    ) -> None:
        super().__init__()
        self.node_input = NodeInput(spec, hidden_dim, degrees=degrees)
        self.blocks = nn.ModuleList([ResidualBlock(inner, hidden_dim, dropout) for inner in inners])
        self.norm = nn.LayerNorm(hidden_dim)
        self.readout = Readout(hidden_dim, hidden_dim, ends=ends)

    def first_states(self, graphs: GraphTensors) -> Tensor:
        """Initial node states, which are the input of the first block.

        Parameters
        ----------
        graphs : GraphTensors
            Architectures.

        Returns
        -------
        Tensor of shape (total_nodes, hidden_dim)
            Node states computed from operations, node features and, if ``degrees=True``, degrees.
        """
        states: Tensor = self.node_input(graphs)
        return states

    def forward(self, graphs: GraphTensors) -> Tensor:
        """Embeddings of shape (n_architectures, hidden_dim)."""
        states = self.first_states(graphs)
        for block in self.blocks:
            states = block(states, graphs)
        embeddings: Tensor = self.readout(self.norm(states), graphs)
        return embeddings
