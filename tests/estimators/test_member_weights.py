"""Weights of the members of a blend."""

import numpy as np
import pytest

from fgp_sklearn.estimators._member_weights import folds_of, member_weights, prior_weights

NAMES = ("network", "process", "trees")


def answers(n, noises, seed=0):
    """Labels, and members that know them up to noise."""
    draws = np.random.default_rng(seed)
    labels = draws.normal(size=(n, 1))
    return labels, {
        name: labels + noise * draws.normal(size=(n, 1)) for name, noise in zip(NAMES, noises, strict=True)
    }


def shares(n, noises, **changes):
    labels, held_out = answers(n, noises)
    found = member_weights(held_out | changes, labels, folds_of(n, 4, 0), None)
    assert sum(found.values()) == pytest.approx(1.0)
    return {name: float(weight[0]) for name, weight in found.items()}


def test_the_best_member_has_the_most_weight():
    assert shares(400, (0.1, 0.5, 0.5))["network"] > 0.9
    assert shares(400, (0.5, 0.1, 0.5))["process"] > 0.9
    assert shares(400, (0.5, 0.5, 0.1))["trees"] > 0.85


def test_with_few_labels_the_prior_rules():
    few = shares(12, (0.5, 0.5, 0.1))["trees"]
    many = shares(400, (0.5, 0.5, 0.1))["trees"]
    assert few < 0.5 * many


def test_without_evidence_weights_are_the_prior_on_equal_scales():
    labels, held_out = answers(7, (1.0, 1.0, 1.0))
    folds = folds_of(7, 4, 0)
    assert (folds == -1).all()
    found = member_weights(held_out, labels, folds, None)
    assert {name: float(weight[0]) for name, weight in found.items()} == pytest.approx(
        prior_weights(NAMES, 7)
    )


def test_scales_of_a_network_may_differ_between_folds():
    labels, held_out = answers(200, (0.1, 0.5, 0.5))
    folds = folds_of(200, 4, 0)
    shifted = held_out | {"network": held_out["network"] + 10.0 * folds[:, None]}
    first, second = (member_weights(some, labels, folds, None) for some in (held_out, shifted))
    spreads = [some["network"].std() for some in (held_out, shifted)]
    relative = [float(found["network"][0] / found["trees"][0]) for found in (first, second)]
    assert relative[0] * spreads[0] == pytest.approx(relative[1] * spreads[1])


def test_each_target_has_weights_of_its_own():
    labels, held_out = answers(400, (0.1, 0.5, 0.5))
    both = {
        name: np.hstack([some, held_out["trees"] if name == "network" else labels])
        for name, some in held_out.items()
    }
    found = member_weights(both, np.hstack([labels, labels]), folds_of(400, 4, 0), None)
    assert found["network"][0] > 0.9 > 0.2 > found["network"][1]


def test_labels_of_little_weight_give_little_evidence():
    labels, held_out = answers(400, (0.1, 0.1, 0.1))
    wrong = np.arange(400) % 2 == 0
    held_out["network"][wrong] *= -1
    folds = folds_of(400, 4, 0)
    counted = member_weights(held_out, labels, folds, np.where(wrong, 1e-3, 1.0))
    assert member_weights(held_out, labels, folds, None)["network"][0] < 0.05 < 0.15 < counted["network"][0]


def test_folds_are_of_equal_size():
    assert np.bincount(folds_of(42, 4, 0)).tolist() == [11, 11, 10, 10]


def test_shares_without_evidence_add_up_and_the_process_has_more_of_few_labels():
    for names in (NAMES, NAMES[:2], (*NAMES, "second_network"), (*NAMES[:2], "second_network")):
        for n in (3, 20, 80, 1000):
            prior = prior_weights(names, n)
            assert set(prior) == set(names)
            assert sum(prior.values()) == pytest.approx(1.0)
            assert min(prior.values()) > 0
    shares_of_process = [prior_weights(NAMES[:2], n)["process"] for n in (8, 20, 40, 59, 60, 1000)]
    assert shares_of_process == sorted(shares_of_process, reverse=True)
    assert shares_of_process[-2:] == [0.5, 0.5]
