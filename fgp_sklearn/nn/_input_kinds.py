"""InputKinds: classes of nodes that have the same input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._random_codes import random_codes, scrambled


@dataclass(frozen=True, slots=True)
class InputKinds:
    """Classes of nodes with the same operation and the same features.

    A space with attributes has many nodes, but few such classes, so what depends on the input of a node alone
    is computed once per class.

    Parameters
    ----------
    kind : ndarray of int64 of shape (total_nodes,)
        Class of each node. Without features it is the operation.
    of_nodes : Tensor of int64 of shape (total_nodes,)
        The same as a tensor.
    first : Tensor of int64 of shape (n_kinds,)
        A node of each class; empty without features.
    """

    kind: NDArray[np.int64]
    of_nodes: Tensor
    first: Tensor


def input_kinds(batch: ArchitectureBatch, features: NDArray[np.float32] | None, device: Any) -> InputKinds:
    """Find the classes of nodes of a batch.

    Parameters
    ----------
    batch : ArchitectureBatch
        Architectures.
    features : ndarray of float32 of shape (total_nodes, n_features) or None
        Features of the nodes.
    device : torch.device
        Device of the tensors.

    Returns
    -------
    InputKinds
        The classes.

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.nn._input_kinds import input_kinds
    >>> batch = as_batch([([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["conv", "conv", "conv"])])
    >>> int(input_kinds(batch, np.float32([[3], [5], [3]]), "cpu").kind.max())
    1
    """
    kind = batch.ops.astype(np.int64)
    first = np.empty(0, dtype=np.int64)
    if features is not None:
        codes = random_codes(np.random.default_rng(0), (len(batch.vocabulary),))[kind]
        bits = np.ascontiguousarray(features.T, dtype=np.float32).view(np.uint32).astype(np.uint64)
        for place, column in enumerate(bits):
            codes += scrambled(column + (np.uint64(place + 1) << np.uint64(32)))
        different, kind = np.unique(codes, return_inverse=True)
        first = np.empty(len(different), dtype=np.int64)
        first[kind[::-1]] = np.arange(len(codes))[::-1]
    return InputKinds(kind, torch.from_numpy(kind).to(device), torch.from_numpy(first).to(device))
