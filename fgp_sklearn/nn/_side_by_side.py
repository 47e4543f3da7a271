"""SideBySide: several networks on the same graphs."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from fgp_sklearn.nn._autocast import at_least_float32
from fgp_sklearn.nn._tensors import GraphTensors


class SideBySide(nn.Module):
    """Outputs of several networks, one beside the other; what they derive from the graphs is derived once.

    Parameters
    ----------
    networks : iterable of nn.Module
        From `GraphTensors` to outputs of shape (n_architectures, width).

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.nn import GIN, GatedGCN, GraphTensors, InputSpec
    >>> from fgp_sklearn.nn._side_by_side import SideBySide
    >>> spec = InputSpec(n_ops=7)
    >>> both = SideBySide([GIN(spec, hidden_dim=8), GatedGCN(spec, hidden_dim=16)])
    >>> both(GraphTensors.from_batch(nasbench201_space()[:10])).shape
    torch.Size([10, 24])
    """

    def __init__(self, networks: Iterable[nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, graphs: GraphTensors) -> Tensor:
        """Outputs of shape (n_architectures, sum of widths), in float32 at least."""
        return torch.cat([at_least_float32(network(graphs)) for network in self.networks], dim=1)
