"""scikit-learn transformers of architectures."""

from fgp_sklearn.preprocessing._adjacency_encoding import AdjacencyEncoding
from fgp_sklearn.preprocessing._architecture_simplifier import ArchitectureSimplifier
from fgp_sklearn.preprocessing._flow_surrogate import FlowSurrogate
from fgp_sklearn.preprocessing._graph_tensorizer import GraphTensorizer
from fgp_sklearn.preprocessing._path_statistics import PathStatistics

__all__ = [
    "AdjacencyEncoding",
    "ArchitectureSimplifier",
    "FlowSurrogate",
    "GraphTensorizer",
    "PathStatistics",
]
