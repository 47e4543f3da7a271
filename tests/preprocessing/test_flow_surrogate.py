import itertools
import math
import pickle
import time
from operator import mul

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.estimator_checks import parametrize_with_checks

from fgp_sklearn import ArchitectureBatch, ArchitectureError, ArchitectureSimplifier, FlowSurrogate, as_batch
from fgp_sklearn.architectures import Architecture
from fgp_sklearn.datasets import nasbench201_space
from tests.preprocessing.doubles import ReadsMatrices
from tests.strategies import architectures, batches, centre_and_spread, numbered
from tests.what_computes import pruned

SETTINGS = list(
    itertools.product(
        ("sum", "mean", "max"),
        ("tanh", "relu", "identity"),
        ("ends", "sources"),
        (1, 3),
        ((), ("none", "skip")),
    )
)
DIAMOND = [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]


# ------------------------------------------------------- the twin: one node after the other


def graph_of(architecture):
    graph = nx.DiGraph()
    for node, op in enumerate(architecture.ops):
        graph.add_node(node, op=op)
    for source, target in zip(*np.nonzero(architecture.adjacency), strict=True):
        graph.add_edge(int(source), int(target), count=int(architecture.adjacency[source, target]))
    return graph


def drawn(surrogate, ops):
    """The start message, row and shares of each operation, and the mixing matrix of each draw."""
    k, draws = surrogate.n_components, surrogate.n_draws
    scale = 1 / math.sqrt(k) if surrogate.scale == "auto" else surrogate.scale
    generator = np.random.default_rng(surrogate.seed_)
    start = generator.uniform(size=(draws, k))
    mixing = generator.normal(scale=scale, size=(draws, 2 * k, k))
    rows, shares = {}, {}
    for op in ops:
        own = np.random.default_rng([surrogate.seed_, *op.encode()])
        rows[op] = own.normal(scale=scale, size=(draws, k))
        shares[op] = own.uniform(size=(draws, k)) if surrogate.alpha == "random" else surrogate.alpha
        shares[op] = np.broadcast_to(shares[op], (draws, k))
    return [
        (
            start[d].tolist(),
            {op: (row[d].tolist(), shares[op][d].tolist()) for op, row in rows.items()},
            mixing[d].T.tolist(),
        )
        for d in range(draws)
    ]


def added(vectors):
    return [sum(column) for column in zip(*vectors, strict=True)]


def pass_over(graph, order, senders, states, of_op, columns, surrogate, ends=()):
    """Fill in the states of the nodes that have senders, in the given order; ends hand on what they get."""
    activation = {"relu": lambda x: max(x, 0.0), "tanh": math.tanh, "identity": lambda x: x}
    phi = activation[surrogate.activation]
    for node in order:
        if node in states:
            continue
        arriving = [(states[v], graph.edges[edge]["count"]) for v, edge in senders(node)]
        if surrogate.aggregation == "max":
            message = [max(column) for column in zip(*(s for s, _ in arriving), strict=True)]
        else:
            message = added([x * count for x in state] for state, count in arriving)
            if surrogate.aggregation == "mean":
                total = sum(count for _, count in arriving)
                message = [x / total for x in message]
        if node in ends:
            states[node] = message
            continue
        row, shares = of_op[graph.nodes[node]["op"]]
        transformed = [phi(sum(map(mul, row + message, column))) for column in columns]
        states[node] = [a * m + (1 - a) * t for a, m, t in zip(shares, message, transformed, strict=True)]


def direction_and_length(message):
    length = math.sqrt(sum(x * x for x in message))
    return [x / (length or 1.0) * math.sqrt(len(message)) for x in message] + [math.log1p(length)]


def start_of(start, graph, node):
    return start[graph.nodes[node]["op"]] if isinstance(start, dict) else start


def twin_of_one(graph, draws, surrogate):
    order = list(nx.topological_sort(graph))
    sources = [v for v in graph if graph.in_degree(v) == 0]
    sinks = [v for v in graph if graph.out_degree(v) == 0]
    before, after = (
        lambda v: [(p, (p, v)) for p in graph.predecessors(v)],
        lambda v: [(s, (v, s)) for s in graph.successors(v)],
    )
    at_sinks, at_sources = [], []
    for start, of_op, columns in draws:
        given = of_op, columns, surrogate
        forward = {v: start_of(start, graph, v) for v in sources}
        if surrogate.pooling == "sources":
            pass_over(graph, order, before, forward, *given)
            backward = {v: forward[v] for v in sinks}
            pass_over(graph, reversed(order), after, backward, *given)
            at_sources += added(backward[v] for v in sources)
        else:
            pass_over(graph, order, before, forward, *given, ends=sinks)
            backward = {v: start_of(start, graph, v) for v in sinks}
            pass_over(graph, reversed(order), after, backward, *given, ends=sources)
            at_sinks += direction_and_length(added(forward[v] for v in sinks))
            at_sources += direction_and_length(added(backward[v] for v in sources))
    return at_sinks + at_sources


