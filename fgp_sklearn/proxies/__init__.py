"""Zero-cost proxies: scores of architectures that need no label and no training."""

from fgp_sklearn.proxies._measured_proxies import MeasuredProxies
from fgp_sklearn.proxies._nasbench101_builder import NASBench101Builder
from fgp_sklearn.proxies._nasbench201_builder import NASBench201Builder
from fgp_sklearn.proxies._nasbench_graph_builder import NASBenchGraphBuilder
from fgp_sklearn.proxies._structural_proxies import StructuralProxies

__all__ = [
    "MeasuredProxies",
    "NASBench101Builder",
    "NASBench201Builder",
    "NASBenchGraphBuilder",
    "StructuralProxies",
]
