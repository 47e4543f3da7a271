"""Chains of operations with attributes: how forms make them, and how forms read them off a batch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._checked_columns import checked_columns
from fgp_sklearn.architectures._offsets import offsets
from fgp_sklearn.architectures._ops import code_ops

Node = tuple[str, dict[str, float]]


def read_chains(
    architectures: Sequence[Sequence[Node]], names: Sequence[str] | None = None
) -> ArchitectureColumns:
    """Columns of chains, each given by the operation and the attributes of its nodes."""
    sizes = np.array([len(nodes) for nodes in architectures])
    flat = list(chain.from_iterable(architectures))
    return chain_columns([op for op, _ in flat], sizes, _columns([own for _, own in flat]), names)


def chain_columns(
    ops: Sequence[str],
    sizes: NDArray[np.int64],
    attributes: dict[str, Any],
    names: Sequence[str] | None = None,
) -> ArchitectureColumns:
    """Columns of chains.

    Parameters
    ----------
    ops : sequence of str
        Operations of all nodes of all chains.
    sizes : ndarray of shape (n_architectures,)
        Number of nodes of each chain.
    attributes : dict of str to array-like of float
        Attributes of all nodes.
    names : sequence of str, optional
        Names of the chains.

    Returns
    -------
    ArchitectureColumns
        The chains.
    """
    node_ptr = offsets(sizes)
    vocabulary, codes = code_ops(ops, node_ptr)
    position = np.arange(len(codes)) - np.repeat(node_ptr[:-1], sizes)
    source = position[position + 1 < np.repeat(sizes, sizes)]
    return checked_columns(
        ops=codes,
        edges=np.stack([source, source + 1]),
        node_ptr=node_ptr,
        edge_ptr=offsets(np.maximum(sizes - 1, 0)),
        vocabulary=vocabulary,
        attributes=attributes,
        names=names,
    )


def chain_nodes(columns: ArchitectureColumns) -> list[list[Node]]:
    """Operations of each architecture, with the attributes that each node has, in the order of nodes."""
    ops = np.array(columns.vocabulary, dtype=object)[columns.ops].tolist()
    own: list[dict[str, float]] = [{} for _ in ops]
    for name, column in columns.attributes.items():
        nodes = np.flatnonzero(~np.isnan(column))
        for node, value in zip(nodes.tolist(), column[nodes].tolist(), strict=True):
            own[node][name] = value
    chains = list(zip(ops, own, strict=True))
    starts = columns.node_ptr.tolist()
    return [chains[start:stop] for start, stop in pairwise(starts)]


def _columns(nodes: Sequence[dict[str, float]]) -> dict[str, NDArray[np.float64]]:
    names = sorted(set().union(*nodes)) if nodes else []
    return {name: np.array([own.get(name, np.nan) for own in nodes]) for name in names}
