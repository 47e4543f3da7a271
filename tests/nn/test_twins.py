"""Sequential and attending backbones against twins that see one node of one architecture at a time."""

import math
from functools import cached_property

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fgp_sklearn import as_batch
from fgp_sklearn.architectures import Architecture
from fgp_sklearn.nn import BACKBONES, GraphTensors, InputSpec
from tests.strategies import OPS, batches, columns_of

some_batches = st.one_of(batches(), batches(max_multiplicity=3))
few_examples = settings(max_examples=20)
WIDTH = 6  # no multiple of the number of heads


class Twin:
    """One architecture: its nodes are numbers, its states a list of vectors."""

    def __init__(self, network, architecture, vocabulary):
        self.network = network
        self.counts = np.asarray(architecture.adjacency).astype(int).tolist()
        self.nodes = range(len(architecture.ops))
        self.ops = [vocabulary.index(op) for op in architecture.ops]
        self.features = self.numbers(architecture.attributes)

    # ------------------------------------------------------------------ the graph

    def predecessors(self, v):
        return [u for u in self.nodes for _ in range(self.counts[u][v])]

    def successors(self, v):
        return [w for w in self.nodes for _ in range(self.counts[v][w])]

    @cached_property
    def ancestors(self):
        found = {}

        def visit(v):
            if v not in found:
                found[v] = set()
                for u in self.predecessors(v):
                    visit(u)
                    found[v] |= {u} | found[u]

        for v in self.nodes:
            visit(v)
        return found

    def numbers(self, attributes):
        """Attributes, flags of missing ones, and position along the longest path."""
        if not attributes:
            return None
        columns = [attributes[name] for name in sorted(attributes)]
        deepest = max(map(self.depth, self.nodes))
        return [
            [0.0 if np.isnan(column[v]) else float(np.float32(column[v])) for column in columns]
            + [float(np.isnan(column[v])) for column in columns]
            + [float(np.float32(self.depth(v) / max(deepest, 1)))]
            for v in self.nodes
        ]

    def depth(self, v):
        return max((1 + self.depth(u) for u in set(self.predecessors(v))), default=0)

    # ------------------------------------------------------------------ what all share

    def first_states(self):
        weight = self.network.node_input.op_embedding.weight
        states = [weight[op] for op in self.ops]
        if self.features is not None:
            projection = self.network.node_input.feature_projection.weight
            states = [
                x + projection @ torch.tensor(f).double() for x, f in zip(states, self.features, strict=True)
            ]
        if self.network.node_input.degree_projection is not None:
            projection = self.network.node_input.degree_projection.weight
            degrees = torch.tensor([(len(self.predecessors(v)), len(self.successors(v))) for v in self.nodes])
            told = degrees.double().log1p() @ projection.T
            states = [x + more for x, more in zip(states, told, strict=True)]
        return states

    def read(self, states):
        ends = [list(self.nodes)]
        if self.network.readout.ends:
            ends.append([v for v in self.nodes if not self.predecessors(v)])
            ends.append([v for v in self.nodes if not self.successors(v)])
        return self.network.readout.projection(torch.cat([sum(states[v] for v in e) / len(e) for e in ends]))

    def residual(self, states):
        for block in self.network.blocks:
            compute = getattr(self, type(block.inner).__name__)
            changes = compute(block.inner, [normed(block.norm, x) for x in states])
            states = [x + change for x, change in zip(states, changes, strict=True)]
        return self.read([normed(self.network.norm, x) for x in states])

    def FeedForward(self, layer, states):
        first, _, second = layer.layers
        return [second(torch.relu(first(x))) for x in states]

    # ------------------------------------------------------------------ recurrence

    def recurrence(self, layer, states, senders):
        done = {}

        def visit(v):
            if v not in done:
                heard = [visit(u) for u in senders(v)]
                message = torch.zeros_like(states[v])
                if heard:
                    message = softmax_of([layer.attention.weight[0] @ h for h in heard], heard)
                done[v] = gated(layer.cell, states[v], message)
            return done[v]

        return [visit(v) for v in self.nodes]

    def dagnn(self):
        ways = [(self.network.forward_stack, self.predecessors, self.successors)]
        if self.network.bidirectional:
            ways.append((self.network.backward_stack, self.successors, self.predecessors))
        read = []
        for stack, senders, receivers in ways:
            layers = [self.first_states()]
            for layer in stack:
                layers.append(self.recurrence(layer, layers[-1], senders))
            ends = [torch.cat([states[v] for states in layers]) for v in self.nodes if not receivers(v)]
            read.append(torch.stack(ends).max(dim=0).values)
        return self.network.projection(torch.cat(read))

    # ------------------------------------------------------------------ attention along paths

    def graph_transformer(self):
        states = []
        for v, x in enumerate(self.first_states()):
            wave = [10_000 ** (2 * (i // 2) / WIDTH) for i in range(WIDTH)]
            turns = [(math.cos if i % 2 else math.sin)(self.depth(v) / w) for i, w in enumerate(wave)]
            states.append(x + torch.tensor(turns, dtype=x.dtype))
        return self.residual(states)

    def on_common_path(self, v):
        """Each as often as edges join them, and what they are to `v`."""
        for u in self.nodes:
            if u == v:
                yield u, 0
            elif u in self.ancestors[v]:
                count = self.counts[u][v]
                yield from [(u, 1 if count else 2)] * max(1, count)
            elif v in self.ancestors[u]:
                count = self.counts[v][u]
                yield from [(u, 3 if count else 4)] * max(1, count)

    def ReachabilityAttention(self, layer, states):
        query, key, value = heads_of(layer.inputs, states, layer.n_heads)
        new = []
        for v in self.nodes:
            mixed = []
            for head in range(layer.n_heads):
                scores, values = [], []
                for u, relation in self.on_common_path(v):
                    score = query[v][head] @ key[u][head] / math.sqrt(len(query[v][head]))
                    if layer.relation_bias is not None:
                        score = score + layer.relation_bias[relation, head]
                    scores.append(score)
                    values.append(value[u][head])
                mixed.append(softmax_of(scores, values))
            new.append(layer.outputs(torch.cat(mixed)))
        return new

    def FlowEncoding(self, layer, states):
        flow = self.recurrence(layer.passes[0], states, self.predecessors)
        flow = self.recurrence(layer.passes[-1], flow, self.successors)
        attended = self.ReachabilityAttention(layer.attention, states)
        return [f + a for f, a in zip(flow, attended, strict=True)]

    def flowerformer(self):
        return self.residual(self.first_states())

    # ------------------------------------------------------------------ siblings

    def SiblingAttention(self, layer, states):
        query, key, value = heads_of(layer.inputs, states, 4)
        new = []
        for v in self.nodes:
            share_predecessor = {w for u in self.predecessors(v) for w in self.successors(u)} | {v}
            share_successor = {u for w in self.successors(v) for u in self.predecessors(w)} | {v}
            types = [
                [*self.predecessors(v), v],
                [*self.successors(v), v],
                sorted(share_predecessor),
                sorted(share_successor),
            ]
            mixed = []
            for head, others in enumerate(types):
                scores = [query[v][head] @ key[u][head] / math.sqrt(layer.head_width) for u in others]
                mixed.append(softmax_of(scores, [value[u][head] for u in others]))
            new.append(layer.outputs(torch.cat(mixed)))
        return new

    def BidirectedFeedForward(self, layer, states):
        own, along, against = [], [], []
        for x in states:
            products = layer.products(x)
            quarter = len(products) // 4
            own.append(products[: 2 * quarter])
            along.append(products[2 * quarter : 3 * quarter])
            against.append(products[3 * quarter :])
        new = []
        for v in self.nodes:
            nothing = torch.zeros_like(along[v])
            heard = [
                sum((along[u] for u in self.predecessors(v)), nothing),
                sum((against[w] for w in self.successors(v)), nothing),
            ]
            new.append(layer.outputs(torch.relu(own[v] + torch.cat(heard))))
        return new

    def nn_former(self):
        return self.residual(self.first_states())


def softmax_of(scores, values):
    weights = [torch.exp(score) for score in scores]
    return sum(w * x for w, x in zip(weights, values, strict=True)) / sum(weights)


def normed(norm, x):
    spread = ((x - x.mean()) ** 2).mean() + norm.eps
    return (x - x.mean()) / spread**0.5 * norm.weight + norm.bias


def gated(cell, given, past):
    """A gated recurrent unit, gate by gate."""
    from_given = torch.chunk(cell.weight_ih @ given + cell.bias_ih, 3)
    from_past = torch.chunk(cell.weight_hh @ past + cell.bias_hh, 3)
    reset = torch.sigmoid(from_given[0] + from_past[0])
    keep = torch.sigmoid(from_given[1] + from_past[1])
    new = torch.tanh(from_given[2] + reset * from_past[2])
    return (1 - keep) * new + keep * past


def heads_of(linear, states, n_heads):
    """Queries, keys and values; each a list over nodes of lists over heads."""
    parts = [linear(x).chunk(3) for x in states]
    return [[rows[i].chunk(n_heads) for rows in parts] for i in range(3)]


def shaken(network):
    """Norms and biases that start at ones and zeros must be told apart too."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return network


VARIANTS = [
    ("dagnn", {}),
    ("dagnn", {"bidirectional": False}),
    ("graph_transformer", {}),
    ("graph_transformer", {"directed": False, "n_heads": 2, "ends": False}),
    ("flowerformer", {}),
    ("flowerformer", {"directed": False, "ends": False, "expansion": 1}),
    ("nn_former", {}),
    ("nn_former", {"ends": False, "expansion": 1}),
]


#: Backbones that `test_backbones.py` compares with something else.
COMPARED_ELSEWHERE = {
    "gated_gcn": "with PyTorch Geometric",
    "gin": "with PyTorch Geometric",
    "mlp": "with a loop",
}


def test_every_backbone_is_compared_with_something():
    assert {name for name, _ in VARIANTS} | COMPARED_ELSEWHERE.keys() == BACKBONES.keys()


@pytest.mark.parametrize(("name", "params"), VARIANTS)
@few_examples
@given(batch=some_batches, seed=st.integers(0, 99))
def test_equals_its_twin(name, params, batch, seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        spec = InputSpec(n_ops=len(batch.vocabulary))
        network = shaken(BACKBONES[name](spec, hidden_dim=WIDTH, n_layers=2, **params).double())
    twins = [Twin(network, architecture, batch.vocabulary) for architecture in batch]
    expected = torch.stack([getattr(twin, name)() for twin in twins])
    actual = network(GraphTensors.from_batch(batch))
    torch.testing.assert_close(actual, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", sorted({name for name, _ in VARIANTS}))
def test_equals_its_twin_with_attributes(name):
    adjacency = [[0, 2, 1, 0], [0, 0, 0, 1], [0, 0, 0, 3], [0, 0, 0, 0]]
    numbers = np.random.default_rng(0).normal(size=(4, 2))
    numbers[[0, 2], [0, 1]] = np.nan
    batch = as_batch([Architecture(adjacency, OPS[:4], attributes=columns_of(numbers))])
    spec = InputSpec(n_ops=len(batch.vocabulary), n_node_features=5)
    network = shaken(BACKBONES[name](spec, hidden_dim=WIDTH, n_layers=2).double())
    expected = getattr(Twin(network, next(iter(batch)), batch.vocabulary), name)()
    torch.testing.assert_close(network(GraphTensors.from_batch(batch))[0], expected, rtol=1e-10, atol=1e-10)
