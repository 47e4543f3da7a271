"""tune: cross-validated hyperparameter search with Optuna that tolerates dying workers."""

from __future__ import annotations

import logging
import math
import os
import time
import warnings
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from numbers import Integral, Real
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from joblib import Parallel, delayed, effective_n_jobs
from sklearn.base import clone
from sklearn.model_selection import KFold, check_cv
from sklearn.utils import check_scalar

from fgp_sklearn._scoring import scorer_of
from fgp_sklearn._seeding import draw_seeds
from fgp_sklearn._validation import num_samples
from fgp_sklearn.architectures._positions import as_positions
from fgp_sklearn.architectures._unlabeled_pool import opened
from fgp_sklearn.tuning._suggest_params import suggest_params, tunable_parts

if TYPE_CHECKING:
    from optuna import Study
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler
    from optuna.storages import BaseStorage

    from fgp_sklearn.tuning._objective import CrossValidated, Space
    from fgp_sklearn.tuning._worker import Work

logger = logging.getLogger(__name__)


class Tuned(NamedTuple):
    """Result of `tune`, which can be unpacked: ``estimator, study = tune(...)``.

    Parameters
    ----------
    estimator : estimator
        Estimator with the best parameters, fitted to all labels.
    study : optuna.Study
        Study with all trials.

    Examples
    --------
    >>> from fgp_sklearn.tuning import Tuned
    >>> Tuned._fields
    ('estimator', 'study')
    """

    estimator: Any
    study: Study


