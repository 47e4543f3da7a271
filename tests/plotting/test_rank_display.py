import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import same_color
from scipy.stats import kendalltau, rankdata
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import NotFittedError

from fgp_sklearn.metrics import precision_at_top_score
from fgp_sklearn.plotting import RankDisplay
from tests.sklearn_compatibility.spaces import cells, forms, labels, tiny_regressor

GENERATOR = np.random.default_rng(0)
Y_TRUE = GENERATOR.permutation(50) * 0.5 + 60
Y_PRED = Y_TRUE + GENERATOR.normal(scale=5, size=50)


def drawn(display):
    """Predicted and true rank of all dots, those of the top last."""
    return np.concatenate([display.scatter_.get_offsets(), display.top_scatter_.get_offsets()])


def test_dots_are_the_ranks_with_the_best_first():
    display = RankDisplay.from_predictions(Y_TRUE, Y_PRED, top=0.1)
    best_first = np.argsort(-Y_TRUE)
    predicted = {i: place for place, i in enumerate(np.argsort(-Y_PRED), start=1)}
    expected = [(predicted[i], place) for place, i in enumerate(best_first, start=1)]
    assert sorted(map(tuple, drawn(display).tolist())) == sorted(expected)
    assert sorted(map(tuple, display.top_scatter_.get_offsets().tolist())) == sorted(expected[:5])


def test_corner_of_the_fences_holds_what_precision_at_top_counts():
    display = RankDisplay.from_predictions(Y_TRUE, Y_PRED, top=0.2)
    right, top = display.fences_[0].get_xdata()[0], display.fences_[1].get_ydata()[0]
    x, y = drawn(display).T
    hits = ((x < right) & (y < top)).sum()
    assert (x < right).sum() == (y < top).sum() == 10
    assert hits / 10 == precision_at_top_score(Y_TRUE, Y_PRED, top=0.2) == display.precision_at_top_


def test_best_is_on_the_right_and_at_the_top_however_often_it_is_drawn():
    _, ax = plt.subplots()
    for _ in range(2):
        RankDisplay.from_predictions(Y_TRUE, Y_PRED, ax=ax)
        assert ax.get_xlim()[0] > ax.get_xlim()[1]
        assert ax.get_ylim()[0] > ax.get_ylim()[1]


def test_legend_tells_tau_and_precision():
    display = RankDisplay.from_predictions(Y_TRUE, Y_PRED, top=0.1, name="mine")
    tau = kendalltau(Y_TRUE, Y_PRED).statistic
    assert display.kendall_tau_ == pytest.approx(tau)
    texts = [text.get_text() for text in display.legend_.get_texts()]
    score = precision_at_top_score(Y_TRUE, Y_PRED, top=0.1)
    assert texts == [f"mine: Kendall tau = {tau:.3f}", f"true best 10 %: P@10% = {score:.3f}"]
    first, second = display.legend_.legend_handles
    assert not same_color(first.get_facecolor(), second.get_facecolor())
    assert len(first.get_paths()[0].vertices) != len(second.get_paths()[0].vertices)  # not by colour alone


def test_ties_share_ranks_and_the_top_takes_all_that_are_tied_at_its_threshold():
    y_true, y_pred = [3.0, 2.0, 2.0, 1.0], [0.0, 1.0, 1.0, 1.0]
    display = RankDisplay.from_predictions(y_true, y_pred, top=0.5)
    assert display.top_scatter_.get_offsets().tolist() == [[4, 1], [2, 2.5], [2, 2.5]]
    assert display.scatter_.get_offsets().tolist() == [[2, 4]]
    assert display.fences_[1].get_ydata()[0] == 3.5


def test_everything_may_be_the_top():
    display = RankDisplay.from_predictions([1, 2], [1, 2], top=1.0)
    assert len(display.scatter_.get_offsets()) == 0
    assert len(display.top_scatter_.get_offsets()) == 2


@pytest.mark.parametrize("form", ["graphs", "pairs", "batch"])
def test_estimator_is_asked_once_for_what_it_predicts(form):
    pairs = cells(30)
    y = labels(pairs)
    regressor = tiny_regressor().fit(pairs[:20], y[:20])
    display = RankDisplay.from_estimator(regressor, forms(pairs)[form][20:], y[20:], top=0.1)
    assert display.name == "FGPRegressor"
    x = np.sort(drawn(display)[:, 0])
    np.testing.assert_array_equal(x, np.sort(rankdata(-regressor.predict(pairs[20:]))))
    assert RankDisplay.from_estimator(regressor, pairs, y, name="n").name == "n"


def test_given_axes_and_styles_are_used():
    _, (left, right) = plt.subplots(1, 2)
    display = RankDisplay(y_true=Y_TRUE, y_pred=Y_PRED, top=0.1)
    result = display.plot(
        right, scatter_kwargs={"c": "red"}, top_kwargs={"marker": "s", "lw": 2}, line_kwargs={"ls": ":"}
    )
    assert result is display
    assert display.ax_ is right
    assert display.figure_ is right.figure
    assert not left.has_data()
    assert same_color(display.scatter_.get_facecolor()[0][:3], "red")
    assert display.top_scatter_.get_linewidth() == [2]
    assert display.line_.get_linestyle() == ":"


def test_columns_and_series_are_read():
    pd = pytest.importorskip("pandas")
    display = RankDisplay.from_predictions(pd.Series(Y_TRUE, index=range(50, 100)), Y_PRED.tolist())
    np.testing.assert_array_equal(drawn(display), drawn(RankDisplay.from_predictions(Y_TRUE, Y_PRED)))


@pytest.mark.parametrize(
    ("y_true", "y_pred", "top", "message"),
    [
        ([1.0, 2.0], [1.0], 0.1, "inconsistent numbers of samples"),
        ([1.0, np.nan], [1.0, 2.0], 0.1, "y_true contains NaN"),
        ([1.0, 2.0], [1.0, np.inf], 0.1, "y_pred contains infinity"),
        ([], [], 0.1, "0 sample"),
        ([1.0, 2.0], [1.0, 2.0], 0.0, "top == 0.0, must be > 0"),
        ([1.0, 2.0], [1.0, 2.0], 1.5, "top == 1.5, must be <= 1"),
    ],
)
def test_broken_values_are_named_before_a_figure_is_made(y_true, y_pred, top, message):
    with pytest.raises(ValueError, match=message):
        RankDisplay.from_predictions(y_true, y_pred, top=top)
    assert not plt.get_fignums()


def test_estimator_must_be_fitted():
    with pytest.raises(NotFittedError):
        RankDisplay.from_estimator(DummyRegressor(), Y_TRUE[:, None], Y_TRUE)
