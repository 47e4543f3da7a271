import math
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.estimator_checks import parametrize_with_checks

from fgp_sklearn import ArchitectureError, as_batch
from fgp_sklearn.architectures import Architecture
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.preprocessing import PathSums
from tests.preprocessing.doubles import ReadsMatrices
from tests.strategies import architectures, centre_and_spread, numbered
from tests.what_computes import pruned

DIAMOND = [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
NULL = ("none",)


def twin_of_one(architecture, weights):
    """Enumerate the paths that avoid null operations."""
    ops, adjacency = architecture.ops, np.asarray(architecture.adjacency)
    graph = nx.from_numpy_array(adjacency > 0, create_using=nx.DiGraph)
    sources = [v for v in graph if graph.in_degree(v) == 0]
    sinks = [v for v in graph if graph.out_degree(v) == 0]
    total = 0.0
    for source in sources:
        for sink in sinks:
            paths = [[source]] if source == sink else nx.all_simple_paths(graph, source, sink)
            for path in paths:
                if len(path) == 1 or not any(ops[v] in NULL for v in path):
                    edges = math.prod(int(adjacency[a, b]) for a, b in pairwise(path))
                    inner = [weights[ops[v]] for v in path[1:-1]]
                    total = total + edges * np.prod([*inner, np.ones(len(weights["x"]))], axis=0)
    return total


def weights_of(sums, ops, more=0):
    weights = {"x": np.ones(sums.n_components)}
    for op in ops:
        generator = np.random.default_rng([sums.seed_, *op.encode()])
        weights[op] = generator.lognormal(size=sums.n_components)
        weights[op][generator.uniform(size=sums.n_components) < 1 / max(sums.n_ops_ + more, 1)] = 0.0
    return weights


@given(st.lists(architectures(max_nodes=8, max_multiplicity=3), min_size=1, max_size=4))
def test_equals_the_enumeration_of_paths(members):
    sums = PathSums(5, null_ops=NULL, random_state=0)
    found = sums.fit_transform(as_batch(members))
    for row, architecture in zip(found, members, strict=True):
        if len(architecture.ops) > 1 and set(architecture.ops) & set(NULL):
            continue  # ends may be null themselves: the next test looks at that
        expected = np.log1p(twin_of_one(pruned(architecture), weights_of(sums, architecture.ops)))
        np.testing.assert_allclose(row, np.broadcast_to(expected, row.shape), rtol=1e-10, atol=1e-12)


@given(st.lists(numbered(), min_size=1, max_size=3))
def test_weights_with_attributes_equal_the_enumeration_of_paths(members):
    sums = PathSums(5, null_ops=(), random_state=0)
    batch = as_batch(members)
    found = sums.fit_transform(batch)
    scaled = {name: centre_and_spread(column) for name, column in batch.attributes.items()}
    for row, architecture in zip(found, batch, strict=True):
        weights, graph = weights_of(sums, architecture.ops, more=1), nx.DiGraph()
        graph.add_nodes_from(range(len(architecture.ops)))
        graph.add_edges_from(zip(*np.nonzero(architecture.adjacency), strict=True))
        factor = np.ones((len(graph), 5))
        for name, (centre, spread) in scaled.items():
            for v, op in enumerate(architecture.ops):
                own = np.random.default_rng([sums.seed_, *op.encode(), 256, *name.encode()])
                x = (architecture.attributes[name][v] - centre) / spread
                if not np.isnan(x):
                    factor[v] *= np.exp(own.normal(scale=0.5, size=5) * 3 * math.tanh(x / 3))
        total = np.zeros(5)
        for source in (v for v in graph if not graph.pred[v]):
            for sink in (v for v in graph if not graph.succ[v]):
                for path in [[source]] if source == sink else nx.all_simple_paths(graph, source, sink):
                    edges = math.prod(int(architecture.adjacency[edge]) for edge in pairwise(path))
                    ops = np.prod([np.ones(5), *(weights[architecture.ops[v]] for v in path[1:-1])], axis=0)
                    total += edges * ops * np.prod(factor[path], axis=0)
        np.testing.assert_allclose(row, np.log1p(total), rtol=1e-9, atol=1e-12)


def test_null_operations_carry_nothing():
    cells = nasbench201_space()[::700]
    sums = PathSums(8, random_state=0)
    found = sums.fit_transform(cells)
    assert sums.n_ops_ == 4  # of the five, "none" carries nothing
    weights = weights_of(sums, cells.vocabulary)
    for row, cell in zip(found, cells, strict=True):
        np.testing.assert_allclose(row, np.log1p(twin_of_one(cell, weights)) * np.ones(8), rtol=1e-10)


def test_a_component_that_leaves_out_an_operation_counts_the_paths_that_avoid_it():
    sums = PathSums(200, random_state=0).fit([(DIAMOND, ["input", "conv", "pool", "output"])])
    conv, pool = (sums._weights(("conv", "pool"))[i] for i in (0, 1))
    assert 0.3 < np.mean(conv == 0) < 0.7  # one of two
    both, neither = (conv == 0) & (pool == 0), (conv > 0) & (pool > 0)
    assert both.any()
    row = sums.transform([(DIAMOND, ["input", "conv", "pool", "output"])])[0]
    np.testing.assert_array_equal(row[both], 0.0)
    np.testing.assert_allclose(row[neither], np.log1p(conv + pool)[neither], rtol=1e-12)


def test_forms_of_input_order_of_nodes_and_company_do_not_matter():
    cells = nasbench201_space()[:300]
    sums = PathSums(6, random_state=3)
    expected = sums.fit_transform(cells)
    for X in (list(cells), cells.to_networkx(), cells.to_pairs()):
        np.testing.assert_allclose(sums.transform(X), expected, rtol=1e-12)
    np.testing.assert_allclose(sums.transform(cells[7:9]), expected[7:9], rtol=1e-12)
    mirrored = [
        Architecture(np.asarray(cell.adjacency)[::-1, ::-1], tuple(cell.ops[::-1])) for cell in cells[:20]
    ]
    np.testing.assert_allclose(sums.transform(mirrored), expected[:20], rtol=1e-12)
    np.testing.assert_array_equal(clone(sums).fit_transform(cells), expected)
    assert not np.allclose(PathSums(6, random_state=4).fit_transform(cells), expected)


def test_more_paths_than_a_float_can_count_stay_finite():
    n = 3000
    wide = Architecture(np.eye(n, k=1, dtype=np.int64) * 9, ("conv",) * n)
    assert np.isfinite(PathSums(4, random_state=0).fit_transform([wide])).all()


@pytest.mark.parametrize(
    "params", [{"n_components": 0}, {"null_ops": "none"}, {"random_state": "x"}], ids=str
)
def test_bad_parameters_are_named(params):
    (name,) = params
    with pytest.raises(InvalidParameterError, match=f"The '{name}' parameter of PathSums must be"):
        PathSums(**params).fit([(DIAMOND, list("abcd"))])


def test_other_errors():
    with pytest.raises(NotFittedError):
        PathSums().transform([(DIAMOND, list("abcd"))])
    with pytest.raises(ArchitectureError):
        PathSums().fit([(DIAMOND, ["a"])])


class SumsOfMatrices(ReadsMatrices, PathSums):
    pass


@parametrize_with_checks([SumsOfMatrices(4, random_state=0)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)
