"""Measure proxies on the networks that a builder returns."""

from __future__ import annotations

import dataclasses
import functools
import json
import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from hashlib import blake2b
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fgp_sklearn._seeding import initialise, seeded
from fgp_sklearn._torch_settings import usual_settings
from fgp_sklearn.architectures import Architecture, ArchitectureBatch, ArchitectureError
from fgp_sklearn.proxies._measures import MEASURES, draws_numbers
from fgp_sklearn.proxies._measuring_process import MeasuringProcess

Builder = Callable[[Architecture], nn.Module]


@usual_settings()
def random_images(n: int, shape: Sequence[int], noise: float, seed: int) -> Tensor:
    """Draw images of unit variance, each of one random colour plus pixel noise.

    Parameters
    ----------
    n : int
        Number of images.
    shape : sequence of int
        Shape of an image, channels first.
    noise : float
        Standard deviation of the pixel noise relative to that of the colours.
    seed : int
        Seed of the images.

    Returns
    -------
    Tensor of shape (n, *shape)
        Images.
    """
    generator = torch.Generator().manual_seed(seed)
    colour = torch.randn(n, shape[0], *(1 for _ in shape[1:]), generator=generator)
    pixels = torch.randn(n, *shape, generator=generator)
    return (colour + noise * pixels) / math.sqrt(1 + noise**2)


def content_key(architecture: Architecture) -> str:
    """Digest of an architecture, node by node. The name of the architecture is not part of it."""
    matrix = np.asarray(architecture.adjacency)
    content = {
        "ops": list(architecture.ops),
        "edges": [[int(u), int(v), float(matrix[u, v])] for u, v in np.argwhere(matrix)],
        "features": None,
    }
    attributes = {
        name: [None if np.isnan(number) else number for number in (column + 0.0).tolist()]
        for name, column in sorted((architecture.attributes or {}).items())
        if not np.isnan(column).all()
    }
    if attributes:
        content["attributes"] = attributes
    return blake2b(json.dumps(content).encode(), digest_size=16).hexdigest()


@usual_settings()
def measure_each(
    builder: Builder,
    batch: ArchitectureBatch,
    rows: Sequence[int],
    wanted: Sequence[Sequence[str]],
    images: Tensor,
    seed: int,
    timeout: float | None = None,
) -> list[dict[str, float] | None]:
    """Measure the wanted proxies of each architecture.

    Parameters
    ----------
    builder : callable
        Function that returns the module of an architecture.
    batch : ArchitectureBatch
        Architectures.
    rows : sequence of int
        Position of each architecture in the input, for error messages.
    wanted : sequence of sequence of str
        Names of the proxies to measure, for each architecture.
    images : Tensor of shape (n, ...)
        Input of the networks.
    seed : int
        Seed. The weights of a network depend on it and on the architecture.
    timeout : float, optional
        Time limit per architecture, in seconds. With a limit, a separate process measures.

    Returns
    -------
    list of dict of str to float
        Values by name, for each architecture. Values that are not finite become NaN. The entry of an
        architecture that exceeded the time limit is None.

    Raises
    ------
    ArchitectureError
        If the builder or a measure fails.
    """
    measure = functools.partial(_measure_all, builder, images, seed)
    values: list[dict[str, float] | None] = []
    with MeasuringProcess(measure) as process:
        for architecture, row, names in zip(batch, rows, wanted, strict=True):
            nameless = dataclasses.replace(architecture, name="")
            try:
                if timeout is None:
                    values.append(measure(nameless, names))
                else:
                    values.append(process.call((nameless, names), timeout))
            except ArchitectureError as error:
                raise type(error)(error.problem, index=row) from error
    return values


def _measure_all(
    builder: Builder, images: Tensor, seed: int, architecture: Architecture, names: Sequence[str]
) -> dict[str, float]:
    return {name: _measure(builder, architecture, name, images, seed) for name in names}


def _measure(builder: Builder, architecture: Architecture, name: str, images: Tensor, seed: int) -> float:
    content = f"{seed} {content_key(architecture)}".encode()
    own_seed = int.from_bytes(blake2b(content, digest_size=4).digest())
    network = initialise(lambda: _built(builder, architecture), own_seed)
    try:
        with seeded(own_seed) if draws_numbers(network) else nullcontext():
            value = MEASURES[name](network, images, torch.Generator().manual_seed(own_seed))
    except Exception as error:  # a user's module may raise any error
        raise ArchitectureError(
            f"measuring {name!r} on the network of the builder failed with {_described(error)}; fix the "
            "builder or input_shape, or leave the proxy out"
        ) from error
    return value if math.isfinite(value) else math.nan


def _built(builder: Builder, architecture: Architecture) -> nn.Module:
    try:
        network: Any = builder(architecture)
    except ArchitectureError:
        raise
    except Exception as error:  # a user's builder may raise any error
        raise ArchitectureError(
            f"the builder failed with {_described(error)}; fix the builder, or leave the architecture out"
        ) from error
    if not isinstance(network, nn.Module):
        raise ArchitectureError(
            f"the builder returned a {type(network).__name__}; it must return a torch.nn.Module"
        )
    return network


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
