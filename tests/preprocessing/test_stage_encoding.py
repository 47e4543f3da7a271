import networkx as nx
import numpy as np
from hypothesis import given

from fgp_sklearn.architectures import as_batch
from fgp_sklearn.preprocessing import StageEncoding
from tests.sklearn_compatibility.spaces import cells, relabelled
from tests.strategies import batches


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
