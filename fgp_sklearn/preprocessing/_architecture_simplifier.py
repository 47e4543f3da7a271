"""ArchitectureSimplifier: reduces each architecture to its functional graph."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._validation import StrOptions, fit_context
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._duplicates import duplicate_groups
from fgp_sklearn.architectures._known_operations import KnownOperations, as_table, is_auto, ops_with_role
from fgp_sklearn.architectures._messages import named
from fgp_sklearn.architectures._simplify import functional_graph
from fgp_sklearn.operations import OperationTable
from fgp_sklearn.preprocessing._base import BatchTransformer


class ArchitectureSimplifier(BatchTransformer):
    """Reduce architectures to the nodes and edges that affect their output.

    Search spaces hold many architectures that look different and compute the same function: an operation
    may receive no input or only zeros, or its result may never be used. This transformer

    1. removes the edges from and to null operations;
    2. removes the nodes that are then on no path from an input to an output;
    3. replaces every identity operation that is neither input nor output by edges from each of its
       predecessors to each of its successors. Parallel edges become one edge with a multiplicity, which
       all transformers and backbones of this library take into account.

    The result is the *functional graph*. Inputs are the nodes whose operation is ``"input"``, ``"in"``,
    ``"c_k-1"`` or ``"c_k-2"``; outputs are those with ``"output"`` or ``"out"``. Case, ``_``, ``-``, braces
    and spaces do not matter. If an architecture has no such input, every source (a node without incoming
    edges) is an input. If it has no such output, every sink (a node without outgoing edges) is an output. An
    architecture without any path from an input to an output keeps its inputs and outputs, without edges.

    The transformer is stateless: `fit` only validates.

    Parameters
    ----------
    null_ops : "auto", or sequence of str or int, default="auto"
        Operations that output zeros whatever they receive. With "auto" the role of an operation decides; see
        `fgp_sklearn.operations.describe`.
    identity_ops : "auto", or sequence of str or int, default=()
        Operations that output what they receive, such as ``"skip_connect"``. "auto" as for `null_ops`. The
        default is empty, because in some search spaces a skip connection also changes the resolution.
    operations : dict or OperationTable, optional
        What you know about operations: by name an `Operation`, or a dict with the keys ``"kind"``, ``"role"``
        and ``"attributes"``. It wins over the table of the library.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`.

    See Also
    --------
    GraphTensorizer : Encodes operations with a fixed vocabulary.

    Notes
    -----
    The 15,625 cells of NAS-Bench-201 have 8,765 functional graphs up to isomorphism if only null operations
    are removed, and 5,425 if ``"skip_connect"`` is contracted, too. The benchmark itself counts 6,466 groups,
    because it compares strings in which the sum of one zero differs from the sum of two zeros.

    References
    ----------
    X. Dong, Y. Yang, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture
    Search", ICLR 2020.

    Examples
    --------
    >>> from fgp_sklearn import ArchitectureSimplifier
    >>> adjacency = [[0, 1, 1, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 1], [0, 0, 0, 0, 1], [0] * 5]
    >>> X = [(adjacency, ["input", "none", "skip", "conv", "output"])]
    >>> ArchitectureSimplifier().fit_transform(X)[0].ops
    ('input', 'skip', 'conv', 'output')
    >>> simplified = ArchitectureSimplifier(identity_ops=["skip"]).fit_transform(X)[0]
    >>> simplified.ops
    ('input', 'conv', 'output')
    >>> simplified.adjacency
    array([[0, 1, 1],
           [0, 0, 1],
           [0, 0, 0]], dtype=int8)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "null_ops": [StrOptions({"auto"}), list, tuple, set, frozenset],
        "identity_ops": [StrOptions({"auto"}), list, tuple, set, frozenset],
        "operations": [dict, OperationTable, None],
        "op_attr": [Hashable],
        "attributes": [list, tuple, None],
    }

    _stored_attributes: ClassVar[dict[str, Any]] = {}

    def __init__(
        self,
        *,
        null_ops: Any = "auto",
        identity_ops: Any = (),
        operations: Any = None,
        op_attr: Any = "op",
        attributes: Any = None,
    ) -> None:
        self.null_ops = null_ops
        self.identity_ops = identity_ops
        self.operations = operations
        self.op_attr = op_attr
        self.attributes = attributes

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Validate parameters and architectures. Nothing is learned.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            Architectures.
        y : None
            Ignored.

        Returns
        -------
        ArchitectureSimplifier
            The transformer itself.

        Raises
        ------
        ArchitectureError
            If an architecture is malformed.
        ValueError
            If an operation is in both `null_ops` and `identity_ops`.
        """
        batch = self._decode(X)
        self._roles(batch.vocabulary)
        self._known.warn_of_absent(batch)
        return self

    def duplicates(self, X: Any) -> NDArray[np.int64]:
        """Group architectures whose functional graphs are isomorphic.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            Architectures, not yet transformed.

        Returns
        -------
        ndarray of int of shape (n_architectures,)
            Group numbers from 0, in order of first appearance. Two architectures have the same number if
            and only if their functional graphs are isomorphic, including operations, attributes and
            edge multiplicities. The comparison is exact.

        Raises
        ------
        ArchitectureError
            If an architecture is malformed.

        Examples
        --------
        >>> from fgp_sklearn import ArchitectureSimplifier
        >>> chain = [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
        >>> X = [(chain, ["input", op, "output"]) for op in ("none", "conv", "zero")]
        >>> ArchitectureSimplifier().duplicates(X)
        array([0, 1, 0])
        """
        return duplicate_groups(self._transformed(self._decode(X)))

    def _transformed(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        self._validate_params()  # fit may not have been called
        null_ops, identity_ops = self._roles(batch.vocabulary)
        return functional_graph(batch, null_ops=null_ops, identity_ops=identity_ops)

    @property
    def _known(self) -> KnownOperations:
        return KnownOperations(self.null_ops, self.identity_ops, self.operations, renames=False)

    def _roles(self, vocabulary: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
        table = as_table(self.operations)
        null_ops = ops_with_role(self.null_ops, "null", vocabulary, table)
        identity_ops = ops_with_role(self.identity_ops, "identity", vocabulary, table)
        if is_auto(self.null_ops):
            null_ops -= identity_ops
        elif is_auto(self.identity_ops):
            identity_ops -= null_ops
        both = sorted(null_ops & identity_ops)
        if both:
            raise ValueError(
                f"null_ops and identity_ops both contain {named(both)}; remove it from one of them"
            )
        return null_ops, identity_ops

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags
