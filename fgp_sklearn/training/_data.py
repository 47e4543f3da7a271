"""Labelled architectures, and the iterator that slices them into whole tensor batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.nn import GraphTensors


class GraphDataset(Dataset[tuple[GraphTensors, Tensor]]):
    """Architectures and what is to be learnt about them.

    Parameters
    ----------
    architectures : ArchitectureBatch
        ``n`` architectures.
    targets : ndarray of shape (n,) or (n, n_targets)
        NaN where a target is unknown. A single target is one column.

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.training import GraphDataset
    >>> dataset = GraphDataset(nasbench201_space()[:10], np.arange(10))
    >>> graphs, targets = dataset[np.array([4, 2])]
    >>> len(graphs), targets.tolist()
    (2, [[4.0], [2.0]])
    """

    def __init__(self, architectures: ArchitectureBatch, targets: NDArray[np.float64]) -> None:
        self.architectures = architectures
        columns = targets[:, None] if targets.ndim == 1 else targets
        self.targets = torch.from_numpy(np.ascontiguousarray(columns, dtype=np.float32))

    def __len__(self) -> int:
        return len(self.architectures)

    def __getitem__(self, indices: NDArray[np.int64]) -> tuple[GraphTensors, Tensor]:
        chosen = torch.from_numpy(indices)
        return GraphTensors.from_batch(self.architectures.take(indices)), self.targets[chosen]


class BatchIterator:
    """Iterates over a dataset in whole batches, without collating samples.

    Parameters
    ----------
    dataset : GraphDataset
        What to iterate over.
    batch_size : int, default=-1
        Architectures a batch; -1 for all at once, which are then kept as tensors.
    generator : torch.Generator, optional
        Shuffles each epoch; None keeps the order.
    **_ : dict
        What skorch hands to any iterator besides; ignored.

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.training import BatchIterator, GraphDataset
    >>> dataset = GraphDataset(nasbench201_space()[:10], np.arange(10))
    >>> [len(graphs) for graphs, _ in BatchIterator(dataset, batch_size=4)]
    [4, 4, 2]
    """

    def __init__(
        self,
        dataset: GraphDataset,
        batch_size: int = -1,
        generator: torch.Generator | None = None,
        **_: Any,
    ) -> None:
        self.dataset = dataset
        self.batch_size = len(dataset) if batch_size == -1 else batch_size
        self.generator = generator
        self._everything: tuple[GraphTensors, Tensor] | None = None

    def __len__(self) -> int:
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[GraphTensors, Tensor]]:
        n = len(self.dataset)
        if self.batch_size >= n:
            if self._everything is None:
                self._everything = self.dataset[np.arange(n)]
            yield self._everything
            return
        order = (
            np.arange(n) if self.generator is None else torch.randperm(n, generator=self.generator).numpy()
        )
        for start in range(0, n, self.batch_size):
            yield self.dataset[order[start : start + self.batch_size]]
