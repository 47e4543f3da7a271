import itertools

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.estimator_checks import parametrize_with_checks

from fgp_sklearn import ArchitectureError, PathStatistics, as_batch
from fgp_sklearn.architectures import Architecture
from fgp_sklearn.datasets import nasbench201_space
from tests.preprocessing.doubles import ReadsMatrices
from tests.strategies import batches, centre_and_spread, numbered
from tests.what_computes import pruned

DIAMOND = [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]


def all_paths(architecture, items=None):
    """Operations along each source-to-sink path; a path over parallel edges as often as there are ways."""
    items = architecture.ops if items is None else items
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(architecture.ops)))
    graph.add_edges_from(zip(*np.nonzero(architecture.adjacency), strict=True))
    for source in (v for v in graph if graph.in_degree(v) == 0):
        for sink in (v for v in graph if graph.out_degree(v) == 0):
            routes = [[source]] if source == sink else nx.all_simple_paths(graph, source, sink)
            for route in routes:
                ways = [range(int(architecture.adjacency[edge])) for edge in itertools.pairwise(route)]
                for _ in itertools.product(*ways):
                    yield [items[v] for v in route]


def by_enumeration(architecture, vocabulary):
    paths = list(all_paths(architecture))
    connected = np.asarray(architecture.adjacency) > 0
    expected = {
        "paths": np.log1p(len(paths)),
        "nodes": len(architecture.ops),
        "edges": connected.sum(),
        "depth": max(map(len, paths)) - 1,
        "max_in_degree": connected.sum(axis=0).max(),
        "max_out_degree": connected.sum(axis=1).max(),
    }
    for op in vocabulary:
        met = [path.count(op) for path in paths]
        expected |= {
            f"count_{op}": architecture.ops.count(op),
            f"longest_{op}": max(met),
            f"shortest_{op}": min(met),
            f"mean_{op}": np.mean(met),
            f"paths_without_{op}": np.log1p(met.count(0)),
            f"paths_with_one_{op}": np.log1p(met.count(1)),
        }
    return expected


@given(batches(max_size=3, max_nodes=7, max_multiplicity=2, ops=("input", "conv", "pool")))
def test_equals_the_enumeration_of_all_paths(batch):
    statistics = PathStatistics(null_ops=())
    features = statistics.fit_transform(batch)
    names = statistics.get_feature_names_out()
    for row, architecture in zip(features, batch, strict=True):
        expected = by_enumeration(pruned(architecture), statistics.vocabulary_)
        assert set(names) == set(expected)
        np.testing.assert_allclose(row, [expected[name] for name in names], rtol=1e-9, atol=1e-9)


@given(st.lists(numbered(), min_size=1, max_size=3))
def test_sums_of_attributes_equal_the_enumeration_of_all_paths(members):
    batch = as_batch(members)
    statistics = PathStatistics(null_ops=())
    rows = statistics.fit_transform(batch)
    names = statistics.get_feature_names_out().tolist()
    centre = {name: centre_and_spread(column)[0] for name, column in batch.attributes.items()}
    for row, architecture in zip(rows, batch, strict=True):
        found = dict(zip(names, row, strict=True))
        for name in names:
            kind, _, quantity = name.partition("_")
            if "[" not in name:
                continue
            op, attributes = quantity.removesuffix("]").split("[")
            product = np.prod([architecture.attributes[a] for a in attributes.split("*")], axis=0)
            has = np.array([name == op for name in architecture.ops]) & ~np.isnan(product)
            values = np.where(has, product, 0.0)
            along = [sum(path) for path in all_paths(architecture, values)]
            expected = {
                "sum": values.sum(),
                "longest": max(along),
                "mean": np.mean(along),
                "average": product[has].mean() if has.any() else centre.get(attributes),
                "largest": product[has].max() if has.any() else centre.get(attributes),
            }[kind]
            np.testing.assert_allclose(found[name], expected, rtol=1e-9, atol=1e-9, err_msg=name)


def test_which_attributes_have_features():
    chain, ops = np.eye(3, k=1), ("input", "conv", "pool")
    pool = [
        Architecture(
            chain, ops, attributes={"kernel": [np.nan, k, k], "width": [9, 2 * k, 8], "bias": [0, b, 1]}
        )
        for k, b in [(1, 0), (3, 1), (5, 1)]
    ]
    names = PathStatistics(null_ops=()).fit(pool).get_feature_names_out().tolist()
    conv = (
        "bias",
        "kernel",
        "width",
        "bias*kernel",
        "bias*width",
        "kernel*kernel",
        "kernel*width",
        "width*width",
    )
    assert {n.partition("_")[2] for n in names if n.startswith("sum_")} == {
        *(f"conv[{name}]" for name in conv),
        *("pool[kernel]", "pool[kernel*kernel]"),  # width and bias of pools are constant
    }
    plain = PathStatistics(null_ops=()).fit([Architecture(chain, ops)]).get_feature_names_out().tolist()
    assert names[: len(plain)] == plain
    assert {n for n in names if n.startswith("average")} == {
        *(f"average_conv[{name}]" for name in conv[:3]),
        "average_pool[kernel]",
    }


