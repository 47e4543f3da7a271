"""Measuring proxies on the networks that a builder makes."""

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
from torch.nn.modules.dropout import _DropoutNd

from fgp_sklearn._seeding import initialise, seeded
from fgp_sklearn._torch_settings import usual_settings
from fgp_sklearn.architectures import Architecture, ArchitectureBatch, ArchitectureError
from fgp_sklearn.proxies._measures import MEASURES
from fgp_sklearn.proxies._measuring_process import MeasuringProcess

Builder = Callable[[Architecture], nn.Module]


@usual_settings()
def random_images(n: int, shape: Sequence[int], noise: float, seed: int) -> Tensor:
    """Images of a random colour with pixel noise, of unit variance.

    Parameters
    ----------
    n : int
        How many.
    shape : sequence of int
        Shape of one, channels first.
    noise : float
        Standard deviation of pixels relative to that of colours.
    seed : int
        Seed.

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
    """A name for what an architecture is, node by node; its own name does not count."""
    matrix = np.asarray(architecture.adjacency)
    features = architecture.node_features
    content = {
        "ops": list(architecture.ops),
        "edges": [[int(u), int(v), float(matrix[u, v])] for u, v in np.argwhere(matrix)],
        "features": None if features is None else (np.asarray(features) + 0.0).tolist(),
    }
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
        Makes a module of an architecture.
    batch : ArchitectureBatch
        Architectures.
    rows : sequence of int
        Where each is in the input, to blame the right one.
    wanted : sequence of sequence of str
        Names of proxies, for each architecture.
    images : Tensor of shape (n, ...)
        What passes through the networks.
    seed : int
        Seed of the weights, which depend on the architecture too.
    timeout : float, optional
        Seconds for each architecture, which are then measured in a process of their own.

    Returns
    -------
    list of dict of str to float
        Values by name, for each architecture; NaN where one is not finite. None for an architecture
        that took longer.

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
        with seeded(own_seed) if _draws(network) else nullcontext():
            value = MEASURES[name](network, images, torch.Generator().manual_seed(own_seed))
    except Exception as error:  # of any module that a user can write
        raise ArchitectureError(
            f"measuring {name!r} on what the builder made of it failed with {_told(error)}; mend the "
            "builder or input_shape, or leave the proxy out"
        ) from error
    return value if math.isfinite(value) else math.nan


def _draws(network: nn.Module) -> bool:
    """Whether torch's own layers draw in it, which they do from the global state."""
    return any(isinstance(layer, (_DropoutNd, nn.RReLU)) for layer in network.modules())


def _built(builder: Builder, architecture: Architecture) -> nn.Module:
    try:
        network: Any = builder(architecture)
    except ArchitectureError:
        raise
    except Exception as error:  # of any builder that a user can write
        raise ArchitectureError(
            f"the builder failed with {_told(error)}; mend the builder, or leave the architecture out"
        ) from error
    if not isinstance(network, nn.Module):
        raise ArchitectureError(f"the builder made a {type(network).__name__} of it, not a torch.nn.Module")
    return network


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