def tune(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    n_trials: int,
    X_unlabeled: Any = None,
    space: Space | None = None,
    cv: Any = None,
    scoring: Any = "kendall_tau",
    storage: str | os.PathLike[str] | BaseStorage | None = None,
    study_name: str | None = None,
    sampler: BaseSampler | None = None,
    pruner: BasePruner | None = None,
    timeout: float | None = None,
    heartbeat: float = 15.0,
    n_jobs: int = 1,
    random_state: Any = None,
) -> Tuned:
    """Search for the parameters with the best cross-validation score, and refit with them.

    Several workers can share a study in a `storage`: the workers of one call (`n_jobs`), and other calls
    with the same `storage` and `study_name`, on this or other machines, at the same time or later. Each
    worker runs trials until the study has `n_trials` finished ones. A running trial sends heartbeats. If its
    worker is killed, another worker marks the trial as failed and repeats its parameters. To resume a search
    that was killed, repeat the call.

    Parameters
    ----------
    estimator : estimator
        What to tune. A regressor pre-trained with `fit_pretrain` keeps its encoder in all trials.
    X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
        Labelled architectures.
    y : array-like of shape (n_architectures,)
        Labels of the architectures.
    n_trials : int
        Number of finished trials (complete or pruned) at which the search ends. Several workers may
        finish a few more.
    X_unlabeled : like X, or UnlabeledPool, optional
        Pool to pre-train on. Each process pre-trains once per configuration of the encoder and caches the
        last 64 configurations.
    space : callable, optional
        ``space(trial)`` returns what to hand to ``set_params``; by default what `suggest_params`
        suggests for the estimator, or for those of this library in a pipeline. With `n_jobs` it must
        survive pickling.
    cv : int, splitter or iterable, optional
        Folds, as scikit-learn's; by default five shuffled ones, the same for every worker. An iterable
        holds pairs of positions, or of masks.
    scoring : str or callable, default="kendall_tau"
        Score, of which more is better: "kendall_tau", "spearman", "precision_at_top", "regret_at_k", a name
        of scikit-learn, or a scorer.
    storage : str, path or optuna.storages.BaseStorage, optional
        URL of a database, such as ``"sqlite:///study.db"``; path of an Optuna journal, which several
        machines may share; or an Optuna storage. By default, the study is kept in memory.
    study_name : str, optional
        Name of the study in `storage`. A study of this name is continued if it exists.
    sampler : optuna.samplers.BaseSampler, optional
        Sampler; by default TPE, seeded with `random_state` and the number of the trial.
    pruner : optuna.pruners.BasePruner, optional
        Pruner; by default the median rule. It prunes from the sixth trial on, and not before half of the
        epochs of the first fold. See `PruningCallback`.
    timeout : float, optional
        Seconds after which no trial is started.
    heartbeat : float, default=15.0
        Seconds between two heartbeats of a trial. A trial that misses four heartbeats counts as dead, so
        choose a larger number for a slow storage.
    n_jobs : int, default=1
        Number of worker processes of joblib; -1 for all cores.
    random_state : int, RandomState instance or None, default=None
        Seed of the sampler, and of an estimator whose `random_state` is None. With an integer, trials that
        run one after the other are reproducible, even if the search is interrupted.

    Returns
    -------
    Tuned
        ``(estimator, study)``: the estimator with the best parameters, refitted to all labels, and the
        study. Trials have the user attributes ``worker`` (host and process), ``alive_at`` (time of the last
        heartbeat) and ``retry_of`` (number of the dead trial that this one repeats).

    Raises
    ------
    ValueError
        If no trial is completed, scores are not finite, a position of a fold is not in `X`, or a storage in
        memory is to be shared by processes.
    TypeError
        If `space` is not callable, or if it is not given and no ranges are known for the estimator.

    See Also
    --------
    suggest_params : Suggests parameters by default.
    PruningCallback : Prunes trials of an `FGPRegressor` by epoch.

    Notes
    -----
    The first trial of a study evaluates the estimator with the parameters it is given, if `space` suggests
    parameters under their own names and their values are within its ranges. This is so for the default
    space. The best trial therefore never has a lower cross-validation score than the estimator as given.

    If a trial raises an error, it is marked as failed and the error is raised. Failed trials do not count
    towards `n_trials`.

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn import FGPEncoder, FGPRegressor
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.tuning import tune
    >>> pool = nasbench201_space()[::50]
    >>> convolutions = np.array([sum("conv" in op for op in ops) for _, ops in pool.to_pairs()])
    >>> regressor = FGPRegressor(FGPEncoder(hidden_dim=16, max_epochs=2), max_epochs=5, random_state=0)
    >>> regressor.fit_pretrain(pool)
    FGPRegressor(encoder=FGPEncoder(hidden_dim=16, max_epochs=2), max_epochs=5,
                 random_state=0)
    >>> best, study = tune(regressor, pool[:40], convolutions[:40], n_trials=3, cv=2, random_state=0)
    >>> len(study.trials), sorted(study.best_params)[:2]
    (3, ['loss', 'lr'])
    >>> best.predict(pool).shape
    (313,)
    """
    import optuna

    from fgp_sklearn.tuning._sampler import SampledByNumber
    from fgp_sklearn.tuning._worker import Work

    check_scalar(n_trials, "n_trials", Integral, min_val=1)
    check_scalar(heartbeat, "heartbeat", Real, min_val=0, include_boundaries="neither")
    estimator_seed, sampler_seed = draw_seeds(random_state, 2)
    estimator = _seeded(clone(estimator), estimator_seed)
    fit_params = {} if X_unlabeled is None else {"X_unlabeled": X_unlabeled}
    objective = _objective(estimator, X, y, space, cv, scoring, fit_params)
    deadline = math.inf if timeout is None else time.time() + timeout
    work = Work(objective, int(n_trials), deadline, float(heartbeat))
    with _opened(storage, n_jobs) as shared:
        study = optuna.create_study(
            storage=shared,
            study_name=study_name,
            load_if_exists=study_name is not None,
            direction="maximize",
            sampler=SampledByNumber(sampler_seed) if sampler is None else sampler,
            pruner=_default_pruner(estimator) if pruner is None else pruner,
        )
        if not study.trials:
            _enqueue_given(study, objective)
        if effective_n_jobs(n_jobs) == 1:
            work.run(study)
        else:
            _run_in_processes(work, study, shared, n_jobs)
            study = _in_memory(study) if storage is None else study
    if not study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,)):
        raise ValueError(
            f"none of {len(study.trials)} trials was completed with timeout={timeout}; allow more time, or "
            "pass a pruner that prunes fewer trials"
        )
    best = objective.candidate(optuna.trial.FixedTrial(study.best_params))
    return Tuned(best.fit(X, y, **objective.fit_params), study)


