"""SearchSpace: the architectures among which a search looks."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import Architecture, ArchitectureBatch, ArchitectureError, as_batch
from fgp_sklearn.architectures._known_operations import KnownOperations, with_known_operations
from fgp_sklearn.architectures._simplify import functional_graph
from fgp_sklearn.search._checked_methods import checked
from fgp_sklearn.search._generator import as_generator
from fgp_sklearn.search._inherits_documentation import InheritsDocumentation
from fgp_sklearn.search._pairs import check_pairs


class SearchSpace(InheritsDocumentation, ABC):
    """Base class of search spaces: which architectures there are, and which are neighbours.

    A space of your own defines three methods on batches, `sample`, `mutate` and `contains`. All searches
    of this library then work on it. It may also define `crossover`. A space whose members can be listed sets
    `is_finite` and defines `enumerate`, and ``__len__`` if counting is faster than listing.

    These methods are called with an `ArchitectureBatch`. They may return a list of what `as_batch` reads, and
    `contains` a list of bool. `sample` of no architectures and `mutate` of none need not be handled.

    Attributes
    ----------
    is_finite : bool
        Whether `enumerate` lists all members. False by default, and for spaces that are too large to list.
    contracts_identities : bool
        Whether an identity computes nothing, so that architectures with and without it are the same. True by
        default. In a chain of layers, an identity also says where the other layers are: set it to False.
    operations : OperationTable, mapping or None
        What you know about operations, such as ``{"my_zero": {"role": "null"}}``. Null operations and
        identities decide which architectures compute the same.
    attributes : sequence of str or None
        Attributes to read on nodes of graphs and pairs; see `as_batch`.

    Examples
    --------
    Chains of two to six layers, each of one of three operations:

    >>> import numpy as np
    >>> from fgp_sklearn.search import RandomSearch, SearchSpace
    >>> class Chains(SearchSpace):
    ...     ops = ("conv3x3", "conv5x5", "pool")
    ...     def chain(self, layers):
    ...         ops = ["input", *layers, "output"]
    ...         return np.eye(len(ops), k=1, dtype=int), ops
    ...     def sample(self, n, random_state=None):
    ...         draws = np.random.RandomState(random_state)
    ...         return [self.chain(draws.choice(self.ops, draws.randint(2, 7))) for _ in range(n)]
    ...     def mutate(self, X, random_state=None):
    ...         draws = np.random.RandomState(random_state)
    ...         children = []
    ...         for parent in X:
    ...             layers = list(parent.ops[1:-1])
    ...             place = draws.randint(len(layers))
    ...             layers[place] = draws.choice([op for op in self.ops if op != layers[place]])
    ...             children.append(self.chain(layers))
    ...         return children
    ...     def contains(self, X):
    ...         return [
    ...             a.ops[0] == "input" and a.ops[-1] == "output" and set(a.ops[1:-1]) <= set(self.ops)
    ...             and 4 <= len(a.ops) <= 8 and np.array_equal(a.adjacency, np.eye(len(a.ops), k=1))
    ...             for a in X]
    >>> search = RandomSearch(Chains(), random_state=0)
    >>> batch = search.ask(3)
    >>> search.tell(batch, [0.3, 0.5, None]).best_value_
    0.5
    """

    is_finite: bool = False
    contracts_identities: bool = True
    operations: Any = None
    attributes: Sequence[str] | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, value in list(vars(cls).items()):
            if inspect.isfunction(value):
                setattr(cls, name, checked(name, value))

    @abstractmethod
    def sample(self, n: int, random_state: Any = None) -> ArchitectureBatch:
        """Draw members at random.

        Parameters
        ----------
        n : int
            Number of architectures. Some may be equal.
        random_state : int, RandomState instance or None, default=None
            Seed of the draws.

        Returns
        -------
        ArchitectureBatch
            `n` members.
        """

    @abstractmethod
    def mutate(self, X: Any, random_state: Any = None) -> ArchitectureBatch:
        """Change each architecture a little.

        Parameters
        ----------
        X : sequence of architectures or ArchitectureBatch
            Members, the parents.
        random_state : int, RandomState instance or None, default=None
            Seed of the draws.

        Returns
        -------
        ArchitectureBatch
            One child per parent: a member that computes something else than its parent.
        """

    @abstractmethod
    def contains(self, X: Any) -> NDArray[np.bool_]:
        """Whether each architecture is a member.

        Parameters
        ----------
        X : sequence of architectures or ArchitectureBatch
            Architectures.

        Returns
        -------
        ndarray of bool of shape (n_architectures,)
            True for members.
        """

    def crossover(self, first: Any, second: Any, random_state: Any = None) -> ArchitectureBatch:
        """Combine pairs of parents.

        Parameters
        ----------
        first, second : sequence of architectures or ArchitectureBatch
            Members, in pairs.
        random_state : int, RandomState instance or None, default=None
            Seed of the draws.

        Returns
        -------
        ArchitectureBatch
            One child per pair. By default it is one of both parents, drawn at random.
        """
        one, other = self.read(first), self.read(second)
        check_pairs(one, other)
        n = len(one)
        return ArchitectureBatch.concatenate([one, other]).take(
            np.arange(n) + n * as_generator(random_state).integers(2, size=n)
        )

    def __len__(self) -> int:
        if self.is_finite:
            return len(self.enumerate())
        raise TypeError(f"a {type(self).__name__} has no length: its members cannot be listed (is_finite)")

    def __bool__(self) -> bool:
        return True

    def enumerate(self) -> ArchitectureBatch:
        """List all members.

        Returns
        -------
        ArchitectureBatch
            Each member once.

        Raises
        ------
        TypeError
            If the members cannot be listed.
        """
        if self.is_finite:
            raise TypeError(
                f"{type(self).__name__} sets is_finite, but defines no method enumerate that lists its "
                "members; define it, or leave is_finite out"
            )
        raise TypeError(f"the members of a {type(self).__name__} cannot be listed (is_finite); use sample")

    def read(self, X: Any) -> ArchitectureBatch:
        """Read architectures in any form, also a single `Architecture`.

        Parameters
        ----------
        X : sequence of architectures, ArchitectureBatch or Architecture
            Architectures.

        Returns
        -------
        ArchitectureBatch
            The architectures as given.
        """
        if isinstance(X, ArchitectureBatch):
            return X
        return as_batch([X] if isinstance(X, Architecture) else X, attributes=self._attributes)

    def functional(self, X: Any) -> ArchitectureBatch:
        """What architectures compute: their functional graphs, with canonical names of operations.

        Architectures that have isomorphic functional graphs count as one in a search.

        Parameters
        ----------
        X : sequence of architectures or ArchitectureBatch
            Architectures.

        Returns
        -------
        ArchitectureBatch
            One functional graph per architecture.
        """
        batch = with_known_operations(self.read(X), self._known.table)
        contracted = self._known.contracted if self.contracts_identities else frozenset()
        return functional_graph(batch, null_ops=self._known.removed, identity_ops=contracted)

    def check_members(self, X: Any) -> ArchitectureBatch:
        """Read architectures, all of which must be members.

        Parameters
        ----------
        X : sequence of architectures or ArchitectureBatch
            Architectures.

        Returns
        -------
        ArchitectureBatch
            The architectures as given.

        Raises
        ------
        ArchitectureError
            If an architecture is no member.
        """
        batch = self.read(X)
        outside = np.flatnonzero(~self.contains(batch))
        if len(outside):
            raise ArchitectureError(
                f"it is not in the search space {type(self).__name__}; leave it out, or search a space that "
                "contains it",
                int(outside[0]),
            )
        return batch

    @property
    def _attributes(self) -> Sequence[str] | None:
        return None if self.attributes is None else list(self.attributes)

    @cached_property
    def _known(self) -> KnownOperations:
        return KnownOperations(operations=self.operations)
