"""What `compare` does; its imports are heavy."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from joblib import delayed
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import check_cv, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.utils import check_scalar

from fgp_sklearn._jobs import in_order
from fgp_sklearn._numeric_input import validate_targets
from fgp_sklearn._progress import progress_bar
from fgp_sklearn._scoring import score_label, scorer_of
from fgp_sklearn._seeding import draw_seeds
from fgp_sklearn.architectures import ArchitectureBatch, UnlabeledPool, as_batch
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.estimators import FGPEncoder, FGPRegressor, FlowGaussianProcessRegressor
from fgp_sklearn.model_selection._comparison import Comparison
from fgp_sklearn.model_selection._isomorphism_group_k_fold import IsomorphismGroupKFold
from fgp_sklearn.model_selection._plain_rivals import plain_rivals

FloatArray = NDArray[np.float64]

_N_REPEATS = 4


class _Compared(NamedTuple):
    """An estimator, what it reads, and further parameters of its `fit`."""

    estimator: Any
    X: Any
    params: dict[str, Any]


def compared(
    X: Any,
    y: Any,
    cv: Any,
    n_repeats: int | None,
    X_unlabeled: Any,
    estimators: Mapping[str, Any] | None,
    scoring: Any,
    reading: dict[str, Any],
    n_jobs: int | None,
    random_state: Any,
    verbose: bool,
) -> Comparison:
    """Compare estimators; see `compare`. `reading` holds parameters of `as_batch`."""
    batch = as_batch(X, **reading)
    labels = validate_targets("compare", y, len(batch))
    if labels.ndim != 1:
        raise ValueError(f"y has shape {labels.shape}; compare one target at a time: pass y[:, 0]")
    pool = batch if X_unlabeled is None else as_batch(X_unlabeled, **reading)
    fold_seed, *seeds = draw_seeds(random_state, 4)
    folds = [
        fold for splitter in _splitters(cv, n_repeats, fold_seed) for fold in splitter.split(batch, labels)
    ]
    _refuse_small(folds)
    rivals = plain_rivals(batch, seeds[2], None if X_unlabeled is None else pool, **reading)
    _refuse_names(estimators, rivals)
    own = dict(_own(estimators, batch, pool, seeds, verbose, reading))
    chosen = {
        **own,
        **{name: _Compared(rival.regressor, rival.columns, {}) for name, rival in rivals.items()},
    }
    scores = _scores(chosen, labels, folds, scoring, n_jobs, verbose)
    n_train, n_test = (float(np.mean([len(fold[side]) for fold in folds])) for side in (0, 1))
    to_use = {
        **{name: one.estimator for name, one in own.items()},
        # Frozen, or the encoding would be as wide as the largest labelled architecture.
        **{
            name: make_pipeline(FrozenEstimator(rival.encoding), rival.regressor)
            for name, rival in rivals.items()
        },
    }
    return Comparison(
        scores,
        tuple(rivals),
        score_label(scoring),
        n_train,
        n_test,
        {name: clone(estimator) for name, estimator in to_use.items()},
    )


def _splitters(cv: Any, n_repeats: int | None, seed: int) -> list[Any]:
    if isinstance(cv, (int, np.integer)) and not isinstance(cv, bool):
        n_repeats = check_scalar(
            _N_REPEATS if n_repeats is None else n_repeats, "n_repeats", Integral, min_val=1
        )
        return [
            IsomorphismGroupKFold(int(cv), shuffle=True, random_state=seed + repeat)
            for repeat in range(n_repeats)
        ]
    if n_repeats is not None:
        raise ValueError(f"n_repeats={n_repeats} requires a number of folds as cv, and cv is {shown(cv)}")
    return [check_cv(cv)]


def _refuse_small(folds: list[Any]) -> None:
    """Raise an error if there is nothing to rank in a test set."""
    smallest = min((len(test) for _, test in folds), default=0)
    if smallest < 2:
        raise ValueError(
            f"a test set has {smallest} architectures, and ranking needs at least 2; use fewer folds"
        )


def _refuse_names(estimators: Any, rivals: Mapping[str, Any]) -> None:
    """Raise an error if estimators have no names, or those of rivals."""
    if estimators is None:
        return
    if not isinstance(estimators, Mapping) or not estimators:
        raise ValueError(
            'estimators must be a dict of at least one estimator by name, such as {"mine": estimator}, '
            f"got {shown(estimators)}"
        )
    taken = [name for name in estimators if name in rivals]
    if taken:
        raise ValueError(f"plain rivals have the names {named(taken)}; give your estimators other names")


def _own(
    estimators: Mapping[str, Any] | None,
    batch: ArchitectureBatch,
    pool: ArchitectureBatch,
    seeds: list[int],
    verbose: bool,
    reading: dict[str, Any],
) -> Iterator[tuple[str, _Compared]]:
    """The estimators that are compared with the rivals."""
    if estimators is not None:
        for name, estimator in estimators.items():
            yield name, _Compared(estimator, batch, {})
        return
    encoder = FGPEncoder(**reading)
    pretrained = FGPRegressor(encoder, effort="fast", random_state=seeds[0], verbose=verbose)
    pretrained.fit_pretrain(pool).set_params(verbose=False)
    fitted = pretrained.pretrained_encoder_
    if fitted is not None and fitted.groups_ is not None:  # blocks, of which the default is as fast
        pretrained.set_params(effort="default")
    yield "FGPRegressor, pre-trained", _Compared(pretrained, batch, {})
    process = FlowGaussianProcessRegressor(random_state=seeds[1], **reading)
    yield "FlowGaussianProcessRegressor", _Compared(process, batch, {"X_unlabeled": UnlabeledPool(pool)})


def _scores(
    chosen: Mapping[str, _Compared],
    labels: FloatArray,
    folds: Any,
    scoring: Any,
    n_jobs: int | None,
    verbose: bool,
) -> dict[str, FloatArray]:
    """Score of each estimator on each fold."""
    calls = (
        delayed(_score)(one, labels, fold, scorer_of(scoring, one.estimator))
        for one in chosen.values()
        for fold in folds
    )
    running = [f"comparing, {name}" for name in chosen for _ in folds]
    scores = []
    with progress_bar(
        in_order(calls, n_jobs), description=running[0], total=len(running), shown=verbose, unit="fit"
    ) as bar:
        for score, description in zip(bar, [*running[1:], "comparing"], strict=True):
            scores.append(score)
            bar.set_description(description, refresh=False)
    return dict(zip(chosen, np.array(scores).reshape(len(chosen), len(folds)), strict=True))


def _score(one: _Compared, labels: FloatArray, fold: Any, scorer: Any) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # length scales of rivals at their bounds
        results = cross_validate(
            one.estimator, one.X, labels, cv=[fold], scoring=scorer, params=one.params, error_score="raise"
        )
    return float(results["test_score"][0])
