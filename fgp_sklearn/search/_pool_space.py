"""PoolSpace: a list of architectures as a search space."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from sklearn.utils import check_scalar

from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError, as_batch
from fgp_sklearn.architectures._fingerprints import fingerprints
from fgp_sklearn.architectures._known_operations import as_table
from fgp_sklearn.architectures._random_codes import by_first_appearance
from fgp_sklearn.architectures._simplify import consists_of_chains
from fgp_sklearn.search._generator import as_generator
from fgp_sklearn.search._matches import matches
from fgp_sklearn.search._pairs import check_pairs
from fgp_sklearn.search._places import places
from fgp_sklearn.search._search_space import SearchSpace

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

_TREE_DIMENSIONS = 10  # a tree is fast in few dimensions only
_SURPLUS = 4  # times as many neighbours as the tree finds
_ROWS = 2000  # places whose neighbours are compared at once


class PoolSpace(SearchSpace):
    """A given list of architectures, such as those of a table, as a search space.

    `sample` draws each position with the same probability. `mutate` draws one of the nearest members, so that
    every child is one of the list. Architectures are near if they share most nodes: operations,
    attributes, depths and neighbours of nodes are compared, approximately, by sums of random vectors.
    `crossover` draws one of the members that are nearest to the middle between both parents.

    Parameters
    ----------
    X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or UnlabeledPool
        The architectures.
    n_nearest : int, default=20
        Number of nearest members that `mutate` and `crossover` draw from.
    operations : OperationTable, mapping or None, default=None
        What you know about operations; see `SearchSpace`.
    op_attr : hashable, default="op"
        Node attribute of graphs that holds the operation.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`.

    Attributes
    ----------
    architectures : ArchitectureBatch
        The list.

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.search import PoolSpace, RandomSearch
    >>> cells = nasbench201_space()
    >>> accuracy = [sum("conv" in op for op in cell.ops) for cell in cells]  # from your table
    >>> space = PoolSpace(cells)
    >>> search = RandomSearch(space, random_state=0)
    >>> for _ in range(10):
    ...     asked = search.ask(5)
    ...     _ = search.tell(asked, [accuracy[i] for i in space.positions(asked)])
    >>> search.best_value_
    5.0
    """

    is_finite = True

    def __init__(
        self,
        X: Any,
        *,
        n_nearest: int = 20,
        operations: Any = None,
        op_attr: Hashable = "op",
        attributes: Any = None,
    ) -> None:
        check_scalar(n_nearest, "n_nearest", Integral, min_val=1)
        as_table(operations)  # refuses what it cannot read
        self.architectures = as_batch(X, op_attr=op_attr, attributes=attributes)
        self.attributes = self.architectures.attribute_names or None
        self.n_nearest = n_nearest
        self.operations = operations
        self.contracts_identities = not consists_of_chains(self.architectures)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.architectures!r})"

    def __len__(self) -> int:
        return len(self.architectures)

    def enumerate(self) -> ArchitectureBatch:
        return self.architectures

    def sample(self, n: int, random_state: Any = None) -> ArchitectureBatch:
        return self.architectures.take(as_generator(random_state).integers(len(self), size=n))

    def mutate(self, X: Any, random_state: Any = None) -> ArchitectureBatch:
        own = self._kinds[self.positions(X)]
        different, which = np.unique(own, return_inverse=True)
        near = self._near(self._places[different])
        is_other = near != different[:, None]
        if not is_other.any():
            raise ArchitectureError("all members of the pool compute the same; give it others")
        return self._drawn(near[which], is_other[which], random_state)

    def crossover(self, first: Any, second: Any, random_state: Any = None) -> ArchitectureBatch:
        first, second = self.read(first), self.read(second)
        check_pairs(first, second)
        one, other = (self._places[self._kinds[self.positions(parents)]] for parents in (first, second))
        near = self._near((one + other) / np.float32(2))
        return self._drawn(near, np.ones(near.shape, dtype=bool), random_state)

    def contains(self, X: Any) -> BoolArray:
        return self._found(X) >= 0

    def positions(self, X: Any) -> IntArray:
        """Where members are in the list.

        Parameters
        ----------
        X : sequence of architectures or ArchitectureBatch
            Members, such as those that a search asked for.

        Returns
        -------
        ndarray of int of shape (n_architectures,)
            For each, the position of the first member that is equal node by node, or else the first that is
            equal up to the order of nodes.

        Raises
        ------
        ArchitectureError
            If an architecture is not in the list.

        Examples
        --------
        >>> from fgp_sklearn.datasets import nasbench201_space
        >>> from fgp_sklearn.search import PoolSpace
        >>> cells = nasbench201_space()
        >>> PoolSpace(cells).positions(cells[[7, 4]])
        array([7, 4])
        """
        found = self._found(X)
        if (found < 0).any():
            self.check_members(X)
        return found

    # ------------------------------------------------------------------ internals

    @cached_property
    def _given_codes(self) -> NDArray[np.uint64]:
        return fingerprints(self.architectures)

    @cached_property
    def _by_kind(self) -> tuple[IntArray, IntArray]:
        """The first member of each kind (what members compute), and the kind of each member."""
        return by_first_appearance(fingerprints(self.functional(self.architectures)))

    @property
    def _kinds(self) -> IntArray:
        return self._by_kind[1]

    @cached_property
    def _places(self) -> NDArray[np.float32]:
        return places(self.functional(self.architectures.take(self._by_kind[0])))

    @cached_property
    def _tree(self) -> KDTree:
        return KDTree(self._places[:, :_TREE_DIMENSIONS])

    def _found(self, X: Any) -> IntArray:
        batch = self.read(X)
        return matches(self.architectures, self._given_codes, batch, fingerprints(batch))

    def _near(self, wanted: NDArray[np.float32]) -> IntArray:
        """The kinds that are nearest to each place, one more than `n_nearest`.

        A tree of the first dimensions finds more of them, and all dimensions decide.
        """
        n_near = min(self.n_nearest + 1, len(self._places))
        found = np.arange(1, min(_SURPLUS * n_near, len(self._places)) + 1)
        near = np.empty((len(wanted), n_near), dtype=np.int64)
        for start in range(0, len(wanted), _ROWS):
            some = wanted[start : start + _ROWS]
            kinds = self._tree.query(some[:, :_TREE_DIMENSIONS], k=found, eps=1.0)[1]
            squares = ((self._places[kinds] - some[:, None]) ** 2).sum(axis=2)
            order = np.argsort(squares, axis=1, kind="stable")[:, :n_near]
            near[start : start + _ROWS] = np.take_along_axis(kinds, order, axis=1)
        return near

    def _drawn(self, near: IntArray, may_be: BoolArray, random_state: Any) -> ArchitectureBatch:
        """A random one of the near kinds of each row that may be drawn."""
        draws = np.where(may_be, as_generator(random_state).random(near.shape), -1.0)
        kinds = near[np.arange(len(near)), draws.argmax(axis=1)]
        return self.architectures.take(self._by_kind[0][kinds])
