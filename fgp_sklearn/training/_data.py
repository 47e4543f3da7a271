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
        targets: NDArray[np.floating[Any]],
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
        return self.graphs(indices), *self.truth(indices)

    def graphs(self, indices: NDArray[np.int64], *, repeated: bool = False) -> GraphTensors:
        """Architectures alone.

        Parameters
        ----------
        indices : ndarray of int64 of shape (n,)
            Which.
        repeated : bool, default=False
            Whether a training comes back to them at every step.

        Returns
        -------
        GraphTensors
            In the given order.
        """
        return GraphTensors.from_batch(self.architectures.take(indices), repeated=repeated)

    def truth(self, indices: NDArray[np.int64]) -> tuple[Tensor, ...]:
        """What is to be learnt about architectures.

        Parameters
        ----------
        indices : ndarray of int64 of shape (n,)
            Which.

        Returns
        -------
        tuple of Tensor
            Targets and, if there are any, weights, in the given order.
        """
        chosen = torch.from_numpy(indices)
        return tuple(part[chosen] for part in (self.targets, self.weights) if part is not None)


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
        self._everything: Batch | None = None

    def __len__(self) -> int:
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self) -> Iterator[Batch]:
        if self.batch_size >= len(self.dataset):
            if self._everything is None:
                rows = next(self.rows())
                self._everything = self.dataset.graphs(rows, repeated=True), *self.dataset.truth(rows)
            yield self._everything
            return
        for rows in self.rows():
            yield self.dataset[rows]

    def rows(self) -> Iterator[NDArray[np.int64]]:
        """Positions of the architectures of each batch.

        Yields
        ------
        ndarray of int64
            Shuffled over the epoch, unless there is one batch only.
        """
        n = len(self.dataset)
        shuffled = self.generator is not None and self.batch_size < n
        order = torch.randperm(n, generator=self.generator).numpy() if shuffled else np.arange(n)
        for start in range(0, n, self.batch_size):
            yield order[start : start + self.batch_size]
