"""Modules with stored weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from fgp_sklearn._seeding import initialise
from fgp_sklearn._storage import PersistenceError

Module = TypeVar("Module", bound=nn.Module)


def restore(factory: Callable[[], Module], weights: Mapping[str, Tensor]) -> Module:
    """Build a module and set its weights.

    Parameters
    ----------
    factory : callable
        Function without arguments that returns the module.
    weights : mapping of str to Tensor
        ``state_dict()`` of the module. Names, shapes and types are checked before memory is allocated for
        the module.

    Returns
    -------
    nn.Module
        Module in evaluation mode.

    Raises
    ------
    PersistenceError
        If the weights do not fit the module, or are not finite.

    Examples
    --------
    >>> import torch
    >>> from torch import nn
    >>> from fgp_sklearn.training import restore
    >>> weights = {"weight": torch.ones(1, 2), "bias": torch.zeros(1)}
    >>> restore(lambda: nn.Linear(2, 1), weights)(torch.ones(2)).item()
    2.0
    """
    expected = initialise(lambda: _without_memory(factory), seed=0).state_dict()
    for name in expected.keys() | weights.keys():
        found = [
            (tuple(w.shape), w.dtype) if w is not None else None
            for w in (expected.get(name), weights.get(name))
        ]
        if found[0] != found[1]:
            raise PersistenceError(f"weights {name!r} are {found[1]}, but the parameters require {found[0]}")
        if not bool(torch.isfinite(weights[name]).all()):
            raise PersistenceError(f"weights {name!r} are not finite")
    module = initialise(factory, seed=0)
    module.load_state_dict(weights)
    return module.eval()


def _without_memory(factory: Callable[[], Module]) -> Module:
    with torch.device("meta"):
        return factory()
