"""NN-Former: transformer with sibling attention and bidirectional graph convolution."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fgp_sklearn.nn._backbone import InputSpec, softmax_sum, sum_of_neighbours
from fgp_sklearn.nn._residual import ResidualNetwork
from fgp_sklearn.nn._tensors import GraphTensors
from fgp_sklearn.nn._topology import N_NEIGHBOUR_TYPES


class SiblingAttention(nn.Module):
    """Attention to four types of neighbours, with one head per type.

    The types are predecessors, successors, nodes that share a predecessor, and nodes that share a
    successor. Each node also attends to itself in every head. Parallel edges count as often as they occur.

    Parameters
    ----------
    width : int
        Dimension of the node states. The dimension of each head is a quarter of it, rounded up.

    Notes
    -----
    Time and memory grow with the number of pairs of neighbours times `width`. The number of pairs is at most
    of the order of the sum over nodes of the squared degree.

    References
    ----------
    Xu et al., "NN-Former: Rethinking Graph Structure in Neural Architecture Representation", CVPR 2025
    (arXiv 2507.00880), adjacency and sibling multi-head attention.

    Examples
    --------
    >>> import torch
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.nn import GraphTensors, SiblingAttention
    >>> graphs = GraphTensors.from_batch(as_batch([([[0, 1], [0, 0]], ["input", "output"])]))
    >>> SiblingAttention(8)(torch.ones(2, 8), graphs).shape
    torch.Size([2, 8])
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.head_width = -(-width // N_NEIGHBOUR_TYPES)
        self.inputs = nn.Linear(width, 3 * N_NEIGHBOUR_TYPES * self.head_width)
        self.outputs = nn.Linear(N_NEIGHBOUR_TYPES * self.head_width, width)

    def forward(self, states: Tensor, graphs: GraphTensors) -> Tensor:
        """New states of shape (total_nodes, width)."""
        pairs = graphs.neighbourhood
        parts = self.inputs(states).chunk(3, dim=1)
        query, key, value = (part.reshape(-1, self.head_width) for part in parts)
        products = query.index_select(0, pairs.receivers) * key.index_select(0, pairs.senders)
        scores = products.sum(dim=1, keepdim=True) / self.head_width**0.5
        values = value.index_select(0, pairs.senders)
        mixed = softmax_sum(scores, values, pairs.receivers, len(query), pairs.multiplicity)
        new_states: Tensor = self.outputs(mixed.view(len(states), -1))
        return new_states


class BidirectedFeedForward(nn.Module):
    """Two-layer perceptron with a graph convolution in its hidden layer.

    ``out = relu(x U + [sum_pred mult x V, sum_succ mult x W]) O``

    One half of the hidden layer sums over predecessors, the other half over successors.

    Parameters
    ----------
    width : int
        Dimension of the node states.
    expansion : int, default=4
        Width of the hidden layer as a multiple of `width`; the product is rounded up to an even number.

    References
    ----------
    Xu et al., "NN-Former: Rethinking Graph Structure in Neural Architecture Representation", CVPR 2025
    (arXiv 2507.00880), bidirectional graph isomorphism feed-forward network.

    Examples
    --------
    >>> import torch
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.nn import BidirectedFeedForward, GraphTensors
    >>> graphs = GraphTensors.from_batch(as_batch([([[0, 1], [0, 0]], ["input", "output"])]))
    >>> BidirectedFeedForward(8)(torch.ones(2, 8), graphs).shape
    torch.Size([2, 8])
    """

    def __init__(self, width: int, *, expansion: int = 4) -> None:
        super().__init__()
        half = -(-expansion * width // 2)
        self.products = nn.Linear(width, 4 * half)
        self.outputs = nn.Linear(2 * half, width)

    def forward(self, states: Tensor, graphs: GraphTensors) -> Tensor:
        """New states of shape (total_nodes, width)."""
        source, target = graphs.edge_index
        *own, along, against = self.products(states).chunk(4, dim=1)
        sums = [
            sum_of_neighbours(along, source, target, graphs),
            sum_of_neighbours(against, target, source, graphs),
        ]
        hidden = torch.relu(torch.cat(own, dim=1) + torch.cat(sums, dim=1))
        new_states: Tensor = self.outputs(hidden)
        return new_states


class NNFormer(ResidualNetwork):
    """NN-Former: attention to neighbours and siblings with bidirectional graph convolution.

    Each layer is attention to neighbours and siblings, followed by a perceptron with a graph convolution
    in its hidden layer.

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
    expansion : int, default=4
        Width of the perceptron's hidden layer, as a multiple of `hidden_dim`.
    ends : bool, default=True
        Whether the embedding is computed from the means over sources and over sinks besides the mean over
        all nodes.

    See Also
    --------
    BidirectedFeedForward : Perceptron with graph convolution.
    SiblingAttention : Attention; its Notes describe time and memory.

    References
    ----------
    Xu et al., "NN-Former: Rethinking Graph Structure in Neural Architecture Representation", CVPR 2025
    (arXiv 2507.00880).

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.nn import GraphTensors, InputSpec, NNFormer
    >>> space = nasbench201_space()[:10]
    >>> NNFormer(InputSpec(n_ops=7), hidden_dim=16)(GraphTensors.from_batch(space)).shape
    torch.Size([10, 16])
    """

    def __init__(
        self,
        spec: InputSpec,
        *,
        hidden_dim: int = 64,
        n_layers: int = 3,
        dropout: float = 0.0,
        expansion: int = 4,
        ends: bool = True,
    ) -> None:
        inners = [
            inner
            for _ in range(n_layers)
            for inner in (
                SiblingAttention(hidden_dim),
                BidirectedFeedForward(hidden_dim, expansion=expansion),
            )
        ]
        super().__init__(spec, inners, hidden_dim=hidden_dim, dropout=dropout, ends=ends)
