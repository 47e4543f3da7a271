"""What lies on no path from input to output changes nothing, for whatever looks at what computes."""

import numpy as np
import pytest
from sklearn.base import clone
from torch import nn

from fgp_sklearn import (
    ArchitectureSimplifier,
    FlowGaussianProcessRegressor,
    FlowSurrogate,
    PathStatistics,
    PathSums,
    as_batch,
)
from fgp_sklearn.datasets import nasbench101_space
from fgp_sklearn.model_selection import IsomorphismGroupKFold
from fgp_sklearn.preprocessing import PathEncoding
from fgp_sklearn.proxies import MeasuredProxies, NASBench101Builder, StructuralProxies
from tests.sklearn_compatibility.spaces import output, tiny_encoder, tiny_regressor

SPACE = nasbench101_space(max_vertices=5)
CELLS = SPACE[np.random.default_rng(0).choice(len(SPACE), 80, replace=False)]
LABELLED = CELLS[:40]
Y = np.array([sum("conv" in op for op in cell.ops) + cell.adjacency.sum() / 10 for cell in LABELLED])


def with_dead_vertex(cell, generator):
    """The cell and one vertex that nobody reads, or that reads nothing, among the others."""
    size = len(cell.ops)
    adjacency = np.zeros((size + 1, size + 1), dtype=int)
    new = int(generator.integers(1, size))
    others = np.delete(np.arange(size + 1), new)
    adjacency[np.ix_(others, others)] = cell.adjacency
    if generator.random() < 0.5:
        adjacency[: generator.integers(1, new + 1), new] = 1
    else:
        adjacency[new, generator.integers(new + 1, size + 1) :] = 1
    ops = list(cell.ops)
    ops.insert(new, str(generator.choice(["conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3"])))
    return adjacency, ops


GENERATOR = np.random.default_rng(1)
SAMPLED = as_batch([with_dead_vertex(cell, GENERATOR) for cell in CELLS])


def width_of(architecture):
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, len(architecture.ops)), nn.ReLU())


LOOK_AT_WHAT_COMPUTES = [
    ArchitectureSimplifier(),
    ArchitectureSimplifier(null_ops=()),
    FlowSurrogate(4, random_state=0),
    FlowSurrogate.from_paper("nasbench101", random_state=0),
    PathStatistics(),
    PathSums(6, random_state=0),
    PathEncoding(),
    StructuralProxies(),
    MeasuredProxies(NASBench101Builder(channels=4), proxies=["synflow", "params"], random_state=0),
    tiny_encoder(),
    tiny_regressor(),
    FlowGaussianProcessRegressor(random_state=0),
]


@pytest.mark.parametrize("estimator", LOOK_AT_WHAT_COMPUTES, ids=lambda e: type(e).__name__)
def test_a_dead_vertex_changes_nothing(estimator):
    estimator = clone(estimator)
    if hasattr(estimator, "fit_pretrain"):
        estimator.fit_pretrain(CELLS)
    fitted = estimator.fit(LABELLED, Y)
    expected, found = output(fitted, CELLS), output(fitted, SAMPLED)
    if isinstance(found, np.ndarray):
        np.testing.assert_array_equal(found, expected)
    else:
        assert found == expected
    assert not np.array_equal(SAMPLED.n_nodes, CELLS.n_nodes)


def test_learning_from_sampled_cells_is_learning_from_pruned_ones():
    process = FlowGaussianProcessRegressor(random_state=0)
    expected = clone(process).fit(LABELLED, Y, CELLS).predict(CELLS)
    np.testing.assert_array_equal(clone(process).fit(SAMPLED[:40], Y, SAMPLED).predict(CELLS), expected)


def test_paths_that_lead_nowhere_are_no_features():
    names = [set(PathEncoding().fit(X).get_feature_names_out()) for X in (CELLS, SAMPLED)]
    assert names[0] == names[1]


def test_sampled_and_pruned_cells_are_duplicates():
    both = as_batch([*CELLS, *SAMPLED])
    group = ArchitectureSimplifier(null_ops=()).duplicates(both)
    np.testing.assert_array_equal(group[: len(CELLS)], group[len(CELLS) :])
    for train, test in IsomorphismGroupKFold(4, null_ops=(), identity_ops=()).split(both):
        assert not set(train % len(CELLS)) & set(test % len(CELLS))


@pytest.mark.parametrize("view", ["cost", "both"])
def test_costs_are_those_of_all_that_is_there(view):
    process = FlowGaussianProcessRegressor(view=view, random_state=0).fit(CELLS[:40], Y)
    assert (process.predict(SAMPLED) != process.predict(CELLS)).all()


def test_architectures_as_given_on_demand():
    nodes = SAMPLED.n_nodes
    statistics = PathStatistics(null_ops=None).fit(SAMPLED)
    column = statistics.get_feature_names_out().tolist().index("nodes")
    np.testing.assert_array_equal(statistics.transform(SAMPLED)[:, column], nodes)
    np.testing.assert_array_equal(StructuralProxies(null_ops=None).fit_transform(SAMPLED)[:, -2], nodes)
    np.testing.assert_array_equal(StructuralProxies().fit_transform(SAMPLED)[:, -2], CELLS.n_nodes)
    measured = MeasuredProxies(width_of, proxies=["params"], null_ops=None, random_state=0)
    np.testing.assert_array_equal(measured.fit_transform(SAMPLED[:5])[:, 0], 193 * nodes[:5])


@pytest.mark.parametrize(
    "estimator", [FlowGaussianProcessRegressor(random_state=0), tiny_regressor()], ids=repr
)
def test_a_dead_vertex_changes_nothing_on_chains(estimator):
    generator = np.random.default_rng(2)
    ops = [list(generator.choice(["conv", "pool", "mbconv"], 4)) for _ in range(60)]
    chains = as_batch([(np.eye(6, k=1, dtype=int), ["input", *inner, "output"]) for inner in ops])
    with_dead = np.zeros((7, 7), dtype=int)
    with_dead[:6, :6] = np.eye(6, k=1)
    with_dead[2, 6] = 1
    sampled = as_batch([(with_dead, ["input", *inner, "output", "conv"]) for inner in ops])
    y = np.array([inner.count("conv") + inner.index(inner[-1]) / 10 for inner in ops])
    if hasattr(estimator, "fit_pretrain"):
        estimator.fit_pretrain(chains)
    predicted = estimator.fit(chains[:40], y[:40]).predict(chains)
    np.testing.assert_array_equal(estimator.predict(sampled), predicted)
    np.testing.assert_array_equal(clone(estimator).fit(sampled[:40], y[:40]).predict(chains), predicted)
