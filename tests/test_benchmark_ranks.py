"""Ranks of the accuracy benchmark on tables that one can check by hand, and against SciPy."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import friedmanchisquare, wilcoxon

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def benchmark_module(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module


def test_ranks_of_a_small_table(benchmark_module: Any) -> None:
    """Two settings of the first space and one of the second; `odd` lacks one of them."""
    table = {
        ("first", "1%"): {"a": 0.9, "b": 0.8, "c": 0.7, "odd": 1.0},
        ("first", "5%"): {"a": 0.8, "b": 0.8, "c": 0.9, "odd": 1.0},
        ("second", "1%"): {"a": 0.5, "b": 0.6, "c": 0.4},
    }
    scores = {(*setting, row): score for setting, rows in table.items() for row, score in rows.items()}
    ranks = benchmark_module("_ranks").Ranks.of(scores)
    assert ranks.rows == ["a", "b", "c"]
    # Ranks 1, 2, 3 and 2.5, 2.5, 1 in the first space; 2, 1, 3 in the second.
    np.testing.assert_allclose(ranks.by_space, [[1.75, 2], [2.25, 1], [2, 3]])
    np.testing.assert_allclose(ranks.mean, [1.875, 1.625, 2.5])
    assert ranks.best.tolist() == [1, 1, 1]
    np.testing.assert_allclose(ranks.behind, [(0.05 + 0.1) / 2, (0.1 + 0) / 2, (0.1 + 0.2) / 2])


def test_tests_are_those_of_scipy_over_spaces(benchmark_module: Any) -> None:
    rng = np.random.default_rng(0)
    rows, n_spaces = ["low", "high", "middle", "twin"], 9
    level = {"low": 0.0, "high": 3.0, "middle": 1.5, "twin": 3.0}
    scores = {
        (f"space{i}", "1%", row): level[row] + float(rng.normal(scale=0.1))
        for i in range(n_spaces)
        for row in rows
    }
    ranks = benchmark_module("_ranks").Ranks.of(scores)
    by_row = {row: np.array([scores[f"space{i}", "1%", row] for i in range(n_spaces)]) for row in rows}
    assert ranks.friedman() == pytest.approx(friedmanchisquare(*by_row.values()).pvalue)
    plain = {row: wilcoxon(by_row["high"], by_row[row]).pvalue for row in rows if row != "high"}
    assert plain["low"] == plain["middle"] == 2 / 2**n_spaces  # all signs agree
    # Holm: the smallest times three, the next times two but no smaller, the largest as it is.
    expected = {"low": 3 * plain["low"], "middle": 3 * plain["low"], "twin": plain["twin"]}
    assert ranks.against("high") == pytest.approx(expected)


def test_critical_difference_is_that_of_the_published_example(benchmark_module: Any) -> None:
    """Demšar, "Statistical Comparisons of Classifiers over Multiple Data Sets", JMLR 2006: 4 on 14."""
    ranks = benchmark_module("_ranks").Ranks
    rng = np.random.default_rng(0)
    four = ranks("abcd", [str(i) for i in range(14)], rng.random((4, 14)))
    assert four.critical_difference() == pytest.approx(1.25, abs=0.01)
    assert four.critical_difference(level=0.1) == pytest.approx(1.12, abs=0.01)


def cell(tau: float, top: float = 0.5) -> dict[tuple[int, int], dict[str, float]]:
    return {(seed, permutation): {"tau": tau, "top": top} for seed in range(3) for permutation in range(3)}


def test_summary_says_where_the_default_is_behind(benchmark_module: Any) -> None:
    """Ahead on one space, close on one, behind on one, and behind GRAF in P@1% only."""
    summary, default = benchmark_module("_summary"), benchmark_module("_results").CHAMPION
    taus = {  # the default, flow GP, GRAF
        "nasbench201": (0.9, 0.8, 0.7),
        "nasbench101": (0.7, 0.704, 0.6),
        "macro": (0.7, 0.75, 0.6),
    }
    cells = {}
    for space, (own, process, graf) in taus.items():
        cells[space, "1%", default] = cell(own)
        cells[space, "1%", "flow GP"] = cell(process)
        cells[space, "1%", "GRAF, GP"] = cell(graf, top=0.6 if space == "macro" else 0.4)
        cells[space, "1%", "gated GCN, FGP + proxies"] = cell(0.99)
    text = "\n".join(summary.summary(cells))
    assert "| Cells, 1 to 10 % of labels | 3 | 1 | 1 | 1 | 1 |" in text
    assert "| NAS-Bench-Macro | 33 | .700 / .500 | flow GP | .750 / .500 |" in text
    counts = re.findall(r"No row of GRAF .* in (\d) of (\d) settings,\nand none a higher P@1% in (\d)", text)
    assert counts == [("3", "3", "2")]
    assert "| NAS-Bench-Macro | 33 | .700 / .500 |  | GRAF, GP: .600 / .600 |" in text
    assert "proxies" not in text
