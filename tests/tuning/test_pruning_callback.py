import numpy as np
import optuna
import pytest
from optuna.pruners import NopPruner, ThresholdPruner
from scipy.stats import kendalltau

from fgp_sklearn.tuning import PruningCallback
from tests.sklearn_compatibility.spaces import cells, forms, labels, tiny_regressor

TRAIN, TEST = cells(20), cells(15, seed=4)
Y, Y_TEST = labels(TRAIN), labels(TEST)


def fitted(pruner, max_epochs=7, X_test=TEST, **params):
    trial = optuna.create_study(direction="maximize", pruner=pruner).ask()
    regressor = tiny_regressor(max_epochs=max_epochs, lr=0.03)
    try:
        regressor.set_callbacks(PruningCallback(trial, X_test, Y_TEST, **params)).fit(TRAIN, Y)
    except optuna.TrialPruned:
        regressor = None
    return regressor, trial.study.trials[0].intermediate_values


def test_reports_are_the_tau_of_each_epoch():
    regressor, reports = fitted(NopPruner(), every=1)
    assert list(reports) == list(range(1, 8))
    assert len(set(reports.values())) > 1
    last = kendalltau(Y_TEST, regressor.decision_function(TEST)).statistic
    assert reports[7] == pytest.approx(last, abs=1e-9)
    for X_test in forms(TEST).values():
        assert fitted(NopPruner(), every=1, X_test=X_test)[1] == reports


def test_reports_change_nothing():
    twin = tiny_regressor(max_epochs=7, lr=0.03).fit(TRAIN, Y)
    regressor, _ = fitted(NopPruner(), every=2)
    np.testing.assert_array_equal(regressor.predict(TEST), twin.predict(TEST))


def test_steps_of_later_folds_follow():
    _, reports = fitted(NopPruner(), every=3, first_step=100)
    assert list(reports) == [103, 106]


def test_a_bad_trial_ends_at_its_first_report():
    regressor, reports = fitted(ThresholdPruner(lower=1.1), max_epochs=50, every=5)
    assert regressor is None
    assert list(reports) == [5]


def test_epochs_of_pretraining_are_not_reported():
    trial = optuna.create_study(direction="maximize").ask()
    callback = PruningCallback(trial, TEST, Y_TEST, every=1)
    tiny_regressor(max_epochs=3).set_callbacks(callback).fit(TRAIN, Y, X_unlabeled=cells(9))
    assert list(trial.study.trials[0].intermediate_values) == [1, 2, 3]
