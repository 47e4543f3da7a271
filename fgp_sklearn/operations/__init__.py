"""What the library knows about operations: kinds, roles, numbers in names, and spellings."""

from fgp_sklearn.operations._describe import canonical, describe
from fgp_sklearn.operations._operation import Operation
from fgp_sklearn.operations._table import OperationTable

__all__ = ["Operation", "OperationTable", "canonical", "describe"]
