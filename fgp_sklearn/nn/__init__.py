"""Torch modules: backbones, heads and losses. They depend on tensors, not on estimators."""

from fgp_sklearn.nn._backbone import Dropout, InputSpec, NodeInput, Readout
from fgp_sklearn.nn._dagnn import DAGNN
from fgp_sklearn.nn._flowerformer import FlowerFormer
from fgp_sklearn.nn._gated_gcn import GatedGCN, GatedGraphConvolution
from fgp_sklearn.nn._gin import GIN, GINConvolution
from fgp_sklearn.nn._graph_transformer import GraphTransformer
from fgp_sklearn.nn._heads import Head, Predictor
from fgp_sklearn.nn._losses import (
    ColumnwiseLoss,
    ListMLELoss,
    PairwiseHingeLoss,
    PairwiseLogisticLoss,
    SquaredErrorLoss,
)
from fgp_sklearn.nn._mlp import MLP
from fgp_sklearn.nn._nn_former import BidirectedFeedForward, NNFormer, SiblingAttention
from fgp_sklearn.nn._reachability_attention import ReachabilityAttention
from fgp_sklearn.nn._recurrence import TopologicalRecurrence
from fgp_sklearn.nn._registry import BACKBONES, LOSSES, make_backbone, make_loss
from fgp_sklearn.nn._tensors import GraphTensors

__all__ = [
    "BACKBONES",
    "DAGNN",
    "GIN",
    "LOSSES",
    "MLP",
    "BidirectedFeedForward",
    "ColumnwiseLoss",
    "Dropout",
    "FlowerFormer",
    "GINConvolution",
    "GatedGCN",
    "GatedGraphConvolution",
    "GraphTensors",
    "GraphTransformer",
    "Head",
    "InputSpec",
    "ListMLELoss",
    "NNFormer",
    "NodeInput",
    "PairwiseHingeLoss",
    "PairwiseLogisticLoss",
    "Predictor",
    "ReachabilityAttention",
    "Readout",
    "SiblingAttention",
    "SquaredErrorLoss",
    "TopologicalRecurrence",
    "make_backbone",
    "make_loss",
]
