"""Seeding: every random number comes from a generator seeded by the estimator's random_state."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import torch
from sklearn.utils import check_random_state
from torch import nn

from fgp_sklearn._torch_settings import usual_settings

_ONE_AT_A_TIME = threading.Lock()

Module = TypeVar("Module", bound=nn.Module)


def draw_seeds(random_state: Any, n: int) -> list[int]:
    """Draw seeds for the parts of one fit.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        Random state, as in scikit-learn.
    n : int
        Number of seeds.

    Returns
    -------
    list of int
        Seeds. They are the same for the same integer `random_state`.

    Examples
    --------
    >>> from fgp_sklearn._seeding import draw_seeds
    >>> draw_seeds(0, 2) == draw_seeds(0, 2)
    True
    """
    return [int(s) for s in check_random_state(random_state).randint(np.iinfo(np.int32).max, size=n)]


def initialise(factory: Callable[[], Module], seed: int) -> Module:
    """Build a module whose initial weights depend on the seed alone.

    torch draws initial weights from its global random state and creates them in its default dtype. Both are
    set during the call and restored afterwards. A lock keeps other threads from initialising at the same
    time.

    Parameters
    ----------
    factory : callable
        Function without arguments that returns the module.
    seed : int
        Seed of the initial weights.

    Returns
    -------
    nn.Module
        The module.

    Examples
    --------
    >>> from torch import nn
    >>> from fgp_sklearn._seeding import initialise
    >>> first, second = (initialise(lambda: nn.Linear(2, 1), seed=0) for _ in range(2))
    >>> bool((first.weight == second.weight).all())
    True
    """
    with seeded(seed):
        return factory()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed torch's global random state inside the block and restore it afterwards.

    Only one thread at a time can be inside such a block, so blocks should be short.

    Parameters
    ----------
    seed : int
        Seed of the random state.

    Yields
    ------
    None
        Nothing.
    """
    with _ONE_AT_A_TIME, _float32_for_all(), usual_settings(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


@contextmanager
def _float32_for_all() -> Iterator[None]:
    """Set the default dtype of the process to float32: ``torch.Tensor(3, 4)`` accepts no dtype."""
    given = torch.get_default_dtype()
    if given != torch.float32:
        torch.set_default_dtype(torch.float32)
    try:
        yield
    finally:
        if given != torch.float32:
            torch.set_default_dtype(given)
