import os
import pickle
import re

import numpy as np
import pytest
import torch
from joblib import parallel_backend
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

from fgp_sklearn import ArchitectureError, FGPEncoder
from fgp_sklearn.architectures import Architecture, UnknownOperationError, as_batch
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.proxies import MeasuredProxies, NASBench201Builder, NASBenchGraphBuilder
from fgp_sklearn.proxies._measuring import content_key
from tests.preprocessing.doubles import ReadsMatrices
from tests.proxies import networks
from tests.proxies.networks import COUNTS, CountingBuilder, WidthBuilder, chains, tiny_builder, wide

ALL = ("naswot", "jacov", "synflow", "grad_norm", "snip", "zen", "params")
CELLS = nasbench201_space()[np.arange(11, 15625, 1901)]


def measured(builder=None, **params):
    builder = NASBench201Builder(n_cells=1, channels=4) if builder is None else builder
    return MeasuredProxies(builder, **{"batch_size": 4, "random_state": 0, **params})


def tiny(**params):
    return measured(tiny_builder, input_shape=(2, 4, 4), **params)


@pytest.fixture
def counts():
    COUNTS.clear()
    return COUNTS


def test_values_depend_on_seed_and_architecture_alone():
    proxies = measured(proxies=ALL)
    values = proxies.fit_transform(CELLS)
    assert values.shape == (len(CELLS), len(ALL))
    assert np.isfinite(values).all()
    order = np.random.default_rng(0).permutation(len(CELLS))[:5]
    np.testing.assert_array_equal(proxies.fit_transform(CELLS[order]), values[order])
    alone = measured(proxies=["zen", "naswot"]).fit_transform(CELLS)
    np.testing.assert_array_equal(alone, values[:, [ALL.index("zen"), ALL.index("naswot")]])
    other = measured(proxies=ALL, random_state=1).fit_transform(CELLS)
    assert (other != values).any(axis=0)[:-1].all()


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_jobs_do_not_matter(backend, monkeypatch):
    monkeypatch.setattr("fgp_sklearn.proxies._measured_proxies._AT_ONCE", 2)
    expected = measured(proxies=ALL).fit_transform(CELLS)
    with parallel_backend(backend):
        found = measured(proxies=ALL, n_jobs=2).fit_transform(CELLS)
    np.testing.assert_array_equal(found, expected)


def test_an_engine_that_returns_lists_measures_and_keeps_window_by_window(tmp_path, monkeypatch, counts):
    """As ray and multiprocessing."""
    from joblib.parallel import ThreadingBackend

    monkeypatch.setattr(ThreadingBackend, "supports_return_generator", False)
    monkeypatch.setattr("fgp_sklearn.proxies._measured_proxies._AT_ONCE", 1)
    X = [wide(n) for n in range(1, 11)]
    params = {"input_shape": (2, 4, 4), "proxies": ["params"], "memory": tmp_path}
    with parallel_backend("threading", n_jobs=2):
        with pytest.raises(KeyboardInterrupt):
            measured(CountingBuilder(stops_after=9), **params).fit_transform(X)
        counts.clear()
        found = measured(CountingBuilder(), **params).fit_transform(X)
    assert len(counts) <= 6  # windows of two tasks for each job were kept
    np.testing.assert_array_equal(found, tiny(proxies=["params"]).fit_transform(X))


