"""What `FGPRegressor` may spend on its blend."""

import itertools

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

from fgp_sklearn import FGPEncoder, FGPRegressor, as_batch
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.metrics import kendall_tau_score
from fgp_sklearn.nn import FlowerFormer
from fgp_sklearn.persistence import load
from tests.estimators.attribute_spaces import chains_with_widths, costs

POOL = nasbench201_space()[::60]
Y = np.array([sum("conv" in op for op in ops) for _, ops in POOL.to_pairs()], dtype=float)
Y += np.random.default_rng(0).normal(size=len(Y)) / 10
FEW, MANY = slice(20), slice(70)


def regressor(effort, **params):
    return FGPRegressor(
        FGPEncoder(hidden_dim=16, max_epochs=3), effort=effort, max_epochs=8, random_state=0, **params
    )


@pytest.fixture(scope="module")
def best():
    return regressor("best").fit_pretrain(POOL).fit(POOL[FEW], Y[FEW])


@pytest.fixture(scope="module")
def default():
    return regressor("default").fit_pretrain(POOL)


def shares(fitted):
    return {name: float(weight[0]) for name, weight in fitted.member_weights_.items()}


def test_with_few_labels_the_process_has_a_larger_share(default):
    fast = clone(default).set_params(effort="fast")
    assert shares(fast.fit(POOL[FEW], Y[FEW]))["process"] == pytest.approx(2 / 3)
    assert shares(fast.fit(POOL[MANY], Y[MANY]))["process"] == 0.5


def test_default_has_a_second_network_of_cells(default):
    few = shares(clone(default).fit(POOL[FEW], Y[FEW]))
    assert few == pytest.approx({"network": 7 / 45, "process": 8 / 15, "second_network": 14 / 45})
    many = shares(clone(default).fit(POOL[MANY], Y[MANY]))
    assert many == pytest.approx({"network": 0.2, "process": 0.4, "second_network": 0.4})


def test_default_has_one_network_where_a_second_gains_nothing_or_costs_too_much(default, monkeypatch):
    X = as_batch(
        [(np.eye(6, k=1, dtype=int), ["input", *row, "output"]) for row in itertools.product("abc", repeat=4)]
    )
    y = np.random.default_rng(0).normal(size=len(X))
    of_chains = regressor("default").fit_pretrain(X).fit(X[:20], y[:20])
    assert set(shares(of_chains)) == {"network", "process"}
    monkeypatch.setattr("fgp_sklearn.estimators._blends_network_and_process._LARGEST_CELL", 6)
    of_large_graphs = clone(default).fit(POOL[FEW], Y[FEW])
    assert set(shares(of_large_graphs)) == {"network", "process"}


def test_steps_of_the_second_network_do_not_grow_with_the_labels(default, monkeypatch):
    monkeypatch.setattr("fgp_sklearn.estimators._plans_fine_tuning._MOST_STEPS", 15)
    few, many = (clone(default).fit(POOL[rows], Y[rows]) for rows in (FEW, MANY))
    assert [len(one.history_) for one in (few, many)] == [8, 8]
    assert [len(one._second[0].history_) for one in (few, many)] == [7, 3]


@pytest.mark.parametrize("backbone", ["flowerformer", FlowerFormer])
def test_a_flowerformer_has_no_second_one(backbone):
    encoder = FGPEncoder(backbone, hidden_dim=16, max_epochs=1)
    one = FGPRegressor(encoder, max_epochs=1, random_state=0).fit_pretrain(POOL).fit(POOL[FEW], Y[FEW])
    assert set(shares(one)) == {"network", "process"}


def test_the_second_network_stops_early_too_and_resumes_from_checkpoints(default, tmp_path):
    patient = clone(default).set_params(max_epochs=40, early_stopping=True, n_iter_no_change=2)
    validation = {"X_val": POOL[100:140], "y_val": Y[100:140]}
    fitted = patient.fit(POOL[FEW], Y[FEW], checkpoint=tmp_path, **validation)
    (second,) = fitted._second
    assert len(second.history_) < 40
    assert "valid_score" in second.history_[0]
    assert list((tmp_path / "second").glob("fine-tuning*"))
    again = clone(patient).fit(POOL[FEW], Y[FEW], checkpoint=tmp_path, **validation)
    np.testing.assert_array_equal(again.predict(POOL), fitted.predict(POOL))


def test_members_are_unknown_before_fit(default):
    for unfitted in (regressor("default"), clone(default)):
        for name in ("member_weights_", "process_"):
            with pytest.raises(NotFittedError, match="not fitted yet"):
                getattr(unfitted, name)


def test_best_has_a_second_network_and_weights_by_evidence(best):
    weights = shares(best)
    assert set(weights) == {"network", "process", "second_network"}
    assert min(weights.values()) > 0
    assert sum(weights.values()) == pytest.approx(1.0)


def test_scores_of_best_are_the_weighted_sum_of_its_members(best):
    rest, weights = POOL[100:], shares(best)
    alone = {
        name: clone(best).set_params(effort="default", process_weight=weight).fit(POOL[FEW], Y[FEW])
        for name, weight in {"network": 0, "process": 1}.items()
    }
    known = sum(weights[name] * one.decision_function(rest) for name, one in alone.items())
    second = (best.decision_function(rest) - known) / weights["second_network"]
    # The second network is a predictor of its own: related to the labels, and no mix of the others.
    assert np.corrcoef(second, Y[100:])[0, 1] > 0.5
    for one in alone.values():
        assert abs(np.corrcoef(second, one.decision_function(rest))[0, 1]) < 0.999


