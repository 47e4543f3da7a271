"""Search: which architectures to train and label."""

from fgp_sklearn.search._select_diverse import select_diverse

__all__ = ["select_diverse"]
