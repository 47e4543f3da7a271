"""Converted tables as batches of architectures."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import ArchitectureBatch, join_parts

Table = dict[str, NDArray[Any]]
FILES = {
    "nasbench101-whole": "nasbench101",
    "nasbench101-all": "nasbench101",
    "macro": "nasbench_macro",
    "transnas": "transnasbench101_macro",
    "gpt": "hwgpt_s",
}


@lru_cache(maxsize=2)
def load_table(family: str, folder: Path) -> tuple[ArchitectureBatch, Table]:
    """Architectures of a family of spaces, and the columns of its table in the same order."""
    with np.load(folder / f"{FILES.get(family, family)}.npz", allow_pickle=False) as archive:
        table = dict(archive)
    if family == "gpt":
        return transformers(table), table
    # What lies behind has one value a row; the paper has 14,580 cells.
    if family in ("nasbench101", "nasbench101-whole"):
        rows = np.arange(30_000)
        if family == "nasbench101":
            rows = np.sort(np.random.default_rng(0).choice(rows, 14_580, replace=False))
        table = {name: column[rows] if len(column) > 30_000 else column for name, column in table.items()}
    ops, vocabulary = table["ops"].astype(np.int64), [str(op) for op in table["op_names"]]
    if family == "nasbench301":
        cells = {
            part: ArchitectureBatch.from_arrays(table["adj"][:, i], ops[:, i], vocabulary)
            for i, part in enumerate(("normal", "reduction"))
        }
        return join_parts(cells), table
    return ArchitectureBatch.from_arrays(table["adj"], ops, vocabulary), table


def transformers(table: Table) -> ArchitectureBatch:
    """GPTs as chains: input, embedding, one block a layer, output; numbers of a node are its attributes."""
    n_layers = table["n_layer"].astype(np.int64)[:, None]
    n_nodes = table["n_head"].shape[1] + 3
    place = np.arange(n_nodes)
    ops = np.select(
        [place < 2, place < n_layers + 2, place == n_layers + 2], [place, 2, 3], default=-1
    )  # -1 is padding
    block = ops == 2
    heads, mlp_ratio = np.full((2, *ops.shape), np.nan)
    heads[block] = table["n_head"][table["n_head"] > 0]
    mlp_ratio[block] = table["mlp_ratio"][table["mlp_ratio"] > 0]
    attributes = {
        "heads": heads,
        "mlp_ratio": mlp_ratio,
        "width": np.where(block | (ops == 1), table["embed_dim"][:, None], np.nan),
        "bias": np.where(ops == 1, table["bias"][:, None], np.nan),
    }
    chain = np.eye(n_nodes, k=1, dtype=np.int64) * (ops[:, None] >= 0)  # no edge to padding
    vocabulary = ["input", "embedding", "block", "output"]
    return ArchitectureBatch.from_arrays(chain, ops, vocabulary, attributes=attributes)
