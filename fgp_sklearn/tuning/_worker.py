"""What a worker of a study does: one trial after the other, and those of the dead again."""

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
    """What is to be done on a study, by as many workers as there are.

    Parameters
    ----------
    objective : callable
        Value of a trial, larger is better.
    n_trials : int
        Number of finished trials, complete or pruned, that the study is to have.
    deadline : float
        Time (`time.time`) after which no trial is begun.
    heartbeat : float
        Seconds between two signs of life of a running trial. One that misses four is dead.
    """

    objective: Callable[[optuna.Trial], float]
    n_trials: int
    deadline: float = math.inf
    heartbeat: float = 15.0

    def run(self, study: optuna.Study) -> None:
        """Run trials until the study has enough, and nobody's is missing."""
        while True:
            revive_dead_trials(study, _BEATS_MISSED * self.heartbeat)
            count = Counter(trial.state for trial in study.get_trials(deepcopy=False))
            n_finished = sum(count[state] for state in FINISHED)
            if n_finished >= self.n_trials or time.time() >= self.deadline:
                return
            if count[TrialState.WAITING] or n_finished + count[TrialState.RUNNING] < self.n_trials:
                self._run_trial(study)
            else:  # the last ones run elsewhere: wait, lest their workers die
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
        except UpdateFinishedTrialError:  # another worker has failed it: see below
            pass
        finally:
            if not tell(study, trial.number, state, value):
                logger.warning(
                    "trial %d was taken for dead and tried again, though it was only silent", trial.number
                )


class Heartbeat:
    """Signs of life of a trial, from a thread of its own, within a block.

    Optuna has heartbeats for databases only; these are attributes of the trial, which every storage
    keeps.
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
            except UpdateFinishedTrialError:  # somebody took it for dead
                return
            except Exception as error:  # a busy storage is no reason to stop for good
                logger.warning("trial %d could not give a sign of life: %s", self._trial.number, error)


def revive_dead_trials(study: optuna.Study, patience: float) -> None:
    """Fail running trials without a sign of life for `patience` seconds; their parameters wait anew."""
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        began = trial.datetime_start.timestamp() if trial.datetime_start else 0.0
        if time.time() - trial.user_attrs.get(_ALIVE, began) <= patience:
            continue
        if tell(study, trial.number, TrialState.FAIL):  # of several workers one succeeds
            planned = trial.system_attrs.get("fixed_params", {})  # it may have died before it drew them
            study.enqueue_trial(planned | trial.params, user_attrs={_RETRY_OF: trial.number})
            logger.warning("trial %d has died and is tried again", trial.number)


def tell(study: optuna.Study, number: int, state: TrialState, value: float | None = None) -> bool:
    """Finish a trial, and return False if it was finished before."""
    try:
        study.tell(number, value, state)
    except (UpdateFinishedTrialError, ValueError):
        if not study.get_trials(deepcopy=False)[number].state.is_finished():
            raise
        return False
    return True
