"""ParetoDisplay: two objectives of the architectures of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from fgp_sklearn._numeric_input import as_reals
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.architectures._palette import OKABE_ITO
from fgp_sklearn.plotting._style import GREY, given_or_new_axes, import_pyplot, plain, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D

    from fgp_sklearn.search import PredictorGuidedSearch

_SIGNS = {"maximize": 1.0, "minimize": -1.0}


class ParetoDisplay:
    """Two objectives of architectures, and the front of those that no other one beats in both.

    Parameters
    ----------
    values : array-like of shape (n_architectures, 2)
        Both objectives of each architecture. Rows with NaN are left out.
    directions : tuple of str, default=("maximize", "maximize")
        Which values of each objective are better: ``"maximize"`` or ``"minimize"``.
    names : tuple of str, default=("First objective", "Second objective")
        Names of the objectives.

    Attributes
    ----------
    dots_ : matplotlib.collections.PathCollection
        All architectures.
    front_ : matplotlib.lines.Line2D
        The front, with steps that bound what it dominates.
    ax_ : matplotlib.axes.Axes
        Axes of the plot.
    figure_ : matplotlib.figure.Figure or SubFigure
        The figure of `ax_`.

    See Also
    --------
    fgp_sklearn.search.PredictorGuidedSearch : Searches for such a front.

    Examples
    --------
    >>> from fgp_sklearn.plotting import ParetoDisplay
    >>> values = [[0.9, 20], [0.8, 10], [0.7, 15]]  # accuracy and latency
    >>> display = ParetoDisplay(values=values, directions=("maximize", "minimize")).plot()
    >>> display.front_.get_xydata().tolist()
    [[0.8, 10.0], [0.9, 20.0]]
    """

    dots_: PathCollection
    front_: Line2D
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(
        self,
        *,
        values: ArrayLike,
        directions: tuple[str, str] = ("maximize", "maximize"),
        names: tuple[str, str] = ("First objective", "Second objective"),
    ) -> None:
        self.values = values
        self.directions = directions
        self.names = names

    @classmethod
    def from_search(
        cls,
        search: PredictorGuidedSearch,
        *,
        value_name: str = "Value",
        ax: Axes | None = None,
        **dot_kwargs: Any,
    ) -> Self:
        """Draw what a search with two objectives has found.

        Parameters
        ----------
        search : PredictorGuidedSearch
            A search with `objectives` that was told values.
        value_name : str, default="Value"
            Name of the first objective.
        ax : matplotlib.axes.Axes, optional
            Axes to draw on. By default, a new figure is created.
        **dot_kwargs : dict
            Keyword arguments of `matplotlib.axes.Axes.scatter` for all architectures.

        Returns
        -------
        ParetoDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If it is no search with objectives.
        ValueError
            If the search has one objective.
        """
        if not hasattr(type(search), "objective_points_"):
            raise TypeError(
                f"{shown(search)} has no second objective; pass a PredictorGuidedSearch with "
                "objectives={'latency': 'minimize'}, for example"
            )
        points = search.objective_points_
        ((name, direction),) = (search.objectives or {}).items()
        directions = search.direction, direction
        values = points * [_SIGNS[one] for one in directions]
        display = cls(values=values, directions=directions, names=(value_name, name))
        return display.plot(ax, dot_kwargs=dot_kwargs)

    def plot(self, ax: Axes | None = None, *, dot_kwargs: dict[str, Any] | None = None) -> Self:
        """Draw all architectures and the front.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on. By default, a new figure is created.
        dot_kwargs : dict, optional
            Keyword arguments of `matplotlib.axes.Axes.scatter` for all architectures.

        Returns
        -------
        ParetoDisplay
            The display itself, with its artists as attributes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If values are not two numbers per architecture, or a direction is unknown.
        """
        import_pyplot(self)
        from matplotlib.collections import PathCollection

        from fgp_sklearn.search._hypervolume import on_front  # not at the top: a search imports torch

        values = as_reals(self.values, "values")
        if values.ndim != 2 or values.shape[1] != 2:
            raise ValueError(f"values have shape {values.shape}; pass two numbers per architecture")
        if not set(self.directions) <= set(_SIGNS):
            raise ValueError(f"directions are {shown(self.directions)}; pass two of {named(_SIGNS)}")
        ax = given_or_new_axes(self, ax)
        look = {"color": GREY, "s": 16, "label": "Architectures"}
        known = values[np.isfinite(values).all(axis=1)]
        self.dots_ = ax.scatter(*known.T, **styled(look, dot_kwargs, PathCollection))
        best = np.unique(known[on_front(known * [_SIGNS[one] for one in self.directions])], axis=0)
        steps = "steps-post" if self.directions[0] == "minimize" else "steps-pre"
        (self.front_,) = ax.plot(
            *best.T, color=OKABE_ITO[0], marker="o", drawstyle=steps, label="Pareto front"
        )
        ax.set_xlabel(plain(self.names[0]))
        ax.set_ylabel(plain(self.names[1]))
        ax.legend()
        self.ax_, self.figure_ = ax, ax.figure
        return self
