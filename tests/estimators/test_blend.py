import numpy as np

from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.estimators._blend import Member, blended

POOL = nasbench201_space()[::100]
OPS = ["skip", "conv1", "conv3", "pool"]
LABELS = np.random.default_rng(0).normal(size=(30, 2))


def test_any_number_of_members():
    scores = np.random.default_rng(1).normal(size=(4, 7, 2))
    weights = np.array([0.4, 0.3, 0.2, 0.1])
    for n in range(1, 5):
        found = blended([Member(*pair) for pair in zip(weights[:n], scores[:n], strict=True)])
        np.testing.assert_allclose(found, np.einsum("m,mat->at", weights[:n], scores[:n]))


def test_a_lone_member_keeps_its_bits():
    scores = np.random.default_rng(1).normal(size=(7, 2))
    np.testing.assert_array_equal(blended([Member(1.0, scores)]), scores)


def fitted(pretrained, **params):
    regressor = FGPRegressor(FGPEncoder(hidden_dim=4, max_epochs=1), max_epochs=2, random_state=0, **params)
    if pretrained:
        regressor.fit_pretrain(POOL)
    return regressor.fit(POOL[:30], LABELS)


def test_scores_of_the_network_are_standardised_on_the_labels():
    scores = fitted(pretrained=True, process_weight=0.0).decision_function(POOL[:30])
    np.testing.assert_allclose(scores.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(scores.std(axis=0), 1.0, rtol=1e-6)


def test_the_process_is_fitted_where_it_has_a_share_and_on_demand_elsewhere():
    assert "_process" in vars(fitted(pretrained=True))
    for regressor in (fitted(pretrained=False), fitted(pretrained=True, process_weight=0.0)):
        assert "_process" not in vars(regressor)
        regressor.predict(POOL)
        assert "_process" not in vars(regressor)
        assert regressor.process_.predict(POOL).shape == (len(POOL), 2)
        assert regressor.process_ is vars(regressor)["_process"]


def test_a_process_may_simplify_otherwise_than_the_network():
    """The network was pre-trained on chains and keeps identities; the process of cells contracts them."""
    diamond = [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
    chain = np.eye(4, k=1, dtype=int)
    inner = [(first, second) for first in OPS for second in OPS]
    pool = [(chain, ["input", *pair, "output"]) for pair in inner]
    cells = [(diamond, ["input", *pair, "output"]) for pair in inner]
    encoder = FGPEncoder(hidden_dim=4, max_epochs=1)
    regressor = FGPRegressor(encoder, process_weight=1.0, max_epochs=1, random_state=0).fit_pretrain(pool)
    regressor.fit(cells[::2], LABELS[: len(cells[::2]), 0])
    assert not regressor.encoder_.input_.contracts_identities
    found = regressor.decision_function(cells)
    (alone,) = regressor.process_.decision_function(cells).T
    np.testing.assert_allclose(found, alone, rtol=1e-4, atol=1e-5)
