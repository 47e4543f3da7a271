"""Gaussian processes on blocks of features. All names but `SumKernelProcess` serve the package only."""

from fgp_sklearn.processes._flow_kernel import FlowKernel
from fgp_sklearn.processes._sum_kernel_process import SumKernelProcess

__all__ = ["FlowKernel", "SumKernelProcess"]
