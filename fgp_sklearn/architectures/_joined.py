"""Batches joined into one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._node_features import joined_features
from fgp_sklearn.architectures._offsets import offsets


def joined(batches: Sequence[ArchitectureColumns]) -> ArchitectureColumns:
    """Columns of all architectures of all batches; see `ArchitectureBatch.concatenate`."""
    batches = list(batches)
    if not batches or not all(isinstance(batch, ArchitectureColumns) for batch in batches):
        raise ArchitectureError("concatenate needs a sequence of at least one ArchitectureBatch")
    vocabulary = tuple(dict.fromkeys(op for batch in batches for op in batch.vocabulary))
    first = offsets(np.array([len(batch) for batch in batches])).tolist()
    return ArchitectureColumns(
        ops=np.concatenate([batch.recode(vocabulary).ops for batch in batches]),
        edges=np.concatenate([batch.edges for batch in batches], axis=1),
        node_ptr=offsets(np.concatenate([batch.n_nodes for batch in batches])),
        edge_ptr=offsets(np.concatenate([batch.n_edges for batch in batches])),
        vocabulary=vocabulary,
        multiplicity=_joined_multiplicity(batches),
        node_features=joined_features(
            [batch.node_features for batch in batches],
            [index if len(batch) else None for index, batch in zip(first, batches, strict=False)],
        ),
        names=_joined_names(batches),
    )


def _joined_multiplicity(batches: Sequence[ArchitectureColumns]) -> NDArray[np.float64] | None:
    if all(batch.multiplicity is None for batch in batches):
        return None
    return np.concatenate(
        [np.ones(b.edges.shape[1]) if b.multiplicity is None else b.multiplicity for b in batches]
    )


def _joined_names(batches: Sequence[ArchitectureColumns]) -> NDArray[np.str_] | None:
    if all(batch.names is None for batch in batches):
        return None
    return np.concatenate(
        [np.full(len(b), "", dtype=np.str_) if b.names is None else b.names for b in batches]
    )
