"""ComparisonDisplay: scores of several estimators on the same folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike

from fgp_sklearn._numeric_input import as_reals
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.architectures._palette import OKABE_ITO
from fgp_sklearn.model_selection import Comparison
from fgp_sklearn.plotting._style import GREY, given_or_new_axes, import_pyplot, plain, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D


class ComparisonDisplay:
    """Scores of several estimators on the same folds, the best estimator first.

    Each dot is a fold, and each bar the mean. Plain rivals are grey.

    Parameters
    ----------
    scores : dict of str to array-like of shape (n_splits,)
        Scores of each estimator, by the name of the estimator. Larger is better.
    rivals : sequence of str, default=()
        Names of the plain rivals among them.
    score_name : str, default="Score"
        Label of the score axis.

    Attributes
    ----------
    dots_ : dict of str to matplotlib.lines.Line2D
        Scores of each estimator.
    means_ : dict of str to matplotlib.lines.Line2D
        Mean score of each estimator.
    ax_ : matplotlib.axes.Axes
        Axes of the plot.
    figure_ : matplotlib.figure.Figure or SubFigure
        The figure of `ax_`.

    See Also
    --------
    fgp_sklearn.model_selection.compare : Computes the scores.

    Examples
    --------
    >>> from fgp_sklearn.plotting import ComparisonDisplay
    >>> scores = {"mine": [0.7, 0.8], "ridge on one-hot": [0.5, 0.7]}
    >>> display = ComparisonDisplay(scores=scores, rivals=["ridge on one-hot"]).plot()
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['mine', 'ridge on one-hot']
    """

    dots_: dict[str, Line2D]
    means_: dict[str, Line2D]
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(
        self, *, scores: Mapping[str, ArrayLike], rivals: Sequence[str] = (), score_name: str = "Score"
    ) -> None:
        self.scores = scores
        self.rivals = rivals
        self.score_name = score_name

    @classmethod
    def from_comparison(cls, comparison: Comparison, *, ax: Axes | None = None, **dot_kwargs: Any) -> Self:
        """Draw the result of `compare`.

        Parameters
        ----------
        comparison : Comparison
            What `fgp_sklearn.model_selection.compare` returned.
        ax : matplotlib.axes.Axes, optional
            Axes to draw on. By default, a new figure is created.
        **dot_kwargs : dict
            Keyword arguments of `matplotlib.axes.Axes.plot` for the dots.

        Returns
        -------
        ComparisonDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        display = cls(scores=comparison.scores, rivals=comparison.rivals, score_name=comparison.score_name)
        return display.plot(ax, dot_kwargs=dot_kwargs)

    def plot(self, ax: Axes | None = None, *, dot_kwargs: dict[str, Any] | None = None) -> Self:
        """Draw the scores.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on. By default, a new figure is created.
        dot_kwargs : dict, optional
            Keyword arguments of `matplotlib.axes.Axes.plot` for the dots.

        Returns
        -------
        ComparisonDisplay
            The display itself, with its artists as attributes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the scores of an estimator are not one or more numbers.
        """
        import_pyplot(self)
        from matplotlib.lines import Line2D

        arrays = {name: as_reals(values, f"scores of {name!r}") for name, values in self.scores.items()}
        for name, values in arrays.items():
            if values.ndim != 1 or not len(values):
                raise ValueError(f"scores of {name!r} are {shown(values)}; pass one number per fold")
        ranked = sorted(arrays, key=lambda name: -float(arrays[name].mean()))
        ax = given_or_new_axes(self, ax, figsize=(7, 1 + 0.35 * len(ranked)))
        self.dots_, self.means_ = {}, {}
        for row, name in enumerate(ranked):
            values = arrays[name]
            colour = GREY if name in self.rivals else OKABE_ITO[0]
            look = {"color": colour, "marker": "o", "linestyle": "", "alpha": 0.6}
            (self.dots_[name],) = ax.plot(
                values, np.full(len(values), row), **styled(look, dot_kwargs, Line2D)
            )
            (self.means_[name],) = ax.plot(
                [values.mean()] * 2, [row - 0.3, row + 0.3], color=colour, linewidth=3
            )
        ax.set_yticks(range(len(ranked)), [plain(name) for name in ranked])
        ax.invert_yaxis()
        ax.set_xlabel(plain(self.score_name))
        self.ax_, self.figure_ = ax, ax.figure
        return self
