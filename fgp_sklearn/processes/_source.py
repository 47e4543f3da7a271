"""Source: a predictor that was fitted elsewhere, and how it is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

from fgp_sklearn.architectures import ArchitectureBatch, UnknownOperationError
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.operations import OperationTable
from fgp_sklearn.operations._similar import similar_operation

FloatArray = NDArray[np.float64]

_LARGEST = 1e100


def check_source(source: Any, name: str) -> None:
    """Refuse what cannot be a source.

    Raises
    ------
    TypeError
        If it has neither `predict` nor `decision_function`.
    """
    if isinstance(source, type) or _ranking_of(source) is None:
        raise TypeError(
            f"{name} must be a fitted predictor of architectures with predict or decision_function, "
            f"got {shown(source)}"
        )


def check_sources(sources: Sequence[Any] | None, owner: Any = None) -> None:
    """Refuse what cannot be among the sources of a regressor, such as the regressor itself.

    Raises
    ------
    TypeError
        If a source has neither `predict` nor `decision_function`.
    ValueError
        If the owner is among its sources, or among theirs.
    """
    pending = [*(sources or ())]
    for place, source in enumerate(pending):
        check_source(source, f"source {place}")
    seen: set[int] = set()  # sources may be sources of each other
    while pending:
        source = _thawed(pending.pop())
        if id(source) in seen:
            continue
        seen.add(id(source))
        if source is owner and owner is not None:
            raise ValueError(
                "the regressor is among its own sources, or among theirs; fit a clone of it as the source"
            )
        pending += [*(getattr(source, "sources", None) or ())]


def scores_of(source: Any, batch: ArchitectureBatch, table: OperationTable) -> FloatArray:
    """Scores of a source. Operations that it does not know are replaced by similar ones.

    Parameters
    ----------
    source : predictor
        A fitted predictor with `predict`, or with `decision_function`, which is preferred.
    batch : ArchitectureBatch
        Architectures.
    table : OperationTable
        What is known about operations.

    Returns
    -------
    ndarray of float64 of shape (n_architectures, n_scores)
        The scores: one per target of the source.

    Raises
    ------
    ArchitectureError
        If the source cannot rank these architectures, for example because it knows no similar operation.
    NotFittedError
        If the source is not fitted.
    ValueError
        If scores are not finite, or not one number per architecture and target.
    """
    predictor = _thawed(source)
    names: dict[str, str] = {}
    while True:
        read = batch.renamed([names.get(op, op) for op in batch.vocabulary]) if names else batch
        try:
            return _answer(predictor, read)
        except UnknownOperationError as error:
            unknown = error.op
            like = None if unknown in (None, *names) else similar_operation(str(unknown), error.known, table)
            if like is None:
                raise
            names[str(unknown)] = like


def _thawed(source: Any) -> Any:
    return source.estimator if isinstance(source, FrozenEstimator) else source


def _ranking_of(source: Any) -> Callable[[Any], Any] | None:
    """The method of a source that ranks. A pipeline has those of its last step."""
    ask = getattr(source, "decision_function", None) or getattr(source, "predict", None)
    return ask if callable(ask) else None


def _answer(predictor: Any, batch: ArchitectureBatch) -> FloatArray:
    ask = _ranking_of(predictor)
    if ask is None:
        raise TypeError(f"a source must have predict or decision_function, got {shown(predictor)}")
    try:
        scores = np.asarray(ask(batch), dtype=np.float64)
    except NotFittedError as error:
        raise NotFittedError(
            f"a source is not fitted: {error!s:.200} Fit it first. If it was fitted, wrap it in "
            "sklearn.frozen.FrozenEstimator: searches over parameters clone what is in a list"
        ) from None
    if scores.ndim not in (1, 2) or len(scores) != len(batch) or 0 in scores.shape[1:]:
        raise ValueError(
            f"a source returned scores of shape {scores.shape} for {len(batch):,} architectures; "
            "it must return one number per architecture, or one per architecture and target"
        )
    if not (np.abs(scores) < _LARGEST).all():  # NaN is not less
        raise ValueError("a source returned NaN, or a score beyond 1e100; leave it out, or repair it")
    return scores.reshape(len(batch), -1)
