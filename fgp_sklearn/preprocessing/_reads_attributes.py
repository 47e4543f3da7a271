"""ReadsAttributes: base of the transformers that read attributes of nodes."""

from __future__ import annotations

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.preprocessing._attribute_scale import AttributeScale


class ReadsAttributes:
    """Base of transformers that learn the attributes of nodes in `fit`.

    A subclass calls `_learn_attributes` at the end of `fit` and `_check_attributes` before it reads a batch.
    It declares ``"_attribute_scale": AttributeScale`` among its stored attributes. Without attributes,
    nothing is stored.
    """

    _attribute_scale: AttributeScale = AttributeScale()

    def _learn_attributes(self, batch: ArchitectureBatch) -> None:
        if batch.attribute_names:
            self._attribute_scale = AttributeScale.of(batch)
        else:
            vars(self).pop("_attribute_scale", None)  # of an earlier fit

    def _check_attributes(self, batch: ArchitectureBatch) -> None:
        """Raise an error if the batch has other attributes than the architectures in `fit`."""
        self._attribute_scale.check(batch)
