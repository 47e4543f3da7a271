"""Small networks, and builders that tests can send to other processes."""

import numpy as np
from torch import nn

from fgp_sklearn.architectures import Architecture

CHAIN = np.eye(3, k=1, dtype=int)


def plain_network(channels=4, n_classes=3):
    """Two convolutions with batch normalisation and ReLU, pooled and classified."""
    return nn.Sequential(
        nn.Conv2d(2, channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
        nn.Conv2d(channels, channels + 1, 1, bias=False),
        nn.BatchNorm2d(channels + 1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(channels + 1, n_classes),
    )


class TinyBuilder:
    """As wide as there are nodes; refuses the operation "bad"."""

    def __call__(self, architecture: Architecture) -> nn.Module:
        if "bad" in architecture.ops:
            raise KeyError("no such layer")
        return plain_network(channels=len(architecture.ops))

    def __repr__(self) -> str:  # names of tests must be the same in every process
        return "tiny_builder"


tiny_builder = TinyBuilder()


class WidthBuilder:
    """As wide as the attribute of the middle node says; counts what it builds."""

    def __call__(self, architecture: Architecture) -> nn.Module:
        COUNTS.append(architecture.ops)
        return plain_network(channels=int(architecture.attributes["width"][1]))


class CountingBuilder:
    """Builds as `tiny_builder` and counts; fails after a number of networks, as if interrupted."""

    def __init__(self, stops_after=None):
        self.stops_after = stops_after

    def __call__(self, architecture):
        COUNTS.append(architecture.ops)
        if self.stops_after is not None and len(COUNTS) > self.stops_after:
            raise KeyboardInterrupt
        return tiny_builder(architecture)

    def __reduce__(self):  # the hash of the builder must not tell when it stops
        return type(self), ()


COUNTS: list[tuple[str, ...]] = []


def chains(*ops):
    """Architectures of an input, one operation and an output."""
    return [(CHAIN, ["input", op, "output"]) for op in ops]


def wide(n):
    """An architecture with `n` parallel operations."""
    matrix = np.zeros((n + 2, n + 2), dtype=int)
    matrix[0, 1:-1] = matrix[1:-1, -1] = 1
    return matrix, ["input", *["conv"] * n, "output"]
