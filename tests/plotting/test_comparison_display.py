import numpy as np
import pytest

from fgp_sklearn.model_selection import Comparison
from fgp_sklearn.plotting import ComparisonDisplay
from fgp_sklearn.plotting._style import GREY

SCORES = {"forest": np.array([0.4, 0.6]), "mine": np.array([0.7, 0.9])}


def test_the_best_estimator_is_at_the_top_and_rivals_are_grey():
    comparison = Comparison(SCORES, ("forest",), "Kendall tau", 40, 10)
    display = ComparisonDisplay.from_comparison(comparison)
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["mine", "forest"]
    low, high = display.ax_.get_ylim()
    assert low > high  # the first row is above the second
    assert display.dots_["mine"].get_xdata().tolist() == [0.7, 0.9]
    assert set(display.dots_["mine"].get_ydata()) == {0}
    assert display.means_["forest"].get_xdata() == pytest.approx([0.5, 0.5])
    assert display.dots_["forest"].get_color() == GREY != display.dots_["mine"].get_color()
    assert display.ax_.get_xlabel() == "Kendall tau"


@pytest.mark.parametrize("scores", [[], [[0.1]], 0.5])
def test_scores_that_are_not_one_number_per_fold(scores):
    with pytest.raises(ValueError, match=r"scores of 'a' are .*; pass one number per fold"):
        ComparisonDisplay(scores={"a": scores}).plot()
