"""What all transformers that read attributes of nodes have in common."""

import numpy as np
import pytest
from sklearn.base import clone

from fgp_sklearn import ArchitectureError, as_batch
from fgp_sklearn.architectures import Architecture, UnknownOperationError
from fgp_sklearn.persistence import load, save
from fgp_sklearn.preprocessing import (
    AdjacencyEncoding,
    ConnectionEncoding,
    FlowSurrogate,
    PathEncoding,
    PathStatistics,
    PathSums,
    WeisfeilerLehmanEncoding,
)
from fgp_sklearn.proxies import StructuralProxies

INVARIANT = [
    FlowSurrogate(8, random_state=0),
    FlowSurrogate(8, pooling="sources", standardize=True, random_state=0),
    PathStatistics(),
    PathSums(8, random_state=0),
    ConnectionEncoding(),
    PathEncoding(),
    WeisfeilerLehmanEncoding(),
    StructuralProxies(),
]
ALL = [*INVARIANT, AdjacencyEncoding()]
LABELS = [ConnectionEncoding(), PathEncoding(), WeisfeilerLehmanEncoding()]

# input -> (mbconv, mbconv -> mbconv) -> output
GRAPH = np.zeros((5, 5), dtype=int)
GRAPH[[0, 0, 2, 1, 3], [1, 2, 3, 4, 4]] = 1
OPS = ("input", "mbconv", "mbconv", "mbconv", "output")


def of_numbers(kernels, expansions):
    attributes = {"kernel": [np.nan, *kernels, np.nan], "expansion": [np.nan, *expansions, np.nan]}
    return Architecture(GRAPH, OPS, attributes=attributes)


def one_topology(n=12):
    rng = np.random.default_rng(0)
    return as_batch([of_numbers(rng.choice([3, 5, 7], 3), rng.choice([3, 6, np.nan], 3)) for _ in range(n)])


def in_order(architecture, order):
    attributes = {name: np.asarray(column)[order] for name, column in architecture.attributes.items()}
    ops = tuple(architecture.ops[v] for v in order)
    return Architecture(np.asarray(architecture.adjacency)[np.ix_(order, order)], ops, attributes=attributes)


def without_numbers(batch):
    return as_batch([Architecture(a.adjacency, a.ops) for a in batch])


@pytest.mark.parametrize("transformer", ALL)
def test_one_topology_with_different_numbers_has_different_features(transformer):
    batch = one_topology()
    features = clone(transformer).fit_transform(batch)
    assert len(np.unique(features.round(9), axis=0)) > 8  # costs of different blocks may agree
    assert features.shape[1] == len(clone(transformer).fit(batch).get_feature_names_out())


