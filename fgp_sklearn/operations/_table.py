"""OperationTable: what the library and the user know about operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from fgp_sklearn.operations._library import canonical_name, described, names_with_role
from fgp_sklearn.operations._operation import Operation, Role
from fgp_sklearn.operations._part import split_part


@dataclass(frozen=True)
class OperationTable:
    """Table of operations: the one of the library, and what a user adds to it.

    Parameters
    ----------
    given : mapping of str to Operation or to mapping, optional
        Operations that the table of the library lacks, or that mean something else, by their exact names. A
        mapping may have the keys ``"kind"``, ``"role"`` and ``"attributes"``.

    Raises
    ------
    ValueError
        If an operation is malformed; the message names it.

    See Also
    --------
    describe : Looks up a name in the table of the library.

    Examples
    --------
    >>> from fgp_sklearn.operations import OperationTable
    >>> block = {"kind": "mbconv", "attributes": {"kernel": 5}}
    >>> table = OperationTable({"my_block": block, "nop": {"role": "null"}})
    >>> table.describe("my_block").attributes, table.role("nop"), table.role("Zero")
    ({'kernel': 5.0}, 'null', 'null')
    """

    given: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.given, Mapping):
            raise ValueError(
                f"operations must be a mapping of names to operations, got {self.given!r:.60}; for example "
                '{"my_op": {"kind": "conv", "attributes": {"kernel": 3}}}'
            )
        read = {_name(name): _operation(_name(name), value) for name, value in self.given.items()}
        object.__setattr__(self, "given", read)

    def __hash__(self) -> int:
        return hash(tuple(sorted((name, hash(operation)) for name, operation in self.given.items())))

    def describe(self, name: str) -> Operation:
        """What is known about an operation; see `fgp_sklearn.operations.describe`.

        Parameters
        ----------
        name : str
            Name of an operation.

        Returns
        -------
        Operation
            Its kind, role and attributes.
        """
        return replace(self._found(_text(name)))  # the attributes of the original are kept from changes

    def role(self, name: str) -> Role:
        """Role of an operation.

        Parameters
        ----------
        name : str
            Name of an operation.

        Returns
        -------
        {"null", "identity", "input", "output", "compute"}
            Its role.
        """
        return self._found(_text(name)).role

    def canonical(self, name: str) -> str:
        """Canonical name of an operation; see `fgp_sklearn.operations.canonical`.

        Parameters
        ----------
        name : str
            Name of an operation.

        Returns
        -------
        str
            The name that all spellings of the operation have in common. A name that the user gave is its own
            canonical name, unless it is an input or an output.
        """
        part, bare = split_part(_text(name))
        if part and name not in self.given:
            return part + self.canonical(bare)
        if name not in self.given:
            return canonical_name(name)
        role: Role = self.given[name].role
        usual = described(name).role
        if role != usual and role in ("input", "output"):
            return role
        return f"{name} ({role})" if role != usual and usual in ("input", "output") else name

    def _found(self, name: str) -> Operation:
        """The operation of a name. In a part of an architecture its kind begins with the name of the part."""
        part, bare = split_part(name)
        if name in self.given or not part or bare not in self.given:
            return self.given[name] if name in self.given else described(name)
        inner: Operation = self.given[bare]
        return replace(inner, name=name, kind=part + inner.kind)

    def names_of(self, role: Role) -> frozenset[str]:
        """Canonical names of all operations with a role.

        Parameters
        ----------
        role : {"null", "identity", "input", "output", "compute"}
            The role. For "compute" only the operations that the user gave are returned.

        Returns
        -------
        frozenset of str
            Their canonical names.
        """
        given = {self.canonical(name) for name, operation in self.given.items() if operation.role == role}
        usual = names_with_role(role) - self.given.keys()
        return frozenset(given | usual)


def _text(name: Any) -> str:
    if isinstance(name, str):
        return name
    hint = "; the name of an integer operation is its digits, as text" if isinstance(name, int) else ""
    raise TypeError(f"the name of an operation must be text, got {name!r:.60}{hint}")


def _name(name: Any) -> str:
    if isinstance(name, str):
        return str.__str__(name)
    if isinstance(name, (int, np.integer)) and not isinstance(name, bool):
        return str(int(name))
    raise ValueError(f"operations must have text or integers as names, got {name!r:.60}")


def _operation(name: str, value: Any) -> Operation:
    if isinstance(value, Operation):
        return Operation(name, value.kind, value.role, value.attributes)
    if not isinstance(value, Mapping):
        raise ValueError(
            f"operation {name!r:.60} must be an Operation, or a mapping with the keys 'kind', 'role' and "
            f"'attributes', got {value!r:.60}"
        )
    unknown = sorted(map(str, value.keys() - {"kind", "role", "attributes"}))
    if unknown:
        raise ValueError(
            f"operation {name!r:.60} has a key {unknown[0]!r:.60}; use 'kind', 'role' and 'attributes'"
        )
    kind = value.get("kind", name if value.get("role", "compute") == "compute" else value["role"])
    return Operation(name, kind, value.get("role", "compute"), value.get("attributes", {}))
