"""Torch modules: backbones, heads and losses. They know tensors, not estimators."""

from fgp_sklearn.nn._backbone import Dropout, InputSpec, NodeInput, Readout
from fgp_sklearn.nn._gated_gcn import GatedGCN, GatedGraphConvolution
from fgp_sklearn.nn._gin import GIN, GINConvolution
from fgp_sklearn.nn._heads import Head, Predictor
from fgp_sklearn.nn._losses import (
    ColumnwiseLoss,
    ListMLELoss,
    PairwiseHingeLoss,
    PairwiseLogisticLoss,
    SquaredErrorLoss,
)
from fgp_sklearn.nn._mlp import MLP
from fgp_sklearn.nn._registry import BACKBONES, LOSSES, make_backbone, make_loss
from fgp_sklearn.nn._tensors import GraphTensors

__all__ = [
    "BACKBONES",
    "GIN",
    "LOSSES",
    "MLP",
    "ColumnwiseLoss",
    "Dropout",
    "GINConvolution",
    "GatedGCN",
    "GatedGraphConvolution",
    "GraphTensors",
    "Head",
    "InputSpec",
    "ListMLELoss",
    "NodeInput",
    "PairwiseHingeLoss",
    "PairwiseLogisticLoss",
    "Predictor",
    "Readout",
    "SquaredErrorLoss",
    "make_backbone",
    "make_loss",
]
