"""NodeCosts: costs of nodes from tables, functions of attributes, and default formulas."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._numeric_input import as_reals
from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.architectures._ops import op_name
from fgp_sklearn.operations._end_of import end_of
from fgp_sklearn.proxies._attribute_costs import attribute_costs
from fgp_sklearn.proxies._op_costs import no_cost, node_costs

FloatArray = NDArray[np.float64]

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
            return node_costs(batch, self.table, self.free)
        nodes, row = batch.node_rows
        found = [self._of_node(batch, node) for node in nodes.tolist()]
        if self.names is None:
            self.names = next((tuple(costs) for costs in found if isinstance(costs, Mapping)), ("cost",))
        of_row = np.zeros((len(nodes), len(self.names)))
        for i, (node, costs) in enumerate(zip(nodes.tolist(), found, strict=True)):
            if costs is None:
                raise no_cost(batch, node, {*self.table, *self.formulas, *self.free})
            of_row[i] = self._as_row(batch, node, costs) if isinstance(costs, Mapping) else costs
        return np.asarray(of_row[row])

    def _of_node(self, batch: ArchitectureBatch, node: int) -> Mapping[str, Any] | FloatArray | float | None:
        """Costs of a node: by name, or in the order of the names; None if nothing is known."""
        op = batch.vocabulary[batch.ops[node]]
        given = _attributes_of(batch, node)
        if op in self.formulas:
            costs = self._call(batch, node, given)
            return costs if isinstance(costs, Mapping) else {"cost": costs}
        costs_nothing = op in self.free or end_of(op) is not None
        by_default = None if costs_nothing or not self.has_defaults else attribute_costs(op, given)
        if by_default is not None and (by_default[1] or op not in self.table):
            self.read |= by_default[1]
            return by_default[0]
        return self.table.get(op, 0.0 if costs_nothing else None)

    def _call(self, batch: ArchitectureBatch, node: int, given: dict[str, float]) -> Any:
        op = batch.vocabulary[batch.ops[node]]
        wanted = inspect.signature(self.formulas[op]).parameters.values()
        takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in wanted)
        named_ones = [p for p in wanted if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        lacking = [p.name for p in named_ones if p.default is p.empty and p.name not in given]
        if lacking:
            raise ArchitectureError(
                f"a node with operation {shown(op)} lacks the attribute {named(lacking)}, which its cost in "
                "op_costs needs; name it in attributes=, give it to the node, or give it a default there",
                int(batch.node_owner[node]),
            )
        names = given.keys() if takes_all else given.keys() & {p.name for p in named_ones}
        self.read |= names
        return self.formulas[op](**{name: given[name] for name in names})

    def _as_row(self, batch: ArchitectureBatch, node: int, costs: Mapping[str, Any]) -> FloatArray:
        """The costs in the order of the names."""
        names, op = self.names or (), batch.vocabulary[batch.ops[node]]
        if set(costs) != set(names):
            raise ValueError(
                f"op_costs of {shown(op)} gives the names {named(sorted(map(str, costs)))}, but others have "
                f"{named(sorted(names))}; use the same names for every operation"
            )
        row = as_reals([costs[name] for name in names], f"op_costs of {shown(op)}")
        if not np.isfinite(row).all():
            raise ValueError(f"op_costs of {shown(op)} gives {shown(dict(costs))}; return finite numbers")
        return row


def _attributes_of(batch: ArchitectureBatch, node: int) -> dict[str, float]:
    """Attributes that a node has."""
    if batch.attribute_values is None:
        return {}
    numbers = zip(batch.attribute_names, batch.attribute_values[node].tolist(), strict=True)
    return {name: number for name, number in numbers if not math.isnan(number)}
