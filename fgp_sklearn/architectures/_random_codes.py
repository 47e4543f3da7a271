"""Random codes of 64 bits, by which equal things are found."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def random_codes(draws: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.uint64]:
    """Draw random codes, whose sums identify what was added.

    Sums of different codes agree by chance as rarely as a guess of 64 bits is right.

    Parameters
    ----------
    draws : numpy.random.Generator
        Source of the codes.
    shape : tuple of int
        Shape of the result.

    Returns
    -------
    ndarray of uint64 of that shape
        The codes. Their sums wrap around.
    """
    return draws.integers(np.iinfo(np.uint64).max, size=shape, dtype=np.uint64, endpoint=True)


def codes_of(values: NDArray[np.float64], draws: np.random.Generator) -> NDArray[np.uint64]:
    """A random code for each value, the same for equal values."""
    different, which = np.unique(values, return_inverse=True)
    return random_codes(draws, (len(different),))[which]


def scrambled(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64 bits one to one (the finaliser of SplitMix64)."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
    return bits ^ (bits >> np.uint64(31))


def by_first_appearance(values: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number different values in order of first appearance.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Values, such as codes.

    Returns
    -------
    first : ndarray of int of shape (n_different,)
        Position of the first appearance of each value, ascending.
    number : ndarray of int of shape (n,)
        Number of each entry. ``values[first][number]`` equals `values`.
    """
    _, first, which = np.unique(values, return_index=True, return_inverse=True)
    order = np.argsort(first)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    return first[order], number[which]
