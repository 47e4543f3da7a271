import logging
from functools import partial

import numpy as np
import optuna
import pytest
from optuna.pruners import NopPruner, ThresholdPruner
from optuna.samplers import RandomSampler
from optuna.trial import TrialState
from optuna_integration import OptunaSearchCV
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline

from fgp_sklearn import (
    ArchitectureSimplifier,
    FGPEncoder,
    FGPRegressor,
    FlowGaussianProcessRegressor,
    PathStatistics,
    UnlabeledPool,
    WeisfeilerLehmanEncoding,
)
from fgp_sklearn._seeding import draw_seeds
from fgp_sklearn.metrics import kendall_tau_scorer
from fgp_sklearn.model_selection import IsomorphismGroupKFold
from fgp_sklearn.tuning import tune
from tests.sklearn_compatibility.spaces import cells, forms, labels, quick_regressor

PAIRS = cells(24)
Y = labels(PAIRS)
by_epoch = pytest.mark.skipif(
    not hasattr(FGPRegressor, "set_callbacks"), reason="callbacks came with scikit-learn 1.9"
)
RIDGE = make_pipeline(PathStatistics(), Ridge())


def network(**params):
    return quick_regressor(**{"process_weight": 0.0, **params})


def alpha(trial):
    return {"ridge__alpha": trial.suggest_float("alpha", 1e-2, 1e4, log=True)}


def rate(trial):
    return {"lr": trial.suggest_float("lr", 1e-3, 1e-1, log=True)}


tune_ridge = partial(tune, RIDGE, PAIRS, Y, space=alpha, cv=3, random_state=0)


def params_of(study):
    return [trial.params for trial in study.trials]


# ------------------------------------------------------------------ what is found


@pytest.mark.parametrize("form", forms(PAIRS))
def test_the_best_of_cross_validation_is_refitted(form):
    X = forms(PAIRS)[form]
    regressor = network().fit_pretrain(PAIRS)
    best, study = tune(regressor, X, Y, n_trials=2, space=rate, pruner=NopPruner(), random_state=0)
    cv = KFold(5, shuffle=True, random_state=0)
    for trial in study.trials:
        twin = network(**trial.params).fit_pretrain(PAIRS)
        scores = cross_val_score(twin, PAIRS, Y, cv=cv, scoring=kendall_tau_scorer)
        assert trial.value == pytest.approx(scores.mean(), abs=1e-9)
    assert study.best_value == max(trial.value for trial in study.trials)
    twin = network(**study.best_params).fit_pretrain(PAIRS).fit(PAIRS, Y)
    np.testing.assert_array_equal(best.predict(X), twin.predict(X))


def test_a_space_must_be_a_function():
    with pytest.raises(TypeError, match="space must be a function of a trial, not a dict; for"):
        tune(FGPRegressor(), PAIRS, Y, n_trials=1, space={"lr": (1e-4, 1e-2)})


def test_any_estimator_splitter_and_scoring():
    cv = IsomorphismGroupKFold(3)
    _, study = tune(RIDGE, PAIRS, Y, n_trials=4, space=alpha, cv=cv, scoring="r2", random_state=0)
    expected = [
        cross_val_score(make_pipeline(PathStatistics(), Ridge(**trial.params)), PAIRS, Y, cv=cv).mean()
        for trial in study.trials
    ]
    np.testing.assert_allclose([trial.value for trial in study.trials], expected)


