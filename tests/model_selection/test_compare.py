import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau, spearmanr
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import KFold, LeaveOneOut, ShuffleSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fgp_sklearn import AttributeStatistics, FGPEncoder, FGPRegressor, PathStatistics
from fgp_sklearn.architectures import ArchitectureError, from_frame
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.metrics import kendall_tau_scorer
from fgp_sklearn.model_selection import Comparison, IsomorphismGroupKFold, _compared, compare
from fgp_sklearn.model_selection._normal_score_regressor import NormalScoreRegressor
from fgp_sklearn.model_selection._plain_rivals import plain_rivals
from fgp_sklearn.preprocessing import ArchitectureSimplifier

SPACE = nasbench201_space()
X = SPACE[::520]
PATHS = PathStatistics().fit_transform(SPACE)
Y = (PATHS - PATHS.mean(axis=0))[::520] @ np.linspace(-1, 1, PATHS.shape[1])
PIPELINE = make_pipeline(PathStatistics(), Ridge())
KINDS = ("ridge", "forest", "boosting", "GP")


def test_scores_are_those_of_cross_validation():
    folds = KFold(4, shuffle=True, random_state=0)
    comparison = compare(X, Y, cv=folds, estimators={"paths": PIPELINE}, random_state=0)
    expected = cross_val_score(PIPELINE, X, Y, cv=folds, scoring=kendall_tau_scorer)
    np.testing.assert_array_equal(comparison.scores["paths"], expected)
    assert comparison.score_name == "Kendall tau"
    assert (comparison.n_train, comparison.n_test) == (len(X) * 3 / 4, len(X) / 4)


def test_folds_keep_equal_architectures_together(one_rival):
    class Watching(DummyRegressor):
        folds = []  # noqa: RUF012 - clones share it

        def fit(self, X, y):
            self.folds.append([str(pair) for pair in X.to_pairs()])
            return super().fit(X, y)

        def predict(self, X):
            return np.arange(len(X), dtype=float)

    compare(X, Y, cv=3, n_repeats=2, estimators={"watching": Watching()}, random_state=0)
    group = dict(
        zip(map(str, X.to_pairs()), ArchitectureSimplifier(identity_ops="auto").duplicates(X), strict=True)
    )
    assert len(Watching.folds) == 6
    assert {frozenset(fold) for fold in Watching.folds[:3]}.isdisjoint(map(frozenset, Watching.folds[3:]))
    for fold in Watching.folds:
        outside = set(group) - set(fold)
        assert {group[one] for one in fold}.isdisjoint(group[one] for one in outside)


def test_default_estimators_and_rivals():
    labels = np.arange(len(X), dtype=float) % 17
    comparison = compare(X, labels, cv=ShuffleSplit(1, random_state=0), random_state=0)
    rivals = {f"{kind} on {encoding}" for kind in KINDS for encoding in ("one-hot", "counts and sums")}
    assert set(comparison.rivals) == rivals
    assert set(comparison.scores) - rivals == {"FGPRegressor, pre-trained", "FlowGaussianProcessRegressor"}
    assert comparison.best_ in comparison.verdict


def test_a_plain_rival_that_wins_is_named():
    counts = np.array([sum("conv" in op for op in one.ops) for one in X], dtype=float)
    comparison = compare(
        X, counts, cv=3, n_repeats=1, estimators={"nothing": DummyRegressor()}, random_state=0
    )
    assert comparison.best_ == comparison.best_rival_
    assert comparison.verdict.startswith(
        f"A plain rival ranks best: {comparison.best_} is ahead of nothing by "
    )
    assert f"\n\n{comparison.verdict}" in str(comparison)


