import dataclasses
import itertools
import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch_geometric.nn import GINConv, ResGatedGraphConv, global_mean_pool

from fgp_sklearn import FGPEncoder, as_batch
from fgp_sklearn.architectures import Architecture
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.nn import (
    BACKBONES,
    GIN,
    LOSSES,
    MLP,
    ColumnwiseLoss,
    Dropout,
    GatedGCN,
    GatedGraphConvolution,
    GINConvolution,
    GraphTensors,
    Head,
    InputSpec,
    ListMLELoss,
    NodeInput,
    PairwiseHingeLoss,
    PairwiseLogisticLoss,
    Predictor,
    SquaredErrorLoss,
    make_backbone,
    make_loss,
)
from fgp_sklearn.nn._tensors import moved
from tests.strategies import OPS, batches, batches_with_attributes, columns_of

WIDTH = 5
some_batches = st.one_of(batches(), batches(max_multiplicity=3))
few_examples = settings(max_examples=20)  # of several architectures each; torch starts slowly
both = pytest.mark.parametrize("directed", [False, True])


@pytest.fixture(autouse=True)
def seed_of_torch():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def repeated_edges(graphs):
    """PyTorch Geometric has no multiplicities: parallel edges stand side by side."""
    if graphs.multiplicity is None:
        return graphs.edge_index
    return graphs.edge_index.repeat_interleave(graphs.multiplicity[:, 0].long(), dim=1)


def both_ways(edges):
    return torch.cat([edges, edges.flip(0)], dim=1)


def spec_of(batch):
    return InputSpec(n_ops=len(batch.vocabulary), max_nodes=int(batch.n_nodes.max()))


def assert_close(actual, expected):
    torch.testing.assert_close(actual, expected, rtol=1e-5, atol=1e-5)


# ------------------------------------------------------- against PyTorch Geometric, layer by layer


