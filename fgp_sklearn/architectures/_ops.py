"""Names of operations, and their codes in a vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import shown

_NAME_TYPES = (str, int, np.integer)
_MAX_BITS = 1024  # Python refuses to print an integer of more than 4300 digits

UNKNOWN_OP = "<unknown>"
PART_MARK = "/"  # between the name of a part and the name of an operation; see `join_parts`


def op_problem(op: Any) -> str | None:
    """Message if `op` is not an operation, else None."""
    if isinstance(op, bool) or not isinstance(op, _NAME_TYPES):
        return f"operation {shown(op)}, a {type(op).__name__}; use a str or an int"
    if not isinstance(op, str) and int(op).bit_length() > _MAX_BITS:
        return f"operation {shown(op)}, an integer of more than {_MAX_BITS} bits; use a name"
    return None


def op_name(op: Any) -> str:
    """Name of an operation: strings stay, integers become their decimal digits.

    Parameters
    ----------
    op : str or int
        Operation as given by the user.

    Returns
    -------
    str
        Its name in a vocabulary.

    Raises
    ------
    ArchitectureError
        If `op` is neither a str nor an int.
    """
    problem = op_problem(op)
    if problem is not None:
        raise ArchitectureError(f"there is {problem}")
    return _text(op)


def op_names(ops: Iterable[Any]) -> frozenset[str]:
    """Names of several operations, as in ``null_ops``."""
    if isinstance(ops, (str, bytes)) or not isinstance(ops, Iterable):
        raise ArchitectureError(f"expected a list of operations, got {shown(ops)}; wrap it: [{shown(ops)}]")
    return frozenset(map(op_name, ops))


def without_part(op: str) -> str:
    """Name of an operation without the name of the part of the architecture that it is in.

    Parameters
    ----------
    op : str
        Name of an operation, such as ``"normal/none"``.

    Returns
    -------
    str
        What follows the last ``/``.

    Examples
    --------
    >>> from fgp_sklearn.architectures._ops import without_part
    >>> without_part("normal/none"), without_part("none")
    ('none', 'none')
    """
    return op.rpartition(PART_MARK)[2]


def is_among(op: str, names: frozenset[str]) -> bool:
    """Whether names of operations, such as those in ``null_ops``, contain an operation in any part."""
    return op in names or without_part(op) in names


def as_vocabulary(ops: Sequence[Any]) -> tuple[str, ...]:
    """Names of the operations of a vocabulary, which must differ."""
    if isinstance(ops, str):
        raise ArchitectureError(f"vocabulary must be a sequence of operations, got {shown(ops)}")
    vocabulary = tuple(map(op_name, ops))
    if len(set(vocabulary)) != len(vocabulary):
        raise ArchitectureError("vocabulary names an operation twice")
    return vocabulary


def code_ops(
    ops: Sequence[Any],
    node_ptr: NDArray[np.int64],
    explain: Callable[[int, int], str] | None = None,
) -> tuple[list[str], NDArray[np.int32]]:
    """Sorted vocabulary and codes of a flat sequence of operations.

    Parameters
    ----------
    ops : sequence of str or int
        Operations of all nodes of all architectures.
    node_ptr : ndarray of shape (n_architectures + 1,)
        Offsets of the architectures into `ops`.
    explain : callable, optional
        Makes the message for a node without a valid operation, from the index of the architecture and the
        position of the node in it. By default the message gives the position.

    Returns
    -------
    vocabulary : list of str
        Names that occur, sorted.
    codes : ndarray of int32 of shape (len(ops),)
        Position of each operation in `vocabulary`.

    Raises
    ------
    ArchitectureError
        If an operation is neither a str nor an int.
    """
    kinds = set(map(type, ops))
    distinct = set(ops) if all(issubclass(k, _NAME_TYPES) and k is not bool for k in kinds) else None
    if distinct is None or any(op_problem(op) for op in distinct):
        node, problem = next((n, p) for n, p in enumerate(map(op_problem, ops)) if p is not None)
        index = int(np.searchsorted(node_ptr, node, side="right")) - 1
        node -= int(node_ptr[index])
        raise ArchitectureError(explain(index, node) if explain else f"node {node} has {problem}", index)
    name_of = {op: _text(op) for op in distinct}
    vocabulary = sorted(set(name_of.values()))
    position = {name: i for i, name in enumerate(vocabulary)}
    code = {op: position[name] for op, name in name_of.items()}
    return vocabulary, np.fromiter(map(code.__getitem__, ops), dtype=np.int32, count=len(ops))


def _text(op: Any) -> str:
    # A member of an enum equals its value but prints differently; its value is the name.
    return str.__str__(op) if isinstance(op, str) else str(int(op))
