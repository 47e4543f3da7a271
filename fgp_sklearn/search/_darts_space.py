"""DARTSSpace: networks of a normal cell and a reduction cell."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError
from fgp_sklearn.architectures._ops import as_vocabulary
from fgp_sklearn.architectures._texts._two_cells import INPUTS, PARTS
from fgp_sklearn.operations._part import PART_MARK
from fgp_sklearn.search._choice_space import ChoiceSpace

IntArray = NDArray[np.int64]

DARTS_OPS = (
    *("max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5"),
    *("dil_conv_3x3", "dil_conv_5x5"),
)
_N_STATES = 4  # intermediate nodes of a cell, each of which sums two operations
_SIZE = len(INPUTS) + 2 * _N_STATES + 1  # nodes of a cell
_PAIRS = [list(combinations(range(state + len(INPUTS)), 2)) for state in range(_N_STATES)]
_PER_CELL = 3 * _N_STATES  # choices: for each state its pair of inputs and two operations


class DARTSSpace(ChoiceSpace):
    """The search space of DARTS and NAS-Bench-301: two cells of four nodes with two inputs each.

    Each of the four intermediate nodes of a cell sums two operations on two different earlier nodes or inputs
    of the cell. The output joins the four nodes. Architectures are those that `from_text` makes of genotypes,
    and `to_text` writes them as genotypes. Choices are the two inputs of each node, as one of their pairs,
    and the two operations. `sample` draws each choice uniformly; `mutate` changes one of them.

    Parameters
    ----------
    ops : sequence of str, optional
        Operations to choose from. By default the seven of the genotypes of DARTS and NAS-Bench-301. The
        eighth operation of the relaxed network of DARTS, ``"none"``, is in no genotype.

    References
    ----------
    H. Liu, K. Simonyan, Y. Yang, "DARTS: Differentiable Architecture Search", ICLR 2019.

    Examples
    --------
    >>> from fgp_sklearn.architectures import from_text, to_text
    >>> from fgp_sklearn.search import DARTSSpace
    >>> space = DARTSSpace()
    >>> genotypes = to_text(space.sample(2, random_state=0), form="darts")
    >>> space.contains(from_text(genotypes, form="darts"))
    array([ True,  True])
    """

    def __init__(self, ops: Sequence[str] = DARTS_OPS) -> None:
        self.ops = as_vocabulary(ops)
        if not self.ops:
            raise ArchitectureError("a DARTSSpace needs operations; give at least one")

    def __repr__(self) -> str:
        return f"{type(self).__name__}()" if self.ops == DARTS_OPS else f"{type(self).__name__}({self.ops!r})"

    @property
    def n_choices(self) -> IntArray:
        """Number of values of each choice, first of the normal cell."""
        return np.array([n for pairs in _PAIRS for n in (len(pairs), len(self.ops), len(self.ops))] * 2)

    def decode(self, choices: Any) -> ArchitectureBatch:
        choices = np.asarray(choices, dtype=np.int64)
        n, n_ops = len(choices), len(INPUTS) + len(self.ops) + 1
        ops = np.zeros((n, 2 * _SIZE), dtype=np.int32)
        adjacency = np.zeros((n, 2 * _SIZE, 2 * _SIZE), dtype=np.uint8)
        for part in range(2):
            first = part * _SIZE
            own = choices[:, part * _PER_CELL : (part + 1) * _PER_CELL].reshape(n, _N_STATES, 3)
            codes = ops[:, first : first + _SIZE]
            codes[:, : len(INPUTS)] = np.arange(len(INPUTS))
            codes[:, len(INPUTS) : -1] = len(INPUTS) + own[:, :, 1:].reshape(n, -1)
            codes[:, -1] = n_ops - 1
            codes += part * n_ops
            cell = adjacency[:, first : first + _SIZE, first : first + _SIZE]
            cell[:, len(INPUTS) : -1, -1] = 1
            for state, pairs in enumerate(_PAIRS):
                columns = _columns(pairs)[own[:, state, 0]]
                node = _first_node(state)
                cell[:, :, node : node + 2] = columns
        vocabulary = [f"{part}{PART_MARK}{op}" for part in PARTS for op in (*INPUTS, *self.ops, "output")]
        return ArchitectureBatch.from_arrays(adjacency, ops, vocabulary)

    def _guessed(self, batch: ArchitectureBatch) -> IntArray:
        choices = np.full((len(batch), 2 * _PER_CELL), -1, dtype=np.int64)
        rows = np.flatnonzero(batch.n_nodes == 2 * _SIZE)
        nodes = batch.node_ptr[rows][:, None] + np.arange(2 * _SIZE)
        sender = np.full(len(batch.ops), -1, dtype=np.int64)
        sender[batch.flat_edges[1]] = batch.edges[0]  # edges are sorted, so this is the last sender
        for part, name in enumerate(PARTS):
            code = {f"{name}{PART_MARK}{op}": i for i, op in enumerate(self.ops)}
            table = np.array([code.get(op, -1) for op in batch.vocabulary], dtype=np.int64)
            inner = nodes[:, part * _SIZE + len(INPUTS) : (part + 1) * _SIZE - 1]
            ops = table[batch.ops[inner]].reshape(-1, _N_STATES, 2)
            node = sender[inner] - part * _SIZE
            inputs = np.where(node < len(INPUTS), node, (node + len(INPUTS)) // 2)
            inputs = inputs.reshape(ops.shape)
            order = np.argsort(inputs, axis=2)
            ops, inputs = (np.take_along_axis(values, order, axis=2) for values in (ops, inputs))
            for state, pairs in enumerate(_PAIRS):
                first = part * _PER_CELL + 3 * state
                choices[rows, first] = _positions(pairs, inputs[:, state])
                choices[rows, first + 1 : first + 3] = ops[:, state]
        return choices


def _first_node(state: int) -> int:
    """First of the two nodes of a cell that an intermediate node sums."""
    return len(INPUTS) + 2 * state


def _columns(pairs: Sequence[tuple[int, int]]) -> NDArray[np.uint8]:
    """For each pair of inputs, the two columns of the adjacency of a cell; (n_pairs, n_nodes, 2)."""
    columns = np.zeros((len(pairs), _SIZE, 2), dtype=np.uint8)
    for position, pair in enumerate(pairs):
        for column, source in enumerate(pair):
            if source < len(INPUTS):
                columns[position, source, column] = 1
            else:
                node = _first_node(source - len(INPUTS))
                columns[position, node : node + 2, column] = 1
    return columns


def _positions(pairs: Sequence[tuple[int, int]], inputs: IntArray) -> IntArray:
    """Position of each row of two inputs among the pairs; -1 where it is none."""
    table = np.full((_SIZE + 1, _SIZE + 1), -1, dtype=np.int64)
    for position, pair in enumerate(pairs):
        table[pair] = position
    return table[inputs[:, 0], inputs[:, 1]]
