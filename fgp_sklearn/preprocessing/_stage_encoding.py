"""StageEncoding: which operations and attributes occur at which depth."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import COUNT, NAMES
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.preprocessing._attribute_scale import AttributeScale
from fgp_sklearn.preprocessing._attributes_at_depths import AttributesAtDepths
from fgp_sklearn.preprocessing._base import check_width
from fgp_sklearn.preprocessing._part_encoding import TABLE, Occurrences, PartEncoding, check_table

FloatArray = NDArray[np.float64]


class StageEncoding(PartEncoding):
    """How often each operation occurs at each depth, and which attributes nodes have there.

    The depth of a node is the number of edges on the longest path that ends there. In a chain, such as a
    network of a macro search space, the features state the operation and the attributes of each stage. The
    order in which nodes are listed does not matter. Depths of an operation or an attribute that `fit` did not
    see are ignored.

    An attribute at a depth is the mean over the nodes there that have it. An architecture without such a
    node has the mean of the architectures seen in `fit`.

    Parameters
    ----------
    max_features : int or None, default=None
        Maximum number of pairs of depth and operation to keep, and of pairs of depth and attribute. The
        pairs of most architectures seen in `fit` are kept; ties are broken in favour of smaller depths. If
        None, all are kept.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`. Nodes with different numbers are different: a
        label such as ``"conv(kernel=3)"`` takes the place of the operation. Labels that `fit` did not see
        are ignored. Numbers of few different values suit this encoding; a warning says if few labels recur.

    Attributes
    ----------
    vocabulary_ : tuple of str
        Operations seen in `fit`, sorted.
    attribute_names_ : tuple of str
        Attributes seen in `fit`, sorted.

    See Also
    --------
    SoftStageEncoding : Compares architectures of different depth.
    AdjacencyEncoding : Encodes operations in the order in which nodes are listed, and edges.
    PathStatistics : Counts over paths, independent of depth.

    Examples
    --------
    >>> from fgp_sklearn.preprocessing import StageEncoding
    >>> X = [([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "conv", "pool"]),
    ...      ([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "pool", "pool"])]
    >>> encoding = StageEncoding()
    >>> encoding.fit_transform(X)
    array([[1., 1., 0., 1.],
           [1., 0., 1., 1.]])
    >>> encoding.get_feature_names_out().tolist()
    ['stage0_input', 'stage1_conv', 'stage1_pool', 'stage2_pool']
    """

    _stored_attributes: ClassVar[dict[str, Any]] = {
        "vocabulary_": NAMES,
        "_parts": TABLE,
        "_attribute_scale": AttributeScale,
        "_attributes": AttributesAtDepths,
        "_n_features_out": COUNT,
    }
    _labels_attributes: ClassVar[bool] = False
    _attributes: AttributesAtDepths = AttributesAtDepths()  # files of older versions lack it

    def __init__(
        self, max_features: int | None = None, *, op_attr: Any = "op", attributes: Any = None
    ) -> None:
        self.max_features = max_features
        self.op_attr = op_attr
        self.attributes = attributes

    @property
    def attribute_names_(self) -> tuple[str, ...]:
        """Attributes seen in `fit`, sorted."""
        return self._attributes.names

    def _check_stored(self) -> None:
        if "_parts" not in vars(self):
            return
        check_width(self, len(self._parts) + len(self._attributes.parts))
        check_table(self._parts, self._n_parts())

    def _learn(self, batch: ArchitectureBatch) -> None:
        super()._learn(batch)
        self._attributes = AttributesAtDepths.of(batch, self.max_features)
        self._n_features_out = len(self._parts) + len(self._attributes.parts)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the features.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str of shape (n_features_out,)
            Names such as ``"stage1_conv3x3"``, followed by names such as ``"stage1_kernel"``.
        """
        self._check_is_fitted()
        names = []
        for table, counted in (
            (self._parts, self.vocabulary_),
            (self._attributes.parts, self.attribute_names_),
        ):
            depths, codes = np.divmod(table, max(len(counted), 1))
            names += [f"stage{depth}_{counted[code]}" for depth, code in zip(depths, codes, strict=True)]
        return np.array(names, dtype=object)

    def _features(self, batch: ArchitectureBatch) -> FloatArray:
        counts, attributes = super()._features(batch), self._attributes.means(batch)
        return np.hstack([counts, attributes]) if attributes.shape[1] else counts

    def _n_parts(self) -> int:
        return len(self.vocabulary_) << 31

    def _occurrences(self, batch: ArchitectureBatch, *, learning: bool) -> Occurrences:
        part = batch.generation * len(self.vocabulary_) + batch.ops
        return Occurrences(batch.node_owner, part, np.ones(len(part)))
