"""OperatorCall: one call of an ATen operator, as the table of operators reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fgp_sklearn.architectures._networks._described import Shape


@dataclass(frozen=True)
class OperatorCall:
    """One call of an operator: its arguments by name, and the shapes of tensors.

    Parameters
    ----------
    name : str
        Name of the operator without its overload, such as "conv2d" or "torchvision::roi_align".
    arguments : mapping of str to object
        Arguments by the names of the operator's schema. A tensor stands as its shape, a tuple.
    output : sequence of int
        Shape of the first tensor of the result.
    live : frozenset of str
        Names of the arguments that depend on an input of the network. The others are weights and constants.
    """

    name: str
    arguments: Mapping[str, Any]
    output: Shape
    live: frozenset[str]

    def shape(self, *names: str) -> Shape:
        """Shape of the argument that has one of the names; of the first one of a list of tensors."""
        value = self.value(*names)
        return value[0] if value and isinstance(value[0], tuple) else value or ()

    def shapes(self, name: str) -> list[Shape]:
        """Shapes of the tensors of an argument that is a list."""
        return list(self.arguments[name])

    def ints(self, name: str) -> Sequence[int]:
        """Integers of an argument; none if it is lacking."""
        value = self.value(name)
        return () if value is None else (value,) if isinstance(value, int) else tuple(value)

    def value(self, *names: str) -> Any:
        """Argument that has one of the names; None if there is none."""
        return next((self.arguments[name] for name in names if name in self.arguments), None)
