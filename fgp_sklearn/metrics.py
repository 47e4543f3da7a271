"""Metrics of a ranking of architectures, and their scorers."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.stats
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import make_scorer
from sklearn.utils import assert_all_finite, check_array, check_consistent_length, check_scalar, column_or_1d

__all__ = [
    "kendall_tau_score",
    "kendall_tau_scorer",
    "precision_at_top_score",
    "precision_at_top_scorer",
    "regret_at_k_score",
    "regret_at_k_scorer",
    "spearman_score",
    "spearman_scorer",
]

FloatArray = NDArray[np.float64]


def kendall_tau_score(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Kendall rank correlation, tau-b.

    With ``P`` concordant and ``Q`` discordant pairs of samples, ``T`` pairs tied in `y_true` and
    ``U`` pairs tied in `y_pred` out of ``N = n (n - 1) / 2``,
    ``tau_b = (P - Q) / sqrt((N - T) (N - U))``.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True values, such as accuracies.
    y_pred : array-like of shape (n_samples,)
        Predictions; only their order counts.

    Returns
    -------
    float
        Between -1 (reversed order) and 1 (same order). 0.0 where the order is undefined: constant
        predictions, constant true values, or a single sample; SciPy gives NaN there, with which a
        search would pick its first candidate.

    Raises
    ------
    ValueError
        If lengths differ, an input is empty, not one-dimensional, NaN or infinite.

    Warns
    -----
    UndefinedMetricWarning
        If there are fewer than two samples, as in leave-one-out cross-validation.

    See Also
    --------
    spearman_score : The other common rank correlation.
    precision_at_top_score : Looks at the best architectures only.

    References
    ----------
    .. [1] M. G. Kendall, "The treatment of ties in ranking problems", Biometrika 33(3), 1945.

    Examples
    --------
    >>> from fgp_sklearn.metrics import kendall_tau_score
    >>> kendall_tau_score([91.2, 93.5, 94.1, 90.0], [0.1, 0.7, 0.4, -3.0])
    0.666...
    >>> kendall_tau_score([91.2, 93.5, 94.1, 90.0], [1, 1, 1, 1])
    0.0
    """
    true, predicted = _check_targets(y_true, y_pred)
    if _has_no_order(true) or _has_no_order(predicted):
        return 0.0
    return float(scipy.stats.kendalltau(true, predicted).statistic)


def spearman_score(y_true: ArrayLike, y_pred: ArrayLike) -> float:
    """Spearman rank correlation.

    The Pearson correlation of the ranks, where tied values share the mean of their ranks.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True values, such as accuracies.
    y_pred : array-like of shape (n_samples,)
        Predictions; only their order counts.

    Returns
    -------
    float
        Between -1 (reversed order) and 1 (same order). 0.0 where the order is undefined: constant
        predictions, constant true values, or a single sample.

    Raises
    ------
    ValueError
        If lengths differ, an input is empty, not one-dimensional, NaN or infinite.

    Warns
    -----
    UndefinedMetricWarning
        If there are fewer than two samples, as in leave-one-out cross-validation.

    See Also
    --------
    kendall_tau_score : The rank correlation that the field reports.

    References
    ----------
    .. [1] C. Spearman, "The proof and measurement of association between two things", American
       Journal of Psychology 15(1), 1904.

    Examples
    --------
    >>> from fgp_sklearn.metrics import spearman_score
    >>> spearman_score([91.2, 93.5, 94.1, 90.0], [0.1, 0.7, 0.4, -3.0])
    0.8...
    """
    true, predicted = _check_targets(y_true, y_pred)
    if _has_no_order(true) or _has_no_order(predicted):
        return 0.0
    first, second = (scipy.stats.rankdata(y) - (len(y) + 1) / 2 for y in (true, predicted))
    correlation = first @ second / np.sqrt((first @ first) * (second @ second))
    return float(np.clip(correlation, -1.0, 1.0))


def precision_at_top_score(y_true: ArrayLike, y_pred: ArrayLike, *, top: float = 0.01) -> float:
    """Share of the predicted top that belongs to the true top (P@1% and the like).

    Of ``n`` samples the top has ``k = max(1, round(top * n))``. The score is the share of the ``k``
    samples with the highest predictions that belong to the true top.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True values; higher is better.
    y_pred : array-like of shape (n_samples,)
        Predictions; only their order counts.
    top : float, default=0.01
        Fraction of the samples that is the top, in (0, 1].

    Returns
    -------
    float
        Between 0 and 1, where 1 is best. Random predictions score ``k / n`` on average.

    Raises
    ------
    ValueError
        If lengths differ, an input is empty, not one-dimensional, NaN or infinite, or `top` is not
        in (0, 1].

    See Also
    --------
    regret_at_k_score : What searching with the predictions costs.

    Notes
    -----
    Ties in `y_true`: whatever is at least as good as the ``k``-th best value belongs to the true top,
    so that a perfect prediction scores 1 in whichever order it lists equals.

    Ties in `y_pred`: the score is the expected value over all ways to break them, computed exactly.
    It depends neither on the order of the samples nor on chance, and constant predictions score what
    random ones do: ``k / n``, if the true values are not tied at the threshold.

    One sample is its own top and scores 1.

    Examples
    --------
    >>> from fgp_sklearn.metrics import precision_at_top_score
    >>> y_true = [90, 91, 92, 93, 94, 95]
    >>> precision_at_top_score(y_true, [0, 0, 0, 2, 1, 3], top=1 / 3)
    0.5
    >>> precision_at_top_score(y_true, [0, 0, 0, 1, 1, 1], top=1 / 3)  # two of three, any two
    0.666...
    """
    true, predicted = _check_targets(y_true, y_pred)
    check_scalar(top, "top", Real, min_val=0, max_val=1, include_boundaries="right")
    if np.isnan(top):
        raise ValueError("top == nan, must be in (0, 1].")
    k = max(1, round(top * len(true)))
    in_top = true >= _largest(true, k)
    sure, tied = _picks(predicted, k)
    places = k - np.count_nonzero(sure)
    hits = np.count_nonzero(in_top[sure]) + places * np.count_nonzero(in_top[tied]) / np.count_nonzero(tied)
    return float(hits / k)


