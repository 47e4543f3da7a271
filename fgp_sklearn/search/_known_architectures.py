"""KnownArchitectures: the architectures that a search has met, each once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._duplicates import duplicate_groups
from fgp_sklearn.architectures._fingerprints import fingerprints
from fgp_sklearn.architectures._random_codes import by_first_appearance
from fgp_sklearn.search._matches import matches
from fgp_sklearn.search._search_space import SearchSpace

IntArray = NDArray[np.int64]


class KnownArchitectures:
    """Numbers architectures from 0 in the order in which they become known.

    Architectures that compute the same have one number. Fingerprints find candidates, and an exact comparison
    decides.

    Parameters
    ----------
    space : SearchSpace
        The space, which says what architectures compute.

    Attributes
    ----------
    architectures : ArchitectureBatch or None
        The first architecture of each number, as given; None while there are none.
    """

    def __init__(self, space: SearchSpace) -> None:
        self.architectures: ArchitectureBatch | None = None
        self._space = space
        self._functional: ArchitectureBatch | None = None
        self._codes = np.zeros(0, dtype=np.uint64)

    def __len__(self) -> int:
        return len(self._codes)

    def find(self, X: Any) -> IntArray:
        """Number of each architecture; -1 if it is not known."""
        functional = self._space.functional(X)
        return self._find(functional, fingerprints(functional))

    def add(self, X: ArchitectureBatch) -> IntArray:
        """Number of each architecture. New ones become known."""
        functional = self._space.functional(X)
        codes = fingerprints(functional)
        number = self._find(functional, codes)
        new = np.flatnonzero(number < 0)
        if len(new):
            first, which = by_first_appearance(duplicate_groups(functional.take(new)))
            number[new] = len(self) + which
            chosen = new[first]
            self.architectures = _joined(self.architectures, X.take(chosen))
            self._functional = _joined(self._functional, functional.take(chosen))
            self._codes = np.append(self._codes, codes[chosen])
        return number

    def unknown(self, X: ArchitectureBatch, codes: Any = None) -> IntArray:
        """Positions of the architectures that are not known, each once, ascending.

        Parameters
        ----------
        X : ArchitectureBatch
            Architectures.
        codes : ndarray of uint64 of shape (n_architectures,), optional
            Fingerprints of their functional graphs, if they are at hand.

        Returns
        -------
        ndarray of int
            Of several that compute the same, the first position.
        """
        if not len(X):
            return np.zeros(0, dtype=np.int64)
        if codes is None:
            codes = fingerprints(self._space.functional(X))
        first = by_first_appearance(codes)[0]
        suspect = np.isin(codes[first], self._codes)
        chosen = first[suspect]
        known = np.zeros(len(first), dtype=bool)
        if len(chosen):
            known[suspect] = self._find(self._space.functional(X.take(chosen)), codes[chosen]) >= 0
        return first[~known]

    def _find(self, functional: ArchitectureBatch, codes: NDArray[np.uint64]) -> IntArray:
        if self._functional is None:
            return np.full(len(codes), -1, dtype=np.int64)
        return matches(self._functional, self._codes, functional, codes)


def _joined(known: ArchitectureBatch | None, new: ArchitectureBatch) -> ArchitectureBatch:
    return new if known is None else ArchitectureBatch.concatenate([known, new])
