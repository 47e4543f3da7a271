"""MobileNets as a table with four choices in each of seven stages, with costs and accuracies made up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Frame = dict[str, Array]

N_STAGES = 7
CHOICES = {"kernel": (3, 5, 7), "expansion": (3, 4, 6), "width": (0.75, 1, 1.25, 1.5), "depth": (1, 2, 3, 4)}
_CHANNELS = np.array([16, 24, 40, 80, 112, 192, 320])  # at width 1
_SIDES = np.array([112, 56, 28, 14, 14, 7, 7])


def mobilenets(n: int, seed: int) -> Frame:
    """Random networks, one column per stage and choice."""
    rng = np.random.default_rng(seed)
    return {
        f"stage{stage}_{choice}": rng.choice(values, n).astype(np.float64)
        for stage in range(1, N_STAGES + 1)
        for choice, values in CHOICES.items()
    }


def made_labels(frame: Frame, seed: int) -> dict[str, Array]:
    """A cost, and accuracies that depend on the choices in several ways, all with noise.

    ``cost`` is the logarithm of the multiply-adds. ``accuracy`` has a return per stage that diminishes with
    its capacity, which is a product of choices. ``pairs`` has additive effects and products of two choices of
    a stage; ``additive`` has the former only.
    """
    rng = np.random.default_rng(seed)
    kernel, expansion, width, depth = choices = [_of(frame, name) for name in CHOICES]
    importance = rng.gamma(3.0, 1.0, N_STAGES)
    capacity = np.log(expansion * width**2 * depth) + 0.3 * np.log(kernel)
    standardised = [(values - values.mean()) / values.std() for values in choices]
    additive = np.sum([(rng.gamma(2.0, 1.0, N_STAGES) * own).sum(axis=1) for own in standardised], axis=0)
    products = np.zeros(len(additive))
    for first in range(4):
        for second in range(first):
            weights = rng.normal(size=N_STAGES)
            products += (weights * standardised[first] * standardised[second]).sum(axis=1)
    labels = {
        "cost": np.log(_multiply_adds(kernel, expansion, width, depth)),
        "accuracy": -np.exp(-0.9 * capacity * importance / importance.mean()).mean(axis=1),
        "pairs": additive / additive.std() + 0.6 * products / products.std(),
        "additive": additive,
    }
    noise = {name: 0.02 if name == "cost" else 0.2 for name in labels}
    return {
        name: values + noise[name] * values.std() * rng.normal(size=len(values))
        for name, values in labels.items()
    }


def _of(frame: Frame, choice: str) -> Array:
    """A choice of all stages, of shape (n, n_stages)."""
    return np.stack([frame[f"stage{stage}_{choice}"] for stage in range(1, N_STAGES + 1)], axis=1)


def _multiply_adds(kernel: Array, expansion: Array, width: Array, depth: Array) -> Array:
    """Of blocks with a wide depthwise convolution between two of 1 x 1."""
    out = width * _CHANNELS
    into = np.hstack([np.full((len(out), 1), 16.0), out[:, :-1]])
    first = expansion * into * (into + kernel**2 + out)
    others = (depth - 1) * expansion * out * (2 * out + kernel**2)
    total: Array = (_SIDES**2 * (first + others)).sum(axis=1)
    return total
