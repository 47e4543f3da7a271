"""Weights: which tensors of an ONNX model are parameters of its network."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import onnx

#: Inputs that are weights, by operator. Its other inputs are not, such as the running statistics of a norm.
_WEIGHTS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("Conv", "ConvTranspose", "ConvInteger", "Gemm"), (1, 2)),
    **dict.fromkeys(("BatchNormalization", "LayerNormalization", "RMSNormalization"), (1, 2)),
    **dict.fromkeys(("GroupNormalization", "InstanceNormalization"), (1, 2)),
    **dict.fromkeys(("MatMul", "MatMulInteger", "Einsum"), (0, 1)),
    **dict.fromkeys(("LSTM", "GRU", "RNN"), (1, 2, 3, 7)),
    "QLinearConv": (3, 8),
    "QLinearMatMul": (3,),
    "DeformConv": (1, 3),
    "PRelu": (1,),
    "Gather": (0,),
}

#: Operators whose inputs are weights if they are vectors at least and the model does not say what they are.
_PERHAPS = frozenset({"Add", "Concat", "Expand", "Mul", "Sub", "Tile"})

_OF_INTEGERS = frozenset({"ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul"})

_KIND_KEY = "pkg.torch.export.graph_signature.InputSpec.kind"  # as torch.onnx.export(dynamo=True) writes it


class Tensor(NamedTuple):
    """A tensor of the model.

    Parameters
    ----------
    name : str
        Its name.
    elements : int
        Number of its elements.
    is_float : bool
        Whether these are real numbers, or integers that stand for such.
    """

    name: str
    elements: int
    is_float: bool


class Weights:
    """What a model says about its tensors.

    Parameters
    ----------
    model : onnx.ModelProto
        The model. Exported by torch, it says which tensors are parameters and which are buffers.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        self._kinds = {
            value.name: entry.value
            for value in (*model.graph.value_info, *model.graph.input)
            for entry in value.metadata_props
            if entry.key == _KIND_KEY
        }

    def of_input(self, op_type: str, position: int, tensors: Iterable[Tensor]) -> dict[str, int]:
        """Parameters that an operator reads.

        Parameters
        ----------
        op_type : str
            The operator.
        position : int
            Position of the input.
        tensors : iterable of Tensor
            Tensors that the input is computed from.

        Returns
        -------
        dict of str to int
            Number of elements by name.
        """
        return {
            tensor.name: tensor.elements
            for tensor in tensors
            if (tensor.is_float or op_type in _OF_INTEGERS) and self._is_weight(op_type, position, tensor)
        }

    def _is_weight(self, op_type: str, position: int, tensor: Tensor) -> bool:
        if tensor.name in self._kinds:
            return bool(self._kinds[tensor.name] == "PARAMETER")
        if op_type in _WEIGHTS:
            is_number = tensor.elements == 1 and bool(self._kinds)  # such as the zero of a bias left out
            return position in _WEIGHTS[op_type] and not is_number
        return op_type in _PERHAPS and tensor.elements > 1 and not self._kinds
