"""Backbones and losses by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

from torch import nn

from fgp_sklearn.architectures._messages import named, shown, with_nearest
from fgp_sklearn.nn._backbone import InputSpec
from fgp_sklearn.nn._dagnn import DAGNN
from fgp_sklearn.nn._flowerformer import FlowerFormer
from fgp_sklearn.nn._gated_gcn import GatedGCN
from fgp_sklearn.nn._gin import GIN
from fgp_sklearn.nn._graph_transformer import GraphTransformer
from fgp_sklearn.nn._losses import (
    ListMLELoss,
    PairwiseHingeLoss,
    PairwiseLogisticLoss,
    SquaredErrorLoss,
)
from fgp_sklearn.nn._mlp import MLP
from fgp_sklearn.nn._nn_former import NNFormer

BACKBONES: Mapping[str, Callable[..., nn.Module]] = {
    "gated_gcn": GatedGCN,
    "gin": GIN,
    "dagnn": DAGNN,
    "graph_transformer": GraphTransformer,
    "flowerformer": FlowerFormer,
    "nn_former": NNFormer,
    "mlp": MLP,
}

_FOR_ALL_BACKBONES = ("spec", "hidden_dim", "n_layers", "dropout")

LOSSES: Mapping[str, Callable[..., nn.Module]] = {
    "hinge": PairwiseHingeLoss,
    "logistic": PairwiseLogisticLoss,
    "listmle": ListMLELoss,
    "mse": SquaredErrorLoss,
}


def make_backbone(
    backbone: str | Callable[..., nn.Module],
    spec: InputSpec,
    *,
    hidden_dim: int,
    n_layers: int,
    dropout: float,
    **params: Any,
) -> nn.Module:
    """Build a backbone.

    Parameters
    ----------
    backbone : str or callable
        A key of `BACKBONES`, or a callable with the signature ``backbone(spec, *, hidden_dim, n_layers,
        dropout, **params)``. It returns a module that maps `GraphTensors` to embeddings of shape
        (n_architectures, hidden_dim).
    spec : InputSpec
        Sizes of the input.
    hidden_dim, n_layers : int
        Dimension of the embedding, and number of layers.
    dropout : float
        Probability of zeroing an entry during training.
    **params : dict
        Further parameters of the backbone.

    Returns
    -------
    nn.Module
        Backbone with newly drawn initial weights.

    Raises
    ------
    ValueError
        If `backbone` is a string that is not a key of `BACKBONES`, or lacks a parameter.

    Examples
    --------
    >>> from fgp_sklearn.nn import InputSpec, make_backbone
    >>> type(make_backbone("gin", InputSpec(5), hidden_dim=8, n_layers=2, dropout=0.0)).__name__
    'GIN'
    """
    if isinstance(backbone, str) and backbone not in BACKBONES:
        raise ValueError(
            f"unknown backbone {shown(backbone)}; known ones are {named(BACKBONES)}, or pass a "
            "torch module class of your own"
        )
    factory = BACKBONES[backbone] if isinstance(backbone, str) else backbone
    if isinstance(backbone, str):
        _refuse_unknown(params, backbone)
    return factory(spec, hidden_dim=hidden_dim, n_layers=n_layers, dropout=dropout, **params)


def _refuse_unknown(params: Mapping[str, Any], backbone: str) -> None:
    """Refuse parameters that a backbone lacks."""
    known = [name for name in signature(BACKBONES[backbone]).parameters if name not in _FOR_ALL_BACKBONES]
    for name in params:
        if name not in known:
            problem = f"backbone_params: {backbone} has no parameter {shown(name)}"
            raise ValueError(with_nearest(problem, name, "parameters", known))


def make_loss(loss: str, **params: Any) -> nn.Module:
    """Build a loss.

    Parameters
    ----------
    loss : str
        A key of `LOSSES`.
    **params : dict
        Parameters of the loss, such as ``margin`` for "hinge".

    Returns
    -------
    nn.Module
        Loss, called with scores, targets and optional sample weights.

    Raises
    ------
    ValueError
        If `loss` is not a key of `LOSSES`.

    Examples
    --------
    >>> from fgp_sklearn.nn import make_loss
    >>> make_loss("hinge", margin=0.1).margin
    0.1
    """
    if loss not in LOSSES:
        raise ValueError(f"unknown loss {shown(loss)}; known ones are {named(LOSSES)}")
    return LOSSES[loss](**params)
