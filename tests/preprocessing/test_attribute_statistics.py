import math
from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import given

from fgp_sklearn import load, save
from fgp_sklearn.architectures import ArchitectureError, as_batch
from fgp_sklearn.preprocessing import AttributeStatistics
from tests.sklearn_compatibility.spaces import cells, relabelled
from tests.strategies import batches_with_attributes

NAMES = "kernel", "width"
BLOCK = {"op": "block", "kernel": 3, "width": 8}


def statistics_of(graph, degree=2):
    """Each feature from a walk over the nodes; means of nothing are left out."""
    found = {}
    for op in {op for _, op in graph.nodes(data="op")}:
        nodes = [data for _, data in graph.nodes(data=True) if data["op"] == op]
        found[f"count_{op}"] = len(nodes)
        for n in range(1, degree + 1):
            for product in combinations_with_replacement(NAMES, n):
                numbers = [[data.get(name) for name in product] for data in nodes]
                values = [math.prod(own) for own in numbers if None not in own]
                found[f"sum_{op}_{'*'.join(product)}"] = sum(values)
                if n == 1 and values:
                    found[f"mean_{op}_{product[0]}"] = sum(values) / len(values)
    return found


@given(batch=batches_with_attributes(NAMES))
def test_features_are_those_of_a_walk_over_the_nodes(batch):
    statistics = AttributeStatistics(degree=3).fit(batch)
    names = statistics.get_feature_names_out().tolist()
    twins = [statistics_of(graph, degree=3) for graph in batch.to_networkx()]
    # Every number that any node has is a feature.
    present = {name for twin in twins for name, value in twin.items() if value}
    assert present <= set(names)
    features = statistics.transform(batch)
    for column, name in zip(features.T, names, strict=True):
        known = [twin[name] for twin in twins if name in twin]
        missing = 0 if name.startswith(("count", "sum")) else np.mean(known)
        np.testing.assert_allclose(
            column, [twin.get(name, missing) for twin in twins], rtol=1e-12, atol=1e-12
        )


def test_order_of_nodes_does_not_matter():
    pairs = cells(20)
    statistics = AttributeStatistics().fit(pairs)
    np.testing.assert_array_equal(statistics.transform(relabelled(pairs)), statistics.transform(pairs))


def test_other_attributes_than_those_of_fit_are_an_error():
    statistics = AttributeStatistics().fit(as_batch([([[0]], [BLOCK])], attributes=NAMES))
    with pytest.raises(ArchitectureError, match="the pool had 'kernel', 'width'; give the same attributes"):
        statistics.transform(as_batch([([[0]], [BLOCK])], attributes=["kernel"]))


@given(batch=batches_with_attributes(NAMES, max_size=3))
def test_a_file_holds_what_was_learnt(tmp_path_factory, batch):
    statistics = AttributeStatistics().fit(batch)
    folder = tmp_path_factory.mktemp("statistics")
    save(statistics, folder)
    np.testing.assert_array_equal(load(folder).transform(batch), statistics.transform(batch))


def test_degrees_choose_features():
    batch = as_batch([([[0]], [BLOCK])], attributes=NAMES)
    features = {
        degree: AttributeStatistics(degree, means=False).fit(batch).get_feature_names_out().tolist()
        for degree in (0, (0, 1), (2, 2))
    }
    assert features == {
        0: ["count_block"],
        (0, 1): ["count_block", "sum_block_kernel", "sum_block_width"],
        (2, 2): ["sum_block_kernel*kernel", "sum_block_kernel*width", "sum_block_width*width"],
    }
    without_sums = AttributeStatistics(sums=False).fit(batch)
    assert without_sums.get_feature_names_out().tolist() == [
        "count_block",
        "mean_block_kernel",
        "mean_block_width",
    ]
    np.testing.assert_array_equal(without_sums.transform(batch), [[1, 3, 8]])
    for wrong in ((2, 1), (-1, 1), (1,)):
        with pytest.raises(ValueError, match="degree must be a number or a pair"):
            AttributeStatistics(wrong).fit(batch)


def test_an_attribute_named_as_a_product_is_another_feature():
    nodes = [{"op": "block", "a": 2, "a*a": 3}]
    names = (
        AttributeStatistics(attributes=["a", "a*a"]).fit([([[0]], nodes)]).get_feature_names_out().tolist()
    )
    assert len(set(names)) == len(names)
    assert {"sum_block_a*a", "sum_block_(a*a)", "sum_block_a*(a*a)"} <= set(names)
