import networkx
import numpy as np
import pytest
import torch
from torch.nn import functional

from fgp_sklearn import ArchitectureError, ArchitectureSimplifier
from fgp_sklearn.architectures import Architecture, UnknownOperationError
from fgp_sklearn.datasets import nasbench101_space, nasbench201_space
from fgp_sklearn.proxies import NASBench101Builder, NASBench201Builder, NASBenchGraphBuilder

IMAGES = torch.randn(3, 3, 8, 8, generator=torch.Generator().manual_seed(0))
SIGNALS = torch.randn(3, 16, 32, generator=torch.Generator().manual_seed(0))
SPACE201 = nasbench201_space()

N1, N3, AVG, SKIP, NONE = "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3", "skip_connect", "none"
# Published parameters in millions (CIFAR-10), by operations of the edges 01, 02, 12, 03, 13, 23.
PUBLISHED_201 = {
    (N3, N3, N3, N3, N3, N3): 1.531546,
    (SKIP, AVG, SKIP, SKIP, NONE, AVG): 0.073306,
    (N1, AVG, SKIP, SKIP, NONE, N3): 0.344346,
    (AVG, N1, AVG, N1, AVG, SKIP): 0.129306,
    (N1, N3, NONE, AVG, AVG, N3): 0.587386,
}
C1, C3, POOL = "conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3"
# Published trainable parameters: edges, inner operations, count. The last is the largest of the benchmark.
PUBLISHED_101 = [
    ("01 02 05 13 25 34 36 45 56", (C3, C3, POOL, C3, C1), 8_555_530),
    ("01 12 23 34 35 36 45 56", (C1, C1, C3, C1, C3), 5_878_154),
    ("01 05 12 15 23 34 36 45 56", (C3, POOL, C1, POOL, C1), 3_729_162),
    ("01 03 04 06 12 23 34 45 56", (POOL, C3, C1, C1, POOL), 14_873_994),
    ("01 12 13 16 24 26 35 46 56", (POOL,) * 5, 227_274),
    ("01 02 04 06 13 24 34 45 56", (C3,) * 5, 49_979_274),
]
GNN_OPS = ("gat", "gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip")
# Published parameters on arxiv: edges, operations, count; arma has a matrix there that computes nothing.
PUBLISHED_GRAPH = [
    ("01 12 23 34 45", ("gcn",) * 4, 88_744),
    ("01 12 23 34 45", ("gat",) * 4, 89_768),
    ("01 12 23 34 45", ("cheb",) * 4, 154_280),
    ("01 12 23 34 45", ("arma",) * 4, 219_816 - 4 * 128**2),
    ("01 02 03 04 15 25 35 45", ("gin",) * 4, 137_896),
    ("01 02 03 04 15 25 35 45", ("graph",) * 4, 203_432),
]


def cell(edges, ops):
    matrix = np.zeros((len(ops) + 2, len(ops) + 2), dtype=int)
    for edge in edges.split():
        matrix[int(edge[0]), int(edge[1])] = 1
    return Architecture(matrix, ("input", *ops, "output"))


def n_parameters(network):
    return sum(weights.numel() for weights in network.parameters())


def cell_201(name):
    return SPACE201[SPACE201.names.tolist().index(name)]


@pytest.mark.parametrize(("ops", "millions"), PUBLISHED_201.items())
def test_nasbench201_has_the_published_parameters(ops, millions):
    network = NASBench201Builder(n_cells=5)(cell_201("|{}~0|+|{}~0|{}~1|+|{}~0|{}~1|{}~2|".format(*ops)))
    assert n_parameters(network) == round(1e6 * millions)


@pytest.mark.parametrize(("edges", "ops", "count"), PUBLISHED_101)
def test_nasbench101_has_the_published_parameters(edges, ops, count):
    with torch.device("meta"):
        network = NASBench101Builder(n_modules=3, channels=128)(cell(edges, ops))
    assert n_parameters(network) == count


@pytest.mark.parametrize(("edges", "ops", "count"), PUBLISHED_GRAPH)
def test_nasbench_graph_has_the_published_parameters(edges, ops, count):
    assert n_parameters(NASBenchGraphBuilder(channels=128, n_classes=40)(cell(edges, ops))) == count


def test_nasbench201_computes_what_the_official_string_says():
    for name in SPACE201.names[[7, 4242, 9001, 15624]].tolist():
        network = NASBench201Builder(n_cells=1, channels=4)(cell_201(name))
        x = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
        ops = iter(network[2].ops)  # the first cell; operations in the order of the string
        maps = [x]
        with torch.no_grad():
            for group in name.split("+"):
                sources = [int(part.partition("~")[2]) for part in group.strip("|").split("|")]
                maps.append(sum(next(ops)(maps[source]) for source in sources))
            torch.testing.assert_close(network[2](x), maps[3], rtol=1e-5, atol=1e-5)


