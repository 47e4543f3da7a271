"""Attention along the paths of a DAG."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, scaled_dot_product_attention

from fgp_sklearn.nn._tensors import GraphTensors
from fgp_sklearn.nn._topology import Block, Relation


class ReachabilityAttention(nn.Module):
    """Attention of each node to itself, its ancestors and its descendants.

    These are the nodes that lie on a common path with it. An edge of multiplicity ``m`` counts as ``m``
    neighbours.

    Parameters
    ----------
    width : int
        Dimension of the node states.
    n_heads : int, default=4
        Number of attention heads. The dimension of each is ``width / n_heads``, rounded up.
    directed : bool, default=False
        Whether each head learns a bias per relation, which is added to the attention scores. The relations
        are: itself, predecessor, farther ancestor, successor, farther descendant.

    Notes
    -----
    Architectures with the same number of nodes are computed together, without padding. Time and memory
    grow with the sum over architectures of the squared number of nodes, with `n_heads` attention scores per
    pair of nodes. A large architecture in a batch does not make the others more expensive.

    References
    ----------
    Luo, Thost, Shi, "Transformers over Directed Acyclic Graphs", NeurIPS 2023 (arXiv 2210.13148),
    Section 3.1.
    Hwang, Kim, Shin, "FlowerFormer", CVPR 2024 (arXiv 2403.12821), Section 4.2.

    Examples
    --------
    >>> import torch
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.nn import GraphTensors, ReachabilityAttention
    >>> graphs = GraphTensors.from_batch(as_batch([([[0, 1], [0, 0]], ["input", "output"])]))
    >>> ReachabilityAttention(8)(torch.ones(2, 8), graphs).shape
    torch.Size([2, 8])
    """

    def __init__(self, width: int, *, n_heads: int = 4, directed: bool = False) -> None:
        super().__init__()
        self.n_heads = n_heads
        inner = -(-width // n_heads) * n_heads
        self.inputs = nn.Linear(width, 3 * inner)
        self.outputs = nn.Linear(inner, width)
        self.relation_bias = nn.Parameter(torch.zeros(len(Relation) - 1, n_heads)) if directed else None

    def forward(self, states: Tensor, graphs: GraphTensors) -> Tensor:
        """New node states of shape (total_nodes, width)."""
        found = graphs.reachability
        rows = torch.split(self.inputs(states).index_select(0, found.order), found.sizes)
        mixed = torch.cat([self._attend(*some) for some in zip(rows, found.blocks, strict=True)])
        new_states: Tensor = self.outputs(mixed.index_select(0, found.place))
        return new_states

    def _attend(self, rows: Tensor, block: Block) -> Tensor:
        n, size, _ = block.relation.shape
        query, key, value = rows.view(n, size, 3, self.n_heads, -1).permute(2, 0, 3, 1, 4)
        mixed = scaled_dot_product_attention(query, key, value, attn_mask=self._bias(block, rows))
        return mixed.transpose(1, 2).reshape(n * size, -1)

    def _bias(self, block: Block, like: Tensor) -> Tensor:
        """Bias of the attention scores, of shape (n_architectures, n_heads or 1, n_nodes, n_nodes)."""
        learnt = like.new_zeros(len(Relation) - 1, 1) if self.relation_bias is None else self.relation_bias
        table = pad(learnt, (0, 0, 1, 0), value=-torch.inf)  # Relation.NONE is the first row
        bias = table[block.relation.long()].permute(0, 3, 1, 2)
        if block.multiplicity is None:
            return bias
        return bias + block.multiplicity[:, None].to(bias.dtype).log()
