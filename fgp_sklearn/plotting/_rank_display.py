"""RankDisplay: how well a ranking is predicted."""

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
    """True rank against predicted rank, with the true top marked.

    Rank 1 is the best; it is on the right and at the top. Tied values share the mean of their ranks.
    Two dotted lines fence the true and the predicted top: their common corner holds what `P@top`
    counts.

    Parameters
    ----------
    y_true : array-like of shape (n_architectures,)
        True values, larger is better.
    y_pred : array-like of shape (n_architectures,)
        Predictions; only their order counts.
    top : float, default=0.01
        Fraction of the architectures that is the top, in (0, 1].
    name : str, optional
        Name of the predictor, for the legend.

    Attributes
    ----------
    kendall_tau_ : float
        See `fgp_sklearn.metrics.kendall_tau_score`.
    precision_at_top_ : float
        See `fgp_sklearn.metrics.precision_at_top_score`.
    scatter_ : matplotlib.collections.PathCollection
        Architectures outside the true top.
    top_scatter_ : matplotlib.collections.PathCollection
        Those of the true top.
    line_ : matplotlib.lines.Line2D
        Where the two ranks are equal.
    fences_ : list of two matplotlib.lines.Line2D
        Where the predicted and where the true top ends.
    legend_ : matplotlib.legend.Legend
        With Kendall's tau and P@top.
    ax_ : matplotlib.axes.Axes
        Where it is drawn.
    figure_ : matplotlib.figure.Figure or SubFigure
        The figure of `ax_`.

    See Also
    --------
    LabelEfficiencyDisplay : How the ranking improves with labels.

    Notes
    -----
    The top is that of `fgp_sklearn.metrics.precision_at_top_score`: with ties at its threshold it holds
    more than ``top * n`` architectures.

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
        """Draw it.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default in a new figure.
        scatter_kwargs : dict, optional
            For `matplotlib.axes.Axes.scatter` of the architectures outside the top.
        top_kwargs : dict, optional
            For that of the top.
        line_kwargs : dict, optional
            For the line of equal ranks.

        Returns
        -------
        RankDisplay
            Itself, with its artists as attributes.

        Raises
        ------
        ImportError
            If matplotlib is missing.
        ValueError
            If values are not finite numbers of one length, or `top` is not in (0, 1].
        """
        import_pyplot(self)
        from matplotlib.collections import PathCollection
        from matplotlib.lines import Line2D

        self.kendall_tau_ = kendall_tau_score(self.y_true, self.y_pred)
        self.precision_at_top_ = precision_at_top_score(self.y_true, self.y_pred, top=self.top)
        y_true = column_or_1d(self.y_true, dtype=np.float64)
        true_rank = rankdata(-y_true)
        predicted_rank = rankdata(-column_or_1d(self.y_pred, dtype=np.float64))
        n = len(y_true)
        k = max(1, round(self.top * n))
        in_top = y_true >= np.sort(y_true)[n - k]

        ax = given_or_new_axes(self, ax, figsize=(5.5, 5.5))
        percent = f"{100 * self.top:.3g}"
        line = styled({"color": GREY, "linestyle": "--", "linewidth": 1}, line_kwargs, Line2D)
        (self.line_,) = ax.plot([1, n], [1, n], **line)
        fence: dict[str, Any] = {"color": GREY, "linestyle": ":", "linewidth": 1}
        self.fences_ = [ax.axvline(k + 0.5, **fence), ax.axhline(in_top.sum() + 0.5, **fence)]
        rest = styled(
            {
                "color": OKABE_ITO[0],
                "s": 8,
                "alpha": 0.7,
                "linewidth": 0,
                "label": f"{_prefix(self.name)}Kendall tau = {self.kendall_tau_:.3f}",
            },
            scatter_kwargs,
            PathCollection,
        )
        best = styled(
            {
                "color": OKABE_ITO[1],
                "s": 24,
                "marker": "^",
                "linewidth": 0,
                "label": f"true best {percent} %: P@{percent}% = {self.precision_at_top_:.3f}",
            },
            top_kwargs,
            PathCollection,
        )
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
            A fitted predictor.
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures that it did not learn from.
        y : array-like of shape (n_architectures,)
            Their true values, larger is better.
        top : float, default=0.01
            Fraction of the architectures that is the top, in (0, 1].
        name : str, optional
            Name in the legend; by default that of the class.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default in a new figure.
        scatter_kwargs, top_kwargs, line_kwargs : dict, optional
            See `plot`.

        Returns
        -------
        RankDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is missing.
        ValueError
            As `plot` does.

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
            True values, larger is better.
        y_pred : array-like of shape (n_architectures,)
            Predictions; only their order counts.
        top : float, default=0.01
            Fraction of the architectures that is the top, in (0, 1].
        name : str, optional
            Name in the legend; by default none.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default in a new figure.
        scatter_kwargs, top_kwargs, line_kwargs : dict, optional
            See `plot`.

        Returns
        -------
        RankDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is missing.
        ValueError
            As `plot` does.
        """
        return cls(y_true=y_true, y_pred=y_pred, top=top, name=name).plot(
            ax, scatter_kwargs=scatter_kwargs, top_kwargs=top_kwargs, line_kwargs=line_kwargs
        )


def _prefix(name: str | None) -> str:
    return "" if name is None else f"{plain(name)}: "
