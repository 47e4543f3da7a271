"""What a flow kernel compares: blocks of features of simplified or raw architectures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone

from fgp_sklearn._storage import POSITIVE, Array, PersistenceError
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._duplicates import distinct
from fgp_sklearn.architectures._simplify import functional_graph
from fgp_sklearn.estimators._flow_features import N_DRAWS, kernel_features
from fgp_sklearn.preprocessing._base import column_statistics
from fgp_sklearn.preprocessing._stretches import stretches

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_FLOW_COMPONENTS = 32
_MAX_COMPONENTS = 32
_MAX_PAIRS = 10_000
_ROWS_AT_ONCE = 512  # which stay in the cache of a processor


class FlowBlocks:
    """Blocks of features, each brought to its principal components and a median distance of 1.

    Parameters
    ----------
    simplification : tuple of frozenset or None
        Null operations and identity operations that are removed before the flow; None for no flow.
    features : list of transformer
        Further blocks, of the architectures as given.
    linear_features : list of transformer
        Blocks after all others, which are meant for a linear kernel.
    seed : int
        Seed of the flows.
    """

    _stored_attributes: ClassVar[dict[str, Any]] = {
        "simplification": tuple[frozenset[str], frozenset[str]] | None,
        "features": list[BaseEstimator],
        "linear_features": list[BaseEstimator],
        "seed": int,
        "_flow": list[BaseEstimator],
        "_others": list[BaseEstimator],
        "_scalers": list[Any],  # of BlockScaler
    }

    def __init__(
        self,
        simplification: tuple[frozenset[str], frozenset[str]] | None,
        features: list[Any],
        linear_features: list[Any],
        seed: int,
    ) -> None:
        self.simplification = simplification
        self.features = features
        self.linear_features = linear_features
        self.seed = seed

    def fit_transform(self, batch: ArchitectureBatch, known: ArchitectureBatch) -> list[FloatArray]:
        """Learn components and distances from architectures, and transform them.

        Operations and parts are learnt from all that are known.
        """
        self._flow = [] if self.simplification is None else kernel_features(_FLOW_COMPONENTS, self.seed)
        self._others = [clone(f) for f in [*self.features, *self.linear_features]]
        if self._flow:
            simplified = self._simplified(known)
            for transformer in self._flow:
                transformer.fit(simplified)
        for transformer in self._others:
            transformer.fit(known, None)
        parts = [
            (part.positions, [block[rows] for block, rows in self._columns(part)])
            for part in self._parts(batch)
        ]
        columns = _in_order(parts)
        self._scalers = [BlockScaler().fit(block) for block in columns]
        return [s.transform(c) for s, c in zip(self._scalers, columns, strict=True)]

    def _check_stored(self) -> None:
        """Each block has a scaler, and one for as many columns as its transformer makes."""
        if "_scalers" not in vars(self):
            return
        transformers = [*self._flow, *self._others]
        if list(map(type, self._scalers)) != [BlockScaler] * len(transformers):
            raise PersistenceError("blocks and their scalers do not belong together")
        for transformer, scaler in zip(transformers, self._scalers, strict=True):
            width = getattr(transformer, "_n_features_out", len(scaler._mean))
            if width != len(scaler._mean):
                raise PersistenceError(f"a block of {width} columns has a scaler of {len(scaler._mean)}")

    @property
    def linear(self) -> tuple[bool, ...]:
        """Which blocks are meant for a linear kernel."""
        n_linear = len(self.linear_features)
        return (False,) * (len(self._scalers) - n_linear) + (True,) * n_linear

    def transform(self, batch: ArchitectureBatch) -> list[FloatArray]:
        """One array of shape (n_architectures, n_components) a block."""
        return _in_order(list(self.transform_parts(batch)))

    def transform_parts(
        self, batch: ArchitectureBatch, made: Sequence[FloatArray] | None = None
    ) -> Iterator[tuple[IntArray, list[FloatArray]]]:
        """Part after part, so that features of a whole space need not fit into memory.

        Parameters
        ----------
        batch : ArchitectureBatch
            The architectures.
        made : sequence of ndarray of shape (n_architectures, n_columns), optional
            What `features` and `linear_features` make of them, where that is known.

        Yields
        ------
        positions : ndarray of int of shape (n,)
            Some of the architectures; each is in one part.
        blocks : list of ndarray of float64 of shape (n, n_components)
            Their blocks.
        """
        for part in self._parts(batch):
            columns = zip(self._scalers, self._columns(part, made), strict=True)
            yield part.positions, [scaler.transform(block)[rows] for scaler, (block, rows) in columns]

    def _parts(self, batch: ArchitectureBatch) -> Iterator[_Part]:
        """Cut a batch so that architectures which compute the same lie in one part."""
        simplified = self._simplified(batch) if self._flow else batch
        same = distinct(simplified)[1] if self._flow else np.arange(len(batch))
        order = np.argsort(same, kind="stable")
        for some in stretches(simplified.n_nodes[order], N_DRAWS * _FLOW_COMPONENTS):
            positions = order[some]
            _, first, which = np.unique(same[positions], return_index=True, return_inverse=True)
            yield _Part(positions, batch, simplified.take(positions[first]), which)

    def _columns(
        self, part: _Part, made: Sequence[FloatArray] | None = None
    ) -> Iterator[tuple[FloatArray, IntArray | slice]]:
        """The columns of one block after the other, and which row each architecture has."""
        for transformer in self._flow:
            yield np.asarray(transformer.transform(part.distinct), dtype=np.float64), part.which
        if made is not None:
            yield from ((columns[part.positions], slice(None)) for columns in made)
            return
        given = part.batch.take(part.positions) if self._others else None
        for transformer in self._others:
            yield np.asarray(transformer.transform(given), dtype=np.float64), slice(None)

    def _simplified(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        null_ops, identity_ops = self.simplification or (frozenset(), frozenset())
        return functional_graph(batch, null_ops=null_ops, identity_ops=identity_ops)


class _Part(NamedTuple):
    """Some architectures of a batch: the different functional graphs, and which of them each one has."""

    positions: IntArray
    batch: ArchitectureBatch
    distinct: ArchitectureBatch
    which: IntArray


def _in_order(parts: list[tuple[IntArray, list[FloatArray]]]) -> list[FloatArray]:
    """The blocks of all parts, each row where its architecture stands."""
    places = np.argsort(np.concatenate([positions for positions, _ in parts]))
    blocks = zip(*(blocks for _, blocks in parts), strict=True)
    return [np.concatenate(block)[places] for block in blocks]


class BlockScaler:
    _stored_attributes: ClassVar[dict[str, Any]] = {
        "_mean": Array("columns"),
        "_spread": Array("columns", infinite=True),
        "_directions": Array("columns", None),
        "_unit": POSITIVE,
    }

    def _check_stored(self) -> None:
        if not (self._spread > 0).all():
            raise PersistenceError("the spread of a feature is not positive")

    def fit(self, columns: FloatArray) -> Self:
        self._mean, self._spread = column_statistics(columns)
        standardised = (columns - self._mean) / self._spread
        self._directions = _principal_directions(standardised)
        components = standardised @ self._directions
        first, second = _pairs_of_rows(len(components))
        distance = np.sqrt(((components[first] - components[second]) ** 2).sum(axis=1))
        # More than half of the pairs may be equal: their median says nothing about the others.
        self._unit = float(np.median(distance[distance > 0])) if distance.any() else 1.0
        return self

    def transform(self, columns: FloatArray) -> FloatArray:
        components = np.empty((len(columns), self._directions.shape[1]))
        for start in range(0, len(columns), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            standardised = columns[rows] - self._mean
            standardised /= self._spread
            np.matmul(standardised, self._directions, out=components[rows])
        components /= self._unit
        return components


def _principal_directions(standardised: FloatArray) -> FloatArray:
    """Orthonormal directions of the largest variance, in columns."""
    n_rows, n_columns = standardised.shape
    if n_rows > n_columns:  # many rows: their second moments tell the same for less
        moments, directions = np.linalg.eigh(standardised.T @ standardised)
        size, directions = np.sqrt(np.maximum(moments[::-1], 0.0)), directions[:, ::-1].T
    else:
        _, size, directions = np.linalg.svd(standardised, full_matrices=False)
    kept = size[:_MAX_COMPONENTS] > 1e-6 * size.max(initial=1e-300)
    chosen: FloatArray = directions[:_MAX_COMPONENTS][kept].T
    return chosen


def _pairs_of_rows(n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """All pairs of different rows, or some at random where there are many."""
    if n * (n - 1) // 2 <= _MAX_PAIRS:
        return np.triu_indices(n, 1)
    generator = np.random.default_rng(0)
    first = generator.integers(n, size=_MAX_PAIRS)
    return first, (first + generator.integers(1, n, size=_MAX_PAIRS)) % n
