"""Quantities of nodes: attributes of one operation, and products of two of them."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.preprocessing._kind_steps import over_sinks, sinks_of, steps_of

FloatArray = NDArray[np.float64]

#: Operation and one or two attributes, such as ``("mbconv", "kernel")``.
Quantity = tuple[str, ...]

_LARGEST = 2.0**400  # so that sums do not overflow


def varying_quantities(batch: ArchitectureBatch) -> tuple[Quantity, ...]:
    """Quantities that vary among the nodes of their operation, where missing counts as 0.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.

    Returns
    -------
    tuple of tuple of str
        Operation and attribute, sorted, then operation and two attributes. Products are those of two varying
        attributes; the product of an attribute with itself is left out if it has only two values, since it
        is then a linear function of it.
    """
    if batch.attribute_values is None:
        return ()
    nodes, _ = batch.node_rows
    single, products = [], []
    for op in batch.used_ops():
        chosen = nodes[batch.ops[nodes] == batch.vocabulary.index(op)]
        numbers = np.nan_to_num(batch.attribute_values[chosen], nan=0.0)
        n_values = {name: len(np.unique(x)) for name, x in zip(batch.attribute_names, numbers.T, strict=True)}
        varying = [name for name in batch.attribute_names if n_values[name] > 1]
        single += [(op, name) for name in varying]
        pairs = combinations_with_replacement(varying, 2)
        products += [(op, a, b) for a, b in pairs if a != b or n_values[a] > 2]
    return (*single, *products)


def quantity_name(quantity: Quantity) -> str:
    """Name of a quantity, such as ``"mbconv[kernel*width]"``."""
    return f"{quantity[0]}[{'*'.join(quantity[1:])}]"


def quantity_rows(batch: ArchitectureBatch, quantities: tuple[Quantity, ...]) -> FloatArray:
    """Quantities of each row of `node_rows`; NaN if the node has another operation or lacks an attribute."""
    nodes, _ = batch.node_rows
    columns = {name: column[nodes] for name, column in batch.attributes.items()}
    code = {op: i for i, op in enumerate(batch.vocabulary)}
    values = np.empty((len(nodes), len(quantities)))
    with np.errstate(over="ignore"):
        for value, (op, *names) in zip(values.T, quantities, strict=True):
            product = np.prod([columns[name] for name in names], axis=0)
            value[:] = np.where(batch.ops[nodes] == code.get(op, -1), product, np.nan)
    return np.clip(values, -_LARGEST, _LARGEST)


def sums_over_paths(batch: ArchitectureBatch, rows: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Sums of quantities over nodes, and the largest and the mean sum over the nodes of a path.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.
    rows : ndarray of float64 of shape (n_rows, n_quantities)
        Quantities of each row of `node_rows`; NaN counts as 0.

    Returns
    -------
    tuple of three ndarray of float64 of shape (n_architectures, n_quantities)
        Sum over all nodes, largest sum over a path, and mean sum over a path.
    """
    rows = np.nan_to_num(rows, nan=0.0)
    of_node = batch.node_rows[1]
    total = np.add.reduceat(rows[of_node], batch.node_ptr[:-1], axis=0)
    own = rows[of_node[batch.forward_kinds.nodes]]
    most, mean, log_paths = own.copy(), own.copy(), np.zeros(len(own))
    for kinds, senders, starts, multiplicity in steps_of(batch):
        most[kinds] += np.maximum.reduceat(most[senders], starts, axis=0)
        paths = log_paths[senders] + np.log(multiplicity)
        log_paths[kinds], share = _shares(paths, starts)
        mean[kinds] += np.add.reduceat(share[:, None] * mean[senders], starts, axis=0)
    sinks, first = sinks_of(batch)
    _, share = _shares(log_paths[sinks], first)
    of_paths = np.add.reduceat(share[:, None] * mean[sinks], first, axis=0)
    return total, over_sinks(batch, most, np.maximum), of_paths


def _shares(log_paths: FloatArray, starts: NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
    """Logarithm of the number of paths in each group, and the share of its group that each entry has."""
    total = np.logaddexp.reduceat(log_paths, starts)
    share: FloatArray = np.exp(log_paths - np.repeat(total, np.diff(starts, append=len(log_paths))))
    return total, share


def over_nodes(
    batch: ArchitectureBatch, rows: FloatArray, otherwise: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Mean and largest quantity over the nodes that have it.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.
    rows : ndarray of float64 of shape (n_rows, n_quantities)
        Quantities of each row of `node_rows`; NaN where a node has none.
    otherwise : ndarray of float64 of shape (n_quantities,)
        What architectures get in which no node has the quantity.

    Returns
    -------
    tuple of two ndarray of float64 of shape (n_architectures, n_quantities)
        Mean and largest value.
    """
    of_node, first = batch.node_rows[1], batch.node_ptr[:-1]
    has = np.add.reduceat((~np.isnan(rows))[of_node], first, axis=0, dtype=np.int64)
    total = np.add.reduceat(np.nan_to_num(rows, nan=0.0)[of_node], first, axis=0)
    largest = np.maximum.reduceat(np.where(np.isnan(rows), -np.inf, rows)[of_node], first, axis=0)
    mean = total / np.maximum(has, 1)
    return np.where(has > 0, mean, otherwise), np.where(has > 0, largest, otherwise)
