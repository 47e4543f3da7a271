"""Search spaces that are small enough to enumerate."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations, product

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.architectures._texts._nasbench101 import NASBENCH101_OPS
from fgp_sklearn.architectures._texts._nasbench201 import NASBENCH201_EDGES, NASBENCH201_OPS

_NASBENCH101_MAX_VERTICES = 7
_NASBENCH101_MAX_EDGES = 9


def nasbench201_space() -> ArchitectureBatch:
    """All 15,625 cells of NAS-Bench-201, in operation-on-node form.

    A cell of NAS-Bench-201 has four feature maps and one of five operations on each of the six edges
    between them [1]_. Here the operations are the nodes: node 0 is ``"input"``, nodes 1 to 6 are the
    operations of the edges 01, 02, 12, 03, 13, 23 (the official order), node 7 is ``"output"``. The
    node of edge (a, b) precedes the nodes of all edges (b, c), so all cells have the same adjacency.
    Nothing is pruned: operations ``"none"`` are nodes too.

    Returns
    -------
    ArchitectureBatch
        15,625 architectures of 8 nodes. Rows are the lexicographic product of the alphabetically
        sorted operations over the edges in the official order, which is also the alphabetical order
        of `names`, the official strings
        ``|op01~0|+|op02~0|op12~1|+|op03~0|op13~1|op23~2|``. It is not the index order of the
        official API.

    See Also
    --------
    fgp_sklearn.datasets.load_nasbench201 : The same cells in the same order, with accuracies.

    References
    ----------
    .. [1] X. Dong and Y. Yang, "NAS-Bench-201: Extending the Scope of Reproducible Neural
       Architecture Search", ICLR 2020. https://arxiv.org/abs/2001.00326

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> space = nasbench201_space()
    >>> space.shape
    (15625,)
    >>> str(space.names[1])
    '|avg_pool_3x3~0|+|avg_pool_3x3~0|avg_pool_3x3~1|+|avg_pool_3x3~0|avg_pool_3x3~1|none~2|'
    """
    edges = NASBENCH201_EDGES
    last = len(edges) + 1
    adjacency = np.zeros((last + 1, last + 1), dtype=np.uint8)
    for node, (source, target) in enumerate(edges, start=1):
        adjacency[0, node] = source == 0
        adjacency[node, last] = target == 3
        for successor, (other_source, _) in enumerate(edges, start=1):
            adjacency[node, successor] = target == other_source
    n_ops = len(NASBENCH201_OPS)
    ops = np.zeros((n_ops ** len(edges), last + 1), dtype=np.int32)
    ops[:, 1:last] = 1 + _digits(n_ops, len(edges))
    ops[:, last] = n_ops + 1
    names = [
        "|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|".format(*cell)
        for cell in product(NASBENCH201_OPS, repeat=len(edges))
    ]
    return ArchitectureBatch.from_arrays(adjacency, ops, ("input", *NASBENCH201_OPS, "output"), names=names)


def nasbench101_space(max_vertices: int = _NASBENCH101_MAX_VERTICES) -> ArchitectureBatch:
    """All 423,624 unique cells of NAS-Bench-101.

    A cell is a directed acyclic graph of at most 7 vertices and 9 edges whose interior vertices carry
    one of three operations and whose vertices all lie on a path from ``"input"`` (the first) to
    ``"output"`` (the last) [1]_. Cells that differ only in the numbering of their vertices are one.
    Isomorphism is decided exactly and without hashes: each cell is represented by the smallest adjacency
    over all renumberings, and the smallest operations over the automorphisms of that adjacency. This takes
    about two seconds and 0.5 GB.

    Parameters
    ----------
    max_vertices : int, default=7
        Largest number of vertices of a cell, from 2 to 7. There are 1, 6, 84, 2,441, 62,010 and
        359,082 cells with 2, 3, 4, 5, 6 and 7 vertices.

    Returns
    -------
    ArchitectureBatch
        Cells sorted by number of vertices, then by adjacency (the upper triangle, read row by row as
        a binary number), then by operations in the order ``conv3x3-bn-relu``, ``conv1x1-bn-relu``,
        ``maxpool3x3``. Each cell has the topological numbering that comes first in this order.

    Raises
    ------
    ValueError
        If `max_vertices` is not an integer from 2 to 7.

    References
    ----------
    .. [1] C. Ying et al., "NAS-Bench-101: Towards Reproducible Neural Architecture Search", ICML
       2019. https://arxiv.org/abs/1902.09635

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench101_space
    >>> space = nasbench101_space(max_vertices=4)
    >>> space.shape
    (91,)
    >>> space[-1].ops
    ('input', 'maxpool3x3', 'maxpool3x3', 'output')
    """
    if max_vertices not in range(2, _NASBENCH101_MAX_VERTICES + 1):
        raise ValueError(
            f"max_vertices must be an integer from 2 to {_NASBENCH101_MAX_VERTICES}, got "
            f"{shown(max_vertices)}"
        )
    adjacency, ops = [], []
    for n in range(2, int(max_vertices) + 1):
        cell_adjacency, cell_ops = _nasbench101_cells(n)
        padding = int(max_vertices) - n
        adjacency.append(np.pad(cell_adjacency, ((0, 0), (0, padding), (0, padding))))
        ops.append(np.pad(cell_ops, ((0, 0), (0, padding)), constant_values=-1))
    return ArchitectureBatch.from_arrays(
        np.concatenate(adjacency), np.concatenate(ops), ("input", *NASBENCH101_OPS, "output")
    )


def _nasbench101_cells(n: int) -> tuple[NDArray[np.uint8], NDArray[np.int8]]:
    """Adjacency matrices and operation codes of the unique cells with n vertices."""
    bits = _upper_triangle_bits(n)
    masks = _full_dags(n, bits)
    renumberings = [(0, *interior, n - 1) for interior in permutations(range(1, n - 1))]
    first = masks.copy()
    for codes in _renumbered(masks, bits, renumberings):
        np.minimum(first, codes, out=first)
    unique = masks[first == masks]
    labels = _digits(len(NASBENCH101_OPS), n - 2)
    first_label = np.tile(np.arange(len(labels), dtype=np.int32), (len(unique), 1))
    weights = len(NASBENCH101_OPS) ** np.arange(n - 2)[::-1]
    for renumbering, codes in zip(renumberings, _renumbered(unique, bits, renumberings), strict=True):
        symmetric = codes == unique
        moved = labels @ weights[np.array(renumbering[1:-1], dtype=int) - 1]
        first_label[symmetric] = np.minimum(first_label[symmetric], moved)
    cell, label = np.nonzero(first_label == np.arange(len(labels)))
    adjacency = np.zeros((len(unique), n, n), dtype=np.uint8)
    for (i, j), bit in bits.items():
        adjacency[:, i, j] = (unique & bit) != 0
    ops = np.zeros((len(cell), n), dtype=np.int8)
    ops[:, 1:-1] = 1 + labels[label]
    ops[:, -1] = len(NASBENCH101_OPS) + 1
    return adjacency[cell], ops


def _upper_triangle_bits(n: int) -> dict[tuple[int, int], int]:
    """Bit of each possible edge. The first edge, read row by row, has the most significant bit."""
    pairs = list(combinations(range(n), 2))
    return {pair: 1 << (len(pairs) - 1 - k) for k, pair in enumerate(pairs)}


def _full_dags(n: int, bits: dict[tuple[int, int], int]) -> NDArray[np.int64]:
    """Sorted edge masks with at most 9 edges and every vertex on an input-output path.

    In topological order, this means that only the input has no predecessor and only the output no successor.
    """
    masks = np.arange(1 << len(bits), dtype=np.int64)
    for v in range(n - 1):
        leaving = sum(bits[v, w] for w in range(v + 1, n))
        entering = sum(bits[w, v + 1] for w in range(v + 1))
        masks = masks[((masks & leaving) != 0) & ((masks & entering) != 0)]
    n_edges = np.zeros(len(masks), dtype=np.int64)
    for bit in bits.values():
        n_edges += (masks & bit) != 0
    return masks[n_edges <= _NASBENCH101_MAX_EDGES]


def _renumbered(
    masks: NDArray[np.int64], bits: dict[tuple[int, int], int], renumberings: list[tuple[int, ...]]
) -> Iterator[NDArray[np.int64]]:
    """Yield the masks under each renumbering. A backward edge makes a code larger than all masks."""
    # Tables of all high and all low halves of masks replace computation bit by bit.
    n_high = len(bits) - len(bits) // 2
    n_low = len(bits) - n_high
    high, low = masks >> n_low, masks & ((1 << n_low) - 1)
    all_high, all_low = _digits(2, n_high), _digits(2, n_low)
    for p in renumberings:
        weights = np.array([bits.get((p[i], p[j]), 1 << len(bits)) for i, j in bits], dtype=np.int64)
        yield (all_high @ weights[:n_high])[high] + (all_low @ weights[n_high:])[low]


def _digits(base: int, length: int) -> NDArray[np.int64]:
    """All digit strings in lexicographic order, shape (base ** length, length)."""
    return np.indices((base,) * length).reshape(length, base**length).T
