"""Seeds of training: those of the whole library, and of dropout."""

from __future__ import annotations

import torch
from torch import nn

from fgp_sklearn._seeding import draw_seeds, initialise
from fgp_sklearn.nn import Dropout

__all__ = ["draw_seeds", "initialise", "seed_dropout"]


def seed_dropout(module: nn.Module, generator: torch.Generator | None) -> None:
    """Give every dropout layer of a module its generator, or take it away.

    Parameters
    ----------
    module : nn.Module
        Any module.
    generator : torch.Generator or None
        Source of the masks.
    """
    for layer in module.modules():
        if isinstance(layer, Dropout):
            layer.generator = generator
