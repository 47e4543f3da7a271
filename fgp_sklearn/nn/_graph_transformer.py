"""Transformer over directed acyclic graphs."""

from __future__ import annotations

import torch
from torch import Tensor

from fgp_sklearn.nn._backbone import InputSpec
from fgp_sklearn.nn._reachability_attention import ReachabilityAttention
from fgp_sklearn.nn._residual import FeedForward, ResidualNetwork
from fgp_sklearn.nn._tensors import GraphTensors


class GraphTransformer(ResidualNetwork):
    """Attention along the paths of each architecture, on states that know their depth.

    Each layer is attention to ancestors and descendants, and a two-layer perceptron. The first states
    hold sines and cosines of each node's depth, the length of the longest path from a source to it, and know,
    unlike the paper's, how many edges arrive and leave, which means of messages hide.

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
        Whether heads learn to tell ancestors from descendants, and neighbours from farther ones. The
        paper leaves that to the depths.
    ends : bool, default=True
        Whether sources and sinks are read beside the mean over nodes.

    See Also
    --------
    ReachabilityAttention : Says how time and memory grow.

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
        """States that the first block gets.

        Parameters
        ----------
        graphs : GraphTensors
            Architectures.

        Returns
        -------
        Tensor of shape (total_nodes, hidden_dim)
            From operations, degrees, node features and depths.
        """
        states = super().first_states(graphs)
        return states + depth_encoding(graphs.depth, states)


def depth_encoding(depth: Tensor, like: Tensor) -> Tensor:
    """Sines and cosines of depths, of wavelengths from 2 pi to 20,000 pi, side by side.

    Parameters
    ----------
    depth : Tensor of int64 of shape (total_nodes,)
        Depths.
    like : Tensor of shape (total_nodes, width)
        Whose width, type and device to take.

    Returns
    -------
    Tensor of shape (total_nodes, width)
        ``sin(depth / 10000 ** (2 i / width))`` in column ``2 i``, and the cosine next to it.
    """
    width = like.shape[1]
    even = torch.arange(0, width, 2, dtype=like.dtype, device=like.device)
    angles = depth[:, None].to(like.dtype) / 10_000 ** (even / width)
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)[:, :width]
