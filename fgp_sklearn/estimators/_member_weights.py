"""Weights of the members of a blend, from their answers to held-out labels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import scipy.optimize
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Weights before any evidence.
PRIOR = {"network": 0.5, "process": 0.3, "trees": 0.2}
_PRIOR_LABELS = 50.0  # labels that count as much as the prior
_FEWEST = 8  # labels; with fewer, their evidence is worth nothing


def member_weights(
    held_out: Mapping[str, FloatArray], scores: FloatArray, label_weights: FloatArray | None
) -> dict[str, FloatArray]:
    """Weights with which the sum of the answers of all members is near the labels.

    They are a compromise: nonnegative least squares of the labels on the answers, and the weights in `PRIOR`.
    With few labels the prior decides, and with many labels the evidence.

    Parameters
    ----------
    held_out : dict of str to ndarray of float64 of shape (n_labels, n_targets)
        By the name of a member, its answer to each label that it did not learn from. NaN where it has none.
    scores : ndarray of float64 of shape (n_labels, n_targets)
        Normal scores of the labels.
    label_weights : ndarray of float64 of shape (n_labels,) or None
        Weights of the labels.

    Returns
    -------
    dict of str to ndarray of float64 of shape (n_targets,)
        Weights by name.

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn.estimators._member_weights import member_weights
    >>> labels = np.linspace(-1, 1, 1000)[:, None]
    >>> answers = {"network": labels, "process": -labels, "trees": 0 * labels}
    >>> {name: round(float(weight[0]), 1) for name, weight in member_weights(answers, labels, None).items()}
    {'network': 1.0, 'process': 0.0, 'trees': 0.2}
    """
    names = list(held_out)
    prior = np.array([PRIOR[name] for name in names])
    counts = np.ones(len(scores)) if label_weights is None else label_weights / label_weights.mean()
    answers = np.stack([held_out[name] for name in names], axis=2)
    chosen = [
        _of_target(answers[:, target], scores[:, target], counts, prior) for target in range(scores.shape[1])
    ]
    return {name: np.array([weights[i] for weights in chosen]) for i, name in enumerate(names)}


def _of_target(answers: FloatArray, scores: FloatArray, counts: FloatArray, prior: FloatArray) -> FloatArray:
    known = np.isfinite(answers).all(axis=1)
    if known.sum() < _FEWEST:
        return prior
    answers, scores, counts = answers[known], scores[known], np.sqrt(counts[known])
    away = counts * (scores - answers @ prior)
    noise = np.sqrt(np.average(away**2))
    evidence = counts[:, None] * answers / max(noise, 1e-3)
    strength = np.sqrt(_PRIOR_LABELS) * np.eye(len(prior))
    weights: FloatArray = scipy.optimize.nnls(
        np.vstack([evidence, strength]), np.r_[counts * scores / max(noise, 1e-3), strength @ prior]
    )[0]
    return weights