def test_best_survives_saving_cloning_and_threads(best, tmp_path):
    best.save(tmp_path / "best")
    loaded = load(tmp_path / "best")
    np.testing.assert_array_equal(loaded.predict(POOL), best.predict(POOL))
    for twin in (clone(best), clone(loaded)):
        np.testing.assert_array_equal(twin.fit(POOL[FEW], Y[FEW]).predict(POOL), best.predict(POOL))


def test_pool_within_fit_gives_the_same(best):
    within = regressor("best").fit(POOL[FEW], Y[FEW], X_unlabeled=POOL)
    np.testing.assert_array_equal(within.predict(POOL), best.predict(POOL))


def test_best_resumes_from_checkpoints(best, tmp_path):
    first = regressor("best").fit_pretrain(POOL, checkpoint=tmp_path)
    again = regressor("best").fit_pretrain(POOL, checkpoint=tmp_path)
    for one in (first, again):
        np.testing.assert_array_equal(one.fit(POOL[FEW], Y[FEW]).predict(POOL), best.predict(POOL))


def test_effort_may_change_after_pretraining(default, best):
    for effort, members in (
        ("fast", {"network", "process"}),
        ("best", {"network", "process", "second_network"}),
    ):
        changed = clone(default).set_params(effort=effort).fit(POOL[FEW], Y[FEW])
        assert set(shares(changed)) == members
    np.testing.assert_array_equal(changed.predict(POOL), best.predict(POOL))


def test_the_second_network_is_what_labels_alone_teach(default):
    """It knows the operations of the pool, as the first network does, and nothing else of it."""
    (second,) = clone(default).fit(POOL[FEW], Y[FEW])._second
    encoder = FGPEncoder("flowerformer", hidden_dim=16)
    alone = FGPRegressor(encoder, max_epochs=8, random_state=0).fit(POOL[FEW], Y[FEW])
    taus = [kendall_tau_score(one.predict(POOL), Y) for one in (second, alone)]
    assert taus[0] == pytest.approx(taus[1], abs=0.1)
    assert not hasattr(second.pretrained_encoder_, "history_")


def test_reset_forgets_the_second_network(best):
    twin = clone(best).reset_pretrain()
    with pytest.warns(UserWarning, match="no effect without pre-training"):
        assert set(shares(twin.fit(POOL[FEW], Y[FEW]))) == {"network"}


def test_with_a_frozen_encoder_the_second_network_is_the_same(default, best):
    for pretrained, fitted in ((best, best), (default, clone(default).fit(POOL[FEW], Y[FEW]))):
        frozen = clone(pretrained).set_params(encoder=FrozenEstimator(pretrained.pretrained_encoder_))
        found = frozen.reset_pretrain().fit(POOL[FEW], Y[FEW]).decision_function(POOL)
        np.testing.assert_array_equal(found, fitted.decision_function(POOL))


def test_effort_without_effect_is_a_warning(default):
    with pytest.warns(UserWarning, match="effort='best' has no effect with process_weight=0.3"):
        clone(default).set_params(effort="best", process_weight=0.3).fit(POOL[FEW], Y[FEW])


def test_a_number_for_the_process_may_be_one_of_numpy(default):
    for weight in (0.5, np.float64(0.5), np.float32(0.5), np.int64(1)):
        fitted = clone(default).set_params(process_weight=weight).fit(POOL[FEW], Y[FEW])
        assert shares(fitted) == {"network": 1 - weight, "process": weight}


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"process_weight": 0.5}, "process_weight=0.5 has no effect without pre-training; call fit_pretrain"),
        ({"encoder": FGPEncoder(hidden_dim=16, max_epochs=0).fit(POOL)}, r"pass FrozenEstimator\(encoder\)"),
    ],
    ids=["process_weight", "fitted encoder"],
)
def test_what_has_no_effect_without_pretraining_is_a_warning(params, message):
    given = {"encoder": FGPEncoder(hidden_dim=16), "max_epochs": 1, "random_state": 0, **params}
    with pytest.warns(UserWarning, match=message):
        FGPRegressor(**given).fit(POOL[FEW], Y[FEW])


def test_every_effort_has_an_effect_where_nodes_have_attributes():
    chains = chains_with_widths(60)
    y = costs(chains)
    answers, members = {}, {}
    for effort in ("fast", "default", "best"):
        encoder = FGPEncoder(hidden_dim=16, max_epochs=2)
        one = FGPRegressor(encoder, effort=effort, max_epochs=2, random_state=0).fit_pretrain(chains)
        members[effort] = shares(one.fit(chains[:20], y[:20]))
        answers[effort] = one.decision_function(chains)
    assert members["fast"] == pytest.approx({"network": 1 / 3, "process": 2 / 3})
    assert set(members["default"]) == {"network", "process", "trees"}
    assert set(members["best"]) == {"network", "process", "trees", "second_network"}
    for first, second in itertools.combinations(answers.values(), 2):
        assert not np.array_equal(first, second)