def test_a_rival_reads_the_columns_of_a_frame():
    rng = np.random.default_rng(0)
    columns = {f"stage{i}_{name}": rng.integers(1, 5, 60) for i in (1, 2, 3) for name in ("kernel", "width")}
    columns |= {f"stage{i}_depth": rng.integers(1, 4, 60) for i in (1, 2, 3)}
    frame = pd.DataFrame({**columns, "resolution": rng.integers(5, 8, 60)})
    y = frame.to_numpy() @ np.arange(1.0, 11.0) + rng.normal(size=60)
    X = from_frame(frame, shared=["resolution"])
    folds = KFold(3, shuffle=True, random_state=0)
    comparison = compare(X, y, cv=folds, estimators={"nothing": DummyRegressor()}, random_state=0)
    ridge = NormalScoreRegressor(make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 4, 13))))
    own = cross_val_score(ridge, frame, y, cv=folds, scoring=kendall_tau_scorer)
    # Each block repeats what its whole architecture shares, so penalties differ a little.
    np.testing.assert_allclose(comparison.scores["ridge on columns"], own, atol=0.03)
    assert comparison.scores["ridge on columns"].mean() > 0.85
    mine = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-2, 4, 13)))
    with pytest.raises(ArchitectureError, match=r"AttributeStatistics\(1, sums=False\) as the first step"):
        compare(X, y, cv=folds, estimators={"mine": mine}, random_state=0)
    # The plain rivals learn normal scores, and are otherwise what the message proposes.
    proposed = make_pipeline(AttributeStatistics(1, sums=False), NormalScoreRegressor(mine))
    scores = cross_val_score(proposed, X, y, cv=folds, scoring=kendall_tau_scorer)
    np.testing.assert_allclose(comparison.scores["ridge on columns"], scores)
    rival = comparison.estimators["ridge on columns"].fit(X[:40], y[:40])
    np.testing.assert_allclose(rival.predict(X[40:41]), rival.predict(X[40:])[:1])


def test_the_same_seed_gives_the_same_scores_for_any_number_of_jobs():
    made = [
        compare(X, Y, cv=2, n_repeats=1, estimators={"paths": PIPELINE}, random_state=3, n_jobs=n_jobs)
        for n_jobs in (1, 2)
    ]
    for name, scores in made[0].scores.items():
        np.testing.assert_array_equal(scores, made[1].scores[name])


def test_a_pretrained_regressor_stays_pretrained():
    regressor = FGPRegressor(
        FGPEncoder(hidden_dim=8, n_layers=1, max_epochs=1), max_epochs=2, random_state=0
    ).fit_pretrain(SPACE[::100])
    folds = IsomorphismGroupKFold(2, shuffle=True, random_state=1)
    comparison = compare(X, Y, cv=folds, estimators={"mine": regressor}, random_state=0)
    expected = cross_val_score(regressor, X, Y, cv=folds, scoring=kendall_tau_scorer)
    np.testing.assert_array_equal(comparison.scores["mine"], expected)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.stack([Y, -Y], axis=1), "compare one target at a time"),
        (Y[:-1], "inconsistent numbers of samples"),
        (np.where(np.arange(len(Y)) == 3, np.nan, Y), r"y\[3\] is nan"),
        (None, "compare requires y"),
    ],
)
def test_labels_that_cannot_be_compared(y, message):
    with pytest.raises(ValueError, match=message):
        compare(X, y)


@pytest.fixture
def one_rival(monkeypatch):
    def only_ridge(*args, **reading):
        name = "ridge on one-hot"
        return {name: plain_rivals(*args, **reading)[name]}

    monkeypatch.setattr(_compared, "plain_rivals", only_ridge)


def test_an_integer_is_drawn_several_times(one_rival):
    estimators = {"nothing": DummyRegressor()}
    many, one = (
        compare(X[:12], Y[:12], cv=2, n_repeats=n_repeats, estimators=estimators, random_state=0)
        for n_repeats in (None, 1)
    )
    assert len(many.scores["ridge on one-hot"]) == 8
    for name, scores in one.scores.items():
        np.testing.assert_array_equal(many.scores[name][:2], scores)


def test_the_winner_can_be_fitted(one_rival):
    graphs = X.to_networkx(op_attr="kind")
    folds = KFold(3, shuffle=True, random_state=0)
    comparison = compare(graphs, Y, cv=folds, estimators={"paths": PIPELINE}, op_attr="kind")
    assert set(comparison.estimators) == {"paths", "ridge on one-hot"}
    rival = comparison.estimators["ridge on one-hot"]
    expected = cross_val_score(rival, graphs, Y, cv=folds, scoring=kendall_tau_scorer)
    np.testing.assert_allclose(comparison.scores["ridge on one-hot"], expected, atol=1e-9)


