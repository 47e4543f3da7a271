"""A small space of architectures in every form, and labels, for the checks of estimators."""

import inspect

import networkx as nx
import numpy as np
from sklearn.base import clone

from fgp_sklearn import FGPEncoder, FGPRegressor, FlowGaussianProcessRegressor, FlowSurrogate, PathSums
from fgp_sklearn.architectures import ArchitectureBatch, as_batch
from fgp_sklearn.preprocessing import PathEncoding
from fgp_sklearn.proxies import MeasuredProxies, StructuralProxies
from tests.proxies.networks import tiny_builder
from tests.public_names import public_estimators

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


ENCODER = {"hidden_dim": 8, "n_layers": 2, "max_epochs": 2, "random_state": 0}
REGRESSOR = {"max_epochs": 3, "random_state": 0}


def tiny_encoder(**params):
    return FGPEncoder(**{**ENCODER, **params})


def tiny_regressor(encoder=None, **params):
    encoder = tiny_encoder() if encoder is None else encoder
    return FGPRegressor(encoder, **{**REGRESSOR, **params})


def quick_regressor(encoder=None, **params):
    """One network instead of two, for tests of what fits it many times."""
    return tiny_regressor(encoder, **{"effort": "fast", **params})


#: Parameters that make an estimator small and its answers repeatable; without an entry its defaults are.
SMALL = {
    FGPEncoder: ENCODER,
    FGPRegressor: {"encoder": FGPEncoder(**ENCODER), **REGRESSOR},
    FlowGaussianProcessRegressor: {"random_state": 0},
    FlowSurrogate: {"n_components": 4, "n_draws": 2, "standardize": True, "random_state": 0},
    MeasuredProxies: {"builder": tiny_builder, "batch_size": 4, "input_shape": (2, 4, 4), "random_state": 0},
    PathEncoding: {"max_features": 50, "binary": False},
    PathSums: {"n_components": 6, "random_state": 0},
    StructuralProxies: {"op_costs": {"conv1": 1.0, "conv3": 9.0, "pool": 0.0, "skip_connect": 0.0}},
}


def small(cls):
    """A small instance of an estimator of the library."""
    return clone(cls(**SMALL.get(cls, {})))


def default(cls):
    """An instance with default parameters, or a small one where some have no default."""
    parameters = inspect.signature(cls).parameters.values()
    return small(cls) if any(p.default is p.empty for p in parameters) else cls()


def every_estimator(without=()):
    """All that the library offers, small; a new one is among them as soon as it is public.

    `without` is a table of those that a check leaves out, each with its reason.
    """
    return [small(cls) for cls in public_estimators() if cls not in without]


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
