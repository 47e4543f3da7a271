"""Seeding of training: the functions of the whole library, and the generator of dropout."""

from __future__ import annotations

import torch
from torch import nn

from fgp_sklearn._seeding import draw_seeds, initialise
from fgp_sklearn.nn import Dropout

__all__ = ["draw_seeds", "initialise", "seed_dropout"]


def seed_dropout(module: nn.Module, generator: torch.Generator | None) -> None:
    """Set the generator of every dropout layer in a module.

    Parameters
    ----------
    module : nn.Module
        Module whose `Dropout` layers are changed.
    generator : torch.Generator or None
        Generator of the masks. None uses torch's global random state.
    """
    for layer in module.modules():
        if isinstance(layer, Dropout):
            layer.generator = generator
