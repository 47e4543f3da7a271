import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

from fgp_sklearn import ArchitectureSimplifier
from fgp_sklearn.architectures import Architecture, ArchitectureBatch, as_batch
from fgp_sklearn.datasets import nasbench201_space
from tests.strategies import batches

SVG = "{http://www.w3.org/2000/svg}"
DEAD_BRANCH = (
    [[0, 1, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 1], [0] * 5],
    ["input", "none", "conv", "pool", "output"],
)


def drawing(html):
    """The drawing, which must be well-formed XML, and its nodes and edges."""
    root = ElementTree.fromstring(html)
    svg = next(root.iter(f"{SVG}svg"))
    groups = {kind: [g for g in svg.iter(f"{SVG}g") if g.get("class") == kind] for kind in ("node", "edge")}
    return root, svg, groups


class Table(HTMLParser):
    """Cells of a table, row by row."""

    def __init__(self, html):
        super().__init__()
        self.rows, self.text = [], None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.text = True

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self.text = None

    def handle_data(self, data):
        if self.text:
            self.rows[-1][-1] += data


# ------------------------------------------------------------------ one architecture


@settings(max_examples=60)
@given(batches(max_size=1, max_multiplicity=3))
def test_any_architecture_is_drawn_whole(batch):
    _, svg, groups = drawing(batch._repr_html_())
    (architecture,) = batch
    assert [node.find(f"{SVG}title").text for node in groups["node"]] == list(architecture.ops)
    assert len(groups["edge"]) == np.count_nonzero(architecture.adjacency)
    width, height = (float(svg.get(side)) for side in ("width", "height"))
    for node in groups["node"]:
        x, y, r = (float(node.find(f"{SVG}circle").get(key)) for key in ("cx", "cy", "r"))
        assert r <= x <= width - r + 1
        assert r <= y <= height - r + 1


def test_columns_are_generations():
    pair = DEAD_BRANCH
    _, _, groups = drawing(as_batch([pair])._repr_html_())
    x = [float(node.find(f"{SVG}circle").get("cx")) for node in groups["node"]]
    generations = nx.topological_generations(nx.DiGraph(np.array(pair[0])))
    column = {node: c for c, members in enumerate(generations) for node in members}
    assert np.unique(x, return_inverse=True)[1].tolist() == [column[i] for i in range(5)]


def test_what_carries_no_flow_is_faded():
    root, _, groups = drawing(as_batch([DEAD_BRANCH])._repr_html_())
    faded = [node.find(f"{SVG}circle").get("opacity") is not None for node in groups["node"]]
    assert faded == [False, True, False, True, False]
    assert [edge.get("opacity") is not None for edge in groups["edge"]] == [True, False, True, False, True]
    assert "carries no flow" in "".join(root.itertext())
    alive = ArchitectureSimplifier().fit_transform([DEAD_BRANCH])
    root, _, groups = drawing(alive._repr_html_())
    assert not [g for g in groups["node"] if g.find(f"{SVG}circle").get("opacity")]
    assert "carries no flow" not in "".join(root.itertext())


def test_legend_names_the_operations_by_number():
    root, _, groups = drawing(nasbench201_space()[7000:7001]._repr_html_())
    shown = {node.find(f"{SVG}text").text: node.find(f"{SVG}title").text for node in groups["node"]}
    entries = root.find("figcaption").findall("span")
    legend = {e.find(f"{SVG}svg/{SVG}text").text: e.find(f"{SVG}svg").tail.strip() for e in entries[:-1]}
    assert legend == shown


def test_parallel_edges_are_counted_and_names_told_to_screen_readers():
    batch = as_batch([Architecture([[0, 2], [0, 0]], ("a", "b"), name="mine")])
    _, svg, _ = drawing(batch._repr_html_())
    assert "×2" in [text.text for text in svg.iter(f"{SVG}text")]  # noqa: RUF001
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == "architecture mine: 2 nodes, 1 edges"


def test_a_node_tells_its_attributes():
    nodes = [{"op": "input"}, {"op": "mbconv", "kernel": 5, "<w>": 0.25}, {"op": "output", "kernel": 1e9}]
    batch = as_batch([(np.eye(3, k=1), nodes)], attributes=["kernel", "<w>"])
    _, _, groups = drawing(batch._repr_html_())
    assert [group.find(f"{SVG}title").text for group in groups["node"]] == [
        "input",
        "mbconv\n<w> 0.25\nkernel 5",
        "output\nkernel 1e+09",
    ]
    many = Architecture([[0]], ("a",), attributes={f"x{i:03}": [i] for i in range(300)})
    _, _, groups = drawing(many._repr_html_())
    lines = groups["node"][0].find(f"{SVG}title").text.splitlines()
    assert lines == ["a", *(f"x{i:03} {i}" for i in range(10)), "and 290 more"]


