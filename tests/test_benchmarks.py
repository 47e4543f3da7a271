"""What the accuracy benchmark reads, how it splits, and the rival that it brings along."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import networkx as nx
import numpy as np
import pytest
from scipy.optimize import check_grad

from fgp_sklearn.architectures import ArchitectureBatch, as_batch
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.metrics import kendall_tau_score

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def benchmark_module(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module


def chains(n: int, rng: np.random.Generator) -> list[nx.DiGraph]:
    """Chains of 2 to 4 blocks with two attributes."""
    graphs = []
    for _ in range(n):
        graph = nx.DiGraph()
        graph.add_node("in", op="input")
        for number in range(rng.integers(2, 5)):
            graph.add_node(
                number, op="block", kernel=int(rng.choice([3, 5, 7])), width=int(rng.integers(1, 9))
            )
        graph.add_node("out", op="output")
        nx.add_path(graph, list(graph))
        graphs.append(graph)
    return graphs


def read(graphs: list[nx.DiGraph]) -> ArchitectureBatch:
    return as_batch(graphs, attributes=["kernel", "width"])


def test_transformers_are_the_chains_that_one_would_draw(benchmark_module: Any) -> None:
    table = {
        "n_layer": np.array([2, 1]),
        "embed_dim": np.array([192, 384]),
        "bias": np.array([True, False]),
        "n_head": np.array([[4, 8], [12, -1]]),
        "mlp_ratio": np.array([[2, 3], [4, -1]]),
    }
    drawn = []
    for width, bias, layers in [(192, 1, [(4, 2), (8, 3)]), (384, 0, [(12, 4)])]:
        graph = nx.DiGraph()
        graph.add_node("in", op="input")
        graph.add_node("embedding", op="embedding", width=width, bias=bias)
        for number, (heads, ratio) in enumerate(layers):
            graph.add_node(number, op="block", width=width, heads=heads, mlp_ratio=ratio)
        graph.add_node("out", op="output")
        nx.add_path(graph, list(graph))
        drawn.append(graph)
    expected = as_batch(drawn, attributes=["bias", "heads", "mlp_ratio", "width"])
    assert benchmark_module("_tables").transformers(table) == expected


def test_only_architectures_with_a_label_are_split(benchmark_module: Any) -> None:
    spaces = benchmark_module("_spaces")
    y = np.full(2000, np.nan)
    y[500:1700] = np.arange(1200)
    space = spaces.Space("nasbench301", None, y)
    train, test = space.split(0, "1%")
    pool = space.pool(0)
    assert len(train) == 62
    assert len(pool) == 600
    assert len(test) == 1200 - 600 - 40
    assert set(train) <= set(pool)
    assert not set(pool) & set(test)
    assert np.isfinite(y[np.concatenate([pool, test])]).all()


def test_fixed_numbers_of_labels_are_those_that_their_names_say(benchmark_module: Any) -> None:
    labels = benchmark_module("_spaces").LABELS
    fixed = [(share, n) for amounts in labels.values() for share, n in amounts.items() if "%" not in share]
    assert len(fixed) == 6
    assert all(share == f"{n} labels" for share, n in fixed)


def test_mean_of_several_spaces_is_that_of_each_run(benchmark_module: Any) -> None:
    results, spaces = benchmark_module("_results"), benchmark_module("_spaces")
    rng = np.random.default_rng(0)
    cells = {
        (space, "20 labels", "plain recipe"): {
            one: {"tau": rng.random(), "top": rng.random()} for one in results.RUNS
        }
        for space in spaces.TRANSNAS
    }
    shown = results.with_means(cells)
    name, row = "transnas, mean of seven tasks", ("20 labels", "plain recipe")
    assert list(shown)[-1] == (name, *row)
    for one in results.RUNS:
        taus = [cells[space, *row][one]["tau"] for space in spaces.TRANSNAS]
        assert shown[name, *row][one]["tau"] == pytest.approx(sum(taus) / 7)
    del cells["transnas-scene", *row]
    assert (name, *row) not in results.with_means(cells)


def test_gradient_of_the_recipe_is_that_of_finite_differences(benchmark_module: Any) -> None:
    rng = np.random.default_rng(0)
    X, y = read(chains(20, rng)), rng.normal(size=20)
    recipe = benchmark_module("_plain_recipe").PlainRecipe().fit(X, y)
    point = recipe.start_ + rng.normal(size=len(recipe.start_)) / 3
    error = check_grad(lambda at: recipe._loss(at, y)[0], lambda at: recipe._loss(at, y)[1], point)
    assert error < 1e-4


def test_columns_of_the_recipe_are_those_of_a_loop(benchmark_module: Any) -> None:
    """Aggregates and soft stages of blocks, computed one chain at a time."""
    graphs = chains(30, np.random.default_rng(1))
    columns = benchmark_module("_plain_recipe").RecipeColumns().fit(read(graphs)).transform(read(graphs))
    found = np.hstack(columns)

    def correlates(expected: list[float]) -> bool:
        """Columns are standardised, so one of them is a line of what is expected."""
        return bool(np.isclose(np.abs(np.corrcoef(found.T, expected)[-1, :-1]).max(), 1))

    blocks = [[data for _, data in graph.nodes(data=True) if data["op"] == "block"] for graph in graphs]
    assert correlates([sum(b["kernel"] for b in some) for some in blocks])
    assert correlates([sum(b["width"] for b in some) / len(some) for some in blocks])
    assert correlates([sum(b["width"] * b["kernel"] for b in some) for some in blocks])
    middle = [
        sum(max(0, 1 - 2 * abs((i + 1) / (len(some) + 1) - 0.5)) * b["width"] for i, b in enumerate(some))
        for some in blocks
    ]
    assert correlates(middle)


@pytest.mark.parametrize("trees", [False, True])
def test_recipe_ranks_a_sum_of_products(benchmark_module: Any, trees: bool) -> None:
    graphs = chains(200, np.random.default_rng(2))
    cost = np.array(
        [sum(data.get("kernel", 0) * data.get("width", 0) for _, data in g.nodes(data=True)) for g in graphs]
    )
    X = read(graphs)
    recipe = benchmark_module("_plain_recipe").PlainRecipe(trees=trees, random_state=0)
    predicted = recipe.fit(X[:60], cost[:60], X_unlabeled=X).predict(X[60:])
    assert kendall_tau_score(cost[60:], predicted) > 0.9


def test_one_hot_layers_and_numbers_of_layers(benchmark_module: Any) -> None:
    encoding: ModuleType = benchmark_module("_layer_encoding")
    graphs = chains(12, np.random.default_rng(3))
    X = read(graphs)
    kernels = [[data["kernel"] for _, data in g.nodes(data=True) if "kernel" in data] for g in graphs]
    first = [some[0] for some in kernels]
    numbers = encoding.LayerEncoding(one_hot=False).fit_transform(X)
    assert any((column == first).all() for column in numbers.T)
    hot = encoding.LayerEncoding(one_hot=True).fit_transform(X)
    assert set(np.unique(hot)) == {0, 1}
    for kernel in set(first):
        assert any((column == (np.array(first) == kernel)).all() for column in hot.T)
    third = [some[2] if len(some) > 2 else np.nan for some in kernels]
    filled = np.where(np.isnan(third), np.nanmean(third), third)
    assert any(np.allclose(column, filled) for column in numbers.T)


def test_cells_of_nasbench301_are_two_parts(benchmark_module: Any, tmp_path: Path) -> None:
    adjacency = np.zeros((1, 2, 3, 3), dtype=np.uint8)
    adjacency[:, :, [0, 1], [1, 2]] = 1
    names = np.array(["c_k-2", "skip_connect", "sep_conv_3x3", "output"])
    np.savez(tmp_path / "nasbench301.npz", adj=adjacency, ops=[[[0, 1, 3], [0, 2, 3]]], op_names=names)
    X, _ = benchmark_module("_tables").load_table("nasbench301", tmp_path)
    normal = [f"normal/{op}" for op in ("c_k-2", "skip_connect", "output")]
    reduction = [f"reduction/{op}" for op in ("c_k-2", "sep_conv_3x3", "output")]
    assert list(X[0].ops) == normal + reduction
    assert list(zip(*np.nonzero(X[0].adjacency), strict=True)) == [(0, 1), (1, 2), (3, 4), (4, 5)]


def test_tables_of_choices_are_ranked_better_than_by_models_of_their_columns(benchmark_module: Any) -> None:
    """300 MobileNets with four choices in each of seven stages, and default parameters."""
    frames, made = benchmark_module("frames"), benchmark_module("_mobilenets")
    frames.RIVALS["forest"].set_params(n_estimators=100)
    taus: dict[tuple[str, int], list[list[float]]] = {}
    for seed in range(2):
        frame = made.mobilenets(300, seed)
        labels = made.made_labels(frame, seed)
        chosen = {name: labels[name] for name in ("cost", "accuracy")}
        for name, n_labels, found in frames.measured(frame, chosen, seed, networks=False):
            taus.setdefault((name, n_labels), []).append(list(found.values()))
    lead = {("cost", 40): 0.1, ("cost", 100): 0.1, ("accuracy", 40): -0.05, ("accuracy", 100): 0.0}
    for case, found in taus.items():
        *rivals, process = np.mean(found, axis=0)
        assert process > max(rivals) + lead[case], (case, rivals, process)


def test_made_costs_are_those_of_a_loop(benchmark_module: Any) -> None:
    made = benchmark_module("_mobilenets")
    frame = made.mobilenets(5, 3)
    costs = []
    for row in range(5):
        own = {name: column[row] for name, column in frame.items()}
        total, into = 0.0, 16.0
        for stage, (channels, side) in enumerate(
            zip((16, 24, 40, 80, 112, 192, 320), (112, 56, 28, 14, 14, 7, 7), strict=True), start=1
        ):
            out = own[f"stage{stage}_width"] * channels
            for _ in range(int(own[f"stage{stage}_depth"])):
                hidden = own[f"stage{stage}_expansion"] * into
                total += side**2 * hidden * (into + own[f"stage{stage}_kernel"] ** 2 + out)
                into = out
        costs.append(np.log(total))
    noisy = made.made_labels(frame, 0)["cost"]
    assert np.abs(noisy - costs).max() < 0.1 * np.std(costs)


def test_a_row_without_randomness_is_fitted_once_for_all_seeds(
    benchmark_module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The results are those of nine runs, and a second start adds none."""
    accuracy, spaces = benchmark_module("accuracy"), benchmark_module("_spaces")
    rng = np.random.default_rng(0)
    X = read(chains(120, rng))
    space = spaces.Space("nasbench201", X, X.n_nodes + rng.random(120))
    monkeypatch.setattr(accuracy, "load_space", lambda *_: space)
    fitted = []
    judge = accuracy.judge
    monkeypatch.setattr(accuracy, "judge", lambda *given: fitted.append(given[-1].row) or judge(*given))
    results = tmp_path / "accuracy.jsonl"
    words = ["accuracy.py", "--data", ".", "--results", str(results), "--spaces", "nasbench201"]
    words += ["--shares", "40 labels", "--rows", "GP on one-hot", "ridge on surrogate"]
    monkeypatch.setattr("sys.argv", words)
    for _ in range(2):
        accuracy.main()
        assert (fitted.count("GP on one-hot"), fitted.count("ridge on surrogate")) == (3, 9)
    lines = accuracy.read(results)
    by_row = {row: [line for line in lines if line["row"] == row] for row in fitted}
    assert [len(some) for some in by_row.values()] == [9, 9]
    assert {(line["seed"], line["permutation"]) for line in by_row["GP on one-hot"]} == set(
        benchmark_module("_results").RUNS
    )
    for row, some in by_row.items():
        for permutation in range(3):
            taus = {line["tau"] for line in some if line["permutation"] == permutation}
            assert len(taus) == (1 if row == "GP on one-hot" else 3)


