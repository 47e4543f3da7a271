"""What an architecture is: the container, and the readers that fill it."""

from typing import TYPE_CHECKING, Any

from fgp_sklearn._elsewhere import missing_name
from fgp_sklearn.architectures._architecture import Architecture
from fgp_sklearn.architectures._as_batch import as_batch
from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._edges_to_nodes import edges_to_nodes
from fgp_sklearn.architectures._errors import (
    ArchitectureError,
    CyclicArchitectureError,
    UnknownOperationError,
)
from fgp_sklearn.architectures._from_frame import from_frame, to_frame
from fgp_sklearn.architectures._from_onnx import from_onnx
from fgp_sklearn.architectures._from_text import from_text, to_text
from fgp_sklearn.architectures._from_torch import from_torch
from fgp_sklearn.architectures._ops import UNKNOWN_OP
from fgp_sklearn.architectures._parts import join_parts
from fgp_sklearn.architectures._unlabeled_pool import UnlabeledPool

__all__ = [
    "UNKNOWN_OP",
    "Architecture",
    "ArchitectureBatch",
    "ArchitectureError",
    "CyclicArchitectureError",
    "UnknownOperationError",
    "UnlabeledPool",
    "as_batch",
    "edges_to_nodes",
    "from_frame",
    "from_onnx",
    "from_text",
    "from_torch",
    "join_parts",
    "to_frame",
    "to_text",
]

if not TYPE_CHECKING:  # type checkers shall find names that are lacking

    def __getattr__(name: str) -> Any:
        raise missing_name(__name__, name)
