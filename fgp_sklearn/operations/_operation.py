"""Operation: what the library knows about the name of an operation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Role = Literal["null", "identity", "input", "output", "compute"]

ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class Operation:
    """What an operation is: its kind, its role, and the numbers that describe it.

    Parameters
    ----------
    name : str
        Name of the operation in an architecture.
    kind : str
        Kind of the operation without its numbers, such as ``"conv"``.
    role : {"null", "identity", "input", "output", "compute"}, default="compute"
        "null": its output is zero for any input. "identity": its output is its input. "input" and "output":
        the ends of an architecture. "compute": anything else.
    attributes : mapping of str to float, optional
        Numbers by name, such as ``{"kernel": 3.0}``. They must be finite.

    Raises
    ------
    ValueError
        If the kind is empty, the role is unknown, or an attribute is not a finite number.

    See Also
    --------
    describe : Finds the operation of a name.

    Examples
    --------
    >>> from fgp_sklearn.operations import Operation
    >>> Operation("my_block", kind="mbconv", attributes={"expansion": 6, "kernel": 5})
    Operation(name='my_block', kind='mbconv', role='compute', attributes={'expansion': 6.0, 'kernel': 5.0})
    """

    name: str
    kind: str
    role: Role = "compute"
    attributes: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for part in ("name", "kind"):
            value = getattr(self, part)
            if not isinstance(value, str) or (part == "kind" and not value):
                raise ValueError(f"{part} of an operation must be text, got {value!r:.60}")
        if self.role not in ROLES:
            raise ValueError(
                f"role of operation {self.name!r:.60} must be one of {', '.join(map(repr, ROLES))}, "
                f"got {self.role!r:.60}"
            )
        object.__setattr__(self, "attributes", _numbers(self.name, self.attributes))

    def __hash__(self) -> int:
        return hash((self.name, self.kind, self.role, tuple(sorted(self.attributes.items()))))


def _numbers(name: str, attributes: Any) -> dict[str, float]:
    if not isinstance(attributes, Mapping):
        raise ValueError(
            f"attributes of operation {name!r:.60} must be a mapping of names to numbers, "
            f"got {attributes!r:.60}"
        )
    numbers = {}
    for key, value in attributes.items():
        if not isinstance(key, str) or not key:
            raise ValueError(f"operation {name!r:.60} has an attribute named {key!r:.60}; use text")
        try:
            number = math.nan if isinstance(value, str) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise ValueError(
                f"attribute {key!r:.60} of operation {name!r:.60} is {value!r:.60}; give a finite number"
            )
        numbers[key] = number
    return dict(sorted(numbers.items()))
