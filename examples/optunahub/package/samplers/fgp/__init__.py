"""FGPSampler in the layout of the OptunaHub registry."""

from fgp_sklearn.search import FGPSampler

__all__ = ["FGPSampler"]
