"""Each measure against a naive twin that shares no code with it."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from fgp_sklearn.proxies._measures import MEASURES
from tests.proxies.networks import plain_network

N_IMAGES = 6
IMAGES = torch.randn(N_IMAGES, 2, 4, 4, generator=torch.Generator().manual_seed(1))


def measure(name, network, images=IMAGES, seed=0):
    return MEASURES[name](network, images, torch.Generator().manual_seed(seed))


@pytest.fixture
def network():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return plain_network()


def normalised(x):
    mean, var = x.mean(dim=(0, 2, 3), keepdim=True), x.var(dim=(0, 2, 3), keepdim=True, correction=0)
    return (x - mean) / (var + 1e-5).sqrt()


def by_hand(network, x):
    """Pre-activations of both layers and logits, from the weights alone."""
    first = normalised(functional.conv2d(x, network[0].weight, padding=1))
    second = normalised(functional.conv2d(first.clamp_min(0), network[3].weight))
    pooled = second.clamp_min(0).mean(dim=(2, 3))
    return first, second, pooled @ network[8].weight.T + network[8].bias


def test_naswot_counts_agreements(network):
    with torch.no_grad():
        first, second, _ = by_hand(network, IMAGES)
    codes = [
        [*(a > 0).flatten().tolist(), *(b > 0).flatten().tolist()] for a, b in zip(first, second, strict=True)
    ]
    kernel = [[sum(p == q for p, q in zip(a, b, strict=True)) for b in codes] for a in codes]
    sign, expected = np.linalg.slogdet(np.array(kernel, dtype=float))
    assert sign == 1
    assert measure("naswot", network) == pytest.approx(expected, rel=1e-6)


def test_jacov_is_of_the_correlation_of_gradients(network):
    jacobian = torch.autograd.functional.jacobian(lambda x: by_hand(network, x)[2].sum(), IMAGES)
    eigenvalues = np.linalg.eigvalsh(np.corrcoef(jacobian.reshape(N_IMAGES, -1).double().numpy()))
    expected = -sum(math.log(v + 1e-5) + 1 / (v + 1e-5) for v in eigenvalues)
    assert measure("jacov", network) == pytest.approx(expected, rel=1e-3)


def test_synflow_is_conserved_from_layer_to_layer(network):
    # In a positive network without biases, the sum of weight times gradient over a layer is the output.
    absolute = {name: value.double().abs() for name, value in network.state_dict().items()}
    x = functional.conv2d(torch.ones(1, 2, 4, 4, dtype=torch.float64), absolute["0.weight"], padding=1)
    x = functional.conv2d(x, absolute["3.weight"]).mean(dim=(2, 3)) @ absolute["8.weight"].T
    assert measure("synflow", network) == pytest.approx(math.log1p(3 * float(x.sum())), rel=1e-9)


def test_synflow_does_not_overflow():
    deep = nn.Sequential(*(nn.Conv2d(2, 2, 1, bias=False) for _ in range(60)), nn.Flatten())
    for layer in deep[:-1]:
        nn.init.constant_(layer.weight, 100.0)
    expected = math.log(60) + math.log(32) + 60 * math.log(200)  # 1e139
    assert measure("synflow", deep) == pytest.approx(expected, rel=1e-9)


def numeric_gradients(network, images):
    """Central differences of the loss over the weights, layer by layer."""
    labels = torch.tensor([i % 3 for i in range(len(images))])

    def loss():
        log_probabilities = by_hand(network, images)[2].log_softmax(dim=1)
        return -float(log_probabilities[torch.arange(len(images)), labels].mean())

    gradients = []
    with torch.no_grad():
        for weight in (network[0].weight, network[3].weight, network[8].weight):
            gradient = torch.empty_like(weight)
            for place in itertools.product(*map(range, weight.shape)):
                old = float(weight[place])
                weight[place] = old + 1e-6
                above = loss()
                weight[place] = old - 1e-6
                gradient[place] = (above - loss()) / 2e-6
                weight[place] = old
            gradients.append((weight.clone(), gradient))
    return gradients


def test_grad_norm_and_snip_against_differences(network):
    network, images = network.double(), IMAGES.double()
    gradients = numeric_gradients(network, images)
    expected = sum(float(gradient.norm()) for _, gradient in gradients)
    assert measure("grad_norm", network, images) == pytest.approx(expected, rel=1e-5)
    expected = sum(float((weight * gradient).abs().sum()) for weight, gradient in gradients)
    assert measure("snip", network, images) == pytest.approx(expected, rel=1e-5)


def test_zen_by_hand(network):
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        twin = plain_network()
        for layer in (twin[0], twin[3], twin[8]):
            layer.weight.copy_(torch.empty_like(layer.weight).normal_(generator=generator))
        disturbed = IMAGES + 0.01 * torch.empty_like(IMAGES).normal_(generator=generator)
        features = [by_hand(twin, x)[1].clamp_min(0) for x in (IMAGES, disturbed)]
        moved = np.mean([float((a - b).norm()) for a, b in zip(*features, strict=True)])
        one = functional.conv2d(IMAGES, twin[0].weight, padding=1)
        two = functional.conv2d(normalised(one).clamp_min(0), twin[3].weight)
        sizes = [x.transpose(0, 1).flatten(1).numpy().var(axis=1).mean() + 1e-5 for x in (one, two)]
    expected = math.log(moved) + 0.5 * sum(map(math.log, sizes))
    assert measure("zen", network, seed=7) == pytest.approx(expected, rel=1e-4)


def test_params_counts_what_is_trained(network):
    network[0].weight.requires_grad_(False)
    assert measure("params", network) == 2 * 4 + 4 * 5 + 2 * 5 + 5 * 3 + 3


class Dead(nn.Module):
    def forward(self, x):
        return 0.0 * x


@pytest.mark.parametrize("name", sorted(set(MEASURES) - {"params"}))
def test_a_network_without_flow_is_finite_and_not_above_a_living_one(name, network):
    dead = plain_network()
    dead[2] = nn.Sequential(Dead(), nn.ReLU())
    lowest = measure(name, dead)
    assert math.isfinite(lowest)
    assert lowest < measure(name, network)


def test_images_that_share_all_codes_are_told_from_those_that_do_not(network):
    same = IMAGES[:1].repeat(N_IMAGES, 1, 1, 1)
    for name in ("naswot", "jacov"):
        assert measure(name, plain_network(), same) < measure(name, network)


def test_naswot_needs_relu_modules():
    with pytest.raises(ValueError, match=r"nn\.ReLU modules and the network has none"):
        measure("naswot", nn.Sequential(nn.Conv2d(2, 2, 1), nn.Tanh()))


def test_losses_need_logits():
    with pytest.raises(ValueError, match=r"\(n_images, n_classes\)"):
        measure("snip", nn.Conv2d(2, 2, 1))


def test_zen_reads_the_output_where_nothing_is_pooled():
    flat = nn.Sequential(nn.Flatten(), nn.Linear(32, 5))
    generator = torch.Generator().manual_seed(0)
    weight = torch.empty(5, 32).normal_(generator=generator)
    noise = torch.empty_like(IMAGES).normal_(generator=generator)
    expected = math.log(0.01 * float((noise.flatten(1) @ weight.T).norm(dim=1).mean()))
    assert measure("zen", flat) == pytest.approx(expected, rel=1e-4)
