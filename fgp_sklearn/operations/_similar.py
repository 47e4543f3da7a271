"""similar_operation: the known operation that is most like another one."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from fgp_sklearn.operations._operation import Operation
from fgp_sklearn.operations._part import split_part
from fgp_sklearn.operations._table import OperationTable

#: Kinds that do about the same to a network.
FAMILIES: tuple[frozenset[str], ...] = (
    frozenset({"conv", "sep_conv", "dil_conv", "dw_conv", "group_conv"}),
    frozenset({"max_pool", "avg_pool", "pool"}),
    frozenset({"mbconv", "fused_mbconv"}),
)

_OTHER_KIND = 0.5  # as far as kernels of 3 and 4.2
_NUMBER_LACKS = 0.25


def similar_operation(name: str, known: Iterable[str], table: OperationTable) -> str | None:
    """The known operation that is most like a given one.

    Operations are alike if they are of one kind, or of one family of kinds such as pooling, and so are all
    inputs. The nearest one
    has the same kind and the same numbers, or numbers with a similar logarithm.

    Parameters
    ----------
    name : str
        Name of an operation.
    known : iterable of str
        Names of the known operations.
    table : OperationTable
        What is known about operations.

    Returns
    -------
    str or None
        The known operation. None if none is like the given one.

    Examples
    --------
    >>> from fgp_sklearn.operations import OperationTable
    >>> from fgp_sklearn.operations._similar import similar_operation
    >>> known = ["conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3"]
    >>> similar_operation("nor_conv_3x3", known, OperationTable())
    'conv3x3-bn-relu'
    >>> similar_operation("avg_pool_3x3", known, OperationTable())
    'maxpool3x3'
    >>> similar_operation("attention", known, OperationTable()) is None
    True
    """
    part, _ = split_part(name)
    given = table.describe(name)
    found = [
        (other, _distance(given, table.describe(other))) for other in known if split_part(other)[0] == part
    ]
    alike = sorted((distance, other) for other, distance in found if distance is not None)
    return alike[0][1] if alike else None


def _distance(first: Operation, second: Operation) -> float | None:
    kinds = {split_part(first.kind)[1], split_part(second.kind)[1]}
    is_end = first.role in ("input", "output")
    if first.role != second.role or not (
        is_end or len(kinds) == 1 or any(kinds <= family for family in FAMILIES)
    ):
        return None
    distance = _OTHER_KIND * (len(kinds) - 1)
    for number in first.attributes.keys() | second.attributes.keys():
        one, other = (operation.attributes.get(number, 0.0) for operation in (first, second))
        if min(one, other) > 0:
            distance += abs(float(np.log2(one / other)))
        else:
            distance += _NUMBER_LACKS * (one != other)
    return distance
