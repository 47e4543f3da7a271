import networkx as nx
import numpy as np
from hypothesis import given

from fgp_sklearn import load, save
from fgp_sklearn.architectures import as_batch
from fgp_sklearn.preprocessing import StageEncoding
from tests.sklearn_compatibility.spaces import cells, relabelled
from tests.strategies import batches, batches_with_attributes


def counts_of(graph):
    """How often each operation stands at the end of a longest path of each length."""
    depth, counts = {}, {}
    for node in nx.topological_sort(graph):
        depth[node] = 1 + max((depth[v] for v in graph.predecessors(node)), default=-1)
        key = f"stage{depth[node]}_{graph.nodes[node]['op']}"
        counts[key] = counts.get(key, 0) + 1
    return counts


@given(batch=batches())
def test_counts_are_those_of_a_walk_over_each_graph(batch):
    encoding = StageEncoding().fit(batch)
    names = encoding.get_feature_names_out().tolist()
    twins = [counts_of(graph) for graph in batch.to_networkx()]
    assert set(names) == {name for counts in twins for name in counts}
    expected = [[counts.get(name, 0) for name in names] for counts in twins]
    np.testing.assert_array_equal(encoding.transform(batch), expected)


def test_order_of_nodes_does_not_matter():
    pairs = cells(20)
    encoding = StageEncoding().fit(pairs)
    np.testing.assert_array_equal(encoding.transform(relabelled(pairs)), encoding.transform(pairs))


def test_depths_that_fit_did_not_see_say_nothing():
    short, long = ([[0, 1], [0, 0]], ["a", "b"]), (np.eye(4, k=1), ["a", "b", "a", "a"])
    encoding = StageEncoding().fit([short])
    assert encoding.transform([short, long]).tolist() == [[1, 1], [1, 1]]
    assert StageEncoding(max_features=1).fit(as_batch([short, long])).transform([long]).tolist() == [[1]]


def attributes_of(graph):
    """Mean of each attribute over the nodes at each depth."""
    depth, values = {}, {}
    for node in nx.topological_sort(graph):
        depth[node] = 1 + max((depth[v] for v in graph.predecessors(node)), default=-1)
        for name in {name for name, number in graph.nodes[node].items() if number is not None} - {"op"}:
            values.setdefault(f"stage{depth[node]}_{name}", []).append(graph.nodes[node][name])
    return {key: sum(some) / len(some) for key, some in values.items()}


@given(batch=batches_with_attributes())
def test_attributes_are_means_over_the_nodes_at_a_depth(batch):
    encoding = StageEncoding().fit(batch)
    counted = StageEncoding(attributes=()).fit(batch)
    n_counts = counted.transform(batch).shape[1]
    features, names = encoding.transform(batch), encoding.get_feature_names_out().tolist()
    np.testing.assert_array_equal(features[:, :n_counts], counted.transform(batch))
    twins = [attributes_of(graph) for graph in batch.to_networkx()]
    assert set(names[n_counts:]) == {name for twin in twins for name in twin}
    for column, name in zip(features.T[n_counts:], names[n_counts:], strict=True):
        missing = np.mean([twin[name] for twin in twins if name in twin])
        np.testing.assert_allclose(column, [twin.get(name, missing) for twin in twins], rtol=1e-12)


def test_most_frequent_attributes_are_kept():
    deep = (np.eye(3, k=1), [{"op": "a", "width": 1}] * 3)
    shallow = (np.eye(2, k=1), [{"op": "a", "width": 2}] * 2)
    encoding = StageEncoding(2, attributes=["width"]).fit([deep, shallow])
    assert encoding.get_feature_names_out().tolist() == [
        "stage0_a",
        "stage1_a",
        "stage0_width",
        "stage1_width",
    ]


def test_a_file_holds_attributes(tmp_path):
    chain = as_batch([(np.eye(2, k=1), [{"op": "a", "width": 1}, "b"])], attributes=["width"])
    encoding = StageEncoding().fit(chain)
    save(encoding, tmp_path)
    np.testing.assert_array_equal(load(tmp_path).transform(chain), encoding.transform(chain))
