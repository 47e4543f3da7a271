"""Training data and the iterator over their batches."""

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
from fgp_sklearn.nn._reused_graph_tensors import ReusedGraphTensors

#: Graphs, targets and, if the architectures have weights, the weights.
Batch = tuple[GraphTensors, *tuple[Tensor, ...]]


class GraphDataset(Dataset[Batch]):
    """Architectures with targets and, optionally, weights.

    Parameters
    ----------
    architectures : ArchitectureBatch
        ``n`` architectures.
    targets : ndarray of shape (n,) or (n, n_targets)
        Targets; NaN where a target is unknown.
    weights : ndarray of shape (n,), optional
        Weights of the architectures in the loss. If given, they are the last item of each batch.

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
        # Losses depend on ratios of weights only; products of two weights must stay in the range of float32.
        self.weights = None if weights is None else torch.from_numpy(weights / weights.max()).float()

    def __len__(self) -> int:
        return len(self.architectures)

    def __getitem__(self, indices: NDArray[np.int64]) -> Batch:
        return self.graphs(indices), *self.truth(indices)

    def graphs(self, indices: NDArray[np.int64], *, reused: bool = False) -> GraphTensors:
        """Take architectures without their targets.

        Parameters
        ----------
        indices : ndarray of int64 of shape (n,)
            Positions of the architectures.
        reused : bool, default=False
            Whether training uses the tensors in every step.

        Returns
        -------
        GraphTensors
            Architectures, in the order of `indices`.
        """
        tensors = ReusedGraphTensors if reused else GraphTensors
        return tensors.from_batch(self.architectures.take(indices))

    def truth(self, indices: NDArray[np.int64]) -> tuple[Tensor, ...]:
        """Take targets and, if there are any, weights.

        Parameters
        ----------
        indices : ndarray of int64 of shape (n,)
            Positions of the architectures.

        Returns
        -------
        tuple of Tensor
            Targets and, if there are any, weights, in the order of `indices`.
        """
        chosen = torch.from_numpy(indices)
        return tuple(part[chosen] for part in (self.targets, self.weights) if part is not None)


class BatchIterator:
    """Iterator over the batches of a dataset. It slices whole batches instead of collating samples.

    Parameters
    ----------
    dataset : GraphDataset
        Dataset to iterate over.
    batch_size : int, default=-1
        Number of architectures per batch; -1 for all. A single batch is made once and reused.
    generator : torch.Generator, optional
        Generator that shuffles each epoch. None keeps the order.
    **_ : dict
        Further arguments of skorch. They are ignored.
    """

    def __init__(
        self, dataset: GraphDataset, batch_size: int = -1, generator: torch.Generator | None = None, **_: Any
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
                self._everything = self.dataset.graphs(rows, reused=True), *self.dataset.truth(rows)
            yield self._everything
            return
        for rows in self.rows():
            yield self.dataset[rows]

    def rows(self) -> Iterator[NDArray[np.int64]]:
        """Iterate over the positions of the architectures of each batch.

        Yields
        ------
        ndarray of int64
            Positions, shuffled unless there is only one batch.
        """
        n = len(self.dataset)
        shuffled = self.generator is not None and self.batch_size < n
        order = torch.randperm(n, generator=self.generator).numpy() if shuffled else np.arange(n)
        for start in range(0, n, self.batch_size):
            yield order[start : start + self.batch_size]
