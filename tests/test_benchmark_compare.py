"""How the benchmark of `compare` judges it."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def benchmark_of_compare(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("compare")


def line(truth_of_process: float) -> dict[str, object]:
    return {
        "stage": "report",
        "space": "here",
        "labels": 40,
        "scores": {"process": [0.4, 0.6], "ridge on one-hot": [0.5, 0.7], "forest on one-hot": [0.1, 0.0]},
        "n_train": 30,
        "n_test": 10,
        "truth": {"process": truth_of_process, "ridge on one-hot": 0.5, "forest on one-hot": 0.2},
    }


def test_the_best_one_agrees(benchmark_of_compare: ModuleType) -> None:
    verdict = benchmark_of_compare.verdict_of(line(0.4))
    assert (verdict.chosen, verdict.best, verdict.loss) == ("ridge on one-hot", "ridge on one-hot", 0)
    assert verdict.agrees
    assert verdict.tau == 1
    assert verdict.blind_loss == pytest.approx((0.1 + 0 + 0.3) / 3)


def test_a_choice_agrees_within_a_standard_error(benchmark_of_compare: ModuleType) -> None:
    # The differences of ridge and process are 0.1 on both folds, so their standard error is 0.
    assert not benchmark_of_compare.verdict_of(line(0.51)).agrees
    # Those of 0.1 and 0.3 have the variance 0.02, and the error is the root of (1/2 + 10/30) * 0.02. The
    # ridge is ahead by more than one and less than two of them, so the process is chosen.
    noisy = line(0.4) | {"scores": {**line(0.4)["scores"], "process": [0.4, 0.4]}}  # type: ignore[dict-item]
    verdict = benchmark_of_compare.verdict_of(noisy)
    assert (verdict.chosen, verdict.leader, verdict.best) == (
        "process",
        "ridge on one-hot",
        "ridge on one-hot",
    )
    assert verdict.error == pytest.approx((5 / 6 * 0.02) ** 0.5)
    assert verdict.loss == pytest.approx(0.1)
    assert verdict.agrees
    assert verdict.by_chance == pytest.approx(2 / 3)
    assert verdict.tau == 1


def test_the_page_has_the_results(benchmark_of_compare: ModuleType) -> None:
    table = benchmark_of_compare.table(benchmark_of_compare.lines_of(benchmark_of_compare.RESULTS))
    page = benchmark_of_compare.PAGE.read_text(encoding="utf-8")
    assert f"{benchmark_of_compare.BEGIN}\n{table}\n{benchmark_of_compare.END}" in page


def test_settings_of_the_page_chose_nothing(benchmark_of_compare: ModuleType) -> None:
    stages: dict[str, set[tuple[str, int]]] = {"development": set(), "report": set()}
    for setting in benchmark_of_compare.SETTINGS:
        stages[setting.stage].add((setting.space, setting.permutation))
    assert not stages["development"] & stages["report"]
    assert len([one for one in benchmark_of_compare.SETTINGS if one.stage == "report"]) >= 10
