"""BenchmarkFormat: one row of the table of files that benchmarks publish."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch

Read = tuple[ArchitectureBatch, Mapping[str, NDArray[np.float64]]]


@dataclass(frozen=True, slots=True)
class BenchmarkFormat:
    """A layout in which a benchmark publishes its measurements.

    Parameters
    ----------
    name : str
        Name that `read_benchmark` takes.
    one : str
        What messages call such a file.
    is_certain : callable
        Whether a path, given with the first bytes of the file (none of a folder), has this layout and can
        have no other.
    read : callable
        Reads a path: architectures with names, and metrics with NaN where there is none. Anything unexpected
        is a `DataFileError` or any other `ValueError`.
    targets : tuple of str
        Default targets; the first one that the file has is taken.
    description : str
        The value of ``DESCR``.
    """

    name: str
    one: str
    is_certain: Callable[[Path, bytes], bool]
    read: Callable[[Path], Read]
    targets: tuple[str, ...]
    description: str
