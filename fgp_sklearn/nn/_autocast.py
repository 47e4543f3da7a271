"""Exceptions from torch's autocast: operations that stay in float32, and the dtype of matrix products."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor


def autocast_off(device: torch.device) -> AbstractContextManager[object]:
    """Disable autocast if it is enabled.

    This is for the computation of outputs: each digit may decide a rank, and the matrix products take
    little time.

    Parameters
    ----------
    device : torch.device
        Device of the operations within the context.

    Returns
    -------
    context manager
        Context without autocast.
    """
    kind = device.type
    if torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind):
        return torch.autocast(kind, enabled=False)
    return nullcontext()


def at_least_float32(tensor: Tensor) -> Tensor:
    """Convert the tensor to float32 if its precision is lower.

    Sums need this: a bfloat16 sum of some hundred terms no longer changes when a term is added.
    """
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


def matrix_dtype(tensor: Tensor) -> torch.dtype:
    """Dtype in which autocast would multiply a tensor on the CPU."""
    return torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else tensor.dtype
