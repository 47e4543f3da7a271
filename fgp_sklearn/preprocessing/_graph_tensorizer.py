"""GraphTensorizer: encodes operations with a learned vocabulary."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, ClassVar, Self

from fgp_sklearn._storage import NAMES
from fgp_sklearn._validation import StrOptions, fit_context
from fgp_sklearn.architectures import UNKNOWN_OP, ArchitectureBatch
from fgp_sklearn.architectures._node_attributes import check_same
from fgp_sklearn.preprocessing._base import BatchTransformer


class GraphTensorizer(BatchTransformer):
    """Convert architectures of any form to an `ArchitectureBatch` with a fixed vocabulary.

    `fit` learns the operations and the names of attributes. `transform` encodes all later architectures
    with the same vocabulary, so that a code always stands for the same operation. Unknown operations raise
    an error, or are mapped to a separate code.

    Every estimator of this library accepts raw architectures. Put this transformer first in a pipeline to
    read graphs once instead of in every step, or to allow unknown operations.

    An estimator that is fitted on the result knows the whole vocabulary, including operations that none of
    its architectures has. To predict architectures with operations that no label had, fit this transformer on
    the pool, and put ``sklearn.frozen.FrozenEstimator(tensorizer)`` first in the pipeline. Data frames, lists
    of `Architecture` objects and files do not keep this knowledge.

    Parameters
    ----------
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`.
    unknown_op : {"error", "unknown"}, default="error"
        How `transform` handles operations that `fit` did not see: "error" raises `UnknownOperationError`,
        "unknown" maps them to ``fgp_sklearn.architectures.UNKNOWN_OP``.

    Attributes
    ----------
    vocabulary_ : tuple of str
        Operations seen in `fit`, sorted. With ``unknown_op="unknown"``, the unknown operation comes last.
    attribute_names_ : tuple of str
        Names of the attributes seen in `fit`, sorted.

    See Also
    --------
    ArchitectureSimplifier : Removes nodes and edges that do not affect the output.

    Examples
    --------
    >>> from fgp_sklearn import GraphTensorizer
    >>> chain = [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    >>> tensorizer = GraphTensorizer(unknown_op="unknown").fit([(chain, ["input", "conv", "output"])])
    >>> tensorizer.vocabulary_
    ('conv', 'input', 'output', '<unknown>')
    >>> tensorizer.transform([(chain, ["input", "pool", "output"])]).ops
    array([1, 3, 2], dtype=int32)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "op_attr": [Hashable],
        "attributes": [list, tuple, None],
        "unknown_op": [StrOptions({"error", "unknown"})],
    }

    _stored_attributes: ClassVar[dict[str, Any]] = {"vocabulary_": NAMES, "attribute_names_": NAMES}

    def __init__(self, *, op_attr: Any = "op", attributes: Any = None, unknown_op: str = "error") -> None:
        self.op_attr = op_attr
        self.attributes = attributes
        self.unknown_op = unknown_op

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the vocabulary.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            Architectures.
        y : None
            Ignored.

        Returns
        -------
        GraphTensorizer
            The fitted transformer.

        Raises
        ------
        ArchitectureError
            If an architecture is malformed.
        """
        batch = self._decode(X)
        vocabulary = batch.used_ops()
        if self.unknown_op == "unknown":
            vocabulary = (*(op for op in vocabulary if op != UNKNOWN_OP), UNKNOWN_OP)
        self.vocabulary_ = vocabulary
        self.attribute_names_ = batch.attribute_names
        return self

    def _transformed(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        check_same(batch, self.attribute_names_, "had {} in fit")
        unknown = UNKNOWN_OP if self.unknown_op == "unknown" else None
        coded = batch.recode(self.vocabulary_, unknown=unknown)
        return coded.with_columns(vocabulary_is_fixed=True)
