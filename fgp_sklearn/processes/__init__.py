"""Gaussian processes on blocks of features: which kernel compares architectures, and what labels teach it."""

from fgp_sklearn.processes._block_scaler import BlockScaler
from fgp_sklearn.processes._flow_blocks import NOTHING_KNOWN, FlowBlocks, Known
from fgp_sklearn.processes._flow_features import kernel_features, pretext_features
from fgp_sklearn.processes._flow_kernel import FlowKernel
from fgp_sklearn.processes._kernels import prior_kernel, prior_variance
from fgp_sklearn.processes._sum_kernel_process import SumKernelProcess

__all__ = [
    "NOTHING_KNOWN",
    "BlockScaler",
    "FlowBlocks",
    "FlowKernel",
    "Known",
    "SumKernelProcess",
    "kernel_features",
    "pretext_features",
    "prior_kernel",
    "prior_variance",
]