def test_global_generators_are_left_alone():
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    expected = measured(proxies=ALL).fit_transform(CELLS[:3])
    assert torch.equal(torch.random.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    torch.manual_seed(6)
    np.testing.assert_array_equal(measured(proxies=ALL).fit_transform(CELLS[:3]), expected)


def test_what_is_equal_without_dead_operations_is_built_once(counts):
    X = [*chains("conv"), wide(2), *chains("conv")]
    matrix, ops = wide(2)
    X.append((matrix, [ops[0], "conv", "none", ops[-1]]))  # the same as the first, once none is cut
    builder = CountingBuilder()
    values = measured(builder, input_shape=(2, 4, 4), proxies=["synflow"]).fit_transform(X)
    assert counts == [("input", "conv", "output"), ("input", "conv", "conv", "output")]
    assert values[0] == values[2] == values[3] != values[1]
    counts.clear()
    measured(builder, input_shape=(2, 4, 4), proxies=["synflow"], null_ops=()).fit_transform(X)
    assert ("input", "conv", "none", "output") in counts


def test_names_do_not_count():
    names = [f"cell {i}" for i in range(3)]
    pairs = chains("conv", "pool", "skip")
    batch = as_batch(pairs)
    named = type(batch)(batch.ops, batch.edges, batch.node_ptr, batch.edge_ptr, batch.vocabulary, names=names)
    np.testing.assert_array_equal(tiny().fit_transform(named), tiny().fit_transform(pairs))


def test_an_interrupted_run_goes_on(tmp_path, counts):
    X = [wide(n) for n in range(1, 41)]
    expected = tiny(proxies=["params", "synflow"]).fit_transform(X)
    settings = {"input_shape": (2, 4, 4), "proxies": ["params", "synflow"], "memory": tmp_path}
    with pytest.raises(KeyboardInterrupt):
        measured(CountingBuilder(stops_after=70), **settings).fit_transform(X)
    assert len(counts) == 71
    counts.clear()
    resumed = measured(CountingBuilder(), **settings)
    np.testing.assert_array_equal(resumed.fit_transform(X), expected)
    assert len(counts) == 2 * (40 - 32)  # two tasks of 16 were kept; each proxy has a network of its own
    counts.clear()
    np.testing.assert_array_equal(resumed.fit_transform(X[::-1]), expected[::-1])
    assert not counts
    more = clone(resumed).set_params(proxies=["jacov", "synflow"])  # the file is shared between proxies
    np.testing.assert_array_equal(more.fit_transform(X[:5])[:, 1], expected[:5, 1])
    assert len(counts) == 5


def test_a_line_cut_short_is_measured_again(tmp_path, counts):
    X = [wide(n) for n in range(1, 5)]
    settings = {"input_shape": (2, 4, 4), "proxies": ["synflow"], "memory": str(tmp_path / "new" / "folder")}
    proxies = measured(CountingBuilder(), **settings)
    expected = proxies.fit_transform(X)
    (file,) = (tmp_path / "new" / "folder").iterdir()
    file.write_text(file.read_text()[:-10])
    counts.clear()
    np.testing.assert_array_equal(proxies.fit_transform(X), expected)
    assert len(counts) == 1
    counts.clear()
    np.testing.assert_array_equal(proxies.fit_transform(X), expected)
    assert not counts


@pytest.mark.parametrize(
    "change",
    [
        {"random_state": 1},
        {"batch_size": 5},
        {"noise": 0.5},
        {"input_shape": (3, 4, 4)},
        {"builder": NASBench201Builder(n_cells=1, channels=5)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_memory_tells_settings_apart(tmp_path, change):
    first = measured(memory=tmp_path, proxies=["naswot"])
    first.fit_transform(CELLS[:2])
    second = clone(first).set_params(**change)
    fresh = clone(second).set_params(memory=None)
    np.testing.assert_array_equal(second.fit_transform(CELLS[:2]), fresh.fit_transform(CELLS[:2]))
    assert len(list(tmp_path.iterdir())) == 2


def test_memory_does_not_answer_for_code_that_has_changed(tmp_path, monkeypatch):
    first = tiny(memory=tmp_path, proxies=["params"]).fit_transform(chains("conv"))
    monkeypatch.setattr(
        networks, "plain_network", lambda channels: nn.Sequential(nn.Flatten(), nn.Linear(32, 3))
    )
    second = tiny(memory=tmp_path, proxies=["params"]).fit_transform(chains("conv"))
    assert first[0, 0] != second[0, 0] == 32 * 3 + 3


def test_a_damaged_journal_is_measured_again_with_one_warning(tmp_path, counts):
    X = [wide(n) for n in range(1, 5)]
    proxies = measured(CountingBuilder(), input_shape=(2, 4, 4), proxies=["synflow"], memory=tmp_path)
    expected = proxies.fit_transform(X)
    (file,) = tmp_path.iterdir()
    lines = file.read_bytes().splitlines()
    lines[-1] = lines[-1].replace(b"[", b"\xff").replace(b": ", b": 1", 1)
    lines[-2] = b"[" * 20_000
    file.write_bytes(b"\n".join(lines) + b"\n")
    counts.clear()
    with pytest.warns(UserWarning, match="2 of 5 lines") as told:
        np.testing.assert_array_equal(proxies.fit_transform(X), expected)
    assert len(told) == 1
    assert len(counts) == 2


# ------------------------------------------------------------------ a limit of time


class SlowBuilder:
    """Never builds what has an operation "slow", and ends its process at "fatal"."""

    def __call__(self, architecture):
        print("a builder may print")
        if "fatal" in architecture.ops:
            os._exit(1)
        while "slow" in architecture.ops:
            pass
        return tiny_builder(architecture)


def test_what_takes_too_long_is_nan_and_not_kept(tmp_path):
    X = [*chains("conv", "slow", "pool", "slow"), wide(3)]
    params = {"input_shape": (2, 4, 4), "proxies": ["params", "synflow"]}
    limited = measured(SlowBuilder(), timeout=4.0, memory=tmp_path, **params)
    with pytest.warns(UserWarning, match=r"1 architectures exceeded timeout.* NaN: 1; increase timeout"):
        values = limited.fit_transform(X)
    assert np.isnan(values[[1, 3]]).all()  # the two are equal, and measured once
    known = [X[i] for i in (0, 2, 4)]
    np.testing.assert_array_equal(values[[0, 2, 4]], measured(tiny_builder, **params).fit_transform(known))
    (file,) = tmp_path.iterdir()
    assert file.read_text().count('"values"') == len(known)


def test_a_limit_changes_no_value_and_no_error():
    limited = measured(timeout=60, proxies=["zen", "naswot"])
    expected = measured(proxies=["zen", "naswot"]).fit_transform(CELLS[:3])
    np.testing.assert_array_equal(limited.fit_transform(CELLS[:3]), expected)
    message = r"^architecture 1: the builder failed with KeyError: 'no such layer'; fix the builder"
    with pytest.raises(ArchitectureError, match=message):
        tiny(timeout=60).fit_transform(chains("conv", "bad"))


def test_a_limit_works_in_jobs_and_for_builders_of_the_main_script(monkeypatch):
    monkeypatch.setattr("fgp_sklearn.proxies._measured_proxies._AT_ONCE_TIMED", 2)

    def local(architecture):
        return SlowBuilder()(architecture)

    X = [wide(n) for n in range(1, 4)]
    limited = measured(local, input_shape=(2, 4, 4), timeout=60, n_jobs=2)
    with parallel_backend("threading"):
        np.testing.assert_array_equal(limited.fit_transform(X), tiny().fit_transform(X))
        with pytest.raises(
            ArchitectureError, match=r"^architecture 0: the process that measured it has died"
        ):
            limited.fit_transform(chains("fatal"))


def test_values_that_are_not_finite_are_unknown(tmp_path, monkeypatch):
    from fgp_sklearn.proxies import _measures

    monkeypatch.setitem(_measures.MEASURES, "snip", lambda *_: float("inf"))
    proxies = tiny(proxies=["snip", "params"], memory=tmp_path)
    for _ in range(2):  # measured, then from memory
        values = proxies.fit_transform(chains("conv", "pool"))
        assert np.isnan(values[:, 0]).all()
        assert np.isfinite(values[:, 1]).all()


def test_failures_name_the_architecture():
    X = [*chains("conv", "pool", "none"), *chains("bad", "skip")]
    message = r"^architecture 3: the builder failed with KeyError: 'no such layer'; fix the builder"
    for n_jobs in (1, 2):
        with pytest.raises(ArchitectureError, match=message):
            tiny(n_jobs=n_jobs).fit_transform(X)
    cells = [*CELLS[:2], (np.eye(3, k=1), ["input", "dense", "output"])]
    with pytest.raises(
        UnknownOperationError, match=r"^architecture 2: the builder does not support operation 'dense'"
    ):
        measured().fit_transform(cells)
    with pytest.raises(ArchitectureError, match=r"^architecture 0: measuring 'naswot' on .* failed with Run"):
        measured(input_shape=(5, 8, 8)).fit_transform(CELLS[:2])
    with pytest.raises(ArchitectureError, match=r"^architecture 0: the builder returned a str; it must"):
        measured(repr).fit_transform(CELLS[:2])


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"proxies": ["nwot"]}, "pass one or more of 'grad_norm', 'jacov', 'naswot'"),
        ({"proxies": []}, "each at most once"),
        ({"proxies": ["snip", "snip"]}, "each at most once"),
        ({"input_shape": (3, 0, 8)}, "channels first"),
        ({"input_shape": ()}, "channels first"),
        ({"memory": "folder", "random_state": None}, "set random_state, or leave memory out"),
    ],
)
def test_parameters_that_make_no_sense(params, match):
    with pytest.raises(ValueError, match=re.escape(match)):
        measured(**params).fit(CELLS)


