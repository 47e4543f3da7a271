"""copied: copies of torch modules that share their weights, or have none."""

from __future__ import annotations

import copy
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch.nn import Module


def copied(module: Module, *, with_weights: bool) -> Module | None:
    """Copy a module, but not its parameters and buffers.

    Parameters
    ----------
    module : torch.nn.Module
        The module.
    with_weights : bool
        Whether the copy has the parameters and buffers of the module itself. Otherwise they are on the meta
        device, where they have a shape and no data.

    Returns
    -------
    torch.nn.Module or None
        The copy; None if the module cannot be copied.
    """
    tensors = chain(module.parameters(), module.buffers())
    known: dict[int, Any] = {
        id(tensor): tensor if with_weights else _empty_like(tensor) for tensor in tensors
    }
    try:
        return copy.deepcopy(module, known)
    except Exception:  # whatever the classes of the module raise
        return None


def _empty_like(tensor: Any) -> Any:
    import torch

    empty = torch.empty_like(tensor, device="meta")
    if isinstance(tensor, torch.nn.Parameter):
        return torch.nn.Parameter(empty, tensor.requires_grad)
    return empty
