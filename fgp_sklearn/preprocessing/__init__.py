"""scikit-learn transformers of architectures."""

from typing import TYPE_CHECKING, Any

from fgp_sklearn._elsewhere import missing_name
from fgp_sklearn.preprocessing._adjacency_encoding import AdjacencyEncoding
from fgp_sklearn.preprocessing._architecture_simplifier import ArchitectureSimplifier
from fgp_sklearn.preprocessing._attribute_statistics import AttributeStatistics
from fgp_sklearn.preprocessing._connection_encoding import ConnectionEncoding
from fgp_sklearn.preprocessing._flow_surrogate import FlowSurrogate
from fgp_sklearn.preprocessing._frame_tensorizer import FrameTensorizer
from fgp_sklearn.preprocessing._graph_tensorizer import GraphTensorizer
from fgp_sklearn.preprocessing._path_encoding import PathEncoding
from fgp_sklearn.preprocessing._path_statistics import PathStatistics
from fgp_sklearn.preprocessing._path_sums import PathSums
from fgp_sklearn.preprocessing._running_totals import RunningTotals
from fgp_sklearn.preprocessing._soft_stage_encoding import SoftStageEncoding
from fgp_sklearn.preprocessing._stage_encoding import StageEncoding
from fgp_sklearn.preprocessing._weisfeiler_lehman_encoding import WeisfeilerLehmanEncoding

__all__ = [
    "AdjacencyEncoding",
    "ArchitectureSimplifier",
    "AttributeStatistics",
    "ConnectionEncoding",
    "FlowSurrogate",
    "FrameTensorizer",
    "GraphTensorizer",
    "PathEncoding",
    "PathStatistics",
    "PathSums",
    "RunningTotals",
    "SoftStageEncoding",
    "StageEncoding",
    "WeisfeilerLehmanEncoding",
]

if not TYPE_CHECKING:  # type checkers shall find names that are lacking

    def __getattr__(name: str) -> Any:
        raise missing_name(__name__, name)
