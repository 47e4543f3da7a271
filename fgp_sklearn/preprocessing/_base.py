"""Base classes of the transformers from architectures to features or to architectures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fgp_sklearn._documentation import DocumentedEstimator
from fgp_sklearn._rollback import rolls_back
from fgp_sklearn._storage import PersistenceError, Storable
from fgp_sklearn._suggests_params import SuggestsParams
from fgp_sklearn._validation import check_feature_names_in, get_output_config
from fgp_sklearn.architectures import ArchitectureBatch, UnlabeledPool, as_batch


class ArchitectureTransformer(Storable, SuggestsParams, TransformerMixin, DocumentedEstimator, ABC):
    """Base of all transformers of architectures."""

    op_attr: Any
    attributes: Any

    fit_transform = rolls_back(TransformerMixin.fit_transform)  # `transform` may raise where `fit` did not

    def _decode(self, X: Any) -> ArchitectureBatch:
        """Read architectures in any form. All transformers read their input here."""
        return as_batch(X, op_attr=self.op_attr, attributes=self.attributes)

    def _check_is_fitted(self) -> None:
        check_is_fitted(self)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        return tags


class FeatureTransformer(ClassNamePrefixFeaturesOutMixin, ArchitectureTransformer):
    """Base of transformers that compute one row of features per architecture.

    A subclass sets `_n_features_out` in `fit`, or overrides `get_feature_names_out`.
    """

    _n_features_out: int

    def transform(self, X: Any) -> Any:
        """Compute the features.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            Architectures.

        Returns
        -------
        ndarray of float of shape (n_architectures, n_features_out)
            One row per architecture. The dtype is float64 unless a parameter sets another one.

        Raises
        ------
        ArchitectureError
            If an architecture is malformed, or has an operation that the transformer must see in `fit` and
            did not.
        """
        self._check_is_fitted()
        return self._features(self._decode(X))

    @abstractmethod
    def _features(self, batch: ArchitectureBatch) -> NDArray[np.float64]: ...


class BatchTransformer(ArchitectureTransformer):
    """Base of transformers from architectures to architectures.

    The result is an `ArchitectureBatch`. With `set_output`, it is a data frame with a single column of
    `Architecture` objects, which every transformer accepts as input.
    """

    def transform(self, X: Any) -> Any:
        """Transform the architectures.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            Architectures.

        Returns
        -------
        ArchitectureBatch of shape (n_architectures,), or UnlabeledPool
            The transformed architectures in the given order. The result is a pool if `X` is a pool.

        Raises
        ------
        ArchitectureError
            If an architecture is malformed or cannot be transformed.
        """
        self._check_is_fitted()
        transformed = self._transformed(self._decode(X))
        return UnlabeledPool(transformed) if isinstance(X, UnlabeledPool) else self._present(transformed)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name of the column of architectures.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Not used.

        Returns
        -------
        ndarray of str of shape (1,)
            ``["architecture"]``.
        """
        self._check_is_fitted()
        check_feature_names_in(self, input_features, generate_names=False)
        return np.array(["architecture"], dtype=object)

    @abstractmethod
    def _transformed(self, batch: ArchitectureBatch) -> ArchitectureBatch: ...

    def _present(self, batch: ArchitectureBatch) -> Any:
        # pandas would turn the fields of dataclasses in a plain sequence into columns.
        wants_frame = get_output_config("transform", self)["dense"] != "default"
        return np.asarray(batch)[:, None] if wants_frame else batch


def check_width(transformer: Any, n_features: int) -> None:
    """Raise an error if a transformer from a file has a wrong number of features."""
    if transformer._n_features_out != n_features:
        raise PersistenceError(
            f"{type(transformer).__name__} has {n_features} features, but the file states "
            f"{transformer._n_features_out}"
        )


def generator_of(op: str, seed: int, attribute: str | None = None) -> np.random.Generator:
    """Random generator of an operation or of its attribute. It depends only on the seed and the names."""
    words = [seed, *op.encode("utf-8", "surrogatepass")]
    if attribute is not None:
        words += [256, *attribute.encode("utf-8", "surrogatepass")]  # 256 is no byte
    return np.random.default_rng(words)


def column_statistics(features: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each column, which is infinity if the column is constant."""
    mean, spread = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
    largest = np.abs(features).max(axis=0, initial=1e-300)
    return mean, infinite_if_constant(spread, largest, np.finfo(features.dtype).eps)


def infinite_if_constant(
    spread: NDArray[np.float64], largest: NDArray[np.float64], eps: float
) -> NDArray[np.float64]:
    """Replace the standard deviation of columns that are constant up to rounding by infinity."""
    return np.where(spread <= max(1e-9, 100 * eps) * largest, np.inf, spread)
