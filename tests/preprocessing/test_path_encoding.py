from collections import Counter

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from sklearn.exceptions import NotFittedError
from sklearn.utils._param_validation import InvalidParameterError

from fgp_sklearn import ArchitectureError, as_batch
from fgp_sklearn.architectures import Architecture, UnknownOperationError
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.preprocessing import ArchitectureSimplifier, PathEncoding
from tests.strategies import batches
from tests.what_computes import pruned

CHAIN = np.eye(3, k=1, dtype=int)
DIAMOND = [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]


def paths_of(architecture):
    """How many paths from an input to an output have which operations, by enumeration with networkx."""
    architecture = pruned(architecture)
    graph = nx.from_numpy_array(np.asarray(architecture.adjacency), create_using=nx.DiGraph)
    found = Counter()
    for source in (v for v in graph if graph.in_degree(v) == 0):
        for sink in (v for v in graph if graph.out_degree(v) == 0):
            for route in [[source]] if source == sink else nx.all_simple_paths(graph, source, sink):
                ways = [graph.edges[edge]["weight"] for edge in nx.utils.pairwise(route)]
                found[" -> ".join(architecture.ops[v] for v in route)] += np.prod(ways)
    return found


def table(encoding, X):
    return pd.DataFrame(encoding.transform(X), columns=encoding.get_feature_names_out())


@given(
    batches(max_size=4, max_nodes=7, max_multiplicity=3, ops=("input", "conv", "pool")),
    batches(max_size=3, max_nodes=7, max_multiplicity=3, ops=("input", "conv", "pool")),
)
def test_equals_the_enumeration_of_all_paths(seen, unseen):
    known = set().union(*map(paths_of, seen))
    counting = PathEncoding(None, binary=False).fit(seen)
    telling = PathEncoding(None).fit(seen)
    assert sorted(counting.get_feature_names_out()) == sorted(known)
    for batch in (seen, unseen):
        try:
            counts, indicators = table(counting, batch), table(telling, batch)
        except UnknownOperationError:
            ops = [{op for a in some for op in pruned(a).ops} for some in (batch, seen)]
            assert ops[0] - ops[1]
            continue
        for i, architecture in enumerate(batch):
            expected = {path: paths_of(architecture)[path] for path in known}
            assert counts.loc[i].to_dict() == expected
            assert indicators.loc[i].to_dict() == {path: float(n > 0) for path, n in expected.items()}


def test_the_paths_of_nasbench201():
    cells = nasbench201_space()
    features = PathEncoding().fit_transform(cells)
    # One path over one operation, two over two and one over three, out of five operations.
    assert features.shape == (15_625, 5 + 5**2 + 5**3)
    assert set(features.sum(axis=1)) == {3, 4}


def test_only_the_most_frequent_paths_are_kept():
    X = [
        (CHAIN, ["input", "conv", "output"]),
        (CHAIN, ["input", "pool", "output"]),
        (DIAMOND, ["input", "conv", "pool", "output"]),
        (DIAMOND, ["input", "conv", "norm", "output"]),
        (DIAMOND, ["input", "norm", "norm", "output"]),  # in one architecture, however often
    ]
    by_frequency = ["input -> conv -> output", "input -> norm -> output", "input -> pool -> output"]
    for n, kept in [(1, 1), (2, 2), (9, 3), (None, 3)]:
        encoding = PathEncoding(n, binary=False).fit(X)
        assert set(encoding.get_feature_names_out()) == set(by_frequency[:kept])
    np.testing.assert_array_equal(table(PathEncoding(1).fit(X), X).to_numpy().ravel(), [1, 0, 1, 1, 0])


def test_paths_through_null_operations_are_for_the_simplifier_to_remove():
    X = [(DIAMOND, ["input", "conv", "none", "output"])]
    assert "input -> none -> output" in PathEncoding().fit(X).get_feature_names_out()
    simplified = ArchitectureSimplifier().fit_transform(X)
    assert PathEncoding().fit(simplified).get_feature_names_out() == ["input -> conv -> output"]


def test_too_many_paths_are_an_error_that_names_the_cure():
    n_nodes = 1200
    X = [
        (CHAIN, ["a", "a", "a"]),
        (np.triu(np.ones((16, 16), dtype=int), 1), ["a"] * 16),  # 2 ** 14 paths
        (np.triu(np.ones((n_nodes, n_nodes), dtype=int), 1), ["a"] * n_nodes),  # more than a float can count
    ]
    with pytest.raises(ArchitectureError, match=r"architecture 1: it has 1.638e\+04 paths, .*increase max"):
        PathEncoding().fit(X[:2])
    with pytest.raises(ArchitectureError, match=r"architecture 1: it has inf paths, .*use PathStatistics"):
        PathEncoding().fit(X[:1]).transform(X[::2])
    assert PathEncoding(max_paths=2**14).fit_transform(X[:2]).shape == (2, 15)


def test_more_parallel_edges_than_numbers():
    X = as_batch([Architecture(CHAIN, ("a", "b", "c")), Architecture(CHAIN * 1e200, ("a", "b", "c"))])
    np.testing.assert_array_equal(PathEncoding().fit_transform(X), [[1], [1]])
    with pytest.raises(ArchitectureError, match=r"architecture 1: .*use binary=True"):
        PathEncoding(binary=False).fit_transform(X)


def test_unknown_operations_are_an_error_and_unknown_paths_are_not():
    seen = (CHAIN, ["input", "conv", "output"])
    longer = (np.eye(4, k=1, dtype=int), ["input", "conv", "conv", "output"])
    encoding = PathEncoding().fit([seen])
    with pytest.raises(UnknownOperationError, match=r"architecture 0: .*'pool'"):
        encoding.transform([(CHAIN, ["input", "pool", "output"])])
    np.testing.assert_array_equal(encoding.transform([longer, seen]), [[0], [1]])


def test_forms_of_input_agree():
    cells = nasbench201_space()[::1000]
    encoding = PathEncoding()
    expected = encoding.fit_transform(cells)
    for X in (list(cells), cells.to_networkx(), cells.to_pairs()):
        np.testing.assert_array_equal(encoding.fit_transform(X), expected)


def test_errors():
    with pytest.raises(InvalidParameterError, match="The 'max_features' parameter of PathEncoding must be"):
        PathEncoding(0).fit([(CHAIN, list("abc"))])
    with pytest.raises(NotFittedError):
        PathEncoding().transform([(CHAIN, list("abc"))])
