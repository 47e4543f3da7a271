import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge

from fgp_sklearn import FGPEncoder
from fgp_sklearn.plotting import TrainingHistoryDisplay
from fgp_sklearn.training import History
from tests.sklearn_compatibility.spaces import cells, labels, tiny_encoder, tiny_regressor

PAIRS = cells(40)
Y = labels(PAIRS)
HISTORY = [
    {"epoch": 1, "train_loss": 0.9, "valid_score": 0.2, "lr": 0.1, "time": 1.0},
    {"epoch": 2, "train_loss": 0.5, "valid_score": 0.7, "lr": 0.05, "time": 1.0},
    {"epoch": 3, "train_loss": 0.4, "valid_score": 0.7, "lr": 0.01, "time": 1.0},
]
UNVALIDATED = [{k: v for k, v in row.items() if k != "valid_score"} for row in HISTORY]


def shown(display):
    return {name: line.get_ydata().tolist() for name, line in display.lines_.items()}


def test_lines_are_the_columns():
    display = TrainingHistoryDisplay.from_history(HISTORY)
    assert shown(display) == {
        name: [row[name] for row in HISTORY] for name in ("train_loss", "valid_score", "lr")
    }
    assert all(line.get_xdata().tolist() == [1, 2, 3] for line in display.lines_.values())
    assert [ax.get_ylabel() for ax in display.axes_] == ["training loss", "validation tau", "learning rate"]
    assert [line.axes for line in display.lines_.values()] == display.axes_.tolist()


def test_first_of_the_best_epochs_is_marked():
    display = TrainingHistoryDisplay.from_history(HISTORY)
    assert display.best_.get_xydata().tolist() == [[2, 0.7]]
    (text,) = display.axes_[1].get_legend().get_texts()
    assert text.get_text() == "best: 0.700 in epoch 2"


def test_without_validation_there_are_two_panels_and_no_best():
    display = TrainingHistoryDisplay.from_history(UNVALIDATED)
    assert list(display.lines_) == ["train_loss", "lr"]
    assert display.best_ is None
    assert display.ax_ is display.axes_[0]


def test_history_and_data_frames_are_read():
    pd = pytest.importorskip("pandas")
    expected = shown(TrainingHistoryDisplay.from_history(HISTORY))
    for history in (History(HISTORY), History(HISTORY).to_frame(), pd.DataFrame(HISTORY)):
        assert shown(TrainingHistoryDisplay.from_history(history)) == expected


def test_encoder_and_regressor_show_their_histories():
    encoder = tiny_encoder().fit(PAIRS)
    display = TrainingHistoryDisplay.from_estimator(encoder)
    assert shown(display)["train_loss"] == [row["train_loss"] for row in encoder.history_]
    assert display.ax_.get_title() == "FGPEncoder"
    regressor = tiny_regressor(early_stopping=True, validation_fraction=0.3).fit(PAIRS, Y)
    display = TrainingHistoryDisplay.from_estimator(regressor, name="mine")
    assert shown(display)["valid_score"] == [row["valid_score"] for row in regressor.history_]
    assert display.ax_.get_title() == "mine"


def test_marked_epoch_is_the_one_whose_weights_were_kept():
    regressor = tiny_regressor(max_epochs=12, lr=0.05, early_stopping=True)
    regressor.fit(PAIRS[:20], Y[:20], X_val=PAIRS[20:], y_val=Y[20:])
    display = TrainingHistoryDisplay.from_estimator(regressor)
    from scipy.stats import kendalltau

    kept = kendalltau(Y[20:], regressor.decision_function(PAIRS[20:])).statistic
    assert display.best_.get_ydata()[0] == pytest.approx(kept)


def test_place_of_given_axes_is_divided():
    figure, (left, right) = plt.subplots(1, 2)
    display = TrainingHistoryDisplay.from_history(HISTORY, ax=right)
    assert display.figure_ is figure
    assert not right.axison
    assert left.axison
    figure.canvas.draw()
    for ax in display.axes_:
        assert ax.get_position().x0 >= right.get_position().x0 - 1e-6
    tops = [ax.get_position().y1 for ax in display.axes_]
    assert tops == sorted(tops, reverse=True)


def test_as_many_axes_as_panels_are_used():
    _, axes = plt.subplots(1, 3)
    display = TrainingHistoryDisplay.from_history(HISTORY, ax=axes, line_kwargs={"lw": 3})
    assert display.axes_.tolist() == axes.tolist()
    assert {line.get_linewidth() for line in display.lines_.values()} == {3}


def test_ticks_are_whole_epochs():
    display = TrainingHistoryDisplay.from_history(HISTORY)
    ticks = display.axes_[-1].get_xticks()
    np.testing.assert_array_equal(ticks, np.round(ticks))


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ([], "history is empty.*max_epochs"),
        ([{"loss": 1.0}], r"'epoch' and 'train_loss'; the first has \['loss'\]"),
    ],
)
def test_broken_histories_are_named_before_a_figure_is_made(history, message):
    with pytest.raises(ValueError, match=message):
        TrainingHistoryDisplay.from_history(history)
    assert not plt.get_fignums()


def test_wrong_axes_are_named():
    _, axes = plt.subplots(1, 2)
    with pytest.raises(ValueError, match="ax holds 2 axes for 3 panels; pass 3 or one"):
        TrainingHistoryDisplay.from_history(HISTORY, ax=axes)
    floating = plt.figure().add_axes((0, 0, 1, 1))
    with pytest.raises(ValueError, match="ax is not a subplot, so it cannot be divided; pass 3 axes"):
        TrainingHistoryDisplay.from_history(HISTORY, ax=floating)


def test_wrong_estimators_are_named():
    with pytest.raises(NotFittedError):
        TrainingHistoryDisplay.from_estimator(FGPEncoder())
    with pytest.raises(TypeError, match="Ridge has no history_; pass a fitted FGPEncoder or FGPRegressor"):
        TrainingHistoryDisplay.from_estimator(Ridge().fit([[0.0], [1.0]], [0.0, 1.0]))
