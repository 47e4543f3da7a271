"""Benchmarks of neural architectures, and search spaces to enumerate."""

from typing import TYPE_CHECKING, Any

from fgp_sklearn._elsewhere import missing_name
from fgp_sklearn.architectures._spaces import nasbench101_space, nasbench201_space
from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._nasbench201 import load_nasbench201
from fgp_sklearn.datasets._nasbench_graph import load_nasbench_graph
from fgp_sklearn.datasets._read_benchmark import read_benchmark
from fgp_sklearn.datasets._read_table import read_table

__all__ = [
    "DataFileError",
    "load_nasbench201",
    "load_nasbench_graph",
    "nasbench101_space",
    "nasbench201_space",
    "read_benchmark",
    "read_table",
]

if not TYPE_CHECKING:  # type checkers shall find names that are lacking

    def __getattr__(name: str) -> Any:
        raise missing_name(__name__, name)
