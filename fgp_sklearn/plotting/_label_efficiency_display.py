"""LabelEfficiencyDisplay: score as a function of the number of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle, product
from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import cross_validate
from sklearn.utils import check_random_state

from fgp_sklearn._numeric_input import as_reals
from fgp_sklearn._progress import progress_bar
from fgp_sklearn._scoring import score_label, scorer_of
from fgp_sklearn._validation import num_samples
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.architectures._palette import OKABE_ITO
from fgp_sklearn.architectures._unlabeled_pool import opened
from fgp_sklearn.model_selection import LabelBudgetSplit
from fgp_sklearn.plotting._style import (
    LINE_STYLES,
    MARKERS,
    given_or_new_axes,
    import_pyplot,
    plain,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PolyCollection
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.lines import Line2D

FloatArray = NDArray[np.float64]

_LOG_FROM = 8  # the axis is logarithmic from this ratio of the largest to the smallest budget


class LabelEfficiencyDisplay:
    """Score as a function of the number of labels.

    The line is the mean over the splits. The band is one standard deviation wide on either side.

    Parameters
    ----------
    n_labels : array-like of int of shape (n_budgets,)
        Numbers of labels, ascending.
    scores : dict of str to array-like of shape (n_budgets, n_splits), or one such array
        Scores of each estimator, by the name of the estimator.
    score_name : str, default="Score"
        Label of the score axis.

    Attributes
    ----------
    lines_ : dict of str to matplotlib.lines.Line2D
        Mean scores of each estimator.
    bands_ : dict of str to matplotlib.collections.PolyCollection
        Mean plus and minus the sample standard deviation (``ddof=1``). Empty if there is a single split.
    legend_ : matplotlib.legend.Legend or None
        Names of the estimators; None if `scores` is a single array.
    ax_ : matplotlib.axes.Axes
        Axes of the plot.
    figure_ : matplotlib.figure.Figure or SubFigure
        The figure of `ax_`.

    See Also
    --------
    fgp_sklearn.model_selection.LabelBudgetSplit : Splitter that `from_estimator` uses.
    RankDisplay : Shows one ranking in detail.

    Examples
    --------
    >>> from fgp_sklearn.plotting import LabelEfficiencyDisplay
    >>> scores = {"flow": [[0.5, 0.7], [0.7, 0.8]], "forest": [[0.3, 0.4], [0.5, 0.7]]}
    >>> display = LabelEfficiencyDisplay(n_labels=[50, 100], scores=scores, score_name="Kendall tau")
    >>> display.plot().lines_["flow"].get_ydata()
    array([0.6 , 0.75])
    """

    lines_: dict[str, Line2D]
    bands_: dict[str, PolyCollection]
    legend_: Any
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(
        self, *, n_labels: ArrayLike, scores: Mapping[str, ArrayLike] | ArrayLike, score_name: str = "Score"
    ) -> None:
        self.n_labels = n_labels
        self.scores = scores
        self.score_name = score_name

    def plot(
        self,
        ax: Axes | None = None,
        *,
        line_kwargs: dict[str, Any] | None = None,
        band_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on. By default, a new figure is created.
        line_kwargs : dict, optional
            Keyword arguments of `matplotlib.axes.Axes.plot` of each estimator.
        band_kwargs : dict, optional
            Keyword arguments of `matplotlib.axes.Axes.fill_between` of each estimator.

        Returns
        -------
        LabelEfficiencyDisplay
            The display itself, with its artists as attributes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `n_labels` are not ascending positive integers, or `scores` do not have one row per number of
            labels.
        """
        import_pyplot(self)
        from matplotlib.collections import PolyCollection
        from matplotlib.lines import Line2D

        budgets = _ascending(self.n_labels)
        scores = _by_name(self.scores, len(budgets))
        ax = given_or_new_axes(self, ax, figsize=(6.5, 4.5))
        self.lines_, self.bands_ = {}, {}
        looks = zip(cycle(OKABE_ITO), cycle(MARKERS), cycle(LINE_STYLES))
        for (name, values), (colour, marker, style) in zip(scores.items(), looks, strict=False):
            mean = values.mean(axis=1)
            look = {"color": colour, "marker": marker, "linestyle": style, "label": plain(name)}
            (line,) = ax.plot(budgets, mean, **styled(look, line_kwargs, Line2D))
            self.lines_[name] = line
            if values.shape[1] > 1:
                spread = values.std(axis=1, ddof=1)
                band = styled(
                    {"color": line.get_color(), "alpha": 0.2, "linewidth": 0}, band_kwargs, PolyCollection
                )
                self.bands_[name] = ax.fill_between(budgets, mean - spread, mean + spread, **band)
        _mark_budgets(ax, budgets)
        ax.set(xlabel="number of labels", ylabel=plain(self.score_name))
        self.legend_ = ax.legend() if isinstance(self.scores, Mapping) else None
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: ArrayLike,
        *,
        n_labels: Sequence[int],
        n_splits: int = 3,
        test_size: float | None = None,
        scoring: Any = None,
        params: dict[str, Any] | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        score_name: str | None = None,
        verbose: bool = False,
        ax: Axes | None = None,
        line_kwargs: dict[str, Any] | None = None,
        band_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Fit estimators to growing numbers of labels and draw their scores.

        Within a split, all estimators and budgets share one test set, and a smaller training set is a
        subset of a larger one. A pre-trained `FGPRegressor` stays pre-trained.

        Parameters
        ----------
        estimator : estimator or dict of str to estimator
            Estimators to compare, by name. They are cloned before they are fitted.
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            Architectures.
        y : array-like of shape (n_architectures,)
            Labels of the architectures.
        n_labels : sequence of int
            Numbers of labels to train on (label budgets), in any order.
        n_splits : int, default=3
            Number of random splits per budget.
        test_size : int or float, optional
            Number or fraction of test architectures. By default, all architectures that are not in the
            largest training set.
        scoring : str or callable, optional
            A single score: "kendall_tau", "spearman", "precision_at_top", "regret_at_k", a name of
            scikit-learn, or a scorer. By default Kendall's tau.
        params : dict, optional
            Further parameters of `fit`, such as ``{"X_unlabeled": UnlabeledPool(pool)}``.
        random_state : int, RandomState instance or None, default=None
            Seed of the splits.
        n_jobs : int, optional
            Number of fits that run in parallel.
        score_name : str, optional
            Label of the score axis; by default the name of `scoring`.
        verbose : bool, default=False
            Whether to show a progress bar.
        ax : matplotlib.axes.Axes, optional
            Axes to draw on. By default, a new figure is created.
        line_kwargs, band_kwargs : dict, optional
            See `plot`.

        Returns
        -------
        LabelEfficiencyDisplay
            The drawn display. ``scores`` maps each name to an array of shape (n_budgets, n_splits).

        Raises
        ------
        ImportError
            If matplotlib is not installed. This is checked before anything is fitted.
        ValueError
            If `n_labels` are not different positive integers, or the largest leaves no architecture to test.

        Examples
        --------
        >>> from sklearn.linear_model import Ridge
        >>> from sklearn.pipeline import make_pipeline
        >>> from fgp_sklearn import AdjacencyEncoding, PathStatistics
        >>> from fgp_sklearn.datasets import nasbench201_space
        >>> from fgp_sklearn.plotting import LabelEfficiencyDisplay
        >>> X = nasbench201_space()[::100]
        >>> y = [sum("conv" in op for op in architecture.ops) for architecture in X]
        >>> estimators = {
        ...     "paths": make_pipeline(PathStatistics(), Ridge()),
        ...     "one-hot": make_pipeline(AdjacencyEncoding(), Ridge())}
        >>> display = LabelEfficiencyDisplay.from_estimator(
        ...     estimators, X, y, n_labels=[10, 20, 50], random_state=0)
        >>> display.scores["paths"].shape
        (3, 3)
        """
        import_pyplot(cls)
        X = opened(X)
        estimators = estimator if isinstance(estimator, Mapping) else {type(estimator).__name__: estimator}
        if not estimators:
            raise ValueError("there is no estimator to compare; pass a dict of at least one")
        budgets = _ascending(np.sort(np.asarray(n_labels)))
        n_left = num_samples(X) - int(budgets[-1])
        if n_left < 1:
            raise ValueError(
                f"n_labels={budgets[-1]} leaves no test sample among {num_samples(X)} samples; lower n_labels"
            )
        if test_size is None:
            test_size = n_left
        seed = random_state
        if not isinstance(seed, Integral):  # splits are nested and shared only if all use one integer seed
            seed = check_random_state(seed).randint(np.iinfo(np.int32).max)
        scorers = {name: scorer_of(scoring, one) for name, one in estimators.items()}
        found: dict[str, list[FloatArray]] = {name: [] for name in estimators}
        steps = list(product(estimators, budgets.tolist()))
        with progress_bar(steps, description="label budgets", total=len(steps), shown=verbose) as bar:
            for name, budget in bar:
                results = cross_validate(
                    estimators[name],
                    X,
                    y,
                    cv=LabelBudgetSplit(budget, n_splits, test_size=test_size, random_state=seed),
                    scoring=scorers[name],
                    params=params,
                    n_jobs=n_jobs,
                    error_score="raise",
                )
                found[name].append(results["test_score"])
        scores = {name: np.array(rows) for name, rows in found.items()}
        display = cls(n_labels=budgets, scores=scores, score_name=score_name or score_label(scoring))
        return display.plot(ax, line_kwargs=line_kwargs, band_kwargs=band_kwargs)


def _ascending(n_labels: ArrayLike) -> NDArray[np.int64]:
    budgets = np.asarray(n_labels)
    if budgets.ndim != 1 or not len(budgets) or budgets.dtype.kind not in "iu" or budgets.min() < 1:
        raise ValueError(f"n_labels is {shown(n_labels)}; give positive integers, at least one")
    if (np.diff(budgets) <= 0).any():
        raise ValueError(f"n_labels is {shown(n_labels)}; each number may be there once, in ascending order")
    return budgets


def _by_name(scores: Any, n_budgets: int) -> dict[str, FloatArray]:
    named = scores if isinstance(scores, Mapping) else {"": scores}
    if not named:
        raise ValueError("scores hold no estimator; pass a dict of at least one")
    arrays = {name: as_reals(values, f"scores of {name!r}") for name, values in named.items()}
    for name, values in arrays.items():
        if values.ndim != 2 or len(values) != n_budgets or not values.shape[1]:
            raise ValueError(
                f"scores of {name!r} have shape {values.shape}; pass one row for each of the {n_budgets} "
                "numbers of labels and one column per split"
            )
    return arrays


def _mark_budgets(ax: Axes, budgets: NDArray[np.int64]) -> None:
    """Put a tick at each budget. The scale is logarithmic if the budgets span a wide range."""
    from matplotlib.ticker import FixedLocator, NullLocator, ScalarFormatter

    if budgets[-1] >= _LOG_FROM * budgets[0]:
        ax.set_xscale("log")
    ax.xaxis.set_major_locator(FixedLocator(budgets.tolist()))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(ScalarFormatter())
