import numpy as np
import pytest
import torch
from scipy.stats import kendalltau, rankdata
from sklearn.base import clone

from fgp_sklearn import (
    ArchitectureSimplifier,
    FGPEncoder,
    FGPRegressor,
    FlowSurrogate,
    GraphTensorizer,
)
from fgp_sklearn.architectures import UnknownOperationError
from tests.sklearn_compatibility.spaces import cells, labels, tiny_encoder, tiny_regressor

TRAIN, TEST = cells(40), cells(60, seed=3)
Y, Y_TEST = labels(TRAIN), labels(TEST)


def trained(**params):
    return tiny_regressor(**{"max_epochs": 60, "lr": 0.03, **params}).fit(TRAIN, Y)


@pytest.fixture(scope="module")
def regressor():
    return trained()


@pytest.mark.parametrize("loss", ["hinge", "logistic", "listmle", "mse"])
def test_every_loss_learns_to_rank_in_the_units_of_the_labels(loss):
    regressor = trained(loss=loss)
    assert kendalltau(regressor.predict(TEST), Y_TEST).statistic > 0.5
    assert regressor.score(TRAIN, Y) > 0.7
    assert regressor.score(TEST, Y_TEST) > 0.3


def test_predictions_rank_as_raw_scores(regressor):
    predicted, scores = regressor.predict(TEST), regressor.decision_function(TEST)
    np.testing.assert_array_equal(rankdata(predicted), rankdata(scores))
    assert predicted.dtype == scores.dtype == np.float64
    assert predicted.shape == scores.shape == (60,)


def test_predictions_follow_the_units_of_the_labels(regressor):
    other = tiny_regressor(max_epochs=60, lr=0.03).fit(TRAIN, 100 * Y - 7)
    np.testing.assert_array_equal(other.decision_function(TEST), regressor.decision_function(TEST))
    np.testing.assert_allclose(other.predict(TEST), 100 * regressor.predict(TEST) - 7)


@pytest.mark.parametrize(
    ("X_val", "y_val", "message"),
    [
        (TEST, np.column_stack([Y_TEST, Y_TEST]), "y_val has 2 columns and y has 1"),
        (TEST, np.ones(60), "in X_val and y_val: y is constant"),
        (TEST, [np.nan, *Y_TEST[1:]], r"in X_val and y_val: y\[0\] is"),
        (
            [*TEST[:2], (np.zeros((1, 1)), ["attention"])],
            [1, 2, 3],
            "architecture 2: in X_val: unknown operation",
        ),
    ],
    ids=["columns", "constant", "NaN", "operation"],
)
def test_errors_about_validation_data_say_so(X_val, y_val, message):
    with pytest.raises(ValueError, match=message):
        tiny_regressor().fit_pretrain(TRAIN).fit(TRAIN, Y, X_val=X_val, y_val=y_val)


def test_progress_of_the_encoder_may_be_shown_after_pretraining():
    regressor = tiny_regressor().fit_pretrain(TRAIN).set_params(encoder__verbose=True)
    assert regressor.fit(TRAIN, Y).pretrained_encoder_ is not None


def test_what_a_tensorizer_does_not_know_must_be_in_the_pool_too():
    tensorizer = GraphTensorizer(unknown_op="unknown").fit(TRAIN)
    new = tensorizer.transform([(np.zeros((1, 1)), ["attention"])])
    regressor = tiny_regressor().fit_pretrain(TRAIN).fit(tensorizer.transform(TRAIN), Y)
    with pytest.raises(UnknownOperationError, match=r"too: fit_pretrain\(tensorizer.fit_transform\(pool\)\)"):
        regressor.predict(new)
    regressor = tiny_regressor().fit_pretrain(tensorizer.fit_transform(TRAIN))
    assert np.isfinite(regressor.fit(tensorizer.transform(TRAIN), Y).predict(new)).all()


def test_equal_architectures_get_equal_predictions(regressor):
    predicted = regressor.predict([*TEST, *TEST[::-1]])
    np.testing.assert_array_equal(predicted[:60], predicted[:59:-1])


def test_labels_of_one_architecture_that_disagree():
    regressor = tiny_regressor().fit(TRAIN[:1] * 4, [1.0, 2.0, 3.0, 6.0])
    predicted, deviation = regressor.predict(TRAIN[:1] * 2, return_std=True)
    np.testing.assert_allclose(predicted, 3.0)
    assert (deviation > 0).all()


def test_labelled_architectures_that_are_all_alike_give_predictions_near_the_labels():
    regressor = tiny_regressor(max_epochs=20).fit_pretrain(TRAIN)
    for n in (10, 12):
        predicted, deviation = regressor.fit(TRAIN[:1] * n, np.arange(n)).predict(TEST, return_std=True)
        assert np.isfinite(deviation).all()
        assert ((-n < predicted) & (predicted < 2 * n)).all()


def test_null_operations_are_simplified_away_by_default(regressor):
    simplified = ArchitectureSimplifier().fit_transform(TEST)
    assert any("none" in ops for _, ops in TEST)
    np.testing.assert_array_equal(regressor.predict(simplified), regressor.predict(TEST))


def test_random_state_decides_everything(regressor):
    np.testing.assert_array_equal(trained().predict(TEST), regressor.predict(TEST))
    other = trained(random_state=1)
    assert not np.array_equal(other.predict(TEST), regressor.predict(TEST))


