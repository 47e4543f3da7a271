"""load_nasbench_graph against the official reader and a count of parameters by hand."""

import sys

import networkx as nx
import numpy as np
import pytest

from fgp_sklearn.datasets import load_nasbench_graph

pytest.importorskip("pandas")
nas_bench_graph = pytest.importorskip("nas_bench_graph")

DATASETS = ["cora", "citeseer", "pubmed", "cs", "physics", "photo", "computers", "arxiv", "proteins"]


@pytest.fixture(scope="module")
def cora():
    return load_nasbench_graph(as_frame=True)


def links_and_ops(architecture):
    """Official form, read off the graph."""
    graph = nx.DiGraph(list(zip(*np.nonzero(architecture.adjacency), strict=True)))
    links = []
    for node in range(1, 5):
        (predecessor,) = graph.predecessors(node)
        links.append(int(predecessor))
    assert sorted(graph.predecessors(5)) == [node for node in range(1, 5) if node not in links]
    assert architecture.ops[0] == "input"
    assert architecture.ops[5] == "output"
    return links, list(architecture.ops[1:5])


@pytest.mark.parametrize("dataset", DATASETS)
def test_rows_are_what_the_official_reader_finds(dataset):
    bench = load_nasbench_graph(dataset)
    official = nas_bench_graph.light_read(dataset)
    assert len(official) == len(bench.data) == (2021 if dataset == "proteins" else 26206)
    rows = np.random.default_rng(0).choice(len(bench.data), 500, replace=False)
    for row in rows:
        measured = official[nas_bench_graph.Arch(*links_and_ops(bench.data[row])).valid_hash()]
        assert bench.metrics["valid_accuracy"][row] == measured["valid_perf"]
        assert bench.metrics["test_accuracy"][row] == measured["perf"]
        assert bench.metrics["latency"][row] == measured["latency"]
        assert bench.metrics["n_parameters"][row] == pytest.approx(1e6 * measured["para"], rel=1e-12)


def test_parameters_count_what_the_graph_says(cora):
    """Cora has 1,433 features and 7 classes; these networks are 256 wide, with batch normalisation."""
    n_checked = 0
    for architecture, n_parameters in zip(cora.data, cora.metrics["n_parameters"], strict=True):
        if not {"gcn", "gin", "fc"}.issuperset(architecture.ops[1:5]):
            continue
        at_input = int(architecture.adjacency[0].sum())
        at_output = int(architecture.adjacency[:, 5].sum())
        operations = at_input * (1433 * 256 + 256) + (4 - at_input) * (256 * 256 + 256) + 4 * 2 * 256
        joining = at_output * 256 * 256 + 256
        assert n_parameters == operations + joining + 256 * 7 + 7
        n_checked += 1
    assert n_checked == 495


def test_rows_are_sorted_and_shared(cora):
    keys = [nas_bench_graph.Arch(*links_and_ops(a)).hash_arch() for a in cora.data[::10]]
    assert keys == sorted(set(keys))
    arxiv = load_nasbench_graph("arxiv").data
    assert arxiv == cora.data
    np.testing.assert_array_equal(arxiv.names, cora.data.names)
    proteins = load_nasbench_graph("proteins").data
    ops = {"gcn", "sage", "arma", "fc", "skip"}
    assert set(proteins.used_ops()) == ops | {"input", "output"}
    within = [name for name, a in zip(cora.data.names, cora.data, strict=True) if ops.issuperset(a.ops[1:5])]
    assert proteins.names.tolist() == within


def test_names_spell_the_architecture(cora):
    assert len(set(cora.data.names.tolist())) == len(cora.data)
    for i in range(0, len(cora.data), 500):
        links, ops = links_and_ops(cora.data[i])
        terms = [tuple(term.split("~")) for term in str(cora.data.names[i]).strip("|").split("|")]
        assert terms == [(op, str(link)) for op, link in zip(ops, links, strict=True)]


@pytest.mark.parametrize("dataset", DATASETS)
def test_metrics_are_complete_and_in_their_units(dataset):
    metrics = load_nasbench_graph(dataset).metrics
    assert list(metrics) == ["valid_accuracy", "test_accuracy", "latency", "n_parameters"]
    assert all(np.isfinite(values).all() and values.dtype == np.float64 for values in metrics.values())
    for name in ("valid_accuracy", "test_accuracy"):
        assert 0 < metrics[name].min() < metrics[name].max() < 1
    assert 1e-4 < metrics["latency"].min() < metrics["latency"].max() < 1
    # whole numbers, averaged over three runs
    np.testing.assert_allclose(3 * metrics["n_parameters"] % 1, 0, atol=1e-6)
    assert metrics["n_parameters"].min() > 1e4


def test_forms_of_the_result(cora):
    plain = load_nasbench_graph("cora")
    assert plain.frame is None
    assert plain.target_names == ["test_accuracy"]
    np.testing.assert_array_equal(plain.target, plain.metrics["test_accuracy"])
    for word in ("nas-bench-graph", "Licence", "Apache 2.0", "proteins", "three runs"):
        assert word in plain.DESCR
    assert list(cora.frame.columns) == ["architecture", *plain.metrics]
    assert cora.target.name == "test_accuracy"
    X, y = load_nasbench_graph("cora", target=["latency", "n_parameters"], return_X_y=True)
    assert plain.data == X
    np.testing.assert_array_equal(
        y, np.column_stack([plain.metrics["latency"], plain.metrics["n_parameters"]])
    )


def test_unknown_names_list_the_known():
    with pytest.raises(ValueError, match=r"unknown dataset 'Cora'; choose one of 'cora', 'citeseer'"):
        load_nasbench_graph("Cora")
    with pytest.raises(ValueError, match=r"unknown target 'perf'; pass .*'test_accuracy', 'latency'"):
        load_nasbench_graph("cora", target="perf")


def test_a_missing_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "nas_bench_graph", None)
    with pytest.raises(ImportError, match=r"nas-bench-graph.*pip install fgp-sklearn\[datasets\]"):
        load_nasbench_graph()
