"""Architectures of several named parts, such as a normal and a reduction cell."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._joined import joined
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.architectures._node_attributes import NodeAttributes, attribute_names
from fgp_sklearn.architectures._ops import PART_MARK
from fgp_sklearn.architectures._read_sequence import read_any, settled
from fgp_sklearn.architectures._unlabeled_pool import opened


def join_parts(
    parts: Mapping[str, Any], *, op_attr: Hashable = "op", attributes: Any = None
) -> ArchitectureBatch:
    """Join the parts of architectures that consist of several graphs.

    Cells of NAS-Bench-301 and DARTS have a normal and a reduction part, and a translation model has an
    encoder and a decoder. Architecture ``i`` of the result holds architecture ``i`` of every part. No edge
    connects two parts. The name of each operation begins with the name of its part, as in
    ``"normal/sep_conv_3x3"``, so that equal operations of different parts are told apart. What is known about
    an operation, such as that ``"none"`` outputs zeros, also holds for ``"normal/none"``.

    Parameters
    ----------
    parts : mapping of str to architectures
        Each part by its name, in any form that `as_batch` reads. All parts have the same length.
    op_attr : hashable, default="op"
        Node attribute of graphs that holds the operation.
    attributes : sequence of str, optional
        Names of node attributes that hold numbers; see `as_batch`. They are NaN in parts without them.

    Returns
    -------
    ArchitectureBatch
        One architecture per position, with the nodes of the parts in the given order. The name of an
        architecture is that of its parts.

    Raises
    ------
    ArchitectureError
        If an architecture is malformed, or the parts differ in length. The message names the part.

    See Also
    --------
    as_batch : Reads architectures of one part.

    Examples
    --------
    >>> from fgp_sklearn.architectures import join_parts
    >>> chain = [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    >>> X = join_parts({
    ...     "normal": [(chain, ["input", "sep_conv_3x3", "output"])],
    ...     "reduction": [(chain, ["input", "max_pool_3x3", "output"])],
    ... })
    >>> X.shape, X[0].ops[1], X[0].ops[4]
    ((1,), 'normal/sep_conv_3x3', 'reduction/max_pool_3x3')
    """
    _check_names(parts)
    wanted = NodeAttributes(op_attr, attribute_names(attributes))
    read = [_marked(name, _read_part(name, X, wanted)) for name, X in parts.items()]
    _check_lengths(dict(zip(parts, map(len, read), strict=True)))
    return settled(_side_by_side(read), wanted)


def _check_names(parts: Any) -> None:
    if not isinstance(parts, Mapping) or not parts:
        raise ArchitectureError(f"parts must map names to architectures, got {shown(parts)}")
    for name in parts:
        if not isinstance(name, str) or not name or PART_MARK in name:
            raise ArchitectureError(
                f"the name of a part must be a str without {PART_MARK!r}, got {shown(name)}"
            )


def _read_part(name: str, X: Any, wanted: NodeAttributes) -> ArchitectureBatch:
    try:
        return read_any(opened(X), wanted)
    except ArchitectureError as error:
        raise type(error)(f"in part {shown(name)}, {error.problem}", error.index) from error.__cause__


def _marked(name: str, batch: ArchitectureBatch) -> ArchitectureBatch:
    """The batch with the name of the part before each operation."""
    vocabulary = tuple(f"{name}{PART_MARK}{op}" for op in batch.vocabulary)
    return batch.from_valid_columns(**(batch.columns() | {"vocabulary": vocabulary}))


def _check_lengths(lengths: Mapping[str, int]) -> None:
    if len(set(lengths.values())) > 1:
        listed = named(f"{name}: {length:,}" for name, length in lengths.items())
        raise ArchitectureError(
            f"parts differ in their number of architectures ({listed}); give each architecture all its parts"
        )


def _side_by_side(batches: Sequence[ArchitectureBatch]) -> ArchitectureBatch:
    """Disjoint unions of the architectures at each position."""
    n, n_parts = len(batches[0]), len(batches)
    together = ArchitectureBatch.from_valid_columns(**vars(joined(batches)))
    together = together.take(np.arange(n * n_parts).reshape(n_parts, n).T.ravel())
    first = np.repeat(together.node_ptr[:-1:n_parts], n_parts)  # first node of the whole architecture
    shift = np.repeat(together.node_ptr[:-1] - first, together.n_edges)
    changed = {
        "edges": (together.edges + shift).astype(np.int32),
        "node_ptr": together.node_ptr[::n_parts],
        "edge_ptr": together.edge_ptr[::n_parts],
        "names": _joint_names(together, n_parts),
    }
    whole = together.from_valid_columns(**(together.columns() | changed))
    return whole.recode(sorted(whole.used_ops()))


def _joint_names(together: ArchitectureColumns, n_parts: int) -> Any:
    """Names of whole architectures: the distinct names of their parts."""
    if together.names is None:
        return None
    rows = together.names.reshape(-1, n_parts).tolist()
    return np.array([" + ".join(dict.fromkeys(filter(None, row))) for row in rows])
