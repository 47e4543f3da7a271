"""PartEncoding: base of encodings that count parts; and exact numbers for sequences, without hashes."""

from __future__ import annotations

from abc import abstractmethod
from numbers import Integral
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._validation import Interval, fit_context
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.preprocessing._base import FeatureTransformer

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Occurrences(NamedTuple):
    """Which architecture has which part how often; a pair may be listed several times."""

    owner: IntArray
    part: IntArray
    times: FloatArray

    @classmethod
    def concatenate(cls, some: list[Occurrences]) -> Self:
        return cls(*(np.concatenate(column) for column in zip(*some, strict=True)))


class PartEncoding(FeatureTransformer):
    """Base of transformers that count, for each part seen in `fit`, how often an architecture has it.

    A child finds the parts, and numbers them from 0 by what it learns. If `binary`, it tells whether an
    architecture has them.
    """

    max_features: int | None
    binary: bool = False

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "max_features": [Interval(Integral, 1, None, closed="left"), None],
    }

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the operations, and the parts that most architectures have.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.
        y : None
            Ignored.

        Returns
        -------
        self
            The fitted transformer.

        Raises
        ------
        ArchitectureError
            If an architecture is malformed or cannot be encoded.
        """
        batch = self._decode(X)
        self.vocabulary_ = batch.used_ops()
        found = self._occurrences(batch.recode(self.vocabulary_), learning=True)
        each_once = _each_once(pairs(found.part, found.owner)) >> 32
        parts, frequency = np.unique(each_once, return_counts=True)
        most_frequent = np.argsort(-frequency, kind="stable")[: self.max_features]
        self._parts = np.sort(parts[most_frequent])
        self._n_features_out = len(self._parts)
        return self

    def _features(self, batch: ArchitectureBatch) -> FloatArray:
        found = self._occurrences(batch.recode(self.vocabulary_), learning=False)
        column = positions(self._parts, found.part)
        known = column >= 0
        shape = len(batch), self._n_features_out
        cell = found.owner[known] * shape[1] + column[known]
        times = np.bincount(cell, weights=found.times[known], minlength=shape[0] * shape[1])
        told = times > 0 if self.binary else times
        return told.astype(np.float64, copy=False).reshape(shape)

    @abstractmethod
    def _occurrences(self, batch: ArchitectureBatch, *, learning: bool) -> Occurrences: ...


def pairs(first: IntArray, second: IntArray) -> IntArray:
    """One number for each pair of numbers below 2 ** 31; -1 where either is negative, that is unknown."""
    return np.where((first < 0) | (second < 0), -1, first << 32 | second)


def learn(values: IntArray) -> IntArray:
    """Table of the known values: sorted, each once."""
    table = _each_once(values)
    return table[table >= 0]


def _each_once(values: IntArray) -> IntArray:
    """Sorted, without repeats: `numpy.unique` hashes, which takes many times as long on millions."""
    in_order = np.sort(values)
    return in_order[np.append(True, in_order[1:] != in_order[:-1])] if len(values) else in_order


def positions(table: NDArray[Any], values: NDArray[Any]) -> IntArray:
    """Where in a sorted table the values stand; -1 for values that it lacks."""
    if not len(table):
        return np.full(len(values), -1)
    found = np.minimum(np.searchsorted(table, values), len(table) - 1)
    return np.where(table[found] == values, found, -1)
