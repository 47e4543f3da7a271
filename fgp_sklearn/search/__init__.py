"""Search: which architectures to train and label."""

from typing import TYPE_CHECKING, Any

from fgp_sklearn._elsewhere import missing_name
from fgp_sklearn.search._acquisition import choose_batch
from fgp_sklearn.search._chain_space import ChainSpace
from fgp_sklearn.search._dag_space import DAGSpace
from fgp_sklearn.search._darts_space import DARTSSpace
from fgp_sklearn.search._exhausted import ExhaustedSpaceError
from fgp_sklearn.search._hypervolume import hypervolume
from fgp_sklearn.search._local_search import LocalSearch
from fgp_sklearn.search._nasbench101_space import NASBench101Space
from fgp_sklearn.search._nasbench201_space import NASBench201Space
from fgp_sklearn.search._nasbench_graph_space import NASBenchGraphSpace
from fgp_sklearn.search._pool_space import PoolSpace
from fgp_sklearn.search._predictor_guided_search import PredictorGuidedSearch
from fgp_sklearn.search._random_search import RandomSearch
from fgp_sklearn.search._regularized_evolution import RegularizedEvolution
from fgp_sklearn.search._search_space import SearchSpace
from fgp_sklearn.search._searcher import ArchitectureSearch
from fgp_sklearn.search._select_diverse import select_diverse

if TYPE_CHECKING:
    from fgp_sklearn.search._fgp_sampler import FGPSampler

__all__ = [
    "ArchitectureSearch",
    "ChainSpace",
    "DAGSpace",
    "DARTSSpace",
    "ExhaustedSpaceError",
    "FGPSampler",
    "LocalSearch",
    "NASBench101Space",
    "NASBench201Space",
    "NASBenchGraphSpace",
    "PoolSpace",
    "PredictorGuidedSearch",
    "RandomSearch",
    "RegularizedEvolution",
    "SearchSpace",
    "choose_batch",
    "hypervolume",
    "select_diverse",
]


def __getattr__(name: str) -> Any:
    if name != "FGPSampler":  # the only name that needs Optuna
        raise missing_name(__name__, name)
    from fgp_sklearn.search._fgp_sampler import FGPSampler

    return FGPSampler


def __dir__() -> list[str]:
    return sorted(__all__)
