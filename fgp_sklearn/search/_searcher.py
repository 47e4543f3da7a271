"""ArchitectureSearch: the base of searches that ask for architectures and are told their values."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from numbers import Integral
from typing import Any, Self, cast

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_scalar

from fgp_sklearn._seeding import draw_seeds
from fgp_sklearn.architectures import Architecture, ArchitectureBatch, ArchitectureError
from fgp_sklearn.architectures._fingerprints import fingerprints
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.search._at_first_use import AtFirstUse
from fgp_sklearn.search._exhausted import ExhaustedSpaceError
from fgp_sklearn.search._inherits_documentation import InheritsDocumentation
from fgp_sklearn.search._known_architectures import KnownArchitectures
from fgp_sklearn.search._outcome import Outcome
from fgp_sklearn.search._search_space import SearchSpace
from fgp_sklearn.search._told_values import told_values

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_LISTED_SHARE = 10  # all members are listed first if more than one in so many is asked
_STALLS = 3  # how often a search may propose nothing new before random members fill up
_SIGNS = {"maximize": 1.0, "minimize": -1.0}


class ArchitectureSearch(InheritsDocumentation, ABC):
    """Base class of searches: `ask` for architectures, train them, `tell` their values.

    A search of your own defines `propose`. This class does the rest: no architecture is asked twice,
    neither while its training runs nor within a batch, and architectures that compute the same count as one.
    Results of architectures that were never asked may be told at any time.

    Parameters
    ----------
    space : SearchSpace
        The architectures to choose from.
    direction : {"maximize", "minimize"}, default="maximize"
        Which values are better.
    random_state : int, RandomState instance or None, default=None
        Seed of the search. The same seed and the same values give the same architectures.

    Attributes
    ----------
    architectures_ : ArchitectureBatch or None
        All architectures that were asked or told, each once, in the order of first appearance. The index of
        an architecture here is its number below. None while there are none.
    told_ : ndarray of int of shape (n_told,)
        Number of the architecture of each result, in the order in which results were told.
    told_values_ : ndarray of float64 of shape (n_told,)
        The results; NaN for a failed training.
    pending_ : ndarray of bool of shape (n_known,)
        Whether an architecture was asked and not yet told.
    seed_, n_asks_ : int
        Seed of the search, and number of calls of `ask`.

    See Also
    --------
    RandomSearch, RegularizedEvolution, LocalSearch : Searches without a predictor.

    Examples
    --------
    A search that tries all members in the order of the space:

    >>> from fgp_sklearn.search import ArchitectureSearch, NASBench201Space
    >>> class InOrder(ArchitectureSearch):
    ...     def propose(self, n, generator):
    ...         return self.space.enumerate()
    >>> search = InOrder(NASBench201Space())
    >>> print(search.ask(3).names[-1])
    |avg_pool_3x3~0|+|avg_pool_3x3~0|avg_pool_3x3~1|+|avg_pool_3x3~0|avg_pool_3x3~1|nor_conv_1x1~2|
    """

    architectures_: ArchitectureBatch | None = cast(Any, AtFirstUse("_begin"))
    told_: IntArray = cast(Any, AtFirstUse("_begin"))
    told_values_: FloatArray = cast(Any, AtFirstUse("_begin"))
    pending_: BoolArray = cast(Any, AtFirstUse("_begin"))
    n_asks_: int = cast(Any, AtFirstUse("_begin"))
    seed_: int
    _index: KnownArchitectures | None

    def __init__(self, space: SearchSpace, *, direction: str = "maximize", random_state: Any = None) -> None:
        self.space = space
        self.direction = direction
        self.random_state = random_state

    def __repr__(self) -> str:
        parts = [repr(self.space)] + (["direction='minimize'"] if self.direction == "minimize" else [])
        if "told_" in vars(self):
            parts.append(f"n_told={len(self.told_)}")
            with suppress(Exception):  # no value yet, or a cost that fails
                parts.append(f"best_value={self.best_value_:.6g}")
        return f"{type(self).__name__}({', '.join(parts)})"

    @abstractmethod
    def propose(self, n: int, generator: np.random.Generator) -> ArchitectureBatch:
        """Propose what to ask next. Only `ask` calls this method.

        Parameters
        ----------
        n : int
            Number of architectures that are wanted.
        generator : numpy.random.Generator
            Source of all random numbers.

        Returns
        -------
        ArchitectureBatch
            Members of the space, the best first. Those that are known already are skipped, so there may be
            more or fewer than `n`.
        """

    def ask(self, n: int = 1) -> ArchitectureBatch:
        """Choose architectures to train.

        Parameters
        ----------
        n : int, default=1
            Number of architectures.

        Returns
        -------
        ArchitectureBatch
            `n` architectures that compute different things, none of which was asked or told before. In a
            `PoolSpace`, ``space.positions(batch)`` says which of its list they are.

        Raises
        ------
        ExhaustedSpaceError
            If fewer than `n` are left in the space. Its attribute `remaining` says how many.
        """
        check_scalar(n, "n", Integral, min_val=1)
        self._begin()
        if self.space.is_finite and _LISTED_SHARE * n > len(self.space):
            self._check_left(len(self._unknown_members), n)  # before many are drawn in vain
        generator = np.random.default_rng([self.seed_, self.n_asks_])
        chosen = self._new(self.propose(n, generator), n)
        stalled = 0
        while len(chosen) < n and stalled < _STALLS:
            before = len(chosen)
            proposed = self.space.read(self.propose(n - before, generator))
            chosen = self._new(ArchitectureBatch.concatenate([chosen, proposed]), n)
            stalled += len(chosen) == before
        if len(chosen) < n:
            chosen = self._filled_up(chosen, n, generator)
        numbers = self._note(chosen)
        self.pending_[numbers] = True
        self.n_asks_ += 1
        return chosen

    def tell(self, architectures: Any, values: Any) -> Self:
        """Report results of architectures, whether they were asked or not.

        Parameters
        ----------
        architectures : sequence of architectures, ArchitectureBatch or Architecture
            Members of the space.
        values : array-like of float or None of shape (n_architectures,), float or None
            Value of each architecture; None if its training failed. A failed architecture is not asked again.
            An architecture that is told several times counts with the mean of its values.

        Returns
        -------
        ArchitectureSearch
            The search itself.

        Raises
        ------
        ArchitectureError
            If an architecture is malformed or not in the space.
        ValueError
            If there is not one value for each architecture, or a value is not finite.
        """
        self._begin()
        batch = self.space.check_members(architectures)
        told = told_values(values, len(batch))
        numbers = self._note(batch)
        self.pending_[numbers] = False
        self.told_ = np.append(self.told_, numbers)
        self.told_values_ = np.append(self.told_values_, told)
        return self

    def maximize(
        self, objective: Callable[[Architecture], float | None], budget: int, *, n_parallel: int = 1
    ) -> Self:
        """Ask, evaluate and tell until the budget is spent.

        With ``direction="minimize"``, the search looks for the smallest value of the objective. Architectures
        that are pending already are evaluated first. If the objective raises an error, those that were
        evaluated at the same time are told, its architecture stays pending, and another call begins with it.

        Parameters
        ----------
        objective : callable
            Function of an `Architecture` that returns its value, or None if its training failed. NaN and
            infinity count as a failed training.
        budget : int
            Number of evaluations in this call. Another call continues the search.
        n_parallel : int, default=1
            Number of architectures that are asked and evaluated at once, by as many jobs of joblib.

        Returns
        -------
        ArchitectureSearch
            The search itself.

        Raises
        ------
        ValueError
            If the search is asked for less than one evaluation.

        Warns
        -----
        UserWarning
            If the space has fewer architectures than the budget, or the objective returns NaN or infinity.
        """
        for name, number in {"budget": budget, "n_parallel": n_parallel}.items():
            check_scalar(number, name, Integral, min_val=1)
        spent, warned = 0, False
        with Parallel(n_jobs=n_parallel) as parallel:
            while spent < budget:
                batch = self._ask_up_to(min(n_parallel, budget - spent))
                if batch is None:
                    warnings.warn(
                        f"the search space is exhausted after {spent:,} of {budget:,} evaluations: all that "
                        "its architectures compute is known",
                        UserWarning,
                        stacklevel=2,
                    )
                    break
                outcomes = list(parallel(delayed(Outcome.of)(objective, one) for one in batch))
                self._tell_outcomes(batch, outcomes)
                spent += len(batch)
                if not warned and any(outcome.not_finite for outcome in outcomes):
                    warned = True
                    warnings.warn(
                        "the objective returned NaN or infinity; this and all others in this call count as "
                        "failed trainings. Return None for a failed training",
                        UserWarning,
                        stacklevel=2,
                    )
        return self

    # ------------------------------------------------------------------ what is known

    @property
    def values_(self) -> FloatArray:
        """Mean value of each architecture of `architectures_`; NaN if it has none."""
        self._begin()
        fine = ~np.isnan(self.told_values_)
        numbers, n_known = self.told_[fine], len(self.pending_)
        counts = np.bincount(numbers, minlength=n_known)
        sums = np.bincount(numbers, self.told_values_[fine], minlength=n_known)
        means: FloatArray = np.divide(sums, counts, out=np.full(n_known, np.nan), where=counts > 0)
        return means

    @property
    def history_(self) -> dict[str, NDArray[Any]]:
        """Results in the order in which they were told.

        ``"architecture"`` is the number of the architecture, ``"value"`` its value as told (NaN if its
        training failed) and ``"best"`` the best value so far.
        """
        self._begin()
        best = self.sign_ * np.fmax.accumulate(self.sign_ * self.told_values_)
        return {"architecture": self.told_.copy(), "value": self.told_values_.copy(), "best": best}

    @property
    def best_architecture_(self) -> Architecture:
        """The architecture with the best mean value."""
        number = self._best()
        assert self.architectures_ is not None
        return self.architectures_[number]

    @property
    def best_value_(self) -> float:
        """The best mean value of an architecture."""
        number = self._best()
        return float(self.values_[number])

    @property
    def merits_(self) -> FloatArray:
        """Values of `values_` with the sign that makes larger ones better."""
        return self.sign_ * self.values_

    @property
    def sign_(self) -> float:
        """Factor that makes larger values better: 1, or -1 with ``direction="minimize"``."""
        return _SIGNS[self.direction]

    @property
    def known_(self) -> KnownArchitectures:
        """Index that finds architectures in `architectures_`."""
        self._begin()
        index = self._index
        if index is None:
            index = self._index = KnownArchitectures(self.space)
            if self.architectures_ is not None:
                index.add(self.architectures_)
        return index

    # ------------------------------------------------------------------ internals

    def _begin(self) -> None:
        """Check the parameters, and set the state of a search that knows nothing."""
        if not isinstance(self.space, SearchSpace):
            raise TypeError(
                f"space must be a SearchSpace, got {shown(self.space)}; PoolSpace makes one of a list"
            )
        if self.direction not in _SIGNS:
            raise ValueError(f"direction must be 'maximize' or 'minimize', got {shown(self.direction)}")
        if hasattr(self, "seed_"):
            return
        (self.seed_,) = draw_seeds(self.random_state, 1)
        self.n_asks_ = 0
        self.architectures_ = None
        self.told_ = np.zeros(0, dtype=np.int64)
        self.told_values_ = np.zeros(0)
        self.pending_ = np.zeros(0, dtype=bool)
        self._index = None

    def _note(self, batch: ArchitectureBatch) -> IntArray:
        """Numbers of architectures, which become known."""
        numbers = self.known_.add(batch)
        self.architectures_ = self.known_.architectures
        self.pending_ = np.append(self.pending_, np.zeros(len(self.known_) - len(self.pending_), dtype=bool))
        return numbers

    def _new(self, proposed: Any, n: int) -> ArchitectureBatch:
        """The first `n` proposals that are not known, all of which must be members."""
        batch = self.space.read(proposed)
        new = self.known_.unknown(batch)[:n]
        chosen = batch.take(new)
        outside = new[~self.space.contains(chosen)] if len(new) else new
        if len(outside):
            space = type(self.space).__name__
            raise ArchitectureError(
                f"{type(self).__name__}.propose returned it, and {space}.contains says that it is not in the "
                "search space; correct one of them",
                int(outside[0]),
            )
        return chosen

    def _filled_up(
        self, chosen: ArchitectureBatch, n: int, generator: np.random.Generator
    ) -> ArchitectureBatch:
        """At random, as many further new members as are wanted."""
        if self.space.is_finite:
            left = self._unknown_members
            drawn = self._all_members[0].take(generator.permutation(left))
        else:
            drawn = self.space.sample(1000 * n, int(generator.integers(2**31)))
        chosen = self._new(ArchitectureBatch.concatenate([chosen, drawn]), n)
        self._check_left(len(chosen), n)
        return chosen

    def _check_left(self, n_left: int, n: int) -> None:
        """Raise an error if fewer members than `n` are left."""
        if n_left >= n:
            return
        if self.space.is_finite:
            what = f"the search space has {n_left:,} architectures left"
        else:
            what = f"{1000 * n:,} samples of the search space hold {n_left:,} new architectures"
        raise ExhaustedSpaceError(
            f"{what} that compute something else than the {len(self.known_):,} known ones, and "
            f"n={n:,} are asked; ask for fewer, or end the search",
            n_left,
        )

    @property
    def _unknown_members(self) -> IntArray:
        """Positions of the members of a finite space that are not known."""
        return self.known_.unknown(*self._all_members)

    @cached_property
    def _all_members(self) -> tuple[ArchitectureBatch, NDArray[np.uint64]]:
        members = self.space.enumerate()
        return members, fingerprints(self.space.functional(members))

    def _ask_up_to(self, n: int) -> ArchitectureBatch | None:
        """Pending architectures, or as many new ones as are left, at most `n`; None if there are none."""
        self._begin()
        if self.architectures_ is not None and self.pending_.any():
            return self.architectures_.take(np.flatnonzero(self.pending_)[:n])
        try:
            return self.ask(n)
        except ExhaustedSpaceError as error:
            return self.ask(error.remaining) if error.remaining else None

    def _tell_outcomes(self, batch: ArchitectureBatch, outcomes: list[Outcome]) -> None:
        """Tell all values, then raise the first error."""
        errors = [outcome.error for outcome in outcomes if outcome.error is not None]
        finished = np.flatnonzero([outcome.error is None for outcome in outcomes])
        pieces = [finished] if len(finished) else []
        while pieces:
            piece = pieces.pop(0)
            values = [outcomes[index].value for index in piece]
            try:
                self.tell(batch.take(piece), None if all(value is None for value in values) else values)
            except ValueError as error:  # a value that no search can take; the others are told alone
                if len(piece) == 1:
                    errors.append(error)
                else:
                    pieces += np.split(piece, len(piece))
        if errors:
            raise errors[0]

    def _best(self) -> int:
        merits = self.merits_
        if np.isnan(merits).all():
            raise NotFittedError(
                f"this {type(self).__name__} has no value of any architecture yet; call tell or maximize"
            )
        return int(np.nanargmax(merits))