@pytest.mark.parametrize("transformer", INVARIANT)
def test_the_order_of_nodes_does_not_matter(transformer):
    batch = one_topology()
    rng = np.random.default_rng(1)
    others = as_batch([in_order(architecture, rng.permutation(5)) for architecture in batch])
    fitted = clone(transformer).fit(batch)
    np.testing.assert_allclose(fitted.transform(others), fitted.transform(batch), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("transformer", ALL)
def test_saved_and_loaded_it_gives_the_same_bits(transformer, tmp_path):
    fitted = clone(transformer).fit(one_topology())
    save(fitted, tmp_path / "fitted.safetensors")
    loaded = load(tmp_path / "fitted.safetensors")
    np.testing.assert_array_equal(loaded.transform(one_topology(20)), fitted.transform(one_topology(20)))


@pytest.mark.parametrize("transformer", ALL)
def test_other_attributes_than_in_fit_are_an_error(transformer):
    costs = {"op_costs": {"mbconv": 1.0}} if isinstance(transformer, StructuralProxies) else {}
    batch = one_topology()
    fitted = clone(transformer).fit(batch)
    with pytest.raises(
        ArchitectureError, match=r"attributes 'kernel', but the pool had 'expansion', 'kernel'"
    ):
        fitted.set_params(attributes=["kernel"]).transform(batch)
    plain = clone(transformer).set_params(**costs).fit(without_numbers(batch))
    with pytest.raises(ArchitectureError, match=r"attributes 'expansion', 'kernel', but the pool had none"):
        plain.transform(batch)


@pytest.mark.parametrize("transformer", ALL)
def test_attributes_of_an_earlier_fit_are_forgotten_and_can_be_left_out(transformer):
    costs = {"op_costs": {"mbconv": 1.0}} if isinstance(transformer, StructuralProxies) else {}
    batch, plain = one_topology(), without_numbers(one_topology())
    expected = clone(transformer).set_params(**costs).fit_transform(plain)
    refitted = clone(transformer).fit(batch).set_params(**costs)
    np.testing.assert_array_equal(refitted.fit_transform(plain), expected)
    left_out = clone(transformer).set_params(attributes=(), **costs)
    np.testing.assert_array_equal(left_out.fit_transform(batch), expected)
    assert len(np.unique(expected, axis=0)) == 1


@pytest.mark.parametrize("transformer", LABELS)
def test_labels_equal_operations_named_after_their_numbers(transformer):
    batch = one_topology()
    names = [
        [
            op
            + "("
            + ", ".join(f"{name}={x[v]:.0f}" for name, x in a.attributes.items() if not np.isnan(x[v]))
            + ")"
            if op == "mbconv"
            else op
            for v, op in enumerate(a.ops)
        ]
        for a in batch
    ]
    named = as_batch([(GRAPH, ops) for ops in names])
    by_name, by_numbers = clone(transformer).fit(named), clone(transformer).fit(batch)
    first, second = by_name.get_feature_names_out().tolist(), by_numbers.get_feature_names_out().tolist()
    assert sorted(first) == sorted(second)
    found = by_numbers.transform(batch)[:, np.argsort(second)]
    if not isinstance(transformer, WeisfeilerLehmanEncoding):  # its names of neighbourhoods are numbers
        np.testing.assert_array_equal(found, by_name.transform(named)[:, np.argsort(first)])
    np.testing.assert_array_equal(found @ found.T, by_name.transform(named) @ by_name.transform(named).T)


@pytest.mark.parametrize("transformer", LABELS)
def test_labels_that_fit_did_not_see_are_ignored_and_unknown_operations_are_errors(transformer):
    fitted = clone(transformer).fit(one_topology())
    row = fitted.transform([of_numbers([9, 9, 9], [1, 1, 1])])[0]
    present = fitted.get_feature_names_out()[row > 0]
    assert not any("mbconv" in name for name in present)
    other = Architecture(
        GRAPH, ("input", "pool", "pool", "pool", "output"), attributes=of_numbers([1] * 3, [1] * 3).attributes
    )
    with pytest.raises(UnknownOperationError, match=r"'pool'"):
        fitted.transform([other])


@pytest.mark.parametrize("transformer", LABELS)
def test_numbers_that_never_recur_are_a_warning(transformer):
    rng = np.random.default_rng(0)
    batch = as_batch([of_numbers(rng.normal(size=3), rng.normal(size=3)) for _ in range(30)])
    with pytest.warns(UserWarning, match=r"'expansion', 'kernel' make 92 different labels of 150 nodes"):
        clone(transformer).fit(batch)


def test_adjacency_has_standardised_numbers_of_each_node():
    batch = one_topology()
    encoding = AdjacencyEncoding().fit(batch)
    names = encoding.get_feature_names_out().tolist()
    features = encoding.transform(batch)
    plain = AdjacencyEncoding().fit_transform(without_numbers(batch))
    np.testing.assert_array_equal(features[:, : plain.shape[1]], plain)
    for i, architecture in enumerate(batch):
        for name, column in batch.attributes.items():
            there = column[~np.isnan(column)]
            for v, number in enumerate(architecture.attributes[name]):
                expected = 0.0 if np.isnan(number) else (number - there.mean()) / there.std()
                assert features[i, names.index(f"node{v}[{name}]")] == pytest.approx(expected)


@pytest.mark.parametrize("transformer", [FlowSurrogate(8, random_state=0), PathSums(8, random_state=0)])
def test_spellings_with_attributes_have_the_same_features(transformer):
    batch = one_topology()
    spelled = batch.renamed(tuple("MBConv" if op == "mbconv" else op for op in batch.vocabulary))
    in_part = batch.renamed(tuple("normal/mbconv" if op == "mbconv" else op for op in batch.vocabulary))
    features = clone(transformer).fit_transform(batch)
    np.testing.assert_array_equal(clone(transformer).fit_transform(spelled), features)
    assert (clone(transformer).fit_transform(in_part) != features).any()
