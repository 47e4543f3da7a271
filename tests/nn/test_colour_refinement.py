"""Kinds of nodes, compared with the graph unfolded around each node."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.nn import Dropout, GatedGCN, GraphTensors, InputSpec
from fgp_sklearn.nn._colour_refinement import layers_of_kinds
from fgp_sklearn.nn._reused_graph_tensors import ReusedGraphTensors
from fgp_sklearn.preprocessing import ArchitectureSimplifier
from tests.strategies import batches


def unfolded(batch, radius):
    """Return all that a node can receive in `radius` layers of message passing, as nested tuples."""
    found = [(int(op),) for op in batch.ops]
    counts = [1.0] * batch.edges.shape[1] if batch.multiplicity is None else batch.multiplicity.tolist()
    edges = list(zip(*batch.flat_edges.tolist(), counts, strict=True))
    for _ in range(radius):
        found = [
            (
                found[node],
                tuple(sorted((found[u], count) for u, v, count in edges if v == node)),
                tuple(sorted((found[v], count) for u, v, count in edges if u == node)),
            )
            for node in range(len(found))
        ]
    return found


@settings(max_examples=50)
@given(batch=st.one_of(batches(), batches(max_multiplicity=3)))
def test_a_layer_makes_a_state_for_each_kind(batch):
    layers = layers_of_kinds(batch, 4, "cpu")
    assert [len(layer.own) for layer in layers[:-1]] == [len(set(unfolded(batch, r))) for r in (1, 2, 3)]
    assert len(layers[-1].own) == len(batch.ops)


def test_thousands_of_nodes_are_of_few_kinds():
    space = nasbench201_space()
    layers = layers_of_kinds(space, 2, "cpu")
    assert len(layers[0].own) < len(space.ops) / 50


def test_no_architectures_make_no_states():
    graphs = GraphTensors.from_batch(nasbench201_space()[:0])
    assert GatedGCN(InputSpec(n_ops=7), hidden_dim=4).eval()(graphs).shape == (0, 4)


def test_no_edges():
    single = ArchitectureBatch(
        ops=[0, 1], edges=[[], []], node_ptr=[0, 1, 2], edge_ptr=[0, 0, 0], vocabulary=("a", "b")
    )
    assert layers_of_kinds(single, 3, "cpu")[-1].own.tolist() == [0, 1]


@pytest.mark.parametrize("directed", [True, False])
def test_gradients_by_kind_are_those_by_node(directed):
    functional = ArchitectureSimplifier(identity_ops=["skip_connect"]).fit_transform(
        nasbench201_space()[::200]
    )
    spec = InputSpec(n_ops=len(functional.vocabulary))
    gradients = []
    for tensors in (ReusedGraphTensors, GraphTensors):
        torch.manual_seed(0)
        network = GatedGCN(spec, hidden_dim=8, directed=directed).train()
        network(tensors.from_batch(functional)).square().sum().backward()
        gradients.append([weight.grad for weight in network.parameters()])
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-5)


@settings(max_examples=50)
@given(batch=st.one_of(batches(), batches(max_multiplicity=3)), directed=st.booleans())
def test_without_gradients_states_are_the_same(batch, directed):
    torch.manual_seed(0)
    network = GatedGCN(InputSpec(n_ops=len(batch.vocabulary)), hidden_dim=8, directed=directed)
    graphs = GraphTensors.from_batch(batch)
    by_node = network.train()(graphs)
    with torch.no_grad():
        torch.testing.assert_close(network.eval()(graphs), by_node, rtol=1e-4, atol=1e-5)


def test_without_gradients_states_of_a_space_are_the_same():
    space = ArchitectureSimplifier(identity_ops=["skip_connect"]).fit_transform(nasbench201_space()[::20])
    graphs = GraphTensors.from_batch(space)
    network = GatedGCN(InputSpec(n_ops=7), hidden_dim=16).double()
    by_node = network.train()(graphs)
    with torch.inference_mode():
        torch.testing.assert_close(network.eval()(graphs), by_node)


def test_with_dropout_nodes_of_a_kind_differ(monkeypatch):
    drawn = []
    monkeypatch.setattr(Dropout, "forward", lambda self, states: drawn.append(len(states)) or states)
    space = nasbench201_space()[:50]
    network = GatedGCN(InputSpec(n_ops=7), hidden_dim=8, dropout=0.1).train()
    network(ReusedGraphTensors.from_batch(space))
    assert drawn == [len(space.ops)] * 3


def test_reused_tensors_find_kinds_once_and_move_as_plain_tensors():
    graphs = ReusedGraphTensors.from_batch(nasbench201_space()[:50])
    assert graphs.layers_of_kinds(2) is graphs.to("cpu").layers_of_kinds(2)
    assert len(graphs.layers_of_kinds(3)) == 3
    assert type(graphs.to("meta")) is GraphTensors
