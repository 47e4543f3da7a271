"""Operation names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._errors import ArchitectureError

_NAME_TYPES = (str, int, np.integer)


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
    if isinstance(op, bool) or not isinstance(op, _NAME_TYPES):
        raise ArchitectureError(f"operation {op!r} is a {type(op).__name__}; use a str or an int")
    return str(op)


def op_names(ops: Iterable[Any]) -> frozenset[str]:
    """Names of several operations, as in ``null_ops``."""
    return frozenset(map(op_name, ops))


def code_ops(ops: Sequence[Any], node_ptr: NDArray[np.int64]) -> tuple[list[str], NDArray[np.int32]]:
    """Sorted vocabulary and codes of a flat sequence of operations.

    Parameters
    ----------
    ops : sequence of str or int
        Operations of all nodes of all architectures.
    node_ptr : ndarray of shape (n_architectures + 1,)
        Where each architecture begins, to blame the right one.

    Returns
    -------
    vocabulary : list of str
        Names that occur, sorted.
    codes : ndarray of int32 of shape (len(ops),)
        Position of each operation in `vocabulary`.
    """
    if not all(issubclass(kind, _NAME_TYPES) and kind is not bool for kind in set(map(type, ops))):
        for node, op in enumerate(ops):
            if isinstance(op, bool) or not isinstance(op, _NAME_TYPES):
                index = int(np.searchsorted(node_ptr, node, side="right")) - 1
                raise ArchitectureError(
                    f"node {node - int(node_ptr[index])} has operation {op!r}, a "
                    f"{type(op).__name__}; use a str or an int",
                    index,
                )
    name_of = {op: str(op) for op in set(ops)}
    vocabulary = sorted(set(name_of.values()))
    position = {name: i for i, name in enumerate(vocabulary)}
    code = {op: position[name] for op, name in name_of.items()}
    return vocabulary, np.fromiter(map(code.__getitem__, ops), dtype=np.int32, count=len(ops))
