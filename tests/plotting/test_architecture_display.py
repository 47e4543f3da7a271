import matplotlib.pyplot as plt
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from matplotlib.colors import same_color

from fgp_sklearn import ArchitectureError, ArchitectureSimplifier, UnlabeledPool
from fgp_sklearn.architectures import Architecture, as_batch
from fgp_sklearn.architectures._layout import NULL_OPS, RADIUS, layout
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.plotting import ArchitectureDisplay
from tests.sklearn_compatibility.spaces import cells, forms
from tests.strategies import batches
from tests.what_computes import simplified

DEAD_BRANCH = (
    [[0, 1, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 1], [0] * 5],
    ["input", "none", "conv", "pool", "output"],
)


def pieces(curve):
    return [curve[i : i + 4] for i in range(0, len(curve) - 1, 3)]


# ------------------------------------------------------------------ layout


@settings(max_examples=80)
@given(batches(max_size=2, max_multiplicity=3))
def test_layout_holds_for_any_architecture(batch):
    for index, architecture in enumerate(batch):
        drawing = layout(batch, index, frozenset(NULL_OPS))
        graph = nx.DiGraph(np.asarray(architecture.adjacency) != 0)
        # Generations are columns, and nothing overlaps in one.
        for column, members in enumerate(nx.topological_generations(graph)):
            assert set(drawing.centres[members, 0]) == {1.5 * column}
            heights = np.sort(drawing.centres[members, 1])
            assert (np.diff(heights) >= 1 - 1e-9).all()
        # Each edge joins its nodes and passes by all others.
        for (source, target), curve in zip(sorted(graph.edges), drawing.curves, strict=True):
            np.testing.assert_allclose(curve[0], drawing.centres[source] + (RADIUS, 0))
            np.testing.assert_allclose(curve[-1], drawing.centres[target] - (RADIUS, 0))
            assert (np.diff(curve[:, 0]) >= 0).all()
            for knot in curve[3:-1:3]:
                assert (np.hypot(*(drawing.centres - knot).T) > RADIUS).all()
        # What is faded is what has no flow.
        nodes, edges = simplified(architecture, NULL_OPS, ())
        assert np.flatnonzero(drawing.nodes_alive).tolist() == nodes
        alive = [e for e, a in zip(sorted(graph.edges), drawing.edges_alive, strict=True) if a]
        assert set(alive) == set(edges)


def test_chain_is_straight_and_a_long_edge_passes_by():
    adjacency = np.diag(np.ones(4, dtype=int), 1)
    adjacency[0, 4] = 1
    drawing = layout(as_batch([(adjacency, list("abcde"))]), 0, frozenset())
    heights = drawing.centres[1:4, 1]
    assert np.ptp(heights) < 1e-9
    (long,) = [curve for curve in drawing.curves if len(pieces(curve)) > 1]
    assert len(pieces(long)) == 4
    assert (np.abs(long[3:-1:3, 1] - heights[0]) >= 0.8 - 1e-9).all()


def test_crossings_are_avoided_where_they_can_be():
    # Sources 0 1 2 feed 5 4 3, which in the order of nodes would cross thrice.
    edges = [(0, 5), (1, 4), (2, 3), (3, 6), (4, 6), (5, 6)]
    graph = nx.DiGraph()
    graph.add_nodes_from(range(7), op="conv")
    graph.add_edges_from(edges)
    centres = layout(as_batch([graph]), 0, frozenset()).centres
    assert (centres[[0, 1, 2], 1].argsort() == centres[[5, 4, 3], 1].argsort()).all()


def test_dense_and_deep_architectures_are_laid_out_in_time():
    n = 120
    drawing = layout(as_batch([(np.triu(np.ones((n, n), dtype=int), 1), ["conv"] * n)]), 0, frozenset())
    assert all(len(pieces(curve)) == 1 for curve in drawing.curves)


# ------------------------------------------------------------------ display


@pytest.mark.parametrize("form", ["graphs", "pairs", "batch", "mixed"])
def test_every_form_gives_the_same_drawing(form):
    pairs = cells(6)
    X = forms(pairs)[form]
    for index in (0, 3, -1):
        display = ArchitectureDisplay.from_architecture(X, index)
        expected = ArchitectureDisplay.from_architecture(pairs, index)
        assert len(display.nodes_) == 5
        assert len(display.edges_) == pairs[index][0].sum()
        for found, wanted in zip(display.nodes_, expected.nodes_, strict=True):
            assert found.center == wanted.center
            assert found.get_facecolor() == wanted.get_facecolor()


def test_what_carries_no_flow_is_faded_and_dashed():
    display = ArchitectureDisplay.from_architecture([DEAD_BRANCH])
    faded = [node.get_alpha() is not None for node in display.nodes_]
    assert faded == [False, True, False, True, False]
    assert [node.get_linestyle() == "--" for node in display.nodes_] == faded
    # Edges in order: 01 02 13 24 34.
    assert [edge.get_alpha() is not None for edge in display.edges_] == [True, False, True, False, True]
    assert display.legend_.get_texts()[-1].get_text() == "carries no flow"
    kept = ArchitectureSimplifier().fit_transform([DEAD_BRANCH])[0]
    assert len(kept.ops) == faded.count(False)


def test_other_null_operations_can_be_named():
    none = ArchitectureDisplay.from_architecture([DEAD_BRANCH], null_ops=())
    assert all(node.get_alpha() is None for node in none.nodes_)
    assert len(none.legend_.get_texts()) == 5
    other = ArchitectureDisplay.from_architecture([DEAD_BRANCH], null_ops=["conv"])
    assert [node.get_alpha() is not None for node in other.nodes_] == [False, False, True, False, False]


