import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fgp_sklearn import load, save
from fgp_sklearn.preprocessing import SoftStageEncoding
from tests.sklearn_compatibility.spaces import cells, relabelled
from tests.strategies import batches_with_attributes

NAMES = "kernel", "width"


def stages_of(graph, n_stages):
    """Shares of counts and attributes, from a walk over the nodes."""
    depth, found = {}, {}
    for node in nx.topological_sort(graph):
        depth[node] = 1 + max((depth[v] for v in graph.predecessors(node)), default=-1)
    for node, data in graph.nodes(data=True):
        relative = depth[node] / max(*depth.values(), 1)
        for stage in range(n_stages):
            share = max(0.0, 1 - abs(relative - stage / (n_stages - 1)) * (n_stages - 1))
            for name, value in [("", 1), *((f"_{a}", data[a]) for a in NAMES if data.get(a) is not None)]:
                key = f"stage{stage}_{data['op']}{name}"
                found[key] = found.get(key, 0.0) + share * value
    return found


@given(batch=batches_with_attributes(NAMES), n_stages=st.integers(2, 4))
def test_features_are_those_of_a_walk_over_each_graph(batch, n_stages):
    encoding = SoftStageEncoding(n_stages).fit(batch)
    names = encoding.get_feature_names_out().tolist()
    twins = [stages_of(graph, n_stages) for graph in batch.to_networkx()]
    assert set(names) == {name for twin in twins for name in twin}
    expected = [[twin.get(name, 0.0) for name in names] for twin in twins]
    np.testing.assert_allclose(encoding.transform(batch), expected, rtol=1e-12, atol=1e-12)


def test_order_of_nodes_does_not_matter():
    pairs = cells(20)
    encoding = SoftStageEncoding().fit(pairs)
    np.testing.assert_array_equal(encoding.transform(relabelled(pairs)), encoding.transform(pairs))


def test_shares_of_a_node_add_up_to_one():
    chain = (np.eye(6, k=1), ["conv"] * 6)
    assert SoftStageEncoding().fit_transform([chain]).sum() == pytest.approx(6)


def test_a_file_holds_what_was_learnt(tmp_path):
    encoding = SoftStageEncoding().fit(cells(20))
    save(encoding, tmp_path)
    np.testing.assert_array_equal(load(tmp_path).transform(cells(20)), encoding.transform(cells(20)))
