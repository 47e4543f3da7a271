"""RankDisplay: true rank against predicted rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata
from sklearn.utils import column_or_1d

from fgp_sklearn.architectures._palette import OKABE_ITO
from fgp_sklearn.metrics import kendall_tau_score, precision_at_top_score
from fgp_sklearn.plotting._style import GREY, given_or_new_axes, import_pyplot, plain, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D


class RankDisplay:
    """True rank against predicted rank, with the true top highlighted.

    Rank 1 is the best; it is on the right and at the top. Tied values share the mean of their ranks.
    Two dotted lines bound the true and the predicted top. The corner between them holds the
    architectures that are in both, which P@top counts.

    Parameters
    ----------
    y_true : array-like of shape (n_architectures,)
        True values; larger is better.
    y_pred : array-like of shape (n_architectures,)
        Predictions; only their order matters.
    top : float, default=0.01
        Fraction of the architectures that makes up the top, in (0, 1].
    name : str, optional
        Name of the predictor in the legend.

    Attributes
    ----------
    kendall_tau_ : float
        Kendall's tau, see `fgp_sklearn.metrics.kendall_tau_score`.
    precision_at_top_ : float
        P@top, see `fgp_sklearn.metrics.precision_at_top_score`.
    scatter_ : matplotlib.collections.PathCollection
        Architectures outside the true top.
    top_scatter_ : matplotlib.collections.PathCollection
        Architectures in the true top.
    line_ : matplotlib.lines.Line2D
        Diagonal on which the two ranks are equal.
    fences_ : list of two matplotlib.lines.Line2D
        Boundary of the predicted top, then boundary of the true top.
    legend_ : matplotlib.legend.Legend
        Legend with Kendall's tau and P@top.
    ax_ : matplotlib.axes.Axes
        Axes of the plot.
    figure_ : matplotlib.figure.Figure or SubFigure
        The figure of `ax_`.

    See Also
    --------
    LabelEfficiencyDisplay : Shows how the ranking improves with the number of labels.

    Notes
    -----
    The true top is the one of `fgp_sklearn.metrics.precision_at_top_score`. With ties at its threshold
    it has more than ``top * n`` architectures.

    Examples
    --------
    >>> from fgp_sklearn.plotting import RankDisplay
    >>> y_true, y_pred = [91.2, 93.5, 94.1, 90.0], [0.1, 0.7, 0.4, -3.0]
    >>> display = RankDisplay.from_predictions(y_true, y_pred, top=0.25)
    >>> display.kendall_tau_, display.precision_at_top_
    (0.666..., 0.0)
    """

    kendall_tau_: float
    precision_at_top_: float
    scatter_: PathCollection
    top_scatter_: PathCollection
    line_: Line2D
    fences_: list[Line2D]
    legend_: Any
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(
        self, *, y_true: ArrayLike, y_pred: ArrayLike, top: float = 0.01, name: str | None = None
    ) -> None:
        self.y_true = y_true
        self.y_pred = y_pred
        self.top = top
        self.name = name

    def plot(
        self,
        ax: Axes | None = None,
        *,
        scatter_kwargs: dict[str, Any] | None = None,
        top_kwargs: dict[str, Any] | None = None,
        line_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the ranks.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on. By default, a new figure is created.
        scatter_kwargs : dict, optional
            Keyword arguments of `matplotlib.axes.Axes.scatter` for the architectures outside the true top.
        top_kwargs : dict, optional
            Keyword arguments of `matplotlib.axes.Axes.scatter` for the architectures in the true top.
        line_kwargs : dict, optional
            Keyword arguments of `matplotlib.axes.Axes.plot` for the diagonal.

        Returns
        -------
        RankDisplay
            The display itself, with its artists as attributes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If values are not finite, `y_true` and `y_pred` differ in length, or `top` is not in (0, 1].
        """
        import_pyplot(self)
        self.kendall_tau_ = kendall_tau_score(self.y_true, self.y_pred)
        self.precision_at_top_ = precision_at_top_score(self.y_true, self.y_pred, top=self.top)
        y_true = column_or_1d(self.y_true, dtype=np.float64)
        true_rank = rankdata(-y_true)
        predicted_rank = rankdata(-column_or_1d(self.y_pred, dtype=np.float64))
        n = len(y_true)
        k = max(1, round(self.top * n))
        in_top = y_true >= np.sort(y_true)[n - k]

        ax = given_or_new_axes(self, ax, figsize=(5.5, 5.5))
        self._draw_lines(ax, n, k, int(in_top.sum()), line_kwargs)
        rest, best = self._looks(scatter_kwargs, top_kwargs)
        self.scatter_ = ax.scatter(predicted_rank[~in_top], true_rank[~in_top], **rest)
        self.top_scatter_ = ax.scatter(predicted_rank[in_top], true_rank[in_top], **best)
        ax.set(xlabel="predicted rank (1 is best)", ylabel="true rank (1 is best)")
        ax.xaxis.set_inverted(True)
        ax.yaxis.set_inverted(True)
        ax.set_box_aspect(1)
        self.legend_ = ax.legend(loc="lower right", handles=[self.scatter_, self.top_scatter_])
        for handle in self.legend_.legend_handles:
            handle.set_alpha(1)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _draw_lines(self, ax: Axes, n: int, k: int, n_in_top: int, given: dict[str, Any] | None) -> None:
        """Draw the diagonal and the boundaries of the predicted top of `k` and the true top of `n_in_top`."""
        from matplotlib.lines import Line2D

        line = styled({"color": GREY, "linestyle": "--", "linewidth": 1}, given, Line2D)
        (self.line_,) = ax.plot([1, n], [1, n], **line)
        fence: dict[str, Any] = {"color": GREY, "linestyle": ":", "linewidth": 1}
        self.fences_ = [ax.axvline(k + 0.5, **fence), ax.axhline(n_in_top + 0.5, **fence)]

    def _looks(
        self, scatter_kwargs: dict[str, Any] | None, top_kwargs: dict[str, Any] | None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the style of the dots outside the true top and of those in it."""
        from matplotlib.collections import PathCollection

        percent = f"{100 * self.top:.3g}"
        rest = {
            "color": OKABE_ITO[0],
            "s": 8,
            "alpha": 0.7,
            "linewidth": 0,
            "label": f"{_prefix(self.name)}Kendall tau = {self.kendall_tau_:.3f}",
        }
        best = {
            "color": OKABE_ITO[1],
            "s": 24,
            "marker": "^",
            "linewidth": 0,
            "label": f"true best {percent} %: P@{percent}% = {self.precision_at_top_:.3f}",
        }
        return styled(rest, scatter_kwargs, PathCollection), styled(best, top_kwargs, PathCollection)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        top: float = 0.01,
        name: str | None = None,
        ax: Axes | None = None,
        scatter_kwargs: dict[str, Any] | None = None,
        top_kwargs: dict[str, Any] | None = None,
        line_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw how a fitted predictor ranks architectures.

        Parameters
        ----------
        estimator : estimator
            Fitted predictor.
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            Architectures that the predictor was not fitted to.
        y : array-like of shape (n_architectures,)
            True values of the architectures; larger is better.
        top : float, default=0.01
            Fraction of the architectures that makes up the top, in (0, 1].
        name : str, optional
            Name of the predictor in the legend; by default the name of its class.
        ax : matplotlib.axes.Axes, optional
            Axes to draw on. By default, a new figure is created.
        scatter_kwargs, top_kwargs, line_kwargs : dict, optional
            See `plot`.

        Returns
        -------
        RankDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            Under the conditions listed for `plot`.

        Examples
        --------
        >>> from fgp_sklearn import FlowGaussianProcessRegressor
        >>> from fgp_sklearn.datasets import nasbench201_space
        >>> from fgp_sklearn.plotting import RankDisplay
        >>> X = nasbench201_space()[::100]
        >>> y = [sum("conv" in op for op in architecture.ops) for architecture in X]
        >>> process = FlowGaussianProcessRegressor(random_state=0).fit(X[:50], y[:50])
        >>> RankDisplay.from_estimator(process, X[50:], y[50:], top=0.1).name
        'FlowGaussianProcessRegressor'
        """
        import_pyplot(cls)
        return cls.from_predictions(
            y,
            estimator.predict(X),
            top=top,
            name=type(estimator).__name__ if name is None else name,
            ax=ax,
            scatter_kwargs=scatter_kwargs,
            top_kwargs=top_kwargs,
            line_kwargs=line_kwargs,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        top: float = 0.01,
        name: str | None = None,
        ax: Axes | None = None,
        scatter_kwargs: dict[str, Any] | None = None,
        top_kwargs: dict[str, Any] | None = None,
        line_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw how predictions rank architectures.

        Parameters
        ----------
        y_true : array-like of shape (n_architectures,)
            True values; larger is better.
        y_pred : array-like of shape (n_architectures,)
            Predictions; only their order matters.
        top : float, default=0.01
            Fraction of the architectures that makes up the top, in (0, 1].
        name : str, optional
            Name of the predictor in the legend. By default, the legend shows no name.
        ax : matplotlib.axes.Axes, optional
            Axes to draw on. By default, a new figure is created.
        scatter_kwargs, top_kwargs, line_kwargs : dict, optional
            See `plot`.

        Returns
        -------
        RankDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            Under the conditions listed for `plot`.
        """
        return cls(y_true=y_true, y_pred=y_pred, top=top, name=name).plot(
            ax, scatter_kwargs=scatter_kwargs, top_kwargs=top_kwargs, line_kwargs=line_kwargs
        )


def _prefix(name: str | None) -> str:
    return "" if name is None else f"{plain(name)}: "
