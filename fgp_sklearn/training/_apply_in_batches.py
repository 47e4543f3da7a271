"""Inference in batches."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fgp_sklearn._progress import progress_bar
from fgp_sklearn._threads import map_on_cores
from fgp_sklearn._torch_settings import usual_settings
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._duplicates import distinct
from fgp_sklearn.nn import GraphTensors, TopologicalRecurrence
from fgp_sklearn.training._precision import multiplies_in_bfloat16
from fgp_sklearn.training._processes import group_on

_NODES_AT_ONCE = 6144  # the states of more nodes exceed the cache of a processor


@usual_settings()
def apply_in_batches(
    module: nn.Module,
    data: ArchitectureBatch,
    *,
    batch_nodes: int = _NODES_AT_ONCE,
    device: str = "cpu",
    precision: str = "float32",
    verbose: bool = False,
) -> NDArray[np.float64]:
    """Compute the outputs of a module for many architectures. Equal architectures are computed once.

    On the CPU, each batch is computed on one core, and batches run in parallel on as many cores as torch has
    threads (`torch.get_num_threads`). Recurrent networks compute one batch after the other.

    Parameters
    ----------
    module : nn.Module
        Module that maps `GraphTensors` to outputs. Several threads may call it at the same time.
    data : ArchitectureBatch
        Architectures.
    batch_nodes : int, default=6144
        Approximate number of nodes per batch.
    device : str, default="cpu"
        Device of torch, "auto" or "accelerate".
    precision : {"float32", "bfloat16", "auto"}, default="float32"
        Dtype of matrix products. "bfloat16" uses torch's autocast; "auto" uses bfloat16 where it is faster.
    verbose : bool, default=False
        Whether to show a progress bar if this takes more than two seconds.

    Returns
    -------
    ndarray of float64 of shape (n_architectures, ...)
        Outputs, in the order of `data`.

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.nn import GIN, InputSpec
    >>> from fgp_sklearn.training import apply_in_batches
    >>> apply_in_batches(GIN(InputSpec(n_ops=7), hidden_dim=8), nasbench201_space()[:10]).shape
    (10, 8)
    """
    positions, inverse = distinct(data)
    device = group_on(device).device
    module.to(device).eval()

    in_bfloat16 = precision == "bfloat16" or (
        precision == "auto" and multiplies_in_bfloat16(device) and not _is_recurrent(module)
    )

    @usual_settings()  # the settings belong to a thread
    def outputs(rows: NDArray[np.int64]) -> Tensor:
        kind = torch.device(device).type
        with torch.inference_mode(), torch.autocast(kind, torch.bfloat16) if in_bfloat16 else nullcontext():
            graphs = GraphTensors.from_batch(data.take(rows))
            found: Tensor = module(graphs.to(device)).cpu()
            return found

    parts = in_batches(data, positions, batch_nodes)
    watch = partial(
        progress_bar, description="predicting", total=len(parts), shown=verbose, unit="batch", delay=2.0
    )
    if device == "cpu":
        found = map_on_cores(outputs, parts, at_once=1 if _is_recurrent(module) else None, watch=watch)
    else:
        found = list(watch(map(outputs, parts)))
    computed: NDArray[np.float64] = torch.cat(found, out=torch.empty(0, dtype=torch.float64)).numpy()
    return computed if len(positions) == len(data) else computed[inverse]


def in_batches(
    data: ArchitectureBatch, positions: NDArray[np.int64], batch_nodes: int = _NODES_AT_ONCE
) -> list[NDArray[np.int64]]:
    """Split positions of architectures into batches of about `batch_nodes` nodes."""
    batch_of = np.cumsum(data.n_nodes[positions]) // batch_nodes
    return np.split(positions, np.flatnonzero(np.diff(batch_of)) + 1)


def _is_recurrent(module: nn.Module) -> bool:
    """Whether the operations are so many and small that threads would mostly wait for each other."""
    return any(isinstance(part, TopologicalRecurrence) for part in module.modules())