def test_random_state_reaches_an_encoder_without_one():
    twins = [tiny_regressor(tiny_encoder(random_state=None), random_state=5) for _ in range(2)]
    first, second = (twin.fit_pretrain(TEST).fit(TRAIN, Y).predict(TEST) for twin in twins)
    np.testing.assert_array_equal(first, second)


def test_global_random_state_is_left_alone_and_does_not_matter(regressor):
    torch.manual_seed(7)
    before = torch.get_rng_state()
    np.testing.assert_array_equal(trained().predict(TEST), regressor.predict(TEST))
    assert torch.equal(torch.get_rng_state(), before)


def test_surrogate_of_the_user():
    encoder = tiny_encoder(surrogate=FlowSurrogate.from_paper("nasbench201"))
    regressor = tiny_regressor(encoder).fit_pretrain(TEST).fit(TRAIN, Y)
    assert regressor.pretrained_encoder_.surrogate_.activation == "relu"
    assert np.isfinite(regressor.predict(TEST)).all()


def test_proxies_help_to_rank():
    """With the truth as proxy, ten labels are enough."""
    encoder = tiny_encoder(max_epochs=100, lr=0.03, surrogate_weight=0, proxy_weight=1)
    informed = tiny_regressor(encoder, max_epochs=20, lr=0.01).fit_pretrain(TEST, proxies=Y_TEST)
    blind = tiny_regressor(max_epochs=20, lr=0.01)
    taus = [
        kendalltau(model.fit(TEST[:10], Y_TEST[:10]).predict(TEST), Y_TEST).statistic
        for model in (informed, blind)
    ]
    assert taus[0] > taus[1] + 0.1


def test_minibatches_and_progress(capsys):
    regressor = tiny_regressor(batch_size=16, verbose=True).fit(TRAIN, Y)
    assert len(regressor.history_) == 3
    assert "fine-tuning" in capsys.readouterr().err


def test_without_encoder_the_default_is_taken():
    regressor = FGPRegressor(max_epochs=1, random_state=0).fit(TRAIN, Y)
    assert regressor.encoder is None
    assert regressor.encoder_.transform(TEST).shape == (60, regressor.encoder_.hidden_dim)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"loss": "huber"}, "'loss' parameter of FGPRegressor"),
        ({"max_epochs": -1}, "'max_epochs' parameter of FGPRegressor"),
        ({"batch_size": 0}, "'batch_size' parameter of FGPRegressor"),
        ({"validation_fraction": 1.0}, "'validation_fraction' parameter of FGPRegressor"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_parameters_are_named(params, message):
    with pytest.raises(ValueError, match=message):
        FGPRegressor(**params).fit(TRAIN, Y)


def test_operations_of_the_pool_that_no_label_has_are_no_surprise():
    pretrained = tiny_regressor().fit_pretrain(TRAIN + TEST)
    plain = [pair for pair in TRAIN if "conv3" not in pair[1] and "none" not in pair[1]]
    assert len(plain) > 5
    predicted, std = pretrained.fit(plain, labels(plain)).predict(TEST, return_std=True)
    assert np.isfinite([predicted, std]).all()
    dead = ([[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]], ["input", "conv1", "none", "output"])
    alive = ([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "conv1", "output"])
    assert np.ptp(pretrained.predict([dead, alive])) < 1e-6


def test_answers_with_the_mean_of_network_and_process_once_pretrained():
    def answers(regressor):
        shares = (0.0, 1.0, 0.5)
        return [
            regressor.set_params(process_weight=share).fit(TRAIN, Y).decision_function(TEST)
            for share in shares
        ]

    pretrained = tiny_regressor().fit_pretrain(TRAIN)
    network, process, both = answers(pretrained)
    np.testing.assert_allclose(process, pretrained.process_.decision_function(TEST)[:, 0])
    np.testing.assert_allclose(both, (network + process) / 2)
    assert np.abs(network - process).max() > 0.1
    with pytest.warns(UserWarning, match="has no effect without pre-training"):
        network, *others = answers(tiny_regressor())
    np.testing.assert_array_equal(others, [network, network])


def test_pretraining_shows_its_progress_and_stays_the_same(capsys):
    pool = cells(30, seed=4)
    shown = FGPRegressor(FGPEncoder(hidden_dim=4, max_epochs=2), max_epochs=1, verbose=True, random_state=0)
    shown.fit_pretrain(pool)
    assert "pre-training: 100%" in capsys.readouterr().err
    assert not shown.encoder.verbose
    assert not shown.pretrained_encoder_.verbose
    shown.fit(pool[:20], range(20))  # parameters of pre-training are those of `encoder`
    assert "fine-tuning: 100%" in capsys.readouterr().err
    clone(shown).set_params(verbose=False).fit_pretrain(pool)
    assert capsys.readouterr().err == ""


def test_pretraining_lately_is_found_whatever_is_shown(capsys):
    pool = cells(30, seed=5)
    shown = FGPRegressor(FGPEncoder(hidden_dim=4, max_epochs=2), max_epochs=1, verbose=True, random_state=0)
    shown.fit(pool[:20], range(20), pool)
    assert "pre-training: 100%" in capsys.readouterr().err
    silent = clone(shown).set_params(verbose=False).fit(pool[:20], range(20), pool)
    assert silent.pretrained_encoder_ is shown.pretrained_encoder_
