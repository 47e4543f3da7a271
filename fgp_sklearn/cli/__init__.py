"""The command ``fgp-sklearn``, for tables and models in files."""

from fgp_sklearn.cli._main import main

__all__ = ["main"]
