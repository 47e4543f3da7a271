"""Weights of rows in the losses: integers count copies."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fgp_sklearn.nn import (
    LOSSES,
    ColumnwiseLoss,
    ListMLELoss,
    PairwiseHingeLoss,
    PairwiseLogisticLoss,
    SquaredErrorLoss,
)

PAIRWISE = [PairwiseHingeLoss(), PairwiseLogisticLoss()]
ALL = [loss() for loss in LOSSES.values()]
few_examples = settings(max_examples=20)
each_loss = pytest.mark.parametrize("loss", ALL, ids=lambda loss: type(loss).__name__)

rows = st.lists(
    st.tuples(st.floats(-3, 3), st.sampled_from([0.0, 1.0, 1.5, -2.0, float("nan"), 7.0]), st.integers(0, 3)),
    min_size=1,
    max_size=7,
)


def columns(rows):
    scores, targets, weights = map(np.array, zip(*rows, strict=True))
    return scores, targets, weights.astype(float)


def value_and_gradient(loss, scores, targets, weights=None):
    scores = torch.tensor(scores, requires_grad=True)
    value = loss(scores, torch.tensor(targets), None if weights is None else torch.tensor(weights))
    value.backward()
    return value.item(), scores.grad.numpy()


def assert_equal(first, second):
    for left, right in zip(first, second, strict=True):
        np.testing.assert_allclose(left, right, atol=1e-9)


@pytest.mark.parametrize("loss", [*PAIRWISE, SquaredErrorLoss()], ids=lambda loss: type(loss).__name__)
@few_examples
@given(rows=rows)
def test_integer_weights_are_copies(loss, rows):
    scores, targets, weights = columns(rows)
    copies = np.repeat(np.arange(len(rows)), weights.astype(int))
    value, gradient = value_and_gradient(loss, scores[copies], targets[copies])
    summed = np.bincount(copies, weights=gradient, minlength=len(rows))
    assert_equal(value_and_gradient(loss, scores, targets, weights), (value, summed))


@few_examples
@given(rows=rows)
def test_copies_in_the_list_are_tied(rows):
    """Twin: Cox's partial likelihood of all copies, those of one item at once."""
    scores, targets, weights = columns(rows)
    ranked = sorted(
        ((t, s, w) for s, t, w in zip(scores, targets, weights, strict=True) if w and not math.isnan(t)),
        key=lambda row: -row[0],
    )
    n = sum(w for _, _, w in ranked)
    terms = []
    for i, (_, score, weight) in enumerate(ranked):
        at_risk = sum(w * math.exp(s) for _, s, w in ranked[i:])
        terms += [math.log(at_risk) - score] * int(weight)
    expected = sum(terms) / n - math.log(n / len(ranked)) if terms else 0.0  # weights have mean 1
    value, _ = value_and_gradient(ListMLELoss(), scores, targets, weights)
    assert value == pytest.approx(expected, abs=1e-9)


@each_loss
@few_examples
@given(rows=rows, scale=st.floats(0.01, 100))
def test_proportions_alone_matter(loss, rows, scale):
    scores, targets, weights = columns(rows)
    expected = value_and_gradient(loss, scores, targets, weights)
    assert_equal(value_and_gradient(loss, scores, targets, scale * weights), expected)
    equal = value_and_gradient(loss, scores, targets, np.full(len(rows), scale))
    assert_equal(equal, value_and_gradient(loss, scores, targets))


@each_loss
@few_examples
@given(rows=rows)
def test_rows_without_weight_might_as_well_be_absent(loss, rows):
    scores, targets, weights = columns(rows)
    there = weights > 0
    value, gradient = value_and_gradient(loss, scores, targets, weights)
    assert (gradient[~there] == 0).all()
    if there.any():
        expected = value_and_gradient(loss, scores[there], targets[there], weights[there])
        assert_equal((value, gradient[there]), expected)
    else:
        assert value == 0


def test_weights_of_rows_hold_for_every_column():
    generator = torch.Generator().manual_seed(0)
    scores, targets = (torch.randn(6, 3, generator=generator) for _ in range(2))
    weights = torch.tensor([1.0, 0.0, 2.0, 3.0, 1.0, 0.5])
    hinge = PairwiseHingeLoss()
    expected = sum(hinge(scores[:, i], targets[:, i], weights) for i in range(3)) / 3
    torch.testing.assert_close(ColumnwiseLoss(hinge)(scores, targets, weights), expected)
    error = (weights[:, None] * (scores - targets).square()).sum() / (3 * weights.sum())
    torch.testing.assert_close(SquaredErrorLoss()(scores, targets, weights), error)
