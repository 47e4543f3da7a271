import tracemalloc

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern, WhiteKernel

from fgp_sklearn import (
    ArchitectureError,
    FGPEncoder,
    FGPRegressor,
    FlowGaussianProcessRegressor,
    PathStatistics,
    UnlabeledPool,
    load,
)
from fgp_sklearn.architectures import UnknownOperationError, as_batch
from fgp_sklearn.datasets import load_nasbench201, nasbench101_space, nasbench201_space
from fgp_sklearn.metrics import kendall_tau_score
from tests.sklearn_compatibility.spaces import cells as random_cells


@pytest.fixture(scope="module")
def cells():
    bunch = load_nasbench201()
    order = np.random.default_rng(5).permutation(len(bunch.target))[:1500]
    return bunch.data[order], bunch.target[order]


@pytest.fixture(scope="module")
def fitted(cells):
    X, y = cells
    return FlowGaussianProcessRegressor(random_state=0).fit(X[:78], y[:78])


def test_ranks_real_cells_better_than_path_statistics_alone(cells, fitted):
    X, y = cells
    tau = kendall_tau_score(y[78:], fitted.predict(X[78:]))
    alone = make_alone().fit(X[:78], y[:78])
    assert tau > 0.74
    assert tau > kendall_tau_score(y[78:], alone.predict(X[78:]))


def make_alone():
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import QuantileTransformer, StandardScaler

    process = GaussianProcessRegressor(Matern(nu=2.5) + WhiteKernel(0.1))
    ranked = TransformedTargetRegressor(process, transformer=QuantileTransformer(n_quantiles=78))
    return make_pipeline(PathStatistics(), StandardScaler(), ranked)


def test_intervals_cover(cells):
    X, y = cells
    everywhere, at_the_top = [], []
    for seed in range(6):
        order = np.random.default_rng(seed).permutation(1500)
        train, test = order[:78], order[78:]
        process = FlowGaussianProcessRegressor(random_state=seed).fit(X[train], y[train])
        predicted, std = process.predict(X[test], return_std=True)
        covered = np.abs(y[test] - predicted) < 1.645 * std
        everywhere.append(covered.mean())
        at_the_top.append(covered[np.argsort(-predicted)[:71]].mean())
    assert 0.85 < np.mean(everywhere) < 0.95
    assert np.mean(at_the_top) > 0.8  # where a search looks


def test_scores_rank_as_predictions(cells, fitted):
    X, _ = cells
    scores, predicted = fitted.decision_function(X), fitted.predict(X)
    assert (np.diff(predicted[np.argsort(scores)]) >= 0).all()


def test_samples_spread_about_the_prediction(cells, fitted):
    X, _ = cells
    few = X[100:130]
    drawn = fitted.sample_y(few, 2000, random_state=0)
    assert drawn.shape == (30, 2000)
    predicted, std = fitted.predict(few, return_std=True)
    assert (np.abs(np.median(drawn, axis=1) - predicted) < 0.2 * std).all()
    assert (drawn.std(axis=1) < 1.2 * std).all()  # without the noise of labels
    np.testing.assert_array_equal(drawn, fitted.sample_y(few, 2000, random_state=0))


