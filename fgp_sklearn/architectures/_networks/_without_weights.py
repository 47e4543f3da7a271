"""without_weights: copies of torch modules for other processes."""

from __future__ import annotations

import copy
from itertools import chain
from typing import Any


def without_weights(module: Any) -> Any:
    """Copy a module, with weights and buffers on the meta device, where they have a shape and no data.

    Parameters
    ----------
    module : object
        The module.

    Returns
    -------
    torch.nn.Module or None
        The copy. None if the object is no module, or cannot be copied.
    """
    import torch

    if not isinstance(module, torch.nn.Module):
        return None
    known: dict[int, Any] = {}
    for tensor in chain(module.parameters(), module.buffers()):
        empty = torch.empty_like(tensor, device="meta")
        is_parameter = isinstance(tensor, torch.nn.Parameter)
        known[id(tensor)] = torch.nn.Parameter(empty, tensor.requires_grad) if is_parameter else empty
    try:
        return copy.deepcopy(module, known)
    except Exception:  # whatever the classes of the module raise
        return None
