"""Families of networks whose latency is measured: ResNets, MobileNets, vision transformers and GPTs.

A network is drawn as a dictionary of choices, and built from it with random weights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

Choice = dict[str, Any]
CLASSES, VOCABULARY = 100, 1000
ACTIVATIONS = {"relu": nn.ReLU, "hardswish": nn.Hardswish}


class Family(NamedTuple):
    """How networks of a family are drawn and built, and what they read."""

    draw: Callable[[np.random.Generator], Choice]
    build: Callable[[Choice], nn.Module]
    example: Callable[[Choice], Tensor]


def images(choice: Choice) -> Tensor:
    """One image."""
    resolution = choice["resolution"]
    return torch.linspace(-1, 1, 3 * resolution**2).reshape(1, 3, resolution, resolution)


def tokens(choice: Choice) -> Tensor:
    """One sequence."""
    return torch.arange(choice["length"])[None] % VOCABULARY


def one(rng: np.random.Generator, *values: Any) -> Any:
    """One of the values."""
    return values[int(rng.integers(len(values)))]


def convolution(
    width: int, out: int, kernel: int, stride: int = 1, groups: int = 1, activation: str = "relu"
) -> nn.Sequential:
    """Convolution, batch normalisation and, unless its name is empty, an activation."""
    layers = [
        nn.Conv2d(width, out, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out),
    ]
    return nn.Sequential(*layers, *([ACTIVATIONS[activation]()] if activation else []))


# ------------------------------------------------------------------ ResNets


class ResidualBlock(nn.Module):
    """Two convolutions, or a bottleneck of three, beside a shortcut."""

    def __init__(self, width: int, out: int, kernel: int, stride: int, bottleneck: bool) -> None:
        super().__init__()
        inner = out // 4 if bottleneck else out
        layers = [convolution(width, inner, 1)] if bottleneck else []
        layers.append(convolution(inner if bottleneck else width, inner, kernel, stride))
        layers.append(convolution(inner, out, 1 if bottleneck else kernel, activation=""))
        self.layers = nn.Sequential(*layers)
        same = width == out and stride == 1
        self.shortcut = nn.Identity() if same else convolution(width, out, 1, stride, activation="")
        self.activation = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.layers(x) + self.shortcut(x))


def draw_resnet(rng: np.random.Generator) -> Choice:
    """Three or four stages, each with a width and a kernel per block."""
    bottleneck = one(rng, False, True)
    stages, width = [], one(rng, 16, 24, 32)
    for _ in range(one(rng, 3, 4)):
        kernels = [one(rng, 3, 3, 5) for _ in range(one(rng, 1, 2, 3, 4))]
        stages.append({"width": width * (4 if bottleneck else 1), "kernels": kernels})
        width = int(width * one(rng, 1, 1.5, 2)) // 8 * 8
    return {
        "resolution": one(rng, 64, 96, 128),
        "stem": one(rng, 16, 32, 48),
        "bottleneck": bottleneck,
        "stages": stages,
    }


def resnet(choice: Choice) -> nn.Module:
    """Build a ResNet."""
    width = choice["stem"]
    layers: list[nn.Module] = [convolution(3, width, 3, 2)]
    for number, stage in enumerate(choice["stages"]):
        for place, kernel in enumerate(stage["kernels"]):
            stride = 2 if place == 0 and number else 1
            layers.append(ResidualBlock(width, stage["width"], kernel, stride, choice["bottleneck"]))
            width = stage["width"]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, CLASSES))


# ------------------------------------------------------------------ MobileNets


class SqueezeExcitation(nn.Module):
    """Channels weighted by what they have on average."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.squeeze, self.excite = nn.Conv2d(width, width // 4, 1), nn.Conv2d(width // 4, width, 1)
        self.activation, self.gate = nn.ReLU(), nn.Hardsigmoid()

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(self.excite(self.activation(self.squeeze(self.pool(x)))))


class InvertedResidual(nn.Module):
    """A wide depthwise convolution between two pointwise ones."""

    def __init__(self, width: int, out: int, block: Choice, stride: int, activation: str) -> None:
        super().__init__()
        wide, kernel = width * block["expansion"], block["kernel"]
        self.layers = nn.Sequential(
            convolution(width, wide, 1, activation=activation),
            convolution(wide, wide, kernel, stride, groups=wide, activation=activation),
            *([SqueezeExcitation(wide)] if block["squeeze"] else []),
            convolution(wide, out, 1, activation=""),
        )
        self.residual = width == out and stride == 1

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x) if self.residual else self.layers(x)


def draw_mobilenet(rng: np.random.Generator) -> Choice:
    """Five stages of inverted residuals; kernels and expansions differ from block to block."""
    stages = []
    for width in (16, 24, 40, 64, 96):
        blocks = [
            {"kernel": one(rng, 3, 5, 7), "expansion": one(rng, 2, 3, 4, 6)}
            for _ in range(one(rng, 1, 2, 3, 4))
        ]
        squeeze = one(rng, False, True)
        stages.append({"width": width, "blocks": [{**block, "squeeze": squeeze} for block in blocks]})
    return {
        "resolution": one(rng, 96, 128, 160, 192),
        "multiplier": one(rng, 0.5, 1.0, 1.5),
        "activation": one(rng, "relu", "hardswish"),
        "stages": stages,
    }


