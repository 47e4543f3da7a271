"""Attributes of nodes: named numbers beside the operation."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._lacking_keys import LackingKeys
from fgp_sklearn.architectures._messages import named, nearest, shown
from fgp_sklearn.architectures._tensors import dense_array

FloatArray = NDArray[np.float64]
Columns = TypeVar("Columns", bound=ArchitectureColumns)


@dataclass(frozen=True, slots=True)
class NodeAttributes:
    """Attributes that readers look up on nodes.

    Parameters
    ----------
    op : hashable
        Attribute with the operation.
    names : tuple of str or None
        Attributes with numbers. None if the user did not say; then none are read.
    found : set of str
        Readers add the attributes with numbers that they found and did not read.
    keys : LackingKeys
        Readers note which nodes lack attributes.
    problems : list of str
        Messages about nodes that lack attributes.
    """

    op: Hashable
    names: tuple[str, ...] | None
    found: set[str] = field(default_factory=set)
    keys: LackingKeys = field(default_factory=LackingKeys)
    problems: list[str] = field(default_factory=list)


def attribute_names(names: Any) -> tuple[str, ...] | None:
    """Check the names of attributes that a user asks for, and sort them; None stays None."""
    if names is None:
        return None
    if isinstance(names, (str, bytes)) or not isinstance(names, Iterable):
        raise ArchitectureError(f"attributes must be a list of names, got {shown(names)}; wrap it in a list")
    listed = list(names)
    for name in listed:
        if not isinstance(name, str):
            raise ArchitectureError(f"attributes must be names (str), got {shown(name)}")
    return tuple(sorted(set(listed)))


def refuse_named_as(op: Hashable, names: Iterable[str] | None) -> None:
    """Raise an error if an attribute has the name of the node attribute that holds the operation."""
    if any(name == op for name in names or ()):
        raise ArchitectureError(
            f"{shown(op)} holds the operation of a node, so no attribute can have this name; give the "
            "attribute or op_attr another name"
        )


def as_columns(attributes: Any) -> dict[Any, Any]:
    """Check that attributes are given by name, as a mapping or a data frame; None means none."""
    if attributes is None:
        return {}
    if not hasattr(attributes, "keys") or isinstance(attributes, type):
        raise ArchitectureError(
            "attributes must map names to columns of numbers, as {'kernel': [...]}, but got "
            f"{shown(attributes)}"
        )
    return {name: attributes[name] for name in attributes.keys()}  # noqa: SIM118  # may be a frame


def as_column(name: str, values: Any, shape: tuple[int, ...]) -> FloatArray:
    """One attribute as given in arrays; NaN where a node has none.

    Parameters
    ----------
    name : str
        Name of the attribute, for messages.
    values : array-like
        Numbers.
    shape : tuple of int
        Expected shape.

    Returns
    -------
    ndarray of float64 of that shape
        The numbers.
    """
    try:
        masked = np.ma.is_masked(values)
        array = np.ma.filled(values.astype(np.float64), np.nan) if masked else dense_array(values)
    except Exception as error:  # whatever another library's __array__ raises
        raise ArchitectureError(f"attribute {shown(name)} is {shown(values)}, not an array") from error
    if array.dtype.kind not in "biuf" or array.shape != shape:
        raise ArchitectureError(
            f"attribute {shown(name)} is {array.dtype} of shape {array.shape}; give numbers of shape "
            f"{shape}, NaN where a node has none"
        )
    return array.astype(np.float64)


def from_nodes(
    nodes: Sequence[Mapping[Any, Any]],
    wanted: NodeAttributes,
    problem_at: Callable[[int, str], NoReturn],
) -> dict[str, FloatArray]:
    """Attributes of nodes from one mapping per node.

    Parameters
    ----------
    nodes : sequence of mapping
        What is known about each node: its operation, and more. A node without a key, or with None, has no
        such attribute.
    wanted : NodeAttributes
        What to read. Keys with numbers that are not read are added to its `found`, and nodes without keys
        are noted in its `keys`.
    problem_at : callable
        Raises an error about a node, from its position and a description of the problem.

    Returns
    -------
    dict of str to ndarray of float64 of shape (n_nodes,)
        NaN where a node has no such attribute.
    """
    names = wanted.names
    if names is None or not all(any(name in node for node in nodes) for name in names):
        wanted.found.update(_numeric_keys(nodes) - {wanted.op, *(names or ())})
    if not names:
        return {}
    columns = {name: _as_numbers(name, [node.get(name) for node in nodes], problem_at) for name in names}
    wanted.keys.note(nodes, wanted.op, columns, problem_at)
    return columns


def _numeric_keys(nodes: Sequence[Mapping[Any, Any]]) -> set[str]:
    """Keys whose first value, apart from None, is a number. Every node has the operation at least."""
    if max(map(len, nodes), default=0) <= 1:
        return set()
    firsts: dict[Any, Any] = {}
    for node in reversed(nodes):
        firsts.update(node)
    for key in [key for key, value in firsts.items() if value is None]:
        firsts[key] = next((node[key] for node in nodes if node.get(key) is not None), None)
    return {
        key
        for key, value in firsts.items()
        if isinstance(key, str) and isinstance(value, Real) and not isinstance(value, bool)
    }


def _as_numbers(name: str, values: Sequence[Any], problem_at: Callable[[int, str], NoReturn]) -> FloatArray:
    if set(map(type, values)) <= {int, float, bool, type(None)}:
        with suppress(OverflowError):
            return np.array(values, dtype=np.float64)  # None becomes NaN
    numbers = np.empty(len(values))
    for node, value in enumerate(values):
        try:
            numbers[node] = np.nan if value is None else _as_number(value)
        except Exception:  # whatever another library's conversion raises
            problem_at(
                node,
                f"attribute {shown(name)} = {shown(value)}, a {type(value).__name__}; give one finite "
                f"number, or None if it has none{_cure_of_text(value)}",
            )
    return numbers


def _cure_of_text(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    try:
        float(value)
    except ValueError:
        return ". Categories become one attribute of 0 and 1 each"
    return f". Convert text to numbers: float({shown(value)})"


def _as_number(value: Any) -> float:
    if isinstance(value, Real):
        return float(value)
    scalar = dense_array(value) if getattr(value, "shape", None) == () else None  # a tensor is no Real
    if scalar is None or scalar.dtype.kind not in "biuf":
        raise TypeError
    return float(scalar)


def joined_attributes(batches: Sequence[ArchitectureColumns]) -> tuple[tuple[str, ...], FloatArray | None]:
    """Attributes of several batches, one below the other; NaN where a batch lacks an attribute."""
    names = tuple(sorted({name for batch in batches for name in batch.attribute_names}))
    if not names:
        return (), None
    return names, np.concatenate([aligned(batch, names) for batch in batches])


def aligned(batch: ArchitectureColumns, names: Sequence[str]) -> FloatArray:
    """Columns with the given names, of shape (total_nodes, n_names); NaN where the batch lacks one."""
    values = np.full((len(batch.ops), len(names)), np.nan)
    for column, name in enumerate(names):
        if name in batch.attribute_names and batch.attribute_values is not None:
            values[:, column] = batch.attribute_values[:, batch.attribute_names.index(name)]
    return values


def check_same(batch: ArchitectureColumns, names: tuple[str, ...], had: str = "the pool had {}") -> None:
    """Raise an error if a batch has other attributes than an estimator knows.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.
    names : tuple of str
        Attributes that are known.
    had : str
        Where they come from. The names are put in place of the braces.
    """
    if batch.attribute_names == names:
        return
    listed = shown(list(names[:3])) if len(names) <= 3 else f"[{', '.join(map(shown, names[:3]))}, ...]"
    cure = f"as_batch(X, attributes={listed}), UnlabeledPool or GraphTensorizer read them"
    if not names:
        cure = "as_batch(X, attributes=()) drops them, or read the pool with attributes as well"
    if any("=" in name for name in set(names) ^ set(batch.attribute_names)):
        cure += ", and FrameTensorizer reads tables with other categories"
    raise ArchitectureError(
        f"nodes have the attributes {named(batch.attribute_names) or 'none'}, but "
        f"{had.format(named(names) or 'none')}; give the same attributes: {cure}"
    )


def check_known(batch: ArchitectureColumns, names: Iterable[str] | None) -> None:
    """Raise an error if a user asks for attributes that a batch does not have."""
    lacking = sorted(set(names or ()) - set(batch.attribute_names))
    if lacking:
        raise ArchitectureError(
            f"nodes have no attribute {named(lacking)}; they have {named(batch.attribute_names) or 'none'}. "
            "A batch has the attributes with which it was read: as_batch(X, attributes=[...])"
        )


def with_attributes(batch: Columns, names: tuple[str, ...] | None) -> Columns:
    """The batch with the attributes of these names, sorted, or the given object if nothing changes."""
    if names is None or names == batch.attribute_names:
        return batch
    values = aligned(batch, names) if names else None
    return batch.with_columns(attribute_names=names, attribute_values=values)


def warn_of_empty(batch: ArchitectureColumns, others: Iterable[str]) -> None:
    """Warn of attributes that were asked for and that no node has; `others` are what nodes have instead."""
    lacking = [name for name, column in batch.attributes.items() if np.isnan(column).all()]
    if not lacking:
        return
    known = sorted({*others, *batch.attribute_names} - set(lacking))
    near = nearest(lacking[0], known)
    hint = f"did you mean {shown(near)}?" if near else f"nodes have {named(known) or 'no numbers'}"
    warnings.warn(
        f"no node has the attribute {named(lacking)} that attributes= asks for; {hint}",
        UserWarning,
        stacklevel=2,
    )


def warn_of_ignored(names: Iterable[str]) -> None:
    """Warn of numbers on nodes that nobody asked for."""
    listed = sorted(names)
    if listed:
        warnings.warn(
            f"nodes have numbers that are not read: {named(listed)}. Name those that matter with "
            f"attributes=[{shown(listed[0])}, ...] of as_batch, or of the encoder, or silence this warning "
            "with attributes=()",
            UserWarning,
            stacklevel=2,
        )