def test_a_ridge_ranks_a_sum_of_products_of_two_attributes_from_80_labels():
    rng = np.random.default_rng(0)
    chain, ops = np.eye(12, k=1), ("input", *["mbconv"] * 10, "output")
    expansion, width = rng.integers(1, 9, (1000, 10)), rng.choice([16, 24, 32, 48, 64], (1000, 10))
    cost = (expansion * width).sum(axis=1)
    ends = [[np.nan], [np.nan]]
    pool = as_batch(
        [
            Architecture(chain, ops, attributes={n: np.r_[ends[0], x, ends[1]] for n, x in of_nodes})
            for of_nodes in ((("expansion", e), ("width", w)) for e, w in zip(expansion, width, strict=True))
        ]
    )
    model = make_pipeline(PathStatistics(), StandardScaler(), RidgeCV(np.logspace(-6, 3, 10)))
    model.fit(pool[:80], cost[:80])
    assert kendalltau(model.predict(pool[80:]), cost[80:])[0] >= 0.97


def test_enormous_numbers_stay_finite():
    chain, ops = np.eye(3, k=1), ("conv", "conv", "conv")
    pool = [Architecture(chain, ops, attributes={"width": [w, -w, 1e30]}) for w in (1e25, 1e30)]
    assert np.isfinite(PathStatistics().fit_transform(pool)).all()


def test_null_operations_are_on_no_path():
    X = [(DIAMOND, ["input", "conv", "none", "output"])]
    without = [([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "conv", "output"])]
    statistics = PathStatistics().fit(X)
    assert statistics.vocabulary_ == ("conv", "input", "output")
    np.testing.assert_array_equal(statistics.transform(X), statistics.transform(without))
    assert PathStatistics(null_ops=()).fit(X).vocabulary_ == ("conv", "input", "none", "output")


def test_large_networks_do_not_overflow():
    n_nodes = 300
    dense = np.triu(np.ones((n_nodes, n_nodes), dtype=int), 1)  # 2 ** 298 paths
    wide = np.eye(n_nodes, k=1) * 1e30  # 1e30 ** 299 paths
    ops = ("input", *(["conv", "pool"] * n_nodes)[: n_nodes - 2], "output")
    statistics = PathStatistics()
    X = as_batch([Architecture(dense, ops), Architecture(wide, ops)])
    features = pd.DataFrame(statistics.fit_transform(X), columns=statistics.get_feature_names_out())
    assert np.isfinite(features).all(axis=None)
    np.testing.assert_allclose(features["paths"], [298 * np.log(2), 299 * np.log(1e30)], rtol=1e-9)
    np.testing.assert_allclose(features["mean_conv"], [149 / 2, 149], rtol=1e-9)  # each inner node in or out
    np.testing.assert_allclose(features["longest_conv"], 149)
    np.testing.assert_allclose(features["shortest_conv"], [0, 149])
    np.testing.assert_allclose(features["paths_without_conv"], [149 * np.log(2), 0], rtol=1e-9)


def test_unknown_operations_are_an_error():
    statistics = PathStatistics().fit([(DIAMOND, ["input", "conv", "pool", "output"])])
    with pytest.raises(ArchitectureError, match="'dense'"):
        statistics.transform([(DIAMOND, ["input", "dense", "pool", "output"])])


def test_more_paths_than_a_float_counts():
    def diamonds(n):
        """A chain of n diamonds with a pool and a convolution each: 2**n paths."""
        adjacency = np.zeros((3 * n + 1, 3 * n + 1), dtype=np.int8)
        for start in range(0, 3 * n, 3):
            adjacency[start, start + 1 : start + 3] = adjacency[start + 1 : start + 3, start + 3] = 1
        return adjacency, ["add", "conv", "pool"] * n + ["add"]

    statistics = PathStatistics(null_ops=()).fit([diamonds(1)])
    few, many = statistics.transform([diamonds(900), diamonds(1500)])
    names = dict(zip(statistics.get_feature_names_out(), range(len(few)), strict=True))
    for row, n in ((few, 900), (many, 1500)):
        assert row[names["paths"]] == pytest.approx(n * np.log(2), rel=1e-12)
        assert row[names["mean_conv"]] == pytest.approx(n / 2, rel=1e-9)
        assert row[names["paths_without_conv"]] == pytest.approx(np.log(2), rel=1e-12)
        assert row[names["paths_with_one_conv"]] == pytest.approx(np.log(n + 1), rel=1e-12)
    np.testing.assert_array_equal(few, statistics.transform([diamonds(900)])[0])


def test_forms_of_input_agree():
    cells = nasbench201_space()[::1000]
    statistics = PathStatistics()
    expected = statistics.fit_transform(cells)
    for X in (list(cells), cells.to_networkx(), cells.to_pairs()):
        np.testing.assert_array_equal(statistics.fit_transform(X), expected)
    frame = statistics.set_output(transform="pandas").transform(cells)
    assert frame.columns.tolist() == statistics.get_feature_names_out().tolist()
    np.testing.assert_array_equal(frame.to_numpy(), expected)


def test_errors():
    with pytest.raises(InvalidParameterError, match="The 'null_ops' parameter of PathStatistics must be"):
        PathStatistics(null_ops="none").fit([(DIAMOND, list("abcd"))])
    with pytest.raises(NotFittedError):
        PathStatistics().transform([(DIAMOND, list("abcd"))])


class StatisticsOfMatrices(ReadsMatrices, PathStatistics):
    pass


@parametrize_with_checks([StatisticsOfMatrices(null_ops=())])
def test_scikit_learn_checks(estimator, check):
    check(estimator)
