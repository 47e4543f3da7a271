"""Operators that multiply matrices: their kinds, attributes and FLOPs, computed from shapes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fgp_sklearn.architectures._networks._described import Described, Shape, described, side

_CONVOLUTIONS = {1: "conv1d", 2: "conv", 3: "conv3d"}


def conv_of(
    inputs: Shape,
    weight: Shape,
    output: Shape,
    *,
    stride: Sequence[int] = (),
    dilation: Sequence[int] = (),
    groups: int = 1,
    transposed: bool = False,
) -> Described:
    """A convolution of any number of dimensions.

    Parameters
    ----------
    inputs, output : sequence of int
        Shapes ``(batch, channels, *positions)``, or without the batch.
    weight : sequence of int
        Shape ``(out_channels, in_channels / groups, *window)``; the first two swapped if `transposed`.
    stride, dilation : sequence of int
        One number per dimension; empty for 1.
    groups : int, default=1
        Number of groups.
    transposed : bool, default=False
        Whether it is a transposed convolution.

    Returns
    -------
    Described
        Of kind "conv", "conv1d" or "conv3d". With groups, "group_conv", or "dw_conv" for one per channel.

    Examples
    --------
    >>> from fgp_sklearn.architectures._networks import conv_of
    >>> found = conv_of((1, 8, 5, 5), (8, 1, 3, 3), (1, 8, 5, 5), groups=8)
    >>> found.kind, found.attributes["flops"] == 2 * 9 * 8 * 25
    ('dw_conv', True)
    """
    n_dimensions = len(weight) - 2
    in_channels, out_channels = (int(shape[-n_dimensions - 1]) for shape in (inputs, output))
    kind = _CONVOLUTIONS.get(n_dimensions, "conv")
    if transposed:
        kind = "conv_transpose"
    elif groups > 1:
        kind = "dw_conv" if groups == in_channels else "group_conv"
    channels_of_positions = in_channels if transposed else out_channels
    applied = math.prod(inputs if transposed else output) // max(channels_of_positions, 1)
    return described(
        kind,
        output,
        2 * math.prod(weight) * applied,
        kernel=side(weight[2:]),
        stride=side(stride),
        dilation=side(dilation),
        groups=groups,
        in_channels=in_channels,
        out_channels=out_channels,
    )


def linear_of(inputs: Shape, output: Shape) -> Described:
    """A product with a matrix of weights, whatever way the matrix is stored.

    Parameters
    ----------
    inputs, output : sequence of int
        Shapes, with channels last.

    Returns
    -------
    Described
        Of kind "linear".

    Examples
    --------
    >>> from fgp_sklearn.architectures._networks import linear_of
    >>> linear_of((1, 10, 4), (1, 10, 6)).attributes["flops"] == 2 * 10 * 4 * 6
    True
    """
    flops = 2 * math.prod(output) * inputs[-1]
    return described("linear", output, flops, in_channels=inputs[-1], out_channels=output[-1])


def matmul_of(left: Shape, output: Shape) -> Described:
    """A product of two matrices that both depend on the input, or of batches of them.

    Parameters
    ----------
    left : sequence of int
        Shape of the first factor, whose last dimension is summed over.
    output : sequence of int
        Shape of the product.

    Returns
    -------
    Described
        Of kind "matmul".
    """
    return described("matmul", output, 2 * math.prod(output) * left[-1])


def einsum_of(equation: str, shapes: Sequence[Shape], output: Shape) -> Described:
    """A sum of products in Einstein's notation, computed from left to right.

    Parameters
    ----------
    equation : str
        Such as ``"bik,bjk->bij"``.
    shapes : sequence of sequence of int
        Shapes of the operands.
    output : sequence of int
        Shape of the result.

    Returns
    -------
    Described
        Of kind "einsum". A product that sums over nothing has no FLOPs, as an elementwise product has none.

    Examples
    --------
    >>> from fgp_sklearn.architectures._networks import einsum_of
    >>> einsum_of("bik,bjk->bij", [(2, 3, 4), (2, 5, 4)], (2, 3, 5)).attributes["flops"] == 2 * 2 * 3 * 5 * 4
    True
    """
    terms, _, result = equation.replace(" ", "").partition("->")
    size: dict[str, int] = {}
    labels: list[set[str]] = []
    for term, shape in zip(terms.split(","), shapes, strict=True):
        front, _, back = term.partition("...")
        rest = [f"...{i}" for i in range(len(shape) - len(front) - len(back), 0, -1)]
        names = [*front, *rest, *back]
        size.update({name: n for name, n in zip(names, shape, strict=True) if size.get(name, 1) == 1})
        labels.append(set(names))
    wanted = set(result) if "->" in equation else {a for a in terms if a.isalpha() and terms.count(a) == 1}
    wanted |= {name for name in size if name.startswith("...")}
    flops, done = 0, labels[0]
    for position, term_labels in enumerate(labels[1:], start=1):
        needed = wanted.union(*labels[position + 1 :])
        together = done | term_labels
        if (done & term_labels) - needed:
            flops += 2 * math.prod(size[name] for name in together)
        done = together & needed
    return described("einsum", output, flops)


def attention_of(query: Shape, key: Shape, value: Shape, output: Shape) -> Described:
    """Scaled dot-product attention, without the projections.

    Parameters
    ----------
    query, key, value : sequence of int
        Shapes ``(..., heads, positions, channels)``.
    output : sequence of int
        Shape of the result.

    Returns
    -------
    Described
        Of kind "attention". A mask leaves FLOPs unchanged.
    """
    scores = math.prod(query[:-1]) * key[-2]
    heads = query[-3] if len(query) > 3 else 1
    return described(
        "attention",
        output,
        2 * scores * (query[-1] + value[-1]),
        heads=heads,
        in_channels=heads * query[-1],
        out_channels=heads * value[-1],
    )


def embedding_of(output: Shape) -> Described:
    """Rows of a table of weights.

    Parameters
    ----------
    output : sequence of int
        Shape of the result, with channels last.

    Returns
    -------
    Described
        Of kind "embedding".
    """
    return described("embedding", output, out_channels=output[-1])


def recurrent_of(kind: str, inputs: Shape, weights: Sequence[Shape], output: Shape) -> Described:
    """A recurrent layer, or several of them in one operator.

    Parameters
    ----------
    kind : {"lstm", "gru", "rnn"}
        Kind of the cell.
    inputs, output : sequence of int
        Shapes with channels last; all other dimensions are steps and batch.
    weights : sequence of sequence of int
        Shapes of all matrices that each step multiplies with.

    Returns
    -------
    Described
        Of the given kind.
    """
    steps = math.prod(inputs[:-1])
    flops = 2 * steps * sum(math.prod(shape) for shape in weights)
    return described(kind, output, flops, in_channels=inputs[-1], out_channels=output[-1])
