"""Features and networks of others, against what their papers define, counted path by path."""

import importlib
from collections.abc import Iterator
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from scipy.stats import kendalltau

from fgp_sklearn.architectures import as_batch, join_parts
from fgp_sklearn.datasets import nasbench201_space

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
OPS = ("conv", "pool", "skip")


@pytest.fixture
def benchmark_module(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module


def cells(n: int, rng: np.random.Generator, *, inputs: tuple[str, ...] = ("input",)) -> list[nx.DiGraph]:
    """Random cells of 0 to 4 operations; some have no path from an input to the output."""
    graphs = []
    for _ in range(n):
        graph = nx.DiGraph()
        names = [*inputs, *rng.choice(OPS, rng.integers(0, 5)), "output"]
        for node, op in enumerate(names):
            graph.add_node(node, op=str(op))
        first = len(inputs)
        for v in range(first, len(names)):
            graph.add_edges_from((u, v) for u in range(v) if rng.random() < 0.5 and u < len(names) - 1)
        graphs.append(graph)
    return graphs


def subsets(ops: tuple[str, ...]) -> list[tuple[str, ...]]:
    return list(chain.from_iterable(combinations(ops, size) for size in range(1, len(ops) + 1)))


def by_definition(graph: nx.DiGraph, inputs: tuple[str, ...]) -> list[float]:
    """All features of a cell, in the order of `GrafFeatures`, from a list of all its paths."""
    op = nx.get_node_attributes(graph, "op")
    (output,) = (node for node in graph if op[node] == "output")

    def degree(node: int, neighbours: Any, subset: tuple[str, ...]) -> int:
        return sum(op[other] in subset for other in neighbours(node))

    sets = subsets(OPS)
    found = [[degree(output, graph.predecessors, s) for s in sets]]
    for neighbours in (graph.predecessors, graph.successors):
        found.append([np.mean([degree(node, neighbours, s) for node in graph]) for s in sets])
    for name in sorted(inputs):
        (start,) = (node for node in graph if op[node] == name)
        paths = [path[1:-1] for path in nx.all_simple_paths(graph, start, output)]
        within = [[path for path in paths if all(op[node] in s for node in path)] for s in sets]
        found.append([min((len(path) + 1 for path in some), default=len(graph)) for some in within])
        found.append([max((sum(op[node] in s for node in path) for path in paths), default=0) for s in sets])
        found.append([degree(start, graph.successors, s) for s in sets])
    return [float(value) for group in found for value in group]


def counts(graph: nx.DiGraph, ops: list[str]) -> list[float]:
    return [float(sum(op == name for _, op in graph.nodes(data="op"))) for name in ops]


def test_graf_features_are_those_of_all_paths(benchmark_module: Any) -> None:
    graphs = cells(60, np.random.default_rng(0))
    found = benchmark_module("_graf_features").GrafFeatures().fit_transform(as_batch(graphs))
    ops = ["conv", "input", "output", "pool", "skip"]
    expected = [counts(graph, ops) + by_definition(graph, ("input",)) for graph in graphs]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_graf_features_of_two_cells_stand_side_by_side(benchmark_module: Any) -> None:
    rng, inputs = np.random.default_rng(1), ("input1", "input2")
    parts = {name: cells(30, rng, inputs=inputs) for name in ("normal", "reduction")}
    found = benchmark_module("_graf_features").GrafFeatures().fit_transform(join_parts(parts))
    n_counts = 2 * (len(OPS) + 3)
    expected = [
        [*by_definition(normal, inputs), *by_definition(reduction, inputs)]
        for normal, reduction in zip(*parts.values(), strict=True)
    ]
    np.testing.assert_allclose(found[:, n_counts:], expected, rtol=1e-6)


def test_operations_that_labels_lack_are_in_no_set(benchmark_module: Any) -> None:
    features = benchmark_module("_graf_features").GrafFeatures()
    path = [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    seen, unseen = (as_batch([(path, ["input", op, "output"])]) for op in ("conv", "pool"))
    columns = features.fit(seen).transform(unseen)[0]
    _, _, _, into_output, _, _, shortest, most, behind_input = columns
    assert (into_output, shortest, most, behind_input) == (0, 3, 0, 0)


def test_running_switches_are_counted_up_to_each_module(benchmark_module: Any) -> None:
    rows = [["stride2", "keep", "stride2_double_channels"], ["double_channels", "keep"]]
    graphs = []
    for modules in rows:
        ops = ["input", *modules, "output"]
        graphs.append((np.eye(len(ops), k=1, dtype=int), ops))
    features = benchmark_module("_graf_features").RunningSwitches().fit(as_batch(graphs))
    assert features.kinds_ == ["double_channels", "keep", "stride2", "stride2_double_channels"]
    first, second = features.transform(as_batch(graphs))
    # Counts of kinds, then doublings and strides so far at the input and each module, 0 behind the last.
    assert first.tolist() == [0, 1, 1, 1, *(0, 0), *(0, 1), *(0, 1), *(1, 2), *(0, 0)]
    assert second.tolist() == [1, 1, 0, 0, *(0, 0), *(1, 0), *(1, 0), *(0, 0), *(0, 0)]


def test_ensemble_of_perceptrons_learns_and_repeats_itself(benchmark_module: Any) -> None:
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (120, 12)).astype(float)
    y = X @ rng.normal(size=12)
    ensemble = benchmark_module("_networks_of_others").MLPEnsemble
    first, second = (ensemble(max_epochs=60, random_state=0).fit(X[:80], y[:80]) for _ in range(2))
    predicted = first.predict(X[80:])
    assert np.corrcoef(predicted, y[80:])[0, 1] > 0.8
    np.testing.assert_array_equal(predicted, second.predict(X[80:]))


def test_seminas_ranks_cells_by_their_convolutions_and_repeats_itself(benchmark_module: Any) -> None:
    seminas = benchmark_module("_seminas")
    space = nasbench201_space()[::60]
    convolutions = np.array([sum("conv" in op for op in ops) for _, ops in space.to_pairs()], dtype=float)
    first, second = (
        seminas.SemiNAS(max_epochs=(60, 1), n_predicted=50, random_state=0).fit(
            space[:60], convolutions[:60], X_unlabeled=space
        )
        for _ in range(2)
    )
    assert kendalltau(convolutions[60:], first.predict(space[60:])).statistic > 0.5
    np.testing.assert_array_equal(first.predict(space), second.predict(space))


def test_texts_of_seminas_are_those_of_its_paper(benchmark_module: Any) -> None:
    seminas = benchmark_module("_seminas")
    no_edge, edge, conv, output = 1, 2, 3, 5
    cell = np.array([[0, 1, 1], [0, 0, 0], [0, 0, 0]]), ["input", "conv", "output"]
    (text,) = seminas.texts_of(as_batch([cell]), ["conv", "input", "output"], 4).tolist()
    assert text == [edge, conv, *(edge, no_edge), output, *[0] * 4]
