"""Heads: modules that map embeddings to outputs."""

from __future__ import annotations

from torch import Tensor, nn

from fgp_sklearn.nn._autocast import at_least_float32, autocast_off
from fgp_sklearn.nn._tensors import GraphTensors


class Head(nn.Sequential):
    """Two-layer perceptron: linear, ReLU, linear.

    Parameters
    ----------
    in_width : int
        Dimension of the embedding and of the hidden layer.
    out_width : int
        Number of outputs.

    Examples
    --------
    >>> import torch
    >>> from fgp_sklearn.nn import Head
    >>> Head(8, 2)(torch.ones(3, 8)).shape
    torch.Size([3, 2])
    """

    def __init__(self, in_width: int, out_width: int) -> None:
        super().__init__(nn.Linear(in_width, in_width), nn.ReLU(), nn.Linear(in_width, out_width))


class Predictor(nn.Module):
    """Backbone followed by a head.

    Parameters
    ----------
    backbone : nn.Module
        Module that maps `GraphTensors` to embeddings of shape (n_architectures, width).
    head : nn.Module
        Module that maps embeddings to outputs.

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.nn import GIN, GraphTensors, Head, InputSpec, Predictor
    >>> predictor = Predictor(GIN(InputSpec(n_ops=7), hidden_dim=16), Head(16, 1))
    >>> predictor(GraphTensors.from_batch(nasbench201_space()[:10])).shape
    torch.Size([10, 1])
    """

    def __init__(self, backbone: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head

    def forward(self, graphs: GraphTensors) -> Tensor:
        """Outputs of shape (n_architectures, out_width)."""
        embeddings = at_least_float32(self.backbone(graphs))
        with autocast_off(embeddings.device):
            outputs: Tensor = self.head(embeddings)
        return outputs
