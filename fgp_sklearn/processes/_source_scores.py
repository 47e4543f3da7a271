"""SourceScores: what predictors that were fitted elsewhere say about architectures."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

from fgp_sklearn._storage import POSITIVE, Array, Storable
from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError, UnknownOperationError
from fgp_sklearn.architectures._known_operations import as_table
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.operations import OperationTable
from fgp_sklearn.operations._similar import similar_operation
from fgp_sklearn.processes._priors import SOURCES_OF_COSTS, SourcePriors

FloatArray = NDArray[np.float64]

_MOST_SCALED = 2000  # architectures by which scores are standardised


class Predicts(Protocol):
    """A source: it predicts a number, or several, per architecture."""

    def predict(self, X: Any) -> Any:
        """Predict architectures."""


@runtime_checkable
class Scores(Protocol):
    """A source that also has scores without units, which are preferred."""

    def decision_function(self, X: Any) -> Any:
        """Scores of architectures."""


@runtime_checkable
class KnowsOperations(Protocol):
    """A source that tells which operations it knows."""

    @property
    def vocabulary_(self) -> Sequence[str]:
        """Their names."""


class SourceScores(Storable):
    """Standardised scores of sources, and their mean.

    An operation that a source does not know is replaced by the one that is most like it.

    Parameters
    ----------
    sources : sequence of predictors
        Fitted predictors of architectures.
    operations : OperationTable, mapping or None
        What the user knows about operations.
    of_costs : bool, default=False
        Whether the scores are costs, such as latencies of other devices.

    Attributes
    ----------
    used_ : list of int
        Positions of the sources that can answer; the others are left out, with a warning.
    n_scores_ : int
        Number of their scores: a source with several targets has one per target.
    """

    _stored_attributes: ClassVar[dict[str, Any]] = {
        "sources": list[BaseEstimator],
        "operations": OperationTable | dict | None,
        "of_costs": bool,
        "used_": list[int],
        "n_scores_": int,
        "_renamed": list[dict[str, str]],
        **dict.fromkeys(("_centre", "_spread"), Array("scores")),
        "_common_spread": POSITIVE,
    }

    def __init__(self, sources: Sequence[Any], operations: Any = None, *, of_costs: bool = False) -> None:
        self.sources = list(sources)
        self.operations = operations
        self.of_costs = of_costs

    def fit(self, known: ArchitectureBatch, seed: int) -> Self:
        """Ask the sources about some architectures, by which their scores are standardised."""
        some = known.take(_some_with_all_operations(known, seed))
        self.used_, self._renamed, columns = [], [], []
        for place, source in enumerate(self.sources):
            try:
                names, scores = self._asked(source, some)
            except ArchitectureError as error:
                warnings.warn(
                    f"source {place} cannot rank these architectures and is left out: {error.problem:.300}. "
                    "Describe its operations in operations= with kinds and attributes of operations that the "
                    "source knows, or leave the source out",
                    UserWarning,
                    stacklevel=6,
                )
                continue
            self.used_.append(place)
            self._renamed.append(names)
            columns.append(scores)
        scores = np.hstack(columns) if columns else np.zeros((len(some), 0))
        self.n_scores_ = scores.shape[1]
        self._centre, self._spread = scores.mean(axis=0), _positive(scores.std(axis=0))
        common = ((scores - self._centre) / self._spread).mean(axis=1) if self.n_scores_ else np.zeros(1)
        self._common_spread = float(_positive(common.std()))
        return self

    @property
    def priors(self) -> SourcePriors:
        """Priors of the weights of scores in a process."""
        return SOURCES_OF_COSTS if self.of_costs else SourcePriors()

    @property
    def widths(self) -> list[int]:
        """Number of columns of each block."""
        if not self.n_scores_:
            return []
        return [1] if self.n_scores_ == 1 else [1, self.n_scores_]

    def transform(self, batch: ArchitectureBatch) -> list[FloatArray]:
        """Blocks of the mean of all scores, and of each of them if there are several."""
        if not self.n_scores_:
            return []
        answers = [
            _answer(self.sources[place], _renamed(batch, names))
            for place, names in zip(self.used_, self._renamed, strict=True)
        ]
        scores = (np.hstack(answers) - self._centre) / self._spread
        common = scores.mean(axis=1, keepdims=True) / self._common_spread
        return [common] if self.n_scores_ == 1 else [common, scores / np.sqrt(self.n_scores_)]

    def _asked(self, source: Any, batch: ArchitectureBatch) -> tuple[dict[str, str], FloatArray]:
        """Which operations a source needs to be replaced, and its scores."""
        table, names = as_table(self.operations), dict[str, str]()
        while True:
            try:
                return names, _answer(source, _renamed(batch, names))
            except UnknownOperationError as error:
                known = source.vocabulary_ if isinstance(source, KnowsOperations) else ()
                like = None if error.op in (None, *names) else similar_operation(str(error.op), known, table)
                if like is None:
                    raise
                names[str(error.op)] = like


def check_sources(sources: Sequence[Any] | None) -> None:
    """Refuse what cannot be a source.

    Raises
    ------
    TypeError
        If a source has neither `predict` nor `decision_function`.
    """
    for place, source in enumerate(sources or ()):
        if not callable(getattr(source, "predict", None)) and not isinstance(source, Scores):
            raise TypeError(
                f"source {place} must be a fitted predictor of architectures with predict or "
                f"decision_function, got {shown(source)}"
            )


def _answer(source: Any, batch: ArchitectureBatch) -> FloatArray:
    """Scores of a source, of shape (n_architectures, n_scores)."""
    predictor = source.estimator if isinstance(source, FrozenEstimator) else source
    try:
        scores = (predictor.decision_function if isinstance(predictor, Scores) else predictor.predict)(batch)
    except NotFittedError as error:
        raise NotFittedError(
            f"a source is not fitted: {error!s:.200} Fit it first; if it was fitted, wrap it in "
            "sklearn.frozen.FrozenEstimator, since searches over parameters clone what is in a list"
        ) from None
    scores = np.asarray(scores, dtype=np.float64).reshape(len(batch), -1)
    if not np.isfinite(scores).all():
        raise ValueError("a source returned scores that are not finite; leave it out, or repair it")
    return scores


def _renamed(batch: ArchitectureBatch, names: dict[str, str]) -> ArchitectureBatch:
    if not names:
        return batch
    return batch.renamed([names.get(op, op) for op in batch.vocabulary])


def _some_with_all_operations(batch: ArchitectureBatch, seed: int) -> NDArray[np.int64]:
    """A random choice of architectures in which every operation of the batch occurs."""
    _, first = np.unique(batch.ops, return_index=True)
    rows = np.random.default_rng(seed).permutation(len(batch))[:_MOST_SCALED]
    return np.union1d(rows, batch.node_owner[first])


def _positive(spread: Any) -> Any:
    return np.where(spread > 0, spread, 1.0)
