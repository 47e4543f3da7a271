"""Benchmarks of neural architectures, and search spaces to enumerate."""

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
