"""Estimators that are moved after they were fitted."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.datasets import nasbench201_space

POOL = nasbench201_space()[::300]
LABELS = np.random.default_rng(0).normal(size=20)


def tiny_encoder():
    return FGPEncoder(hidden_dim=4, max_epochs=1, random_state=0)


def fitted_regressor():
    regressor = FGPRegressor(tiny_encoder(), max_epochs=2, random_state=0)
    return regressor.fit_pretrain(POOL).fit(POOL[:20], LABELS)


def devices_of(module):
    return {weight.device.type for weight in module.parameters()}


def test_what_an_encoder_learnt_moves_along():
    encoder = tiny_encoder().fit(POOL)
    expected = encoder.transform(POOL)
    np.testing.assert_array_equal(encoder.to("cpu").transform(POOL), expected)
    assert encoder.to("meta") is encoder
    assert encoder.device == "meta"
    assert devices_of(encoder.backbone_) == {"meta"}


def test_an_encoder_that_is_not_fitted_learns_where_it_is_told():
    assert tiny_encoder().to("meta").device == "meta"
    assert tiny_encoder().to("cpu").fit(POOL).transform(POOL).shape == (len(POOL), 4)


def test_a_regressor_moves_whole_and_its_clone_stays():
    regressor = fitted_regressor()
    expected = regressor.predict(POOL)
    twin = clone(regressor)
    assert regressor.to("meta") is regressor
    assert regressor.encoder.device == "meta"
    for encoder in (regressor.pretrained_encoder_, regressor.encoder_):
        assert encoder.device == "meta"
        assert devices_of(encoder.backbone_) == {"meta"}
    assert devices_of(regressor.network_) == {"meta"}
    np.testing.assert_array_equal(twin.fit(POOL[:20], LABELS).predict(POOL), expected)


def test_predictions_and_pretraining_outlast_a_move():
    regressor = fitted_regressor()
    expected = regressor.predict(POOL)
    np.testing.assert_array_equal(regressor.to("cpu").predict(POOL), expected)
    # Nothing that pre-training depends on has changed.
    np.testing.assert_array_equal(regressor.fit(POOL[:20], LABELS).predict(POOL), expected)


@pytest.mark.parametrize("encoder", [None, FrozenEstimator(tiny_encoder().fit(POOL))])
def test_the_encoder_of_a_regressor_is_told(encoder):
    regressor = FGPRegressor(encoder).to("meta")
    assert getattr(regressor.encoder, "estimator", regressor.encoder).device == "meta"
