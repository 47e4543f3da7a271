"""Classes of nodes with the same input, compared with a dictionary."""

import pytest
import torch
from hypothesis import given, settings

from fgp_sklearn.nn import GatedGCN, GraphTensors, InputSpec
from fgp_sklearn.nn._node_features import n_node_features_of, node_features
from fgp_sklearn.nn._reused_graph_tensors import ReusedGraphTensors
from tests.estimators.attribute_spaces import chains_with_widths
from tests.strategies import batches_with_attributes


@settings(max_examples=50)
@given(batch=batches_with_attributes())
def test_nodes_of_a_kind_have_the_same_input(batch):
    kinds = GraphTensors.from_batch(batch).input_kinds
    rows = [(int(op), *row) for op, row in zip(batch.ops, node_features(batch).tolist(), strict=True)]
    numbers = {}
    for row, kind in zip(rows, kinds.kind.tolist(), strict=True):
        assert numbers.setdefault(row, kind) == kind
    assert len(set(numbers.values())) == len(numbers) == len(kinds.first)
    assert [numbers[rows[node]] for node in kinds.first.tolist()] == list(range(len(numbers)))


@settings(max_examples=30)
@given(batch=batches_with_attributes(max_multiplicity=3))
@pytest.mark.parametrize("directed", [True, False])
def test_states_by_kind_are_those_by_node(directed, batch):
    spec = InputSpec(len(batch.vocabulary), n_node_features=n_node_features_of(len(batch.attribute_names)))
    torch.manual_seed(0)
    network = GatedGCN(spec, hidden_dim=8, directed=directed).double()
    graphs = GraphTensors.from_batch(batch)
    alone = GraphTensors(
        graphs.ops,
        graphs.edge_index,
        graphs.owner,
        graphs.n_nodes,
        graphs.is_source,
        graphs.is_sink,
        graphs.multiplicity,
        graphs.node_features,
    )  # without a batch, each node is computed
    expected = network.train()(alone)
    torch.testing.assert_close(network(graphs), expected, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(network(ReusedGraphTensors.from_batch(batch)), expected, rtol=1e-4, atol=1e-6)
    with torch.inference_mode():
        torch.testing.assert_close(network.eval()(graphs), expected, rtol=1e-4, atol=1e-6)


def test_a_space_has_few_kinds():
    batch = chains_with_widths(2000)
    assert len(GraphTensors.from_batch(batch).input_kinds.first) < 0.02 * len(batch.ops)