def test_the_default_space_is_tuned():
    best, study = tune(quick_regressor(), PAIRS, Y, n_trials=2, cv=2, random_state=0)
    assert best.encoder.hidden_dim == study.best_params["encoder__hidden_dim"]
    assert best.encoder_.transform(PAIRS).shape == (24, best.encoder.hidden_dim)


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (
            FGPRegressor(max_epochs=1),
            {"lr": 2e-3, "encoder__backbone": "gated_gcn", "encoder__hidden_dim": 64},
        ),
        (FGPRegressor(FGPEncoder(dropout=0.1), max_epochs=1), {"margin": 0.1, "encoder__dropout": 0.1}),
    ],
)
def test_the_first_trial_is_the_estimator_as_given(estimator, expected):
    _, study = tune(estimator, PAIRS, Y, n_trials=1, cv=2, random_state=0)
    assert study.trials[0].params.items() >= expected.items()
    scores = cross_val_score(
        clone(estimator).set_params(random_state=draw_seeds(0, 2)[0]),
        PAIRS,
        Y,
        cv=2,
        scoring=kendall_tau_scorer,
    )
    assert study.best_value == pytest.approx(scores.mean(), abs=1e-9)


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (FlowGaussianProcessRegressor(view="cost"), {"view": "cost"}),
        (
            Pipeline([("simplify", ArchitectureSimplifier()), ("process", FlowGaussianProcessRegressor())]),
            {"process__view": "accuracy"},
        ),
        (
            Pipeline([("wl", WeisfeilerLehmanEncoding(3)), ("ridge", Ridge())]),
            {"wl__n_iterations": 3},
        ),
        (
            Pipeline([("simplify", ArchitectureSimplifier()), ("fgp", FGPRegressor(max_epochs=1))]),
            {"fgp__loss": "hinge", "fgp__encoder__hidden_dim": 64},
        ),
    ],
    ids=["process", "process in a pipeline", "encoding", "regressor in a pipeline"],
)
def test_without_a_space_an_estimator_is_tuned_within_its_own_ranges(estimator, expected):
    best, study = tune(estimator, PAIRS, Y, n_trials=3, cv=2, random_state=0)
    assert study.trials[0].params.items() >= expected.items()
    assert study.best_value == max(trial.value for trial in study.trials if trial.value is not None)
    assert {name: best.get_params()[name] for name in study.best_params} == study.best_params
    assert np.isfinite(best.predict(PAIRS)).all()


def test_folds_may_be_masks():
    folds = list(KFold(3).split(PAIRS))
    masks = [tuple(np.isin(np.arange(len(PAIRS)), part) for part in fold) for fold in folds]
    values = [[trial.value for trial in tune_ridge(cv=cv, n_trials=2).study.trials] for cv in (folds, masks)]
    assert values[0] == values[1]
    for wrong, message in (
        ([(masks[0][0][:-1], masks[0][1])], "training set in cv is a mask of 23 booleans for 24"),
        ([(folds[0][0], [24])], "test set in cv: index 24 is out of range"),
    ):
        with pytest.raises(ValueError, match=message):
            tune_ridge(cv=wrong, n_trials=1)


def test_an_estimator_out_of_range_is_no_trial():
    _, study = tune(network(lr=0.5), PAIRS, Y, n_trials=1, space=rate, cv=2, random_state=0)
    assert study.trials[0].params["lr"] <= 0.1


def test_the_given_estimator_is_left_alone():
    regressor = network(random_state=None)
    tune(regressor, PAIRS, Y, n_trials=1, space=rate, cv=2, random_state=0)
    assert repr(regressor) == repr(network(random_state=None))
    assert not hasattr(regressor, "encoder_")


def test_pretraining_is_done_once_a_configuration(monkeypatch):
    pretrained = []

    def counted(self, *args, **kwargs):
        pretrained.append(self.hidden_dim)
        return pretrain(self, *args, **kwargs)

    def space(trial):
        return rate(trial) | {"encoder__hidden_dim": trial.suggest_categorical("hidden_dim", [5, 6])}

    pretrain = FGPEncoder._pretrain
    monkeypatch.setattr(FGPEncoder, "_pretrain", counted)
    pool = UnlabeledPool(cells(30, seed=9))
    regressor = network(random_state=None)
    for _ in range(2):  # a second call in the process finds them too
        _, study = tune(regressor, PAIRS, Y, n_trials=6, X_unlabeled=pool, space=space, cv=2, random_state=0)
        assert len({trial.params["hidden_dim"] for trial in study.trials}) == 2
    assert sorted(pretrained) == [5, 6]


# ------------------------------------------------------------------ pruning


@by_epoch
def test_the_last_report_is_the_value():
    """Pruning compares trials by what they are chosen by, the process included."""
    regressor = quick_regressor(max_epochs=20, process_weight=0.5).fit_pretrain(PAIRS)
    _, study = tune(regressor, PAIRS, Y, n_trials=2, space=rate, cv=2, pruner=NopPruner(), random_state=0)
    for trial in study.trials:
        assert list(trial.intermediate_values) == [10, 20, 30, 40]
        assert trial.intermediate_values[40] == pytest.approx(trial.value, abs=1e-12)


