"""Gaussian processes on blocks of features: the kernel of a view, and the process that learns with it."""

from fgp_sklearn.processes._flow_kernel import FlowKernel
from fgp_sklearn.processes._sum_kernel_process import SumKernelProcess

__all__ = ["FlowKernel", "SumKernelProcess"]
