"""split_names: where names of operations carry numbers that vary, kinds and numbers in their place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.operations._operation import Operation
from fgp_sklearn.operations._part import split_part
from fgp_sklearn.operations._table import OperationTable

_MOST_VARIANTS = 2  # of a kind that keep their names


class SplitNames(NamedTuple):
    """Names of a vocabulary, and the numbers that they carried.

    Parameters
    ----------
    names : tuple of str
        In place of each name of the vocabulary: the kind where its numbers vary, otherwise the name. Together
        with the numbers they tell all names apart that differed before.
    attribute_names : tuple of str
        Names of the attributes, sorted.
    values : ndarray of float64 of shape (n_names, n_attributes)
        The numbers of each name, NaN where it has none.
    """

    names: tuple[str, ...]
    attribute_names: tuple[str, ...]
    values: NDArray[np.float64]


def split_names(vocabulary: Sequence[str], table: OperationTable) -> SplitNames | None:
    """Split names into kinds and numbers, where a kind has more than two variants or the user gave numbers.

    Parameters
    ----------
    vocabulary : sequence of str
        Canonical names of the operations that occur in a pool.
    table : OperationTable
        What is known about them.

    Returns
    -------
    SplitNames or None
        None if no kind has more than two variants, or a variant that the user described with attributes.
        Other kinds keep their names, and their numbers stand beside them.

    Examples
    --------
    >>> from fgp_sklearn.operations import OperationTable
    >>> from fgp_sklearn.operations._split_names import split_names
    >>> split = split_names(["input", "mb3_k3", "mb6_k3", "mb6_k5", "output"], OperationTable())
    >>> split.names, split.attribute_names, split.values[1].tolist()
    (('input', 'mbconv', 'mbconv', 'mbconv', 'output'), ('expansion', 'kernel'), [3.0, 3.0])
    >>> split_names(["nor_conv_1x1", "nor_conv_3x3"], OperationTable()) is None
    True
    """
    operations = [table.describe(name) for name in vocabulary]
    kinds = _distinct_kinds(vocabulary, operations)
    variants = [
        (kind, name)
        for name, kind, operation in zip(vocabulary, kinds, operations, strict=True)
        if _has_numbers(operation)
    ]
    counts = Counter(kind for kind, _ in variants)
    chosen = {kind for kind, name in variants if counts[kind] > _MOST_VARIANTS or _is_given(name, table)}
    if not chosen:
        return None
    names = tuple(
        kind if _has_numbers(operation) and kind in chosen else name
        for name, kind, operation in zip(vocabulary, kinds, operations, strict=True)
    )
    attribute_names = tuple(sorted({name for operation in operations for name in operation.attributes}))
    values = [
        [operation.attributes.get(name, np.nan) for name in attribute_names] for operation in operations
    ]
    return SplitNames(names, attribute_names, np.array(values, dtype=np.float64))


def split_like(pool: Sequence[str], vocabulary: Sequence[str], table: OperationTable) -> SplitNames | None:
    """Split names as `split_names` splits those of a pool.

    Parameters
    ----------
    pool : sequence of str
        Canonical names of the operations of the pool.
    vocabulary : sequence of str
        Canonical names to split. A name that the pool lacks is split if its kind is split in the pool and
        the pool has all its numbers; otherwise it stays as it is.
    table : OperationTable
        What is known about them.

    Returns
    -------
    SplitNames or None
        The attributes are those of the pool. None if `split_names` leaves the pool as it is.

    Examples
    --------
    >>> from fgp_sklearn.operations import OperationTable
    >>> from fgp_sklearn.operations._split_names import split_like
    >>> split = split_like(["mb3_k3", "mb6_k3", "mb6_k5"], ["mb3_k5", "conv3x3"], OperationTable())
    >>> split.names, split.values.tolist()
    (('mbconv', 'conv3x3'), [[3.0, 5.0], [nan, nan]])
    """
    known = split_names(pool, table)
    if known is None:
        return None
    of_pool = {name: (new, row) for name, new, row in zip(pool, known.names, known.values, strict=True)}
    kinds = {
        kind
        for name, kind in zip(pool, known.names, strict=True)
        if table.describe(name).attributes and table.describe(name).kind == kind
    }
    nothing = np.full(len(known.attribute_names), np.nan)
    names, values = [], []
    for name in vocabulary:
        numbers = table.describe(name)
        found = name, nothing
        is_known = numbers.kind in kinds and numbers.role == "compute"
        if is_known and numbers.attributes.keys() <= set(known.attribute_names):
            row = [numbers.attributes.get(attribute, np.nan) for attribute in known.attribute_names]
            found = numbers.kind, np.array(row)
        new, row_of_name = of_pool.get(name, found)
        names.append(new)
        values.append(row_of_name)
    return SplitNames(tuple(names), known.attribute_names, np.array(values).reshape(len(names), -1))


def _has_numbers(operation: Operation) -> bool:
    """Whether an operation can be read as its kind and numbers; null operations keep their names."""
    return bool(operation.attributes) and operation.role == "compute"


def _is_given(name: str, table: OperationTable) -> bool:
    """Whether the user described an operation, possibly without the name of its part."""
    return bool(table.given.keys() & {name, split_part(name)[1]})


def _distinct_kinds(vocabulary: Sequence[str], operations: Sequence[Operation]) -> list[str]:
    """Kind of each operation. Where operations of equal numbers share a kind, their spellings stay apart.

    A kind that is also a name of the vocabulary, with other numbers or none, gets an ending.
    """
    alike = Counter((operation.kind, tuple(operation.attributes.items())) for operation in operations)
    torn = {kind for (kind, _), count in alike.items() if count > 1}
    bare = {name for name, operation in zip(vocabulary, operations, strict=True) if not operation.attributes}
    kinds = []
    for name, operation in zip(vocabulary, operations, strict=True):
        kind = _stem(name, operation) if operation.kind in torn else operation.kind
        while operation.attributes and kind in bare:
            kind += "*"
        kinds.append(kind)
    return kinds


def _stem(name: str, operation: Operation) -> str:
    """The letters of a name, its numbers apart: they tell spellings of one kind apart."""
    letters = "".join(character for character in name if not character.isdigit())
    return f"{operation.kind} ({letters})"
