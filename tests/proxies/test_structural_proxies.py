import itertools
import warnings

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

from fgp_sklearn import ArchitectureError, FGPEncoder, as_batch
from fgp_sklearn.architectures import Architecture, UnknownOperationError
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.persistence import PersistenceError, save
from fgp_sklearn.proxies import StructuralProxies
from tests.preprocessing.doubles import ReadsMatrices
from tests.strategies import batches, numbered
from tests.what_computes import pruned

COSTS = {"conv": {"params": 9, "flops": 2.5}, "pool": {"params": 0, "flops": 0.5}}
DIAMOND = [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]


def by_enumeration(architecture, costs):
    """Every feature from networkx and a list of all paths."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(architecture.ops)))
    graph.add_edges_from(zip(*np.nonzero(architecture.adjacency), strict=True))
    paths, n_paths = [], 0
    for source in (v for v in graph if not graph.in_degree(v)):
        for sink in (v for v in graph if not graph.out_degree(v)):
            for path in [[source]] if source == sink else nx.all_simple_paths(graph, source, sink):
                paths.append(path)
                n_paths += np.prod([architecture.adjacency[edge] for edge in itertools.pairwise(path)])
    features = {
        "depth": nx.dag_longest_path_length(graph) + 1,
        "width": max(map(len, nx.topological_generations(graph))),
        "paths": np.log1p(n_paths),
        "nodes": len(graph),
        "edges": graph.number_of_edges(),
    }
    for name in ("params", "flops"):
        cost = [costs.get(op, {name: 0})[name] for op in architecture.ops]
        features[name] = sum(cost)
        features[f"longest_{name}"] = max(sum(cost[v] for v in path) for path in paths)
    return features


@given(batches(max_size=3, max_nodes=7, max_multiplicity=2, ops=("input", "conv", "pool")))
def test_equals_the_enumeration_of_all_paths(batch):
    proxies = StructuralProxies(COSTS, null_ops=())
    features = proxies.fit_transform(batch)
    names = proxies.get_feature_names_out().tolist()
    for row, architecture in zip(features, batch, strict=True):
        expected = by_enumeration(pruned(architecture), COSTS)
        assert set(names) == set(expected)
        np.testing.assert_allclose(row, [expected[name] for name in names], rtol=1e-9, atol=1e-9)


def test_published_parameters_and_flops_of_nasbench201():
    n1, n3, avg, skip, none = "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3", "skip_connect", "none"
    cells = {  # parameters and FLOPs in millions, CIFAR-10, by operations of the edges 01, 02, 12, 03, 13, 23
        (n3, n3, n3, n3, n3, n3): (1.531546, 220.13),
        (n1, n3, none, avg, avg, n3): (0.587386, 82.5),
        (skip, avg, skip, skip, none, avg): (0.073306, 7.79),
    }
    space = nasbench201_space()
    ops = [tuple(cell.ops[1:7]) for cell in space]
    X = space[[ops.index(cell) for cell in cells]]
    features = StructuralProxies(count_dead=True).fit_transform(X)
    np.testing.assert_allclose(features[:, 0] / 1e6 + 0.073306, [p for p, _ in cells.values()], atol=1e-9)
    np.testing.assert_allclose(features[:, 1] / 1e6 + 7.785, [f for _, f in cells.values()], atol=0.01)


def test_dead_operations_count_on_demand_only():
    # input -> conv -> none -> output beside input -> pool -> output: the conv is dead
    adjacency = np.zeros((5, 5), dtype=int)
    adjacency[[0, 1, 2, 0, 3], [1, 2, 4, 3, 4]] = 1
    X = [(adjacency, ["input", "conv", "none", "pool", "output"])]
    features = StructuralProxies(COSTS).fit_transform(X)
    np.testing.assert_allclose(features[:, :9], [[0, 0.5, 0, 0.5, 3, 1, np.log(2), 3, 2]])
    features = StructuralProxies(COSTS, count_dead=True).fit_transform(X)
    np.testing.assert_allclose(features[:, :9], [[9, 3, 0, 0.5, 3, 1, np.log(2), 3, 2]])
    features = StructuralProxies(COSTS | {"none": {"params": 0, "flops": 0}}, null_ops=()).fit_transform(X)
    np.testing.assert_allclose(features[:, :9], [[9, 3, 9, 2.5, 4, 2, np.log(3), 5, 5]])
    cut = [(np.eye(3, k=1), ["input", "none", "output"])]
    np.testing.assert_allclose(StructuralProxies(COSTS).fit_transform(cut)[0, :5], [0, 0, 0, 0, 1])


def test_plain_numbers_and_integer_operations():
    proxies = StructuralProxies({0: 1, 1: 2.5, 2: 0})
    X = [(DIAMOND, [2, 0, 1, 2])]
    np.testing.assert_allclose(proxies.fit_transform(X)[:, :7], [[3.5, 2.5, 3, 2, np.log(3), 4, 4]])
    names = ["cost", "longest_cost", "depth", "width", "paths", "nodes", "edges"]
    assert proxies.get_feature_names_out().tolist()[:7] == names
    assert proxies.cost_names_ == ("cost",)


def test_ends_are_free_unless_priced():
    X = [(np.eye(2, k=1), ["input", "output"])]
    assert StructuralProxies({"conv": 1.0}).fit_transform(X)[0, 0] == 0
    assert StructuralProxies({"conv": 1.0, "input": 3.0}).fit_transform(X)[0, 0] == 3


@pytest.mark.parametrize(
    ("op", "params"),
    [
        ("conv1x1-bn-relu", lambda c: c * c + 2 * c),
        ("conv_7x7", lambda c: 49 * c * c + 2 * c),
        ("sep_conv_3x3", lambda c: 2 * (9 * c + c * c + 2 * c)),
        ("dil_conv_5x5", lambda c: 25 * c + c * c + 2 * c),
        ("mb3_k5", lambda c: c * 3 * c + 25 * 3 * c + 3 * c * c + 2 * (3 * c + 3 * c + c)),
        ("maxpool3x3", lambda c: 0),
        ("skip_connect", lambda c: 0),
    ],
)
def test_default_parameters_by_counting_weights(op, params):
    features = StructuralProxies().fit_transform([(np.eye(3, k=1), ["input", op, "output"])])
    assert features[0, 0] == 5 * sum(params(c) for c in (16, 32, 64))


def test_large_networks_do_not_overflow():
    n = 400
    dense = np.triu(np.ones((n, n), dtype=int), 1)
    X = as_batch([Architecture(dense * 1e30, ("input", *["conv"] * (n - 2), "output"))])
    features = StructuralProxies({"conv": 1.0}).fit_transform(X)
    assert np.isfinite(features).all()
    assert features[0, :4].tolist() == [n - 2, n - 2, n, 1]


def test_unknown_operations_are_an_error():
    X = [(DIAMOND, ["input", "conv3x3", "pool", "output"]), (DIAMOND, ["input", "gcn", "pool", "output"])]
    match = r"^architecture 1: operation 'gcn' has no cost; operations with costs .*with an entry for 'gcn'"
    with pytest.raises(UnknownOperationError, match=match):
        StructuralProxies().fit(X)
    with pytest.raises(UnknownOperationError, match=match):
        StructuralProxies().fit(X[:1]).transform(X)


@pytest.mark.parametrize(
    ("op_costs", "match"),
    [
        ({}, "op_costs is empty"),
        (
            {"conv": 1.0, "pool": {"params": 1}},
            r"'pool' has the names 'params', but others have 'cost'",
        ),
        ({"conv": {"params": 1}, "pool": {"flops": 1}}, "use the same names for every operation"),
        ({"conv": float("nan")}, "pass finite numbers"),
        ({"conv": "9"}, "op_costs of 'conv' must hold real numbers"),
        ({"conv": {}}, "pass finite numbers"),
        ({"conv": {1: 2}}, "use the same names for every operation"),
    ],
)
def test_costs_that_make_no_sense(op_costs, match):
    with pytest.raises(ValueError, match=match):
        StructuralProxies(op_costs).fit([(np.eye(2, k=1), ["input", "output"])])


def test_types_of_parameters():
    with pytest.raises(InvalidParameterError, match="'op_costs' parameter"):
        StructuralProxies("params").fit([(np.eye(2, k=1), ["input", "output"])])
    with pytest.raises(InvalidParameterError, match="'count_dead' parameter"):
        StructuralProxies(count_dead="yes").fit([(np.eye(2, k=1), ["input", "output"])])


def test_forms_of_input_agree_and_order_of_nodes_does_not_matter():
    cells = nasbench201_space()[::1000]
    proxies = StructuralProxies()
    expected = proxies.fit_transform(cells)
    for X in (list(cells), cells.to_networkx(), cells.to_pairs()):
        np.testing.assert_array_equal(proxies.transform(X), expected)
    order = np.random.default_rng(0).permutation(8)
    turned = [(a[np.ix_(order, order)], [ops[i] for i in order]) for a, ops in cells.to_pairs()]
    np.testing.assert_allclose(proxies.transform(turned), expected, rtol=1e-12)
    frame = StructuralProxies().set_output(transform="pandas").fit_transform(cells)
    assert frame.columns.tolist() == proxies.get_feature_names_out().tolist()


def test_as_proxies_of_pretraining():
    cells = nasbench201_space()[::400]
    encoder = FGPEncoder(hidden_dim=8, max_epochs=1, surrogate_weight=0.0, random_state=0)
    first = encoder.fit(cells, proxies=StructuralProxies().fit_transform).transform(cells)
    second = encoder.fit(cells, proxies=StructuralProxies().fit(cells).transform(cells)).transform(cells)
    np.testing.assert_array_equal(first, second)


CHAIN = [[0, 1, 0], [0, 0, 1], [0, 0, 0]]


def with_numbers(op, *all_numbers):
    """A chain of input, the operation, and output, for each dict of numbers."""
    return as_batch(
        [(CHAIN, ["input", {"op": op, **numbers}, "output"]) for numbers in all_numbers],
        attributes=sorted({name for numbers in all_numbers for name in numbers}),
    )


@given(st.lists(numbered(), min_size=1, max_size=3))
def test_functions_of_attributes_equal_the_enumeration_of_all_paths(batch):
    def of_conv(kernel=1.0, *, width=2.0):
        return {"params": kernel**2 * width, "flops": kernel + width}

    proxies = StructuralProxies({"conv": of_conv, "pool": {"flops": 1, "params": 0}}, null_ops=())
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "no cost depends on")
        features = proxies.fit_transform(batch)
    names = proxies.get_feature_names_out().tolist()
    for row, architecture in zip(features, batch, strict=True):
        costs = []
        for v, op in enumerate(architecture.ops):
            kernel, width = (architecture.attributes[name][v] for name in ("kernel", "width"))
            kernel, width = (1.0 if np.isnan(kernel) else kernel), (2.0 if np.isnan(width) else width)
            is_conv = op == "conv"
            costs.append({"params": kernel**2 * width * is_conv, "flops": kernel + width if is_conv else 1.0})
        alone = Architecture(architecture.adjacency, tuple(range(len(costs))))
        expected = by_enumeration(alone, dict(enumerate(costs)))
        np.testing.assert_allclose(row, [expected[name] for name in names], rtol=1e-9, atol=1e-9)


def test_default_costs_with_attributes_equal_those_of_names():
    names = [f"mb{e}_k{k}" for e in (3, 6) for k in (3, 5, 7)]
    by_name = StructuralProxies().fit_transform([(CHAIN, ["input", name, "output"]) for name in names])
    numbers = [{"expansion": e, "kernel": k} for e in (3, 6) for k in (3, 5, 7)]
    for op in ("mbconv", "MBConv", "a_block"):
        np.testing.assert_allclose(StructuralProxies().fit_transform(with_numbers(op, *numbers)), by_name)
    kernels = [{"kernel": k} for k in (1, 3, 5, 7)]
    for op, name in [("conv", "conv_{0}x{0}"), ("nor_conv", "nor_conv_{0}x{0}")]:
        by_name = [(CHAIN, ["input", name.format(k), "output"]) for k in (1, 3, 5, 7)]
        found = StructuralProxies().fit_transform(with_numbers(op, *kernels))
        np.testing.assert_allclose(found, StructuralProxies().fit_transform(by_name))


def test_default_parameters_with_attributes_by_counting_weights():
    width, ratio = 128, 3
    block = nn.TransformerEncoderLayer(width, 2, ratio * width)
    mlp = nn.Sequential(nn.Linear(width, ratio * width), nn.Linear(ratio * width, width))
    mbconv = nn.Sequential(
        *(nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)),
        *(nn.Conv2d(4 * width, 4 * width, 5, groups=4 * width, bias=False), nn.BatchNorm2d(4 * width)),
        *(nn.Conv2d(4 * width, width, 1, bias=False), nn.BatchNorm2d(width)),
    )
    for op, module, numbers in [
        ("attention", block.self_attn, {"heads": 2}),
        ("mlp", mlp, {"mlp_ratio": ratio}),
        ("mbconv", mbconv, {"kernel": 5, "expansion": 4}),
        ("linear", nn.Linear(width, width), {}),
        ("conv", nn.Sequential(nn.Conv2d(width, width, 5, bias=False), nn.BatchNorm2d(width)), {"kernel": 5}),
    ]:
        batch = with_numbers(op, {"width": width, **numbers})
        weights = sum(weight.numel() for weight in module.parameters())
        assert StructuralProxies().fit_transform(batch)[0, 0] == weights


def test_every_known_attribute_changes_the_default_costs():
    for op, usual in [
        ("mbconv", {"kernel": 3, "expansion": 6, "width": 16, "repeats": 1, "stride": 1, "resolution": 32}),
        ("transformer", {"heads": 4, "mlp_ratio": 4, "embed_dim": 64, "layers": 1}),
        ("layer", {"heads": 4, "mlp_ratio": 4}),
    ]:
        for name in usual:
            few, many = with_numbers(op, usual, usual | {name: 2 * usual[name]}), StructuralProxies()
            features = many.fit_transform(few)
            assert (features[0, :2] != features[1, :2]).any()


def test_costs_that_nodes_carry_are_summed_whatever_the_operation():
    layer = {"op": "conv", "parameters": 5.0, "flops": 70.0, "kernel": 3.0, "elements": 8.0}
    other = {"op": "_unknown_", "parameters": 2.0, "flops": 0.0}
    pool = [([[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0] * 4], ["input", layer, other, "output"])]
    batch = as_batch(pool, attributes=["parameters", "flops", "kernel", "elements"])
    costs = StructuralProxies().fit_transform(batch)
    assert costs[0, :4].tolist() == [7, 70, 5, 70]


def test_attributes_that_no_cost_depends_on_are_a_warning():
    batch = with_numbers("conv", {"kernel": 3, "dropout": 0.1}, {"kernel": 5, "dropout": 0.2})
    with pytest.warns(UserWarning, match="no cost depends on the attributes 'dropout'"):
        StructuralProxies().fit(batch)
    with pytest.warns(UserWarning, match="no cost depends on the attributes 'dropout', 'kernel'"):
        StructuralProxies({"conv": 1.0}).fit(batch)
    StructuralProxies({"conv": 1.0}, attributes=()).fit(batch)
    StructuralProxies({"conv": lambda **numbers: sum(numbers.values())}).fit(batch)


def test_functions_that_make_no_sense(tmp_path):
    batch = with_numbers("conv", {"kernel": 3, "width": 1}, {"kernel": None, "width": 2})
    with pytest.raises(ArchitectureError, match=r"architecture 1: .*'conv' lacks the attribute 'kernel'"):
        StructuralProxies({"conv": lambda kernel: kernel}).fit(batch)
    with pytest.raises(ValueError, match=r"'conv' gives .*return finite numbers"):
        StructuralProxies({"conv": lambda width: np.inf}).fit(batch)
    with pytest.raises(ValueError, match=r"'conv' gives the names 'flops', but others have 'params'"):
        StructuralProxies({"conv": lambda width: {"flops": width}, "pool": {"params": 1}}).fit(batch)
    fitted = StructuralProxies({"conv": lambda width: width}, attributes=["width"]).fit(batch)
    with pytest.raises(PersistenceError, match=r"op_costs.conv is a function"):
        save(fitted, tmp_path / "proxies.safetensors")
    with pytest.raises(UnknownOperationError, match=r"architecture 0: .*'pool' has no cost; .*'conv'"):
        StructuralProxies({"conv": lambda width: width}).fit(with_numbers("pool", {"width": 1}))


class ProxiesOfMatrices(ReadsMatrices, StructuralProxies):
    pass


@parametrize_with_checks([ProxiesOfMatrices(null_ops=(), op_costs={"none": 0.0, "conv": 1.0})])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_costs_hold_for_all_spellings():
    chain = np.eye(3, k=1, dtype=int)
    X = [(chain, ["input", op, "output"]) for op in ("Conv3x3", "conv_3x3", "conv3")]
    assert StructuralProxies({"conv3": 7.0}).fit_transform(X)[:, 0].tolist() == [7.0, 7.0, 7.0]
    with pytest.raises(UnknownOperationError, match="'conv5x5' has no cost"):
        StructuralProxies({"conv3": 7.0}).fit([(chain, ["input", "conv5x5", "output"])])


def test_costs_of_parts_are_those_of_their_operations():
    ops = ["sep_conv_3x3", "max_pool_3x3", "mb3_k5", "Zero"]
    plain, in_part = ([(CHAIN, ["input", part + op, "output"]) for op in ops] for part in ("", "normal/"))
    for proxies in (
        StructuralProxies(null_ops=None),
        StructuralProxies({"SepConv3x3": 7.0, "max_pool_3x3": 2.0, "mb3_k5": 3.0}),
    ):
        expected = proxies.fit_transform(plain)
        assert len(np.unique(expected[:, 0])) > 2
        np.testing.assert_array_equal(proxies.fit_transform(in_part), expected)
    listed = StructuralProxies({"normal/sep_conv_3x3": 1.0, "sep_conv_3x3": 7.0}).fit_transform(in_part[:1])
    assert listed[0, 0] == 1


@pytest.mark.parametrize("op", ["conv", "sep_conv", "transformer", "max_pool"])
def test_formulas_of_parts_are_those_of_their_operations(op):
    numbers = [{"kernel": 3, "width": 8, "heads": 2}, {"kernel": 5, "width": 16, "heads": 4}]
    with warnings.catch_warnings(action="ignore"):
        expected = StructuralProxies().fit_transform(with_numbers(op, *numbers))
        found = StructuralProxies().fit_transform(with_numbers(f"reduce/{op}", *numbers))
    np.testing.assert_array_equal(found, expected)
    assert (expected[0, 0] != expected[1, 0]) == (op != "max_pool")


def test_functions_hold_for_all_spellings_unless_one_is_listed():
    batch = with_numbers("Conv3x3", {"width": 2}, {"width": 3})
    by_width = {"conv3": lambda width: width**2}
    for op in ("Conv3x3", "conv_3x3", "normal/conv3"):
        found = StructuralProxies(by_width).fit_transform(with_numbers(op, {"width": 2}, {"width": 3}))
        assert found[:, 0].tolist() == [4.0, 9.0]
    with pytest.warns(UserWarning, match="no cost depends on the attributes 'width'"):
        found = StructuralProxies({**by_width, "Conv3x3": 5.0}).fit_transform(batch)
    assert found[:, 0].tolist() == [5.0, 5.0]


BLOCKS = [([[0, 1], [0, 0]], ["input", {"op": "mbconv", "width": width}]) for width in (8, 0)]


@pytest.mark.parametrize(
    ("formula", "index", "problem"),
    [
        (lambda width: 1 / width, 1, r"raised ZeroDivisionError\('.*'\) for \{'width': 0.0\}"),
        (lambda width: [width], 0, r"returns \[8.0\] for \{'width': 8.0\}; return a number"),
        (lambda width: {"params": np.ones(2)}, 0, r"returns \{'params': array"),
        (lambda width: "many" if width else 3, 0, "returns 'many' for"),
        (lambda width: None, 0, "returns None for"),
    ],
)
def test_a_function_of_the_user_gives_one_number(formula, index, problem):
    costs = StructuralProxies(op_costs={"mbconv": formula}, attributes=["width"])
    with pytest.raises(ArchitectureError, match=f"op_costs of 'mbconv' {problem}") as caught:
        costs.fit(BLOCKS)
    assert caught.value.index == index


def test_a_mistyped_operation_is_named_beside_the_right_one():
    costs = StructuralProxies(op_costs={"mbcnv": 3.0}, attributes=["width"])
    with pytest.raises(ValueError, match=r"'mbconv' has no cost.*\('mbcnv' is no operation of these"):
        costs.fit(BLOCKS)