def pyg_gated(convolution):
    """ResGatedGraphConv layers with the weights of ours, one a direction."""
    width = convolution.width
    blocks = convolution.products.weight.split(width)
    shifts = convolution.products.bias.split(width)
    layers = []
    for first in (1, 4)[: len(blocks) // 3]:
        layer = ResGatedGraphConv(width, width, root_weight=first == 1, bias=first == 1).double()
        with torch.no_grad():
            for linear, i in ((layer.lin_key, 0), (layer.lin_query, 1), (layer.lin_value, 2)):
                linear.weight.copy_(blocks[first + i])
                linear.bias.copy_(shifts[first + i])
            if first == 1:
                layer.lin_skip.weight.copy_(blocks[0])
                layer.bias.copy_(shifts[0])
        layers.append(layer)
    return layers


def pyg_gated_states(convolution, states, edges):
    layers = pyg_gated(convolution)
    if len(layers) == 1:
        return layers[0](states, both_ways(edges))
    return layers[0](states, edges) + layers[1](states, edges.flip(0))


@both
@few_examples
@given(batch=some_batches)
def test_gated_convolution_equals_pytorch_geometric(directed, batch):
    graphs = GraphTensors.from_batch(batch)
    convolution = GatedGraphConvolution(WIDTH, directed=directed).double()
    states = torch.randn(len(graphs.ops), WIDTH, dtype=torch.float64)
    expected = pyg_gated_states(convolution, states, repeated_edges(graphs))
    assert_close(convolution(states, graphs), expected)


def pyg_gin_states(convolution, states, edges):
    if not convolution.directed:
        return GINConv(convolution.mlp, eps=0.0)(states, both_ways(edges))
    # GINConv adds x_i to the sum: without an MLP, what is left after taking it away is one direction.
    plain = GINConv(nn.Identity(), eps=0.0)
    parts = [states, plain(states, edges) - states, plain(states, edges.flip(0)) - states]
    return convolution.mlp(torch.cat(parts, dim=1))


@both
@few_examples
@given(batch=some_batches)
def test_gin_convolution_equals_pytorch_geometric(directed, batch):
    graphs = GraphTensors.from_batch(batch)
    convolution = GINConvolution(WIDTH, directed=directed).double()
    states = torch.randn(len(graphs.ops), WIDTH, dtype=torch.float64)
    expected = pyg_gin_states(convolution, states, repeated_edges(graphs))
    assert_close(convolution(states, graphs), expected)


def read(network, states, graphs, ends):
    pooled = [global_mean_pool(states, graphs.owner, size=len(graphs))]
    if ends:
        for chosen in (graphs.is_source, graphs.is_sink):
            pooled.append(global_mean_pool(states[chosen], graphs.owner[chosen], size=len(graphs)))
    return network.readout.projection(torch.cat(pooled, dim=1))


@both
@pytest.mark.parametrize("ends", [False, True])
@few_examples
@given(batch=some_batches)
def test_gated_gcn_equals_the_published_formula(directed, ends, batch):
    network = GatedGCN(spec_of(batch), hidden_dim=WIDTH, directed=directed, ends=ends).double()
    graphs = GraphTensors.from_batch(batch)
    one_hot = nn.functional.one_hot(graphs.ops, len(batch.vocabulary)).double()
    first = states = one_hot @ network.node_input.op_embedding.weight
    for convolution in network.convolutions:
        sent = pyg_gated_states(convolution, states, repeated_edges(graphs))
        states = torch.relu(0.2 * first + 0.8 * sent)
    expected = read(network, states, graphs, ends)
    assert_close(network(graphs), expected)
    assert_close(network.eval()(graphs), expected)  # each kind of node once
    assert_close(network(dataclasses.replace(graphs, batch=None)), expected)
    if not ends:
        assert isinstance(network.readout.projection, nn.Identity)  # the published mean


@both
@pytest.mark.parametrize("ends", [False, True])
@few_examples
@given(batch=some_batches)
def test_gin_equals_the_published_formula(directed, ends, batch):
    network = GIN(spec_of(batch), hidden_dim=WIDTH, n_layers=2, directed=directed, ends=ends).double()
    graphs = GraphTensors.from_batch(batch)
    states = network.node_input.op_embedding.weight[graphs.ops]
    layers = []
    for convolution in network.convolutions:
        states = torch.relu(pyg_gin_states(convolution, states, repeated_edges(graphs)))
        layers.append(states)
    assert_close(network(graphs), read(network, torch.cat(layers, dim=1), graphs, ends))


# ------------------------------------------------------------------------------ properties

GRAPH_BACKBONES = [name for name in BACKBONES if name != "mlp"]
CONVOLUTIONS = ["gated_gcn", "gin"]
graph_networks = pytest.mark.parametrize("name", GRAPH_BACKBONES)
VARIANTS = [
    *((name, {}) for name in GRAPH_BACKBONES),
    *((name, {"directed": False}) for name in (*CONVOLUTIONS, "graph_transformer", "flowerformer")),
    ("dagnn", {"bidirectional": False}),
    ("nn_former", {"ends": False}),
]
graph_variants = pytest.mark.parametrize(("name", "params"), VARIANTS)


@graph_variants
@few_examples
@given(batch=some_batches, random=st.randoms(use_true_random=False))
def test_the_order_of_nodes_does_not_matter(name, params, batch, random):
    network = BACKBONES[name](spec_of(batch), hidden_dim=8, **params).double()
    relabelled = []
    for architecture in batch:
        order = list(range(len(architecture.ops)))
        random.shuffle(order)
        ops = tuple(architecture.ops[i] for i in order)
        relabelled.append(Architecture(architecture.adjacency[np.ix_(order, order)], ops))
    other = as_batch(relabelled).recode(batch.vocabulary)
    assert_close(network(GraphTensors.from_batch(other)), network(GraphTensors.from_batch(batch)))


@pytest.mark.parametrize("name", BACKBONES)
@few_examples
@given(batch=some_batches)
def test_a_batch_equals_one_at_a_time(name, batch):
    network = BACKBONES[name](spec_of(batch), hidden_dim=8)
    network = network if name == "mlp" else network.double()  # sums over parallel edges are large
    together = network(GraphTensors.from_batch(batch))
    alone = [network(GraphTensors.from_batch(batch[i : i + 1])) for i in range(len(batch))]
    assert_close(together, torch.cat(alone))


@graph_variants
def test_every_weight_is_trained(name, params):
    """On an architecture with branches, parallel edges, attributes and a pair at every distance."""
    adjacency = np.triu(np.random.default_rng(0).integers(0, 4, (7, 7)) // 2, 1)
    adjacency[0, 1:] = [1, 2, 1, 0, 0, 0]
    numbers = np.random.default_rng(1).normal(size=(7, 2))
    numbers[[2, 3], [0, 1]] = np.nan
    batch = as_batch([Architecture(adjacency, OPS, attributes=columns_of(numbers))])
    spec = InputSpec(n_ops=len(batch.vocabulary), n_node_features=5)
    network = BACKBONES[name](spec, hidden_dim=8, n_layers=2, dropout=0.1, **params).double()
    network(GraphTensors.from_batch(batch)).square().sum().backward()
    for parameter, weight in network.named_parameters():
        assert weight.grad.abs().max() > 1e-12, parameter


@graph_networks
def test_parallel_edges_are_told_from_single_ones(name):
    single, double = ([[0, 0, 1], [0, 0, n], [0, 0, 0]] for n in (1, 2))
    batch = as_batch([Architecture(np.array(a), ("a", "b", "c")) for a in (single, double)])
    network = BACKBONES[name](InputSpec(n_ops=3), hidden_dim=8).double()
    first, second = network(GraphTensors.from_batch(batch))
    assert (first - second).abs().max() > 1e-6


@pytest.mark.parametrize("name", BACKBONES)
def test_dropout_is_for_training(name):
    graphs = GraphTensors.from_batch(nasbench201_space()[:50:5])
    network = BACKBONES[name](InputSpec(n_ops=7, max_nodes=8), hidden_dim=8, dropout=0.5)
    assert not torch.equal(network(graphs), network(graphs))
    network.eval()
    torch.testing.assert_close(network(graphs), network(graphs), rtol=0, atol=0)


def whole_network(n):
    """A chain of `n` nodes with shortcuts, as deep as it is long."""
    adjacency = np.eye(n, k=1, dtype=int)
    shortcuts = np.arange(0, n - 5, 3)
    adjacency[shortcuts, shortcuts + 5] = 1
    return adjacency, [OPS[i % 6] for i in range(n)]


@graph_networks
def test_a_batch_may_mix_five_nodes_and_two_thousand(name):
    """And train a step."""
    batch = as_batch([whole_network(5), whole_network(2000)])
    network = BACKBONES[name](spec_of(batch), hidden_dim=8, n_layers=1)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    before = [weight.clone() for weight in network.parameters()]
    embeddings = network(GraphTensors.from_batch(batch))
    alone = network(GraphTensors.from_batch(batch[:1]))
    assert_close(embeddings[:1], alone)
    embeddings.square().sum().backward()
    optimizer.step()
    assert all(weight.isfinite().all() for weight in network.parameters())
    assert any(not torch.equal(old, new) for old, new in zip(before, network.parameters(), strict=True))


def test_relations_take_no_padding():
    batch = as_batch([whole_network(n) for n in (5, 90, 5, 7)])
    found = GraphTensors.from_batch(batch).reachability
    assert [block.relation.shape for block in found.blocks] == [(2, 5, 5), (1, 7, 7), (1, 90, 90)]
    assert {block.relation.element_size() for block in found.blocks} == {1}


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_only_directed_networks_tell_the_direction(name):
    chain = np.eye(3, k=1, dtype=int)
    batch = as_batch([(chain, ["a", "b", "c"]), (chain.T, ["a", "b", "c"])])
    for directed in (False, True):
        network = BACKBONES[name](InputSpec(n_ops=3), hidden_dim=8, directed=directed, ends=False)
        with_edges, against = network(GraphTensors.from_batch(batch))
        assert torch.allclose(with_edges, against, atol=1e-6) is not directed


@pytest.mark.parametrize("name", ["dagnn", "graph_transformer", "nn_former"])
def test_what_is_derived_needs_the_batch(name):
    graphs = GraphTensors.from_batch(nasbench201_space()[:4])
    network = BACKBONES[name](InputSpec(n_ops=7), hidden_dim=8)
    with pytest.raises(ValueError, match=r"make them with GraphTensors\.from_batch"):
        network(dataclasses.replace(graphs, batch=None))


@graph_networks
def test_what_was_derived_while_predicting_can_be_trained_on(name):
    graphs = GraphTensors.from_batch(nasbench201_space()[:4])
    network = BACKBONES[name](InputSpec(n_ops=7), hidden_dim=8)
    with torch.inference_mode():
        network(graphs)
    network(graphs).sum().backward()


@pytest.mark.parametrize("name", BACKBONES)
def test_attributes_are_read(name):
    def graphs(numbers):
        chain = Architecture(np.eye(3, k=1, dtype=int), ("a", "b", "c"), attributes=columns_of(numbers))
        return GraphTensors.from_batch(as_batch([chain]))

    network = BACKBONES[name](InputSpec(n_ops=3, n_node_features=5, max_nodes=4), hidden_dim=8)
    zeros, ones = np.zeros((3, 2)), np.ones((3, 2))
    assert not torch.allclose(network(graphs(zeros)), network(graphs(ones)))
    assert not torch.allclose(network(graphs(zeros)), network(graphs(zeros + np.nan)))
    assert network(graphs(ones)).shape == (1, 8)


@pytest.mark.parametrize("degrees", [False, True])
@few_examples
@given(st.one_of(some_batches, batches_with_attributes(max_multiplicity=3)), st.data())
def test_initial_states_of_some_nodes_are_rows_of_all(degrees, batch, data):
    graphs = GraphTensors.from_batch(batch)
    n_features = 0 if graphs.node_features is None else graphs.node_features.shape[1]
    spec = InputSpec(n_ops=len(batch.vocabulary), n_node_features=n_features)
    read = NodeInput(spec, WIDTH, degrees=degrees)
    nodes = torch.tensor(data.draw(st.lists(st.integers(0, len(batch.ops) - 1), min_size=1)))
    assert_close(read.of_some(graphs, nodes), read(graphs)[nodes])


@few_examples
@given(some_batches, st.integers(0, 2))
def test_mlp_reads_what_a_loop_writes(batch, padding):
    size, n_ops = int(batch.n_nodes.max()) + padding, len(batch.vocabulary)
    rows = []
    for architecture in batch:
        matrix = np.zeros((size, size + n_ops))
        for i, op in enumerate(architecture.ops):
            for j in range(len(architecture.ops)):
                matrix[i, j] = architecture.adjacency[i, j]
            matrix[i, size + batch.vocabulary.index(op)] = 1.0
        rows.append(matrix.ravel())
    network = MLP(InputSpec(n_ops=n_ops, max_nodes=size), hidden_dim=4)
    flat = network.flatten(GraphTensors.from_batch(batch))
    np.testing.assert_array_equal(flat.numpy(), rows)


def test_mlp_refuses_what_is_too_large():
    network = MLP(InputSpec(n_ops=2, max_nodes=2))
    X = as_batch([([[0]], ["a"]), (np.eye(3, k=1, dtype=int), ["a", "b", "a"])])
    with pytest.raises(ValueError, match="architecture 1 of the batch has 3 nodes, but the mlp backbone was"):
        network(GraphTensors.from_batch(X))


def test_tensors_move_whole():
    X = as_batch([Architecture([[0, 2], [0, 0]], ("a", "b"), attributes={"x": [1, 1]})])
    graphs = GraphTensors.from_batch(X).to("meta")
    columns = [getattr(graphs, column.name) for column in dataclasses.fields(graphs)]
    tensors = [column for column in columns if column is not graphs.batch]
    walk, reachability, pairs = graphs.backward_walk, graphs.reachability, graphs.neighbourhood
    tensors += [graphs.depth, walk.order, walk.place, *(step.senders for step in walk.steps)]
    tensors += [reachability.order, reachability.blocks[0].multiplicity, pairs.senders, pairs.multiplicity]
    assert {tensor.device.type for tensor in tensors} == {"meta"}
    assert GraphTensors.from_batch(X[:1]).to("cpu").multiplicity.tolist() == [[2.0]]


# ---------------------------------------------------------------------------------- dropout


@pytest.mark.parametrize(
    ("device", "expected"), [("cuda", ["pin", ("cuda", True)]), ("meta", [("meta", False)])]
)
def test_tensors_go_to_cuda_from_pinned_memory_without_waiting(monkeypatch, device, expected):
    calls = []

    def pin_memory(self):
        calls.append("pin")
        return self

    def to(self, device, non_blocking=False):
        calls.append((device, non_blocking))
        return self

    monkeypatch.setattr(torch.Tensor, "pin_memory", pin_memory)
    monkeypatch.setattr(torch.Tensor, "to", to)
    moved(torch.ones(2), device)
    assert calls == expected


def test_dropout_draws_from_its_own_generator():
    dropout = Dropout(0.25)
    states = torch.ones(4000)
    before = torch.get_rng_state()
    dropout.generator = torch.Generator().manual_seed(3)
    first = dropout(states)
    dropout.generator.manual_seed(3)
    assert torch.equal(dropout(states), first)
    assert not torch.equal(dropout(states), first)
    assert torch.equal(torch.get_rng_state(), before)
    torch.testing.assert_close(first.unique(), torch.tensor([0.0, 4 / 3]))
    assert abs(float((first == 0).float().mean()) - 0.25) < 0.03
    assert torch.equal(dropout.eval()(states), states)
    assert torch.equal(Dropout(0.0)(states), states)


# ----------------------------------------------------------------------------------- losses

targets_of = st.lists(st.sampled_from([0.0, 1.0, 1.5, -2.0, float("nan"), 7.0]), min_size=1, max_size=8)


def scores_of(targets):
    return torch.randn(len(targets), dtype=torch.float64, requires_grad=True)


def mean_over_pairs(function, scores, targets):
    terms = []
    for i, j in itertools.combinations(range(len(targets)), 2):
        if targets[i] > targets[j]:
            terms.append(function(scores[i] - scores[j]))
        elif targets[i] < targets[j]:
            terms.append(function(scores[j] - scores[i]))
    return sum(terms) / len(terms) if terms else 0.0


def list_mle(scores, targets):
    known = [(t, s) for t, s in zip(targets, scores, strict=True) if not math.isnan(t)]
    ranked = [s for _, s in sorted(known, key=lambda pair: -pair[0])]  # stable: ties keep their order
    terms = [math.log(sum(math.exp(s) for s in ranked[i:])) - ranked[i] for i in range(len(ranked))]
    return sum(terms) / len(terms) if terms else 0.0


def squared_error(scores, targets):
    terms = [(s - t) ** 2 for s, t in zip(scores, targets, strict=True) if not math.isnan(t)]
    return sum(terms) / len(terms) if terms else 0.0


LOSS_TWINS = {
    "hinge": (PairwiseHingeLoss(), lambda s, t: mean_over_pairs(lambda lead: max(0.0, 0.5 - lead), s, t)),
    "hinge of the paper's NB301": (
        PairwiseHingeLoss(0.1),
        lambda s, t: mean_over_pairs(lambda lead: max(0.0, 0.1 - lead), s, t),
    ),
    "logistic": (
        PairwiseLogisticLoss(),
        lambda s, t: mean_over_pairs(lambda x: math.log1p(math.exp(-x)), s, t),
    ),
    "listmle": (ListMLELoss(), list_mle),
    "mse": (SquaredErrorLoss(), squared_error),
}


def test_every_loss_has_a_brute_force_twin():
    assert set(LOSSES) <= set(LOSS_TWINS)


@pytest.mark.parametrize(("loss", "brute_force"), LOSS_TWINS.values(), ids=LOSS_TWINS)
@few_examples
@given(targets=targets_of)
def test_loss_equals_brute_force(loss, brute_force, targets):
    scores = scores_of(targets)
    value = loss(scores, torch.tensor(targets, dtype=torch.float64))
    assert value.item() == pytest.approx(brute_force(scores.tolist(), targets), abs=1e-9)
    value.backward()
    assert torch.isfinite(scores.grad).all()


def test_columnwise_loss_is_the_mean_over_columns():
    scores, targets = torch.randn(6, 3), torch.randn(6, 3)
    hinge = PairwiseHingeLoss()
    expected = sum(hinge(scores[:, i], targets[:, i]) for i in range(3)) / 3
    torch.testing.assert_close(ColumnwiseLoss(hinge)(scores, targets), expected)


# --------------------------------------------------------------------------------- registry


def test_names_of_backbones_and_losses():
    for name, backbone in BACKBONES.items():
        built = make_backbone(name, InputSpec(3), hidden_dim=4, n_layers=2, dropout=0.1)
        assert type(built) is backbone
    for name, loss in LOSSES.items():
        assert type(make_loss(name)) is loss
    assert make_loss("hinge", margin=0.2).margin == 0.2
    undirected = make_backbone("gin", InputSpec(3), hidden_dim=4, n_layers=2, dropout=0.0, directed=False)
    assert not undirected.convolutions[0].directed


def test_unknown_names_are_errors():
    known = f"known ones are {', '.join(map(repr, BACKBONES))}, or pass a torch module class of your own"
    with pytest.raises(ValueError, match=re.escape(f"unknown backbone 'transformer'; {known}")):
        make_backbone("transformer", InputSpec(3), hidden_dim=4, n_layers=2, dropout=0.0)
    known = f"known ones are {', '.join(map(repr, LOSSES))}"
    with pytest.raises(ValueError, match=re.escape(f"unknown loss 'lambdarank'; {known}")):
        make_loss("lambdarank")


class BagOfOperations(nn.Module):
    """A backbone of a user's own: which operations occur, and how often."""

    def __init__(self, spec, *, hidden_dim, n_layers, dropout, scale=1.0):
        super().__init__()
        self.n_ops = spec.n_ops
        self.scale = scale
        self.linear = nn.Linear(spec.n_ops, hidden_dim)

    def forward(self, graphs):
        counts = torch.zeros(len(graphs), self.n_ops)
        counts.index_put_((graphs.owner, graphs.ops), torch.ones(len(graphs.ops)), accumulate=True)
        return self.scale * self.linear(counts)


def test_a_module_of_the_user_is_a_backbone():
    pool = nasbench201_space()[::200]
    encoder = FGPEncoder(
        BagOfOperations,
        hidden_dim=6,
        backbone_params={"scale": 2.0},
        null_ops=(),
        identity_ops=(),
        max_epochs=2,
        random_state=0,
    ).fit(pool)
    assert isinstance(encoder.backbone_, BagOfOperations)
    counts = np.array([[cell.ops.count(op) for op in encoder.vocabulary_] for cell in pool])
    weight, bias = (p.detach().numpy() for p in encoder.backbone_.linear.parameters())
    np.testing.assert_allclose(encoder.transform(pool), 2 * (counts @ weight.T + bias), rtol=1e-5, atol=1e-5)


def test_predictor_is_a_head_on_a_backbone():
    graphs = GraphTensors.from_batch(nasbench201_space()[:4])
    backbone, head = GIN(InputSpec(len(OPS)), hidden_dim=4), Head(4, 2)
    first, _, second = head
    expected = second(torch.relu(first(backbone(graphs))))
    torch.testing.assert_close(Predictor(backbone, head)(graphs), expected)


@pytest.mark.parametrize("name", BACKBONES)
def test_parallel_edges_count_even_where_all_messages_are_equal(name):
    once, thrice = (
        GraphTensors.from_batch(as_batch([Architecture([[0, count], [0, 0]], ["conv", "conv"])]))
        for count in (1, 3)
    )
    backbone = make_backbone(name, InputSpec(n_ops=1, max_nodes=2), hidden_dim=8, n_layers=2, dropout=0.0)
    assert not torch.allclose(backbone(once), backbone(thrice), atol=1e-3)
