"""What all displays promise."""

import subprocess
import sys
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from fgp_sklearn.architectures._palette import OKABE_ITO, ink_on
from fgp_sklearn.plotting import (
    ArchitectureDisplay,
    ComparisonDisplay,
    EmbeddingDisplay,
    LabelEfficiencyDisplay,
    RankDisplay,
    TrainingHistoryDisplay,
)

CHAIN = [([[0, 1], [0, 0]], ["none", "output"])]
HISTORY = [{"epoch": 1, "train_loss": 0.5, "valid_score": 0.5, "lr": 0.1}]
DRAW = {
    "rank": lambda **ax: RankDisplay.from_predictions([1, 2, 3], [1, 3, 2], **ax),
    "labels": lambda **ax: LabelEfficiencyDisplay(n_labels=[1, 2], scores={"a": [[0, 1], [1, 2]]}).plot(**ax),
    "comparison": lambda **ax: ComparisonDisplay(scores={"a": [0, 1]}).plot(**ax),
    "history": lambda **ax: TrainingHistoryDisplay.from_history(HISTORY, **ax),
    "embedding": lambda **ax: EmbeddingDisplay.from_embedding(np.eye(4), [1, 2, 3, 4], **ax),
    "architecture": lambda **ax: ArchitectureDisplay.from_architecture(CHAIN, **ax),
}
FROM = {
    "rank": lambda: RankDisplay.from_estimator(None, None, None),
    "labels": lambda: LabelEfficiencyDisplay.from_estimator(None, None, None, n_labels=[]),
    "comparison": lambda: ComparisonDisplay(scores={}).plot(),
    "history": lambda: TrainingHistoryDisplay.from_estimator(None),
    "embedding": lambda: EmbeddingDisplay.from_estimator(None, None),
    "architecture": lambda: ArchitectureDisplay.from_architecture(None),
}
each_display = pytest.mark.parametrize("draw", DRAW.values(), ids=DRAW)


@each_display
def test_new_figure_is_made_once_and_given_axes_are_enough(draw):
    display = draw()
    assert len(plt.get_fignums()) == 1
    assert display.figure_ is plt.gcf()
    assert display.ax_ in display.figure_.axes
    _, ax = plt.subplots()
    assert draw(ax=ax).figure_ is ax.figure
    assert len(plt.get_fignums()) == 2


@each_display
def test_subfigures_are_drawn_on(draw):
    left, _ = plt.figure(layout="constrained").subfigures(1, 2)
    assert draw(ax=left.subplots()).figure_ is left
    left.canvas.draw()


@each_display
def test_no_background_is_set(draw):
    with plt.rc_context({"figure.facecolor": "none", "axes.facecolor": "none", "legend.facecolor": "none"}):
        figure = draw().figure_
    figure.canvas.draw()
    assert figure.get_facecolor() == (0, 0, 0, 0)
    assert all(ax.get_facecolor() == (0, 0, 0, 0) for ax in figure.axes)


@each_display
def test_dark_style_has_no_black_ink_and_light_style_no_white(draw):
    for style, unseen in (("dark_background", (0, 0, 0)), ("default", (1, 1, 1))):
        with plt.style.context(style):
            display = draw()
        inner = {id(number) for number in getattr(display, "numbers_", [])}  # on the colour of a node
        texts = [t for t in display.figure_.findobj(plt.Text) if t.get_text() and id(t) not in inner]
        lines = [line for line in display.figure_.findobj(plt.Line2D) if line.get_visible()]
        assert texts
        assert unseen not in {to_rgb(artist.get_color()) for artist in texts + lines}


@pytest.mark.parametrize("name", FROM)
def test_missing_matplotlib_is_told_before_anything_else(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(
        ImportError, match=r'Display requires matplotlib; .*pip install "fgp-sklearn\[plot\]"'
    ):
        FROM[name]()
    with pytest.raises(
        ImportError, match=r'Display requires matplotlib; .*pip install "fgp-sklearn\[plot\]"'
    ):
        DRAW[name]()


def test_without_matplotlib_everything_but_drawing_works():
    code = """
import sys
for name in ("matplotlib", "matplotlib.pyplot"):
    sys.modules[name] = None
from fgp_sklearn.plotting import RankDisplay
from fgp_sklearn.datasets import nasbench201_space
assert "<svg" in nasbench201_space()[:1]._repr_html_()
try:
    RankDisplay.from_predictions([1, 2], [1, 2])
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (
        done.stdout == 'RankDisplay requires matplotlib; install it with: pip install "fgp-sklearn[plot]"\n'
    )


def seen(colour, matrix):
    """A colour as a colour-blind eye sees it, in linear RGB (Machado, Oliveira, Fernandes 2009)."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.clip(matrix @ linear, 0, 1)


DEUTERANOPIA = [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
]
PROTANOPIA = [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
]
TRITANOPIA = [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]]


@pytest.mark.parametrize("matrix", [np.eye(3), DEUTERANOPIA, PROTANOPIA, TRITANOPIA])
def test_colours_differ_for_every_eye(matrix):
    colours = [seen(colour, np.asarray(matrix)) for colour in OKABE_ITO]
    assert min(np.abs(a - b).max() for a, b in combinations(colours, 2)) > 0.04


def test_numbers_are_legible_on_every_colour():
    def luminance(colour):
        return seen(colour, np.eye(3)) @ (0.2126, 0.7152, 0.0722)

    for colour in OKABE_ITO:
        light, dark = sorted((luminance(colour), luminance(ink_on(colour))), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5  # WCAG 2, level AA
