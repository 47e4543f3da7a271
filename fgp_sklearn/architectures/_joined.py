"""Batches joined into one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._node_attributes import joined_attributes
from fgp_sklearn.architectures._offsets import offsets


def joined(batches: Sequence[ArchitectureColumns]) -> ArchitectureColumns:
    """Columns of all architectures of all batches; see `ArchitectureBatch.concatenate`."""
    batches = list(batches)
    if not batches:
        raise ArchitectureError("there is no batch to concatenate; give at least one")
    for position, batch in enumerate(batches):
        if not isinstance(batch, ArchitectureColumns):
            raise ArchitectureError(
                f"item {position} of the batches to concatenate is {type(batch).__name__}; make an "
                "ArchitectureBatch of it with as_batch"
            )
    vocabulary = tuple(dict.fromkeys(op for batch in batches for op in batch.vocabulary))
    attribute_names, attribute_values = joined_attributes(batches)
    return ArchitectureColumns(
        ops=np.concatenate([batch.recode(vocabulary).ops for batch in batches]),
        edges=np.concatenate([batch.edges for batch in batches], axis=1),
        node_ptr=offsets(np.concatenate([batch.n_nodes for batch in batches])),
        edge_ptr=offsets(np.concatenate([batch.n_edges for batch in batches])),
        vocabulary=vocabulary,
        multiplicity=_filled([b.multiplicity for b in batches], [b.edges.shape[1] for b in batches], 1.0),
        attribute_names=attribute_names,
        attribute_values=attribute_values,
        names=_filled([b.names for b in batches], [len(b) for b in batches], ""),
        vocabulary_is_fixed=all(batch.vocabulary_is_fixed for batch in batches),
    )


def _filled(columns: Sequence[NDArray[Any] | None], sizes: Sequence[int], value: Any) -> NDArray[Any] | None:
    """Columns joined, with `value` for each missing column; None if all are missing."""
    if all(column is None for column in columns):
        return None
    parts = zip(columns, sizes, strict=True)
    return np.concatenate([np.full(size, value) if column is None else column for column, size in parts])
