"""SourceScores: what predictors that were fitted elsewhere say about architectures."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import POSITIVE, Array, Storable
from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError, UnknownOperationError
from fgp_sklearn.architectures._known_operations import as_table
from fgp_sklearn.operations import OperationTable
from fgp_sklearn.processes._priors import SOURCES_OF_COSTS, SourcePriors
from fgp_sklearn.processes._source import scores_of

FloatArray = NDArray[np.float64]

_MOST_SCALED = 2000  # architectures by which scores are standardised


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
        "sources": list[Any],
        "operations": OperationTable | dict | None,
        "of_costs": bool,
        "used_": list[int],
        "n_scores_": int,
        **dict.fromkeys(("_centre", "_spread"), Array("scores")),
        "_common_spread": POSITIVE,
    }

    def __init__(self, sources: Sequence[Any], operations: Any = None, *, of_costs: bool = False) -> None:
        self.sources = list(sources)
        self.operations = operations
        self.of_costs = of_costs

    def fit(self, batch: ArchitectureBatch, known: ArchitectureBatch, seed: int) -> Self:
        """Ask the sources about labelled architectures, by which their scores are standardised.

        They are also asked about one of the `known` architectures per operation, so that those which cannot
        rank them are left out now, rather than fail later.
        """
        some = batch.take(np.sort(np.random.default_rng(seed).permutation(len(batch))[:_MOST_SCALED]))
        others = _one_per_operation(known)
        self.used_, columns = [], []
        for place in range(len(self.sources)):
            try:
                scores = self._asked(place, some)
                if len(others):
                    self._asked(place, others)
            except ArchitectureError as error:
                warnings.warn(_left_out(place, error), UserWarning, stacklevel=6)
                continue
            self.used_.append(place)
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
        answers = [self._asked(place, batch) for place in self.used_]
        counted = sum(scores.shape[1] for scores in answers)
        if counted != self.n_scores_:
            raise ValueError(
                f"the sources return {counted} scores per architecture, and returned {self.n_scores_} when "
                "the regressor was fitted; fit it again if a source was fitted again"
            )
        scores = (np.hstack(answers) - self._centre) / self._spread
        common = scores.mean(axis=1, keepdims=True) / self._common_spread
        return [common] if self.n_scores_ == 1 else [common, scores / np.sqrt(self.n_scores_)]

    def _asked(self, place: int, batch: ArchitectureBatch) -> FloatArray:
        """Scores of a source; what it raises gets a note that names it."""
        try:
            return scores_of(self.sources[place], batch, as_table(self.operations))
        except Exception as error:
            error.add_note(f"raised by source {place}, which is asked about {len(batch):,} architectures")
            raise


def _left_out(place: int, error: ArchitectureError) -> str:
    problem = error.problem.split(". ")[0]
    what = f"source {place} cannot rank these architectures and is left out: {problem:.300}. "
    if isinstance(error, UnknownOperationError):
        return what + (
            "If the operation is like one that the source knows, describe both in operations= with the same "
            "kind; else leave the source out"
        )
    return what + "Leave the source out, or fit it to architectures of this form"


def _one_per_operation(batch: ArchitectureBatch) -> ArchitectureBatch:
    """For each operation an architecture that has it, of those with edges."""
    with_edges = np.flatnonzero((batch.n_edges > 0)[batch.node_owner])
    _, first = np.unique(batch.ops[with_edges], return_index=True)
    return batch.take(np.unique(batch.node_owner[with_edges[first]]))


def _positive(spread: Any) -> Any:
    return np.where(spread > 0, spread, 1.0)