@by_epoch
def test_trials_of_a_network_are_pruned_by_epoch():
    study = optuna.create_study(direction="maximize")
    with pytest.raises(ValueError, match=r"none of 2 trials was completed .*; allow more time"):
        tune(
            quick_regressor(max_epochs=30),
            PAIRS,
            Y,
            n_trials=2,
            space=rate,
            storage=study._storage,
            study_name=study.study_name,
            pruner=ThresholdPruner(lower=2),
        )
    assert [trial.state for trial in study.trials] == [TrialState.PRUNED] * 2
    assert [list(trial.intermediate_values) for trial in study.trials] == [[10]] * 2


def test_other_trials_are_pruned_by_fold():
    _, study = tune_ridge(n_trials=12, pruner=optuna.pruners.MedianPruner(n_startup_trials=3))
    states = [trial.state for trial in study.trials]
    assert states.count(TrialState.PRUNED) > 0
    for trial in study.trials:
        folds = list(trial.intermediate_values)
        assert folds == [0, 1, 2][: len(folds)]
        assert trial.state == TrialState.PRUNED or trial.value == trial.intermediate_values[2]


# ------------------------------------------------------------------ the same again, and going on


def test_trials_depend_on_the_seed_alone():
    _, study = tune_ridge(n_trials=14)
    assert params_of(tune_ridge(n_trials=14)[1]) == params_of(study)
    assert params_of(tune_ridge(n_trials=3, random_state=1)[1]) != params_of(study)[:3]
    assert len({trial.params["alpha"] for trial in study.trials}) == 14


@pytest.mark.parametrize("kind", ["journal", "database", "object"])
def test_an_interrupted_search_goes_on_as_if_it_had_not_been(kind, tmp_path):
    storage = {
        "journal": tmp_path / "study.log",
        "database": f"sqlite:///{tmp_path}/study.db",
        "object": optuna.storages.InMemoryStorage(),
    }[kind]
    _, expected = tune_ridge(n_trials=11)
    tune_ridge(n_trials=5, storage=storage, study_name="alpha")
    _, study = tune_ridge(n_trials=11, storage=storage, study_name="alpha")
    assert params_of(study) == params_of(expected)
    best, again = tune_ridge(n_trials=11, storage=storage, study_name="alpha")
    assert len(again.trials) == 11
    assert best[-1].alpha == expected.best_params["alpha"]


def test_a_study_without_a_name_is_a_new_one(tmp_path):
    journal = str(tmp_path / "study.log")
    assert len(tune_ridge(n_trials=2, storage=journal)[1].trials) == 2
    assert len(tune_ridge(n_trials=3, storage=journal)[1].trials) == 3


def test_no_trial_is_begun_after_the_timeout():
    _, study = tune_ridge(n_trials=10**6, timeout=1.0)
    assert 1 <= len(study.trials) < 1000
    with pytest.raises(ValueError, match=r"none of 0 trials was completed with timeout=0"):
        tune_ridge(n_trials=2, timeout=0)


# ------------------------------------------------------------------ failures


def test_an_error_fails_its_trial_and_the_next_call_makes_up_for_it(tmp_path):
    def broken(trial):
        if trial.number == 2:
            raise RuntimeError("out of luck")
        return alpha(trial)

    shared = {"storage": tmp_path / "study.log", "study_name": "alpha", "n_trials": 4}
    with pytest.raises(RuntimeError, match="out of luck"):
        tune_ridge(space=broken, **shared)
    _, study = tune_ridge(**shared)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 2 + ["FAIL"] + ["COMPLETE"] * 2


def test_scores_must_be_finite():
    def undefined(estimator, X, y):
        return np.nan

    study = optuna.create_study(direction="maximize")
    with pytest.raises(ValueError, match=r"scores of the folds are \[nan, nan, nan\]"):
        tune_ridge(n_trials=2, scoring=undefined, storage=study._storage, study_name=study.study_name)
    assert [trial.state for trial in study.trials] == [TrialState.FAIL]


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"n_trials": 0}, ValueError, "n_trials == 0, must be >= 1"),
        ({"n_trials": 2.0}, TypeError, "n_trials must be an instance of"),
        ({"n_trials": 1, "heartbeat": 0}, ValueError, "heartbeat == 0, must be > 0"),
        (
            {"n_trials": 1, "n_jobs": 2, "storage": optuna.storages.InMemoryStorage()},
            ValueError,
            "n_jobs=2 processes cannot share a storage in memory; pass the path of a journal",
        ),
    ],
)
def test_bad_arguments_are_named(params, error, message):
    with pytest.raises(error, match=message):
        tune_ridge(**params)


# ------------------------------------------------------------------ the dead


