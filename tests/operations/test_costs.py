"""Costs of operations, against layers of PyTorch."""

import pytest
from torch import nn

from fgp_sklearn.operations import describe
from fgp_sklearn.operations._costs import costs_of
from fgp_sklearn.proxies import StructuralProxies

STAGES = ((16, 32 * 32), (32, 16 * 16), (64, 8 * 8))


def separable(channels, kernel):
    return nn.Sequential(
        nn.Conv2d(channels, channels, kernel, groups=channels, bias=False),
        nn.Conv2d(channels, channels, 1, bias=False),
        nn.BatchNorm2d(channels),
    )


def convolution(channels, kernel):
    return nn.Sequential(nn.Conv2d(channels, channels, kernel, bias=False), nn.BatchNorm2d(channels))


def bottleneck(channels, kernel, expansion):
    inner = expansion * channels
    return nn.Sequential(
        nn.Conv2d(channels, inner, 1, bias=False),
        nn.BatchNorm2d(inner),
        nn.Conv2d(inner, inner, kernel, groups=inner, bias=False),
        nn.BatchNorm2d(inner),
        nn.Conv2d(inner, channels, 1, bias=False),
        nn.BatchNorm2d(channels),
    )


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("conv_9x9", lambda channels: convolution(channels, 9)),
        ("ReLUConvBN3x3", lambda channels: convolution(channels, 3)),
        ("DilConv5x5", lambda channels: separable(channels, 5)),
        ("SepConv3x3", lambda channels: nn.Sequential(separable(channels, 3), separable(channels, 3))),
        ("MBConv_e4_k5", lambda channels: bottleneck(channels, 5, 4)),
        ("Zero", lambda channels: nn.Identity()),
        ("MaxPool_7x7", lambda channels: nn.MaxPool2d(7)),
    ],
)
def test_costs_are_those_of_layers(name, layer):
    params = flops = 0
    for channels, pixels in STAGES:
        for part in layer(channels).modules():
            size = sum(weights.numel() for weights in part.parameters(recurse=False))
            params += 5 * size
            flops += 5 * pixels * size * isinstance(part, nn.Conv2d)
    assert costs_of(describe(name)) == {"params": params, "flops": flops}


@pytest.mark.parametrize("name", ["conv", "0", "my_op", "conv_k3_s2", "mb6", "mb_k3", "mlp", "conv_1x7"])
def test_unknown_costs(name):
    assert costs_of(describe(name)) is None


def test_an_integer_has_no_cost_and_the_error_says_why():
    with pytest.raises(ValueError, match="give the operations names instead of integers"):
        StructuralProxies().fit([([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", 3, "output"])])