def twin(batch, surrogate):
    null_ops = ("none",) if surrogate.null_ops == "auto" else surrogate.null_ops
    graphs = [graph_of(pruned(architecture, null_ops)) for architecture in batch]
    draws = drawn(surrogate, {op for graph in graphs for _, op in graph.nodes(data="op")})
    return np.array([twin_of_one(graph, draws, surrogate) for graph in graphs])


def assert_equals_twin(surrogate, batch):
    features = surrogate.fit_transform(batch)
    expected = twin(batch, surrogate)
    assert features.dtype == np.float64
    # Flow grows with the number of paths: 1e-10 of the largest number, and of 1 where all are small.
    np.testing.assert_allclose(features, expected, rtol=1e-10, atol=1e-10 * max(1.0, np.abs(expected).max()))


def drawn_for_numbers(surrogate, batch):
    """As `drawn`, for graphs whose operations are positions of nodes in the batch."""
    k, draws = surrogate.n_components, surrogate.n_draws
    scale = 1 / math.sqrt(k)
    columns = {name: (x - c) / s for name, x in batch.attributes.items() for c, s in [centre_and_spread(x)]}
    found = [(start, {}, {}, matrix) for start, _, matrix in drawn(surrogate, ())]
    for node, code in enumerate(batch.ops):
        op = batch.vocabulary[code]
        plain = drawn(surrogate, {op})
        has = {name: x[node] for name, x in columns.items() if not np.isnan(x[node])}
        angle = np.zeros((3, draws, k))
        for name, x in has.items():
            own = np.random.default_rng([surrogate.seed_, *op.encode(), 256, *name.encode()])
            angle += x * own.normal(scale=0.15, size=(3, draws, k))
            angle += own.uniform(0, 2 * math.pi, size=(3, draws, k))
        waves = math.sqrt(2) * np.cos(angle) if has else np.zeros_like(angle)
        for d, (start, starts, of_node, _) in enumerate(found):
            row, share = plain[d][1][op]
            if surrogate.alpha == "random" and has:
                share = [
                    1 / (1 + (1 - s) / s * math.exp(-w)) for s, w in zip(share, waves[2, d], strict=True)
                ]
            starts[node] = [r + w / math.sqrt(3) for r, w in zip(start, waves[0, d], strict=True)]
            of_node[node] = [p + scale * w for p, w in zip(row, waves[1, d], strict=True)], share
    return [(starts, of_node, matrix) for _, starts, of_node, matrix in found]


@given(
    st.lists(numbered(), min_size=1, max_size=3), st.sampled_from(SETTINGS), st.sampled_from([0.5, "random"])
)
def test_flows_with_attributes_equal_the_node_by_node_twin(members, setting, alpha):
    aggregation, activation, pooling, n_draws, _ = setting
    surrogate = FlowSurrogate(
        3, alpha=alpha, aggregation=aggregation, activation=activation, pooling=pooling, n_draws=n_draws,
        null_ops=(), random_state=0,
    )  # fmt: skip
    batch = as_batch(members)
    features = surrogate.fit_transform(batch)
    graphs, node = [], 0
    for member in batch:
        graphs.append(graph_of(member))
        nx.set_node_attributes(graphs[-1], {v: node + v for v in graphs[-1]}, "op")
        node += len(member.ops)
    draws = drawn_for_numbers(surrogate, batch)
    expected = np.array([twin_of_one(graph, draws, surrogate) for graph in graphs])
    np.testing.assert_allclose(features, expected, rtol=1e-9, atol=1e-9 * max(1.0, np.abs(expected).max()))


def test_attributes_that_a_node_lacks_add_nothing():
    chain, ops = np.eye(4, k=1), ("input", "conv", "conv", "output")
    plain = Architecture(chain, ops)
    other = Architecture(chain, ops, attributes={"kernel": [np.nan, 3, 5, np.nan]})
    alone = FlowSurrogate(4, random_state=0).fit_transform([plain])
    beside = FlowSurrogate(4, random_state=0).fit_transform(as_batch([plain, other], attributes=["kernel"]))
    np.testing.assert_allclose(beside[0], alone[0], rtol=1e-12)
    assert np.abs(beside[1] - beside[0]).max() > 0.01


