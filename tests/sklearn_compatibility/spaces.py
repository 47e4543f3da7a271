"""A small space of architectures in every form, and labels, for the checks of estimators."""

import networkx as nx
import numpy as np

from fgp_sklearn import (
    AdjacencyEncoding,
    ArchitectureSimplifier,
    FGPEncoder,
    FGPRegressor,
    FlowGaussianProcessRegressor,
    FlowSurrogate,
    GraphTensorizer,
    PathStatistics,
    PathSums,
)
from fgp_sklearn.architectures import ArchitectureBatch, as_batch
from fgp_sklearn.preprocessing import (
    ConnectionEncoding,
    PathEncoding,
    StageEncoding,
    WeisfeilerLehmanEncoding,
)

OPS = ("none", "skip_connect", "conv1", "conv3", "pool")


def cells(n, seed=0):
    """Pairs: an input, three inner nodes and an output, mostly connected, with operations of any kind."""
    generator = np.random.default_rng(seed)
    return [cell(generator) for _ in range(n)]


def cell(generator):
    adjacency = np.triu(generator.random((5, 5)) < 0.7, 1).astype(int)
    adjacency[0, 1:4] |= adjacency[:, 1:4].sum(axis=0) == 0  # every inner node is fed
    adjacency[1:4, 4] |= adjacency[1:4].sum(axis=1) == 0  # and read
    return adjacency, ["input", *generator.choice(OPS, size=3).tolist(), "output"]


def relabelled(pairs, seed=1):
    """The same architectures with their nodes in another order."""
    generator = np.random.default_rng(seed)
    result = []
    for adjacency, ops in pairs:
        order = generator.permutation(len(ops))
        result.append((adjacency[np.ix_(order, order)], [ops[i] for i in order]))
    return result


def graph_of(adjacency, ops):
    graph = nx.DiGraph()
    graph.add_nodes_from((f"node {i}", {"op": op}) for i, op in enumerate(ops))
    graph.add_edges_from((f"node {i}", f"node {j}") for i, j in np.argwhere(adjacency))
    return graph


def forms(pairs):
    """The same architectures as DiGraphs, pairs, a batch, and a mixture."""
    graphs = [graph_of(*pair) for pair in pairs]
    mixed = [graph if i % 2 else pair for i, (graph, pair) in enumerate(zip(graphs, pairs, strict=True))]
    return {"graphs": graphs, "pairs": pairs, "batch": as_batch(pairs), "mixed": mixed}


def in_every_form(compute, pairs):
    """What `compute` makes of the pairs; of graphs and of a batch it makes the same, to the bit."""
    X = forms(pairs)
    expected = np.asarray(compute(X["pairs"]))
    for form in ("graphs", "batch"):
        found = np.asarray(compute(X[form]))
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
    return expected


def labels(pairs):
    """A made-up accuracy: convolutions are good, nulls are bad, edges break ties."""
    worth = {"conv3": 3.0, "conv1": 2.0, "none": -2.0}
    return np.array(
        [sum(worth.get(op, 0.0) for op in ops) + adjacency.sum() / 10 for adjacency, ops in pairs]
    )


def tiny_encoder(**params):
    return FGPEncoder(**{"hidden_dim": 8, "n_layers": 2, "max_epochs": 2, "random_state": 0, **params})


def tiny_regressor(encoder=None, **params):
    encoder = tiny_encoder() if encoder is None else encoder
    return FGPRegressor(encoder, **{"max_epochs": 3, "random_state": 0, **params})


def every_estimator():
    """All of them, small."""
    return [
        ArchitectureSimplifier(),
        GraphTensorizer(),
        FlowSurrogate(4, n_draws=2, standardize=True, random_state=0),
        PathStatistics(),
        PathSums(6, random_state=0),
        AdjacencyEncoding(),
        ConnectionEncoding(),
        PathEncoding(50, binary=False),
        StageEncoding(),
        WeisfeilerLehmanEncoding(),
        tiny_encoder(),
        tiny_regressor(),
        FlowGaussianProcessRegressor(random_state=0),
    ]


def output(estimator, X):
    """What the estimator answers."""
    return estimator.predict(X) if hasattr(estimator, "predict") else estimator.transform(X)


def assert_same(first, second, tolerance=0.0):
    """Equal outputs: batches are equal, numbers too, or close if there is a tolerance."""
    assert type(first) is type(second)
    if isinstance(first, ArchitectureBatch):
        assert first == second
    else:
        np.testing.assert_allclose(first, second, rtol=tolerance, atol=tolerance)