def test_drawing_suits_light_and_dark_pages():
    html = as_batch([DEAD_BRANCH])._repr_html_()
    assert "currentColor" in html
    assert "background:transparent" in html
    assert not re.search(r'stroke="(#000|#fff|black|white)', html)
    assert "id=" not in html  # a second output on the page must not collide


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a & b < c > d",
    "'\" onmouseover='x'",
    "line\nbreak\x00\x1b",
    "\ud800",
    "\u202egnp.exe",
    "x" * 500,
    "]]>&lt;",
]


@pytest.mark.parametrize("op", HOSTILE)
@pytest.mark.parametrize("n", [1, 2])
def test_names_are_escaped(op, n):
    html = as_batch([Architecture([[0, 1], [0, 0]], (op, "output"), name=op)] * n)._repr_html_()
    root = ElementTree.fromstring(html)  # well-formed, so nothing broke out
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    known = {"figure", "div", "svg", "g", "path", "circle", "text", "title", "figcaption", "span"}
    assert tags <= known | {"table", "caption", "tbody", "tr", "th", "td"}
    assert not [key for element in root.iter() for key in element.attrib if key.startswith("on")]
    html.encode("utf-8")
    assert len(html) < 20_000


# ------------------------------------------------------------------ many architectures


def test_table_sums_a_batch_up():
    pairs = [([[0, 1], [0, 0]], ["a", "b"]), DEAD_BRANCH, ([[0]], ["a"])]
    rows = Table(as_batch(pairs)._repr_html_()).rows
    assert rows[:3] == [
        ["architectures", "3"],
        ["nodes: min / median / max", "1 / 2 / 5"],
        ["edges: min / median / max", "0 / 1 / 5"],
    ]
    assert rows[3] == ["operation", "nodes"]
    ops = [op for _, names in pairs for op in names]
    assert {name: int(count) for name, count in rows[4:]} == {op: ops.count(op) for op in ops}
    assert rows[4] == ["a", "2"]


def test_table_of_many_operations_is_cut_and_none_is_lost():
    graph = nx.DiGraph()
    for i in range(50):
        graph.add_node(i, op=f"op{i}")
    rows = Table(as_batch([graph, graph])._repr_html_()).rows
    assert len(rows) == 4 + 20 + 1
    assert rows[-1] == ["30 other operations", "60"]


def test_table_has_the_range_of_each_attribute():
    chain = np.eye(3, k=1)
    nodes = [{"op": "input"}, {"op": "a", "kernel": 3, "w<i>dth": 8}, {"op": "b", "kernel": 5}]
    batch = as_batch([(chain, nodes), (chain, nodes)], attributes=["kernel", "w<i>dth"])
    rows = Table(batch._repr_html_()).rows
    assert rows[-3:] == [
        ["attribute", "min / median / max"],
        ["kernel", "3 / 4 / 5"],
        ["w<i>dth", "8 / 8 / 8"],
    ]
    bare = as_batch([Architecture([[0]], ("a",), attributes={f"x{i:02}": [np.nan] for i in range(30)})] * 2)
    rows = Table(bare._repr_html_()).rows
    assert rows[-21:] == [*([f"x{i:02}", "no node has it"] for i in range(20)), ["10 other attributes", ""]]
    assert Table(batch[:0]._repr_html_()).rows == [["architectures", "0"]]


def test_operations_that_do_not_occur_are_left_out_and_empty_batches_have_a_table():
    space = nasbench201_space()
    names = [row[0] for row in Table(space[:2]._repr_html_()).rows]
    assert "nor_conv_3x3" not in names
    assert Table(space[:0]._repr_html_()).rows == [["architectures", "0"]]


def test_huge_architecture_has_a_table():
    n = 500
    html = as_batch([(np.diag(np.ones(n - 1, dtype=int), 1), ["conv"] * n)])._repr_html_()
    assert "<svg" not in html
    assert Table(html).rows[1] == ["nodes: min / median / max", "500 / 500 / 500"]


def test_one_architecture_is_drawn_too_and_a_malformed_one_falls_back_to_text():
    space = nasbench201_space()
    assert "<svg" in space[3]._repr_html_()
    assert Architecture([[0, 1], [1, 0]], ("a", "b"))._repr_html_() is None
    assert Architecture("nonsense", ("a", "b"))._repr_html_() is None
    assert isinstance(space[3:4], ArchitectureBatch)
