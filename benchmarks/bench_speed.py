"""Speed of the road's first stretches on whole search spaces; run with ``make bench``."""

import pytest

from fgp_sklearn import FlowSurrogate, PathStatistics, as_batch
from fgp_sklearn.architectures._simplify import duplicate_groups, functional_graph
from fgp_sklearn.datasets import nasbench101_space, nasbench201_space

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
