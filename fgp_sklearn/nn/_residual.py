"""What networks of residual blocks share."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor, nn

from fgp_sklearn.nn._backbone import Dropout, InputSpec, NodeInput, Readout
from fgp_sklearn.nn._tensors import GraphTensors


class FeedForward(nn.Module):
    """Linear, ReLU, linear, node by node.

    Parameters
    ----------
    width : int
        Dimension of the states.
    hidden_width : int
        Dimension between the two linear layers.
    """

    def __init__(self, width: int, hidden_width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width, hidden_width), nn.ReLU(), nn.Linear(hidden_width, width))

    def forward(self, states: Tensor, graphs: GraphTensors) -> Tensor:
        """New states of shape (total_nodes, width)."""
        new_states: Tensor = self.layers(states)
        return new_states


class ResidualBlock(nn.Module):
    """``x + dropout(inner(norm(x)))``.

    Parameters
    ----------
    inner : nn.Module
        From states and `GraphTensors` to states.
    width : int
        Dimension of the states.
    dropout : float
        Probability of zeroing an entry while training.
    """

    def __init__(self, inner: nn.Module, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.inner = inner
        self.dropout = Dropout(dropout)

    def forward(self, states: Tensor, graphs: GraphTensors) -> Tensor:
        """New states of shape (total_nodes, width)."""
        changed: Tensor = self.dropout(self.inner(self.norm(states), graphs))
        return states + changed


class ResidualNetwork(nn.Module):
    """Base of backbones that are a stack of residual blocks, with a norm before the readout.

    Norms are over a node's state, and stand before what they feed: unlike norms over the batch they
    leave an embedding independent of what else is encoded, and depth needs no warm-up.

    Parameters
    ----------
    spec : InputSpec
        The input.
    inners : iterable of nn.Module
        What the blocks compute, first to last.
    hidden_dim : int
        Dimension of node states and of the embedding.
    dropout : float
        Probability of zeroing an entry of what a block adds while training.
    ends : bool
        Whether sources and sinks are read beside the mean over nodes.
    degrees : bool, default=False
        Whether first states know how many edges arrive and leave.
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
        """States that the first block gets.

        Parameters
        ----------
        graphs : GraphTensors
            Architectures.

        Returns
        -------
        Tensor of shape (total_nodes, hidden_dim)
            From operations, node features and, if so chosen, degrees.
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
