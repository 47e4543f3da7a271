from typing import ClassVar

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.stats import kendalltau
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.metrics import make_scorer, r2_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline

from fgp_sklearn import AdjacencyEncoding, FGPEncoder, PathStatistics, UnlabeledPool
from fgp_sklearn.metrics import kendall_tau_scorer, regret_at_k_scorer
from fgp_sklearn.model_selection import LabelBudgetSplit
from fgp_sklearn.plotting import LabelEfficiencyDisplay
from tests.sklearn_compatibility.spaces import cells, forms, labels, quick_regressor

PAIRS = cells(60)
Y = labels(PAIRS)
PATHS = make_pipeline(PathStatistics(), Ridge())
ONE_HOT = make_pipeline(AdjacencyEncoding(), KNeighborsRegressor(3))
SCORES = {"a": [[0.1, 0.5, 0.6], [0.7, 0.8, 0.9]], "b": [[0.0, 0.2, 0.1], [0.3, 0.1, 0.2]]}


def band_of(band, x):
    """Lower and upper end of a band at `x`."""
    heights = [v for u, v in band.get_paths()[0].vertices if u == x]
    return min(heights), max(heights)


def test_lines_are_means_and_bands_the_deviations_of_a_sample():
    display = LabelEfficiencyDisplay(n_labels=[10, 20], scores=SCORES, score_name="tau").plot()
    for name, rows in SCORES.items():
        assert display.lines_[name].get_xdata().tolist() == [10, 20]
        for i, row in enumerate(rows):
            mean = sum(row) / 3
            spread = (sum((value - mean) ** 2 for value in row) / 2) ** 0.5
            assert display.lines_[name].get_ydata()[i] == pytest.approx(mean)
            found = band_of(display.bands_[name], [10, 20][i])
            assert found == pytest.approx((mean - spread, mean + spread))
    assert [text.get_text() for text in display.legend_.get_texts()] == ["a", "b"]
    assert display.ax_.get_ylabel() == "tau"


def test_lines_differ_by_more_than_colour():
    display = LabelEfficiencyDisplay(n_labels=[10, 20], scores=SCORES).plot()
    first, second = display.lines_.values()
    assert first.get_color() != second.get_color()
    assert first.get_marker() != second.get_marker()
    assert first.get_linestyle() != second.get_linestyle()


def test_single_array_needs_no_name_and_a_single_split_has_no_band():
    display = LabelEfficiencyDisplay(n_labels=[5], scores=[[0.5]]).plot()
    assert display.lines_[""].get_ydata().tolist() == [0.5]
    assert display.bands_ == {}
    assert display.legend_ is None


@pytest.mark.parametrize(("budgets", "scale"), [([10, 20, 40], "linear"), ([10, 30, 80], "log")])
def test_scale_keeps_budgets_apart_and_ticks_are_budgets(budgets, scale):
    display = LabelEfficiencyDisplay(n_labels=budgets, scores=np.zeros((3, 2))).plot()
    display.figure_.canvas.draw()
    assert display.ax_.get_xscale() == scale
    assert [t.get_text() for t in display.ax_.get_xticklabels()] == [str(b) for b in budgets]
    assert [t for t in display.ax_.get_xticklabels(minor=True) if t.get_text()] == []


@pytest.mark.parametrize("form", ["graphs", "pairs", "batch"])
def test_scores_are_those_of_a_loop_by_hand(form):
    X = forms(PAIRS)[form]
    display = LabelEfficiencyDisplay.from_estimator(
        {"paths": PATHS, "one-hot": ONE_HOT}, X, Y, n_labels=[30, 10], n_splits=2, random_state=4
    )
    assert display.n_labels.tolist() == [10, 30]
    for name, estimator in (("paths", PATHS), ("one-hot", ONE_HOT)):
        for row, budget in zip(display.scores[name], (10, 30), strict=True):
            splits = LabelBudgetSplit(budget, 2, test_size=30, random_state=4).split(PAIRS)
            for score, (train, test) in zip(row, splits, strict=True):
                fitted = clone(estimator).fit([PAIRS[i] for i in train], Y[train])
                tau = kendalltau(Y[test], fitted.predict([PAIRS[i] for i in test])).statistic
                assert score == pytest.approx(tau)
    np.testing.assert_allclose(display.lines_["paths"].get_ydata(), display.scores["paths"].mean(axis=1))
    assert display.ax_.get_ylabel() == "Kendall tau"


class Recorder(Ridge):
    """Remembers all that it learnt from and was asked."""

    seen: ClassVar = []

    def fit(self, X, y):
        self.seen.append(("fit", tuple(X[:, 0])))
        return super().fit(X, y)

    def predict(self, X):
        self.seen.append(("predict", tuple(X[:, 0])))
        return super().predict(X)


@pytest.mark.parametrize("random_state", [0, None, np.random.RandomState(3)])
def test_budgets_nest_and_all_share_their_tests_whatever_the_seed(random_state):
    Recorder.seen.clear()
    X, y = np.arange(20.0)[:, None], np.arange(20.0)
    LabelEfficiencyDisplay.from_estimator(
        {"a": Recorder(), "b": Recorder()}, X, y, n_labels=[3, 6], n_splits=2, random_state=random_state
    )
    learnt = [rows for kind, rows in Recorder.seen if kind == "fit"]
    asked = [rows for kind, rows in Recorder.seen if kind == "predict"]
    assert [len(rows) for rows in learnt] == [3, 3, 6, 6] * 2
    assert learnt[:4] == learnt[4:]
    assert [rows[:3] for rows in learnt[2:4]] == learnt[:2]
    assert asked == asked[:2] * 4
    assert all(len(rows) == 14 for rows in asked)


