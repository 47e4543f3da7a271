from collections import Counter

import numpy as np
import pytest
from hypothesis import given

from fgp_sklearn.architectures import UnknownOperationError
from fgp_sklearn.preprocessing import ConnectionEncoding
from tests.sklearn_compatibility.spaces import cells, relabelled
from tests.strategies import batches


def parts_of(architecture):
    """How often each operation and each connection occurs, edge by edge."""
    ops, found = architecture.ops, Counter(architecture.ops)
    for source, target in np.argwhere(architecture.adjacency):
        found[f"{ops[source]} -> {ops[target]}"] += int(architecture.adjacency[source, target])
    return found


@given(batch=batches(max_multiplicity=3))
def test_parts_are_those_of_a_walk_over_each_matrix(batch):
    twins = [parts_of(architecture) for architecture in batch]
    for binary in (True, False):
        encoding = ConnectionEncoding(None, binary=binary).fit(batch)
        names = encoding.get_feature_names_out().tolist()
        assert set(names) == {name for parts in twins for name in parts}
        counts = np.array([[parts[name] for name in names] for parts in twins])
        expected = (counts > 0) if binary else counts
        np.testing.assert_array_equal(encoding.transform(batch), expected)


def test_order_of_nodes_does_not_matter():
    pairs = cells(20)
    encoding = ConnectionEncoding().fit(pairs)
    np.testing.assert_array_equal(encoding.transform(relabelled(pairs)), encoding.transform(pairs))


def test_connections_that_fit_did_not_see_say_nothing_and_unknown_operations_are_errors():
    seen, turned = (np.eye(3, k=1), ["a", "b", "a"]), (np.eye(2, k=1), ["b", "b"])
    encoding = ConnectionEncoding().fit([seen])
    assert encoding.get_feature_names_out().tolist() == ["a", "b", "a -> b", "b -> a"]
    assert encoding.transform([turned]).tolist() == [[0, 1, 0, 0]]
    with pytest.raises(UnknownOperationError, match="architecture 1"):
        encoding.transform([seen, (np.eye(2, k=1), ["a", "c"])])


def test_of_equals_operations_are_kept_first():
    encoding = ConnectionEncoding(2).fit([(np.eye(2, k=1), ["a", "b"])])
    assert encoding.get_feature_names_out().tolist() == ["a", "b"]
