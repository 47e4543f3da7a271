"""Four processes share one study of FGPSampler, and one of them is killed in the middle of a trial."""

import multiprocessing
import os
import signal
import sqlite3
import time
import warnings
from contextlib import closing
from functools import partial

import numpy as np
import optuna
import pytest
from optuna import storages
from optuna.storages import RDBStorage, fail_stale_trials
from optuna.trial import TrialState
from sqlalchemy import event

from fgp_sklearn.search import FGPSampler

# Names of Optuna 5, or else of Optuna 4.
RETRY = next(
    getattr(storages, name)
    for name in ("RetryHeartbeatStaleTrialCallback", "RetryFailedTrialCallback")
    if hasattr(storages, name)
)
CALLBACK = "heartbeat_stale_trial_callback" if "Stale" in RETRY.__name__ else "failed_trial_callback"

OPS = ("conv3x3", "conv5x5", "pool", "skip_connect")
NAME, N_TRIALS, N_WORKERS = "chains", 18, 4


def define(trial):
    ops = ["input", *(trial.suggest_categorical(f"layer{i}", OPS) for i in range(4)), "output"]
    return np.eye(6, k=1, dtype=int), ops


def train(trial, waits_to_be_killed):
    trial.set_user_attr("worker", os.getpid())
    _, ops = define(trial)
    time.sleep(400 if waits_to_be_killed and trial.number >= N_WORKERS else 0.05)
    return ops.count("conv3x3") + 0.5 * ops.count("pool")


def opened(url):
    """A storage whose transactions exclude each other, as those of a database server do.

    SQLite locks at the first write of a transaction, so two workers may read that a trial waits, or is stale,
    and both take it. The grace period is long enough for a heartbeat on a busy machine.
    """
    patience = {"connect_args": {"timeout": 60}}
    options = {"heartbeat_interval": 1, "grace_period": 10, CALLBACK: RETRY(), "engine_kwargs": patience}
    storage = RDBStorage(url, skip_table_creation=True, **options)
    engine = storage.engine
    event.listen(engine, "connect", lambda connection, _: setattr(connection, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    engine.dispose()  # connections from before
    return storage


def work(url, waits_to_be_killed):
    """Run trials until enough are complete and none waits or runs."""
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = FGPSampler(define_architecture=define, n_startup_trials=6, n_candidates=60, seed=0)
    study = optuna.load_study(study_name=NAME, storage=opened(url), sampler=sampler)
    while True:
        states = [trial.state for trial in study.get_trials(deepcopy=False)]
        n_complete, n_running = states.count(TrialState.COMPLETE), states.count(TrialState.RUNNING)
        if states.count(TrialState.WAITING) or n_complete + n_running < N_TRIALS:
            study.optimize(partial(train, waits_to_be_killed=waits_to_be_killed), n_trials=1)
        elif n_running:
            fail_stale_trials(study)
            time.sleep(0.5)
        else:
            return


def running_trial_of(pid, study, url):
    """The trial that a worker trains, once it has all parameters and a heartbeat.

    Optuna sends heartbeats from a thread, which may wait for the database longer than the trial does. A trial
    that never sent one never counts as stale, so no worker would repeat it.
    """
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if trial.user_attrs.get("worker") == pid and len(trial.params) == 4:
            return trial if trial.number in numbers_with_heartbeat(url) else None
    return None


def numbers_with_heartbeat(url):
    query = "SELECT number FROM trials NATURAL JOIN trial_heartbeats"
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60)) as database:
        return {number for (number,) in database.execute(query)}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_no_trial_is_lost_and_none_asked_twice(tmp_path):
    url = f"sqlite:///{tmp_path}/study.db"
    study = optuna.create_study(storage=RDBStorage(url), study_name=NAME, direction="maximize")
    context = multiprocessing.get_context("forkserver")  # imports once
    context.set_forkserver_preload(["tests.search.test_sampler_workers"])
    workers = [context.Process(target=work, args=(url, number == 0)) for number in range(N_WORKERS)]
    for worker in workers:
        worker.start()
    victim, *survivors = workers
    limit = time.monotonic() + 400
    while (lost := running_trial_of(victim.pid, study, url)) is None or lost.number < N_WORKERS:
        assert time.monotonic() < limit
        time.sleep(0.2)
    os.kill(victim.pid, signal.SIGKILL)
    for worker in workers:
        worker.join(timeout=max(0.0, limit - time.monotonic()))
    assert [worker.exitcode for worker in survivors] == [0] * (N_WORKERS - 1)
    assert victim.exitcode == -signal.SIGKILL

    trials = study.get_trials()
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE]
    (failed,) = [trial for trial in trials if trial.state != TrialState.COMPLETE]
    (again,) = [t for t in complete if RETRY.retried_trial_number(t) == failed.number]
    assert failed.state == TrialState.FAIL
    assert failed.number == lost.number
    assert again.params == lost.params
    assert N_TRIALS <= len(complete) < N_TRIALS + N_WORKERS
    assert len({trial.user_attrs["worker"] for trial in complete}) >= N_WORKERS - 1
    computed = {
        tuple(op for _, op in sorted(trial.params.items()) if op != "skip_connect") for trial in complete
    }
    assert len(computed) == len(complete)