def test_a_silent_trial_is_failed_and_its_parameters_are_tried_again(tmp_path, caplog):
    shared = {"storage": tmp_path / "study.log", "study_name": "alpha", "heartbeat": 0.01}
    _, study = tune_ridge(n_trials=2, **shared)
    dead = study.ask()  # by a worker that says no more
    dead.suggest_float("alpha", 1e-2, 1e4, log=True)
    _, study = tune_ridge(n_trials=5, **shared)
    states = [trial.state.name for trial in study.trials]
    assert states == ["COMPLETE", "COMPLETE", "FAIL", "COMPLETE", "COMPLETE", "COMPLETE"]
    (retried,) = [t for t in study.trials if t.user_attrs.get("retry_of") == dead.number]
    assert retried.params == study.trials[2].params
    assert "trial 2 has died and is repeated" in caplog.text


def test_parameters_that_wait_outlive_who_has_not_drawn_them(tmp_path):
    shared = {"storage": tmp_path / "study.log", "study_name": "alpha", "heartbeat": 0.01}
    _, study = tune_ridge(n_trials=1, **shared)
    study.enqueue_trial({"alpha": 3.5})
    dead = study.ask()
    _, study = tune_ridge(n_trials=2, **shared)
    assert study.trials[dead.number].state == TrialState.FAIL
    assert study.trials[-1].params == {"alpha": 3.5}


def test_a_search_waits_for_trials_that_run_elsewhere(tmp_path):
    shared = {"storage": tmp_path / "study.log", "study_name": "alpha"}
    _, study = tune_ridge(n_trials=2, **shared)
    dead = study.ask()  # in the middle of its beats, so that nothing is to be done but wait
    _, study = tune_ridge(n_trials=3, heartbeat=0.3, **shared)
    assert study.trials[dead.number].state == TrialState.FAIL
    assert sum(trial.state == TrialState.COMPLETE for trial in study.trials) == 3
    waited = study.trials[-1].datetime_start - study.trials[dead.number].datetime_start
    assert waited.total_seconds() >= 1.2


def test_who_was_taken_for_dead_does_not_count_twice(tmp_path, caplog):
    shared = {"storage": tmp_path / "study.log", "study_name": "alpha", "n_trials": 3}

    def given_up(trial):
        params = alpha(trial)
        if trial.number == 1:
            trial.study.tell(trial.number, state=TrialState.FAIL)
            trial.study.enqueue_trial(trial.params, user_attrs={"retry_of": 1})
        return params

    with caplog.at_level(logging.WARNING):
        _, study = tune_ridge(space=given_up, pruner=NopPruner(), **shared)
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]
    assert study.trials[2].params == study.trials[1].params
    assert "trial 1 was taken for dead" in caplog.text


class SlowStart(RandomSampler):
    """Another worker takes trial 1 for dead before this one has said that it runs it."""

    def before_trial(self, study, trial):
        if trial.number == 1:
            study.tell(trial.number, state=TrialState.FAIL)
            study.enqueue_trial({}, user_attrs={"retry_of": 1})


def test_who_was_taken_for_dead_before_it_began_goes_on(caplog):
    with caplog.at_level(logging.WARNING):
        _, study = tune_ridge(n_trials=3, sampler=SlowStart(seed=0), pruner=NopPruner())
    assert [trial.state.name for trial in study.trials] == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]
    assert "trial 1 was taken for dead" in caplog.text


# ------------------------------------------------------------------ optuna-integration


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.filterwarnings("ignore:`optuna.terminator` module has been deprecated:FutureWarning")
@pytest.mark.parametrize("form", forms(PAIRS))
def test_optuna_search_cv(form):
    space = {
        "lr": optuna.distributions.FloatDistribution(1e-3, 1e-1, log=True),
        "encoder__hidden_dim": optuna.distributions.CategoricalDistribution([4, 8]),
    }
    search = OptunaSearchCV(
        quick_regressor(), space, cv=3, n_trials=3, scoring=kendall_tau_scorer, random_state=0
    ).fit(forms(PAIRS)[form], Y)
    twin = quick_regressor().set_params(**search.best_params_)
    scores = cross_val_score(twin, PAIRS, Y, cv=3, scoring=kendall_tau_scorer)
    assert search.best_score_ == pytest.approx(scores.mean(), abs=1e-9)
    np.testing.assert_array_equal(search.predict(PAIRS), twin.fit(PAIRS, Y).predict(PAIRS))
