"""MeasuredSearch: a search that is told several columns and keeps its state in a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError

from fgp_sklearn._storage import PersistenceError
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.search._early_values import checked_epochs
from fgp_sklearn.search._hypervolume import on_front
from fgp_sklearn.search._search_space import SearchSpace
from fgp_sklearn.search._search_state import digest, read_state, write_state
from fgp_sklearn.search._searcher import ArchitectureSearch
from fgp_sklearn.search._told_columns import Limits, check_columns, check_names, limits_of, rows_apart
from fgp_sklearn.search._told_values import told_values

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

_SIGNS = {"maximize": 1.0, "minimize": -1.0}
_STATE = (
    *("seed_", "n_asks_", "architectures_", "told_", "told_values_", "pending_", "columns_"),
    *("early_", "early_epochs_", "early_values_"),
)

Cost = Callable[[ArchitectureBatch], Any]


class MeasuredSearch(ArchitectureSearch):
    """Search with a second objective, constraints and a checkpoint.

    Parameters
    ----------
    space : SearchSpace
        The architectures to choose from.
    direction : {"maximize", "minimize"}, default="maximize"
        Which values are better.
    objectives : mapping of str to {"maximize", "minimize"}, optional
        A second objective: the name of its column, and which values are better.
    constraints : mapping of str to (float or None, float or None), optional
        Smallest and largest allowed value of columns. What is not known to keep them is not the best.
    costs : mapping of str to callable, optional
        Columns that are computed exactly: functions from a batch to one number per architecture. All other
        columns of `objectives` and `constraints` are told.
    checkpoint : path-like, optional
        File of this search alone that holds the state after each `ask` and `tell`. If it exists, the search
        continues from it.
    random_state : int, RandomState instance or None, default=None
        Seed of the search.

    Attributes
    ----------
    columns_ : dict of str to ndarray of float64 of shape (n_told,)
        Told columns, for each result; NaN where there is none.
    early_ : ndarray of int of shape (n_early,)
        Number of the architecture of each value that was told with `epochs`.
    early_epochs_, early_values_ : ndarray of float64 of shape (n_early,)
        Epochs after which it was measured, and the value.
    """

    columns_: dict[str, FloatArray]
    early_: NDArray[np.int64]
    early_epochs_: FloatArray
    early_values_: FloatArray
    _digest: str | None = None  # of the checkpoint as this search left or found it

    def __init__(
        self,
        space: SearchSpace,
        *,
        direction: str = "maximize",
        objectives: Mapping[str, str] | None = None,
        constraints: Mapping[str, Limits] | None = None,
        costs: Mapping[str, Cost] | None = None,
        checkpoint: str | PathLike[str] | None = None,
        random_state: Any = None,
    ) -> None:
        super().__init__(space, direction=direction, random_state=random_state)
        self.objectives = objectives
        self.constraints = constraints
        self.costs = costs
        self.checkpoint = checkpoint

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
        PersistenceError
            If another search has written the checkpoint.
        """
        self._begin()
        self._check_checkpoint()
        asked = super().ask(n)
        self._keep()
        return asked

    def tell(self, architectures: Any, values: Any, *, epochs: float | None = None, **columns: Any) -> Self:
        """Report results of architectures, whether they were asked or not.

        Parameters
        ----------
        architectures : sequence of architectures, ArchitectureBatch or Architecture
            Members of the space.
        values : array-like of float or None of shape (n_architectures,), float or None
            Value of each architecture; None if its training failed. Or one mapping per architecture, with the
            key ``"value"`` and those of the columns, which an objective of `maximize` may return. The keys of
            columns may be left out if the value is None.
        epochs : float, optional
            If the trainings are not complete, the number of epochs after which the values were measured. The
            architectures are then pending, and columns are told later, with the final values. None as a value
            is a training that failed, as without `epochs`.
        **columns : array-like of float or None of shape (n_architectures,)
            Columns of `objectives` and `constraints`, such as ``latency=[...]``. None is unknown: where a
            column of `constraints` is unknown, the architecture is not feasible and hence not the best.

        Returns
        -------
        MeasuredSearch
            The search itself.

        Raises
        ------
        ArchitectureError
            If an architecture is malformed or not in the space.
        ValueError
            If there is not one value for each architecture, a value is not finite, or a column is missing or
            unknown.
        PersistenceError
            If another search has written the checkpoint.
        """
        self._begin()
        self._check_checkpoint()
        batch = self.space.check_members(architectures)
        if epochs is not None:
            self._note_early(batch, values, checked_epochs(epochs), columns)
            return self
        wanted = self._told_names
        values, found = rows_apart(values, columns, wanted)
        failed = np.isnan(told_values(values, len(batch)))
        check_names(found, wanted, self.costs or (), bool(failed.all()))
        told = {
            name: told_values(found.get(name), len(batch), f"{name} of architecture", "it is unknown")
            for name in wanted
        }
        super().tell(batch, values)
        self.columns_ = {name: np.append(self.columns_[name], told[name]) for name in wanted}
        self._keep()
        return self

    # --------------------------------------------------------------------- what was found

    @property
    def merits_(self) -> FloatArray:
        """Values with the sign that makes larger ones better; NaN where a constraint does not hold."""
        return np.where(self.is_feasible_, super().merits_, np.nan)

    @property
    def history_(self) -> dict[str, NDArray[Any]]:
        """Results in the order in which they were told.

        ``"architecture"`` is the number of the architecture, ``"value"`` its value as told (NaN if its
        training failed) and ``"best"`` the best value so far of those that keep the constraints.
        """
        history = super().history_
        allowed = np.where(self.is_feasible_[history["architecture"]], history["value"], np.nan)
        return {**history, "best": self.sign_ * np.fmax.accumulate(self.sign_ * allowed)}

    @property
    def is_feasible_(self) -> BoolArray:
        """Whether all constraints are known to hold for each architecture of `architectures_`."""
        self._begin()
        holds = np.ones(len(self.pending_), dtype=bool)
        for name, limits in (self.constraints or {}).items():
            (low, high), column = limits_of(limits), self.column(name)
            holds &= (column >= low) & (column <= high)
        return holds

    @property
    def pending_architectures_(self) -> ArchitectureBatch:
        """Architectures that were asked and are not told yet, also by a script that was killed."""
        self._begin()
        if self.architectures_ is None:
            return self.space.sample(1, 0).take([])
        return self.architectures_.take(np.flatnonzero(self.pending_))

    @property
    def pareto_front_(self) -> ArchitectureBatch:
        """Architectures that no other one beats in both objectives, the best in `direction` first."""
        points = self.objective_points_
        numbers = np.flatnonzero(on_front(points))
        if self.architectures_ is None:
            raise NotFittedError(f"this {type(self).__name__} knows no architecture; call tell or maximize")
        return self.architectures_.take(numbers[np.argsort(-points[numbers, 0], kind="stable")])

    @property
    def pareto_values_(self) -> FloatArray:
        """Both objectives of each architecture of `pareto_front_`, in the units told."""
        points = self.objective_points_
        front = points[on_front(points)]
        return front[np.argsort(-front[:, 0], kind="stable")] * [sign for _, sign in self._all_objectives]

    @property
    def objective_points_(self) -> FloatArray:
        """Both objectives of each architecture, with signs that make larger ones better; NaN if unknown."""
        if len(self._all_objectives) < 2:
            raise ValueError(
                "this search has one objective; pass objectives={'latency': 'minimize'}, for example"
            )
        (name, sign), merits = self._all_objectives[1], self.merits_
        return np.stack([merits, np.where(np.isnan(merits), np.nan, sign * self.column(name))], axis=1)

    def column(self, name: str) -> FloatArray:
        """Mean of a told column, or a cost, of each architecture of `architectures_`; NaN if unknown.

        Parameters
        ----------
        name : str
            Name of the column.

        Returns
        -------
        ndarray of float64 of shape (n_known,)
            The column.
        """
        self._begin()
        if name in (self.costs or {}):
            known = self.architectures_
            return np.zeros(0) if known is None else self._cost(name, known)
        fine = ~np.isnan(self.columns_[name])
        n = len(self.pending_)
        counts = np.bincount(self.told_[fine], minlength=n)
        sums = np.bincount(self.told_[fine], self.columns_[name][fine], minlength=n)
        means: FloatArray = np.divide(sums, counts, out=np.full(n, np.nan), where=counts > 0)
        return means

    # --------------------------------------------------------------------- state

    def save(self, path: str | PathLike[str]) -> None:
        """Write the state to a file: architectures, results, and what a later `ask` depends on.

        Parameters
        ----------
        path : str or path-like
            The file. It is written completely or not at all.

        Raises
        ------
        PersistenceError
            If there is another file of this name.
        OSError
            If the file cannot be written.
        """
        self._begin()
        state = {name: getattr(self, name) for name in _STATE}
        write_state(Path(path), {**state, "directions_": dict(self._all_objectives)})
        self._note_checkpoint(path)

    def load(self, path: str | PathLike[str]) -> Self:
        """Continue from a saved state. A search with the same parameters asks what the saved one would ask.

        Parameters
        ----------
        path : str or path-like
            File that `save` has written.

        Returns
        -------
        MeasuredSearch
            The search itself.

        Raises
        ------
        PersistenceError
            If the file is damaged, or belongs to a search with another space, other columns or directions.
        OSError
            If the file cannot be read.
        """
        self._check_settings()
        state = read_state(Path(path), self.space, self._told_names, dict(self._all_objectives))
        vars(self).update(state, _index=None)
        self._note_checkpoint(path)
        for name in ("_blocks", "_pool", "_sampled_members"):  # they depend on the seed
            vars(self).pop(name, None)
        return self

    # --------------------------------------------------------------------- internals

    _learns_early = True

    @property
    def _all_objectives(self) -> list[tuple[str, float]]:
        """Name and sign of each objective; the first has no name."""
        further = (self.objectives or {}).items()
        return [("", _SIGNS[self.direction]), *((name, _SIGNS[direction]) for name, direction in further)]

    @property
    def _told_names(self) -> list[str]:
        needed = dict.fromkeys([*(self.objectives or ()), *(self.constraints or ())])
        return [name for name in needed if name not in (self.costs or {})]

    def _cost(self, name: str, batch: ArchitectureBatch) -> FloatArray:
        computed = np.asarray((self.costs or {})[name](batch), dtype=np.float64)
        if computed.shape != (len(batch),):
            raise ValueError(
                f"the cost {name!r} returned an array of shape {computed.shape} for {len(batch):,} "
                "architectures; return one number for each"
            )
        if not np.isfinite(computed).all():
            index = int(np.argmin(np.isfinite(computed)))
            raise ValueError(
                f"the cost {name!r} of architecture {index} is {computed[index]}; return a finite number for "
                "each architecture"
            )
        return computed

    def _points(self) -> tuple[FloatArray, FloatArray]:
        """Known points of both objectives, and the worst value of each as the reference."""
        points = self.objective_points_
        known = points[~np.isnan(points).any(axis=1)]
        return known, known.min(axis=0) if len(known) else np.zeros(2)

    def _early_means(self, epochs: float) -> FloatArray:
        """Mean value of each architecture after a number of epochs; NaN if it has none."""
        rows, n = self.early_epochs_ == epochs, len(self.pending_)
        counts = np.bincount(self.early_[rows], minlength=n)
        sums = np.bincount(self.early_[rows], self.early_values_[rows], minlength=n)
        means: FloatArray = np.divide(sums, counts, out=np.full(n, np.nan), where=counts > 0)
        return means

    def _note_early(
        self, batch: ArchitectureBatch, values: Any, epochs: float, columns: dict[str, Any]
    ) -> None:
        if not self._learns_early:
            raise ValueError(
                "this predictor does not learn from values after few epochs; leave out predictor or epochs"
            )
        check_names(columns, self._told_names, self.costs or (), all_failed=True)
        if columns:
            raise ValueError(
                f"column {next(iter(columns))!r} is told with epochs; tell columns with the final values"
            )
        told = told_values(values, len(batch))
        fine = ~np.isnan(told)
        if not fine.all():
            self.tell(batch.take(np.flatnonzero(~fine)), None)
        numbers = self._note(batch)
        self.pending_[numbers[~np.isin(numbers, self.told_)]] = True
        self.early_ = np.append(self.early_, numbers[fine])
        self.early_epochs_ = np.append(self.early_epochs_, np.full(fine.sum(), epochs))
        self.early_values_ = np.append(self.early_values_, told[fine])
        self._keep()

    def _keep(self) -> None:
        if self.checkpoint is not None:
            self.save(self.checkpoint)

    def _note_checkpoint(self, path: str | PathLike[str]) -> None:
        """Remember what a file holds, if it is the checkpoint."""
        if self.checkpoint is not None and Path(path) == Path(self.checkpoint):
            self._digest = digest(Path(path))

    def _check_checkpoint(self) -> None:
        """Raise an error if the checkpoint is not as this search left it."""
        if self.checkpoint is None:
            return
        found = digest(Path(self.checkpoint))
        if found is not None and found != self._digest:
            raise PersistenceError(
                f"another search has written {self.checkpoint} since this one last did; give each search a "
                "checkpoint of its own, or make a new search with this checkpoint to continue from it. "
                "save(path) keeps what this one knows"
            )

    def _best(self) -> int:
        self._begin()
        if len(self.told_) and np.isnan(self.merits_).all():
            failed = np.isnan(self.told_values_).all()
            why = "all trainings failed" if failed else "none that is known to keep all constraints"
            raise NotFittedError(
                f"this {type(self).__name__} has {len(self.told_):,} results, {why}; tell more, or widen the "
                "constraints"
            )
        return super()._best()

    def _check_settings(self) -> None:
        """Raise an error if a parameter is malformed."""
        check_columns(self.objectives, self.constraints, self.costs)

    def _begin(self) -> None:
        self._check_settings()
        started = hasattr(self, "seed_")
        super()._begin()
        if started:
            return
        self.columns_ = {name: np.zeros(0) for name in self._told_names}
        self.early_, self.early_epochs_, self.early_values_ = np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
        if self.checkpoint is not None and Path(self.checkpoint).exists():
            try:
                self.load(self.checkpoint)
            except Exception:
                del self.seed_  # the next call tries again
                raise
