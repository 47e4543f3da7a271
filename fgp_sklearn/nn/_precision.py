"""What stays in float32 where torch's autocast multiplies in bfloat16."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor


def autocast_off(device: torch.device) -> AbstractContextManager[object]:
    """Leave autocast, where it is on.

    Parameters
    ----------
    device : torch.device
        Where the operations that follow are computed.

    Returns
    -------
    context manager
        For outputs whose every digit may decide a rank, and whose products take no time.
    """
    kind = device.type
    if torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind):
        return torch.autocast(kind, enabled=False)
    return nullcontext()


def at_least_float32(tensor: Tensor) -> Tensor:
    """The tensor, if need be in float32: sums of some hundred bfloat16 numbers stand still."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


def matrix_dtype(tensor: Tensor) -> torch.dtype:
    """What autocast would multiply a tensor on the CPU in."""
    return torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else tensor.dtype
