"""Zero-cost proxies that are measured on an untrained network.

Each measure takes a network, which it may modify, images of shape (n, channels, ...) and a random generator.
It returns a number that is larger for networks that it considers better. For a network without any flow, it
returns the lowest value of its scale instead of infinity.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd
from torch.nn.modules.dropout import _DropoutNd

Measure = Callable[[nn.Module, Tensor, torch.Generator], float]

_SMALLEST_EIGENVALUE = 1e-5
_PERTURBATION = 0.01


def naswot(network: nn.Module, images: Tensor, generator: torch.Generator) -> float:
    """Log-determinant of a kernel that counts the ReLUs on whose sign two images agree.

    Mellor et al., "Neural Architecture Search without Training", ICML 2021, equations 1 and 2.
    """
    n = len(images)
    kernel = torch.zeros(n, n, dtype=torch.float64)

    def count(_: nn.Module, __: Any, output: Tensor) -> None:
        sign = (output > 0).reshape(n, -1).float().mul_(2).sub_(1)
        kernel.add_((sign @ sign.T).double().add_(sign.shape[1]).div_(2))

    for layer in _layers(network, (nn.ReLU, nn.ReLU6)):
        layer.register_forward_hook(count)
    with torch.no_grad():
        network.train()(images)
    if not kernel.any():  # an image agrees with itself on every ReLU, so there are none
        raise ValueError(
            "naswot needs nn.ReLU modules and the network has none; use modules instead of functions"
        )
    return float(torch.linalg.eigvalsh(kernel).clamp_min_(_SMALLEST_EIGENVALUE).log_().sum())


def jacov(network: nn.Module, images: Tensor, generator: torch.Generator) -> float:
    """Jacobian covariance: larger if the gradients of the output for different images are less correlated.

    Abdelfattah et al., "Zero-Cost Proxies for Lightweight NAS", ICLR 2021, based on the first version of
    Mellor et al. (arXiv 2006.04647v1). Images whose gradient is zero count as fully correlated.
    """
    images = images.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(
        network.train()(images).sum(), images, allow_unused=True, materialize_grads=True
    )
    rows = gradient.flatten(1).double()
    if not rows.isfinite().all():
        return math.nan
    rows = rows - rows.mean(dim=1, keepdim=True)
    length = rows.norm(dim=1, keepdim=True)
    rows = rows / length.where(length > 0, 1.0)
    correlation = rows @ rows.T
    silent = length[:, 0] == 0
    correlation[silent[:, None] | silent] = 1.0
    eigenvalues = torch.linalg.eigvalsh(correlation).clamp_min_(0) + _SMALLEST_EIGENVALUE
    return -float((eigenvalues.log() + 1 / eigenvalues).sum())


def synflow(network: nn.Module, images: Tensor, generator: torch.Generator) -> float:
    """Logarithm of one plus the synaptic flow, the sum of weight times gradient in the linearised network.

    Weights are replaced by their absolute values, normalisation layers are bypassed, and the input is a
    single image of ones. Tanaka et al., "Pruning neural networks without any data by iteratively conserving
    synaptic flow", NeurIPS 2020, equation 2. The sum over weights follows Abdelfattah et al., ICLR 2021.
    """
    network.double().eval()  # float32 overflows in deep networks
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.abs_()
    for layer in _layers(network, _NormBase):
        layer.register_forward_hook(lambda _, inputs, output: inputs[0])
    loss = network(torch.ones_like(images[:1], dtype=torch.float64)).sum()
    return math.log1p(sum(float((w * g).abs().sum()) for w, g in _gradients(network, loss)))


def grad_norm(network: nn.Module, images: Tensor, generator: torch.Generator) -> float:
    """Sum over layers of the Euclidean norm of the gradient of the loss (Abdelfattah et al., ICLR 2021)."""
    return sum(float(g.norm()) for _, g in _gradients(network, _loss(network, images)))


def snip(network: nn.Module, images: Tensor, generator: torch.Generator) -> float:
    """Sum over weights of the absolute value of weight times gradient of the loss.

    Lee et al., "SNIP: Single-shot network pruning based on connection sensitivity", ICLR 2019. The sum
    follows Abdelfattah et al., ICLR 2021.
    """
    return sum(float((w * g).abs().sum()) for w, g in _gradients(network, _loss(network, images)))


def zen(network: nn.Module, images: Tensor, generator: torch.Generator) -> float:
    """Zen score: log change of the last features under a perturbed image, plus log scales of normalisations.

    Weights are drawn from the standard normal distribution. The features are the input of the last
    nn.AdaptiveAvgPool module, or the output of the network if there is none. Adding the log standard
    deviations in front of the normalisation layers undoes their scaling. Lin et al., "Zen-NAS: A Zero-Shot
    NAS for High-Performance Image Recognition", ICCV 2021, Algorithm 1, except that skip connections of the
    network are kept.
    """
    features: list[Tensor] = []
    log_spread: list[float] = []

    def keep(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        features.append(inputs[0])

    def rescale(layer: Any, inputs: tuple[Tensor, ...]) -> None:
        x = inputs[0].transpose(0, 1).flatten(1)
        log_spread.append(0.5 * math.log(float(x.var(dim=1, correction=0).mean()) + layer.eps))

    with torch.no_grad():
        for layer in _layers(network, (_ConvNd, nn.Linear)):
            layer.weight.normal_(generator=generator)
        poolings = _layers(network, (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d))
        (poolings or [nn.Identity()])[-1].register_forward_pre_hook(keep)
        handles = [layer.register_forward_pre_hook(rescale) for layer in _layers(network, _NormBase)]
        output = network.train()(images)
        first = features[-1] if features else output
        for handle in handles:
            handle.remove()
        noise = torch.empty_like(images).normal_(generator=generator)
        output = network(images + _PERTURBATION * noise)
        second = features[-1] if features else output
    moved = float((first - second).flatten(1).norm(dim=1).mean())
    return math.log(max(moved, torch.finfo(torch.float32).tiny)) + sum(log_spread)


def params(network: nn.Module, images: Tensor, generator: torch.Generator) -> float:
    """Number of trainable parameters."""
    return float(sum(p.numel() for p in network.parameters() if p.requires_grad))


MEASURES: dict[str, Measure] = {
    "grad_norm": grad_norm,
    "jacov": jacov,
    "naswot": naswot,
    "params": params,
    "snip": snip,
    "synflow": synflow,
    "zen": zen,
}


def draws_numbers(network: nn.Module) -> bool:
    """Whether layers of torch draw random numbers in the network. They use torch's global random state."""
    return bool(_layers(network, (_DropoutNd, nn.RReLU)))


def _layers(network: nn.Module, kinds: Any) -> list[Any]:
    return [layer for layer in network.modules() if isinstance(layer, kinds)]


def _loss(network: nn.Module, images: Tensor) -> Tensor:
    """Cross-entropy against arbitrary labels: the classes in turn."""
    logits = network.train()(images)
    if logits.ndim != 2:
        raise ValueError(
            f"the network returns shape {tuple(logits.shape)}; it must return (n_images, n_classes)"
        )
    return cross_entropy(logits, torch.arange(len(logits)) % logits.shape[1])


def _gradients(network: nn.Module, loss: Tensor) -> Iterable[tuple[Tensor, Tensor]]:
    """Pairs of weight and gradient of all convolutions and linear layers."""
    weights = [layer.weight for layer in _layers(network, (_ConvNd, nn.Linear))]
    if not weights:
        return ()
    gradients = torch.autograd.grad(loss, weights, allow_unused=True, materialize_grads=True)
    return zip([w.detach() for w in weights], gradients, strict=True)
