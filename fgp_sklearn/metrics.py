"""Ranking metrics and their scorers.

The score of several targets is the mean of the scores of the targets.

Sample weights are counts: a sample of weight 3 stands for three equal samples, and a sample of weight 0 is
ignored.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.special
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


def kendall_tau_score(
    y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """Kendall rank correlation, tau-b.

    With ``P`` concordant and ``Q`` discordant pairs of samples, ``T`` pairs tied in `y_true` and
    ``U`` pairs tied in `y_pred` out of ``N = n (n - 1) / 2``,
    ``tau_b = (P - Q) / sqrt((N - T) (N - U))``.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_targets)
        True values, such as accuracies.
    y_pred : array-like of the same shape
        Predictions; only their order matters.
    sample_weight : array-like of shape (n_samples,), optional
        Non-negative sample weights. The weight of a pair is the product of the weights of its two samples.
        Only the proportions of the weights matter.

    Returns
    -------
    float
        Kendall's tau, between -1 (reversed order) and 1 (same order). If the order is undefined, because
        predictions or true values are constant or there is a single sample, the score is 0.0. SciPy returns
        NaN in these cases, with which a hyperparameter search would pick its first candidate.

    Raises
    ------
    ValueError
        If the shapes differ, an input is empty or holds NaN or infinity, a weight is negative, or all
        weights are 0.

    Warns
    -----
    UndefinedMetricWarning
        If there are fewer than two samples, as in leave-one-out cross-validation.

    See Also
    --------
    spearman_score : Another common rank correlation.
    precision_at_top_score : Scores the best architectures only.

    Notes
    -----
    The page :doc:`/how_good` says which score answers which question, and how sure it is.

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
    return _mean_over_targets(_kendall_tau, y_true, y_pred, sample_weight)


def _kendall_tau(true: FloatArray, predicted: FloatArray, weight: FloatArray) -> float:
    if _has_no_order(true) or _has_no_order(predicted):
        return 0.0
    if (weight == weight[0]).all():
        return float(scipy.stats.kendalltau(true, predicted).statistic)
    weight_of = weight.tolist().__getitem__
    # With rank=False, SciPy passes each sample's position to the weigher, which returns our weight there.
    tau = scipy.stats.weightedtau(true, predicted, rank=False, weigher=weight_of, additive=False).statistic
    return float(np.clip(tau, -1.0, 1.0))


