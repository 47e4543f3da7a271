"""IsomorphismGroupKFold: isomorphic architectures are never split between training and test set."""

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
from fgp_sklearn.architectures._known_operations import KnownOperations
from fgp_sklearn.architectures._simplify import functional_graph


class IsomorphismGroupKFold(GroupKFold):
    """K-fold splitter that keeps isomorphic architectures in the same fold.

    Search spaces hold many architectures that look different and compute the same function. Plain `KFold`
    puts some of them into the training set and their duplicates into the test set. The score then measures
    how well a predictor remembers architectures, not how well it ranks unseen ones.

    This splitter puts architectures into one group if their functional graphs are isomorphic, including
    operations, attributes and edge multiplicities. It distributes the groups over the folds as
    `sklearn.model_selection.GroupKFold` does.

    Parameters
    ----------
    n_splits : int, default=5
        Number of folds, at least 2.
    shuffle : bool, default=False
        Whether to assign the groups to folds at random. Otherwise, groups are assigned in descending order
        of size, each to the smallest fold so far, which makes folds of similar size.
    null_ops : "auto", or sequence of str or int, default="auto"
        Operations that output zeros whatever they receive. They are removed, with everything that depends
        on them. With "auto" the role of an operation decides; see `fgp_sklearn.operations.describe`.
    identity_ops : "auto", or sequence of str or int, default="auto"
        Operations that output what they receive. They are contracted. "auto" as for `null_ops`.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`.
    random_state : int, RandomState instance or None, default=None
        Seed of the assignment of groups to folds, used if `shuffle` is True.

    See Also
    --------
    LabelBudgetSplit : Trains on few labels and tests on the rest.
    fgp_sklearn.preprocessing.ArchitectureSimplifier : Its `duplicates` method returns the groups.

    Notes
    -----
    The default `null_ops` and `identity_ops` are those of `FGPEncoder`, so architectures that the encoder
    simplifies to the same graph form one group. If both parameters are empty, architectures are grouped only
    if they differ in nothing but the order of their nodes, the spelling of operations, and nodes on no path
    from an input to an output.

    The 15,625 cells of NAS-Bench-201 form 5,425 groups. `benchmarks/isomorphism_leak.py` measures how much
    plain folds overestimate the score there.

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
        null_ops: Any = "auto",
        identity_ops: Any = "auto",
        op_attr: Any = "op",
        attributes: Any = None,
        random_state: Any = None,
    ) -> None:
        super().__init__(n_splits, shuffle=shuffle, random_state=random_state)
        self.null_ops = null_ops
        self.identity_ops = identity_ops
        self.op_attr = op_attr
        self.attributes = attributes

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Generate the positions of the training and test architectures of each fold.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            Architectures.
        y : array-like of shape (n_architectures,), optional
            Labels; only their number is checked.
        groups : None
            Ignored: the groups are found from the architectures.

        Yields
        ------
        train : ndarray of int
            Positions of the training architectures, ascending.
        test : ndarray of int
            Positions of the test architectures, ascending. Each architecture is in exactly one test set.

        Raises
        ------
        ArchitectureError
            If an architecture is malformed.
        ValueError
            If `y` and `X` differ in length, or there are fewer groups than folds.

        Warns
        -----
        UserWarning
            If `groups` is not None.
        """
        if groups is not None:
            message = f"{type(self).__name__} ignores groups and finds them from the architectures"
            warnings.warn(message, UserWarning, stacklevel=2)
        group = self._groups(X)
        check_consistent_length(group, y)
        n_groups = int(group.max()) + 1
        if n_groups < self.n_splits:
            raise ValueError(
                f"the {len(group)} architectures form {n_groups} groups of isomorphic ones, fewer than "
                f"n_splits={self.n_splits}; lower n_splits or pass more architectures"
            )
        yield from super().split(group, y, group)

    def _groups(self, X: Any) -> NDArray[np.int64]:
        batch = as_batch(X, op_attr=self.op_attr, attributes=self.attributes)
        known = KnownOperations(self.null_ops, self.identity_ops)
        batch = known.read(batch)
        return duplicate_groups(
            functional_graph(batch, null_ops=known.removed, identity_ops=known.contracted)
        )