def test_operations_of_nasbench201():
    x = torch.randn(2, 4, 5, 5, generator=torch.Generator().manual_seed(0))

    def run(op):
        matrix = np.eye(3, k=1, dtype=int)
        network = NASBench201Builder(n_cells=1, channels=4)(Architecture(matrix, ("input", op, "output")))
        return network[2], network[2](x)

    torch.testing.assert_close(run("skip_connect")[1], x)
    torch.testing.assert_close(run("none")[1], torch.zeros_like(x))
    window = functional.unfold(torch.nn.functional.pad(torch.ones(1, 1, 5, 5), (1,) * 4), 3).sum(dim=1)
    total = functional.unfold(x.reshape(8, 1, 5, 5), 3, padding=1).sum(dim=1)
    torch.testing.assert_close(run("avg_pool_3x3")[1], (total / window).reshape(2, 4, 5, 5))
    module, output = run("nor_conv_3x3")
    (weight,) = (w for w in module.parameters() if w.ndim == 4)
    expected = functional.conv2d(x.clamp_min(0), weight, padding=1)
    spread = expected.var(dim=(0, 2, 3), keepdim=True, correction=0)
    expected = (expected - expected.mean(dim=(0, 2, 3), keepdim=True)) / (spread + 1e-5).sqrt()
    torch.testing.assert_close(output, expected, rtol=1e-4, atol=1e-5)


def test_functional_graphs_compute_the_same():
    chosen = SPACE201[np.arange(5, 15625, 1237)]
    contracted = ArchitectureSimplifier(identity_ops=["skip_connect"]).fit_transform(chosen)
    builder = NASBench201Builder(n_cells=1, channels=4)
    n_compared = 0
    for given, simple in zip(chosen, contracted, strict=True):
        full, reduced = builder(given), builder(simple)
        if n_parameters(full) != n_parameters(reduced):
            continue  # an operation was dead: there are no weights to copy
        n_compared += 1
        for target, source in zip(reduced.parameters(), full.parameters(), strict=True):
            target.data.copy_(source.data)
        with torch.no_grad():
            torch.testing.assert_close(reduced(IMAGES), full(IMAGES), rtol=1e-4, atol=1e-4)
    assert n_compared > 5