def test_types_of_parameters():
    with pytest.raises(InvalidParameterError, match="'builder' parameter"):
        MeasuredProxies("resnet").fit(CELLS)
    with pytest.raises(InvalidParameterError, match="'batch_size' parameter"):
        measured(batch_size=1).fit(CELLS)


def test_a_builder_that_cannot_be_hashed_has_no_memory(tmp_path):
    proxies = measured(UnhashableBuilder(), input_shape=(2, 4, 4), memory=tmp_path)
    with pytest.raises(ValueError, match="use a module-level function"):
        proxies.fit_transform(chains("conv"))


class UnhashableBuilder:
    def __call__(self, architecture):
        return tiny_builder(architecture)

    def __reduce__(self):
        raise TypeError("has a lock")

    def __deepcopy__(self, memo):
        return self


def test_forms_names_and_copies():
    proxies = measured(proxies=["naswot", "params"])
    expected = proxies.fit_transform(CELLS)
    for X in (list(CELLS), CELLS.to_networkx(), CELLS.to_pairs()):
        np.testing.assert_array_equal(proxies.transform(X), expected)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(proxies)).transform(CELLS), expected)
    frame = clone(proxies).set_output(transform="pandas").fit_transform(CELLS)
    assert frame.columns.tolist() == ["naswot", "params"]


