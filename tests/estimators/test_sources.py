import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import VotingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from fgp_sklearn import (
    FGPEncoder,
    FGPRegressor,
    FlowGaussianProcessRegressor,
    PathStatistics,
    load,
    load_prior,
)
from fgp_sklearn.architectures import UnknownOperationError
from fgp_sklearn.datasets import load_nasbench201, load_nasbench_graph, nasbench101_space
from fgp_sklearn.estimators import TransferredPredictor, sources_from_curves
from fgp_sklearn.metrics import kendall_tau_score


class Sums:
    """A source of a user: it knows nothing of this library."""

    def __init__(self, sign=1.0):
        self.sign = sign

    def predict(self, X):
        return self.sign * np.array([sum("3x3" in op for op in ops) for _, ops in X.to_pairs()], dtype=float)


@pytest.fixture(scope="module")
def cells():
    bunch = load_nasbench201()
    order = np.random.default_rng(5).permutation(len(bunch.target))[:900]
    return bunch.data[order], bunch.target[order]


@pytest.fixture(scope="module")
def elsewhere(cells):
    X, y = cells
    noisy = y + np.random.default_rng(0).normal(size=len(y))
    return FlowGaussianProcessRegressor(random_state=0).fit(X[600:], noisy[600:])


def process(**params):
    return FlowGaussianProcessRegressor(random_state=0, **params)


def test_eight_labels_and_a_source_rank_better_than_eight_labels(cells, elsewhere):
    X, y = cells
    alone, together = [], []
    for start in (0, 8, 16):
        train = slice(start, start + 8)
        for taus, sources in ((alone, None), (together, [elsewhere])):
            fitted = process(sources=sources).fit(X[train], y[train], X_unlabeled=X)
            taus.append(kendall_tau_score(y[100:600], fitted.decision_function(X[100:600])))
    assert np.mean(together) > np.mean(alone) + 0.1


def test_a_source_that_is_wrong_does_little_harm_with_labels(cells):
    X, y = cells
    taus = [
        kendall_tau_score(y[300:], process(sources=some).fit(X[:200], y[:200]).decision_function(X[300:]))
        for some in (None, [Sums(-1.0)])
    ]
    assert taus[1] > taus[0] - 0.02


