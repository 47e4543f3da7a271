"""ConnectionEncoding: which operations and which connections an architecture has."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import COUNT, NAMES
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.preprocessing._attribute_scale import AttributeScale
from fgp_sklearn.preprocessing._part_encoding import TABLE, Occurrences, PartEncoding


class ConnectionEncoding(PartEncoding):
    """Whether each operation occurs, and whether an edge connects one operation to another.

    The presence of an operation often matters more than its count: the first convolution of a cell improves
    accuracy more than the second. `PathStatistics` contains counts, from which a smooth model learns this
    step slowly.

    Parameters
    ----------
    max_features : int or None, default=1000
        Maximum number of operations and connections to keep. The ones that occur in most architectures seen
        in `fit` are kept; ties are broken in favour of operations. If None, all are kept.
    binary : bool, default=True
        Whether a feature states that the operation or connection occurs (1 or 0). Otherwise it counts the
        occurrences; each of several parallel edges counts.
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
    PathEncoding : Encodes the paths of an architecture.
    WeisfeilerLehmanEncoding : Encodes neighbourhoods: all connections of a node together.

    Notes
    -----
    Connections that `fit` did not see are ignored.

    Examples
    --------
    >>> from fgp_sklearn.preprocessing import ConnectionEncoding
    >>> X = [([[0, 1, 1], [0, 0, 1], [0, 0, 0]], ["input", "conv", "output"]),
    ...      ([[0, 1], [0, 0]], ["input", "output"])]
    >>> encoding = ConnectionEncoding()
    >>> encoding.fit_transform(X)
    array([[1., 1., 1., 1., 1., 1.],
           [0., 1., 1., 0., 0., 1.]])
    >>> encoding.get_feature_names_out().tolist()
    ['conv', 'input', 'output', 'conv -> output', 'input -> conv', 'input -> output']
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **PartEncoding._parameter_constraints,
        "binary": ["boolean"],
    }

    _suggested_ranges: ClassVar = {"binary": [True, False]}
    _stored_attributes: ClassVar[dict[str, Any]] = {
        "vocabulary_": NAMES,
        "_parts": TABLE,
        "_attribute_scale": AttributeScale,
        "_n_features_out": COUNT,
    }

    def __init__(
        self,
        max_features: int | None = 1000,
        *,
        binary: bool = True,
        op_attr: Any = "op",
        attributes: Any = None,
    ) -> None:
        self.max_features = max_features
        self.binary = binary
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
            Operations, followed by connections such as ``"conv3x3 -> output"``.
        """
        self._check_is_fitted()
        ops = self.vocabulary_
        names = [*ops, *(f"{source} -> {target}" for source in ops for target in ops)]
        return np.array([names[part] for part in self._parts], dtype=object)

    def _n_parts(self) -> int:
        return len(self.vocabulary_) * (len(self.vocabulary_) + 1)

    def _occurrences(self, batch: ArchitectureBatch, *, learning: bool) -> Occurrences:
        n_ops, ops = len(self.vocabulary_), batch.ops.astype(np.int64)
        source, target = batch.flat_edges
        times = np.ones(len(source)) if batch.multiplicity is None else batch.multiplicity
        connection = n_ops + ops[source] * n_ops + ops[target]
        return Occurrences.concatenate(
            [
                Occurrences(batch.node_owner, ops, np.ones(len(ops))),
                Occurrences(batch.node_owner[source], connection, times.astype(np.float64)),
            ]
        )