def test_nearer_numbers_carry_nearer_flows():
    kernels = np.linspace(0, 10, 11)
    chain, ops = np.eye(3, k=1), ("input", "conv", "output")
    pool = [Architecture(chain, ops, attributes={"kernel": [np.nan, k, np.nan]}) for k in kernels]
    flows = FlowSurrogate(64, random_state=0).fit_transform(pool)
    steps = np.linalg.norm(np.diff(flows, axis=0), axis=1)
    assert steps.min() > 0
    far = np.linalg.norm(flows[0] - flows[-1])
    assert steps.max() < far / 2


@given(
    st.lists(architectures(max_nodes=20, max_multiplicity=3), min_size=1, max_size=3),
    st.sampled_from(SETTINGS),
    st.integers(1, 6),
    st.sampled_from([0.0, 0.3, 0.5, 1.0, "random"]),
    st.sampled_from(["auto", 0.1, 1.0]),
)
def test_equals_the_node_by_node_twin(members, setting, n_components, alpha, scale):
    aggregation, activation, pooling, n_draws, null_ops = setting
    surrogate = FlowSurrogate(
        n_components,
        alpha=alpha,
        scale=scale,
        aggregation=aggregation,
        activation=activation,
        pooling=pooling,
        null_ops=null_ops,
        n_draws=n_draws,
        random_state=0,
    )
    assert_equals_twin(surrogate, as_batch(members))


@pytest.mark.parametrize(
    ("aggregation", "activation", "pooling", "n_draws", "null_ops"),
    SETTINGS,
    ids=["-".join(map(str, setting)) for setting in SETTINGS],
)
def test_every_setting_equals_the_twin_on_cells(aggregation, activation, pooling, n_draws, null_ops):
    cells = nasbench201_space()[::1500]
    surrogate = FlowSurrogate(
        4,
        aggregation=aggregation,
        activation=activation,
        pooling=pooling,
        n_draws=n_draws,
        null_ops=null_ops,
        random_state=1,
    )
    assert_equals_twin(surrogate, cells)


@pytest.mark.parametrize("aggregation", ["sum", "mean", "max"])
@pytest.mark.parametrize("pooling", ["ends", "sources"])
@pytest.mark.parametrize("standardize", [False, True])
def test_float32_has_six_digits(aggregation, pooling, standardize):
    simplifier = ArchitectureSimplifier(identity_ops=["skip_connect"])  # makes parallel edges
    cells = simplifier.fit_transform(nasbench201_space()[::150])
    assert cells.multiplicity is not None
    exact = FlowSurrogate(
        8, aggregation=aggregation, pooling=pooling, standardize=standardize, n_draws=2, random_state=0
    )
    rough = clone(exact).set_params(precision="float32")
    expected, features = exact.fit_transform(cells), rough.fit_transform(cells)
    assert (expected.dtype, features.dtype) == (np.float64, np.float32)
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
    assert not np.array_equal(features, expected)


def test_columns_that_are_constant_but_for_rounding_in_float32():
    alike = [(DIAMOND, ["input", "conv", "pool", "output"]), (DIAMOND, ["input", "pool", "conv", "output"])]
    surrogate = FlowSurrogate(8, precision="float32", standardize=True, random_state=0)
    np.testing.assert_array_equal(surrogate.fit_transform(alike * 2), 0.0)


@pytest.mark.parametrize(
    ("space", "k", "std"), [("nasbench101", 4, 1.0), ("nasbench201", 7, 0.1), ("nasbench301", 12, 0.1)]
)
@given(batch=batches(max_size=3))
def test_the_published_surrogate_equals_the_twin(space, k, std, batch):
    surrogate = FlowSurrogate.from_paper(space, random_state=0)
    expected = FlowSurrogate(
        k,
        alpha=0.5,
        scale=std,
        aggregation="sum",
        activation="relu",
        pooling="sources",
        null_ops=(),
        n_draws=1,
    )
    expected = expected.set_params(random_state=0, standardize=False)
    assert surrogate.get_params() == expected.get_params()
    assert_equals_twin(surrogate, batch)


def test_the_whole_space_a_hundred_times_faster_than_the_twin():
    space = nasbench201_space()
    surrogate = FlowSurrogate(random_state=0).fit(space)
    some = space[::78]

    def seconds(function, *arguments):  # of processors, all threads together: others may be at work
        begin = time.process_time()
        function(*arguments)
        return time.process_time() - begin

    twin_took = min(seconds(twin, some, surrogate) for _ in range(3)) * len(space) / len(some)
    took = min(seconds(surrogate.transform, space) for _ in range(12))
    assert twin_took > 100 * took
    np.testing.assert_allclose(
        surrogate.transform(space)[::78], twin(some, surrogate), rtol=1e-10, atol=1e-10
    )


