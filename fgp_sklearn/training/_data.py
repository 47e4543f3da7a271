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

#: Graphs, their targets and, where rows are weighted, their weights: what a loss is called with.
Batch = tuple[GraphTensors, *tuple[Tensor, ...]]


class GraphDataset(Dataset[Batch]):
    """Architectures and what is to be learnt about them.

    Parameters
    ----------
    architectures : ArchitectureBatch
        ``n`` architectures.
    targets : ndarray of shape (n,) or (n, n_targets)
        NaN where a target is unknown. A single target is one column.
    weights : ndarray of shape (n,), optional
        Weights of the architectures in the loss; batches then end with them.

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

    def __init__(
        self,
        architectures: ArchitectureBatch,
        targets: NDArray[np.float64],
        weights: NDArray[np.float64] | None = None,
    ) -> None:
        self.architectures = architectures
        columns = targets[:, None] if targets.ndim == 1 else targets
        self.targets = torch.from_numpy(np.ascontiguousarray(columns, dtype=np.float32))
        # Losses heed proportions only; products of two must not leave the range of float32.
        self.weights = None if weights is None else torch.from_numpy(weights / weights.max()).float()

    def __len__(self) -> int:
        return len(self.architectures)

    def __getitem__(self, indices: NDArray[np.int64]) -> Batch:
        chosen = torch.from_numpy(indices)
        graphs = GraphTensors.from_batch(self.architectures.take(indices))
        if self.weights is None:
            return graphs, self.targets[chosen]
        return graphs, self.targets[chosen], self.weights[chosen]


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
    share : tuple of int, default=(0, 1)
        Which of how many equal shares of each batch to take; the last batch is filled up with
        architectures of its own where it does not divide.
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
        share: tuple[int, int] = (0, 1),
        **_: Any,
    ) -> None:
        self.dataset = dataset
        self.batch_size = len(dataset) if batch_size == -1 else batch_size
        self.generator = generator
        self.share = share
        self._everything: Batch | None = None

    def __len__(self) -> int:
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        n = len(self.dataset)
        if self.batch_size >= n:
            if self._everything is None:
                self._everything = self.dataset[self._shared(np.arange(n))]
            yield self._everything
            return
        order = (
            np.arange(n) if self.generator is None else torch.randperm(n, generator=self.generator).numpy()
        )
        for start in range(0, n, self.batch_size):
            yield self.dataset[self._shared(order[start : start + self.batch_size])]

    def _shared(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        which, of = self.share
        return np.resize(rows, -(-len(rows) // of) * of)[which::of]
