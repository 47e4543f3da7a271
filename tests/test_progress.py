"""Progress bars: shown where asked, brief in logs, gone after Ctrl-C, and without influence on results."""

import io
import re
import sys
import time
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.model_selection import ShuffleSplit

from fgp_sklearn import FGPEncoder, FGPRegressor, PathStatistics
from fgp_sklearn._progress import progress_bar
from fgp_sklearn.architectures import from_frame
from fgp_sklearn.model_selection import compare
from fgp_sklearn.plotting import LabelEfficiencyDisplay
from fgp_sklearn.training import _apply_in_batches
from fgp_sklearn.training._net import Net
from tests.sklearn_compatibility.spaces import cells, labels, tiny_regressor

PAIRS, POOL = cells(20), cells(30, seed=2)
Y = labels(PAIRS)


class Screen(io.StringIO):
    """A stream that says whether it is a terminal."""

    def __init__(self, is_terminal):
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self):
        return self.is_terminal

    @property
    def frames(self):
        return self.getvalue().count("\r")


@pytest.fixture
def screen(monkeypatch):
    def open_screen(is_terminal):
        opened = Screen(is_terminal)
        monkeypatch.setattr(sys, "stderr", opened)
        return opened

    return open_screen


@pytest.mark.parametrize("is_terminal", [False, True])
def test_a_terminal_is_updated_often_and_a_log_is_not(screen, is_terminal):
    written = screen(is_terminal)
    for _ in progress_bar(range(40), description="steps", total=40, shown=True):
        time.sleep(0.02)
    assert "steps: 100%" in written.getvalue()
    assert written.frames <= 2 if not is_terminal else written.frames >= 4


def test_without_a_stream_nothing_is_shown(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)  # as in a program without a console
    assert list(progress_bar(range(3), description="steps", total=3, shown=True)) == [0, 1, 2]


def test_training_in_a_log_is_two_lines_per_bar(screen):
    log = screen(False)
    tiny_regressor(max_epochs=30, verbose=True).fit_pretrain(POOL).fit(PAIRS, Y)
    assert log.getvalue().count("\n") == 3  # pre-training, and fine-tuning of two networks
    assert log.frames <= 6


def test_bars_change_no_result():
    def fitted(verbose):
        encoder = FGPEncoder(hidden_dim=8, n_layers=1, max_epochs=3)
        regressor = FGPRegressor(encoder, max_epochs=3, random_state=0, verbose=verbose)
        return regressor.fit_pretrain(POOL).fit(PAIRS, Y)

    silent, shown = fitted(False), fitted(True)
    np.testing.assert_array_equal(silent.predict(POOL), shown.predict(POOL))
    for one, other in zip(silent.history_, shown.history_, strict=True):
        assert {**one, "time": 0} == {**other, "time": 0}
    assert shown.pretrained_encoder_.verbose is False


def test_what_is_quick_shows_no_bar(screen):
    terminal = screen(True)
    watched = progress_bar(range(3), description="steps", total=3, shown=True, delay=5.0)
    assert list(watched) == [0, 1, 2]
    assert not terminal.getvalue()


@pytest.mark.parametrize("verbose", [False, True])
def test_predictions_that_take_long_show_a_bar(screen, monkeypatch, verbose):
    regressor = tiny_regressor(verbose=verbose).fit(PAIRS, Y)
    expected = regressor.predict(POOL)
    log = screen(False)
    monkeypatch.setattr(_apply_in_batches, "progress_bar", partial(always, progress_bar))
    np.testing.assert_array_equal(regressor.predict(POOL), expected)
    assert ("predicting: 100%" in log.getvalue()) is verbose
    assert verbose or not log.getvalue()


def always(bar, *args, delay, **kwargs):
    return bar(*args, **kwargs)


def test_weighing_members_shows_folds(screen):
    batch, y = attribute_chains()
    log = screen(False)
    FGPRegressor(
        FGPEncoder(hidden_dim=8, n_layers=1, max_epochs=1), max_epochs=1, random_state=0, verbose=True
    ).fit_pretrain(batch).fit(batch, y)
    assert "weighing members: 100%" in log.getvalue()
    assert log.getvalue().count("fine-tuning: 100%") == 1


def attribute_chains():
    frame = pd.DataFrame({f"stage{i}_width": np.random.default_rng(i).integers(1, 5, 24) for i in (1, 2, 3)})
    return from_frame(frame), frame.sum(axis=1).to_numpy() + np.linspace(0, 0.5, 24)


def test_bars_say_which_network_is_trained(screen):
    batch, y = attribute_chains()
    log = screen(False)
    encoder = FGPEncoder(hidden_dim=8, n_layers=1, max_epochs=1)
    regressor = FGPRegressor(encoder, effort="best", max_epochs=1, random_state=0, verbose=True)
    regressor.fit_pretrain(batch).fit(batch, y)
    assert (
        log.getvalue().count("pre-training: 100%")
        == log.getvalue().count("GatedGCN, pre-training: 100%")
        == 1
    )
    for network in ("GatedGCN", "FlowerFormer"):
        for step in ("fine-tuning", "weighing members"):
            assert log.getvalue().count(f"{network}, {step}: 100%") == 1


def test_comparisons_say_which_estimator_is_fitted(screen):
    terminal = screen(True)

    class Slow(DummyRegressor):
        def fit(self, X, y):
            time.sleep(0.15)
            return super().fit(X, y)

    estimators = {"first": Slow(), "second": Slow()}
    folds = ShuffleSplit(2, random_state=0)
    compare(PAIRS, Y, cv=folds, estimators=estimators, random_state=0, verbose=True)
    # What is shown beside the number of finished fits is the next one.
    for name, n_done in (("first", 0), ("first", 1), ("second", 2), ("second", 3), ("ridge on one-hot", 4)):
        assert re.search(rf"comparing, {name}: .* {n_done}/20 ", terminal.getvalue()), (name, n_done)


def test_ctrl_c_ends_the_line(screen, monkeypatch):
    steps = iter([None] * 3)

    def interrupted(self, *args, **kwargs):
        if next(steps, "over") == "over":
            raise KeyboardInterrupt
        return trained(self, *args, **kwargs)

    trained = Net.train_step_single
    monkeypatch.setattr(Net, "train_step_single", interrupted)
    terminal = screen(True)
    with pytest.raises(KeyboardInterrupt):
        tiny_regressor(max_epochs=10, verbose=True).fit(PAIRS, Y)
    assert terminal.getvalue().endswith("\n")


@pytest.mark.parametrize("verbose", [False, True])
def test_comparisons_show_their_progress_if_asked(screen, verbose):
    log = screen(False)
    estimators = {"nothing": DummyRegressor()}
    compare(PAIRS, Y, cv=ShuffleSplit(1, random_state=0), estimators=estimators, verbose=verbose)
    assert ("comparing: 100%" in log.getvalue()) is verbose
    assert verbose or not log.getvalue()


@pytest.mark.parametrize("verbose", [False, True])
def test_label_budgets_show_their_progress_if_asked(screen, verbose):
    log = screen(False)
    X = PathStatistics().fit_transform(PAIRS)
    display = LabelEfficiencyDisplay.from_estimator(
        {"a": DummyRegressor(), "b": DummyRegressor()}, X, Y, n_labels=[4, 8], verbose=verbose
    )
    assert display.scores["a"].shape == (2, 3)
    assert ("label budgets: 100%" in log.getvalue()) is verbose
    assert ("4/4" in log.getvalue()) is verbose
    assert verbose or not log.getvalue()
