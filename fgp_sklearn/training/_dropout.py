"""Random masks of dropout during training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from fgp_sklearn.nn import Dropout


@contextmanager
def draws_of_dropout(module: nn.Module, generator: torch.Generator) -> Iterator[None]:
    """Draw the masks of all dropout layers of a module from a generator within the context.

    Afterwards, they use torch's global random state.

    Parameters
    ----------
    module : nn.Module
        Module whose `Dropout` layers are changed.
    generator : torch.Generator
        Generator of the masks.
    """
    layers = [layer for layer in module.modules() if isinstance(layer, Dropout)]
    for layer in layers:
        layer.generator = generator
    try:
        yield
    finally:
        for layer in layers:
            layer.generator = None
