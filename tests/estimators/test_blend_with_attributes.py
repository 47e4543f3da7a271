"""The blend of `FGPRegressor` where nodes have attributes."""

import numpy as np
import pytest
from sklearn.base import clone

from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.metrics import kendall_tau_score
from fgp_sklearn.persistence import load
from tests.estimators.attribute_spaces import chains_with_widths, costs

POOL = chains_with_widths(300)
Y = costs(POOL)
BOTH = np.stack([Y, -np.sqrt(Y)], axis=1)


@pytest.fixture(scope="module")
def pretrained():
    encoder = FGPEncoder(hidden_dim=16, max_epochs=3)
    return FGPRegressor(encoder, max_epochs=20, random_state=0).fit_pretrain(POOL)


@pytest.fixture(scope="module")
def fitted(pretrained):
    return clone(pretrained).fit(POOL[:60], Y[:60])


def test_three_members_share_the_scores(fitted):
    weights = fitted.member_weights_
    assert set(weights) == {"network", "process", "trees"}
    assert all(weight.shape == (1,) and weight[0] > 0 for weight in weights.values())
    assert sum(weights.values()) == pytest.approx(1.0)


def test_products_of_attributes_are_ranked(fitted):
    assert kendall_tau_score(Y[60:], fitted.predict(POOL[60:])) > 0.8


def test_scores_are_the_weighted_sum_of_members(pretrained, fitted):
    network = clone(pretrained).set_params(process_weight=0.0).fit(POOL[:60], Y[:60])
    process = clone(pretrained).set_params(process_weight=1.0).fit(POOL[:60], Y[:60])
    rest = POOL[60:]
    weights = {name: weight[0] for name, weight in fitted.member_weights_.items()}
    known = weights["network"] * network.decision_function(rest)
    known = known + weights["process"] * process.decision_function(rest)
    trees = (fitted.decision_function(rest) - known) / weights["trees"]
    assert kendall_tau_score(Y[60:], trees) > 0.6


def test_a_number_for_the_weight_is_a_blend_of_two(pretrained, fitted):
    two = clone(pretrained).set_params(process_weight=0.5).fit(POOL[:60], Y[:60])
    assert {name: weight.tolist() for name, weight in two.member_weights_.items()} == {
        "network": [0.5],
        "process": [0.5],
    }
    alone = clone(fitted).set_params(process_weight=1).fit(POOL[:9], Y[:9])
    assert [weight.dtype for weight in alone.member_weights_.values()] == [np.float64, np.float64]


@pytest.mark.parametrize(("before", "after"), [("auto", 1.0), (1.0, "auto"), (0.0, 0.5)])
def test_a_weight_that_changes_after_fit_counts_in_the_next_one(fitted, before, after):
    regressor = clone(fitted).set_params(process_weight=before).fit(POOL[:20], Y[:20])
    expected, weights = regressor.predict(POOL), regressor.member_weights_
    regressor.set_params(process_weight=after)
    np.testing.assert_array_equal(regressor.predict(POOL), expected)
    assert regressor.member_weights_ == weights
    changed = clone(fitted).set_params(process_weight=after).fit(POOL[:20], Y[:20])
    np.testing.assert_array_equal(regressor.fit(POOL[:20], Y[:20]).predict(POOL), changed.predict(POOL))


@pytest.mark.parametrize("width", [1e30, -1e30, 1e12])
def test_attributes_far_from_the_pool_give_finite_predictions(fitted, width):
    far = POOL[60:70]
    far = far.with_columns(attribute_values=np.where(np.isnan(far.attribute_values), np.nan, width))
    network = clone(fitted).set_params(process_weight=0.0).fit(POOL[:9], Y[:9])
    for regressor in (fitted, network):
        predicted, deviation = regressor.predict(far, return_std=True)
        assert np.isfinite([predicted, deviation]).all()


def test_without_pretraining_the_network_is_alone():
    supervised = FGPRegressor(FGPEncoder(hidden_dim=8), max_epochs=2, random_state=0).fit(POOL[:30], Y[:30])
    assert {name: weight.tolist() for name, weight in supervised.member_weights_.items()} == {
        "network": [1.0]
    }


def test_loaded_regressors_predict_the_same(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    for found, expected in zip(
        loaded.predict(POOL, return_std=True), fitted.predict(POOL, return_std=True), strict=True
    ):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_equal(loaded.member_weights_, fitted.member_weights_)


def test_the_same_seed_gives_the_same_bits(pretrained, fitted):
    again = clone(pretrained).fit(POOL[:60], Y[:60])
    np.testing.assert_array_equal(again.predict(POOL), fitted.predict(POOL))


def test_several_targets_have_weights_of_their_own(pretrained):
    regressor = clone(pretrained).fit(POOL[:60], BOTH[:60])
    assert all(weight.shape == (2,) for weight in regressor.member_weights_.values())
    predicted, deviation = regressor.predict(POOL[60:], return_std=True)
    assert predicted.shape == deviation.shape == (240, 2)
    assert kendall_tau_score(BOTH[60:], predicted) > 0.7


def test_labels_of_weight_zero_do_not_count(pretrained):
    ends = clone(pretrained).fit(POOL[:60], Y[:60], sample_weight=np.r_[np.ones(40), np.zeros(20)])
    alone = clone(pretrained).fit(POOL[:40], Y[:40], sample_weight=np.ones(40))
    np.testing.assert_array_equal(ends.predict(POOL), alone.predict(POOL))


@pytest.mark.parametrize("n_labels", [2, 5, 9])
def test_few_labels_are_enough(pretrained, n_labels):
    regressor = clone(pretrained).fit(POOL[:n_labels], Y[:n_labels])
    assert np.isfinite(regressor.predict(POOL)).all()
    assert sum(regressor.member_weights_.values()) == pytest.approx(1.0)


def test_early_stopping_changes_no_weights(pretrained, fitted):
    early = clone(pretrained).set_params(early_stopping=True, validation_fraction=0.25)
    np.testing.assert_equal(early.fit(POOL[:60], Y[:60]).member_weights_, fitted.member_weights_)


def test_clones_fit_as_the_original(pretrained, fitted):
    np.testing.assert_array_equal(clone(fitted).fit(POOL[:60], Y[:60]).predict(POOL), fitted.predict(POOL))
