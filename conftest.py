"""For tests and the examples of docstrings: one thread per process, and pictures without windows.

Processes of pytest-xdist, joblib and notebooks share the cores: more threads would wait for each other.
"""

import os
import sys

import pytest

os.environ["MPLBACKEND"] = "Agg"
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def close_figures():
    """After each test and each example of a docstring."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
