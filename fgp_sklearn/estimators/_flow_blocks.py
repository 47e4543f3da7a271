"""What a flow kernel compares: blocks of features of simplified or raw architectures."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone

from fgp_sklearn._storage import POSITIVE, Array, PersistenceError
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._duplicates import distinct
from fgp_sklearn.architectures._simplify import functional_graph
from fgp_sklearn.estimators._flow_features import kernel_features
from fgp_sklearn.preprocessing._base import column_statistics

FloatArray = NDArray[np.float64]

_FLOW_COMPONENTS = 32
_MAX_COMPONENTS = 32
_MAX_PAIRS = 10_000


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
        columns = self._columns(batch)
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
        return [s.transform(c) for s, c in zip(self._scalers, self._columns(batch), strict=True)]

    def _columns(self, batch: ArchitectureBatch) -> list[FloatArray]:
        columns = []
        if self._flow:
            simplified = self._simplified(batch)
            positions, inverse = distinct(simplified)
            few = simplified.take(positions)
            columns += [np.asarray(t.transform(few), dtype=np.float64)[inverse] for t in self._flow]
        return columns + [np.asarray(t.transform(batch), dtype=np.float64) for t in self._others]

    def _simplified(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        null_ops, identity_ops = self.simplification or (frozenset(), frozenset())
        return functional_graph(batch, null_ops=null_ops, identity_ops=identity_ops)


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
        components: FloatArray = (columns - self._mean) / self._spread @ self._directions / self._unit
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
