"""Operators that multiply no matrices: pooling, normalisation, and all that need no formula."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fgp_sklearn.architectures._networks._described import Described, Shape, described, side


def pool_of(
    kind: str,
    inputs: Shape,
    output: Shape,
    *,
    kernel: Sequence[int] = (),
    stride: Sequence[int] = (),
    dilation: Sequence[int] = (),
) -> Described:
    """Pooling over windows, or adaptive and global pooling if there is no `kernel`.

    Parameters
    ----------
    kind : {"max_pool", "avg_pool"}
        Kind of the pooling.
    inputs, output : sequence of int
        Shapes ``(batch, channels, *positions)``.
    kernel, stride, dilation : sequence of int
        One number per dimension. Without a kernel, windows are as large as needed and do not overlap.

    Returns
    -------
    Described
        Of the given kind; "global_avg_pool" or "global_max_pool" if one window covers everything.

    Examples
    --------
    >>> from fgp_sklearn.architectures._networks import pool_of
    >>> pool_of("avg_pool", (1, 8, 6, 6), (1, 8, 2, 2)).attributes["kernel"]
    3.0
    >>> pool_of("avg_pool", (1, 8, 6, 6), (1, 8, 1, 1)).kind
    'global_avg_pool'
    """
    positions = tuple(inputs[2:])
    window = tuple(kernel) or tuple(
        max(n // max(m, 1), 1) for n, m in zip(positions, output[2:], strict=True)
    )
    channels = {"in_channels": inputs[1], "out_channels": output[1]}
    if math.prod(output[2:]) == 1 and not kernel:
        return described(f"global_{kind}", output, **channels)
    sides = {"kernel": side(window), "stride": side(stride or window), "dilation": side(dilation)}
    return described(kind, output, **sides, **channels)


def norm_of(kind: str, channels: int, output: Shape, *, groups: int | None = None) -> Described:
    """A normalisation.

    Parameters
    ----------
    kind : str
        Such as "batch_norm" or "layer_norm".
    channels : int
        Number of channels, which each have a weight.
    output : sequence of int
        Shape of the result.
    groups : int, optional
        Of a "group_norm".

    Returns
    -------
    Described
        Of the given kind.
    """
    grouped = {} if groups is None else {"groups": groups}
    return described(kind, output, in_channels=channels, out_channels=channels, **grouped)


def plain_of(kind: str, output: Shape) -> Described:
    """An operator with no numbers of its own, such as an activation, a sum or a reshape.

    Parameters
    ----------
    kind : str
        Canonical name of the operation.
    output : sequence of int
        Shape of the result; of the first one, if there are several.

    Returns
    -------
    Described
        Of the given kind.
    """
    return described(kind, output)
