"""Gaussian processes on blocks of features: the kernel of a view, and the process that learns with it.

Estimators and `search` build on this room; users reach it through them.
"""

__all__: list[str] = []