def spearman_score(y_true: ArrayLike, y_pred: ArrayLike, *, sample_weight: ArrayLike | None = None) -> float:
    """Spearman rank correlation.

    It is the Pearson correlation of the ranks. Tied values share the mean of their ranks.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_targets)
        True values, such as accuracies.
    y_pred : array-like of the same shape
        Predictions; only their order matters.
    sample_weight : array-like of shape (n_samples,), optional
        Non-negative sample weights. They enter both the ranks and the correlation. Only the proportions of
        the weights matter.

    Returns
    -------
    float
        Spearman's rho, between -1 (reversed order) and 1 (same order). If the order is undefined, because
        predictions or true values are constant or there is a single sample, the score is 0.0.

    Raises
    ------
    ValueError
        If the shapes differ, an input is empty or holds NaN or infinity, a weight is negative, or all
        weights are 0.

    Warns
    -----
    UndefinedMetricWarning
        If there are fewer than two samples, as in leave-one-out cross-validation.

    See Also
    --------
    kendall_tau_score : Rank correlation that papers on performance predictors report.

    Notes
    -----
    The page :doc:`/how_good` says which score answers which question, and how sure it is.

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
    return _mean_over_targets(_spearman, y_true, y_pred, sample_weight)


def _spearman(true: FloatArray, predicted: FloatArray, weight: FloatArray) -> float:
    if _has_no_order(true) or _has_no_order(predicted):
        return 0.0
    first, second = _centred_ranks(true, weight), _centred_ranks(predicted, weight)
    spread = np.sqrt((weight * first @ first) * (weight * second @ second))
    return float(np.clip(weight * first @ second / spread, -1.0, 1.0))


def precision_at_top_score(
    y_true: ArrayLike, y_pred: ArrayLike, *, top: float = 0.01, sample_weight: ArrayLike | None = None
) -> float:
    """Fraction of the predicted top that belongs to the true top (such as P@1%).

    Of ``n`` samples, ``k = max(1, round(top * n))`` make up the top. The score is the fraction of the ``k``
    samples with the highest predictions that belong to the true top.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_targets)
        True values; higher is better.
    y_pred : array-like of the same shape
        Predictions; only their order matters.
    top : float, default=0.01
        Fraction of the samples that makes up the top, in (0, 1].
    sample_weight : array-like of shape (n_samples,), optional
        Non-negative sample weights. They are counts of samples, so ``n`` is their sum.

    Returns
    -------
    float
        Precision between 0 and 1; 1 is best. Random predictions score ``k / n`` on average.

    Raises
    ------
    ValueError
        If the shapes differ, an input is empty or holds NaN or infinity, `top` is not in (0, 1], a weight
        is negative, or the weights sum to less than one sample.

    See Also
    --------
    regret_at_k_score : Accuracy lost by a search that relies on the predictions.

    Notes
    -----
    The page :doc:`/how_good` says which score answers which question, and how sure it is.

    Ties in `y_true`: every sample that is at least as good as the ``k``-th best belongs to the true top.
    A perfect prediction therefore scores 1, in whichever order it ranks tied samples.

    Ties in `y_pred`: the score is the expected value over all ways to break the ties, computed exactly.
    It depends neither on the order of the samples nor on chance. Constant predictions score as much as
    random predictions: ``k / n``, if the true values are not tied at the threshold.

    A single sample scores 1.

    Examples
    --------
    >>> from fgp_sklearn.metrics import precision_at_top_score
    >>> y_true = [90, 91, 92, 93, 94, 95]
    >>> precision_at_top_score(y_true, [0, 0, 0, 2, 1, 3], top=1 / 3)
    0.5
    >>> precision_at_top_score(y_true, [0, 0, 0, 1, 1, 1], top=1 / 3)  # two of three, any two
    0.666...
    """
    check_scalar(top, "top", Real, min_val=0, max_val=1, include_boundaries="right")
    if np.isnan(top):
        raise ValueError("top == nan, must be in (0, 1].")
    return _mean_over_targets(partial(_precision_at_top, top), y_true, y_pred, sample_weight)


def _precision_at_top(top: float, true: FloatArray, predicted: FloatArray, weight: FloatArray) -> float:
    k = max(1, round(top * _n_counted(weight)))
    in_top = true >= _largest(true, k, weight)
    sure, tied = _picks(predicted, k, weight)
    places = k - weight[sure].sum()
    hits = weight[sure & in_top].sum() + places * weight[tied & in_top].sum() / weight[tied].sum()
    return float(hits / k)


def regret_at_k_score(
    y_true: ArrayLike, y_pred: ArrayLike, *, k: int = 1, sample_weight: ArrayLike | None = None
) -> float:
    """Regret of evaluating only the `k` architectures with the highest predictions.

    The regret is the best true value of all samples minus the best true value among the `k` samples with
    the highest predictions. It is the simple regret of a search that trains the predicted top `k` and keeps
    the best.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,) or (n_samples, n_targets)
        True values; higher is better.
    y_pred : array-like of the same shape
        Predictions; only their order matters.
    k : int, default=1
        Number of samples to evaluate. If there are at most `k` samples, the regret is 0.
    sample_weight : array-like of shape (n_samples,), optional
        Non-negative sample weights. They are counts of samples; each copy uses up one of the `k` evaluations.

    Returns
    -------
    float
        Regret in the units of `y_true`, at least 0; lower is better.

    Raises
    ------
    ValueError
        If the shapes differ, an input is empty or holds NaN or infinity, `k` is less than 1, a weight is
        negative, or the weights sum to less than one sample.

    See Also
    --------
    precision_at_top_score : Fraction of the predicted top that belongs to the true top.

    Notes
    -----
    The page :doc:`/how_good` says which score answers which question, and how sure it is.

    If predictions are tied at the `k`-th place, the regret is the expected value over all ways to break
    the tie, computed exactly. Constant predictions therefore have the expected regret of `k` random samples.

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
    check_scalar(k, "k", Integral, min_val=1)
    return _mean_over_targets(partial(_regret_at_k, k), y_true, y_pred, sample_weight)


def _regret_at_k(k: int, true: FloatArray, predicted: FloatArray, weight: FloatArray) -> float:
    if k >= _n_counted(weight):
        return 0.0
    loss = true.max() - true
    sure, tied = _picks(predicted, k, weight)
    limit = loss[sure].min(initial=loss.max())
    return _expected_minimum(np.minimum(loss[tied], limit), weight[tied], k - weight[sure].sum(), limit)


