"""Flow-aware graph transformer."""

from __future__ import annotations

from torch import Tensor, nn

from fgp_sklearn.nn._backbone import InputSpec
from fgp_sklearn.nn._reachability_attention import ReachabilityAttention
from fgp_sklearn.nn._recurrence import TopologicalRecurrence
from fgp_sklearn.nn._residual import FeedForward, ResidualNetwork
from fgp_sklearn.nn._tensors import GraphTensors


class FlowEncoding(nn.Module):
    """A pass along the edges and one back, plus attention along the paths.

    The backward pass starts from what the forward pass leaves, and sinks hand back what arrived.

    Parameters
    ----------
    width : int
        Dimension of the states.
    n_heads : int
        Attention heads.
    directed : bool
        Whether the two passes have separate weights.
    """

    def __init__(self, width: int, *, n_heads: int, directed: bool) -> None:
        super().__init__()
        self.passes = nn.ModuleList([TopologicalRecurrence(width) for _ in range(2 if directed else 1)])
        self.attention = ReachabilityAttention(width, n_heads=n_heads)

    def forward(self, states: Tensor, graphs: GraphTensors) -> Tensor:
        """New states of shape (total_nodes, width)."""
        flow = self.passes[0](states, graphs.forward_walk)
        flow = self.passes[-1](flow, graphs.backward_walk)
        new_states: Tensor = flow + self.attention(states, graphs)
        return new_states


class FlowerFormer(ResidualNetwork):
    """Bidirectional asynchronous message passing beside attention masked to common paths.

    Each layer adds up what a recurrent pass along the edges and back makes of its states (as
    information and gradients flow through a network) and attention to ancestors and descendants; a
    two-layer perceptron follows. First states also know, unlike the paper's, how many edges arrive and leave,
    which means of messages hide.

    Parameters
    ----------
    spec : InputSpec
        The input.
    hidden_dim : int, default=64
        Dimension of node states and of the embedding.
    n_layers : int, default=3
        Number of layers.
    dropout : float, default=0.0
        Probability of zeroing an entry of what a layer adds while training.
    n_heads : int, default=4
        Attention heads.
    expansion : int, default=2
        Width of the perceptron's hidden layer, in widths of a state.
    directed : bool, default=True
        Whether the passes along and against the edges have separate weights.
    ends : bool, default=True
        Whether sources and sinks are read beside the mean over nodes. The paper reads the mean.

    See Also
    --------
    ReachabilityAttention : Says how time and memory grow.
    TopologicalRecurrence : The passes.

    References
    ----------
    Hwang, Kim, Shin, "FlowerFormer: Empowering Neural Architecture Encoding using a Flow-aware Graph
    Transformer", CVPR 2024 (arXiv 2403.12821), Section 4.

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.nn import FlowerFormer, GraphTensors, InputSpec
    >>> space = nasbench201_space()[:10]
    >>> FlowerFormer(InputSpec(n_ops=7), hidden_dim=16)(GraphTensors.from_batch(space)).shape
    torch.Size([10, 16])
    """

    def __init__(
        self,
        spec: InputSpec,
        *,
        hidden_dim: int = 64,
        n_layers: int = 3,
        dropout: float = 0.0,
        n_heads: int = 4,
        expansion: int = 2,
        directed: bool = True,
        ends: bool = True,
    ) -> None:
        inners = [
            inner
            for _ in range(n_layers)
            for inner in (
                FlowEncoding(hidden_dim, n_heads=n_heads, directed=directed),
                FeedForward(hidden_dim, expansion * hidden_dim),
            )
        ]
        super().__init__(spec, inners, hidden_dim=hidden_dim, dropout=dropout, ends=ends, degrees=True)
