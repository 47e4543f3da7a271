"""IsomorphismGroupKFold: equal architectures stay on one side of a split."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold
from sklearn.utils.metadata_routing import UNUSED
from sklearn.utils.validation import check_consistent_length

from fgp_sklearn.architectures import as_batch
from fgp_sklearn.architectures._duplicates import duplicate_groups
from fgp_sklearn.architectures._ops import op_names
from fgp_sklearn.architectures._simplify import functional_graph


class IsomorphismGroupKFold(GroupKFold):
    """K folds in which equal architectures never stand on both sides of a split.

    Search spaces hold many architectures that look different and compute the same. Plain `KFold`
    puts some of them into the training set and their equals into the test set, where a predictor
    need only remember them: the score then says how well it remembers, not how well it ranks what it
    has never seen. Here architectures whose functional graphs are isomorphic, with operations, node
    features and multiplicities of edges, make one group, and groups are dealt out to the folds as
    `sklearn.model_selection.GroupKFold` does.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    shuffle : bool, default=False
        Whether to deal out the groups at random. Otherwise the largest group goes to the smallest
        fold, which makes folds of nearly one size.
    null_ops : list, tuple or set of str or int, default=("none", "zeroize", "zero")
        Operations that output zeros whatever they receive: cut, with everything that depends on them.
    identity_ops : list, tuple or set of str or int, default=("skip_connect", "identity", "skip", \
            "Identity")
        Operations that output what they receive: contracted.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    feature_attr : hashable, optional
        Node attribute that holds further numbers of a node, for NetworkX input.
    random_state : int, RandomState instance or None, default=None
        Order of the groups if `shuffle`.

    See Also
    --------
    LabelBudgetSplit : Few labels to train on, the rest to test.
    fgp_sklearn.preprocessing.ArchitectureSimplifier : Its `duplicates` are the groups.

    Notes
    -----
    The default `null_ops` and `identity_ops` are those of `FGPEncoder`: what it cannot tell apart is
    one group. With both empty, only architectures that differ in the order of their nodes are, or in
    nodes on no path from an input to an output.

    Of the 15,625 cells of NAS-Bench-201 5,425 are different. `benchmarks/isomorphism_leak.py`
    measures what plain folds leak there.

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.model_selection import IsomorphismGroupKFold
    >>> from fgp_sklearn.preprocessing import ArchitectureSimplifier
    >>> X = nasbench201_space()[::25]
    >>> group = ArchitectureSimplifier(identity_ops=["skip_connect"]).duplicates(X)
    >>> for train, test in IsomorphismGroupKFold(n_splits=2).split(X):
    ...     print(len(train), len(test), set(group[train]) & set(group[test]))
    312 313 set()
    313 312 set()
    """

    __metadata_request__split = {"groups": UNUSED}  # noqa: RUF012 - scikit-learn reads the plain attribute

    def __init__(
        self,
        n_splits: int = 5,
        *,
        shuffle: bool = False,
        null_ops: Any = ("none", "zeroize", "zero"),
        identity_ops: Any = ("skip_connect", "identity", "skip", "Identity"),
        op_attr: Any = "op",
        feature_attr: Any = None,
        random_state: Any = None,
    ) -> None:
        super().__init__(n_splits, shuffle=shuffle, random_state=random_state)
        self.null_ops = null_ops
        self.identity_ops = identity_ops
        self.op_attr = op_attr
        self.feature_attr = feature_attr

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Positions of the training and of the test architectures of each fold.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.
        y : array-like of shape (n_architectures,), optional
            Labels; only their number is checked.
        groups : None
            Ignored: the architectures tell the groups.

        Yields
        ------
        train : ndarray of int
            Positions of the training architectures, ascending.
        test : ndarray of int
            Positions of the test architectures, ascending. Each architecture is in one test set.

        Raises
        ------
        ArchitectureError
            If an architecture is malformed.
        ValueError
            If `y` is of another length, or there are fewer different architectures than folds.

        Warns
        -----
        UserWarning
            If `groups` are given.
        """
        if groups is not None:
            message = f"groups are ignored by {type(self).__name__}, which finds its own"
            warnings.warn(message, UserWarning, stacklevel=2)
        group = self._groups(X)
        check_consistent_length(group, y)
        n_groups = int(group.max()) + 1
        if n_groups < self.n_splits:
            raise ValueError(
                f"{len(group)} architectures are {n_groups} different ones once simplified, too few for "
                f"n_splits={self.n_splits}; lower n_splits or give more of them"
            )
        yield from super().split(group, y, group)

    def _groups(self, X: Any) -> NDArray[np.int64]:
        batch = as_batch(X, op_attr=self.op_attr, feature_attr=self.feature_attr)
        null_ops, identity_ops = op_names(self.null_ops), op_names(self.identity_ops)
        return duplicate_groups(functional_graph(batch, null_ops=null_ops, identity_ops=identity_ops))
