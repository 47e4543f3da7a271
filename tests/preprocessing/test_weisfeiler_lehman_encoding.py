from collections import Counter

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError
from sklearn.utils._param_validation import InvalidParameterError

from fgp_sklearn.architectures import ArchitectureBatch, UnknownOperationError, as_batch
from fgp_sklearn.architectures._duplicates import duplicate_groups
from fgp_sklearn.datasets import nasbench101_space, nasbench201_space
from fgp_sklearn.preprocessing import WeisfeilerLehmanEncoding
from tests.sklearn_compatibility.spaces import cells, relabelled
from tests.strategies import batches

CHAIN = np.eye(3, k=1, dtype=int)
OPS = ("a", "b")


def labels_of(architecture, n_iterations):
    """How many nodes have which label, labels being nested tuples, in a list by iteration."""
    graph = nx.from_numpy_array(np.asarray(architecture.adjacency, dtype=float), create_using=nx.DiGraph)
    label = dict(enumerate(architecture.ops))
    found = [Counter(label.values())]
    for _ in range(n_iterations):
        heard = {
            v: (
                tuple(sorted((repr(label[u]), m) for u, _, m in graph.in_edges(v, data="weight"))),
                tuple(sorted((repr(label[w]), m) for _, w, m in graph.out_edges(v, data="weight"))),
            )
            for v in graph
        }
        label = {v: (label[v], *heard[v]) for v in graph}
        found.append(Counter(label.values()))
    return found


def kernel(first, second, known):
    """Dot products of counts of the known labels."""

    def product(one, two):
        levels = zip(one, two, known, strict=True)
        return sum(a[label] * b[label] for a, b, k in levels for label in k & a.keys())

    return [[product(one, two) for two in second] for one in first]


some_batches = batches(max_size=4, max_nodes=7, max_multiplicity=2, ops=OPS)


@given(some_batches, some_batches, st.integers(0, 3))
def test_equals_the_kernel_of_nested_labels(seen, unseen, n_iterations):
    encoding = WeisfeilerLehmanEncoding(n_iterations, max_features=None)
    features = encoding.fit_transform(seen)
    labels = [labels_of(architecture, n_iterations) for architecture in seen]
    known = [set().union(*level) for level in zip(*labels, strict=True)]
    assert features.shape[1] == sum(map(len, known)) == len(encoding.get_feature_names_out())
    np.testing.assert_array_equal(features @ features.T, kernel(labels, labels, known))
    if set(unseen.used_ops()) <= set(seen.used_ops()):
        others = [labels_of(architecture, n_iterations) for architecture in unseen]
        answer = encoding.transform(unseen)
        np.testing.assert_array_equal(answer @ features.T, kernel(others, labels, known))
        # Each row against itself: known labels that `seen` has not in this architecture count too.
        np.testing.assert_array_equal((answer**2).sum(axis=1), np.diag(kernel(others, others, known)))


def test_features_are_columns_of_counts_level_by_level():
    X = cells(30)
    encoding = WeisfeilerLehmanEncoding(2, max_features=None).fit(X)
    features, names = encoding.transform(X), encoding.get_feature_names_out()
    assert names[:3].tolist() == ["conv1", "conv3", "input"]
    np.testing.assert_array_equal(features[:, 1], [ops.count("conv3") for _, ops in X])
    for level in (1, 2):
        columns = [i for i, name in enumerate(names) if name.startswith(f"iteration{level}_")]
        np.testing.assert_array_equal(features[:, columns].sum(axis=1), 5)  # every node has one label


@pytest.mark.parametrize("space", [nasbench201_space()[::30], nasbench101_space(5)[::5]], ids=["201", "101"])
def test_tells_apart_what_is_not_isomorphic(space):
    """Colour refinement tells all cells so small apart, so equal rows are exactly the isomorphic cells."""
    X = ArchitectureBatch.concatenate([space, as_batch(relabelled(space.to_pairs()[:50]))])
    rows = [row.tobytes() for row in WeisfeilerLehmanEncoding(4, max_features=None).fit_transform(X)]
    groups = duplicate_groups(X)
    assert len(set(groups)) <= len(space)
    assert len(set(rows)) == len(set(groups)) == len(set(zip(rows, groups, strict=True)))


def test_the_order_of_nodes_and_architectures_does_not_matter():
    X = cells(40)
    order = np.random.default_rng(0).permutation(40)
    for n in (None, 25):
        encoding = WeisfeilerLehmanEncoding(max_features=n)
        expected = encoding.fit_transform(X)
        np.testing.assert_array_equal(encoding.fit_transform(relabelled(X)), expected)
        np.testing.assert_array_equal(encoding.fit_transform([X[i] for i in order]), expected[order])


def test_directions_count():
    two_feed_one = (np.array([[0, 0, 1], [0, 0, 1], [0, 0, 0]]), ["a", "a", "a"])
    one_feeds_two = (two_feed_one[0].T, ["a", "a", "a"])
    first, second = WeisfeilerLehmanEncoding(1).fit_transform([two_feed_one, one_feeds_two])
    assert (first != second).any()


def test_only_the_most_frequent_labels_are_kept():
    X = cells(30)
    every = WeisfeilerLehmanEncoding(1, max_features=None).fit_transform(X)
    frequency = np.sort((every > 0).sum(axis=0))[::-1]
    kept = WeisfeilerLehmanEncoding(1, max_features=12).fit_transform(X)
    assert sorted((kept > 0).sum(axis=0), reverse=True) == frequency[:12].tolist()
    columns = {tuple(column) for column in every.T}
    assert all(tuple(column) in columns for column in kept.T)


def test_unknown_operations_are_an_error_and_unknown_neighbourhoods_are_not():
    encoding = WeisfeilerLehmanEncoding(1).fit([(CHAIN, ["a", "b", "a"])])
    with pytest.raises(UnknownOperationError, match=r"architecture 0: .*'c'"):
        encoding.transform([(CHAIN, ["a", "c", "a"])])
    star = ([[0, 1, 1, 1], [0] * 4, [0] * 4, [0] * 4], ["b", "a", "a", "b"])
    row = encoding.transform([star])[0]
    assert row[:2].tolist() == [2, 2]  # operations
    assert sorted(row[2:]) == [0, 0, 2]  # an "a" behind one "b" is known, both "b" are not


def test_forms_of_input_agree():
    space = nasbench201_space()[::1000]
    encoding = WeisfeilerLehmanEncoding()
    expected = encoding.fit_transform(space)
    for X in (list(space), space.to_networkx(), space.to_pairs()):
        np.testing.assert_array_equal(encoding.fit_transform(X), expected)


def test_errors():
    with pytest.raises(InvalidParameterError, match="The 'n_iterations' parameter of Weisfeiler"):
        WeisfeilerLehmanEncoding(-1).fit([(CHAIN, list("abc"))])
    with pytest.raises(NotFittedError):
        WeisfeilerLehmanEncoding().transform([(CHAIN, list("abc"))])
