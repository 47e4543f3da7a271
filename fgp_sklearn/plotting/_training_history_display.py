"""TrainingHistoryDisplay: loss, validation tau and learning rate by epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from fgp_sklearn.architectures._palette import OKABE_ITO
from fgp_sklearn.plotting._style import MARKERS, given_or_new_axes, import_pyplot, plain, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D

_PANELS = {"train_loss": "training loss", "valid_score": "validation tau", "lr": "learning rate"}


class TrainingHistoryDisplay:
    """Loss, validation tau and learning rate by epoch, in one panel each.

    The panel of the validation tau is drawn only if the history has it.

    Parameters
    ----------
    history : sequence of dict, or pandas.DataFrame
        `history_` of an estimator, or its data frame.
    name : str, optional
        Title, such as the name of the trained estimator.

    Attributes
    ----------
    lines_ : dict of str to matplotlib.lines.Line2D
        Curve of each column of the history: ``"train_loss"``, ``"valid_score"``, ``"lr"``.
    best_ : matplotlib.lines.Line2D or None
        Marker of the epoch whose weights were kept: the first with the best validation tau. None without
        validation.
    axes_ : ndarray of matplotlib.axes.Axes of shape (n_panels,)
        Axes of the panels, from top to bottom.
    ax_ : matplotlib.axes.Axes
        Axes of the first panel, which shows the loss.
    figure_ : matplotlib.figure.Figure or SubFigure
        The figure of `axes_`.

    See Also
    --------
    fgp_sklearn.FGPEncoder : Its `history_` is the history of pre-training.
    fgp_sklearn.FGPRegressor : Its `history_` is the history of fine-tuning.

    Examples
    --------
    >>> from fgp_sklearn.plotting import TrainingHistoryDisplay
    >>> history = [
    ...     {"epoch": 1, "train_loss": 0.5, "lr": 0.1},
    ...     {"epoch": 2, "train_loss": 0.25, "lr": 0.05}]
    >>> display = TrainingHistoryDisplay.from_history(history)
    >>> list(display.lines_), len(display.axes_)
    (['train_loss', 'lr'], 2)
    """

    lines_: dict[str, Line2D]
    best_: Line2D | None
    axes_: NDArray[Any]
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(self, *, history: Any, name: str | None = None) -> None:
        self.history = history
        self.name = name

    def plot(self, ax: Any = None, *, line_kwargs: dict[str, Any] | None = None) -> Self:
        """Draw the panels.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or array-like of them, optional
            One subplot, whose area is divided among the panels, or one subplot per panel. By default, a new
            figure is created.
        line_kwargs : dict, optional
            Keyword arguments of `matplotlib.axes.Axes.plot` of each panel.

        Returns
        -------
        TrainingHistoryDisplay
            The display itself, with its artists as attributes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the history is empty, an epoch lacks ``"epoch"`` or ``"train_loss"``, the number of `ax` is
            neither one nor that of the panels, or a single `ax` is not a subplot.
        """
        import_pyplot(self)
        from matplotlib.lines import Line2D
        from matplotlib.ticker import MaxNLocator

        columns = _columns(self.history)
        panels = [name for name in _PANELS if name in columns]
        self.axes_ = self._axes(ax, len(panels))
        self.lines_, self.best_ = {}, None
        for axes, name, colour, marker in zip(self.axes_, panels, OKABE_ITO, MARKERS, strict=False):
            short = {"marker": marker} if len(columns["epoch"]) < 30 else {}  # a line needs two epochs
            look = styled({"color": colour, "markersize": 4, **short}, line_kwargs, Line2D)
            (self.lines_[name],) = axes.plot(columns["epoch"], columns[name], **look)
            axes.set_ylabel(_PANELS[name])
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.tick_params(labelbottom=axes is self.axes_[-1])
            if name == "valid_score":
                self.best_ = _mark_best(axes, columns["epoch"], columns[name], look["color"])
        self.axes_[-1].set_xlabel("epoch")
        if self.name is not None:
            self.axes_[0].set_title(plain(self.name))
        self.ax_, self.figure_ = self.axes_[0], self.axes_[0].figure
        return self

    def _axes(self, ax: Any, n_panels: int) -> NDArray[Any]:
        if ax is None:
            plt = import_pyplot(self)
            size = (6.0, 0.8 + 1.7 * n_panels)
            _, axes = plt.subplots(n_panels, squeeze=False, sharex=True, figsize=size, layout="constrained")
            return np.ravel(axes)
        axes = np.ravel(np.asarray(ax, dtype=object))
        if len(axes) == n_panels:
            return axes
        if len(axes) > 1:
            raise ValueError(f"ax holds {len(axes)} axes for {n_panels} panels; pass {n_panels} or one")
        return _divided(given_or_new_axes(self, axes[0]), n_panels)

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, name: str | None = None, ax: Any = None, line_kwargs: Any = None
    ) -> Self:
        """Draw the training of a fitted estimator.

        Parameters
        ----------
        estimator : FGPEncoder or FGPRegressor
            Fitted estimator. For a regressor, the fine-tuning is drawn. To draw its pre-training, pass
            ``regressor.pretrained_encoder_``.
        name : str, optional
            Title; by default the name of the class.
        ax : matplotlib.axes.Axes or array-like of them, optional
            Axes to draw on; see `plot`.
        line_kwargs : dict, optional
            See `plot`.

        Returns
        -------
        TrainingHistoryDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If the estimator has no `history_`.
        ValueError
            Under the conditions listed for `plot`.
        NotFittedError
            If the estimator is not fitted.

        Examples
        --------
        >>> from fgp_sklearn import FGPEncoder
        >>> from fgp_sklearn.datasets import nasbench201_space
        >>> from fgp_sklearn.plotting import TrainingHistoryDisplay
        >>> encoder = FGPEncoder(hidden_dim=8, max_epochs=3, random_state=0).fit(nasbench201_space()[:100])
        >>> TrainingHistoryDisplay.from_estimator(encoder).lines_["lr"].get_xdata()
        array([1., 2., 3.])
        """
        import_pyplot(cls)
        check_is_fitted(estimator)
        if not hasattr(estimator, "history_"):
            raise TypeError(
                f"{type(estimator).__name__} has no history_; pass a fitted FGPEncoder or FGPRegressor. For "
                "a pipeline pass its last step, for a search its best_estimator_"
            )
        title = type(estimator).__name__ if name is None else name
        return cls.from_history(estimator.history_, name=title, ax=ax, line_kwargs=line_kwargs)

    @classmethod
    def from_history(
        cls, history: Any, *, name: str | None = None, ax: Any = None, line_kwargs: Any = None
    ) -> Self:
        """Draw a history.

        Parameters
        ----------
        history : sequence of dict, or pandas.DataFrame
            `history_` of an estimator, or its data frame.
        name : str, optional
            Title. By default, there is none.
        ax : matplotlib.axes.Axes or array-like of them, optional
            Axes to draw on; see `plot`.
        line_kwargs : dict, optional
            See `plot`.

        Returns
        -------
        TrainingHistoryDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            Under the conditions listed for `plot`.
        """
        return cls(history=history, name=name).plot(ax, line_kwargs=line_kwargs)


def _columns(history: Any) -> dict[str, NDArray[np.float64]]:
    """Return the columns that every epoch of the history has."""
    if hasattr(history, "to_dict"):  # a data frame, whose index may hold the epochs
        history = history.reset_index().to_dict("records")
    rows = list(history)
    if not rows:
        raise ValueError("the history is empty; train for at least one epoch (max_epochs)")
    names = [name for name in ("epoch", *_PANELS) if all(name in row for row in rows)]
    if not {"epoch", "train_loss"} <= set(names):
        raise ValueError(
            f"every epoch of a history must have 'epoch' and 'train_loss'; the first has {list(rows[0])}"
        )
    return {name: np.array([row[name] for row in rows], dtype=np.float64) for name in names}


def _mark_best(axes: Axes, epochs: Any, scores: Any, colour: Any) -> Line2D:
    best = int(np.argmax(scores))
    look = {"color": colour, "marker": "*", "markersize": 12, "linestyle": "none"}
    label = f"best: {scores[best]:.3f} in epoch {epochs[best]:g}"
    (mark,) = axes.plot(epochs[[best]], scores[[best]], label=label, **look)
    axes.legend(handles=[mark], loc="lower right")
    return mark


def _divided(ax: Axes, n_panels: int) -> NDArray[Any]:
    """Replace the given axes by new ones, one below the other."""
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError(f"ax is not a subplot, so it cannot be divided; pass {n_panels} axes instead")
    ax.set_axis_off()
    grid = place.subgridspec(n_panels, 1)
    figure = ax.figure
    first = figure.add_subplot(grid[0])
    return np.array([first, *(figure.add_subplot(grid[i], sharex=first) for i in range(1, n_panels))])
