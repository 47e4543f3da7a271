import numpy as np
import optuna
import pytest
from optuna.pruners import NopPruner, ThresholdPruner
from scipy.stats import kendalltau

from fgp_sklearn.tuning import PruningCallback
from tests.sklearn_compatibility.spaces import cells, forms, labels, quick_regressor

pytest.importorskip("sklearn.callback", reason="callbacks came with scikit-learn 1.9")

TRAIN, TEST = cells(20), cells(15, seed=4)
Y, Y_TEST = labels(TRAIN), labels(TEST)


def fitted(pruner, max_epochs=7, X_test=TEST, pool=None, **params):
    trial = optuna.create_study(direction="maximize", pruner=pruner).ask()
    regressor = quick_regressor(max_epochs=max_epochs, lr=0.03)
    if pool is not None:
        regressor.fit_pretrain(pool)
    try:
        regressor.set_callbacks(PruningCallback(trial, X_test, Y_TEST, **params)).fit(TRAIN, Y)
    except optuna.TrialPruned:
        regressor = None
    return regressor, trial.study.trials[0].intermediate_values


@pytest.mark.parametrize("pool", [None, cells(30, seed=5)], ids=["network alone", "network and process"])
def test_reports_are_the_tau_of_each_epoch(pool):
    regressor, reports = fitted(NopPruner(), every=1, pool=pool)
    assert list(reports) == list(range(1, 8))
    assert len(set(reports.values())) > 1
    last = kendalltau(Y_TEST, regressor.predict(TEST)).statistic
    assert reports[7] == pytest.approx(last, abs=1e-9)
    for X_test in forms(TEST).values():
        assert fitted(NopPruner(), every=1, X_test=X_test, pool=pool)[1] == reports


@pytest.mark.parametrize("pool", [None, cells(30, seed=5)], ids=["network alone", "network and process"])
def test_reports_change_nothing(pool):
    twin = quick_regressor(max_epochs=7, lr=0.03)
    if pool is not None:
        twin.fit_pretrain(pool)
    twin.fit(TRAIN, Y)
    regressor, _ = fitted(NopPruner(), every=2, pool=pool)
    np.testing.assert_array_equal(regressor.predict(TEST), twin.predict(TEST))


def test_later_folds_follow_with_the_mean_so_far():
    _, reports = fitted(NopPruner(), every=3)
    _, later = fitted(NopPruner(), every=3, earlier_taus=[0.5, 0.3])
    assert list(later) == [17, 20]
    np.testing.assert_allclose(list(later.values()), [(0.8 + tau) / 3 for tau in reports.values()])


def test_a_bad_trial_ends_at_its_first_report():
    regressor, reports = fitted(ThresholdPruner(lower=1.1), max_epochs=50, every=5)
    assert regressor is None
    assert list(reports) == [5]


def test_epochs_of_pretraining_are_not_reported():
    trial = optuna.create_study(direction="maximize").ask()
    callback = PruningCallback(trial, TEST, Y_TEST, every=1)
    quick_regressor(max_epochs=3).set_callbacks(callback).fit(TRAIN, Y, X_unlabeled=cells(9))
    assert list(trial.study.trials[0].intermediate_values) == [1, 2, 3]


@pytest.mark.parametrize("early_stopping", [False, True])
def test_reports_are_of_the_regressor_that_callbacks_of_scikit_learn_get(early_stopping):
    """One that learnt from the same labels: those that early stopping holds out do not count."""
    found = []

    class Comparing:
        def setup(self, estimator, context):
            pass

        teardown = on_fit_task_begin = setup

        def on_fit_task_end(self, estimator, context, *, fitted_estimator):
            if context.task_name == "epoch":
                found.append((estimator.predict_midway(TEST), fitted_estimator.predict(TEST)))

    regressor = quick_regressor(
        max_epochs=3, lr=0.03, early_stopping=early_stopping, validation_fraction=0.3
    ).fit_pretrain(cells(30, seed=5))
    regressor.set_callbacks(Comparing()).fit(TRAIN, Y)
    assert len(found) == 3
    for midway, fitted_now in found:
        np.testing.assert_array_equal(midway, fitted_now)
