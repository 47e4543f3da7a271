"""Costs of operations: parameters and multiply-adds of a kind with its attributes."""

from __future__ import annotations

from collections.abc import Mapping

from fgp_sklearn.operations._operation import Operation
from fgp_sklearn.operations._part import split_part

Costs = dict[str, float]

# The network of NAS-Bench-201: five cells in each of three stages, as (channels, pixels).
_STAGES = ((16, 32 * 32), (32, 16 * 16), (64, 8 * 8))
_CELLS = 5

_FREE_KINDS = frozenset({"identity", "none", "max_pool", "avg_pool", "pool"})


def costs_of(operation: Operation) -> Costs | None:
    """Costs of an operation in the network of NAS-Bench-201.

    Parameters
    ----------
    operation : Operation
        The operation. Its kind and its attributes determine the costs, whatever part it belongs to.

    Returns
    -------
    dict of str to float, or None
        Number of parameters and of multiply-adds, ``"params"`` and ``"flops"``. None if the costs of the kind
        are not known, or it has further attributes.

    Examples
    --------
    >>> from fgp_sklearn.operations import describe
    >>> from fgp_sklearn.operations._costs import costs_of
    >>> costs_of(describe("conv3x3")) == costs_of(describe("ReLUConvBN3x3"))
    True
    """
    attributes = dict(operation.attributes)
    _, kind = split_part(operation.kind)
    if operation.role in ("null", "identity") or kind in _FREE_KINDS:
        return _summed((0, 0, 0), (0, 0, 0)) if attributes.keys() <= {"kernel"} else None
    kernel = _whole(attributes.pop("kernel", None))
    if kernel is None:
        return None
    if kind == "mbconv":
        expansion = _whole(attributes.pop("expansion", None))
        return None if expansion is None or attributes else _inverted_bottleneck(expansion, kernel)
    if attributes:
        return None
    known: Mapping[str, Costs] = {
        "conv": _convolution(kernel),
        "sep_conv": _separable(kernel, 2),
        "dil_conv": _separable(kernel, 1),
    }
    return known.get(kind)


def _whole(value: float | None) -> int | None:
    return int(value) if value is not None and value == int(value) and 0 < value < 1000 else None


def _summed(parameters: tuple[int, ...], multiplied: tuple[int, ...]) -> Costs:
    """Costs of an operation, summed over the whole network.

    `parameters` and `multiplied` are coefficients of polynomials in the number of channels, which give the
    number of parameters and the number of multiply-adds per pixel.
    """
    params = flops = 0
    for channels, pixels in _STAGES:
        powers = [channels**k for k in range(3)]
        params += _CELLS * sum(a * p for a, p in zip(parameters, powers, strict=True))
        flops += _CELLS * pixels * sum(a * p for a, p in zip(multiplied, powers, strict=True))
    return {"params": float(params), "flops": float(flops)}


def _convolution(kernel: int) -> Costs:
    return _summed((0, 2, kernel**2), (0, 0, kernel**2))


def _separable(kernel: int, times: int) -> Costs:
    return _summed((0, times * (kernel**2 + 2), times), (0, times * kernel**2, times))


def _inverted_bottleneck(expansion: int, kernel: int) -> Costs:
    inner = expansion * kernel**2
    return _summed((0, inner + 4 * expansion + 2, 2 * expansion), (0, inner, 2 * expansion))
