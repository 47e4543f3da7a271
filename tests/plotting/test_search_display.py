"""SearchDisplay: medians and quartiles of the best so far, against NumPy on plain lists."""

from typing import Any

import numpy as np
import pytest

from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.plotting import SearchDisplay
from fgp_sklearn.search import PoolSpace, PredictorGuidedSearch, RandomSearch

pytest.importorskip("matplotlib")


@pytest.fixture(autouse=True)
def _closed_figures() -> Any:
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


RUNS = np.random.default_rng(0).normal(size=(6, 9))


@pytest.mark.parametrize(("direction", "best"), [("maximize", max), ("minimize", min)])
def test_lines_are_medians_of_the_best_so_far(direction: str, best: Any) -> None:
    display = SearchDisplay(values={"mine": RUNS}, direction=direction).plot()
    so_far = [[best(run[: n + 1]) for n in range(9)] for run in RUNS.tolist()]
    assert display.lines_["mine"].get_ydata() == pytest.approx(np.median(so_far, axis=0))
    corners = display.bands_["mine"].get_paths()[0].vertices
    for at in range(9):
        of_band = corners[corners[:, 0] == at + 1, 1]
        expected = np.quantile(np.array(so_far)[:, at], [0.25, 0.75])
        assert [of_band.min(), of_band.max()] == pytest.approx(expected)


def test_regret_is_the_distance_to_the_optimum() -> None:
    display = SearchDisplay(values={"a": [1.0, 3.0, 2.0]}, optimum=4.0, value_name="accuracy").plot()
    assert display.lines_["a"].get_ydata().tolist() == [3.0, 1.0, 1.0]
    assert display.ax_.get_ylabel() == "Regret of accuracy"
    assert not display.bands_


def test_failed_trainings_leave_the_best_as_it_is() -> None:
    display = SearchDisplay(values={"a": [np.nan, 3.0, np.nan, 4.0]}).plot()
    assert display.lines_["a"].get_ydata() == pytest.approx([np.nan, 3.0, 3.0, 4.0], nan_ok=True)


def test_draws_searches_as_they_were_told() -> None:
    space = PoolSpace(nasbench201_space()[:50])
    searches = []
    for seed, n in [(0, 5), (1, 7)]:
        search = RandomSearch(space, random_state=seed)
        searches.append(search.tell(search.ask(n), np.arange(n)))
    display = SearchDisplay.from_searches({"two": searches, "one": searches[1]}, color="red")
    assert len(display.lines_["two"].get_xdata()) == 5
    assert display.lines_["one"].get_ydata().tolist() == list(range(7))
    assert display.lines_["two"].get_color() == "red"
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == ["two", "one"]


def test_infeasible_values_do_not_count() -> None:
    space = PoolSpace(nasbench201_space()[:50])
    search = PredictorGuidedSearch(space, constraints={"latency": (None, 5.0)}, n_initial=4, random_state=0)
    search.tell(search.ask(4), [1.0, 9.0, 2.0, 8.0], latency=[1.0, 6.0, 1.0, None])
    display = SearchDisplay.from_searches(search)
    (line,) = display.lines_.values()
    assert line.get_ydata().tolist() == search.history_["best"].tolist() == [1.0, 1.0, 2.0, 2.0]


def test_what_is_no_search_or_knows_nothing_is_named() -> None:
    search = RandomSearch(PoolSpace(nasbench201_space()[:9]), random_state=0)
    for searches, error, words in [
        (search, ValueError, "RandomSearch was told nothing"),
        ({"mine": []}, ValueError, "no search of 'mine'"),
        ({"mine": [3.0]}, TypeError, "3.0 is no search"),
    ]:
        with pytest.raises(error, match=words):
            SearchDisplay.from_searches(searches)  # type: ignore[arg-type]


def test_malformed_values_are_named() -> None:
    with pytest.raises(ValueError, match="'a'"):
        SearchDisplay(values={"a": np.zeros((2, 2, 2))}).plot()
    space = PoolSpace(nasbench201_space()[:50])
    searches = {
        name: RandomSearch(space, direction=name, random_state=0) for name in ("minimize", "maximize")
    }
    with pytest.raises(ValueError, match="one direction"):
        SearchDisplay.from_searches(searches)
