"""Estimators that are moved: what they learnt goes along, what the user gave stays."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from fgp_sklearn import FGPEncoder, FGPRegressor, load
from fgp_sklearn.datasets import nasbench201_space

POOL = nasbench201_space()[::300]
LABELS = np.random.default_rng(0).normal(size=20)


def tiny_encoder():
    return FGPEncoder(hidden_dim=4, max_epochs=1, random_state=0)


def fitted_regressor(**params):
    regressor = FGPRegressor(tiny_encoder(), max_epochs=2, random_state=0, **params)
    return regressor.fit_pretrain(POOL).fit(POOL[:20], LABELS)


def devices_of(module):
    return {weight.device.type for weight in module.parameters()}


def test_what_an_encoder_learnt_moves_along():
    encoder = tiny_encoder().fit(POOL)
    expected = encoder.transform(POOL)
    np.testing.assert_array_equal(encoder.to("cpu").transform(POOL), expected)
    assert encoder.to("meta") is encoder
    assert encoder.device_ == "meta"
    assert devices_of(encoder.backbone_) == {"meta"}


def test_an_encoder_that_is_not_fitted_learns_where_it_is_told():
    assert tiny_encoder().to("meta").device_ == "meta"
    assert tiny_encoder().device_ == "cpu"
    moved = FGPEncoder(hidden_dim=4, max_epochs=1, device="meta", random_state=0).to("cpu")
    assert moved.fit(POOL).transform(POOL).shape == (len(POOL), 4)


def test_a_regressor_moves_whole_and_its_clone_stays():
    regressor = fitted_regressor()
    expected = regressor.predict(POOL)
    twin = clone(regressor)
    assert regressor.to("meta") is regressor
    assert regressor.device_ == "meta"
    for encoder in (regressor.pretrained_encoder_, regressor.encoder_):
        assert encoder.device_ == "meta"
        assert devices_of(encoder.backbone_) == {"meta"}
    assert devices_of(regressor.network_) == {"meta"}
    assert regressor.network_.backbone is regressor.encoder_.backbone_
    np.testing.assert_array_equal(twin.fit(POOL[:20], LABELS).predict(POOL), expected)


def test_predictions_and_pretraining_outlast_a_move():
    regressor = fitted_regressor()
    expected = regressor.predict(POOL)
    np.testing.assert_array_equal(regressor.to("cpu").predict(POOL), expected)
    # Nothing that pre-training depends on has changed.
    regressor = fitted_regressor().to("cpu")
    np.testing.assert_array_equal(regressor.fit(POOL[:20], LABELS).predict(POOL), expected)


@pytest.mark.parametrize("encoder", [None, tiny_encoder(), FrozenEstimator(tiny_encoder().fit(POOL))])
def test_what_the_user_gave_stays(encoder):
    regressor = FGPRegressor(encoder, max_epochs=1, random_state=0)
    before = {name: id(value) for name, value in regressor.get_params(deep=True).items()}
    regressor.to("meta")
    assert regressor.device_ == "meta"
    assert {name: id(value) for name, value in regressor.get_params(deep=True).items()} == before
    if isinstance(encoder, FrozenEstimator):
        assert devices_of(encoder.estimator.backbone_) == {"cpu"}
    given = encoder.estimator if isinstance(encoder, FrozenEstimator) else encoder or FGPEncoder()
    assert given.device_ == "cpu"


def test_the_device_of_the_user_stays():
    encoder = FGPEncoder(device="auto").to("meta")
    assert (encoder.device, encoder.device_) == ("auto", "meta")


@pytest.mark.parametrize("frozen", [False, True])
def test_a_moved_regressor_learns_where_it_was_moved(frozen):
    encoder = FGPEncoder(hidden_dim=4, max_epochs=1, random_state=0)
    expected = fitted_regressor().predict(POOL)
    if frozen:
        encoder = FrozenEstimator(encoder.fit(POOL).to("meta"))  # no estimator computes there
        encoder.estimator.backbone_ = fitted_regressor().pretrained_encoder_.backbone_
    else:
        encoder.set_params(device="meta")
    regressor = FGPRegressor(encoder, max_epochs=2, random_state=0).to("cpu")
    regressor = clone(regressor)  # as every fold of cross-validation does
    if not frozen:
        regressor.fit_pretrain(POOL)
    np.testing.assert_array_equal(regressor.fit(POOL[:20], LABELS).predict(POOL), expected)
    assert regressor.encoder_.device_ == regressor.device_ == "cpu"


def test_recent_pretraining_elsewhere_is_another_one():
    elsewhere = FGPEncoder(hidden_dim=4, max_epochs=0, device="meta", random_state=0)
    moved = FGPRegressor(elsewhere, max_epochs=0, random_state=0).to("cpu").fit(POOL[:20], LABELS, POOL)
    assert moved.pretrained_encoder_.device_ == "cpu"


def test_a_file_does_not_know_where_an_estimator_was_moved(tmp_path):
    regressor = fitted_regressor()
    expected = regressor.predict(POOL)
    regressor.to("auto").save(tmp_path)
    loaded = load(tmp_path)
    assert loaded.device_ == "cpu"
    np.testing.assert_array_equal(loaded.predict(POOL), expected)


def test_a_move_that_fails_moves_nothing():
    regressor = fitted_regressor()
    expected = regressor.predict(POOL)
    for estimator in (regressor, regressor.encoder_):
        for device in ("no such device", "cuda:99"):
            with pytest.raises(ValueError, match="use 'cpu', or 'auto'"):
                estimator.to(device)
        assert estimator.device_ == "cpu"
    np.testing.assert_array_equal(regressor.predict(POOL), expected)