def mobilenet(choice: Choice) -> nn.Module:
    """Build a MobileNet."""
    activation, width = choice["activation"], 16
    layers: list[nn.Module] = [convolution(3, width, 3, 2, activation=activation)]
    for number, stage in enumerate(choice["stages"]):
        out = int(stage["width"] * choice["multiplier"])
        for place, block in enumerate(stage["blocks"]):
            stride = 2 if place == 0 and number in (1, 2, 4) else 1
            layers.append(InvertedResidual(width, out, block, stride, activation))
            width = out
    head = convolution(width, 4 * width, 1, activation=activation)
    return nn.Sequential(*layers, head, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width, CLASSES))


# ------------------------------------------------------------------ transformers


class TransformerBlock(nn.Module):
    """Attention and an MLP, both behind a normalisation."""

    def __init__(self, width: int, heads: int, mlp_ratio: int, causal: bool) -> None:
        super().__init__()
        self.heads, self.causal = heads, causal
        self.attention_norm, self.mlp_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention, self.projection = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, mlp_ratio * width), nn.GELU(), nn.Linear(mlp_ratio * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        parts = self.attention(self.attention_norm(x)).unflatten(-1, (3, self.heads, -1))
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        attended = scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        x = x + self.projection(attended.transpose(1, 2).flatten(2))
        return x + self.mlp(self.mlp_norm(x))


class Patches(nn.Module):
    """Patches of an image as a sequence, with positions."""

    def __init__(self, resolution: int, patch: int, width: int) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, patch, patch)
        self.positions = nn.Parameter(0.02 * torch.randn(1, (resolution // patch) ** 2, width))

    def forward(self, x: Tensor) -> Tensor:
        return self.patches(x).flatten(2).transpose(1, 2) + self.positions


class Mean(nn.Module):
    """Mean over the sequence."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=1)


class Embedding(nn.Module):
    """Embeddings of tokens and of their positions."""

    def __init__(self, length: int, width: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, width)
        self.positions = nn.Parameter(0.02 * torch.randn(1, length, width))

    def forward(self, x: Tensor) -> Tensor:
        return self.tokens(x) + self.positions


def draw_layers(rng: np.random.Generator) -> list[Choice]:
    """Heads and MLP ratio of each layer."""
    return [
        {"heads": one(rng, 2, 4, 8), "mlp_ratio": one(rng, 1, 2, 3, 4)}
        for _ in range(one(rng, 2, 3, 4, 5, 6, 8))
    ]


def draw_vit(rng: np.random.Generator) -> Choice:
    """One width and patch for all; heads and MLP ratio per layer."""
    return {
        "resolution": one(rng, 64, 96, 128),
        "patch": one(rng, 8, 16),
        "width": one(rng, 96, 128, 192, 256, 384),
        "layers": draw_layers(rng),
    }


def vit(choice: Choice) -> nn.Module:
    """Build a vision transformer."""
    width = choice["width"]
    blocks = [TransformerBlock(width, **layer, causal=False) for layer in choice["layers"]]
    patches = Patches(choice["resolution"], choice["patch"], width)
    return nn.Sequential(patches, *blocks, nn.LayerNorm(width), Mean(), nn.Linear(width, CLASSES))


def draw_gpt(rng: np.random.Generator) -> Choice:
    """One width and length for all; heads and MLP ratio per layer."""
    return {
        "length": one(rng, 64, 96, 128, 192, 256),
        "width": one(rng, 96, 128, 192, 256, 384),
        "layers": draw_layers(rng),
    }


def gpt(choice: Choice) -> nn.Module:
    """Build a GPT."""
    width = choice["width"]
    blocks = [TransformerBlock(width, **layer, causal=True) for layer in choice["layers"]]
    return nn.Sequential(
        Embedding(choice["length"], width), *blocks, nn.LayerNorm(width), nn.Linear(width, VOCABULARY)
    )


FAMILIES = {
    "resnet": Family(draw_resnet, resnet, images),
    "mobilenet": Family(draw_mobilenet, mobilenet, images),
    "vit": Family(draw_vit, vit, images),
    "gpt": Family(draw_gpt, gpt, tokens),
}


class Network(NamedTuple):
    """A network of a family, not built."""

    family: str
    choice: Choice

    def built(self) -> tuple[nn.Module, Tensor]:
        """The module, always with the same weights, and an input."""
        family = FAMILIES[self.family]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return family.build(self.choice).eval(), family.example(self.choice)


def draw_networks(n_of_each: int) -> list[Network]:
    """Different networks of all families, one family after the other."""
    networks = []
    for number, (name, family) in enumerate(FAMILIES.items()):
        rng = np.random.default_rng(number)
        found: dict[str, Choice] = {}
        while len(found) < n_of_each:
            choice = family.draw(rng)
            found.setdefault(repr(choice), choice)
        networks += [Network(name, choice) for choice in found.values()]
    return networks
