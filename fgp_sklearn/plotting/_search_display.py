"""SearchDisplay: the best value that searches have found after each training."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fgp_sklearn._numeric_input import as_reals
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.architectures._palette import OKABE_ITO
from fgp_sklearn.plotting._style import LINE_STYLES, given_or_new_axes, import_pyplot, plain, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D

    from fgp_sklearn.search import ArchitectureSearch

_QUARTILES = (25, 50, 75)


class SearchDisplay:
    """The best value so far against the number of trainings, or the regret.

    The line is the median over runs, and the band reaches from the lower to the upper quartile.

    Parameters
    ----------
    values : dict of str to array-like of shape (n_trainings,) or (n_runs, n_trainings)
        Values in the order of the trainings, by the name of the search. NaN is a failed training.
    direction : {"maximize", "minimize"}, default="maximize"
        Which values are better.
    optimum : float, optional
        The best value of the space. If given, the display shows the regret: how far the best value so far is
        from it.
    value_name : str, default="Value"
        Name of the values.

    Attributes
    ----------
    lines_ : dict of str to matplotlib.lines.Line2D
        Median of each search.
    bands_ : dict of str to matplotlib.collections.PolyCollection
        Quartiles of each search with several runs.
    ax_ : matplotlib.axes.Axes
        Axes of the plot.
    figure_ : matplotlib.figure.Figure or SubFigure
        The figure of `ax_`.

    See Also
    --------
    ParetoDisplay : Values of two objectives.

    Examples
    --------
    >>> from fgp_sklearn.plotting import SearchDisplay
    >>> values = {"mine": [[0.5, 0.9, 0.7], [0.6, 0.6, 0.8]], "random": [0.4, 0.6, 0.5]}
    >>> display = SearchDisplay(values=values, optimum=1.0).plot()
    >>> display.lines_["mine"].get_ydata().round(2).tolist()
    [0.45, 0.25, 0.15]
    """

    lines_: dict[str, Line2D]
    bands_: dict[str, PolyCollection]
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(
        self,
        *,
        values: Mapping[str, ArrayLike],
        direction: str = "maximize",
        optimum: float | None = None,
        value_name: str = "Value",
    ) -> None:
        self.values = values
        self.direction = direction
        self.optimum = optimum
        self.value_name = value_name

    @classmethod
    def from_searches(
        cls,
        searches: Mapping[str, ArchitectureSearch | Sequence[ArchitectureSearch]]
        | Sequence[ArchitectureSearch]
        | ArchitectureSearch,
        *,
        optimum: float | None = None,
        value_name: str = "Value",
        ax: Axes | None = None,
        **line_kwargs: Any,
    ) -> Self:
        """Draw what searches have found.

        Parameters
        ----------
        searches : ArchitectureSearch, list of ArchitectureSearch, or dict of str to one of these
            Searches that were told values, or several runs of each, by name. Runs of one name are cut to the
            shortest one. Values of architectures that break constraints do not count.
        optimum : float, optional
            The best value of the space.
        value_name : str, default="Value"
            Name of the values.
        ax : matplotlib.axes.Axes, optional
            Axes to draw on. By default, a new figure is created.
        **line_kwargs : dict
            Keyword arguments of `matplotlib.axes.Axes.plot` for the lines.

        Returns
        -------
        SearchDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there is no search, searches have different directions, or one was told nothing.
        TypeError
            If something is no search.
        """
        if not isinstance(searches, Mapping):
            searches = {"Search": searches}
        runs = {
            name: list(given) if isinstance(given, Sequence) else [given] for name, given in searches.items()
        }
        for name, some in runs.items():
            for search in some:
                if not hasattr(type(search), "history_"):
                    raise TypeError(f"{shown(search)} is no search; pass searches, or lists of them, by name")
            if not some:
                raise ValueError(f"there is no search of {name!r}; pass one at least")
        directions = {search.direction for some in runs.values() for search in some}
        if len(directions) != 1:
            raise ValueError(
                f"the searches have directions {sorted(directions)}; draw those with one direction"
            )
        told = {name: [_feasible(search) for search in some] for name, some in runs.items()}
        values = {name: _cut(some) for name, some in told.items()}
        display = cls(values=values, direction=directions.pop(), optimum=optimum, value_name=value_name)
        return display.plot(ax, line_kwargs=line_kwargs)

    def plot(self, ax: Axes | None = None, *, line_kwargs: dict[str, Any] | None = None) -> Self:
        """Draw the lines and bands.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on. By default, a new figure is created.
        line_kwargs : dict, optional
            Keyword arguments of `matplotlib.axes.Axes.plot` for the lines.

        Returns
        -------
        SearchDisplay
            The display itself, with its artists as attributes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If values are not one or more numbers for each run.
        """
        import_pyplot(self)
        from matplotlib.lines import Line2D

        drawn = {name: self._quartiles(name, given) for name, given in self.values.items()}
        ax = given_or_new_axes(self, ax)
        self.lines_, self.bands_ = {}, {}
        looks = zip(cycle(OKABE_ITO), cycle(LINE_STYLES), strict=False)
        for (name, (low, middle, high)), (colour, style) in zip(drawn.items(), looks, strict=False):
            at = np.arange(1, len(middle) + 1)
            look = {"color": colour, "linestyle": style, "label": plain(name)}
            (line,) = ax.plot(at, middle, **styled(look, line_kwargs, Line2D))
            self.lines_[name] = line
            if np.asarray(self.values[name]).ndim == 2:
                self.bands_[name] = ax.fill_between(
                    at, low, high, color=line.get_color(), alpha=0.2, linewidth=0
                )
        ax.set_xlabel("Trainings")
        what = "Best {} so far" if self.optimum is None else "Regret of {}"
        ax.set_ylabel(what.format(plain(self.value_name)))
        if len(drawn) > 1:
            ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _quartiles(self, name: str, given: ArrayLike) -> NDArray[np.float64]:
        """Quartiles of the best value so far, or of the regret, of shape (3, n_trainings)."""
        array = as_reals(given, f"values of {name!r}")
        if array.ndim not in (1, 2) or not array.size:
            raise ValueError(
                f"values of {name!r} are {shown(given)}; pass one number per training, in one row per run"
            )
        best = (np.fmin if self.direction == "minimize" else np.fmax).accumulate(np.atleast_2d(array), axis=1)
        if self.optimum is not None:
            best = np.abs(best - self.optimum)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # all runs may begin with a failed training
            quartiles: NDArray[np.float64] = np.nanpercentile(best, _QUARTILES, axis=0)
        return quartiles


def _feasible(search: ArchitectureSearch) -> NDArray[np.float64]:
    """Values as told; NaN for failed trainings and for architectures that break constraints."""
    history = search.history_
    if not len(history["value"]):
        raise ValueError(f"a {type(search).__name__} was told nothing; call tell or maximize")
    broken = np.isnan(search.merits_[history["architecture"]])
    values: NDArray[np.float64] = np.where(broken, np.nan, history["value"])
    return values


def _cut(runs: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Runs of one search, as long as the shortest one."""
    listed = list(runs)
    shortest = min((len(run) for run in listed), default=0)
    return np.stack([run[:shortest] for run in listed]) if len(listed) > 1 else listed[0]
