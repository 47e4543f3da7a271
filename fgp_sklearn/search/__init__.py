"""Search: which architectures to train and label."""

from fgp_sklearn.search._acquisition import choose_batch
from fgp_sklearn.search._dag_space import DAGSpace
from fgp_sklearn.search._exhausted import ExhaustedSpaceError
from fgp_sklearn.search._hypervolume import hypervolume
from fgp_sklearn.search._nasbench201_space import NASBench201Space
from fgp_sklearn.search._pool_space import PoolSpace
from fgp_sklearn.search._predictor_guided_search import PredictorGuidedSearch
from fgp_sklearn.search._random_search import RandomSearch
from fgp_sklearn.search._search_space import SearchSpace
from fgp_sklearn.search._searcher import ArchitectureSearch
from fgp_sklearn.search._select_diverse import select_diverse

__all__ = [
    "ArchitectureSearch",
    "DAGSpace",
    "ExhaustedSpaceError",
    "NASBench201Space",
    "PoolSpace",
    "PredictorGuidedSearch",
    "RandomSearch",
    "SearchSpace",
    "choose_batch",
    "hypervolume",
    "select_diverse",
]
