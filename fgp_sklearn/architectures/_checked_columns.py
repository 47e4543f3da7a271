"""What a user may give as the columns of a batch: conversion and checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns, unless_single
from fgp_sklearn.architectures._errors import ArchitectureError, UnknownOperationError
from fgp_sklearn.architectures._messages import array_problem, shown
from fgp_sklearn.architectures._node_attributes import as_column, as_columns, attribute_names
from fgp_sklearn.architectures._ops import as_vocabulary
from fgp_sklearn.architectures._tensors import dense_array

_LARGEST_VALUE = 1e30  # of an attribute, so that networks can compute with it in single precision


def checked_columns(
    ops: Any,
    edges: Any,
    node_ptr: Any,
    edge_ptr: Any,
    vocabulary: Sequence[str],
    multiplicity: Any = None,
    attributes: Mapping[str, Any] | None = None,
    names: Sequence[str] | None = None,
) -> ArchitectureColumns:
    """Columns of valid architectures, with sorted edges; see `ArchitectureBatch` for the parameters."""
    named_values = as_columns(attributes)
    columns = ArchitectureColumns(
        node_ptr=_as_offsets("node_ptr", node_ptr),
        edge_ptr=_as_offsets("edge_ptr", edge_ptr),
        vocabulary=as_vocabulary(vocabulary),
        ops=_as_integers("ops", ops),
        edges=_as_integers("edges", edges),
        multiplicity=_as_column("multiplicity", multiplicity, np.float64),
        attribute_names=attribute_names(named_values) or (),
        names=_as_column("names", names, np.str_),
    )
    _check_shapes(columns)
    columns = _with_values(columns, named_values)
    _check_nodes(columns)
    _check_edges(columns)
    columns = _with_sorted_edges(columns)
    _check_that_edges_differ(columns)
    if columns.edges.shape[1] and not bool(np.all(columns.edges[0] < columns.edges[1])):
        _ = columns.generation  # finds cycles
    return columns


# ---------------------------------------------------------------------- conversion


def as_array(column: str, values: Any) -> NDArray[Any]:
    """The values of a column as an array; `column` is its name in messages."""
    try:
        return dense_array(values)
    except Exception as error:  # whatever another library's __array__ raises
        raise ArchitectureError(f"{column} is {array_problem(values, error)}") from error


def _as_integers(column: str, values: Any) -> NDArray[np.int32]:
    array = as_array(column, values)
    is_edges = column == "edges"
    if array.size == 0:
        return np.zeros((2, 0) if is_edges else 0, dtype=np.int32)
    if array.dtype.kind not in "iu":
        raise ArchitectureError(f"{column} must be integers, got {array.dtype}")
    if array.shape != ((2, array.size // 2) if is_edges else (array.size,)):
        wanted = "(2, n_edges)" if is_edges else "(n_nodes,)"
        raise ArchitectureError(f"{column} must have shape {wanted}, got {array.shape}")
    limits = np.iinfo(np.int32)
    if array.min() < limits.min or array.max() > limits.max:
        raise ArchitectureError(f"{column} must fit 32 bits, got {array.min()} to {array.max()}")
    return np.array(array, dtype=np.int32)


def _as_offsets(column: str, values: Any) -> NDArray[np.int64]:
    array = as_array(column, values)
    if array.ndim != 1 or array.dtype.kind not in "iu" or len(array) < 1 or array[0] != 0:
        raise ArchitectureError(f"{column} must be a one-dimensional integer array that starts with 0")
    if (array[1:] < array[:-1]).any():
        raise ArchitectureError(f"{column} must not decrease")
    return np.array(array, dtype=np.int64)


def _as_column(column: str, values: Any, dtype: Any) -> NDArray[Any] | None:
    if values is None:
        return None
    array = as_array(column, values)
    kinds = "U" if dtype is np.str_ else "biuf"
    if array.size and array.dtype.kind not in kinds:
        raise ArchitectureError(f"{column} must be {np.dtype(dtype).name}, got {array.dtype}")
    with np.errstate(over="ignore"):
        return np.array(array, dtype=dtype)


# ---------------------------------------------------------------------- checks


def _check_shapes(columns: ArchitectureColumns) -> None:
    total_nodes, total_edges = int(columns.node_ptr[-1]), int(columns.edge_ptr[-1])
    expected = {
        "ops": (total_nodes,),
        "edges": (2, total_edges),
        "edge_ptr": (len(columns) + 1,),
        "multiplicity": (total_edges,),
        "names": (len(columns),),
    }
    for name, shape in expected.items():
        column = getattr(columns, name)
        if column is not None and column.shape != shape:
            raise ArchitectureError(f"{name} has shape {column.shape} where {shape} is needed")


def _with_values(columns: ArchitectureColumns, attributes: Mapping[str, Any]) -> ArchitectureColumns:
    """The columns with the values of attributes, all NaN with the same bits and no negative zeros."""
    if not columns.attribute_names:
        return columns
    shape = columns.ops.shape
    values = np.stack([as_column(name, attributes[name], shape) for name in columns.attribute_names], axis=1)
    values += 0.0
    values[np.isnan(values)] = np.nan
    return ArchitectureColumns(**vars(columns) | {"attribute_values": values})


def _check_nodes(columns: ArchitectureColumns) -> None:
    empty = columns.n_nodes == 0
    if empty.any():
        raise ArchitectureError(
            "it has no nodes; give it at least one node or leave it out", index=int(np.argmax(empty))
        )
    bad = (columns.ops < 0) | (columns.ops >= len(columns.vocabulary))
    if bad.any():
        node = int(np.argmax(bad))
        raise UnknownOperationError(
            f"operation code {int(columns.ops[node])} is not in 0 .. {len(columns.vocabulary) - 1}",
            index=int(columns.node_owner[node]),
        )
    _check_values(columns)


def _check_values(columns: ArchitectureColumns) -> None:
    values = columns.attribute_values
    if values is None:
        return
    too_large = np.abs(values) > _LARGEST_VALUE
    if too_large.any():
        node, attribute = np.argwhere(too_large)[0].tolist()
        value = float(values[node, attribute])
        problem = "infinite" if np.isinf(value) else f"{value:g}, which is too large to compute with"
        cure = "a finite number" if np.isinf(value) else f"a number of at most {_LARGEST_VALUE:g} in size"
        raise ArchitectureError(
            f"attribute {shown(columns.attribute_names[attribute])} of node "
            f"{node - int(columns.node_ptr[columns.node_owner[node]])} is {problem}; give {cure}, or "
            "NaN if the node has none",
            index=int(columns.node_owner[node]),
        )


def _check_edges(columns: ArchitectureColumns) -> None:
    source, target = columns.edges
    n_nodes = np.repeat(columns.n_nodes, columns.n_edges)
    outside = (source < 0) | (target < 0) | (source >= n_nodes) | (target >= n_nodes)
    _refuse_edges(columns, outside, lambda edge: f"leaves its {n_nodes[edge]} nodes")
    count = columns.multiplicity
    if count is not None:
        bad = ~np.isfinite(count) | (count <= 0)
        problem = "has multiplicity {:g}; it must be positive and finite"
        _refuse_edges(columns, bad, lambda edge: problem.format(count[edge]))


def _with_sorted_edges(columns: ArchitectureColumns) -> ArchitectureColumns:
    """The columns with edges sorted by architecture, source and target, and no multiplicity if all are 1."""
    multiplicity = None if columns.multiplicity is None else unless_single(columns.multiplicity)
    edges, flat_edges = columns.edges, columns.flat_edges
    source_step, target_step = np.diff(flat_edges)
    if not ((source_step > 0) | ((source_step == 0) & (target_step >= 0))).all():
        order = np.lexsort(flat_edges[::-1])
        edges, flat_edges = edges[:, order], flat_edges[:, order]
        multiplicity = None if multiplicity is None else multiplicity[order]
    changed = {"edges": edges, "flat_edges": flat_edges, "multiplicity": multiplicity}
    return ArchitectureColumns(**vars(columns) | changed)


def _check_that_edges_differ(columns: ArchitectureColumns) -> None:
    source_step, target_step = np.diff(columns.flat_edges)
    twice = (source_step == 0) & (target_step == 0)
    _refuse_edges(columns, twice, lambda _: "is listed twice; list it once with multiplicity=2")


def _refuse_edges(
    columns: ArchitectureColumns, bad: NDArray[np.bool_], problem: Callable[[int], str]
) -> None:
    """Raise an error about the first bad edge, if there is any."""
    if bad.any():
        edge = int(np.argmax(bad))
        source, target = columns.edges[:, edge].tolist()
        index = int(np.searchsorted(columns.edge_ptr, edge, side="right")) - 1
        raise ArchitectureError(f"edge ({source}, {target}) {problem(edge)}", index)
