"""StageEncoding: which operations occur at which depth."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import COUNT, NAMES
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.preprocessing._attribute_scale import AttributeScale
from fgp_sklearn.preprocessing._part_encoding import TABLE, Occurrences, PartEncoding


class StageEncoding(PartEncoding):
    """How often each operation occurs at each depth.

    The depth of a node is the number of edges on the longest path that ends there. In a chain, such as a
    network of a macro search space, the features state the operation of each stage. The order in which nodes
    are listed does not matter. Pairs of depth and operation that `fit` did not see are ignored.

    Parameters
    ----------
    max_features : int or None, default=None
        Maximum number of pairs of depth and operation to keep. The pairs of most architectures seen in `fit`
        are kept; ties are broken in favour of smaller depths. If None, all are kept.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`. Nodes with different numbers are different: a
        label such as ``"conv(kernel=3)"`` takes the place of the operation. Labels that `fit` did not see
        are ignored. Numbers of few different values suit this encoding; a warning says if few labels recur.

    Attributes
    ----------
    vocabulary_ : tuple of str
        Operations seen in `fit`, sorted. With attributes, labels such as ``"conv(kernel=3)"``, followed by
        one entry per operation, such as ``"conv(...)"``, for labels that `fit` did not see.

    See Also
    --------
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
        "_n_features_out": COUNT,
    }

    def __init__(
        self, max_features: int | None = None, *, op_attr: Any = "op", attributes: Any = None
    ) -> None:
        self.max_features = max_features
        self.op_attr = op_attr
        self.attributes = attributes

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the features.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str of shape (n_features_out,)
            Names such as ``"stage1_conv3x3"``.
        """
        self._check_is_fitted()
        depths, ops = np.divmod(self._parts, len(self.vocabulary_))
        names = [f"stage{depth}_{self.vocabulary_[op]}" for depth, op in zip(depths, ops, strict=True)]
        return np.array(names, dtype=object)

    def _n_parts(self) -> int:
        return len(self.vocabulary_) << 31

    def _occurrences(self, batch: ArchitectureBatch, *, learning: bool) -> Occurrences:
        part = batch.generation * len(self.vocabulary_) + batch.ops
        return Occurrences(batch.node_owner, part, np.ones(len(part)))
