"""Several processes on one study, one of them killed in the middle of a trial."""

import multiprocessing
import os
import signal
import time

import numpy as np
import optuna
import pytest
import torch
from optuna.storages import JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from fgp_sklearn import PathStatistics
from fgp_sklearn.tuning import tune
from tests.sklearn_compatibility.spaces import cells, labels, tiny_regressor

PAIRS = cells(18)
Y = labels(PAIRS)
NAME, N_TRIALS = "rates", 10


def rate(trial):
    params = {"lr": trial.suggest_float("lr", 3e-3, 1e-1, log=True)}
    time.sleep(0.2)  # so that there is a middle to be killed in
    return params


def work(storage):
    torch.set_num_threads(1)
    tune(
        tiny_regressor(max_epochs=3, process_weight=0.0),
        PAIRS,
        Y,
        n_trials=N_TRIALS,
        space=rate,
        cv=2,
        storage=storage,
        study_name=NAME,
        heartbeat=0.5,
        random_state=0,
    )


def opened(storage):
    return RDBStorage(storage) if "://" in storage else JournalStorage(JournalFileBackend(storage))


def trial_of(study, process):
    """The running trial of a process, once it has drawn its parameters."""
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if trial.user_attrs.get("worker", "").endswith(f":{process.pid}") and trial.params:
            return trial
    return None


@pytest.mark.slow
@pytest.mark.parametrize(("n_workers", "kind"), [(4, "journal"), (2, "database")])
def test_no_trial_of_a_killed_worker_is_lost(n_workers, kind, tmp_path):
    storage = str(tmp_path / "study.log") if kind == "journal" else f"sqlite:///{tmp_path}/study.db"
    study = optuna.create_study(storage=opened(storage), study_name=NAME, direction="maximize")
    context = multiprocessing.get_context("forkserver")  # imports once
    context.set_forkserver_preload(["tests.tuning.test_workers"])
    workers = [context.Process(target=work, args=(storage,)) for _ in range(n_workers)]
    for worker in workers:
        worker.start()
    victim, *survivors = workers
    limit = time.monotonic() + 400
    while (lost := trial_of(study, victim)) is None:
        assert time.monotonic() < limit
        time.sleep(0.02)
    os.kill(victim.pid, signal.SIGKILL)
    for worker in workers:
        worker.join(timeout=max(0.0, limit - time.monotonic()))
    assert [worker.exitcode for worker in survivors] == [0] * (n_workers - 1)
    assert victim.exitcode == -signal.SIGKILL

    trials = study.get_trials()
    assert [trial.number for trial in trials] == list(range(len(trials)))
    finished = [t for t in trials if t.state in (TrialState.COMPLETE, TrialState.PRUNED)]
    failed = [t for t in trials if t.state == TrialState.FAIL]
    assert len(finished) + len(failed) == len(trials)  # none is left running or waiting
    assert N_TRIALS <= len(finished) < N_TRIALS + n_workers
    assert lost.number in [t.number for t in failed]
    for trial in failed:
        (again,) = [t for t in trials if t.user_attrs.get("retry_of") == trial.number]
        if trial.params:  # else it died before it drew any
            assert again.params == trial.params
    assert len({t.user_attrs["worker"] for t in finished}) >= n_workers - 1
    assert len({t.params["lr"] for t in finished}) == len(finished)  # workers do not repeat each other


def alpha(trial):
    return {"ridge__alpha": trial.suggest_float("alpha", 1e-2, 1e4, log=True)}


class DeadlySpace:
    """Kills the first worker that meets trial 2."""

    def __init__(self, marker):
        self.marker = marker

    def __call__(self, trial):
        params = alpha(trial)
        if trial.number == 2:
            try:
                self.marker.touch(exist_ok=False)
            except FileExistsError:
                return params
            os.kill(os.getpid(), signal.SIGKILL)
        return params


@pytest.mark.slow
def test_n_jobs_workers_share_the_trials_and_are_replaced(tmp_path):
    ridge = make_pipeline(PathStatistics(), Ridge())
    best, study = tune(
        ridge,
        PAIRS,
        Y,
        n_trials=8,
        space=DeadlySpace(tmp_path / "killed"),
        cv=2,
        n_jobs=2,
        heartbeat=0.5,
        random_state=0,
    )
    assert (tmp_path / "killed").exists()
    states = [trial.state for trial in study.trials]
    assert states[2] == TrialState.FAIL
    assert 8 <= len(states) - states.count(TrialState.FAIL) <= 9
    assert best[-1].alpha == study.best_params["alpha"]
    assert np.isfinite(best.predict(PAIRS)).all()
    assert type(study._storage).__name__ == "InMemoryStorage"
