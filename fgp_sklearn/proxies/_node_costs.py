"""NodeCosts: costs of nodes from tables, functions of attributes, and default formulas."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._numeric_input import as_reals
from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.architectures._ops import op_name
from fgp_sklearn.architectures._random_codes import by_first_appearance
from fgp_sklearn.operations._end_of import end_of
from fgp_sklearn.proxies._attribute_costs import attribute_costs
from fgp_sklearn.proxies._op_costs import costs_by_spelling, entries_of, no_cost, node_costs

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

Formula = Callable[..., Any]


def formulas_of(op_costs: Mapping[Any, Any] | None) -> dict[str, Formula]:
    """Costs that are functions, by operation."""
    return {op_name(op): costs for op, costs in (op_costs or {}).items() if callable(costs)}


class NodeCosts:
    """Costs of nodes.

    Parameters
    ----------
    table : mapping of str to ndarray of shape (n_costs,)
        Costs of operations that do not depend on attributes.
    names : tuple of str, or None
        Names of the costs. None if only the functions know them; then they are learnt from the first call.
    formulas : mapping of str to callable
        Functions of attributes, by operation.
    has_defaults : bool
        Whether costs come from the default formulas where a node has attributes that these read.
    free : frozenset of str
        Operations that cost nothing unless something gives them costs.

    Attributes
    ----------
    names : tuple of str or None
        See above.
    read : set of str
        Attributes that some cost depended on.
    """

    def __init__(
        self,
        table: Mapping[str, FloatArray],
        names: tuple[str, ...] | None,
        formulas: Mapping[str, Formula],
        *,
        has_defaults: bool,
        free: frozenset[str],
    ) -> None:
        self.table = table
        self.names = names
        self.formulas = formulas
        self.has_defaults = has_defaults
        self.free = free
        self.read: set[str] = set()

    def of(self, batch: ArchitectureBatch) -> FloatArray:
        """Costs of every node; an array of shape (total_nodes, n_costs)."""
        if not self.formulas and batch.attribute_values is None:
            return node_costs(batch, self.table, self.free, derived=self.has_defaults)
        nodes, row = batch.node_rows
        groups = [nodes[rows] for rows in _alike(batch, nodes)]
        by_op = self._by_op(batch.vocabulary)
        found = [self._of_alike(batch, some, by_op) for some in groups]
        unknown = [int(some[0]) for some, costs in zip(groups, found, strict=True) if costs is None]
        if unknown:
            raise no_cost(batch, min(unknown), {*self.table, *self.formulas, *self.free})
        if self.names is None:
            self.names = next((tuple(costs) for costs in found if isinstance(costs, Mapping)), ("cost",))
        of_row = np.zeros((len(nodes), len(self.names)))
        for some, costs in zip(groups, found, strict=True):
            of_row[row[some]] = self._in_order(batch, some, costs) if isinstance(costs, Mapping) else costs
        return np.asarray(of_row[row])

    def _by_op(self, vocabulary: tuple[str, ...]) -> dict[str, Formula | FloatArray]:
        """Function or costs of each operation that has some, in any spelling."""
        known: dict[str, Formula | FloatArray] = {**self.table, **self.formulas}
        usual = costs_by_spelling(vocabulary, self.table, derived=self.has_defaults)
        return {**usual, **{op: known[entry] for op, entry in entries_of(vocabulary, known).items()}}

    def _of_alike(
        self, batch: ArchitectureBatch, nodes: IntArray, by_op: Mapping[str, Formula | FloatArray]
    ) -> Any:
        """Costs of nodes with one operation and the same attributes, whose numbers differ.

        Costs by name as arrays; or costs in the order of the names; or None if nothing is known.
        """
        op = batch.vocabulary[batch.ops[nodes[0]]]
        given = {name: column[nodes] for name, column in batch.attributes.items()}
        given = {name: numbers for name, numbers in given.items() if not np.isnan(numbers[0])}
        known = by_op.get(op)
        if callable(known):
            return self._called(batch, nodes, known, given)
        costs_nothing = op in self.free or end_of(op) is not None
        by_default = None if costs_nothing or not self.has_defaults else attribute_costs(op, given)
        if by_default is not None and (by_default[1] or known is None):
            self.read |= by_default[1]
            return by_default[0]
        return 0.0 if known is None and costs_nothing else known

    def _called(
        self, batch: ArchitectureBatch, nodes: IntArray, formula: Formula, given: Mapping[str, FloatArray]
    ) -> dict[str, FloatArray]:
        """What the user's function returns for each node, by name."""
        op = batch.vocabulary[batch.ops[nodes[0]]]
        wanted = inspect.signature(formula).parameters.values()
        takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in wanted)
        named_ones = [p for p in wanted if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        lacking = [p.name for p in named_ones if p.default is p.empty and p.name not in given]
        if lacking:
            raise ArchitectureError(
                f"a node with operation {shown(op)} lacks the attribute {named(lacking)}, which its cost in "
                "op_costs needs; name it in attributes=, give it to the node, or give it a default there",
                int(batch.node_owner[nodes[0]]),
            )
        names = sorted(given if takes_all else given.keys() & {p.name for p in named_ones})
        self.read.update(names)
        columns = [given[name].tolist() for name in names]
        by_name = [
            _checked_call(formula, dict(zip(names, numbers, strict=True)), op, int(batch.node_owner[node]))
            for node, *numbers in zip(nodes.tolist(), *columns, strict=True)
        ]
        for costs in by_name:
            self._check_names(op, costs, by_name[0])
        return {
            name: as_reals([costs[name] for costs in by_name], f"op_costs of {shown(op)}")
            for name in by_name[0]
        }

    def _check_names(self, op: str, costs: Mapping[str, Any], others: Collection[str]) -> None:
        if set(costs) != set(others):
            raise ValueError(
                f"op_costs of {shown(op)} gives the names {named(sorted(map(str, costs)))}, but others have "
                f"{named(sorted(others))}; use the same names for every operation"
            )

    def _in_order(self, batch: ArchitectureBatch, nodes: IntArray, costs: Mapping[str, Any]) -> FloatArray:
        """The costs in the order of the names."""
        op = batch.vocabulary[batch.ops[nodes[0]]]
        names = self.names or ()
        self._check_names(op, costs, names)
        table = np.stack([np.broadcast_to(costs[name], len(nodes)) for name in names], axis=1)
        if not np.isfinite(table).all():
            index = int(np.argmin(np.isfinite(table).all(axis=1)))
            raise ValueError(
                f"op_costs of {shown(op)} gives {shown(table[index].tolist())} in architecture "
                f"{int(batch.node_owner[nodes[index]])}; return finite numbers"
            )
        return table


def _checked_call(formula: Formula, numbers: dict[str, float], op: str, index: int) -> Mapping[str, Any]:
    """Costs by name that a function of the user returns for one node, each of them one number."""
    try:
        costs = formula(**numbers)
    except Exception as error:  # whatever the function raises
        raise ArchitectureError(
            f"op_costs of {shown(op)} raised {shown(error)} for {shown(numbers)}; return a number",
            index,
        ) from error
    by_name = costs if isinstance(costs, Mapping) else {"cost": costs}
    for cost in by_name.values():
        if not isinstance(cost, Real) and getattr(cost, "shape", None) != ():
            raise ArchitectureError(
                f"op_costs of {shown(op)} returns {shown(costs)} for {shown(numbers)}; return a number, or a "
                "dict of numbers by name",
                index,
            )
    return by_name


def _alike(batch: ArchitectureBatch, nodes: IntArray) -> list[IntArray]:
    """Split nodes by operation and by which attributes they have; positions in `nodes`."""
    key = batch.ops[nodes].astype(np.int64)
    for column in batch.attributes.values():
        key = by_first_appearance(2 * key + np.isnan(column[nodes]))[1]
    order = np.argsort(key, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(key[order])) + 1)
