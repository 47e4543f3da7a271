"""Networks as operators become architectures: what remains of them, and their numbers."""

import itertools

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from fgp_sklearn.architectures import ArchitectureError
from fgp_sklearn.architectures._networks import (
    Network,
    NetworkNode,
    batch_of,
    conv_of,
    einsum_of,
    plain_of,
    pool_of,
)


def node(name, kind, *inputs, **weights):
    return NetworkNode(name, kind, inputs, weights=weights)


def test_only_operators_between_an_input_and_the_output_remain():
    network = Network(
        (
            node("w", "constant", w=6),
            node("x", "input"),
            node("unused", "input"),
            node("half", "constant"),
            node("halved", "mul", "w", "half"),
            node("cast", "identity", "x"),
            node("y", "linear", "cast", "halved"),
            node("square", "mul", "y", "y"),
            node("dead", "relu", "y"),
            node("again", "linear", "square", "w"),
            node("end", "output", "again", "y"),
        )
    )
    batch = batch_of([network])
    graph = batch.to_networkx()[0]
    assert batch[0].ops == ("input", "linear", "mul", "linear", "output")
    assert set(graph.edges(data="multiplicity", default=1)) == {
        (0, 1, 1),
        (1, 2, 2),
        (2, 3, 1),
        (3, 4, 1),
        (1, 4, 1),
    }
    assert batch.attributes["parameters"].tolist() == [0, 6, 0, 0, 0]


def test_an_output_that_depends_on_no_input_is_an_error_that_names_the_network():
    good = Network((node("x", "input"), node("end", "output", "x")))
    bad = Network((node("x", "input"), node("c", "constant"), node("end", "output", "c")))
    with pytest.raises(ArchitectureError, match="architecture 1: its output depends on no input"):
        batch_of([good, bad])


def test_numbers_that_a_kind_lacks_are_nan():
    nodes = (
        node("x", "input"),
        NetworkNode("a", *pair(plain_of("relu", (2, 3)))),
        NetworkNode("b", *pair(pool_of("max_pool", (1, 2, 4, 8), (1, 2, 2, 2), kernel=(2, 4)), "a")),
        node("end", "output", "b"),
    )
    attributes = batch_of([Network(nodes)]).attributes
    assert attributes["kernel"][2] == pytest.approx(8**0.5)
    np.testing.assert_array_equal(attributes["elements"], [np.nan, 6, 8, np.nan])
    np.testing.assert_array_equal(np.isnan(attributes["stride"]), [True, True, False, True])


def pair(described, source="x"):
    return described.kind, (source,), described.attributes


@pytest.mark.parametrize(
    ("transposed", "groups", "n_dimensions"), list(itertools.product((False, True), (1, 2, 4), (1, 2, 3)))
)
def test_flops_of_convolutions_equal_those_of_torch(transposed, groups, n_dimensions):
    kind = getattr(torch.nn, f"Conv{'Transpose' * transposed}{n_dimensions}d")
    module = kind(4, 8, 3, stride=2, groups=groups)
    inputs = torch.zeros(2, 4, *[7] * n_dimensions)
    with FlopCounterMode(display=False) as counter:
        output = module(inputs)
    found = conv_of(inputs.shape, module.weight.shape, output.shape, groups=groups, transposed=transposed)
    assert found.attributes["flops"] == counter.get_total_flops()


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("bik,bjk->bij", [(2, 3, 4), (2, 5, 4)]),
        ("...ij,jk", [(2, 3, 4, 5), (5, 6)]),
        ("bij,bij->bij", [(2, 3, 4), (2, 3, 4)]),
        ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 5)]),
    ],
)
def test_flops_of_einsum_equal_those_of_torch(equation, shapes):
    with FlopCounterMode(display=False) as counter:
        output = torch.einsum(equation, *(torch.zeros(shape) for shape in shapes))
    assert einsum_of(equation, shapes, output.shape).attributes["flops"] == counter.get_total_flops()
