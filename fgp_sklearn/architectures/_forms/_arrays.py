"""Reader of stacked arrays, which is fast for whole search spaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._checked_columns import as_array, checked_columns
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import entry_problem
from fgp_sklearn.architectures._node_attributes import as_column, as_columns
from fgp_sklearn.architectures._offsets import offsets


def read_arrays(
    adjacency: Any,
    ops: Any,
    vocabulary: Sequence[str],
    attributes: Mapping[str, Any] | None,
    names: Sequence[str] | None,
) -> ArchitectureColumns:
    """Read stacked arrays; see `ArchitectureBatch.from_arrays`."""
    codes, matrices = as_array("ops", ops), as_array("adjacency", adjacency)
    _check_shapes_and_types(codes, matrices)
    nonzero = _nonzero_entries(matrices)
    sizes = _sizes(codes)
    owner, edges = _edges(nonzero, n=len(codes))
    _check_padding(sizes, owner, edges, width=codes.shape[1])
    present = codes >= 0
    return checked_columns(
        ops=codes[present],
        edges=edges,
        node_ptr=offsets(sizes),
        edge_ptr=offsets(np.bincount(owner, minlength=len(codes))),
        vocabulary=vocabulary,
        attributes={
            name: as_column(name, values, codes.shape)[present]
            for name, values in as_columns(attributes).items()
        },
        names=names,
    )


def _check_shapes_and_types(codes: NDArray[Any], matrices: NDArray[Any]) -> None:
    if codes.ndim != 2 or codes.dtype.kind not in "iu":
        raise ArchitectureError(
            f"ops must be an integer array of shape (n, n_nodes), got {codes.dtype} of shape {codes.shape}"
        )
    n, width = codes.shape
    if matrices.shape not in ((width, width), (n, width, width)):
        raise ArchitectureError(
            f"adjacency must have shape ({width}, {width}) or ({n}, {width}, {width}) to go with "
            f"ops of shape {codes.shape}, got {matrices.shape}"
        )
    if matrices.dtype.kind not in "biuf":
        raise ArchitectureError(f"adjacency holds {matrices.dtype}, not numbers; entries must be 0 or 1")


def _nonzero_entries(matrices: NDArray[Any]) -> NDArray[np.bool_]:
    nonzero: NDArray[np.bool_] = matrices != 0
    if not np.array_equal(nonzero, matrices):
        where = np.argwhere(nonzero != matrices)[0]
        problem = entry_problem(int(where[-2]), int(where[-1]), matrices[tuple(where)])
        raise ArchitectureError(problem, index=int(where[0]) if matrices.ndim == 3 else None)
    return nonzero


def _sizes(codes: NDArray[Any]) -> NDArray[np.int64]:
    """Number of nodes of each architecture."""
    if (codes < -1).any():
        index = int(np.argmax((codes < -1).any(axis=1)))
        raise ArchitectureError("an operation code is less than -1, which marks padding", index=index)
    present = codes >= 0
    sizes: NDArray[np.int64] = present.sum(axis=1)
    misplaced = present != (np.arange(codes.shape[1]) < sizes[:, None])
    if misplaced.any():
        raise ArchitectureError(
            "padding (-1) must come after the last node", index=int(np.argmax(misplaced.any(axis=1)))
        )
    return sizes


def _edges(nonzero: NDArray[np.bool_], n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Architecture of each edge, and source and target of shape (2, total_edges)."""
    if nonzero.ndim == 3:
        owner, source, target = np.nonzero(nonzero)
        return owner, np.stack([source, target])
    shared = np.stack(np.nonzero(nonzero))
    return np.repeat(np.arange(n), shared.shape[1]), np.tile(shared, (1, n))


def _check_padding(
    sizes: NDArray[np.int64], owner: NDArray[np.int64], edges: NDArray[np.int64], width: int
) -> None:
    if (sizes == width).all():
        return
    outside = (edges >= sizes[owner]).any(axis=0)
    if outside.any():
        raise ArchitectureError(
            "an edge touches padding; give every node an operation or remove the edge",
            index=int(owner[np.argmax(outside)]),
        )