# ------------------------------------------------------------------------------ properties


@given(batches(max_multiplicity=3), st.sampled_from(SETTINGS), st.randoms(use_true_random=False))
def test_the_order_of_nodes_does_not_matter(batch, setting, random):
    aggregation, activation, pooling, n_draws, null_ops = setting
    relabelled = []
    for architecture in batch:
        order = list(range(len(architecture.ops)))
        random.shuffle(order)
        ops = tuple(architecture.ops[i] for i in order)
        relabelled.append(Architecture(architecture.adjacency[np.ix_(order, order)], ops))
    surrogate = FlowSurrogate(
        3,
        aggregation=aggregation,
        activation=activation,
        pooling=pooling,
        n_draws=n_draws,
        null_ops=null_ops,
        random_state=0,
    )
    features = surrogate.fit_transform(batch)
    tolerance = 1e-10 * max(1.0, np.abs(features).max())
    np.testing.assert_allclose(surrogate.transform(relabelled), features, rtol=1e-10, atol=tolerance)


@given(batches(min_size=2))
def test_an_architecture_has_the_same_row_in_any_company(batch):
    surrogate = FlowSurrogate(3, random_state=0).fit(batch)
    alone = np.vstack([surrogate.transform([architecture]) for architecture in batch])
    together = surrogate.transform(batch)
    np.testing.assert_allclose(alone, together, rtol=1e-10, atol=1e-10 * max(1.0, np.abs(together).max()))


def test_stretches_of_a_large_batch_join_without_a_seam(monkeypatch):
    cells = nasbench201_space()[::50]
    surrogate = FlowSurrogate(5, n_draws=2, random_state=0).fit(cells)
    expected = surrogate.transform(cells)
    monkeypatch.setattr("fgp_sklearn.preprocessing._stretches._STATES_AT_ONCE", 500)
    np.testing.assert_allclose(surrogate.transform(cells), expected, rtol=1e-12)


def test_null_operations_carry_no_flow():
    with_null = (DIAMOND, ["input", "conv", "none", "output"])
    without = ([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "conv", "output"])
    surrogate = FlowSurrogate(4, random_state=0).fit([with_null])
    np.testing.assert_allclose(surrogate.transform([with_null]), surrogate.transform([without]), rtol=1e-14)
    published = FlowSurrogate(4, null_ops=(), random_state=0).fit([with_null])
    assert not np.allclose(published.transform([with_null]), published.transform([without]))


def test_parallel_edges_count_as_often_as_they_occur():
    double = Architecture([[0, 2], [0, 0]], ("input", "output"))
    linear = FlowSurrogate(3, alpha=1.0, random_state=0)  # hands messages on unchanged
    start = np.random.default_rng(linear.fit([double]).seed_).uniform(size=3)
    expected = np.tile(direction_and_length(2 * start), 2)
    np.testing.assert_allclose(linear.transform([double])[0], expected)


def test_rows_go_by_name():
    ops = ["input", "conv", "pool", "output"]
    codes = [[0, 1, 2, 3]]
    straight = ArchitectureBatch.from_arrays(DIAMOND, codes, ops)
    other_order = ArchitectureBatch.from_arrays(
        DIAMOND, [[2, 4, 1, 0]], ["output", "pool", "input", "x", "conv"]
    )
    surrogate = FlowSurrogate(4, random_state=0)
    expected = surrogate.fit_transform(straight)
    np.testing.assert_array_equal(surrogate.transform(other_order), expected)
    np.testing.assert_array_equal(surrogate.fit_transform(other_order), expected)
    renamed = surrogate.transform([(DIAMOND, ["input", "conv", "dense", "output"])])  # not seen in fit
    assert not np.allclose(renamed, expected)


def test_any_name_has_a_row():
    X = [(DIAMOND, ["", "\ud800", "\N{GREEK SMALL LETTER PHI}", "7"])]
    assert np.isfinite(FlowSurrogate(2, random_state=0).fit_transform(X)).all()


def test_standardize():
    cells = nasbench201_space()[::40]
    plain = FlowSurrogate(4, null_ops=(), random_state=0).fit(cells)
    surrogate = clone(plain).set_params(standardize=True)
    raw, features = plain.transform(cells), surrogate.fit_transform(cells)
    np.testing.assert_allclose(features, (raw - raw.mean(axis=0)) / raw.std(axis=0), atol=1e-9)
    some = surrogate.transform(cells[:5])  # by the statistics of fit, not its own
    np.testing.assert_allclose(some, features[:5], atol=1e-9)
    alike = FlowSurrogate(4, standardize=True, random_state=0).fit([(DIAMOND, list("abcd"))] * 3)
    np.testing.assert_array_equal(alike.transform([(DIAMOND, list("abce"))]), 0.0)


