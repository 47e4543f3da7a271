"""Torch modules as architectures, against what torch itself counts and what the code says."""

import warnings
from pathlib import Path
from types import SimpleNamespace

import networkx as nx
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from fgp_sklearn.architectures import ArchitectureError, from_torch


class Residual(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, stride=2, padding=1)
        self.depthwise = nn.Conv2d(width, width, (1, 4), groups=width, padding="same", bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(width, 5)

    def forward(self, x):
        x = self.stem(x)
        y = self.drop(F.relu(self.norm(self.depthwise(x)), inplace=True))
        x = (x + y).mean((2, 3))
        return self.head(x.contiguous().to(torch.float32))


class Block(nn.Module):
    """A transformer block whose attention is written by hand, with a table of positions."""

    def __init__(self):
        super().__init__()
        self.positions = nn.Parameter(torch.zeros(1, 6, 8))
        self.norm = nn.LayerNorm(8)
        self.qkv = nn.Linear(8, 24)
        self.out = nn.Linear(8, 8, bias=False)

    def forward(self, x):
        x = x + self.positions * 2
        q, k, v = self.qkv(self.norm(x)).view(1, 6, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(1, 6, 8)
        return x + self.out(y)


class Tied(nn.Module):
    """A block that is called twice, and an embedding that is the head too."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(10, 8)
        self.block = nn.Sequential(nn.Linear(8, 8), nn.GELU())
        self.unused = nn.Linear(8, 4)
        self.head = nn.Linear(8, 10, bias=False)
        self.head.weight = self.words.weight

    def forward(self, tokens):
        return self.head(self.block(self.block(self.words(tokens))))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(8, 6, num_layers=2, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(12, 5, batch_first=True)

    def forward(self, x):
        return self.gru(self.lstm(x)[0])[1]


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)

    def forward(self, x):
        return self.layer(x)


IMAGE, SEQUENCE = torch.zeros(2, 3, 8, 8), torch.zeros(1, 6, 8)
CASES = [
    (Residual, IMAGE),
    (Block, SEQUENCE),
    (Recurrent, SEQUENCE),
    (Attention, SEQUENCE),
    (lambda: nn.Sequential(Residual(), nn.Sequential(nn.Linear(5, 3), nn.Tanh())), IMAGE),
]


def counted(module, example):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module.to("meta")(example.to("meta"))
    return counter.get_total_flops()


def operations(batch, index=0):
    return batch[index].ops


@pytest.mark.parametrize("level", ["operator", "module"])
@pytest.mark.parametrize(("make", "example"), CASES)
def test_sums_are_those_of_torch_and_every_node_lies_between_input_and_output(make, example, level):
    module = make()
    (graph,) = from_torch(module, example, level=level).to_networkx()
    assert sum(flops for _, flops in graph.nodes("flops")) == counted(module, example)
    assert sum(n for _, n in graph.nodes("parameters")) == sum(p.numel() for p in module.parameters())
    assert nx.is_directed_acyclic_graph(graph)
    assert [op for node, op in graph.nodes("op") if not graph.out_degree(node)] == ["output"]
    assert {op for node, op in graph.nodes("op") if not graph.in_degree(node)} == {"input"}


def test_operators_and_numbers_of_a_convolutional_network():
    (graph,) = from_torch(Residual(), IMAGE).to_networkx()
    ops = ["input", "conv", "dw_conv", "batch_norm", "relu", "add", "mean", "linear", "output"]
    assert [op for _, op in graph.nodes("op")] == ops
    assert set(graph.edges) == {(i, i + 1) for i in range(8)} | {(1, 5)}
    assert graph.nodes[1] == {
        "op": "conv",
        "kernel": 3,
        "stride": 2,
        "dilation": 1,
        "groups": 1,
        "in_channels": 3,
        "out_channels": 8,
        "parameters": 3 * 8 * 9 + 8,
        "flops": 2 * (3 * 8 * 9) * 16 * 2,
        "elements": 2 * 8 * 16,
    }
    assert graph.nodes[2]["kernel"] ** 2 == 4
    assert graph.nodes[2]["groups"] == 8
    assert graph.nodes[3] == {
        "op": "batch_norm",
        "in_channels": 8,
        "out_channels": 8,
        "parameters": 16,
        "flops": 0,
        "elements": 256,
    }


def test_attention_is_one_operator_and_parameters_reach_it_through_constants():
    batch = from_torch(Block(), SEQUENCE)
    (graph,) = batch.to_networkx()
    nodes = {op: graph.nodes[node] for node, op in graph.nodes("op")}
    assert nodes["attention"]["heads"] == 2
    assert nodes["attention"]["flops"] == 2 * 2 * (6 * 6 * 4) * 2
    first_add = next(node for node, op in graph.nodes("op") if op == "add")
    assert graph.nodes[first_add]["parameters"] == 48
    assert operations(batch)[1] == "add"  # the table times 2 is a constant


def test_tied_weights_count_once_and_repeated_calls_stay():
    with pytest.warns(UserWarning, match="not counted.*: 36 of 188 in architecture 0"):
        batch = from_torch(Tied(), torch.zeros(1, 4, dtype=torch.long), level="module")
    ops = ("input", "embedding", "linear", "gelu", "linear", "gelu", "linear", "output")
    assert operations(batch) == ops
    np.testing.assert_array_equal(batch.attributes["parameters"], [0, 80, 72, 0, 0, 0, 0, 0])


def test_levels_differ_where_a_module_has_several_operators():
    by_module = from_torch(Attention(), SEQUENCE, level="module")
    kinds = ["attention", "add", "layer_norm", "linear", "relu", "linear", "add", "layer_norm"]
    assert list(operations(by_module)) == ["input", *kinds, "output"]
    assert by_module.attributes["heads"][1] == 2
    assert by_module.attributes["out_channels"][1] == 8
    assert len(from_torch(Attention(), SEQUENCE).ops) > len(by_module.ops)


class InPlace(nn.Module):
    """Changes a part of a tensor that is read under its first name."""

    def forward(self, x):
        y = torch.sigmoid(x)
        y[:, 0] = torch.tanh(x[:, 0])
        return y * 2


def test_changes_of_parts_in_place_are_followed():
    (graph,) = from_torch(InPlace(), torch.zeros(2, 3)).to_networkx()
    tanh = next(node for node, op in graph.nodes("op") if op == "tanh")
    mul = next(node for node, op in graph.nodes("op") if op == "mul")
    assert nx.has_path(graph, tanh, mul)


class Decorated(nn.Module):
    """Computes a part in other settings of gradients and of precision."""

    def forward(self, x):
        with torch.enable_grad(), torch.autocast("cpu", enabled=False):
            y = torch.tanh(x)
        return torch.relu(x + y)


def test_parts_with_other_settings_are_read():
    batch = from_torch(Decorated(), torch.zeros(2, 3))
    assert operations(batch) == ("input", "tanh", "add", "relu", "output")


def test_the_module_stays_as_it_is():
    module = Residual().train()
    module.norm.eval()
    modes = {name: inner.training for name, inner in module.named_modules()}
    state = {name: value.clone() for name, value in module.state_dict().items()}
    from_torch(module, IMAGE)
    assert {name: inner.training for name, inner in module.named_modules()} == modes
    for name, value in module.state_dict().items():
        assert torch.equal(value, state[name])
    assert torch.backends.mha.get_fastpath_enabled()


class Caches(nn.Module):
    def __init__(self):
        super().__init__()
        self.cache = {}

    def forward(self, x):
        if "ones" not in self.cache:
            self.cache["ones"] = torch.ones_like(x)
        return x + self.cache["ones"]


def test_caches_that_a_module_fills_stay_empty():
    module = Caches()
    from_torch(module, IMAGE)
    assert module.cache == {}


class KeyCache:
    pass


class Decoder(nn.Module):
    """Returns a cache beside its output, as decoders of Hugging Face do."""

    def __init__(self):
        super().__init__()
        self.config = SimpleNamespace(use_cache=True)
        self.inner = nn.Linear(4, 4)
        self.inner.config = self.config

    def forward(self, x, use_cache=None):
        use_cache = self.config.use_cache if use_cache is None else use_cache
        return {"hidden": self.inner(x), **({"keys": KeyCache()} if use_cache else {})}


def test_caches_of_decoders_are_no_part_of_the_graph():
    module, x = Decoder(), torch.zeros(1, 4)
    batch = from_torch(module, {"x": x})
    assert batch[0].ops == ("input", "linear", "output")
    assert module.config.use_cache is True
    assert "keys" in module(x)
    with pytest.raises(ArchitectureError, match=r"returns a cache .*; put use_cache=False"):
        from_torch(module, {"x": x, "use_cache": True})


def test_forms_of_inputs_and_of_modules_give_the_same():
    module = Residual()
    expected = from_torch(module, IMAGE)
    traced = torch.fx.symbolic_trace(module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(module.eval(), (IMAGE,), strict=False)
        decomposed = program.run_decompositions()
    with torch.device("meta"):
        weightless = Residual()
    for network, example in (
        (module, (IMAGE,)),
        (module, {"x": IMAGE}),
        (module, lambda network: torch.zeros(2, network.stem.in_channels, 8, 8)),
        ([module], [IMAGE]),
        (traced, IMAGE),
        (weightless, IMAGE),
        (program, None),
    ):
        assert from_torch(network, example) == expected
    torch.fx.passes.shape_prop.ShapeProp(traced).propagate(IMAGE)
    assert from_torch(traced) == expected
    assert from_torch(decomposed).attributes["flops"].sum() == counted(module, IMAGE)


@pytest.mark.slow  # two processes import torch
def test_several_modules_in_several_processes(capsys):
    modules = [Residual(width) for width in (4, 8)]
    batch = from_torch(modules, IMAGE, n_jobs=2, verbose=True)
    assert "networks" in capsys.readouterr().err
    assert batch == from_torch(modules, [IMAGE, IMAGE])
    np.testing.assert_array_equal(
        np.bincount(batch.node_owner, weights=batch.attributes["parameters"]),
        [sum(p.numel() for p in module.parameters()) for module in modules],
    )


class Decides(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Identity()

    def forward(self, x):
        return self.inner(x) if x.sum() > 0 else -x


class Holder(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)


@pytest.mark.parametrize(
    ("module", "example", "message"),
    [
        (Holder(Decides()), IMAGE, r"architecture 1: 'inner' \(Decides\) decides by values of its inputs"),
        (Residual(), torch.zeros(1, 4, 8, 8), r"architecture 1: torch.export failed in 'stem' \(Conv2d\)"),
        (Residual(), None, r"architecture 1: Residual needs example inputs.*forward\(x\) as example_inputs"),
        (torch.fx.symbolic_trace(Residual()), None, "architecture 1: .*no recorded shapes"),
        (Residual(), 3, "architecture 1: its example inputs are int"),
        ("resnet18", None, "architecture 1: it is str; give a torch.nn.Module"),
    ],
)
def test_a_network_that_cannot_be_read_is_named(module, example, message):
    with pytest.raises(ArchitectureError, match=message) as raised:
        from_torch([Residual(), module], [IMAGE, example])
    assert raised.value.index == 1
    assert len(str(raised.value)) < 1000


@pytest.mark.parametrize(
    ("module", "example", "options", "message"),
    [
        ([], None, {}, "there are no modules"),
        ("net", None, {}, "expected a torch.nn.Module or a sequence of them, got str"),
        ([Residual()], [IMAGE, IMAGE], {}, "list of 2 for 1 modules"),
        (Residual(), IMAGE, {"level": "layer"}, "level must be one of 'operator', 'module', got 'layer'"),
    ],
)
def test_malformed_arguments(module, example, options, message):
    with pytest.raises(ValueError, match=message):
        from_torch(module, example, **options)


class Unknown(nn.Module):
    def forward(self, x):
        return torch.lgamma(torch.special.i0(x))


def test_unknown_operators_keep_their_names_and_one_warning_lists_them():
    with pytest.warns(UserWarning, match="'lgamma', 'special_i0'") as caught:
        batch = from_torch([Unknown(), Unknown()], torch.ones(2))
    assert len(caught) == 1
    assert operations(batch) == ("input", "special_i0", "lgamma", "output")


def test_networks_of_other_libraries(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
    import _networks
    import real_networks

    module, example = real_networks.made(_networks.networks()["hf/llama"])
    _, problems = real_networks.described("torch", module, example)
    assert problems == []
