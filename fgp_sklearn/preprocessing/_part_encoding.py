"""PartEncoding: base of encodings that count parts, which are numbered exactly, without hashes."""

from __future__ import annotations

from abc import abstractmethod
from numbers import Integral
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import Array, PersistenceError
from fgp_sklearn._validation import Interval, fit_context
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.preprocessing._attribute_labels import labelled, other_label, warn_if_labels_are_rare
from fgp_sklearn.preprocessing._base import FeatureTransformer, check_width
from fgp_sklearn.preprocessing._reads_attributes import ReadsAttributes

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TABLE = Array(None, dtype="i")  # stored type of a table


class Occurrences(NamedTuple):
    """How often each architecture has each part. A pair of them can occur in several entries."""

    owner: IntArray
    part: IntArray
    times: FloatArray

    @classmethod
    def concatenate(cls, some: list[Occurrences]) -> Self:
        return cls(*(np.concatenate(column) for column in zip(*some, strict=True)))


class PartEncoding(ReadsAttributes, FeatureTransformer):
    """Base of transformers that count how often an architecture has each part seen in `fit`.

    Subclasses find the parts of architectures and number them from 0. If `binary` is True, a feature states
    whether the architecture has the part. Nodes with different attributes are different: a label such as
    ``"conv(kernel=3)"`` takes the place of the operation.
    """

    max_features: int | None
    binary: bool = False
    #: Whether nodes of one operation with different attributes are different labels.
    _labels_attributes: ClassVar[bool] = True

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "max_features": [Interval(Integral, 1, None, closed="left"), None],
    }

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the operations and the most frequent parts.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
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
        self._learn(self._decode(X))
        return self

    def _learn(self, given: ArchitectureBatch) -> None:
        batch = labelled(given) if self._labels_attributes else given
        self.vocabulary_ = batch.used_ops()
        if given.attribute_names and self._labels_attributes:
            warn_if_labels_are_rare(given, len(self.vocabulary_))
            self.vocabulary_ += tuple(map(other_label, given.used_ops()))
        self._learn_attributes(given)
        found = self._occurrences(batch.recode(self.vocabulary_), learning=True)
        each_once = _each_once(pairs(found.part, found.owner)) >> 32
        parts, frequency = np.unique(each_once, return_counts=True)
        most_frequent = np.argsort(-frequency, kind="stable")[: self.max_features]
        self._parts = np.sort(parts[most_frequent])
        self._n_features_out = len(self._parts)

    def _features(self, batch: ArchitectureBatch) -> FloatArray:
        self._check_attributes(batch)
        if self._labels_attributes:
            batch = labelled(batch, frozenset(self.vocabulary_))
        found = self._occurrences(batch.recode(self.vocabulary_), learning=False)
        column = positions(self._parts, found.part)
        known = column >= 0
        shape = len(batch), len(self._parts)
        cell = found.owner[known] * shape[1] + column[known]
        times = np.bincount(cell, weights=found.times[known], minlength=shape[0] * shape[1])
        features = times > 0 if self.binary else times
        return features.astype(np.float64, copy=False).reshape(shape)

    def _check_stored(self) -> None:
        if "_parts" not in vars(self):
            return
        check_width(self, len(self._parts))
        check_table(self._parts, self._n_parts())

    @abstractmethod
    def _n_parts(self) -> int:
        """Upper bound of the part numbers, exclusive."""

    @abstractmethod
    def _occurrences(self, batch: ArchitectureBatch, *, learning: bool) -> Occurrences: ...


def pairs(first: IntArray, second: IntArray) -> IntArray:
    """One number per pair of numbers below 2 ** 31; -1 if one of the two is negative, which means unknown."""
    return np.where((first < 0) | (second < 0), -1, first << 32 | second)


def learn(values: IntArray) -> IntArray:
    """Table of the known values, sorted and without repeats."""
    table = _each_once(values)
    return table[table >= 0]


def check_table(table: IntArray, end: int) -> None:
    """Raise an error if a table from a file is not sorted or has numbers outside of 0 .. end - 1."""
    if len(table) and (table[0] < 0 or table[-1] >= end or (np.diff(table) <= 0).any()):
        raise PersistenceError(f"a table of parts is not sorted, or not within 0 .. {end - 1}")


def _each_once(values: IntArray) -> IntArray:
    """Sort and remove repeats. `numpy.unique` hashes, which is many times slower on millions of values."""
    in_order = np.sort(values)
    return in_order[np.append(True, in_order[1:] != in_order[:-1])] if len(values) else in_order


def positions(table: NDArray[Any], values: NDArray[Any]) -> IntArray:
    """Positions of the values in a sorted table; -1 for values that are not in the table."""
    if not len(table):
        return np.full(len(values), -1)
    found = np.minimum(np.searchsorted(table, values), len(table) - 1)
    return np.where(table[found] == values, found, -1)