def widths_by_the_rules(architecture, total):
    """Channels of the vertices, decided one by one."""
    matrix, last = architecture.adjacency, len(architecture.ops) - 1
    feeders = [v for v in range(1, last) if matrix[v, last]]
    widths = {v: total // len(feeders) + (i < total % len(feeders)) for i, v in enumerate(feeders)}
    for v in range(last - 1, 0, -1):
        if v not in widths:
            widths[v] = max(widths[w] for w in range(v + 1, last) if matrix[v, w])
    return widths


def test_nasbench101_cells_compute_what_the_rules_say():
    space = nasbench101_space(max_vertices=6)
    for architecture in space[np.arange(200, len(space), 9001)]:
        network = NASBench101Builder(channels=11)(architecture)
        module = network[1]
        matrix, last = architecture.adjacency, len(architecture.ops) - 1
        widths = widths_by_the_rules(architecture, 11)
        x = torch.randn(2, 11, 8, 8, generator=torch.Generator().manual_seed(0))
        states = {}
        with torch.no_grad():
            for v, op in zip(range(1, last), module.ops, strict=True):
                total = sum(states[u][:, : widths[v]] for u in range(1, v) if matrix[u, v])
                if matrix[0, v]:
                    total = total + module.projections[str(v)](x)
                assert total.shape[1] == widths[v]
                states[v] = op(total)
            output = torch.cat([states[v] for v in range(1, last) if matrix[v, last]], dim=1)
            if matrix[0, last]:
                output = output + module.projections[str(last)](x)
            torch.testing.assert_close(module(x), output, rtol=1e-4, atol=1e-5)


def one_operation(op):
    """A module of NAS-Bench-Graph, the graph that it knows, and what it makes of signals."""
    network = NASBenchGraphBuilder()(cell("01 12", (op,)))
    graph = networkx.connected_watts_strogatz_graph(32, 4, 0.3, seed=0)
    with torch.no_grad():
        return network[0].ops[0], graph, network[0](SIGNALS)


def heard(graph, weight):
    """Sum over the neighbours of each vertex, each by what `weight` gives to the edge."""
    total = torch.zeros_like(SIGNALS)
    for u, v in [*graph.edges, *((v, u) for u, v in graph.edges)]:
        total[:, :, v] += weight(u, v) * SIGNALS[:, :, u]
    return total


def linear(layer, x):
    bias = 0 if layer.bias is None else layer.bias[:, None]
    return torch.einsum("oi,niv->nov", layer.weight[:, :, 0], x) + bias


@pytest.mark.parametrize("op", ["gcn", "gin", "cheb", "sage", "arma", "graph", "fc", "skip"])
def test_operations_of_nasbench_graph(op):
    module, graph, output = one_operation(op)
    degree = dict(graph.degree)
    with torch.no_grad():
        if op == "gcn":
            scale = {v: (d + 1) ** -0.5 for v, d in degree.items()}
            own = SIGNALS * torch.tensor([scale[v] ** 2 for v in range(32)])
            expected = linear(module.of_others, own + heard(graph, lambda u, v: scale[u] * scale[v]))
        elif op == "gin":
            expected = linear(module.of_others, SIGNALS + heard(graph, lambda u, v: 1.0))
        elif op in ("fc", "skip"):
            expected = linear(module, SIGNALS) if op == "fc" else SIGNALS
        else:
            layer = module[0] if op == "arma" else module
            weight = {
                "cheb": lambda u, v: -((degree[u] * degree[v]) ** -0.5),
                "arma": lambda u, v: (degree[u] * degree[v]) ** -0.5,
                "sage": lambda u, v: 1 / degree[v],
                "graph": lambda u, v: 1.0,
            }[op]
            expected = linear(layer.of_others, heard(graph, weight)) + linear(layer.of_own, SIGNALS)
            expected = expected.relu() if op == "arma" else expected
        torch.testing.assert_close(output, expected, rtol=1e-4, atol=1e-5)


def test_attention_of_nasbench_graph():
    module, graph, output = one_operation("gat")
    with torch.no_grad():
        values = linear(module.values, SIGNALS)
        for v in (0, 7):
            hears = [v, *graph[v]]
            for head, channels in enumerate((slice(0, 8), slice(8, 16))):
                one = values[:, channels]
                receiver = (one[:, :, v] * module.of_receiver[head].T).sum(dim=1, keepdim=True)
                sender = (one[:, :, hears] * module.of_sender[head]).sum(dim=1)
                share = functional.leaky_relu(receiver + sender, 0.2).softmax(dim=1)
                expected = (one[:, :, hears] * share[:, None]).sum(dim=2)
                torch.testing.assert_close(output[:, channels, v], expected, rtol=1e-4, atol=1e-5)


def test_nasbench_graph_normalises_what_is_not_raw():
    network = NASBenchGraphBuilder()(cell("01 12 23 34", ("skip", "fc", "fc")))[0]
    seen = []
    for op in network.ops:
        op.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    network(SIGNALS)
    torch.testing.assert_close(seen[1], SIGNALS)  # the skip hands on the raw input
    assert (seen[2] >= 0).all()
    assert (seen[2] == 0).any()


@pytest.mark.parametrize(
    ("builder", "architectures", "inputs", "n_classes"),
    [
        (NASBench201Builder(channels=4), SPACE201[np.arange(20, 15625, 3001)], IMAGES, 10),
        (NASBench101Builder(channels=8), nasbench101_space(max_vertices=5)[::401], IMAGES, 10),
        (
            NASBenchGraphBuilder(),
            [cell("01 12 13 34 24 45", GNN_OPS[i : i + 4]) for i in range(6)],
            SIGNALS,
            7,
        ),
    ],
    ids=["201", "101", "graph"],
)
def test_gradients_flow_through_what_lives(builder, architectures, inputs, n_classes):
    for architecture in ArchitectureSimplifier().fit_transform(architectures):
        network = builder(architecture)
        output = network(inputs)
        assert output.shape == (3, n_classes)
        (output**2).sum().backward()
        for name, weights in network.named_parameters():
            if "normalisations" in name and weights.grad is None:
                continue  # published networks have one for what arrives raw, too, and leave it out
            assert weights.grad is not None, name
            assert weights.grad.isfinite().all()


def test_builders_are_values():
    assert NASBench201Builder() == NASBench201Builder(channels=16)
    assert repr(NASBench101Builder()) == "NASBench101Builder(n_modules=1, channels=32, n_classes=10)"
    assert NASBenchGraphBuilder(channels=8, n_vertices=10).input_shape == (8, 10)
    assert NASBench201Builder(n_classes=7)(SPACE201[9])(IMAGES).shape == (3, 7)


@pytest.mark.parametrize(
    "builder",
    [NASBench101Builder(), NASBench201Builder(), NASBenchGraphBuilder()],
    ids=["101", "201", "graph"],
)
@pytest.mark.parametrize(
    ("edges", "ops", "match"),
    [
        (
            "01 12",
            ("input", "dense", "output"),
            "not support operation 'dense'; it supports '.*'. Rename",
        ),
        ("01", ("input", "input"), "2 input nodes; a cell must have exactly one"),
        ("01", ("output", "input"), "enters the input or leaves the output"),
    ],
)
def test_cells_that_cannot_be_built(builder, edges, ops, match):
    architecture = Architecture(cell(edges, ops[1:-1]).adjacency, ops)
    error = UnknownOperationError if "dense" in ops else ArchitectureError
    with pytest.raises(error, match=match):
        builder(architecture)


def test_cells_that_are_not_of_nasbench101():
    with pytest.raises(ArchitectureError, match="vertex 2 is on no path"):
        NASBench101Builder()(cell("01 02 13", (C1, C1)))
    doubled = Architecture([[0, 2, 0], [0, 0, 1], [0, 0, 0]], ("input", C1, "output"))
    with pytest.raises(ArchitectureError, match="the cell has parallel edges"):
        NASBench101Builder()(doubled)