def test_defaults_are_those_of_the_simplifier():
    assert ArchitectureSimplifier().null_ops == NULL_OPS
    assert ArchitectureDisplay(batch=as_batch([DEAD_BRANCH])).null_ops == NULL_OPS


def test_operations_are_told_by_number_and_colour_alike_in_all_drawings_of_a_batch():
    X = nasbench201_space()
    looks = {}
    for index in (0, 7000, 15624):
        display = ArchitectureDisplay.from_architecture(X, index)
        for op, node, number in zip(X[index].ops, display.nodes_, display.numbers_, strict=True):
            colour = node.get_facecolor()[:3]
            assert looks.setdefault(op, (number.get_text(), colour)) == (number.get_text(), colour)
            assert number.get_position() == pytest.approx(node.center)
        texts = [text.get_text() for text in display.legend_.get_texts()]
        named = dict(text.split("  ") for text in texts if "  " in text)
        assert named == {looks[op][0]: op for op in X[index].ops}
    assert len({number for number, _ in looks.values()}) == len(looks)


def test_more_operations_than_colours_still_have_their_numbers():
    graph = nx.DiGraph()
    for i in range(20):
        graph.add_node(i, op=f"op{i:02}")
    display = ArchitectureDisplay.from_architecture([graph])
    assert [number.get_text() for number in display.numbers_] == [str(i) for i in range(20)]


def test_parallel_edges_are_counted():
    double = Architecture([[0, 2, 0], [0, 0, 1], [0, 0, 0]], ("a", "b", "c"), name="mine")
    display = ArchitectureDisplay.from_architecture([double])
    assert {edge: text.get_text() for edge, text in display.multiplicities_.items()} == {0: "×2"}  # noqa: RUF001
    assert display.ax_.get_title(loc="left") == "mine"


def test_attributes_stand_below_their_nodes():
    numbers = {"kernel": [np.nan, 5, 3], "$w$": [np.nan, 0.25, np.nan]} | {
        f"x{i}": [np.nan, 1, np.nan] for i in range(5)
    }
    one = Architecture(np.eye(3, k=1), ("input", "mbconv", "output"), attributes=numbers)
    display = ArchitectureDisplay.from_architecture([Architecture([[0]], ("input",)), one], -1)
    display.figure_.canvas.draw()
    assert {node: text.get_text().splitlines() for node, text in display.attributes_.items()} == {
        1: [r"\$w\$ 0.25", "kernel 5", "x0 1", "x1 1", "and 3 more"],
        2: ["kernel 3"],
    }
    for node, text in display.attributes_.items():
        x, y = display.nodes_[node].center
        assert text.get_position()[0] == x
        assert text.get_position()[1] > y + display.nodes_[node].radius
    chosen = ArchitectureDisplay.from_architecture([one], attributes=["kernel"])
    assert {node: text.get_text() for node, text in chosen.attributes_.items()} == {
        1: "kernel 5",
        2: "kernel 3",
    }
    assert ArchitectureDisplay.from_architecture([one], attributes=()).attributes_ == {}


@pytest.mark.parametrize("op", ["$a$", "$\\frac", "_a", "<b>", "a\nb", "\ud800", "x" * 200, "", "%s{}"])
def test_any_name_of_an_operation_can_be_drawn(op):
    X = [Architecture([[0, 1], [0, 0]], (op, "output"), name=op)]
    display = ArchitectureDisplay.from_architecture(X)
    display.figure_.canvas.draw()
    assert len(display.legend_.get_texts()) == 2


def test_given_axes_and_styles_are_used():
    _, ax = plt.subplots()
    display = ArchitectureDisplay(batch=as_batch([DEAD_BRANCH]))
    look = {"node_kwargs": {"lw": 3, "fc": "red"}, "edge_kwargs": {"color": "blue"}}
    assert display.plot(ax, **look, legend_kwargs={"title": "ops"}) is display
    assert display.ax_ is ax
    assert display.nodes_[0].get_linewidth() == 3
    assert same_color(display.nodes_[0].get_facecolor(), "red")
    assert same_color(display.edges_[1].get_edgecolor(), "blue")
    assert display.legend_.get_title().get_text() == "ops"
    assert ax.get_aspect() == 1


def test_lines_have_the_colour_of_text_and_there_is_no_background():
    for ink in ("white", "black"):
        with plt.rc_context({"text.color": ink}):
            display = ArchitectureDisplay.from_architecture([DEAD_BRANCH])
        assert same_color(display.edges_[1].get_edgecolor(), ink)
        assert same_color(display.nodes_[0].get_edgecolor(), ink)
        assert not display.ax_.axison
        assert not display.legend_.get_frame_on()


def test_wrong_input_is_named():
    with pytest.raises(IndexError, match="index 5 is out of range for 1 architectures"):
        ArchitectureDisplay.from_architecture([DEAD_BRANCH], 5)
    with pytest.raises(ArchitectureError, match=r"wrap it: \[\(adjacency, ops\)\]"):
        ArchitectureDisplay.from_architecture(DEAD_BRANCH)
    with pytest.raises(ArchitectureError, match=r"wrap it: \['none'\]"):
        ArchitectureDisplay.from_architecture([DEAD_BRANCH], null_ops="none")
    assert not plt.get_fignums()


def test_a_display_takes_a_pool():
    display = ArchitectureDisplay(batch=UnlabeledPool(cells(5)), index=3).plot()
    of_batch = ArchitectureDisplay(batch=as_batch(cells(5)), index=3).plot()
    assert [number.get_text() for number in display.numbers_] == [n.get_text() for n in of_batch.numbers_]
    assert len(display.edges_) == len(of_batch.edges_)