def test_views():
    dead = ([[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]], ["in", "conv", "none", "out"])
    chain = ([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["in", "conv", "out"])
    deep = ([[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]], ["in", "conv", "conv", "out"])
    X, y = [dead, deep, chain], [1.0, 2.0, 1.5]
    by_accuracy = FlowGaussianProcessRegressor(random_state=0).fit(X, y).predict(X)
    assert by_accuracy[0] == pytest.approx(by_accuracy[2])
    by_cost = FlowGaussianProcessRegressor(view="cost", random_state=0).fit(X, y).predict(X)
    assert abs(by_cost[0] - by_cost[2]) > 0.01


def test_operations_without_a_label_are_known_from_the_pool(cells):
    X, y = cells
    few = np.array([i for i in range(len(X)) if "nor_conv_1x1" not in X[i].ops])[:60]
    with pytest.raises(UnknownOperationError, match="nor_conv_1x1"):
        FlowGaussianProcessRegressor(random_state=0).fit(X[few], y[few]).predict(X)
    process = FlowGaussianProcessRegressor(random_state=0).fit(X[few], y[few], X)
    assert kendall_tau_score(y, process.predict(X)) > 0.6


def test_costs_add_up():
    X = random_cells(400)  # of which dead operations cost as much as others
    worth = {"conv3": 3.0, "conv1": 2.0, "pool": 1.0}
    seconds = np.array([sum(worth.get(op, 0.0) for op in ops) for _, ops in X])
    tau = {}
    for view in ("accuracy", "cost"):
        process = FlowGaussianProcessRegressor(view=view, random_state=0).fit(X[:30], seconds[:30], X)
        tau[view] = kendall_tau_score(seconds[30:], process.predict(X[30:]))
    assert tau["cost"] > max(0.9, tau["accuracy"] + 0.05)


def chains(n, seed=0):
    """Networks of six stages, and what their stages add up to: the later, the more."""
    choice = np.random.default_rng(seed).integers(0, 3, size=(n, 6))
    ops = [["input", *(f"block{c}" if c else "identity" for c in row), "output"] for row in choice]
    return [(np.eye(8, k=1), row) for row in ops], choice @ np.arange(1.0, 7.0)


def test_stages_of_chains_add_up():
    X, y = chains(60)
    query, truth = chains(300, seed=1)
    process = FlowGaussianProcessRegressor(random_state=0).fit(X, y)
    assert kendall_tau_score(truth, process.predict(query)) > 0.93
    permuted = [
        (a[np.ix_(order, order)], [ops[i] for i in order])
        for (a, ops), order in zip(
            query, [np.random.default_rng(i).permutation(8) for i in range(300)], strict=True
        )
    ]
    np.testing.assert_array_equal(process.predict(permuted), process.predict(query))


def test_a_view_of_chains_is_another_or_a_warning():
    (X, y), (query, _) = chains(30), chains(100, seed=1)
    y = np.sin(y)  # effects that add up look the same to both
    accuracy, cost = (
        FlowGaussianProcessRegressor(view=view, random_state=0).fit(X, y).predict(query)
        for view in ("accuracy", "cost")
    )
    assert np.abs(accuracy - cost).max() > 1e-2 * np.ptp(accuracy)
    with pytest.warns(UserWarning, match="view='both' predicts what view='accuracy' predicts"):
        both = FlowGaussianProcessRegressor(view="both", random_state=0).fit(X, y)
    np.testing.assert_array_equal(both.predict(query), accuracy)


def test_costs_of_chains_add_up_over_operations():
    """What an operation costs, wherever it stands: a dozen labels tell it where operations are counted."""
    (X, _), (query, _) = chains(12), chains(300, seed=1)
    worth = {"block1": 1.0, "block2": 2.5}
    seconds, truth = (np.array([sum(worth.get(op, 0.0) for op in ops) for _, ops in x]) for x in (X, query))
    tau = {
        view: kendall_tau_score(
            truth,
            FlowGaussianProcessRegressor(view=view, random_state=0).fit(X, seconds, query).predict(query),
        )
        for view in ("accuracy", "cost")
    }
    assert min(tau.values()) > 0.9


def test_a_pretrained_regressor_on_chains(tmp_path):
    X, y = chains(60)
    query, truth = chains(300, seed=1)
    encoder = FGPEncoder(hidden_dim=16, max_epochs=10, random_state=0)
    regressor = FGPRegressor(encoder, random_state=0).fit_pretrain(X + query).fit(X, y)
    assert kendall_tau_score(truth, regressor.predict(query)) > 0.85
    regressor.save(tmp_path)
    np.testing.assert_array_equal(load(tmp_path).predict(query), regressor.predict(query))


def test_further_features_tell_what_flows_cannot(cells):
    X, _ = cells
    X = X[:200]
    target = np.random.default_rng(0).permutation(200)  # nothing in the graphs tells it

    class Oracle(PathStatistics):
        def _features(self, batch):
            return np.array([[answers[a]] for a in map(str, batch.to_pairs())], dtype=float)

    answers = dict(zip(map(str, X.to_pairs()), target, strict=True))
    plain = FlowGaussianProcessRegressor(random_state=0).fit(X[:100], target[:100])
    told = FlowGaussianProcessRegressor(features=[Oracle()], random_state=0).fit(X[:100], target[:100])
    assert abs(kendall_tau_score(target[100:], plain.predict(X[100:]))) < 0.3
    assert kendall_tau_score(target[100:], told.predict(X[100:])) > 0.7


def test_embeddings_of_an_encoder_are_a_feature(cells):
    X, y = cells
    encoder = FGPEncoder(hidden_dim=8, max_epochs=1, random_state=0).fit(X)
    process = FlowGaussianProcessRegressor(features=[FrozenEstimator(encoder)], random_state=0)
    assert len(process.fit(X[:60], y[:60]).processes_[0].weights_) == 6
    assert np.isfinite(process.predict(X)).all()


def test_equal_architectures_give_the_mean_of_their_labels():
    X = as_batch([([[0, 1], [0, 0]], ["in", "out"])] * 4)
    predicted = FlowGaussianProcessRegressor(random_state=0).fit(X, [1.0, 2.0, 3.0, 4.0]).predict(X)
    assert np.ptp(predicted) == 0
    assert predicted[0] == pytest.approx(2.5, abs=0.2)


def test_each_target_has_a_process_of_its_own(cells, fitted):
    X, y = cells
    both = FlowGaussianProcessRegressor(random_state=0).fit(X[:78], np.c_[y, -(y**2)][:78])
    predicted, std = both.predict(X, return_std=True)
    alone, alone_std = fitted.predict(X, return_std=True)
    np.testing.assert_array_equal(predicted[:, 0], alone)
    np.testing.assert_array_equal(std[:, 0], alone_std)
    assert kendall_tau_score(predicted[:, 0], predicted[:, 1]) < -0.9
    assert both.decision_function(X[:5]).shape == (5, 2)
    assert both.sample_y(X[:5], 7).shape == (5, 2, 7)
    np.testing.assert_array_equal(both.sample_y(X[:5], 7)[:, 0], fitted.sample_y(X[:5], 7))


def test_weights_tell_which_of_two_labels_to_trust(cells):
    X, y = cells
    X, y = X[np.r_[:50, :50]], np.r_[y[:50], -y[:50]]
    weights = np.repeat([9.0, 1.0], 50)
    process = FlowGaussianProcessRegressor(random_state=0)
    assert kendall_tau_score(y[:50], process.fit(X, y, sample_weight=weights).predict(X[:50])) > 0.5
    assert kendall_tau_score(y[:50], process.fit(X, y, sample_weight=weights[::-1]).predict(X[:50])) < -0.5


def test_the_memory_of_ranking_a_space_does_not_grow_with_it():
    space = nasbench101_space()
    labels = np.random.default_rng(0).normal(size=20)
    process = FlowGaussianProcessRegressor(random_state=0).fit(space[:20], labels)

    def peak(n):
        pool = space[::7].take(np.arange(n))
        tracemalloc.start()
        try:
            process.predict(pool, return_std=True)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    per_architecture = (peak(45_000) - peak(15_000)) / 30_000
    assert per_architecture < 2000  # bytes; all blocks at once take 14,000


def test_means_are_those_that_come_with_deviations():
    cells = nasbench201_space()[::150]
    process = FlowGaussianProcessRegressor(random_state=0).fit(cells[:20], np.arange(20.0))
    posterior = process.posterior(cells)
    np.testing.assert_array_equal(process.scores(cells), posterior.mean)
    np.testing.assert_array_equal(process.decision_function(cells), posterior.mean[:, 0])
    np.testing.assert_array_equal(process.predict(cells), process.predict(cells, return_std=True)[0])


def test_a_setting_of_numpy_changes_nothing(cells, fitted):
    X, y = cells
    with np.errstate(all="raise"):
        strict = FlowGaussianProcessRegressor(random_state=0).fit(X[:78], y[:78]).predict(X[:300])
    np.testing.assert_array_equal(strict, fitted.predict(X[:300]))


@pytest.mark.parametrize("wrap", [as_batch, UnlabeledPool])
def test_one_batch_is_no_stream(cells, fitted, wrap):
    with pytest.raises(ArchitectureError, match=r"wrap it: \[batch\]"):
        fitted.predict_stream(wrap(cells[0][:5]))


def test_labels_and_pool_have_the_same_attributes():
    plain = nasbench201_space()[:30]
    values = np.arange(len(plain.ops), dtype=float)[:, None]
    wide = plain.with_columns(attribute_names=("width",), attribute_values=values)
    for X, pool, message in (
        (plain, wide, r"attributes 'width', but those of X have none \(X_unlabeled differs\)"),
        (
            wide,
            plain,
            r"none, but those of X have 'width' .*as_batch\(X, attributes=\['width'\]\)",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            FlowGaussianProcessRegressor(random_state=0).fit(X, np.arange(30), X_unlabeled=pool)
