"""Searches with a predictor: what they find, ask twice, are told, and how they continue."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.pipeline import make_pipeline

from fgp_sklearn import AdjacencyEncoding, FlowGaussianProcessRegressor
from fgp_sklearn.architectures import Architecture, ArchitectureBatch
from fgp_sklearn.architectures._duplicates import duplicate_groups
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.persistence import PersistenceError
from fgp_sklearn.search import DAGSpace, PoolSpace, PredictorGuidedSearch, hypervolume
from fgp_sklearn.search._acquisition import ACQUISITIONS

SPACE = PoolSpace(nasbench201_space()[::8])  # 1,954 cells
WEIGHTS = {"nor_conv_3x3": 1.0, "nor_conv_1x1": 0.7, "skip_connect": 0.5, "avg_pool_3x3": 0.1, "none": 0.0}
SLOW = {"nor_conv_3x3": 3.0, "nor_conv_1x1": 1.0}


def worth(architecture: Architecture) -> float:
    """Additive in operations, with a bonus for a shortcut, so that the best cell is one of many."""
    ops = list(architecture.ops)
    return sum(WEIGHTS.get(op, 0.0) for op in ops) + (ops.count("skip_connect") == 1)


def worths(batch: ArchitectureBatch) -> list[float]:
    return [worth(one) for one in batch]


def latency(batch: ArchitectureBatch) -> np.ndarray:
    return np.array([sum(SLOW.get(op, 0.0) for op in one.ops) for one in batch])


def run(search: PredictorGuidedSearch, n: int, at_once: int = 5) -> PredictorGuidedSearch:
    for _ in range(n // at_once):
        asked = search.ask(at_once)
        search.tell(asked, worths(asked))
    return search


BEST = max(worths(SPACE.enumerate()))


def made(**given: Any) -> PredictorGuidedSearch:
    return PredictorGuidedSearch(SPACE, **{"n_initial": 10, "random_state": 0} | given)


@pytest.mark.parametrize("acquisition", ACQUISITIONS)
def test_finds_the_best_of_2000_cells(acquisition: str) -> None:
    search = run(made(acquisition=acquisition), 40)
    assert search.best_value_ == BEST


def test_minimises() -> None:
    search = made(direction="minimize")
    for _ in range(8):
        asked = search.ask(5)
        search.tell(asked, [-value for value in worths(asked)])
    assert search.best_value_ == -BEST


def test_asks_nothing_twice() -> None:
    """Also not while trainings run: these are told three rounds later."""
    search, asked = made(), []
    for turn in range(8):
        asked.append(search.ask(4))
        if turn > 2:
            search.tell(asked[turn - 3], worths(asked[turn - 3]))
    every = SPACE.functional(ArchitectureBatch.concatenate(asked))
    assert len(set(duplicate_groups(every))) == len(every)


def test_what_runs_already_is_not_explored_again() -> None:
    """Asking one by one without results gives as diverse architectures as asking at once."""
    first, second = made(), made()
    for search in (first, second):
        known = SPACE.sample(30, 0)
        search.tell(known, worths(known))
    at_once = first.ask(5)
    one_by_one = ArchitectureBatch.concatenate([second.ask(1) for _ in range(5)])
    shared = duplicate_groups(SPACE.functional(ArchitectureBatch.concatenate([at_once, one_by_one])))
    assert len(set(shared[:5]) & set(shared[5:])) >= 4


def test_the_same_seed_asks_the_same() -> None:
    first, second, other = (run(made(random_state=seed), 15) for seed in (1, 1, 2))
    assert first.architectures_ == second.architectures_
    assert first.architectures_ != other.architectures_


def test_failed_trainings_count_as_bad() -> None:
    """All cells with a 3x3 convolution fail. After 30 trials, the search asks for few of them."""
    search = made()
    n_failed = []
    for _ in range(8):
        asked = search.ask(5)
        failed = ["nor_conv_3x3" in one.ops for one in asked]
        pairs = zip(worths(asked), failed, strict=True)
        search.tell(asked, [None if bad else value for value, bad in pairs])
        n_failed.append(sum(failed))
    assert sum(n_failed[-3:]) < 0.4 * sum(n_failed[:3]), n_failed


def test_earlier_results_replace_the_first_choices() -> None:
    search = made()
    known = SPACE.sample(40, 3)
    search.tell(known, worths(known))
    assert max(worths(search.ask(5))) >= np.quantile(worths(SPACE.enumerate()), 0.96)


def test_repeated_noisy_values_are_averaged() -> None:
    rng = np.random.default_rng(0)
    search = made()
    for _ in range(8):
        asked = search.ask(5)
        for _ in range(3):
            search.tell(asked, rng.normal(worths(asked), 0.3))
    assert worth(search.best_architecture_) > BEST - 0.5


def test_a_space_that_is_not_listed_is_sampled() -> None:
    space = DAGSpace(["conv3x3", "conv1x1", "maxpool"], max_nodes=6, max_edges=8)

    def value(one: Architecture) -> float:
        return sum(op == "conv3x3" for op in one.ops) + 0.1 * int(one.adjacency.sum())

    found = PredictorGuidedSearch(space, n_initial=10, n_candidates=400, random_state=0)
    for _ in range(6):
        asked = found.ask(5)
        found.tell(asked, [value(one) for one in asked])
    drawn = [value(one) for one in space.sample(2000, 0)]
    assert found.best_value_ >= np.quantile(drawn, 0.995)


@pytest.mark.parametrize(
    "predictor",
    [
        FlowGaussianProcessRegressor(view="both"),
        FlowGaussianProcessRegressor(features=[AdjacencyEncoding()]),
        make_pipeline(AdjacencyEncoding(), GaussianProcessRegressor(normalize_y=True, alpha=0.1)),
    ],
)
def test_any_predictor_with_deviations_guides(predictor: Any) -> None:
    search = PredictorGuidedSearch(SPACE, predictor, n_initial=10, random_state=0)
    assert run(search, 30, 10).best_value_ > np.sort(worths(SPACE.enumerate()))[-8] - 0.01
    assert not hasattr(predictor, "processes_")


# ------------------------------------------------------------------ columns


def test_a_told_constraint_is_kept() -> None:
    search = made(constraints={"latency": (None, 6.0)})
    for _ in range(9):
        asked = search.ask(5)
        search.tell(asked, worths(asked), latency=latency(asked))
    every = SPACE.enumerate()
    best = max(value for value, slow in zip(worths(every), latency(every), strict=True) if slow <= 6)
    assert search.best_value_ == best
    assert (latency(asked) <= 6).mean() >= 0.6


def test_an_exact_cost_is_never_exceeded() -> None:
    search = made(constraints={"latency": (2.0, 6.0)}, costs={"latency": latency}, n_initial=5)
    found = latency(run(search, 20).architectures_)
    assert ((found[5:] <= 6) & (found[5:] >= 2)).all()


def test_two_objectives_fill_the_front() -> None:
    """Against the front of the whole space and random search with as many trainings."""
    search = made(objectives={"latency": "minimize"})

    def both(one: Architecture) -> dict[str, float]:
        return {"value": worth(one), "latency": float(latency([one])[0])}  # type: ignore[arg-type]

    search.maximize(both, 10)
    for _ in range(6):
        asked = search.ask(5)
        search.tell(asked, worths(asked), latency=latency(asked))
    every = SPACE.enumerate()
    points = np.stack([worths(every), -latency(every)], axis=1)
    reference = points.min(axis=0)
    total = hypervolume(points, reference)
    found = hypervolume(search.pareto_values_ * [1, -1], reference)
    rng = np.random.default_rng(0)
    drawn = [hypervolume(points[rng.choice(len(points), 40)], reference) for _ in range(100)]
    assert found > max(0.95 * total, np.quantile(drawn, 0.9))
    assert len(search.pareto_front_) == len(search.pareto_values_)
    assert latency(search.pareto_front_) == pytest.approx(search.pareto_values_[:, 1])


def test_columns_that_are_missing_or_unknown_are_named() -> None:
    search = made(constraints={"latency": (None, 6.0)})
    asked = search.ask(2)
    with pytest.raises(ValueError, match="'latency'"):
        search.tell(asked, [1.0, 2.0])
    with pytest.raises(ValueError, match="'energy'"):
        search.tell(asked, [1.0, 2.0], latency=[1.0, 2.0], energy=[1.0, 2.0])
    assert search.pending_.all()
    assert search.tell(asked, None).n_asks_ == 1


# ------------------------------------------------------------------ values after few epochs


def test_stops_what_will_not_be_the_best() -> None:
    """Values after 4 epochs tell the final ones. Most trainings stop, but none that would be the best."""
    rng = np.random.default_rng(0)
    cells = made().ask(60)
    final = np.array(worths(cells)) + rng.normal(size=60)
    search = made().tell(cells[:30], final[:30] - 2, epochs=4)
    assert search.pending_.sum() == 30
    search.tell(cells[:30], final[:30])
    stopped = np.array([search.should_stop(cells[[at]], 4, final[at] - 2) for at in range(30, 60)])
    better = final[30:] > final[:30].max()
    assert better.any()
    assert not stopped[better].any()
    assert stopped.mean() > 0.3
    assert search.pending_.sum() == (~stopped).sum()


def test_the_early_value_decides() -> None:
    """The same cell is stopped or not. Final values are noise to the features."""
    cells, final = made().ask(41), np.random.default_rng(0).normal(size=40)
    stopped = []
    for early in (-2.0, 3.0):
        search = made().tell(cells[:40], final, epochs=4).tell(cells[:40], final)
        stopped.append(search.should_stop(cells[[40]], 4, early))
    assert stopped == [True, False]


def test_too_few_values_stop_nothing() -> None:
    search = made(n_initial=20)
    cells = SPACE.sample(8, 0)
    search.tell(cells, worths(cells))
    assert not search.should_stop(SPACE.sample(1, 5), 4, -100.0)
    assert search.pending_.sum() == 1


def test_a_predictor_that_cannot_learn_from_epochs_says_so() -> None:
    pipeline = make_pipeline(AdjacencyEncoding(), GaussianProcessRegressor())
    search = PredictorGuidedSearch(SPACE, pipeline, random_state=0)
    with pytest.raises(ValueError, match="epochs"):
        search.tell(SPACE.sample(1, 0), 0.5, epochs=4)


# ------------------------------------------------------------------ state


def test_continues_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    """Killed after any ask or tell, a search asks what the other one asks."""
    file = tmp_path / "search.safetensors"
    constraints = {"latency": (None, 9.0)}
    whole = made(constraints=constraints, checkpoint=file, acquisition="thompson")
    waiting: list[ArchitectureBatch] = []
    for turn in range(10):
        copy = tmp_path / f"copy{turn}.safetensors"
        if file.exists():
            copy.write_bytes(file.read_bytes())
        stopped = made(constraints=constraints, checkpoint=copy, acquisition="thompson")
        n = 1 + turn % 4
        waiting.append(whole.ask(n))
        again = stopped.ask(n)
        assert again == waiting[-1]
        if turn % 3:  # some trainings end later
            done = waiting.pop(0)
            whole.tell(done, [None, *worths(done)[1:]], latency=latency(done))
    assert len(whole.told_) > 12


def test_a_file_of_another_search_is_refused(tmp_path: Path) -> None:
    search = made().maximize(worth, 3)
    search.save(tmp_path / "state")
    with pytest.raises(PersistenceError, match="other objectives and constraints"):
        made(objectives={"latency": "minimize"}).load(tmp_path / "state")
    with pytest.raises(PersistenceError, match="another space"):
        PredictorGuidedSearch(DAGSpace(["conv"], max_nodes=3, max_edges=3)).load(tmp_path / "state")
    (tmp_path / "text").write_text("no archive")
    with pytest.raises(PersistenceError, match="damaged"):
        made().load(tmp_path / "text")
    with pytest.raises(PersistenceError, match="not saved by this library"):
        search.save(tmp_path / "text")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"acquisition": "best"}, ValueError, "acquisition must be one of"),
        ({"n_initial": 0}, ValueError, "n_initial"),
        ({"n_candidates": 1}, ValueError, "n_candidates"),
        ({"beta": -1.0}, ValueError, "beta"),
        ({"objectives": {"a": "minimize", "b": "minimize"}}, ValueError, "one at most"),
        ({"objectives": {"a": "least"}}, ValueError, "'maximize' or 'minimize'"),
        ({"constraints": {"a": (1.0, 2.0, 3.0)}}, ValueError, "smallest, largest"),
        ({"predictor": RandomForestRegressor()}, TypeError, "return_std"),
    ],
)
def test_parameters_are_checked(change: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        made(**change).ask(1)
