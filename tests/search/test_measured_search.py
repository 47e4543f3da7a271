"""Searches with columns and a checkpoint: what they refuse, what counts as best, what stops a training."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.pipeline import make_pipeline

from fgp_sklearn import AdjacencyEncoding, FlowGaussianProcessRegressor
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.persistence import PersistenceError
from fgp_sklearn.search import DAGSpace, PoolSpace, PredictorGuidedSearch

SPACE = PoolSpace(nasbench201_space()[::60])
LIMITED: dict[str, Any] = {"constraints": {"latency": (None, 6.0)}}
PAIRED: dict[str, Any] = {"objectives": {"latency": "minimize"}}


def made(**given: Any) -> PredictorGuidedSearch:
    return PredictorGuidedSearch(SPACE, **{"n_initial": 8, "random_state": 0} | given)


def convolutions(batch: ArchitectureBatch) -> list[float]:
    return [float(sum("conv" in op for op in one.ops)) for one in batch]


# ------------------------------------------------------------------ what stops a training


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_a_low_early_value_stops_whatever_is_predicted(direction: str) -> None:
    """Features tell the final values, so the prediction alone would never stop a good cell."""
    sign = 1 if direction == "maximize" else -1
    cells = SPACE.sample(200, 0)
    order = np.argsort(convolutions(cells), kind="stable")
    known, best = cells.take(order[100:140]), cells.take(order[[-1]])
    final = sign * (np.array(convolutions(known)) + np.random.default_rng(0).normal(0, 0.1, 40))
    stopped = []
    for early in (-1000.0, 2.0):
        search = made(direction=direction).tell(known, final - sign * 2, epochs=12).tell(known, final)
        stopped.append(search.should_stop(best, 12, sign * early))
        assert search.pending_.sum() == (not stopped[-1])
    assert stopped == [True, False]


def test_useless_early_values_seldom_stop_the_best() -> None:
    """The rule of low early values alone, against the probability that ranks give."""
    from fgp_sklearn.search._early_values import is_hopeless

    rng = np.random.default_rng(0)
    stopped = [is_hopeless(rng.normal(), *rng.normal(size=(2, 20))) for _ in range(2000)]
    assert np.mean(stopped) < 2 / 22 + 0.02


def test_a_training_that_dies_early_has_failed() -> None:
    search = made(**LIMITED)
    asked = search.ask(3)
    search.tell(asked, [0.5, None, 0.7], epochs=3)
    assert search.pending_.tolist() == [True, False, True]
    assert search.told_.tolist() == [1]
    assert np.isnan(search.told_values_).all()
    assert search.early_.tolist() == [0, 2]
    assert search.should_stop(asked[[0]], 4, None)
    assert search.pending_.sum() == 1


@pytest.mark.parametrize("epochs", [math.nan, 0, -1, None, math.inf, "3"])
def test_epochs_are_a_positive_number(epochs: Any) -> None:
    search = made()
    asked = search.ask(1)
    with pytest.raises(ValueError, match="epochs is"):
        search.should_stop(asked, epochs, 9.0)
    assert search.pending_.all()


def test_columns_are_told_with_final_values() -> None:
    search = made(**LIMITED)
    with pytest.raises(ValueError, match="'latency' is told with epochs"):
        search.tell(search.ask(1), [0.5], epochs=3, latency=[1.0])


# ------------------------------------------------------------------ the checkpoint


def test_two_searches_do_not_overwrite_each_other(tmp_path: Path) -> None:
    file = tmp_path / "search"
    first = made(checkpoint=file)
    asked = first.ask(2)
    second = made(checkpoint=file).tell(asked, [1.0, 2.0])
    for act in (lambda: first.tell(asked, [3.0, 4.0]), lambda: first.ask(1)):
        with pytest.raises(PersistenceError, match="another search has written"):
            act()
    assert first.pending_.sum() == 2
    assert first.n_asks_ == 1
    assert second.tell(second.ask(1), [3.0]).best_value_ == 3.0
    late = made(checkpoint=tmp_path / "other")
    late.history_  # noqa: B018  begins before there is a file
    made(checkpoint=tmp_path / "other").ask(1)
    with pytest.raises(PersistenceError, match="another search has written"):
        late.ask(1)


@pytest.mark.parametrize("change", [{"direction": "minimize"}, {"objectives": {"latency": "maximize"}}])
def test_another_direction_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    search = made(checkpoint=tmp_path / "search", **PAIRED)
    search.tell(search.ask(2), [1.0, 2.0], latency=[1.0, 2.0])
    other = made(checkpoint=tmp_path / "search", **(PAIRED | change))
    for _ in range(2):
        with pytest.raises(PersistenceError, match="directions"):
            other.ask(1)
    assert made(checkpoint=tmp_path / "search", **PAIRED).best_value_ == 2.0


def test_pending_architectures_survive(tmp_path: Path) -> None:
    first = made(checkpoint=tmp_path / "search")
    assert len(first.pending_architectures_) == 0
    asked = first.ask(3)
    first.tell(asked[[1]], [1.0])
    again = made(checkpoint=tmp_path / "search")
    assert again.pending_architectures_ == asked[[0, 2]]


# ------------------------------------------------------------------ what is best


def test_what_is_not_known_to_be_feasible_is_not_best() -> None:
    search = made(**LIMITED)
    search.tell(search.ask(3), [1.0, 2.0, 9.0], latency=[1.0, 1.0, None])
    assert search.best_value_ == 2.0
    search.tell(search.architectures_.take([2]), [9.0], latency=[5.0])
    assert search.best_value_ == 9.0


def test_results_without_a_best_are_counted() -> None:
    search = made(**LIMITED)
    search.tell(search.ask(2), None)
    with pytest.raises(NotFittedError, match="2 results, all trainings failed"):
        search.best_value_  # noqa: B018
    search.tell(search.ask(1), [1.0], latency=[9.0])
    with pytest.raises(NotFittedError, match="3 results, none"):
        search.best_architecture_  # noqa: B018


def test_a_front_of_nothing_is_empty() -> None:
    search = made(**LIMITED, **PAIRED)
    with pytest.raises(NotFittedError, match="no architecture"):
        search.pareto_front_  # noqa: B018
    search.tell(search.ask(4), [1.0, 2.0, 3.0, None], latency=[9.0, 8.0, None, None])
    assert search.pareto_values_.shape == (0, 2)
    assert len(search.pareto_front_) == 0


@pytest.mark.parametrize("space", [SPACE, DAGSpace(["conv3x3", "maxpool"], max_nodes=5, max_edges=6)])
@pytest.mark.parametrize("latency", [9.0, None])
@pytest.mark.parametrize("given", [LIMITED, PAIRED])
def test_goes_on_if_nothing_is_feasible_or_known(space: Any, latency: Any, given: dict[str, Any]) -> None:
    search = PredictorGuidedSearch(space, n_initial=4, n_candidates=100, random_state=0, **given)
    for _ in range(2):
        asked = search.ask(4)
        search.tell(asked, convolutions(asked), latency=[latency] * 4)
    assert len(search.ask(2)) == 2


# ------------------------------------------------------------------ what is told


def test_columns_and_keys_that_are_wrong_are_named() -> None:
    search = made(**LIMITED)
    asked = search.ask(2)
    for told, columns, words in [
        ([1.0, 2.0], {"lat": [1.0, 2.0]}, "unknown column 'lat'; declare it in constraints= or objectives="),
        ([1.0, 2.0], {}, "column 'latency' is missing"),
        ([1.0, 2.0], {"latency": [1.0, math.nan]}, "latency of architecture 1 is nan.*None if it is unknown"),
        ([{"latency": 1.0}] * 2, {}, "missing key 'value' in the result of architecture 0"),
        ([{}] * 2, {}, "missing key 'value'"),
        ([{"value": 1.0, "latency": 2.0}, {"value": 1.0}], {}, "missing key 'latency'.* architecture 1"),
    ]:
        with pytest.raises(ValueError, match=words):
            search.tell(asked, told, **columns)
    assert search.pending_.all()
    search.tell(asked, [{"value": None}, {"value": 1.0, "latency": None}])
    assert np.isnan(search.told_values_).tolist() == [True, False]
    with pytest.raises(ValueError, match="missing key 'value'"):
        search.maximize(lambda one: {"latency": 1.0}, 1)  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize("cost", [lambda batch: [None] * len(batch), lambda batch: [math.nan] * len(batch)])
def test_costs_are_finite(cost: Any) -> None:
    search = made(**LIMITED, costs={"latency": cost})
    search.tell(search.ask(2), [1.0, 2.0])
    with pytest.raises(ValueError, match="cost 'latency' of architecture 0 is nan"):
        search.best_value_  # noqa: B018
    with pytest.raises(ValueError, match="computed by costs"):
        search.tell(search.architectures_, [1.0, 2.0], latency=[1.0, 2.0])


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"predictor": make_pipeline(AdjacencyEncoding(), RandomForestRegressor())}, TypeError, "return_std"),
        ({"predictor": TransformedTargetRegressor(GaussianProcessRegressor())}, TypeError, "return_std"),
        ({"predictor": FlowGaussianProcessRegressor}, TypeError, "instance"),
        ({"predictor": "gp"}, TypeError, "instance"),
        ({"constraints": {"latency": ("a", None)}}, ValueError, "smallest, largest"),
        ({"constraints": {"latency": 2.0}}, ValueError, "smallest, largest"),
        ({"constraints": {"latency": (3, 2)}}, ValueError, "in this order"),
        ({"constraints": {"latency": (None, math.nan)}}, ValueError, "smallest, largest"),
        ({"constraints": ["latency"]}, TypeError, "pass a mapping"),
        ({"objectives": ["latency"]}, TypeError, "pass a mapping"),
        ({"objectives": "latency"}, TypeError, "pass a mapping"),
        ({"objectives": {"values": "minimize"}}, ValueError, "name 'values'"),
        ({"constraints": {"epochs": (None, 1)}}, ValueError, "name 'epochs'"),
        ({"costs": {"latency": 3.0}}, TypeError, "pass a function"),
        ({"beta": math.nan}, ValueError, "beta"),
    ],
)
def test_wrong_settings_are_named_at_each_call(change: dict[str, Any], error: Any, words: str) -> None:
    search = made(**change)
    for _ in range(2):
        with pytest.raises(error, match=words):
            search.ask(1)
