"""Workers of a study: they run trials one after the other and repeat those of dead workers."""

from __future__ import annotations

import logging
import math
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import TrialState

logger = logging.getLogger(__name__)

_ALIVE = "alive_at"
_WORKER = "worker"
_RETRY_OF = "retry_of"
_BEATS_MISSED = 4

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


@dataclass(frozen=True)
class Work:
    """Work that one or more workers do on a study.

    Parameters
    ----------
    objective : callable
        Function of a trial that returns its value; larger is better.
    n_trials : int
        Number of finished trials (complete or pruned) at which the study is done.
    deadline : float
        Time (`time.time`) after which no trial is started.
    heartbeat : float
        Seconds between two heartbeats of a running trial. A trial that misses four heartbeats counts as
        dead.
    """

    objective: Callable[[optuna.Trial], float]
    n_trials: int
    deadline: float = math.inf
    heartbeat: float = 15.0

    def run(self, study: optuna.Study) -> None:
        """Run trials until the study has `n_trials` finished ones or the deadline has passed."""
        while True:
            revive_dead_trials(study, _BEATS_MISSED * self.heartbeat)
            count = Counter(trial.state for trial in study.get_trials(deepcopy=False))
            n_finished = sum(count[state] for state in FINISHED)
            if n_finished >= self.n_trials or time.time() >= self.deadline:
                return
            if count[TrialState.WAITING] or n_finished + count[TrialState.RUNNING] < self.n_trials:
                self._run_trial(study)
            else:  # other workers run the last trials: wait for them, in case a worker dies
                time.sleep(min(self.heartbeat, 1.0))

    def _run_trial(self, study: optuna.Study) -> None:
        trial = study.ask()
        value, state = None, TrialState.FAIL
        try:
            trial.set_user_attr(_WORKER, f"{socket.gethostname()}:{os.getpid()}")
            with Heartbeat(trial, self.heartbeat):
                value, state = self.objective(trial), TrialState.COMPLETE
        except optuna.TrialPruned:
            state = TrialState.PRUNED
        except UpdateFinishedTrialError:  # another worker has taken this trial for dead: see below
            pass
        finally:
            if not tell(study, trial.number, state, value):
                logger.warning(
                    "trial %d was taken for dead after missed heartbeats and is repeated", trial.number
                )


class Heartbeat:
    """Context manager that sends heartbeats of a trial from a separate thread.

    Optuna has heartbeats for databases only. These heartbeats are user attributes of the trial, which every
    storage supports.
    """

    def __init__(self, trial: optuna.Trial, seconds: float) -> None:
        self._trial = trial
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> None:
        self._trial.set_user_attr(_ALIVE, time.time())
        self._thread.start()

    def __exit__(self, *_: Any) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(self._seconds):
            try:
                self._trial.set_user_attr(_ALIVE, time.time())
            except UpdateFinishedTrialError:  # another worker has taken the trial for dead
                return
            except Exception as error:  # the storage may be busy: the next heartbeat may succeed
                logger.warning("trial %d could not send a heartbeat: %s", self._trial.number, error)


def revive_dead_trials(study: optuna.Study, patience: float) -> None:
    """Fail running trials without a heartbeat for `patience` seconds, and enqueue their parameters again."""
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        began = trial.datetime_start.timestamp() if trial.datetime_start else 0.0
        if time.time() - trial.user_attrs.get(_ALIVE, began) <= patience:
            continue
        if tell(study, trial.number, TrialState.FAIL):  # only one of several workers succeeds
            planned = trial.system_attrs.get("fixed_params", {})  # a trial may die before it draws them
            study.enqueue_trial(planned | trial.params, user_attrs={_RETRY_OF: trial.number})
            logger.warning("trial %d has died and is repeated", trial.number)


def tell(study: optuna.Study, number: int, state: TrialState, value: float | None = None) -> bool:
    """Finish a trial. Return False if it was finished already."""
    try:
        study.tell(number, value, state)
    except (UpdateFinishedTrialError, ValueError):
        if not study.get_trials(deepcopy=False)[number].state.is_finished():
            raise
        return False
    return True
