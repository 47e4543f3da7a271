"""Operation names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._errors import ArchitectureError

_NAME_TYPES = (str, int, np.integer)
_MAX_BITS = 1024  # Python refuses to print an integer of more than 4300 digits
_SHOWN_CHARACTERS = 60
_MOST_NAMES = 10


def shown(value: Any) -> str:
    """Short text of any value, for messages."""
    try:
        text = repr(value)
    except Exception:  # the repr of a stranger, or of an integer of thousands of digits
        text = f"<{type(value).__name__}>"
    return shown_text(text)


def shown_text(text: str) -> str:
    """Short text on one line."""
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 4]} ..."


def named(values: Iterable[Any], at_most: int = _MOST_NAMES, joint: str = ", ") -> str:
    """Several names for a message: the first ones, and how many more there are.

    Parameters
    ----------
    values : iterable
        Names, or whatever else a message lists; each is cut short if it is long.
    at_most : int, default=10
        How many are named.
    joint : str, default=", "
        What stands between them.

    Returns
    -------
    str
        Text that does not grow with the data.

    Examples
    --------
    >>> from fgp_sklearn.architectures._ops import named
    >>> named(["conv", "pool"]), named(range(3000), at_most=3)
    ("'conv', 'pool'", '0, 1, 2 and 2,997 more')
    """
    listed = list(values)
    text = joint.join(map(shown, listed[:at_most]))
    more = len(listed) - at_most
    return text if more <= 0 else f"{text} and {more:,} more"


def printable(name: str, width: int = _SHOWN_CHARACTERS) -> str:
    """A user's name on one line, for pictures: what cannot be printed is escaped, what is long is cut."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in name)
    return text if len(text) <= width else f"{text[: width - 1]}…"


def op_problem(op: Any) -> str | None:
    """What keeps `op` from being an operation, if anything."""
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
        An operation as a user writes it.

    Returns
    -------
    str
        Its name in a vocabulary.

    Raises
    ------
    ArchitectureError
        If `op` is neither.
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
        Where each architecture begins, to blame the right one.
    explain : callable, optional
        Says what is wrong with the operation of a node, given the index of the architecture and the
        position of the node in it. By default the node is named by its position.

    Returns
    -------
    vocabulary : list of str
        Names that occur, sorted.
    codes : ndarray of int32 of shape (len(ops),)
        Position of each operation in `vocabulary`.

    Raises
    ------
    ArchitectureError
        If an operation is neither str nor int.
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
    # Members of an enum are equal to their value but print differently: the value is the name.
    return str.__str__(op) if isinstance(op, str) else str(int(op))
