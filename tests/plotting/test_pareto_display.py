"""ParetoDisplay: the front, against a comparison of all pairs."""

from typing import Any

import numpy as np
import pytest

from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.plotting import ParetoDisplay
from fgp_sklearn.search import PoolSpace, PredictorGuidedSearch, RandomSearch

pytest.importorskip("matplotlib")


@pytest.fixture(autouse=True)
def _closed_figures() -> Any:
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


@pytest.mark.parametrize("first", ["maximize", "minimize"])
@pytest.mark.parametrize("second", ["maximize", "minimize"])
def test_the_front_is_what_no_other_architecture_beats(first: str, second: str) -> None:
    values = np.random.default_rng(0).normal(size=(40, 2))
    signed = values * [1 if first == "maximize" else -1, 1 if second == "maximize" else -1]
    best = [row for row, point in zip(values, signed, strict=True) if not (signed > point).all(axis=1).any()]
    display = ParetoDisplay(values=values, directions=(first, second)).plot()
    assert display.front_.get_xydata() == pytest.approx(np.array(sorted(best, key=lambda row: row[0])))
    assert len(display.dots_.get_offsets()) == 40


@pytest.mark.parametrize(("first", "height"), [("maximize", 1.0), ("minimize", 3.0)])
def test_steps_bound_what_the_front_dominates(first: str, height: float) -> None:
    """Between both points, the point that is better in the first objective bounds the area."""
    values = np.array([[1.0, 3.0], [3.0, 1.0]])
    display = ParetoDisplay(values=values, directions=(first, first)).plot()
    display.figure_.canvas.draw()
    style = display.front_.get_drawstyle()
    assert {"steps-pre": values[1, 1], "steps-post": values[0, 1]}[style] == height


def test_draws_a_search_without_what_is_unknown() -> None:
    space = PoolSpace(nasbench201_space()[:60])
    search = PredictorGuidedSearch(space, objectives={"latency": "minimize"}, n_initial=4, random_state=0)
    search.tell(search.ask(4), [0.9, 0.8, None, 0.7], latency=[20.0, 10.0, None, 15.0])
    display = ParetoDisplay.from_search(search, value_name="accuracy", color="black")
    assert display.front_.get_xydata().tolist() == [[0.8, 10.0], [0.9, 20.0]]
    assert len(display.dots_.get_offsets()) == 3
    assert (display.ax_.get_xlabel(), display.ax_.get_ylabel()) == ("accuracy", "latency")


def test_malformed_values_are_refused() -> None:
    with pytest.raises(ValueError, match="two numbers"):
        ParetoDisplay(values=[1.0, 2.0]).plot()
    with pytest.raises(ValueError, match="directions"):
        ParetoDisplay(values=[[1.0, 2.0]], directions=("maximize", "best")).plot()
    search = PredictorGuidedSearch(PoolSpace(nasbench201_space()[:9]), random_state=0)
    with pytest.raises(ValueError, match="one objective"):
        ParetoDisplay.from_search(search)
    with pytest.raises(TypeError, match="no second objective"):
        ParetoDisplay.from_search(RandomSearch(search.space))  # type: ignore[arg-type]
