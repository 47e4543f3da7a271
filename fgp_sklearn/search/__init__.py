"""Search: which architectures to train and label."""

from typing import TYPE_CHECKING, Any

from fgp_sklearn.search._acquisition import choose_batch
from fgp_sklearn.search._exhausted import ExhaustedSpaceError
from fgp_sklearn.search._predictor_guided_search import PredictorGuidedSearch
from fgp_sklearn.search._random_search import RandomSearch
from fgp_sklearn.search._search_space import SearchSpace
from fgp_sklearn.search._searcher import ArchitectureSearch
from fgp_sklearn.search._select_diverse import select_diverse

if TYPE_CHECKING:
    from fgp_sklearn.search._fgp_sampler import FGPSampler

__all__ = [
    "ArchitectureSearch",
    "ExhaustedSpaceError",
    "FGPSampler",
    "PredictorGuidedSearch",
    "RandomSearch",
    "SearchSpace",
    "choose_batch",
    "select_diverse",
]


def __getattr__(name: str) -> Any:
    if name != "FGPSampler":  # the only name that needs Optuna
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from fgp_sklearn.search._fgp_sampler import FGPSampler

    return FGPSampler