def test_the_builder_sees_attributes(tmp_path, counts):
    graphs = as_batch(chains(*["conv"] * 3)).to_networkx()
    for graph, width in zip(graphs, [4, 9, 4.0], strict=True):
        graph.nodes[1]["width"] = width
    proxies = measured(
        WidthBuilder(),
        proxies=["params"],
        input_shape=(2, 4, 4),
        attributes=["width"],
        memory=tmp_path / "values",
    )
    widths = [sum(p.numel() for p in networks.plain_network(int(w)).parameters()) for w in (4, 9, 4)]
    for _ in range(2):  # the second time from memory
        values = proxies.fit_transform(graphs)
        np.testing.assert_array_equal(values[:, 0] - values[0, 0], np.subtract(widths, widths[0]))
        assert len(counts) == 2


def test_keys_of_measured_values_stay():
    bare = Architecture(np.array([[0, 2], [0, 0]]), ("in", "größe"))
    key = content_key(bare)
    assert key == "6738a439b4bf00e40581f65c790782e3"  # as files of earlier versions have it

    def key_with(**attributes):
        columns = {name: np.array(column, dtype=float) for name, column in attributes.items()}
        return content_key(Architecture(bare.adjacency, bare.ops, attributes=columns))

    assert key_with(width=[np.nan, np.nan]) == key
    assert key_with(width=[0.0, np.nan]) == key_with(width=[-0.0, np.nan])
    different = [
        {"width": [1, 2]},
        {"width": [1, np.nan]},
        {"width": [1, 0]},
        {"kernel": [1, 2]},
        {"ops": [1, 2]},
    ]
    assert len({key, *(key_with(**attributes) for attributes in different)}) == 6


def test_the_builder_may_tell_the_shape_of_its_input():
    builder = NASBenchGraphBuilder(channels=4, n_vertices=6)
    cells = [(np.eye(4, k=1), ["input", op, "fc", "output"]) for op in ("gcn", "gat")]
    params = {"proxies": ["naswot", "synflow"], "random_state": 0}
    asked = MeasuredProxies(builder, **params).fit_transform(cells)
    told = MeasuredProxies(builder, input_shape=(4, 6), **params).fit_transform(cells)
    np.testing.assert_array_equal(asked, told)
    with pytest.raises(ArchitectureError, match="fix the builder or input_shape"):
        MeasuredProxies(builder, input_shape=(3, 8, 8), **params).fit_transform(cells)


def test_as_proxies_of_pretraining():
    encoder = FGPEncoder(hidden_dim=8, n_layers=1, max_epochs=1, random_state=0)
    proxies = tiny(proxies=["params"])
    X = [wide(n) for n in range(1, 9)]
    expected = encoder.fit(X, proxies=[[float(n)] for n in range(1, 9)]).transform(X)
    np.testing.assert_array_equal(encoder.fit(X, proxies=proxies.fit_transform).transform(X), expected)
    ranked = encoder.fit(X, proxies=proxies.fit_transform(X)).transform(X)
    np.testing.assert_array_equal(ranked, expected)
    assert (encoder.fit(X).transform(X) != expected).any()


def test_images_have_unit_variance_and_a_colour():
    from fgp_sklearn.proxies._measuring import random_images

    images = random_images(500, (3, 8, 8), 0.5, seed=0)
    assert images.shape == (500, 3, 8, 8)
    assert float(images.var()) == pytest.approx(1, abs=0.05)
    within = images.var(dim=(2, 3)).mean()
    assert float(within) == pytest.approx(0.25 / 1.25, abs=0.01)
    assert random_images(7, (4,), 0.5, seed=0).shape == (7, 4)


class ProxiesOfMatrices(ReadsMatrices, MeasuredProxies):
    pass


class TinyBuilder:
    """Says the same of itself in every process, which a function does not."""

    def __call__(self, architecture):
        return tiny_builder(architecture)

    def __repr__(self):
        return "TinyBuilder()"


@parametrize_with_checks(
    [ProxiesOfMatrices(TinyBuilder(), proxies=["params"], null_ops=(), input_shape=(2, 4, 4), random_state=0)]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def builder_with_dropout(architecture):
    return nn.Sequential(nn.Dropout(0.5), tiny_builder(architecture), nn.RReLU())


def test_layers_that_draw_do_so_from_the_seed():
    proxies, cells = measured(builder_with_dropout, input_shape=(2, 4, 4)), chains(3)
    torch.manual_seed(1)
    state = torch.get_rng_state()
    first = proxies.fit_transform(cells)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    np.testing.assert_array_equal(proxies.fit_transform(cells), first)
