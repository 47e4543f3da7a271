"""TreeMember: extra trees, one member of the blend where architectures have attributes."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor

from fgp_sklearn._storage import Array, PersistenceError, Storable
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._offsets import offsets
from fgp_sklearn.preprocessing._attribute_groups import AttributeGroups

FloatArray = NDArray[np.float64]

_N_TREES = 200
_LARGEST = 1e38  # trees read columns in single precision


class TreeMember(Storable):
    """Extra trees on aggregates, positions and soft stages of operations and attributes.

    Trees find products of numbers that a smooth kernel learns slowly.

    Parameters
    ----------
    groups : AttributeGroups
        Columns of a pool.

    Attributes
    ----------
    out_of_bag_ : ndarray of float64 of shape (n_labels, n_targets)
        Prediction for each label by the trees that did not learn from it; 0, the mean, without such trees.

    References
    ----------
    Geurts, Ernst, Wehenkel, "Extremely randomized trees", Machine Learning 63 (2006).

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn.architectures import ArchitectureBatch
    >>> from fgp_sklearn.estimators._tree_member import TreeMember
    >>> from fgp_sklearn.preprocessing._attribute_groups import AttributeGroups
    >>> width = np.arange(1.0, 21.0)
    >>> pool = ArchitectureBatch.from_arrays(
    ...     [[0]], np.zeros((20, 1), dtype=int), ["conv"], attributes={"width": width[:, None]})
    >>> trees = TreeMember(AttributeGroups().fit(pool)).fit(pool, width[:, None], None, seed=0)
    >>> trees.scores(pool).shape
    (20, 1)
    """

    _stored_attributes: ClassVar[dict[str, Any]] = {
        "_groups": AttributeGroups,
        "_roots": Array(None, dtype="i"),
        "_feature": Array("nodes", dtype="i"),
        "_threshold": Array("nodes"),
        "_children": Array("nodes", 2, dtype="i"),
        "_value": Array("nodes", "targets"),
        "out_of_bag_": Array("labels", "targets"),
    }

    def __init__(self, groups: AttributeGroups) -> None:
        self._groups = groups

    def fit(
        self,
        labelled: ArchitectureBatch,
        scores: FloatArray,
        weights: FloatArray | None,
        seed: int,
    ) -> Self:
        """Learn from labels.

        Parameters
        ----------
        labelled : ArchitectureBatch
            Functional graphs with labels.
        scores : ndarray of float64 of shape (n_labels, n_targets)
            Normal scores of the labels.
        weights : ndarray of float64 of shape (n_labels,) or None
            Weights of the labels.
        seed : int
            Seed of the trees.

        Returns
        -------
        TreeMember
            The fitted member.
        """
        columns = self._columns(labelled)
        # One job: with more, sums over trees would depend on the order in which the jobs end.
        forest = ExtraTreesRegressor(_N_TREES, bootstrap=True, n_jobs=1, random_state=seed)
        forest.fit(columns, scores[:, 0] if scores.shape[1] == 1 else scores, weights)
        self._take([estimator.tree_ for estimator in forest.estimators_])
        self.out_of_bag_ = self._out_of_bag(columns, forest.estimators_samples_)
        return self

    def scores(self, batch: ArchitectureBatch) -> FloatArray:
        """Scores of shape (n_architectures, n_targets) of functional graphs."""
        columns = self._columns(batch)
        total = np.zeros((len(columns), self._value.shape[1]))
        for tree in range(len(self._roots)):
            total += self._answers(tree, columns)
        return total / len(self._roots)

    def _columns(self, batch: ArchitectureBatch) -> NDArray[np.float32]:
        """Columns of all groups, and a constant one, so that there is one."""
        groups = self._groups.transform(batch)
        columns = np.hstack([*groups, np.zeros((len(batch), 1))])
        return np.clip(columns, -_LARGEST, _LARGEST).astype(np.float32)

    def _take(self, trees: list[Any]) -> None:
        """Join the nodes of all trees: a file with few arrays is read at once."""
        starts = offsets(np.array([tree.node_count for tree in trees]))
        self._roots = starts[:-1]
        children = [np.stack([tree.children_left, tree.children_right], axis=1) for tree in trees]
        self._children = np.concatenate(
            [np.where(some < 0, -1, some + start) for some, start in zip(children, starts, strict=False)]
        )
        self._feature = np.concatenate([tree.feature for tree in trees])
        self._threshold = np.concatenate([tree.threshold for tree in trees])
        self._value = np.concatenate([tree.value[:, :, 0] for tree in trees])

    def _answers(self, tree: int, columns: NDArray[np.float32]) -> FloatArray:
        """Values of one tree."""
        node = np.full(len(columns), self._roots[tree])
        rows = np.arange(len(columns))
        while len(rows):
            at = node[rows]
            rows = rows[self._children[at, 0] >= 0]
            at = node[rows]
            goes_right = columns[rows, self._feature[at]] > self._threshold[at]
            node[rows] = self._children[at, goes_right.astype(np.int64)]
        values: FloatArray = self._value[node]
        return values

    def _out_of_bag(self, columns: NDArray[np.float32], samples: list[NDArray[np.int64]]) -> FloatArray:
        """Mean over the trees that did not see a row; 0 if every tree saw it."""
        total = np.zeros((len(columns), self._value.shape[1]))
        count = np.zeros((len(columns), 1))
        for tree, seen in enumerate(samples):
            rows = np.setdiff1d(np.arange(len(columns)), seen)
            total[rows] += self._answers(tree, columns[rows])
            count[rows] += 1
        return total / np.maximum(count, 1)

    def _check_stored(self) -> None:
        if len(self._feature) == 0 or not len(self._roots):
            raise PersistenceError("a tree has no nodes")
        inner = np.flatnonzero(self._children[:, 0] >= 0)
        children = self._children[inner]
        # A child has a larger number than its parent, so each walk ends.
        if (children <= inner[:, None]).any() or (children >= len(self._feature)).any():
            raise PersistenceError("the nodes of a tree do not belong together")
        n_columns = 1 + sum(map(len, self._groups.names()))
        if not ((self._feature[inner] >= 0) & (self._feature[inner] < n_columns)).all():
            raise PersistenceError("a tree splits by a column that does not exist")
        if not ((self._roots >= 0) & (self._roots < len(self._feature))).all():
            raise PersistenceError("a tree has no root")