@pytest.mark.parametrize(("pooling", "n_features"), [("ends", 16), ("sources", 6)])
def test_names_of_features(pooling, n_features):
    surrogate = FlowSurrogate(3, n_draws=2, pooling=pooling, random_state=0)
    X = [(DIAMOND, ["input", "conv", "pool", "output"])]
    names = [f"flowsurrogate{i}" for i in range(n_features)]
    values = surrogate.fit_transform(X)
    assert surrogate.get_feature_names_out().tolist() == names
    frame = surrogate.set_output(transform="pandas").fit_transform(X)
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == names
    np.testing.assert_array_equal(frame.to_numpy(), values)


def test_random_state_decides():
    cells = nasbench201_space()[:20]
    first = FlowSurrogate(3, n_draws=2, random_state=0).fit(cells)
    again = FlowSurrogate(3, n_draws=2, random_state=np.random.RandomState(0)).fit(cells[5:])
    np.testing.assert_array_equal(first.transform(cells), again.transform(cells))
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(first)).transform(cells), clone(first).fit_transform(cells)
    )
    assert not np.allclose(
        first.transform(cells), FlowSurrogate(3, n_draws=2, random_state=1).fit_transform(cells)
    )
    draws = np.split(first.transform(cells), 4, axis=1)
    assert not any(np.allclose(a, b) for a, b in itertools.combinations(draws, 2))


def test_forms_of_input_agree():
    cells = nasbench201_space()[:20]
    surrogate = FlowSurrogate(3, random_state=0)
    expected = surrogate.fit_transform(cells)
    for X in (list(cells), cells.to_networkx(), cells.to_pairs()):
        np.testing.assert_allclose(surrogate.fit_transform(X), expected, rtol=1e-12)


def test_features_of_their_own():
    cells = nasbench201_space()[::400]
    y = np.array([sum(op == "nor_conv_3x3" for op in cell.ops) for cell in cells], dtype=float)
    model = make_pipeline(
        FlowSurrogate(n_draws=4, random_state=0), StandardScaler(), GaussianProcessRegressor()
    )
    model.fit(cells, y)
    assert model[0].transform(cells).shape == (len(cells), 4 * 2 * 33)
    np.testing.assert_allclose(model.predict(cells), y, atol=0.1)


@pytest.mark.parametrize(
    "params",
    [
        {"n_components": 0},
        {"n_components": 2.5},
        {"alpha": -0.1},
        {"alpha": 1.1},
        {"alpha": "auto"},
        {"scale": 0.0},
        {"scale": "small"},
        {"standardize": "yes"},
        {"aggregation": "median"},
        {"activation": "gelu"},
        {"pooling": "all"},
        {"null_ops": "none"},
        {"n_draws": 0},
        {"precision": "float16"},
        {"random_state": "seed"},
    ],
    ids=str,
)
def test_bad_parameters_are_named(params):
    (name,) = params
    with pytest.raises(InvalidParameterError, match=f"The '{name}' parameter of FlowSurrogate must be"):
        FlowSurrogate(**params).fit([(DIAMOND, list("abcd"))])


def test_other_errors():
    with pytest.raises(
        ValueError, match="the paper has no settings for 'darts'; choose one of 'nasbench101'"
    ):
        FlowSurrogate.from_paper("darts")
    with pytest.raises(NotFittedError):
        FlowSurrogate().transform([(DIAMOND, list("abcd"))])
    with pytest.raises(ArchitectureError):
        FlowSurrogate(null_ops=[None]).fit([(DIAMOND, list("abcd"))])


class SurrogateOfMatrices(ReadsMatrices, FlowSurrogate):
    pass


@parametrize_with_checks(
    [
        SurrogateOfMatrices(4, random_state=0),
        SurrogateOfMatrices(4, standardize=True, n_draws=2, pooling="sources", random_state=0),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("activation", ["identity", "relu"])
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_a_flow_through_thousands_of_operations_stays_finite(activation, precision):
    n = 3000
    chain = Architecture(np.eye(n, k=1, dtype=np.int8), ("conv",) * n)
    short = Architecture(np.eye(3, k=1, dtype=np.int8), ("conv",) * 3)
    flow = FlowSurrogate(
        4, activation=activation, scale=3.0, standardize=True, precision=precision, random_state=0
    )
    assert np.isfinite(flow.fit_transform([chain, short])).all()