def test_clones_files_and_folds_keep_the_fitted_sources(cells, elsewhere, tmp_path):
    X, y = cells
    fitted = process(sources=[elsewhere, elsewhere]).fit(X[:30], y[:30])
    expected = fitted.predict(X[100:200])
    np.testing.assert_array_equal(clone(fitted).fit(X[:30], y[:30]).predict(X[100:200]), expected)
    fitted.save(tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").predict(X[100:200]), expected)
    assert np.isfinite(cross_val_score(process(sources=[elsewhere]), X[:30], y[:30], cv=3)).all()


def test_searches_over_parameters_need_frozen_sources(cells, elsewhere):
    X, y = cells
    grid = {"sources": [None, [FrozenEstimator(elsewhere)]]}
    assert GridSearchCV(process(), grid, cv=2).fit(X[:24], y[:24]).best_score_ > -np.inf
    unfitted = process(sources=[clone(elsewhere)])
    with pytest.raises(NotFittedError, match="FrozenEstimator"):
        unfitted.fit(X[:20], y[:20])


def test_sources_of_other_libraries_and_of_several_targets(cells, elsewhere):
    X, y = cells
    two = process().fit(X[600:700], np.column_stack([y[600:700], -y[600:700]]))
    pipeline = make_pipeline(PathStatistics(), Ridge()).fit(X[600:700], y[600:700])
    fitted = process(sources=[Sums(), two, pipeline, elsewhere]).fit(X[:20], y[:20])
    assert fitted.processes_[0].n_sources == 2  # the mean of five scores, and the five
    assert fitted.processes_[0].widths[-2:] == [1, 5]


def test_operations_of_another_space_are_read_by_kind(cells):
    X, y = cells
    others = nasbench101_space()[::4000]
    other = process().fit(others, np.array([sum("3x3" in op for op in ops) for _, ops in others.to_pairs()]))
    fitted = process(sources=[other]).fit(X[:20], y[:20])
    assert fitted.processes_[0].n_sources == 1


def test_a_source_that_cannot_rank_is_left_out_with_a_warning(cells):
    X, y = cells
    graphs = load_nasbench_graph("cora")
    stranger = process().fit(graphs.data[:40], graphs.target[:40])
    with pytest.warns(UserWarning, match="source 1 cannot rank these architectures and is left out"):
        fitted = process(sources=[Sums(), stranger]).fit(X[:20], y[:20])
    with_one = process(sources=[Sums()]).fit(X[:20], y[:20])
    np.testing.assert_array_equal(fitted.predict(X[:50]), with_one.predict(X[:50]))


@pytest.mark.parametrize(
    ("source", "error", "words"),
    [
        (Sums, TypeError, "fitted predictor"),
        (3, TypeError, "fitted predictor"),
        (type("One", (), {"predict": lambda self, X: np.ones(1)})(), ValueError, "one number per"),
        (type("Lost", (), {"predict": lambda self, X: np.full(len(X), np.nan)})(), ValueError, "NaN"),
    ],
)
def test_what_cannot_be_a_source_is_refused(cells, source, error, words):
    X, y = cells
    with pytest.raises(error, match=words):
        process(sources=[source]).fit(X[:20], y[:20])


def test_network_and_process_share_the_scores(cells, elsewhere):
    X, y = cells
    encoder = FGPEncoder(hidden_dim=16, max_epochs=2, random_state=0).fit(X[:200])
    regressor = FGPRegressor(FrozenEstimator(encoder), sources=[elsewhere], max_epochs=5, random_state=0)
    few, many = (clone(regressor).fit(X[:n], y[:n]).member_weights_["process"][0] for n in (10, 200))
    assert 0.5 < many < few < 1.0
    without = FGPRegressor(max_epochs=2, sources=[elsewhere], random_state=0).fit(X[:10], y[:10])
    assert without.member_weights_["process"][0] > 0.5  # no pre-training, but the sources count


def test_costs_that_add_up_are_learnt_from_few_labels(cells):
    X, _ = cells
    cost = np.array(
        [10.0 * sum("3x3" in op for op in ops) + sum("1x1" in op for op in ops) for _, ops in X.to_pairs()]
    )
    fitted = process(view="cost").fit(X[:12], cost[:12])
    assert kendall_tau_score(cost[100:], fitted.decision_function(X[100:])) > 0.9


def test_the_shipped_prior_ranks_cells_and_is_a_source(cells, tmp_path):
    X, y = cells
    prior = load_prior("image-cells")
    scores = prior.decision_function(X)
    assert kendall_tau_score(y, scores) > 0.5
    np.testing.assert_array_equal(prior.predict(X), scores)
    fitted = process(sources=[prior]).fit(X[:8], y[:8])
    assert fitted.processes_[0].n_sources == 1
    fitted.save(tmp_path / "model")
    np.testing.assert_array_equal(load(tmp_path / "model").predict(X[:50]), fitted.predict(X[:50]))


def test_a_prior_says_what_it_does_not_know():
    with pytest.raises(ValueError, match="image-cells"):
        load_prior("text")
    graphs = load_nasbench_graph("cora").data[:5]
    prior = load_prior()
    with pytest.raises(UnknownOperationError, match="operations="):
        prior.decision_function(graphs)
    described = {
        op: {"kind": "conv", "attributes": {"kernel": 3}}
        for op in graphs.used_ops()
        if op not in ("input", "output", "skip")
    }
    assert load_prior(operations=described).decision_function(graphs).shape == (5,)


def test_transferred_scores_are_those_of_the_renamed_cells(cells):
    X, y = cells
    fitted = process().fit(X[:50], y[:50])
    spelt = X.renamed([name.replace("nor_conv_3x3", "sep_conv_3x3") for name in X.vocabulary])
    np.testing.assert_array_equal(
        TransferredPredictor(fitted).decision_function(spelt), fitted.decision_function(X)
    )


def test_cheap_trainings_of_many_cells_improve_the_ranking(cells):
    X, y = cells
    generator = np.random.default_rng(1)
    curves = np.full((300, 2), np.nan)
    curves[:, 0] = y[:300] + 3 * generator.normal(size=300)
    curves[:100, 1] = y[:100] + generator.normal(size=100)
    (source,) = sources_from_curves(X[:300], curves)
    assert len(source.sources) == 1  # the regressor of the column before
    taus = [
        kendall_tau_score(y[300:], process(sources=some).fit(X[:10], y[:10]).decision_function(X[300:]))
        for some in (None, [source])
    ]
    assert taus[1] > taus[0] + 0.05


@pytest.mark.parametrize(
    ("curves", "words"),
    [
        (np.ones(20), "shape"),
        (np.ones((19, 2)), "one row per architecture"),
        (np.full((20, 1), np.inf), "infinity"),
        (np.full((20, 1), np.nan), "column 0 of curves has 0 values"),
    ],
)
def test_malformed_curves_are_refused(cells, curves, words):
    with pytest.raises(ValueError, match=words):
        sources_from_curves(cells[0][:20], curves)


def test_a_fitted_regressor_keeps_the_sources_of_its_fit(cells, elsewhere):
    X, y = cells
    regressor = FGPRegressor(max_epochs=2, random_state=0).fit(X[:10], y[:10])
    expected = regressor.predict(X[:30])
    regressor.set_params(sources=[elsewhere])
    np.testing.assert_array_equal(regressor.predict(X[:30]), expected)


def test_no_regressor_is_its_own_source(cells):
    X, y = cells
    one, other = process().fit(X[:20], y[:20]), process().fit(X[:20], y[:20])
    one.sources, other.sources = [other], [FrozenEstimator(one)]
    expected = one.predict(X[:20])
    with pytest.raises(ValueError, match="its own sources"):
        one.fit(X[:20], y[:20])
    np.testing.assert_array_equal(one.predict(X[:20]), expected)


def test_sources_are_asked_about_operations_of_the_pool(cells):
    X, y = cells
    simple = np.array(["avg_pool_3x3" not in ops for _, ops in X.to_pairs()])
    source = process().fit(X[simple][:60], y[simple][:60])
    other = X.renamed([name.replace("avg_pool_3x3", "gat") for name in X.vocabulary])
    with pytest.warns(UserWarning, match=r"left out.*'gat'"):
        fitted = process(sources=[source]).fit(other[simple][:20], y[simple][:20], X_unlabeled=other)
    assert np.isfinite(fitted.predict(other)).all()


def test_what_scikit_learn_wraps_is_asked_with_similar_operations(cells):
    X, y = cells
    others = nasbench101_space()[::4001]
    worth = np.array([sum("3x3" in op for op in ops) for _, ops in others.to_pairs()])
    voting = VotingRegressor([("one", process()), ("other", process(max_search=50))]).fit(others, worth)
    assert process(sources=[voting]).fit(X[:20], y[:20]).processes_[0].n_sources == 1


def test_a_source_that_was_fitted_again_to_more_targets_is_noticed(cells):
    X, y = cells
    source = process().fit(X[600:640], y[600:640])
    fitted = process(sources=[source]).fit(X[:20], y[:20])
    source.fit(X[600:640], np.column_stack([y[600:640], -y[600:640]]))
    with pytest.raises(ValueError, match="return 2 scores per architecture, and returned 1"):
        fitted.predict(X[:5])


def test_errors_of_a_source_name_it(cells):
    X, y = cells
    with pytest.raises(ValueError, match="NaN") as raised:
        process(sources=[Sums(), Sums(np.nan)]).fit(X[:20], y[:20])
    assert "source 1" in raised.value.__notes__[0]


def test_sources_that_cannot_count_are_a_warning(cells, elsewhere):
    X, y = cells
    with pytest.warns(UserWarning, match="process_weight=0"):
        FGPRegressor(max_epochs=1, process_weight=0, sources=[elsewhere]).fit(X[:10], y[:10])


def test_sources_of_each_other_do_not_stop_a_regressor_that_is_neither(cells):
    X, y = cells
    one, other = process().fit(X[:20], y[:20]), process().fit(X[:20], y[:20])
    one.sources, other.sources = [other], [one]
    assert process(sources=[one]).fit(X[:10], y[:10]).processes_[0].n_sources == 1