def test_several_processes_score_the_same():
    asked = {"X": PAIRS, "y": Y, "n_labels": [20, 30], "random_state": 0}
    alone = LabelEfficiencyDisplay.from_estimator(PATHS, **asked)
    both = LabelEfficiencyDisplay.from_estimator(PATHS, **asked, n_jobs=2)
    np.testing.assert_array_equal(alone.scores["Pipeline"], both.scores["Pipeline"])


def test_pretrained_regressor_stays_pretrained_and_pools_can_be_given(monkeypatch):
    regressor = quick_regressor().fit_pretrain(PAIRS)
    fits = []
    fit = FGPEncoder.fit
    monkeypatch.setattr(FGPEncoder, "fit", lambda self, *a, **k: (fits.append(1), fit(self, *a, **k))[1])
    asked = {"X": PAIRS, "y": Y, "n_labels": [30], "n_splits": 2, "random_state": 0}
    pretrained = LabelEfficiencyDisplay.from_estimator(regressor, **asked)
    assert not fits
    pool = {"X_unlabeled": UnlabeledPool(PAIRS)}
    within = LabelEfficiencyDisplay.from_estimator(quick_regressor(), **asked, params=pool)
    np.testing.assert_array_equal(pretrained.scores["FGPRegressor"], within.scores["FGPRegressor"])


@pytest.mark.parametrize(
    ("scoring", "label"),
    [
        (None, "Kendall tau"),
        (kendall_tau_scorer, "Kendall tau"),
        (regret_at_k_scorer, "Regret at k"),
        ("neg_mean_squared_error", "Neg mean squared error"),
        (make_scorer(r2_score), "Score"),
        (lambda estimator, X, y: 0.5, "<lambda>"),
    ],
)
def test_axis_is_named_after_the_score(scoring, label):
    X, y = np.arange(20.0)[:, None], np.arange(20.0)
    display = LabelEfficiencyDisplay.from_estimator(Ridge(), X, y, n_labels=[5], scoring=scoring)
    assert display.ax_.get_ylabel() == label
    display = LabelEfficiencyDisplay.from_estimator(
        Ridge(), X, y, n_labels=[5], scoring=scoring, score_name="mine"
    )
    assert display.ax_.get_ylabel() == "mine"


def test_given_axes_and_styles_are_used():
    _, ax = plt.subplots()
    display = LabelEfficiencyDisplay(n_labels=[10, 20], scores=SCORES)
    assert display.plot(ax, line_kwargs={"lw": 3}, band_kwargs={"alpha": 0.5}) is display
    assert display.ax_ is ax
    assert {line.get_linewidth() for line in display.lines_.values()} == {3}
    assert {band.get_alpha() for band in display.bands_.values()} == {0.5}


def test_names_are_shown_to_the_letter():
    scores = {"$a$": [[0.5, 0.6]], "_hidden": [[0.5, 0.6]], "x" * 100: [[0.5, 0.6]]}
    display = LabelEfficiencyDisplay(n_labels=[10], scores=scores).plot()
    display.figure_.canvas.draw()
    texts = [text.get_text() for text in display.legend_.get_texts()]
    assert texts[0] == r"\$a\$"
    assert texts[1].endswith("_hidden")
    assert len(texts[2]) == 40


@pytest.mark.parametrize(
    ("n_labels", "scores", "message"),
    [
        ([], [], "n_labels is .*; give positive integers"),
        ([0, 1], [[1.0], [1.0]], "give positive integers"),
        ([1.5], [[1.0]], "give positive integers"),
        ([[1]], [[1.0]], "give positive integers"),
        ([2, 1], [[1.0], [1.0]], "ascending order"),
        ([1, 1], [[1.0], [1.0]], "once"),
        ([1, 2], {"a": [[1.0]]}, r"scores of 'a' have shape \(1, 1\); pass one row for each of the 2"),
        ([1], {"a": [1.0]}, r"shape \(1,\)"),
        ([1], {"a": [["x"]]}, "scores of 'a' must hold real numbers"),
        ([1], {}, "scores hold no estimator"),
    ],
)
def test_broken_scores_are_named_before_a_figure_is_made(n_labels, scores, message):
    with pytest.raises(ValueError, match=message):
        LabelEfficiencyDisplay(n_labels=n_labels, scores=scores).plot()
    assert not plt.get_fignums()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"n_labels": [60]}, "n_labels=60 leaves no test sample among 60 samples; lower n_labels"),
        ({"n_labels": [-1]}, "give positive integers"),
        ({"n_labels": [50], "test_size": 20}, "lower n_labels or test_size"),
        ({"n_labels": [10], "n_splits": 0}, "n_splits == 0, must be >= 1"),
        ({"n_labels": [10], "estimator": {}}, "there is no estimator to compare"),
        ({"n_labels": [1]}, "at least 2 labelled"),
    ],
)
def test_what_cannot_be_compared_is_named(asked, message):
    with pytest.raises(ValueError, match=message):
        LabelEfficiencyDisplay.from_estimator(**{"estimator": quick_regressor(), "X": PAIRS, "y": Y, **asked})
