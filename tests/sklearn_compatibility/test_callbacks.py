"""scikit-learn's callbacks: bars, monitors and early stops, through searches too."""

from collections import Counter

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline

from fgp_sklearn import FGPEncoder, FGPRegressor, GraphTensorizer, UnlabeledPool
from fgp_sklearn.metrics import kendall_tau_scorer
from tests.sklearn_compatibility.spaces import cells, labels, tiny_encoder, tiny_regressor

callback = pytest.importorskip("sklearn.callback", reason="callbacks came with scikit-learn 1.9")

PAIRS = cells(16)
Y = labels(PAIRS)
POOL = cells(24, seed=2)


class Recorder:
    """Notes where in the tree of tasks it is told that one begins or ends."""

    max_propagation_depth = None

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.begun, self.ended, self.calls = [], [], Counter()

    def setup(self, estimator, context):
        self.calls["setup"] += 1

    def teardown(self, estimator, context):
        self.calls["teardown"] += 1

    def on_fit_task_begin(self, estimator, context):
        self.begun.append(path(context))

    def on_fit_task_end(self, estimator, context):
        self.ended.append(path(context))
        return context.task_name == "epoch" and context.task_id + 1 == self.stop_after


def path(context):
    name = f"{context.estimator_name}.{context.task_name}"
    return (*path(context.parent), name) if context.parent else (name,)


@pytest.fixture
def recorder():
    return Recorder()


def test_phases_and_epochs_are_tasks(recorder):
    tiny_regressor(tiny_encoder(max_epochs=4)).set_callbacks(recorder).fit(PAIRS, Y, X_unlabeled=POOL)
    whole, pretraining = "FGPRegressor.fit", "FGPEncoder.fit"
    assert Counter(recorder.ended) == {
        (whole,): 1,
        (whole, pretraining): 1,
        (whole, pretraining, "FGPEncoder.epoch"): 4,
        (whole, "FGPRegressor.fine-tune"): 1,
        (whole, "FGPRegressor.fine-tune", "FGPRegressor.epoch"): 3,
    }
    assert Counter(recorder.begun) == Counter(recorder.ended)
    assert recorder.begun[0] == recorder.ended[-1] == (whole,)
    assert recorder.calls == {"setup": 1, "teardown": 1}


def test_pretraining_alone_is_a_task(recorder):
    tiny_regressor().set_callbacks(recorder).fit_pretrain(POOL)
    assert Counter(map(len, recorder.ended)) == {1: 1, 2: 1, 3: 2}
    assert Counter(recorder.begun) == Counter(recorder.ended)


def test_remembered_pretraining_is_a_task_without_epochs():
    pool = UnlabeledPool(cells(24, seed=3))
    recorders = [Recorder(), Recorder()]
    for recorder in recorders:
        tiny_regressor().set_callbacks(recorder).fit(PAIRS, Y, X_unlabeled=pool)
        assert Counter(recorder.begun) == Counter(recorder.ended)
    epochs = [sum(task[-1] == "FGPEncoder.epoch" for task in recorder.ended) for recorder in recorders]
    assert epochs == [2, 0]
    assert ("FGPRegressor.fit", "FGPRegressor.pre-train") in recorders[1].ended


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_search_hands_callbacks_down_to_the_epochs(recorder, n_jobs):
    regressor = tiny_regressor().fit_pretrain(POOL)
    with parallel_config("threading", n_jobs=n_jobs):
        search = GridSearchCV(regressor, {"lr": [0.01, 0.1]}, cv=2).set_callbacks(recorder)
        search.fit(PAIRS, Y)
    epochs = [task for task in recorder.ended if task[-1] == "FGPRegressor.epoch"]
    assert Counter(map(len, epochs)) == {5: 4 * 3, 4: 3}  # candidates and folds; the refit
    assert all(task[0] == "GridSearchCV.fit" for task in epochs)
    assert recorder.calls == {"setup": 1, "teardown": 1}


