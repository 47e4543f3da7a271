"""Speed of the road's first stretches on whole search spaces; run with ``make bench``."""

import pytest
import torch

from fgp_sklearn import FlowSurrogate, PathStatistics, as_batch
from fgp_sklearn.architectures._duplicates import duplicate_groups
from fgp_sklearn.architectures._simplify import functional_graph
from fgp_sklearn.datasets import nasbench101_space, nasbench201_space
from fgp_sklearn.nn import GatedGraphConvolution, GraphTensors

NULLS, IDENTITIES = frozenset({"none"}), frozenset({"skip_connect"})


@pytest.fixture(scope="module")
def space():
    return nasbench201_space()


@pytest.mark.parametrize("form", ["pairs", "graphs"])
def test_as_batch(benchmark, space, form):
    X = space.to_pairs() if form == "pairs" else space.to_networkx()
    assert benchmark(as_batch, X) == space


def test_iterating_over_graphs_in_python(benchmark, space):
    """What `as_batch` of graphs is compared with."""
    graphs = space.to_networkx()

    def iterate():
        return sum(len(list(g.nodes(data="op"))) + len(list(g.edges)) for g in graphs)

    assert benchmark(iterate) == len(space.ops) + space.edges.shape[1]


def test_simplify(benchmark, space):
    functional = benchmark(functional_graph, space, null_ops=NULLS, identity_ops=IDENTITIES)
    assert len(functional) == len(space)


def test_duplicates(benchmark, space):
    functional = functional_graph(space, null_ops=NULLS, identity_ops=IDENTITIES)
    assert benchmark(duplicate_groups, functional).max() + 1 == 5425


@pytest.mark.parametrize("transformer", [FlowSurrogate(64, random_state=0), PathStatistics()], ids=repr)
def test_features(benchmark, space, transformer):
    assert len(benchmark(transformer.fit(space).transform, space)) == len(space)


def test_nasbench101_space(benchmark):
    assert len(benchmark.pedantic(nasbench101_space, rounds=1)) == 423_624


def padded(graphs):
    """Place of each node in a dense layout, and adjacency with receivers in rows."""
    size = int(graphs.n_nodes.max())
    place = torch.arange(len(graphs.ops)) - (torch.cumsum(graphs.n_nodes, 0) - graphs.n_nodes)[graphs.owner]
    adjacency = torch.zeros(len(graphs), size, size, 1)
    source, target = graphs.edge_index
    weight = 1.0 if graphs.multiplicity is None else graphs.multiplicity[:, 0]
    adjacency[graphs.owner[source], place[target], place[source], 0] = weight
    return place, adjacency


def dense_convolution(convolution, states, adjacency):
    """The same layer on padded states, every pair of nodes gated."""
    skip, *ways = convolution.products(states).split(convolution.width, dim=-1)
    for (key, query, value), arrows in ((ways[:3], adjacency), (ways[3:], adjacency.transpose(1, 2))):
        skip = skip + (torch.sigmoid(key[:, :, None] + query[:, None]) * value[:, None] * arrows).sum(2)
    return skip


@pytest.mark.parametrize("width", [64, 128])
@pytest.mark.parametrize("layout", ["edge_list", "dense"])
def test_convolution(benchmark, space, layout, width):
    """Forward and backward over 256 functional graphs; the library has the edge list."""
    functional = functional_graph(space, null_ops=NULLS, identity_ops=IDENTITIES)
    graphs = GraphTensors.from_batch(functional[:: len(space) // 256][:256])
    place, adjacency = padded(graphs)
    convolution = GatedGraphConvolution(width, directed=True)
    states = torch.randn(len(graphs.ops), width, generator=torch.Generator().manual_seed(0))
    dense_states = torch.zeros(*adjacency.shape[:2], width)
    dense_states[graphs.owner, place] = states

    def compute():
        if layout == "dense":
            out = dense_convolution(convolution, dense_states, adjacency)[graphs.owner, place]
        else:
            out = convolution(states, graphs)
        out.sum().backward()
        return out

    torch.testing.assert_close(benchmark(compute), convolution(states, graphs), atol=1e-4, rtol=1e-4)