def _objective(
    estimator: Any, X: Any, y: Any, space: Space | None, cv: Any, scoring: Any, fit_params: dict[str, Any]
) -> CrossValidated:
    from fgp_sklearn.tuning._objective import CrossValidated

    if space is not None and not callable(space):
        raise TypeError(
            f"space must be a function of a trial, not a {type(space).__name__}; for instance "
            "lambda trial: {'lr': trial.suggest_float('lr', 1e-4, 1e-2, log=True)}"
        )
    X = opened(X)
    folds = KFold(5, shuffle=True, random_state=0) if cv is None else check_cv(cv, y)
    n = num_samples(X)
    splits = [
        (as_positions(train, n, name="training set in cv"), as_positions(test, n, name="test set in cv"))
        for train, test in folds.split(X, y)
    ]
    return CrossValidated(
        estimator=estimator,
        space=partial(suggest_params, estimator=estimator) if space is None else space,
        X=X,
        y=y,
        splits=splits,
        scorer=scorer_of(scoring, estimator),
        fit_params=fit_params,
    )


def _seeded(estimator: Any, seed: int) -> Any:
    """Set the seed of the estimator, so that its pre-training is the same in every fold and trial."""
    if estimator.get_params(deep=False).get("random_state", seed) is None:
        estimator.set_params(random_state=seed)
    return estimator


def _enqueue_given(study: Study, objective: CrossValidated) -> None:
    """Enqueue the parameters of the given estimator as the first trial, if the space contains them."""
    from optuna.trial import FixedTrial

    params = objective.estimator.get_params(deep=True)
    for path, part in tunable_parts(objective.estimator):
        params |= {f"{path}{name}": value for name, value in part.given_params().items()}
    given = FixedTrial(params)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Optuna only warns of what is out of range
            objective.space(given)
    except Exception:
        return
    study.enqueue_trial(given.params, skip_if_exists=True)


def _default_pruner(estimator: Any) -> BasePruner:
    from optuna.pruners import MedianPruner

    max_epochs = estimator.get_params(deep=False).get("max_epochs", 0)
    return MedianPruner(n_startup_trials=5, n_warmup_steps=max_epochs // 2)


@contextmanager
def _opened(storage: Any, n_jobs: int) -> Iterator[Any]:
    """Open the storage. Without a storage, processes share a temporary journal."""
    from optuna.storages import InMemoryStorage

    if effective_n_jobs(n_jobs) > 1 and isinstance(storage, InMemoryStorage):
        raise ValueError(
            f"n_jobs={n_jobs} processes cannot share a storage in memory; pass the path of a journal"
        )
    if storage is None and effective_n_jobs(n_jobs) > 1:
        with TemporaryDirectory() as folder:
            yield _journal(str(Path(folder, "journal.log")))
    elif isinstance(storage, os.PathLike) or (isinstance(storage, str) and "://" not in storage):
        yield _journal(os.fspath(storage))
    else:
        yield storage


def _journal(path: str) -> BaseStorage:
    from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock, JournalStorage

    # Writing a line takes milliseconds: a process that holds the lock for ten seconds was killed.
    return JournalStorage(JournalFileBackend(path, JournalFileSymlinkLock(path, grace_period=10)))


def _run_in_processes(work: Work, study: Study, storage: Any, n_jobs: int) -> None:
    """Run workers until the study is done. Start new workers if some are killed."""
    from fgp_sklearn.tuning._worker import FINISHED

    join = delayed(_join)(work, storage, study.study_name, study.sampler, study.pruner)
    while True:
        n_finished = len(study.get_trials(deepcopy=False, states=FINISHED))
        try:
            Parallel(n_jobs=n_jobs)([join] * effective_n_jobs(n_jobs))
            return
        except BrokenProcessPool:
            if len(study.get_trials(deepcopy=False, states=FINISHED)) == n_finished:
                raise
            logger.warning("a worker was killed; new workers continue the study")


def _join(work: Work, storage: Any, name: str, sampler: Any, pruner: Any) -> None:
    import optuna

    work.run(optuna.load_study(study_name=name, storage=storage, sampler=sampler, pruner=pruner))


def _in_memory(study: Study) -> Study:
    """Copy the study from its temporary files into memory."""
    import optuna

    copy = optuna.create_study(direction=study.direction, sampler=study.sampler, pruner=study.pruner)
    copy.add_trials(study.get_trials(deepcopy=False))
    return copy
