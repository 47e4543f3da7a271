"""Transformer over directed acyclic graphs."""

from __future__ import annotations

import torch
from torch import Tensor

from fgp_sklearn.nn._backbone import InputSpec
from fgp_sklearn.nn._reachability_attention import ReachabilityAttention
from fgp_sklearn.nn._residual import FeedForward, ResidualNetwork
from fgp_sklearn.nn._tensors import GraphTensors


class GraphTransformer(ResidualNetwork):
    """Transformer over DAGs: attention along paths with an encoding of depth.

    Each layer is attention to ancestors and descendants, followed by a two-layer perceptron. The initial
    node states contain a sinusoidal encoding of the depth, which is the length of the longest path from a
    source to the node. Unlike in the paper, the degrees of each node are input features, since the average
    of messages does not depend on their number.

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
        Whether each head learns a bias per relation: itself, predecessor, farther ancestor, successor,
        farther descendant. The paper has no such bias and distinguishes them by their depths alone.
    ends : bool, default=True
        Whether the embedding is computed from the means over sources and over sinks besides the mean over
        all nodes.

    See Also
    --------
    ReachabilityAttention : Attention along paths; its Notes describe time and memory.

    References
    ----------
    Luo, Thost, Shi, "Transformers over Directed Acyclic Graphs", NeurIPS 2023 (arXiv 2210.13148).

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.nn import GraphTensors, GraphTransformer, InputSpec
    >>> space = nasbench201_space()[:10]
    >>> GraphTransformer(InputSpec(n_ops=7), hidden_dim=16)(GraphTensors.from_batch(space)).shape
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
                ReachabilityAttention(hidden_dim, n_heads=n_heads, directed=directed),
                FeedForward(hidden_dim, expansion * hidden_dim),
            )
        ]
        super().__init__(spec, inners, hidden_dim=hidden_dim, dropout=dropout, ends=ends, degrees=True)

    def first_states(self, graphs: GraphTensors) -> Tensor:
        """Initial node states.

        Parameters
        ----------
        graphs : GraphTensors
            Architectures.

        Returns
        -------
        Tensor of shape (total_nodes, hidden_dim)
            Node states computed from operations, degrees, node features and depths.
        """
        states = super().first_states(graphs)
        return states + depth_encoding(graphs.depth, states)


def depth_encoding(depth: Tensor, like: Tensor) -> Tensor:
    """Sinusoidal encoding of depths, with wavelengths from 2 pi to 20,000 pi.

    Parameters
    ----------
    depth : Tensor of int64 of shape (total_nodes,)
        Depth of each node.
    like : Tensor of shape (total_nodes, width)
        Tensor whose width, dtype and device the encoding has.

    Returns
    -------
    Tensor of shape (total_nodes, width)
        Encoding with ``sin(depth / 10000 ** (2 i / width))`` in column ``2 i`` and the cosine in the next.
    """
    width = like.shape[1]
    even = torch.arange(0, width, 2, dtype=like.dtype, device=like.device)
    angles = depth[:, None].to(like.dtype) / 10_000 ** (even / width)
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)[:, :width]