def test_default_estimators_read_what_compare_read(one_rival):
    graphs = X[:12].to_networkx(op_attr="kind")
    folds = ShuffleSplit(1, random_state=0)
    comparison = compare(graphs, Y[:12], cv=folds, op_attr="kind", random_state=0)
    for estimator in comparison.estimators.values():
        assert estimator.fit(graphs, Y[:12]).predict(graphs[:5]).shape == (5,)


def test_a_splitter_is_not_repeated():
    with pytest.raises(ValueError, match="n_repeats=2 requires a number of folds as cv, and cv is KFold"):
        compare(X, Y, cv=KFold(3), n_repeats=2)


def test_scores_have_names(one_rival):
    folds = KFold(3, shuffle=True, random_state=0)
    comparison = compare(X, Y, cv=folds, estimators={"paths": PIPELINE}, scoring="spearman", random_state=0)
    model = clone(PIPELINE)
    expected = [
        spearmanr(Y[test], model.fit(X[train], Y[train]).predict(X[test]))[0]
        for train, test in folds.split(Y)
    ]
    np.testing.assert_allclose(comparison.scores["paths"], expected)
    assert comparison.score_name == "Spearman"


@pytest.mark.parametrize("estimators", [{}, [PIPELINE]])
def test_estimators_need_names(estimators):
    with pytest.raises(ValueError, match="estimators must be a dict of at least one estimator by name"):
        compare(X, Y, estimators=estimators)


def test_names_of_rivals_are_taken():
    with pytest.raises(ValueError, match="plain rivals have the names 'ridge on one-hot'; give"):
        compare(X, Y, estimators={"ridge on one-hot": PIPELINE})


def test_folds_of_a_single_architecture_cannot_be_ranked():
    with pytest.raises(ValueError, match="a test set has 1 architectures, and ranking needs at least 2"):
        compare(X, Y, cv=LeaveOneOut())


def test_a_tie_is_called_a_tie():
    scores = {"mine": np.array([1.0, 0.8]), "plain": np.array([0.8, 1.0])}
    verdict = Comparison(scores, ("plain",), "score", 8, 2).verdict
    assert verdict.startswith(
        "No clear difference between mine and plain, the best plain rival: they rank equally well. Use mine"
    )


def test_the_standard_error_corrects_for_shared_training_data():
    scores = {"a": np.array([0.5, 0.7, 0.9]), "b": np.array([0.4, 0.7, 0.6])}
    mean, error = Comparison(scores, ("b",), "score", 80, 20).difference("a", "b")
    assert mean == pytest.approx((0.1 + 0 + 0.3) / 3)
    variance = sum((d - mean) ** 2 for d in (0.1, 0, 0.3)) / 2
    assert error == pytest.approx(((1 / 3 + 20 / 80) * variance) ** 0.5)


def test_the_frame_has_the_best_estimator_first():
    scores = {"b": np.array([0.4, 0.5]), "a": np.array([0.5, 0.7])}
    frame = Comparison(scores, ("b",), "score", 80, 20).to_frame()
    assert frame.index.tolist() == ["a", "b"]
    assert frame["difference"].tolist() == pytest.approx([0.15, 0.0])
    assert frame["is_rival"].tolist() == [False, True]


def test_names_are_escaped_in_html():
    html = Comparison({"<b>": np.array([1.0]), "c": np.array([0.0])}, ("c",), "score", 8, 2)._repr_html_()
    assert "<td>&lt;b&gt;</td>" in html
    assert "<b>" not in html


def test_predictions_of_rivals_are_in_the_units_of_the_labels():
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(200, 3))
    y = np.exp(columns @ [1.0, 2.0, 3.0])
    predictions = NormalScoreRegressor(Ridge()).fit(columns, y).predict(columns)
    assert kendalltau(predictions, y).statistic > 0.95
    assert np.median(np.abs(np.log(np.maximum(predictions, 1e-9)) - np.log(y))) < 0.5


