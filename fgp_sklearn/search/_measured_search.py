"""MeasuredSearch: a search that is told several columns and keeps its state in a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.search._hypervolume import on_front
from fgp_sklearn.search._search_space import SearchSpace
from fgp_sklearn.search._search_state import read_state, write_state
from fgp_sklearn.search._searcher import ArchitectureSearch
from fgp_sklearn.search._told_values import told_values

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]

_SIGNS = {"maximize": 1.0, "minimize": -1.0}
_STATE = (
    *("seed_", "n_asks_", "architectures_", "told_", "told_values_", "pending_", "columns_"),
    *("early_", "early_epochs_", "early_values_"),
)

Limits = tuple[float | None, float | None]
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
        Smallest and largest allowed value of columns.
    costs : mapping of str to callable, optional
        Columns that are computed exactly: functions from a batch to one number per architecture. All other
        columns of `objectives` and `constraints` are told.
    checkpoint : path-like, optional
        File that holds the state after each `ask` and `tell`. If it exists, the search continues from it.
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
            `n` architectures that compute different things, none of which was asked or told before.

        Raises
        ------
        ExhaustedSpaceError
            If fewer than `n` are left in the space. Its attribute `remaining` says how many.
        """
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
            key ``"value"`` and those of the columns, which an objective of `maximize` may return.
        epochs : float, optional
            If the trainings are not complete, the number of epochs after which the values were measured. The
            architectures are then pending, and `columns` are not needed.
        **columns : array-like of float or None of shape (n_architectures,)
            Columns of `objectives` and `constraints`, such as ``latency=[...]``.

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
        """
        self._begin()
        batch = self.space.check_members(architectures)
        if epochs is not None:
            self._note_early(batch, values, float(epochs))
            return self
        values, columns = _apart(values, columns)
        wanted = self._told_names
        if set(columns) - set(wanted) or (set(wanted) - set(columns) and values is not None):
            raise ValueError(
                f"the columns told are {named(columns)}, and those of objectives and constraints that have "
                f"no function in costs are {named(wanted)}; tell these"
            )
        told = {name: told_values(columns.get(name), len(batch)) for name in wanted}
        super().tell(batch, values)
        self.columns_ = {name: np.append(self.columns_[name], told[name]) for name in wanted}
        self._keep()
        return self

    # --------------------------------------------------------------------- what was found

    @property
    def merits_(self) -> FloatArray:
        """Values with the sign that makes larger ones better; NaN where a constraint does not hold."""
        return np.where(self.is_feasible_, _SIGNS[self.direction] * self.values_, np.nan)

    @property
    def is_feasible_(self) -> BoolArray:
        """Whether all constraints hold for each architecture of `architectures_`, as far as is known."""
        self._begin()
        holds = np.ones(len(self.pending_), dtype=bool)
        for name, limits in (self.constraints or {}).items():
            (low, high), column = limits_of(limits), self.column(name)
            holds &= ~(column < low) & ~(column > high)
        return holds

    @property
    def pareto_front_(self) -> ArchitectureBatch:
        """Architectures that no other one beats in both objectives, the best in `direction` first."""
        points = self.objective_points_
        numbers = np.flatnonzero(on_front(points))
        assert self.architectures_ is not None
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
        write_state(Path(path), {name: getattr(self, name) for name in _STATE})

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
            If the file is damaged, or belongs to a search with another space or other columns.
        OSError
            If the file cannot be read.
        """
        state = read_state(Path(path), self.space, self._told_names)
        vars(self).update(state, _index=None)
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
        return computed

    def _note_early(self, batch: ArchitectureBatch, values: Any, epochs: float) -> None:
        if not self._learns_early:
            raise ValueError(
                "this predictor does not learn from values after few epochs; leave out predictor or epochs"
            )
        told = told_values(values, len(batch))
        numbers = self._note(batch)
        self.pending_[numbers[~np.isin(numbers, self.told_)]] = True
        fine = ~np.isnan(told)
        self.early_ = np.append(self.early_, numbers[fine])
        self.early_epochs_ = np.append(self.early_epochs_, np.full(fine.sum(), epochs))
        self.early_values_ = np.append(self.early_values_, told[fine])
        self._keep()

    def _keep(self) -> None:
        if self.checkpoint is not None:
            self.save(self.checkpoint)

    def _begin(self) -> None:
        started = hasattr(self, "seed_")
        super()._begin()
        if started:
            return
        if len(self.objectives or ()) > 1:
            raise ValueError(f"there are {len(self.objectives or ())} further objectives; pass one at most")
        for name, direction in (self.objectives or {}).items():
            if direction not in _SIGNS:
                raise ValueError(
                    f"the direction of {name!r} is {shown(direction)}; pass 'maximize' or 'minimize'"
                )
        for name, limits in (self.constraints or {}).items():
            if len(limits) != 2:
                raise ValueError(
                    f"constraint {name!r} is {shown(limits)}; pass (smallest, largest), or None for one"
                )
        self.columns_ = {name: np.zeros(0) for name in self._told_names}
        self.early_, self.early_epochs_, self.early_values_ = np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
        if self.checkpoint is not None and Path(self.checkpoint).exists():
            self.load(self.checkpoint)


def limits_of(limits: Limits) -> tuple[float, float]:
    """Smallest and largest allowed value, infinite where there is none."""
    low, high = limits
    return -np.inf if low is None else low, np.inf if high is None else high


def _apart(values: Any, columns: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Values and columns, from what may be a mapping per architecture."""
    listed = [values] if isinstance(values, Mapping) else values
    if not isinstance(listed, list | tuple) or not any(isinstance(value, Mapping) for value in listed):
        return values, columns
    rows = [value if isinstance(value, Mapping) else {"value": value} for value in listed]
    names = dict.fromkeys(name for row in rows for name in row if name != "value")
    return [row.get("value") for row in rows], {name: [row.get(name) for row in rows] for name in names}
