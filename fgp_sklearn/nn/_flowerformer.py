"""Flow-aware graph transformer."""

from __future__ import annotations

from torch import Tensor, nn

from fgp_sklearn.nn._backbone import InputSpec
from fgp_sklearn.nn._reachability_attention import ReachabilityAttention
from fgp_sklearn.nn._recurrence import TopologicalRecurrence
from fgp_sklearn.nn._residual import FeedForward, ResidualNetwork
from fgp_sklearn.nn._tensors import GraphTensors


class FlowEncoding(nn.Module):
    """Sum of bidirectional message passing and attention along paths.

    Message passing visits the nodes in topological order and then in reverse order. The reverse pass
    starts from the node states that the forward pass returns.

    Parameters
    ----------
    width : int
        Dimension of the node states.
    n_heads : int
        Number of attention heads.
    directed : bool
        Whether the two passes have separate weights.
    """

    def __init__(self, width: int, *, n_heads: int, directed: bool) -> None:
        super().__init__()
        self.passes = nn.ModuleList([TopologicalRecurrence(width) for _ in range(2 if directed else 1)])
        self.attention = ReachabilityAttention(width, n_heads=n_heads)

    def forward(self, states: Tensor, graphs: GraphTensors) -> Tensor:
        """New node states of shape (total_nodes, width)."""
        flow = self.passes[0](states, graphs.forward_walk)
        flow = self.passes[-1](flow, graphs.backward_walk)
        new_states: Tensor = flow + self.attention(states, graphs)
        return new_states


class FlowerFormer(ResidualNetwork):
    """Flow-aware graph transformer: asynchronous message passing plus attention along paths.

    Each layer is the sum of two modules, followed by a two-layer perceptron. The first module passes
    messages along the edges and then against them, as information and gradients flow through a network. The
    second one is attention to ancestors and descendants. Unlike in the paper, the degrees of each node are
    input features, since the average of messages does not depend on their number.

    Parameters
    ----------
    spec : InputSpec
        Sizes of the input.
    hidden_dim : int, default=64
        Dimension of node states and of the embedding.
    n_layers : int, default=3
        Number of layers.
    dropout : float, default=0.0
        Probability of zeroing an entry of the output of a residual block during training.
    n_heads : int, default=4
        Number of attention heads.
    expansion : int, default=2
        Width of the perceptron's hidden layer, as a multiple of `hidden_dim`.
    directed : bool, default=True
        Whether message passing along and against the edges has separate weights.
    ends : bool, default=True
        Whether the embedding is computed from the means over sources and over sinks besides the mean over
        all nodes. The paper uses the mean over all nodes alone.

    See Also
    --------
    ReachabilityAttention : Attention along paths; its Notes describe time and memory.
    TopologicalRecurrence : Asynchronous message passing.

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
