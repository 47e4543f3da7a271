"""Described: the kind and the attributes of an operator, and what their computation shares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

Shape = Sequence[int]


class Described(NamedTuple):
    """What an operator is.

    Attributes that several kinds have:

    - ``elements``: number of elements of the output (of the first one, if there are several).
    - ``flops``: two per multiply-add in convolutions, matrix products, attention and recurrent layers, and
      0 for other operators, as `torch.utils.flop_counter` counts. The batch of the example inputs counts.
    - ``in_channels`` and ``out_channels``: of operators with weights, and of pooling.
    - ``kernel``, ``stride`` and ``dilation``: sides. Of sides that differ, the geometric mean, so that the
      square of ``kernel`` is the area of the window.

    Parameters
    ----------
    kind : str
        Canonical name of the operation.
    attributes : dict of str to float
        The numbers.
    """

    kind: str
    attributes: dict[str, float]


def described(kind: str, output: Shape, flops: float = 0.0, **attributes: float) -> Described:
    """An operator with the attributes that all operators have, and its own."""
    numbers = {"elements": float(math.prod(output)), "flops": float(flops)}
    return Described(kind, numbers | {name: float(value) for name, value in attributes.items()})


def side(sizes: Sequence[int]) -> float:
    """Side of a window: the geometric mean of its sizes.

    Examples
    --------
    >>> from fgp_sklearn.architectures._networks._described import side
    >>> side([3, 3]), side([1, 4])
    (3.0, 2.0)
    """
    if len(set(sizes)) == 1:
        return float(sizes[0])
    return float(math.prod(sizes) ** (1 / len(sizes))) if sizes else 1.0
