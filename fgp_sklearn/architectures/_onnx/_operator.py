"""Operator: a node of an ONNX model with the shapes of what it reads and computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Shape = tuple[int, ...]


class UnknownShapeError(Exception):
    """A shape that an operator's costs depend on is not known."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A node of an ONNX model.

    Parameters
    ----------
    op_type : str
        Name of the operator.
    attributes : mapping of str to Any
        Attributes of the node.
    shapes : sequence of tuple of int or None
        Shapes of the inputs; None where it is not known or the input is left out.
    outputs : sequence of tuple of int or None
        Shapes of the outputs.
    constants : sequence of bool
        Which inputs do not depend on inputs of the network.
    numbers : sequence of ndarray or None
        Inputs whose numbers are known.
    """

    op_type: str
    attributes: Mapping[str, Any]
    shapes: Sequence[Shape | None]
    outputs: Sequence[Shape | None]
    constants: Sequence[bool]
    numbers: Sequence[Any]

    def shape(self, position: int) -> Shape:
        """Shape of an input.

        Parameters
        ----------
        position : int
            Its position.

        Returns
        -------
        tuple of int
            Its sizes.

        Raises
        ------
        UnknownShapeError
            If it is not known.
        """
        found = self.shapes[position] if position < len(self.shapes) else None
        if found is None:
            raise UnknownShapeError
        return found

    @property
    def output(self) -> Shape:
        """Shape of the first output.

        Raises
        ------
        UnknownShapeError
            If it is not known.
        """
        found = next(iter(self.outputs), None)
        if found is None:
            raise UnknownShapeError
        return found