def regret_at_k_score(y_true: ArrayLike, y_pred: ArrayLike, *, k: int = 1) -> float:
    """Regret of trying only the `k` most promising architectures.

    The best true value minus the best true value among the `k` samples with the highest predictions:
    the simple regret of a search that trains its top `k` and keeps the best.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True values; higher is better.
    y_pred : array-like of shape (n_samples,)
        Predictions; only their order counts.
    k : int, default=1
        Number of samples that are tried. With `k` or fewer samples all are, and the regret is 0.

    Returns
    -------
    float
        0 or more in the units of `y_true`; 0 is best, lower is better.

    Raises
    ------
    ValueError
        If lengths differ, an input is empty, not one-dimensional, NaN or infinite, or `k` is less
        than 1.

    See Also
    --------
    precision_at_top_score : Share of the best that is found.

    Notes
    -----
    Where predictions are tied at the `k`-th place, the regret is the expected value over all ways to
    break the tie, computed exactly. So constant predictions cost what `k` samples at random cost.

    `regret_at_k_scorer` negates the regret, as scikit-learn's scorers of losses do.

    Examples
    --------
    >>> from fgp_sklearn.metrics import regret_at_k_score
    >>> y_true = [90.0, 93.0, 94.5, 94.0]
    >>> regret_at_k_score(y_true, [0.1, 0.9, 0.5, 0.6])
    1.5
    >>> regret_at_k_score(y_true, [0.1, 0.9, 0.5, 0.6], k=2)
    0.5
    >>> regret_at_k_score(y_true, [0.1, 0.9, 0.5, 0.5], k=2)  # the second is either of two
    0.25
    """
    true, predicted = _check_targets(y_true, y_pred)
    check_scalar(k, "k", Integral, min_val=1)
    if k >= len(true):
        return 0.0
    loss = true.max() - true
    sure, tied = _picks(predicted, k)
    limit = loss[sure].min(initial=np.inf)
    return _expected_minimum(np.minimum(loss[tied], limit), k - int(np.count_nonzero(sure)))


def _check_targets(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[FloatArray, FloatArray]:
    check_consistent_length(y_true, y_pred)
    return _as_column(y_true, "y_true"), _as_column(y_pred, "y_pred")


def _as_column(y: ArrayLike, name: str) -> FloatArray:
    numbers = check_array(y, ensure_2d=False, dtype="numeric", ensure_all_finite=False, input_name=name)
    column: FloatArray = column_or_1d(numbers, dtype=np.float64, input_name=name)
    assert_all_finite(column, input_name=name)  # at the end: None becomes NaN on the way
    return column


def _has_no_order(y: FloatArray) -> bool:
    if len(y) < 2:
        message = "Rank correlation is not defined for fewer than two samples; it is set to 0.0."
        warnings.warn(message, UndefinedMetricWarning, stacklevel=3)
    return bool((y == y[0]).all())


def _largest(y: FloatArray, k: int) -> float:
    return float(np.partition(y, len(y) - k)[len(y) - k])


def _picks(predicted: FloatArray, k: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Samples that are surely among the k best predicted, and those tied for the places left."""
    threshold = _largest(predicted, k)
    return predicted > threshold, predicted == threshold


def _expected_minimum(values: FloatArray, n_drawn: int) -> float:
    """Mean, over all subsets of `n_drawn` values, of the smallest."""
    ascending = np.sort(values)
    n_left = np.arange(len(values), 0, -1)  # values not smaller than the one at each place
    # The smallest drawn is at place i with probability C(n_left - 1, n_drawn - 1) / C(n, n_drawn).
    none_before = np.cumprod(np.append(1.0, (n_left - n_drawn) / n_left))  # 0 once too few are left
    return float(-np.diff(none_before) @ ascending)


kendall_tau_scorer: Any = make_scorer(kendall_tau_score)
spearman_scorer: Any = make_scorer(spearman_score)
precision_at_top_scorer: Any = make_scorer(precision_at_top_score)
regret_at_k_scorer: Any = make_scorer(regret_at_k_score, greater_is_better=False)
