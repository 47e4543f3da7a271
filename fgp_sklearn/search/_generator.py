"""Generators of random numbers from the random states of scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np

from fgp_sklearn._seeding import draw_seeds


def as_generator(random_state: Any) -> np.random.Generator:
    """A generator that an int, a RandomState or None seeds; a generator is returned as it is."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    return np.random.default_rng(draw_seeds(random_state, 1))
