"""LabelBudgetSplit: trains on few labels and tests on the rest."""

from __future__ import annotations

import math
from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import BaseShuffleSplit
from sklearn.utils import check_random_state, check_scalar

from fgp_sklearn._validation import num_samples
from fgp_sklearn.architectures._unlabeled_pool import opened


class LabelBudgetSplit(BaseShuffleSplit):
    """Random splits into a training set of `n_labels` architectures and a test set.

    Labels are expensive in architecture search, so predictors are compared at a small number of labels
    (label budget). Each split permutes the architectures. The first `n_labels` are the training set, the
    last ones the test set.

    Parameters
    ----------
    n_labels : int
        Number of training architectures per split.
    n_splits : int, default=3
        Number of splits, at least 1.
    test_size : int or float, optional
        Number of test architectures, or their fraction of all architectures if it is a float between 0
        and 1. By default, all architectures outside the training set.
    random_state : int, RandomState instance or None, default=None
        Seed of the permutations.

    See Also
    --------
    IsomorphismGroupKFold : Splitter that keeps isomorphic architectures in the same fold.

    Notes
    -----
    With an integer `random_state`, the training sets of different budgets are nested: a smaller training
    set is the beginning of a larger one. If `test_size` is given too, all budgets share the same test sets.
    A score over budgets then varies with the budget alone.

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn.model_selection import LabelBudgetSplit
    >>> X = np.arange(8)
    >>> for train, test in LabelBudgetSplit(2, n_splits=2, random_state=0).split(X):
    ...     print(train, test)
    [6 2] [1 7 3 0 5 4]
    [1 6] [3 7 0 4 2 5]
    >>> for train, test in LabelBudgetSplit(3, n_splits=2, test_size=4, random_state=0).split(X):
    ...     print(train, test)
    [6 2 1] [3 0 5 4]
    [1 6 3] [0 4 2 5]
    """

    def __init__(
        self, n_labels: int, n_splits: int = 3, *, test_size: float | None = None, random_state: Any = None
    ) -> None:
        super().__init__(n_splits, test_size=test_size, train_size=n_labels, random_state=random_state)
        self.n_labels = n_labels

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Generate the positions of the training and test samples of each split.

        Parameters
        ----------
        X : array-like of shape (n_samples,), or UnlabeledPool
            Samples; only their number matters.
        y : array-like of shape (n_samples,), optional
            Labels; only their number is checked.
        groups : None
            Ignored.

        Yields
        ------
        train : ndarray of int
            Positions of the training samples.
        test : ndarray of int
            Positions of the test samples.
        """
        yield from super().split(opened(X), y, groups)

    def _iter_indices(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        check_scalar(self.n_splits, "n_splits", Integral, min_val=1)
        n = num_samples(X)
        n_test = self._n_test(n)
        generator = check_random_state(self.random_state)
        for _ in range(self.n_splits):
            order = generator.permutation(n)
            yield order[: self.n_labels], order[n - n_test :]

    def _n_test(self, n: int) -> int:
        check_scalar(self.n_labels, "n_labels", Integral, min_val=1)
        if self.test_size is None:
            n_test = n - self.n_labels
        elif isinstance(self.test_size, Integral):
            n_test = int(check_scalar(self.test_size, "test_size", Integral, min_val=1))
        else:
            bounds = {"min_val": 0, "max_val": 1, "include_boundaries": "neither"}
            n_test = math.ceil(n * check_scalar(self.test_size, "test_size", Real, **bounds))
        if n_test < 1 or self.n_labels + n_test > n:
            raise ValueError(
                f"n_labels={self.n_labels} and {max(n_test, 1)} test samples exceed the {n} samples given; "
                "lower n_labels or test_size"
            )
        return n_test
