"""Training that several processes share: each encodes its part of a batch, all learn from the whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fgp_sklearn.nn._tensors import moved
from fgp_sklearn.training._data import Batch, BatchIterator
from fgp_sklearn.training._net import Net
from fgp_sklearn.training._processes import accelerator


class Shares(BatchIterator):
    """The batches of `BatchIterator` with the graphs of one process, and the targets of all.

    Parameters
    ----------
    dataset, batch_size, generator :
        See `BatchIterator`; in every process the same.
    share : tuple of int
        Which of how many parts of each batch to take. Parts are equally long: where a batch does not
        divide, the last ones are filled up with its first architectures.
    **_ : dict
        Ignored.
    """

    def __init__(self, *args: Any, share: tuple[int, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.share = share

    def __iter__(self) -> Iterator[Batch]:
        which, of = self.share
        for rows in self.rows():
            parts = np.resize(rows, (of, -(-len(rows) // of)))
            yield self.dataset.graphs(parts[which]), *self.dataset.truth(rows)


class SharingNet(Net):
    """skorch's loop in one of several processes.

    The outputs of all make up the batch on which each computes the same loss, so one that compares
    architectures, or leaves some out, is that of a single process. What flows back into the network
    are the gradients of a process's own outputs, and their sum over processes is the gradient.
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
        if training:  # by which the loss of the epoch is a mean: skorch counts the graphs
            self.history.record_batch("train_batch_size", len(batch[1]))


def _of_all(own: Tensor, here: Any) -> Tensor:
    """The outputs of all processes in the order of ranks, of which only one's own have gradients."""
    outputs = list(here.gather(own.detach()).split(len(own)))
    outputs[here.process_index] = own
    return torch.cat(outputs)
