"""Flow-Guided Pre-training of neural-architecture encoders, as scikit-learn estimators.

The public names are loaded when they are first used, so that ``import fgp_sklearn`` imports neither
torch nor scikit-learn.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError, UnlabeledPool, as_batch
    from fgp_sklearn.estimators import (
        FGPEncoder,
        FGPRegressor,
        FlowGaussianProcessRegressor,
    )
    from fgp_sklearn.persistence import load, save
    from fgp_sklearn.preprocessing import (
        AdjacencyEncoding,
        ArchitectureSimplifier,
        ConnectionEncoding,
        FlowSurrogate,
        GraphTensorizer,
        PathEncoding,
        PathStatistics,
        PathSums,
        StageEncoding,
        WeisfeilerLehmanEncoding,
    )

__version__ = "0.1.0.dev0"

__all__ = [
    "AdjacencyEncoding",
    "ArchitectureBatch",
    "ArchitectureError",
    "ArchitectureSimplifier",
    "ConnectionEncoding",
    "FGPEncoder",
    "FGPRegressor",
    "FlowGaussianProcessRegressor",
    "FlowSurrogate",
    "GraphTensorizer",
    "PathEncoding",
    "PathStatistics",
    "PathSums",
    "StageEncoding",
    "UnlabeledPool",
    "WeisfeilerLehmanEncoding",
    "__version__",
    "as_batch",
    "load",
    "save",
]

_HOME = {
    "ArchitectureBatch": "architectures",
    "ArchitectureError": "architectures",
    "as_batch": "architectures",
    "AdjacencyEncoding": "preprocessing",
    "ArchitectureSimplifier": "preprocessing",
    "ConnectionEncoding": "preprocessing",
    "FlowSurrogate": "preprocessing",
    "GraphTensorizer": "preprocessing",
    "PathEncoding": "preprocessing",
    "PathStatistics": "preprocessing",
    "PathSums": "preprocessing",
    "StageEncoding": "preprocessing",
    "WeisfeilerLehmanEncoding": "preprocessing",
    "FGPEncoder": "estimators",
    "FGPRegressor": "estimators",
    "FlowGaussianProcessRegressor": "estimators",
    "UnlabeledPool": "architectures",
    "load": "persistence",
    "save": "persistence",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
