"""ChoiceSpace: the base of spaces whose members are rows of choices."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._duplicates import distinct
from fgp_sklearn.architectures._fingerprints import fingerprints
from fgp_sklearn.search._generator import as_generator
from fgp_sklearn.search._neighbours import different_children
from fgp_sklearn.search._pairs import check_pairs
from fgp_sklearn.search._search_space import SearchSpace

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

MOST_LISTED = 1_000_000


class ChoiceSpace(SearchSpace):
    """Base class of spaces in which a member is a row of choices, such as one operation per edge of a cell.

    A child defines `n_choices`, `decode` and `_guessed`, and `_settled` if some choices have no effect
    in some rows.
    """

    @property
    @abstractmethod
    def n_choices(self) -> IntArray:
        """Number of values of each choice, shape (n_choices,)."""

    @abstractmethod
    def decode(self, choices: Any) -> ArchitectureBatch:
        """Make architectures of choices.

        Parameters
        ----------
        choices : array-like of int of shape (n_architectures, n_choices)
            Choices, each counted from 0.

        Returns
        -------
        ArchitectureBatch
            One architecture per row.
        """

    @abstractmethod
    def _guessed(self, batch: ArchitectureBatch) -> IntArray:
        """Choices that would make each architecture if it is a member. Other rows may hold anything."""

    def _settled(self, choices: IntArray) -> IntArray:
        """The choices with 0 for each that has no effect."""
        return choices

    def encode(self, X: Any) -> IntArray:
        """Choices of architectures.

        Parameters
        ----------
        X : sequence of architectures or ArchitectureBatch
            Architectures.

        Returns
        -------
        ndarray of int of shape (n_architectures, n_choices)
            Choices from which `decode` makes the same architectures, up to the order of nodes. -1 for
            architectures that are not in the space, and 0 for choices without effect.
        """
        batch = self.read(X)
        choices = self._guessed(batch)
        valid = np.flatnonzero(((choices >= 0) & (choices < self.n_choices)).all(axis=1))
        right = np.zeros(len(batch), dtype=bool)
        if len(valid):
            right[valid] = _are_same(self.decode(choices[valid]), batch.take(valid))
        return np.where(right[:, None], self._settled(choices), -1)

    def sample(self, n: int, random_state: Any = None) -> ArchitectureBatch:
        """Draw members at random: each choice uniformly, and independently of the others.

        Parameters
        ----------
        n : int
            Number of architectures. Some may be equal.
        random_state : int, RandomState instance or None, default=None
            Seed of the draws.

        Returns
        -------
        ArchitectureBatch
            `n` members.
        """
        n_choices = self.n_choices
        return self.decode(as_generator(random_state).integers(n_choices, size=(n, len(n_choices))))

    def mutate(self, X: Any, random_state: Any = None) -> ArchitectureBatch:
        """Draw another value for one choice of each architecture.

        If the child computes the same as its parent, it is drawn again. If 30 draws compute the same, further
        choices are changed as well.

        Parameters
        ----------
        X : sequence of architectures or ArchitectureBatch
            Members, the parents.
        random_state : int, RandomState instance or None, default=None
            Seed of the draws.

        Returns
        -------
        ArchitectureBatch
            One child per parent: a member that computes something else than its parent.
        """
        batch = self.read(X)
        choices = self._choices_of_members(batch)
        generator = as_generator(random_state)
        return different_children(self, batch, choices, self._changed, self.decode, generator)

    def crossover(self, first: Any, second: Any, random_state: Any = None) -> ArchitectureBatch:
        """Combine pairs of parents: each choice is that of one of both, drawn at random.

        Parameters
        ----------
        first, second : sequence of architectures or ArchitectureBatch
            Members, in pairs.
        random_state : int, RandomState instance or None, default=None
            Seed of the draws.

        Returns
        -------
        ArchitectureBatch
            One child per pair.
        """
        first, second = self.read(first), self.read(second)
        check_pairs(first, second)
        one, other = self._choices_of_members(first), self._choices_of_members(second)
        return self.decode(np.where(as_generator(random_state).random(one.shape) < 0.5, one, other))

    def contains(self, X: Any) -> BoolArray:
        """Whether each architecture is a member, up to the order of its nodes.

        Parameters
        ----------
        X : sequence of architectures or ArchitectureBatch
            Architectures.

        Returns
        -------
        ndarray of bool of shape (n_architectures,)
            True for members.
        """
        inside: BoolArray = np.all(self.encode(X) >= 0, axis=1)
        return inside

    @property
    def n_members(self) -> int:
        """Number of members, which may exceed what ``len`` can return."""
        return math.prod(self.n_choices.tolist())

    @property
    def is_finite(self) -> bool:  # type: ignore[override]
        """Whether the members can be listed: whether there are at most a million."""
        return self.n_members <= MOST_LISTED

    def __len__(self) -> int:
        return self.n_members if self.is_finite else super().__len__()

    def enumerate(self) -> ArchitectureBatch:
        """List all members, in lexicographic order of their choices.

        Returns
        -------
        ArchitectureBatch
            Each member once.

        Raises
        ------
        TypeError
            If there are more than a million members.
        """
        if not self.is_finite:
            return super().enumerate()
        return self.decode(np.indices(tuple(self.n_choices.tolist())).reshape(len(self.n_choices), -1).T)

    def _choices_of_members(self, X: Any) -> IntArray:
        batch = self.read(X)
        choices = self.encode(batch)
        if (choices < 0).any():
            self.check_members(batch)
        return choices

    def _changed(self, choices: IntArray, generator: np.random.Generator) -> IntArray:
        """The choices with another value at one place of each row."""
        n_choices = self.n_choices
        places = generator.choice(np.flatnonzero(n_choices > 1), size=len(choices))
        rows = np.arange(len(choices))
        steps = 1 + generator.integers(n_choices[places] - 1)
        changed = choices.copy()
        changed[rows, places] = (choices[rows, places] + steps) % n_choices[places]
        return self._settled(changed)


def _are_same(first: ArchitectureBatch, second: ArchitectureBatch) -> BoolArray:
    """Whether the architectures at each position are the same, up to the order of nodes."""
    identical = distinct(ArchitectureBatch.concatenate([first, second]))[1].reshape(2, -1)
    same: BoolArray = identical[0] == identical[1]
    others = np.flatnonzero(~same)
    same[others] = fingerprints(first.take(others)) == fingerprints(second.take(others))
    return same
