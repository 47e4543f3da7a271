"""Multi-layer perceptron on flattened adjacency matrices and operations."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fgp_sklearn.nn._backbone import Dropout, InputSpec
from fgp_sklearn.nn._tensors import GraphTensors


class MLP(nn.Module):
    """Multi-layer perceptron on flattened adjacency matrices and one-hot operations.

    It is a baseline for the graph networks. Unlike them, it depends on the order of the nodes, and it does
    not accept architectures with more than `spec.max_nodes` nodes.

    Parameters
    ----------
    spec : InputSpec
        Sizes of the input.
    hidden_dim : int, default=64
        Dimension of the hidden layers and of the embedding.
    n_layers : int, default=3
        Number of layers.
    dropout : float, default=0.0
        Probability of zeroing an entry during training.

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.nn import MLP, GraphTensors, InputSpec
    >>> space = nasbench201_space()[:10]
    >>> MLP(InputSpec(n_ops=7, max_nodes=8), hidden_dim=16)(GraphTensors.from_batch(space)).shape
    torch.Size([10, 16])
    """

    def __init__(
        self, spec: InputSpec, *, hidden_dim: int = 64, n_layers: int = 3, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.spec = spec
        width = spec.max_nodes * (spec.n_ops + spec.n_node_features + spec.max_nodes)
        layers: list[nn.Module] = []
        for i in range(n_layers):
            layers += [nn.Linear(hidden_dim if i else width, hidden_dim), nn.ReLU(), Dropout(dropout)]
        self.layers = nn.Sequential(*layers)

    def forward(self, graphs: GraphTensors) -> Tensor:
        """Embeddings of shape (n_architectures, hidden_dim)."""
        embeddings: Tensor = self.layers(self.flatten(graphs))
        return embeddings

    def flatten(self, graphs: GraphTensors) -> Tensor:
        """Flatten adjacency, one-hot operations and node features, padded with zeros.

        Parameters
        ----------
        graphs : GraphTensors
            Architectures of at most ``spec.max_nodes`` nodes.

        Returns
        -------
        Tensor of shape (n_architectures, max_nodes * (max_nodes + n_ops + n_node_features))
            One row per architecture.

        Raises
        ------
        ValueError
            If an architecture has more than ``spec.max_nodes`` nodes.
        """
        size = self.spec.max_nodes
        largest = int(graphs.n_nodes.max())
        if largest > size:
            index = int(graphs.n_nodes.argmax())
            raise ValueError(
                f"architecture {index} of the batch has {largest} nodes, but the mlp backbone was built for "
                f"at most {size}; fit on a pool with the largest architectures, or use a graph backbone"
            )
        first = torch.cumsum(graphs.n_nodes, 0) - graphs.n_nodes
        place = torch.arange(len(graphs.ops), device=graphs.ops.device) - first[graphs.owner]
        rows = torch.zeros(len(graphs), size, size + self.spec.n_ops, device=graphs.ops.device)
        rows[graphs.owner, place, size + graphs.ops] = 1.0
        source, target = graphs.edge_index
        weight = 1.0 if graphs.multiplicity is None else graphs.multiplicity[:, 0]
        rows[graphs.owner[source], place[source], place[target]] = weight
        if graphs.node_features is None:
            return rows.flatten(1)
        features = rows.new_zeros(len(graphs), size, self.spec.n_node_features)
        features[graphs.owner, place] = graphs.node_features
        return torch.cat([rows.flatten(1), features.flatten(1)], dim=1)
