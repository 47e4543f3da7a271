"""CountsKinds: base of transformers whose features are counts of operations and sums of attributes."""

from __future__ import annotations

from abc import abstractmethod

from fgp_sklearn._storage import PersistenceError
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.preprocessing._base import FeatureTransformer, check_width
from fgp_sklearn.preprocessing._kinds_with_attributes import KindsWithAttributes


class CountsKinds(FeatureTransformer):
    """Base of transformers that know which attributes each operation has.

    A subclass calls `_learn_kinds` in `fit` and declares the attributes below among its stored attributes.
    """

    vocabulary_: tuple[str, ...]
    attribute_names_: tuple[str, ...]
    _known: KindsWithAttributes

    def _learn_kinds(self, batch: ArchitectureBatch) -> None:
        """Learn the operations and their attributes, and with them the number of features."""
        self._known = KindsWithAttributes.of(batch)
        self.vocabulary_, self.attribute_names_ = self._known.ops, self._known.names
        self._n_features_out = self._width()

    def _check_stored(self) -> None:
        if "_known" not in vars(self):
            return
        if (self.vocabulary_, self.attribute_names_) != (self._known.ops, self._known.names):
            raise PersistenceError("names of operations or attributes do not belong together")
        check_width(self, self._width())

    @abstractmethod
    def _width(self) -> int:
        """Number of features."""
