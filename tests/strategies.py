"""Hypothesis strategies for architectures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from fgp_sklearn.architectures import Architecture, ArchitectureBatch, as_batch

OPS = ("input", "conv3x3", "conv1x1", "pool", "skip", "none", "output")


@st.composite
def dags(
    draw: st.DrawFn,
    min_nodes: int = 1,
    max_nodes: int = 20,
    ops: Sequence[str] = OPS,
    max_multiplicity: int = 1,
) -> tuple[NDArray[np.int64], list[str]]:
    """``(adjacency, ops)`` pairs: acyclic, of any density, with nodes in any order.

    Several sources and sinks, isolated nodes and lone nodes all occur. Entries of the adjacency are
    0 to `max_multiplicity`. Examples shrink to few nodes, few edges and the first operation.
    """
    n_nodes = draw(st.integers(min_nodes, max_nodes))
    pairs = n_nodes * (n_nodes - 1) // 2
    dice = np.frombuffer(draw(st.binary(min_size=pairs, max_size=pairs)), dtype=np.uint8).astype(np.int64)
    needed = draw(st.sampled_from([170, 128, 220, 25, 1]))  # the throw from which on there is an edge
    upper = np.zeros((n_nodes, n_nodes), dtype=np.int64)
    upper[np.triu_indices(n_nodes, 1)] = np.where(dice >= needed, 1 + dice % max_multiplicity, 0)
    order = np.array(draw(st.permutations(range(n_nodes))), dtype=np.int64)
    names = draw(st.lists(st.sampled_from(list(ops)), min_size=n_nodes, max_size=n_nodes))
    return upper[np.ix_(order, order)], names


def columns_of(values: Any) -> dict[str, NDArray[np.float64]]:
    """Attributes x0, x1, ... with the columns of a matrix of shape (n_nodes, n_attributes)."""
    return {f"x{i}": column for i, column in enumerate(np.asarray(values, dtype=np.float64).T)}


@st.composite
def with_attributes(draw: st.DrawFn, batches: st.SearchStrategy[ArchitectureBatch]) -> ArchitectureBatch:
    """Batches whose nodes have some of up to three attributes; every attribute occurs."""
    batch = draw(batches)
    numbers = st.one_of(
        st.sampled_from([0.0, 1.0, -2.5, 3.0, np.nan]), st.floats(-1e30, 1e30), st.just(np.nan)
    )
    names = draw(st.lists(st.sampled_from(["kernel", "width", "größe |"]), max_size=3, unique=True))
    size = len(batch.ops)
    columns = {
        name: draw(
            st.lists(numbers, min_size=size, max_size=size).filter(lambda column: not np.isnan(column).all())
        )
        for name in names
    }
    return ArchitectureBatch(
        batch.ops,
        batch.edges,
        batch.node_ptr,
        batch.edge_ptr,
        batch.vocabulary,
        multiplicity=batch.multiplicity,
        attributes=columns,
    )


def architectures(
    min_nodes: int = 1, max_nodes: int = 20, ops: Sequence[str] = OPS, max_multiplicity: int = 1
) -> st.SearchStrategy[Architecture]:
    """`Architecture` objects; unlike pairs, they may have parallel edges."""
    return dags(min_nodes, max_nodes, ops, max_multiplicity).map(
        lambda pair: Architecture(pair[0], tuple(pair[1]))
    )


def centre_and_spread(column: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and standard deviation of the numbers that are there."""
    there = column[~np.isnan(column)]
    return (float(np.mean(there)), float(np.std(there)) or 1.0) if len(there) else (0.0, 1.0)


@st.composite
def numbered(draw: st.DrawFn, max_nodes: int = 7, max_multiplicity: int = 2) -> Architecture:
    """`Architecture` objects with attributes, which some nodes lack. No node is dead."""
    architecture = draw(architectures(1, max_nodes, ("conv", "pool"), max_multiplicity))
    number = st.sampled_from([np.nan, -2.0, 0.5, 3.0])
    size = len(architecture.ops)
    attributes = {
        name: np.array(draw(st.lists(number, min_size=size, max_size=size))) for name in ("kernel", "width")
    }
    return Architecture(architecture.adjacency, architecture.ops, attributes=attributes)


def batches(
    min_size: int = 1,
    max_size: int = 6,
    *,
    min_nodes: int = 1,
    max_nodes: int = 12,
    ops: Sequence[str] = OPS,
    max_multiplicity: int = 1,
) -> st.SearchStrategy[ArchitectureBatch]:
    """`ArchitectureBatch` objects of `min_size` to `max_size` architectures of various sizes."""
    return st.lists(
        architectures(min_nodes, max_nodes, ops, max_multiplicity), min_size=min_size, max_size=max_size
    ).map(as_batch)


@st.composite
def batches_with_attributes(
    draw: st.DrawFn, names: Sequence[str] = ("kernel", "width"), **sizes: int
) -> ArchitectureBatch:
    """`ArchitectureBatch` objects whose nodes have some of the attributes, small integers."""
    batch = draw(batches(**sizes))
    shape = len(batch.ops), len(names)
    dice = draw(st.binary(min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
    values = np.frombuffer(dice, dtype=np.uint8).astype(np.float64).reshape(shape) % 8
    values = np.where(values == 7, np.nan, values - 2)
    columns = batch.columns() | {"attribute_names": tuple(sorted(names)), "attribute_values": values}
    return ArchitectureBatch.from_valid_columns(**columns)