def test_columns_of_the_latency_benchmark_are_those_of_a_loop(benchmark_module: Any) -> None:
    graphs = chains(20, np.random.default_rng(2))
    known = benchmark_module("_latency_rows").Known(read(graphs), {})
    expected = []
    for graph in graphs:
        row = [sum(data["op"] == op for _, data in graph.nodes(data=True)) for op in known.batch.vocabulary]
        for name in ("kernel", "width"):
            row.append(sum(data.get(name, 0) for _, data in graph.nodes(data=True)))
        expected.append(row)
    np.testing.assert_array_equal(known.sums, expected)
    np.testing.assert_array_equal(known.total("width"), [row[-1] for row in expected])


def test_families_draw_different_networks_that_read_their_inputs(benchmark_module: Any) -> None:
    networks = benchmark_module("_network_families").draw_networks(2)
    assert len({repr(network) for network in networks}) == 8
    for network in networks[::2]:
        module, x = network.built()
        assert np.isfinite(module(x).detach().numpy()).all()


def test_choices_of_a_pool_are_its_natural_parameters(benchmark_module: Any) -> None:
    """Those of NAS-Bench-201 are the operations of its six edges."""
    nothing = np.zeros(15_625)
    cells = benchmark_module("_search_pools").Pool("cells", nasbench201_space(), nothing, nothing)
    assert cells.choices.shape == (15_625, 6)
    assert len(np.unique(cells.choices, axis=0)) == 15_625


def test_rivals_never_train_what_computes_the_same_twice(benchmark_module: Any) -> None:
    pools, searchers = benchmark_module("_search_pools"), benchmark_module("_searchers")
    cells = nasbench201_space()[::40]
    value = np.array([sum("conv" in op for op in one.ops) for one in cells], dtype=float)
    pool = pools.Pool("cells", cells, value, value)
    for make in (searchers.Forest, searchers.SEARCHERS["Optuna TPE"], searchers.SEARCHERS["random"]):
        rival = make(pool, 0)
        asked: list[int] = []
        for _ in range(6):
            positions = rival.ask(5)
            rival.tell(positions, pool.searched[positions])
            asked += positions.tolist()
        assert len(set(pool.groups[asked])) == 30