def chains(lengths):
    middle = ["conv", "pool"] * 40
    return [(np.eye(n, k=1, dtype=int), ["input", *middle[: n - 2], "output"]) for n in lengths]


def test_rivals_can_be_fitted_to_predict_all_of_the_pool():
    small, pool = chains([*range(4, 16), *range(4, 8)]), chains(range(4, 24))
    y = np.arange(16.0)
    mine = {"mine": DummyRegressor()}
    comparison = compare(small, y, cv=2, n_repeats=1, X_unlabeled=pool, estimators=mine, random_state=0)
    ridge = comparison.estimators["ridge on one-hot"]
    assert ridge.fit(small, y).predict(pool).shape == (20,)
    assert "one-hot encodings" not in str(comparison)
    large = chains([*range(4, 19), 70])
    comparison = compare(large, y, cv=2, n_repeats=1, estimators=mine, random_state=0)
    for text in (str(comparison), comparison._repr_html_()):
        assert "No plain rival reads one-hot encodings" in text


def test_a_rival_is_recommended_only_if_it_is_ahead_by_more_than_chance():
    noisy = {"mine": np.array([0.1, 0.9, 0.2, 0.8]), "ridge": np.array([0.9, 0.2, 0.9, 0.3])}
    clear = {"mine": np.array([0.1, 0.2, 0.1, 0.2]), "ridge": np.array([0.8, 0.9, 0.8, 0.9])}
    ahead = {"mine": clear["ridge"], "ridge": clear["mine"]}
    assert noisy["ridge"].mean() > noisy["mine"].mean()
    made = [Comparison(scores, ("ridge",), "score", 80, 20) for scores in (noisy, clear, ahead)]
    assert [comparison.best_ for comparison in made] == ["mine", "ridge", "mine"]
    starts = ("No clear difference between mine and ridge", "A plain rival ranks best: ridge", "mine ranks")
    for comparison, start in zip(made, starts, strict=True):
        assert comparison.verdict.startswith(start)
    assert "ridge is ahead by 0.075" in made[0].verdict
    assert "Use mine: a plain rival is chosen only if" in made[0].verdict


def test_the_best_rival_by_chance_is_not_chosen():
    """Rivals and the estimator are equally good; the best of twelve is ahead on most draws of noise."""
    rng = np.random.default_rng(0)
    n_ahead = n_chosen = 0
    for _ in range(50):
        scores = {"mine": rng.normal(size=20), **{str(i): rng.normal(size=20) for i in range(12)}}
        comparison = Comparison(scores, tuple(map(str, range(12))), "score", 80, 20)
        n_ahead += max(scores, key=lambda name: scores[name].mean()) != "mine"
        n_chosen += comparison.best_ != "mine"
    assert n_ahead > 40
    assert n_chosen < 5


@pytest.mark.parametrize("pipeline", [False, True])
def test_the_verdict_names_a_regressor_that_was_not_pretrained(pipeline, one_rival):
    encoder = FGPEncoder(hidden_dim=8, n_layers=1, max_epochs=1)
    bare = FGPRegressor(encoder, max_epochs=1, random_state=0)
    estimators = {"bare": bare, "mine": clone(bare).fit_pretrain(X)}
    if pipeline:
        estimators = {name: make_pipeline(ArchitectureSimplifier(), one) for name, one in estimators.items()}
    folds = ShuffleSplit(1, random_state=0)
    verdict = compare(X, Y, cv=folds, estimators=estimators, random_state=0).verdict
    assert "Not pre-trained: 'bare'. Without fit_pretrain(pool) before compare" in verdict
    estimators.pop("bare")
    assert "pre-train" not in compare(X, Y, cv=folds, estimators=estimators, random_state=0).verdict


def test_a_single_fold_has_no_standard_error():
    scores = {"mine": np.array([0.4]), "ridge": np.array([0.6])}
    comparison = Comparison(scores, ("ridge",), "score", 80, 20)
    assert comparison.best_ == "mine"
    assert "ridge is ahead by 0.200 (a single fold has no standard error)" in comparison.verdict
