"""KnownOperations: how an estimator reads the names of operations."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._absent_operations import absent_descriptions
from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._errors import UnknownOperationError
from fgp_sklearn.architectures._messages import named, nearest, shown
from fgp_sklearn.architectures._node_attributes import aligned
from fgp_sklearn.architectures._ops import op_names
from fgp_sklearn.operations import OperationTable
from fgp_sklearn.operations._operation import Role
from fgp_sklearn.operations._split_names import SplitNames, split_like, split_names

Batch = TypeVar("Batch", bound=ArchitectureColumns)

_LIBRARY = OperationTable()


def as_table(operations: Any) -> OperationTable:
    """Table of operations from the parameter `operations` of an estimator.

    Parameters
    ----------
    operations : OperationTable, mapping or None
        What the user knows about operations.

    Returns
    -------
    OperationTable
        The table of the library, extended by it.

    Raises
    ------
    ValueError
        If an operation is malformed.
    """
    if operations is None:
        return _LIBRARY
    return operations if isinstance(operations, OperationTable) else OperationTable(operations)


def is_auto(given: Any) -> bool:
    """Whether a parameter such as `null_ops` is "auto"."""
    return isinstance(given, str) and given == "auto"


def ops_with_role(
    given: Iterable[Any] | str, role: Role, vocabulary: Sequence[str], table: OperationTable = _LIBRARY
) -> frozenset[str]:
    """Operations that a parameter such as `null_ops` selects.

    Parameters
    ----------
    given : iterable of str or int, or "auto"
        Names, as given by the user. With "auto", those of the vocabulary that have the role.
    role : {"null", "identity"}
        The role.
    vocabulary : sequence of str
        Names of operations.
    table : OperationTable, optional
        What is known about them. By default the table of the library.

    Returns
    -------
    frozenset of str
        The names.

    Examples
    --------
    >>> from fgp_sklearn.architectures._known_operations import ops_with_role
    >>> sorted(ops_with_role("auto", "null", ["Zero", "conv", "skip"]))
    ['Zero']
    """
    if is_auto(given):
        return frozenset(op for op in vocabulary if table.role(op) == role)
    return op_names(given)


def with_known_operations(batch: Batch, table: OperationTable) -> Batch:
    """Give each operation its canonical name, so that architectures in all spellings are equal.

    Parameters
    ----------
    batch : ArchitectureBatch
        Architectures as given by the user.
    table : OperationTable
        What is known about operations.

    Returns
    -------
    ArchitectureBatch
        The same architectures. The given object if all names are canonical.
    """
    names = tuple(map(table.canonical, batch.vocabulary))
    return batch if names == batch.vocabulary else batch.renamed(names)


def with_numbers_of_names(batch: Batch, split: SplitNames | None) -> Batch:
    """Replace names that carry numbers by kinds and attributes.

    Parameters
    ----------
    batch : ArchitectureBatch
        Architectures.
    split : SplitNames or None
        What becomes of each name of the vocabulary of the batch; None for no change.

    Returns
    -------
    ArchitectureBatch
        The same architectures. An attribute that a node has already wins over the number in its name; a
        warning says so if they differ.
    """
    if split is None:
        return batch
    names = tuple(sorted({*batch.attribute_names, *split.attribute_names}))
    values = aligned(batch, names)
    columns = [names.index(name) for name in split.attribute_names]
    given, in_names = values[:, columns], split.values[batch.ops]
    differs = (~np.isnan(given) & ~np.isnan(in_names) & (given != in_names)).any(axis=0)
    if differs.any():
        replaced = named(name for name, some in zip(split.attribute_names, differs, strict=True) if some)
        warnings.warn(
            f"the attributes {replaced} of nodes replace other numbers in the names of their operations, "
            "and the pool has such numbers in names only. Leave the attributes out with "
            "as_batch(X, attributes=[...]), or give them to the pool too",
            UserWarning,
            stacklevel=4,
        )
    values[:, columns] = np.where(np.isnan(given), in_names, given)
    return batch.renamed(split.names).with_columns(attribute_names=names, attribute_values=values)


@dataclass(frozen=True)
class KnownOperations:
    """Answers how an estimator reads names: canonical names, and which operations it simplifies away.

    This is the only place that decides it: `EncoderInput` and `FlowKernel` both ask here.

    Parameters
    ----------
    null_ops, identity_ops : iterable of str or int, or "auto"
        Operations that are removed and operations that are contracted, as given by the user. With "auto" the
        role of an operation decides.
    operations : OperationTable, mapping or None
        What the user knows about operations.
    renames : bool, default=True
        False for estimators from files of versions that knew no canonical names.
    pool_names : tuple of str, default=()
        Operations of the pool, if their names are read as kinds and numbers; see `learn`.

    Examples
    --------
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.architectures._known_operations import KnownOperations
    >>> known = KnownOperations()
    >>> known.read(as_batch([([[0, 1], [0, 0]], ["Zero", "ReLUConvBN3x3"])])).vocabulary
    ('none', 'nor_conv_3x3')
    >>> sorted(known.removed), sorted(known.contracted)
    (['none'], ['identity', 'skip', 'skip_connect'])
    """

    null_ops: Any = "auto"
    identity_ops: Any = "auto"
    operations: Any = None
    renames: bool = True
    pool_names: tuple[str, ...] = ()

    @cached_property
    def table(self) -> OperationTable:
        """The table of the library, extended by the user's operations."""
        return as_table(self.operations)

    def learn(self, pool: ArchitectureColumns) -> Self:
        """Decide by a pool whether names are read as kinds and numbers (`split_names`).

        Names stay as they are if a number in a name has the name of an attribute of the pool: a node could
        have two values of it.
        """
        names = with_known_operations(pool, self.table).used_ops()
        learnt = replace(self, pool_names=names)
        return learnt if _may_split(learnt.numbers, pool) else replace(self, pool_names=())

    @property
    def numbers(self) -> tuple[str, ...]:
        """Attributes that names of the pool are read as."""
        split = split_names(self.pool_names, self.table)
        return () if split is None else split.attribute_names

    def read(self, batch: Batch) -> Batch:
        """The same architectures with canonical names of operations, or with kinds and attributes."""
        if not self.renames:
            return batch
        batch = with_known_operations(batch, self.table)
        if not self.pool_names:
            return batch
        return with_numbers_of_names(batch, split_like(self.pool_names, batch.vocabulary, self.table))

    def explained(
        self, error: UnknownOperationError, batch: ArchitectureColumns, simplified: ArchitectureColumns
    ) -> UnknownOperationError:
        """The error about an operation with its name as the user wrote it.

        Parameters
        ----------
        error : UnknownOperationError
            The error about its canonical name or its kind. Its index need not be right.
        batch : ArchitectureBatch
            Architectures as given by the user.
        simplified : ArchitectureBatch
            The same ones as the estimator compares them.

        Returns
        -------
        UnknownOperationError
            The error with the index and the name in `batch`.
        """
        read = self.read(batch)
        names = {error.op} | {read.vocabulary[code] for code in set(read.ops[_is_among(batch, {error.op})])}
        owners = simplified.node_owner[_is_among(simplified, names)]
        if error.op is None or not len(owners):
            return error
        index = int(owners[0])
        first = np.argmax(_is_among(read, names) & (batch.node_owner == index))
        given, problem = batch.vocabulary[batch.ops[first]], error.problem
        if given != error.op:
            text = f"unknown operation {shown(given)}, read as {shown(error.op)}"
            problem = problem.replace(f"unknown operation {shown(error.op)}", text, 1)
        may_be_described = self.pool_names or self.table.describe(given).attributes
        if may_be_described and "operations=" not in problem:
            problem += (
                ". If it and operations of the pool are one kind with other numbers, describe them in "
                "operations= with that kind and with attributes, and fit again"
            )
        return UnknownOperationError(problem, index, given, error.known)

    @cached_property
    def removed(self) -> frozenset[str]:
        """Names of operations that are removed."""
        if is_auto(self.null_ops):
            return self.table.names_of("null") - self._named(self.identity_ops)
        return self._named(self.null_ops)

    @cached_property
    def contracted(self) -> frozenset[str]:
        """Names of operations that are contracted."""
        if is_auto(self.identity_ops):
            return self.table.names_of("identity") - self._named(self.null_ops)
        return self._named(self.identity_ops)

    def _named(self, given: Any) -> frozenset[str]:
        """Names in a list, as they are read; none for "auto"."""
        names = frozenset() if is_auto(given) else op_names(given)
        return frozenset(map(self.table.canonical, names)) if self.renames else names

    def of_pool(self, pool: ArchitectureColumns) -> dict[str, Any]:
        """Parameters `null_ops` and `identity_ops` without the names that `warn_of_absent` tells of."""
        absent = {name for _, name in self._absent(pool.used_ops())}
        return {
            name: given if is_auto(given) else tuple(sorted(op_names(given) - absent))
            for name, given in (("null_ops", self.null_ops), ("identity_ops", self.identity_ops))
        }

    def _absent(self, present: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Parameter and name of each given operation that is not present, and has no role in the table."""
        read = {self.table.canonical(op) for op in present} | set(present)
        for parameter, given in (("null_ops", self.null_ops), ("identity_ops", self.identity_ops)):
            for name in sorted(frozenset() if is_auto(given) else op_names(given)):
                if not read & {name, self.table.canonical(name)} and self.table.role(name) == "compute":
                    yield parameter, name

    def warn_of_absent(self, batch: ArchitectureColumns) -> None:
        """Warn of operations in `null_ops`, `identity_ops` and `operations` that no architecture has.

        Null operations and identities of the table are left out: a list may serve several search spaces. So
        are most descriptions; see `absent_descriptions`.

        Parameters
        ----------
        batch : ArchitectureBatch
            The pool, as the user gave it.
        """
        present = batch.used_ops()
        for parameter, name in self._absent(present):
            warnings.warn(_warning(parameter, name, present), UserWarning, stacklevel=4)
        misspelt = absent_descriptions(self.table, present)
        if misspelt is not None:
            warnings.warn(misspelt, UserWarning, stacklevel=4)


def _is_among(batch: ArchitectureColumns, names: Set[str | None]) -> NDArray[np.bool_]:
    """Whether each node has one of some operations."""
    return np.array([name in names for name in batch.vocabulary], dtype=np.bool_)[batch.ops]


def _may_split(numbers: tuple[str, ...], pool: ArchitectureColumns) -> bool:
    return bool(numbers) and not set(numbers) & set(pool.attribute_names)


def _warning(parameter: str, name: str, present: Sequence[str]) -> str:
    near = nearest(name, present)
    hint = "" if near is None else f"; the nearest name of one is {shown(near)}"
    return (
        f"{parameter} names {shown(name)}, but no architecture of the pool has this operation{hint}. "
        f'Correct the name, leave it out, or pass {parameter}="auto"'
    )
