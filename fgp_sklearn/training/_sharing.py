"""Data-parallel training: each process encodes its part of a batch, and the loss is that of the batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fgp_sklearn.nn._tensors import moved
from fgp_sklearn.training._data import Batch, BatchIterator
from fgp_sklearn.training._net import Net
from fgp_sklearn.training._processes import Group, accelerator


class Shares(BatchIterator):
    """Batches of `BatchIterator` with the graphs of one process and the targets of the whole batch.

    Parameters
    ----------
    dataset, batch_size, generator :
        See `BatchIterator`. They must be the same in every process.
    group : Group
        Processes that share each batch. All parts have the same length: if a batch cannot be divided
        evenly, the last parts are filled up with its first architectures.
    **_ : dict
        Ignored.
    """

    def __init__(self, *args: Any, group: Group, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group = group

    def __iter__(self) -> Iterator[Batch]:
        n_parts = self.group.size
        for rows in self.rows():
            parts = np.resize(rows, (n_parts, -(-len(rows) // n_parts)))
            yield self.dataset.graphs(parts[self.group.rank]), *self.dataset.truth(rows)


class SharingNet(Net):
    """skorch's training loop in one of several processes.

    Each process gathers the outputs of all processes and computes the loss of the whole batch. Losses that
    compare architectures, or leave some out, therefore have the same value as in a single process. Each
    process back-propagates to its own outputs only. The gradient is the sum over processes.
    """

    def train_step_single(self, batch: Any, **_: Any) -> Any:
        graphs, *truth = batch
        self._set_training(True)
        here = accelerator()
        outputs = _of_all(self.infer(graphs), here)[: len(truth[0])]
        loss = self.criterion_(outputs, *(moved(tensor, self.device) for tensor in truth))
        loss.backward()
        gradients = [weight.grad for weight in self.module_.parameters() if weight.grad is not None]
        total = here.reduce(torch.cat([gradient.flatten() for gradient in gradients]), "sum")
        for gradient, summed in zip(gradients, total.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(summed.view_as(gradient))
        return {"loss": loss, "y_pred": outputs}

    def on_batch_end(self, net: Any, batch: Any = None, training: bool = False, **kwargs: Any) -> None:
        super().on_batch_end(net, batch=batch, training=training, **kwargs)
        if training:  # weight of this loss in that of the epoch: skorch counts this process's graphs only
            self.history.record_batch("train_batch_size", len(batch[1]))


def _of_all(own: Tensor, here: Any) -> Tensor:
    """Gather the outputs of all processes in the order of ranks. Only this process's own have gradients."""
    outputs = list(here.gather(own.detach()).split(len(own)))
    outputs[here.process_index] = own
    return torch.cat(outputs)
