"""Source: a predictor that was fitted elsewhere, and how it is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

from fgp_sklearn.architectures import ArchitectureBatch, UnknownOperationError
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.operations import OperationTable
from fgp_sklearn.operations._similar import similar_operation

FloatArray = NDArray[np.float64]


@runtime_checkable
class KnowsOperations(Protocol):
    """A source that tells which operations it knows."""

    @property
    def vocabulary_(self) -> Sequence[str]:
        """Their names."""


def check_sources(sources: Sequence[Any] | None) -> None:
    """Refuse what cannot be a source.

    Raises
    ------
    TypeError
        If a source has neither `predict` nor `decision_function`.
    """
    for place, source in enumerate(sources or ()):
        if isinstance(source, type) or _ranking_of(source) is None:
            raise TypeError(
                f"source {place} must be a fitted predictor of architectures with predict or "
                f"decision_function, got {shown(source)}"
            )


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
    predictor, known = _thawed(source), known_operations(source)
    names: dict[str, str] = {}
    while True:
        read = batch.renamed([names.get(op, op) for op in batch.vocabulary]) if names else batch
        try:
            return _answer(predictor, read)
        except UnknownOperationError as error:
            unknown = error.op
            like = None if unknown in (None, *names) else similar_operation(str(unknown), known, table)
            if like is None:
                raise
            names[str(unknown)] = like


def known_operations(source: Any) -> Sequence[str]:
    """Operations that a source knows. Of a pipeline, those of its first step; none if it does not tell."""
    predictor = _thawed(source)
    if isinstance(predictor, Pipeline):
        predictor = _thawed(predictor[0])
    return predictor.vocabulary_ if isinstance(predictor, KnowsOperations) else ()


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
    if scores.ndim not in (1, 2) or len(scores) != len(batch):
        raise ValueError(
            f"a source returned scores of shape {scores.shape} for {len(batch):,} architectures; "
            "it must return one number per architecture, or one per architecture and target"
        )
    if not np.isfinite(scores).all():
        raise ValueError("a source returned scores that are not finite; leave it out, or repair it")
    return scores.reshape(len(batch), -1)
