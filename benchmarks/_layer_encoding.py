"""LayerEncoding: what each layer is, place by place."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import OneHotEncoder

Array = NDArray[np.float64]


class LayerEncoding(TransformerMixin, BaseEstimator):
    """Kind and attributes of each layer, the first layer first, as a user writes them into a table.

    Kinds are one-hot. So are attributes if `one_hot` is set; else they are numbers, with the mean of their
    column where a layer has none. It reads the arrays of a batch and uses nothing else of the library.
    """

    def __init__(self, *, one_hot: bool) -> None:
        self.one_hot = one_hot

    def fit(self, X: Any, y: Any = None) -> LayerEncoding:
        self.kinds_ = sorted(X.vocabulary)
        self.n_places_ = int(np.diff(X.node_ptr).max())
        self.encoder_ = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
        categories, numbers = self._table(X)
        self.encoder_.fit(categories)
        self.means_ = np.ma.masked_invalid(numbers).mean(axis=0).filled(0)
        return self

    def transform(self, X: Any) -> Array:
        categories, numbers = self._table(X)
        filled = np.where(np.isnan(numbers), self.means_, numbers)
        return np.hstack([self.encoder_.transform(categories), filled])

    def _table(self, X: Any) -> tuple[Array, Array]:
        """What is one-hot, and what are numbers; -1 and NaN where a layer has none, or there is no layer."""
        owner = np.repeat(np.arange(len(X)), np.diff(X.node_ptr))
        place = np.arange(len(owner)) - X.node_ptr[owner]
        inside = place < self.n_places_
        codes = np.array([self.kinds_.index(name) for name in X.vocabulary])

        def placed(values: Array, nothing: float) -> Array:
            table = np.full((len(X), self.n_places_, values.shape[1]), nothing)
            table[owner[inside], place[inside]] = values[inside]
            return table.reshape(len(X), -1)

        kinds = placed(codes[X.ops][:, None].astype(float), -1)
        none = np.zeros((len(owner), 0))
        numbers = placed(none if X.attribute_values is None else X.attribute_values, np.nan)
        if self.one_hot:
            return np.hstack([kinds, np.nan_to_num(numbers, nan=-1)]), placed(none, np.nan)
        return kinds, numbers
