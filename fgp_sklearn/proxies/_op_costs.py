"""Costs of operations: default costs by name, and validation of user-defined costs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._numeric_input import as_reals
from fgp_sklearn.architectures import ArchitectureBatch, UnknownOperationError
from fgp_sklearn.architectures._messages import named, nearest, shown
from fgp_sklearn.architectures._ops import op_name
from fgp_sklearn.operations import canonical, describe
from fgp_sklearn.operations._costs import Costs, costs_of
from fgp_sklearn.operations._end_of import end_of
from fgp_sklearn.operations._part import split_part

_FREE_FORMS = ("maxpool{0}x{0}", "avgpool{0}x{0}", "max_pool_{0}x{0}", "avg_pool_{0}x{0}")
_FREE_NAMES = (
    *("pool", "maxpool", "avgpool", "max_pool", "avg_pool"),
    *("skip_connect", "skip", "identity", "Identity"),
    *("none", "zeroize", "zero"),
)
_CONVOLUTION_FORMS = ("nor_conv_{0}x{0}", "conv{0}x{0}-bn-relu", "conv{0}x{0}", "conv_{0}x{0}")

_NAMES = (
    *(form.format(k) for form in _CONVOLUTION_FORMS for k in (1, 3, 5, 7)),
    *(f"{kind}_conv_{k}x{k}" for kind in ("sep", "dil") for k in (3, 5, 7)),
    *(f"mb{e}_k{k}" for e in (3, 6) for k in (3, 5, 7)),
    *(form.format(k) for form in _FREE_FORMS for k in (2, 3, 5)),
    *_FREE_NAMES,
)


def _default_costs() -> dict[str, Costs]:
    found = {name: costs_of(describe(name)) for name in _NAMES}
    return {name: costs for name, costs in found.items() if costs is not None}


_HINT = ", or give the operations names instead of integers, which say nothing about them"
DEFAULT_COSTS = _default_costs()


def cost_table(op_costs: Mapping[Any, Any] | None) -> tuple[tuple[str, ...], dict[str, NDArray[np.float64]]]:
    """Validate the costs and return their names and the costs of each operation.

    Parameters
    ----------
    op_costs : mapping of operation to number or to mapping of name to number, or None
        Parameter `op_costs` of `StructuralProxies`. None selects the default costs.

    Returns
    -------
    names : tuple of str
        Names of the costs; ``("cost",)`` if costs are plain numbers.
    table : dict of str to ndarray of shape (n_costs,)
        Costs of each operation, in the order of `names`.

    Raises
    ------
    ValueError
        If the operations do not all have the same costs, or a cost is not a finite number.
    """
    given = DEFAULT_COSTS if op_costs is None else op_costs
    by_op = {
        op_name(op): costs if isinstance(costs, Mapping) else {"cost": costs} for op, costs in given.items()
    }
    if not by_op:
        raise ValueError("op_costs is empty; pass the costs of each operation, or None for the default costs")
    names = tuple(next(iter(by_op.values())))
    table = {}
    for op, costs in by_op.items():
        if set(costs) != set(names) or not all(isinstance(name, str) for name in names):
            raise ValueError(
                f"op_costs of {shown(op)} has the names {named(sorted(map(str, costs)))}, but others have "
                f"{named(sorted(map(str, names)))}; use the same names for every operation"
            )
        table[op] = as_reals([costs[name] for name in names], f"op_costs of {shown(op)}")
        if not np.isfinite(table[op]).all() or not names:
            raise ValueError(f"op_costs of {shown(op)} is {shown(dict(costs))}; pass finite numbers")
    return names, table


def entries_of(vocabulary: Iterable[str], known: Collection[str]) -> dict[str, str]:
    """Find the entry of each operation in a table.

    Parameters
    ----------
    vocabulary : iterable of str
        Names of operations.
    known : collection of str
        Names in the table.

    Returns
    -------
    dict of str to str
        The entry of each operation: its name, or else another spelling of it, or else of its name without
        the part of an architecture before it. Operations without an entry are left out.
    """
    others = [op for op in vocabulary if op not in known]
    by_canonical = {canonical(name): name for name in known} if others else {}
    found = {op: op for op in vocabulary if op in known}
    for op in others:
        for name in (op, split_part(op)[1]):
            if op not in found and canonical(name) in by_canonical:
                found[op] = by_canonical[canonical(name)]
    return found


def costs_by_spelling(
    vocabulary: Iterable[str], table: Mapping[str, NDArray[np.float64]], *, derived: bool
) -> dict[str, NDArray[np.float64]]:
    """Costs of each operation of a vocabulary that has some; see `node_costs` for the parameters."""
    entries = entries_of(vocabulary, table)
    costs = {op: table[entry] for op, entry in entries.items()}
    for op in vocabulary:
        usual = costs_of(describe(op)) if derived and op not in costs else None
        if usual is not None:
            costs[op] = np.array(list(usual.values()))
    return costs


def no_cost(batch: ArchitectureBatch, node: int, known: set[str]) -> UnknownOperationError:
    """The error about a node without costs."""
    op = batch.vocabulary[batch.ops[node]]
    near = nearest(op, sorted(known - set(batch.vocabulary)))
    typed = f" ({shown(near)} is no operation of these architectures)" if near else ""
    return UnknownOperationError(
        f"operation {shown(op)} has no cost; operations with costs are {named(sorted(known))}{typed}. "
        f"Pass op_costs with an entry for {shown(op)}{_HINT if op.isdigit() else ''}",
        index=int(batch.node_owner[node]),
    )


def node_costs(
    batch: ArchitectureBatch,
    table: Mapping[str, NDArray[np.float64]],
    free: frozenset[str],
    *,
    derived: bool = False,
) -> NDArray[np.float64]:
    """Costs of every node.

    Inputs, outputs and operations in `free` cost nothing unless the table lists them.

    Parameters
    ----------
    batch : ArchitectureBatch
        Architectures.
    table : mapping of str to ndarray of shape (n_costs,)
        Costs of each operation.
    free : frozenset of str
        Operations that need no entry in the table.
    derived : bool, default=False
        Whether operations outside of the table have the default costs of their kind and attributes.

    Returns
    -------
    ndarray of float64 of shape (total_nodes, n_costs)
        Costs of each node.

    Raises
    ------
    UnknownOperationError
        If an operation of a node has no cost.
    """
    nothing = np.zeros_like(next(iter(table.values())))
    table = {**table, **costs_by_spelling(batch.vocabulary, table, derived=derived)}
    priced = np.array(
        [op in table or op in free or end_of(op) is not None for op in batch.vocabulary], dtype=bool
    )
    if not priced[batch.ops].all():
        raise no_cost(batch, int(np.argmin(priced[batch.ops])), {*table, *free})
    by_code = np.array([table.get(op, nothing) for op in batch.vocabulary]).reshape(-1, len(nothing))
    return np.asarray(by_code[batch.ops])