def _mean_over_targets(
    score: Callable[[FloatArray, FloatArray, FloatArray], float],
    y_true: ArrayLike,
    y_pred: ArrayLike,
    sample_weight: ArrayLike | None,
) -> float:
    """Mean score of the columns, on the samples of positive weight."""
    check_consistent_length(y_true, y_pred, sample_weight)
    true, predicted = _as_columns(y_true, "y_true"), _as_columns(y_pred, "y_pred")
    if true.shape != predicted.shape:
        raise ValueError(
            f"y_true and y_pred have different number of output ({true.shape[1]} != {predicted.shape[1]})."
        )
    weight = np.ones(len(true)) if sample_weight is None else _as_weights(sample_weight)
    counts = weight > 0
    if not counts.any():
        raise ValueError("sample_weight is 0 for every sample; at least one weight must be positive.")
    columns = zip(true[counts].T, predicted[counts].T, strict=True)
    return float(np.mean([score(*column, weight[counts]) for column in columns]))


def _as_columns(y: ArrayLike, name: str) -> FloatArray:
    numbers = check_array(y, ensure_2d=False, dtype="numeric", ensure_all_finite=False, input_name=name)
    columns: FloatArray = numbers.astype(np.float64).reshape(len(numbers), -1)
    assert_all_finite(columns, input_name=name)  # after the conversion, which turns None into NaN
    return columns


def _as_weights(sample_weight: ArrayLike) -> FloatArray:
    weight: FloatArray = column_or_1d(_as_columns(sample_weight, "sample_weight"))
    if (weight < 0).any():
        index = int(np.argmax(weight < 0))
        raise ValueError(f"sample_weight[{index}] is {weight[index]:g}; weights must not be negative.")
    return weight


def _has_no_order(y: FloatArray) -> bool:
    if len(y) < 2:
        message = "Rank correlation is not defined for fewer than two samples; it is set to 0.0."
        warnings.warn(message, UndefinedMetricWarning, stacklevel=5)
    return bool((y == y[0]).all())


def _n_counted(weight: FloatArray) -> float:
    """Number of samples that the weights stand for."""
    n = float(weight.sum())
    if n < 1:
        raise ValueError(
            f"sample_weight sums to {n:g}, less than one sample. This metric uses weights as counts of "
            "samples; scale them to a mean of 1."
        )
    return n


def _centred_ranks(y: FloatArray, weight: FloatArray) -> FloatArray:
    """Mean rank of the copies of each sample minus the mean rank of all samples."""
    _, level = np.unique(y, return_inverse=True)
    mass = np.bincount(level, weights=weight)
    ranks: FloatArray = (np.cumsum(mass) - mass / 2 - mass.sum() / 2)[level]
    return ranks


def _largest(y: FloatArray, k: float, weight: FloatArray) -> float:
    """The `k`-th largest value, where each sample occurs as often as its weight says."""
    order = np.argsort(y)[::-1]
    place = int(np.searchsorted(np.cumsum(weight[order]), k))
    return float(y[order[min(place, len(y) - 1)]])


def _picks(
    predicted: FloatArray, k: float, weight: FloatArray
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Masks of the samples certainly among the `k` best predicted, and of those tied for the other places."""
    threshold = _largest(predicted, k, weight)
    return predicted > threshold, predicted == threshold


def _expected_minimum(values: FloatArray, weight: FloatArray, n_drawn: float, otherwise: float) -> float:
    """Expected minimum of `n_drawn` values, drawn at random without replacement.

    Each value occurs `weight` times. Counts that are not integers are allowed: binomial coefficients are
    computed with the gamma function. If `n_drawn` is less than 1, nothing may be drawn, which has the value
    `otherwise`.
    """
    order = np.argsort(values)
    n_left = np.cumsum(weight[order][::-1])[::-1]  # number of values at each place and after it
    # All draws are at place i or after it with probability C(n_left, n_drawn) / C(n, n_drawn).
    none_before = np.exp(_log_binomial(np.append(n_left, 0.0), n_drawn) - _log_binomial(n_left[0], n_drawn))
    expected = -np.diff(none_before) @ values[order] + none_before[-1] * otherwise
    return float(np.clip(expected, values.min(), max(values.max(), otherwise)))


def _log_binomial(n: Any, k: float) -> Any:
    """Logarithm of C(n, k) up to a constant that depends on k only; -inf where n is too small."""
    rest = n - k + 1
    enough = rest > 0
    rest = np.where(enough, rest, 1.0)
    return np.where(enough, scipy.special.gammaln(n + 1) - scipy.special.gammaln(rest), -np.inf)


kendall_tau_scorer: Any = make_scorer(kendall_tau_score)
spearman_scorer: Any = make_scorer(spearman_score)
precision_at_top_scorer: Any = make_scorer(precision_at_top_score)
regret_at_k_scorer: Any = make_scorer(regret_at_k_score, greater_is_better=False)
