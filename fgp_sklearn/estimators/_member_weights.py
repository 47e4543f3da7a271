"""Weights of the members of a blend, from their answers to held-out labels."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.metrics import kendall_tau_score

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Share of the process without evidence, from enough labels on.
SHARE = 0.5
#: The same with `n` labels is at least ``_SHARE_OF_FEW - n / _FADING``: a process learns from fewer labels.
_SHARE_OF_FEW, _FADING = 0.75, 240.0
#: Share of trees without evidence, where there are any.
_TREES = 0.3
#: What a second network leaves of the process's share, and its part of the share of both networks.
_BESIDE_SECOND, _SECOND_OF_NETWORKS = 0.8, 2 / 3
_PRIOR_LABELS = 100.0  # labels whose evidence counts as much as the prior
_SMALLEST_ERROR = 1e-3  # of a member that ranks all held-out labels as they are


def process_share(n_labels: int) -> float:
    """Share of the process in a blend with networks, without evidence.

    Examples
    --------
    >>> from fgp_sklearn.estimators._member_weights import process_share
    >>> [round(process_share(n), 3) for n in (8, 20, 40, 78)]
    [0.717, 0.667, 0.583, 0.5]
    """
    return max(SHARE, _SHARE_OF_FEW - n_labels / _FADING)


def prior_weights(names: Collection[str], n_labels: int) -> dict[str, float]:
    """Weights of members without evidence, by name. The network has what the others leave.

    Examples
    --------
    >>> from fgp_sklearn.estimators._member_weights import prior_weights
    >>> prior_weights(["network", "process", "trees"], 100)
    {'network': 0.2, 'process': 0.5, 'trees': 0.3}
    >>> prior_weights(["network", "process", "second_network"], 100)
    {'network': 0.2, 'process': 0.4, 'second_network': 0.4}
    """
    shares = {"process": SHARE, "trees": _TREES} if "trees" in names else {"process": process_share(n_labels)}
    if "second_network" in names:
        shares["process"] *= _BESIDE_SECOND
        shares["second_network"] = _SECOND_OF_NETWORKS * (1 - sum(shares.values()))
    shares = {name: round(shares[name], 12) for name in names if name in shares}
    return {"network": round(1 - sum(shares.values()), 12)} | shares


def member_weights(
    held_out: Mapping[str, FloatArray],
    scores: FloatArray,
    folds: IntArray,
    label_weights: FloatArray | None,
) -> dict[str, FloatArray]:
    """Weights of members in the sum of their scores.

    A member counts by its weight in `prior_weights`, and the more the better it ranks held-out labels within
    each fold: scores of a network are not comparable between folds. A tau of ``t`` is that of two normal
    variables with the correlation ``r = sin(pi t / 2)``, so one leaves the share ``1 - r^2`` of the other
    unexplained. With many labels, weights are proportional to the inverse square of that share; with few, the
    prior rules.

    Parameters
    ----------
    held_out : dict of str to ndarray of float64 of shape (n_labels, n_targets)
        By the name of a member, its answer to each label that it did not learn from.
    scores : ndarray of float64 of shape (n_labels, n_targets)
        Normal scores of the labels.
    folds : ndarray of int of shape (n_labels,)
        Fold of each label. Labels in fold -1 give no evidence.
    label_weights : ndarray of float64 of shape (n_labels,) or None
        Weights of the labels.

    Returns
    -------
    dict of str to ndarray of float64 of shape (n_targets,)
        Weights by name. Those of one target add up to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn.estimators._member_weights import member_weights
    >>> labels = np.linspace(-1, 1, 200)[:, None]
    >>> answers = {"network": labels, "process": np.cos(40 * labels), "trees": labels**2}
    >>> weights = member_weights(answers, labels, np.arange(200) % 4, None)
    >>> {name: round(float(weight[0]), 2) for name, weight in weights.items()}
    {'network': 1.0, 'process': 0.0, 'trees': 0.0}
    """
    used = folds >= 0
    strength = 2 * used.sum() / (used.sum() + _PRIOR_LABELS)
    counts = None if label_weights is None else label_weights[used]
    prior, found = prior_weights(held_out, len(scores)), {}
    for name, answers in held_out.items():
        error = _unexplained(answers[used], scores[used], folds[used], counts)
        spread = answers[used].std(axis=0) if used.any() else np.ones(scores.shape[1])
        found[name] = prior[name] * error**-strength / np.where(spread > 0, spread, 1.0)
    total = np.sum(list(found.values()), axis=0)
    return {name: weight / total for name, weight in found.items()}


def folds_of(n: int, n_folds: int, seed: int) -> IntArray:
    """A random fold for each of `n` labels; -1 for all if folds would have fewer than two labels."""
    if n < 2 * n_folds:
        return np.full(n, -1)
    return np.random.default_rng(seed).permutation(np.arange(n) % n_folds)


def _unexplained(
    answers: FloatArray, scores: FloatArray, folds: IntArray, weights: FloatArray | None
) -> FloatArray:
    """Share of the variance of each target that answers leave unexplained."""
    errors = np.ones(scores.shape[1])
    for target in range(scores.shape[1]):
        taus = []
        for fold in np.unique(folds):
            rows = folds == fold
            true, found = scores[rows, target], answers[rows, target]
            if np.ptp(true) > 0:
                counts = None if weights is None else weights[rows]
                taus.append(kendall_tau_score(true, found, sample_weight=counts))
        correlation = np.sin(np.pi / 2 * max(float(np.mean(taus)), 0.0)) if taus else 0.0
        errors[target] = max(1 - correlation**2, _SMALLEST_ERROR)
    return errors