def test_pipeline_hands_callbacks_down(recorder):
    pipeline = make_pipeline(GraphTensorizer(), tiny_regressor()).set_callbacks(recorder)
    with pytest.warns(UserWarning, match="GraphTensorizer does not support callbacks"):
        pipeline.fit(PAIRS, Y)
    assert sum(task[-1] == "FGPRegressor.epoch" for task in recorder.ended) == 3


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_nested_bars_through_a_search(capsys, n_jobs):
    bars = callback.ProgressBar(max_propagation_depth=None)
    regressor = tiny_regressor().fit_pretrain(POOL)
    search = GridSearchCV(regressor, {"lr": [0.01, 0.1]}, cv=2, n_jobs=n_jobs).set_callbacks(bars)
    search.fit(PAIRS, Y)
    lines = [line for line in capsys.readouterr().out.splitlines() if "100%" in line]
    assert sum("FGPRegressor - fit" in line for line in lines) == 5
    assert sum("FGPRegressor - fine-tune" in line for line in lines) == 5
    assert "GridSearchCV - fit" in lines[0]
    assert lines[2].startswith("    GridSearchCV - candidate")


def test_monitor_scores_every_epoch():
    monitor = callback.ScoringMonitor(scoring=kendall_tau_scorer)
    regressor = tiny_regressor(tiny_encoder(dropout=0.2), lr=0.05).set_callbacks(monitor).fit(PAIRS, Y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert [row["task_id"] for row in rows] == [0, 1, 2]
    assert rows[-1]["score"] == kendall_tau_scorer(regressor, PAIRS, Y)
    assert len({row["score"] for row in rows}) > 1


def test_callbacks_change_no_result(recorder):
    monitor = callback.ScoringMonitor(scoring=kendall_tau_scorer)
    regressor = tiny_regressor(tiny_encoder(dropout=0.2), early_stopping=True, validation_fraction=0.3)
    expected = clone(regressor).fit(PAIRS, Y, X_unlabeled=POOL).predict(PAIRS)
    watched = clone(regressor).set_callbacks(monitor, recorder).fit(PAIRS, Y, X_unlabeled=cells(24, seed=2))
    np.testing.assert_array_equal(watched.predict(PAIRS), expected)


def test_epochs_that_early_stopping_ends_are_told(recorder):
    regressor = tiny_regressor(
        max_epochs=50, lr=0.3, early_stopping=True, validation_fraction=0.3, n_iter_no_change=2
    )
    regressor.set_callbacks(recorder).fit(PAIRS, Y)
    assert len(regressor.history_) < 50
    assert sum(task[-1] == "FGPRegressor.epoch" for task in recorder.ended) == len(regressor.history_)


def test_callback_stops_training():
    regressor = tiny_regressor(max_epochs=20).set_callbacks(Recorder(stop_after=2)).fit(PAIRS, Y)
    assert len(regressor.history_) == 2
    encoder = tiny_encoder(max_epochs=20).set_callbacks(Recorder(stop_after=3)).fit(POOL)
    assert len(encoder.history_) == 3


def test_stopped_pretraining_is_not_remembered():
    pool = cells(24, seed=4)
    stopped = tiny_regressor(tiny_encoder(max_epochs=5)).set_callbacks(Recorder(stop_after=2))
    stopped.fit(PAIRS, Y, X_unlabeled=pool)
    assert len(stopped.pretrained_encoder_.history_) == 2
    whole = tiny_regressor(tiny_encoder(max_epochs=5)).fit(PAIRS, Y, X_unlabeled=pool)
    assert len(whole.pretrained_encoder_.history_) == 5


def test_callbacks_survive_cloning_and_are_put_away_after_errors(recorder):
    regressor = tiny_regressor().set_callbacks(recorder)
    with pytest.raises(ValueError, match="proxies describe a pool"):
        clone(regressor).fit(PAIRS, Y, proxies=np.arange(3))
    assert recorder.calls == {"setup": 1, "teardown": 1}


def test_scikit_learn_without_callbacks(monkeypatch):
    """As 1.8 is: no task has a context."""
    expected = cross_val_predict(tiny_regressor().fit_pretrain(POOL), PAIRS, Y, cv=2)
    for estimator in (FGPEncoder, FGPRegressor):
        monkeypatch.setattr(estimator, "_init_callback_context", None)
    found = cross_val_predict(tiny_regressor().fit_pretrain(POOL), PAIRS, Y, cv=2)
    np.testing.assert_array_equal(found, expected)
