"""Draw the flow through a cell of NAS-Bench-201, for the page on the method.

`FlowSurrogate` gives the sum of what arrives at an output. The state of a node is therefore what it gives for
an output right behind the node.

    python docs/cell_picture.py
"""

from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures import as_batch
from fgp_sklearn.preprocessing import ArchitectureSimplifier, FlowSurrogate

FILE = Path(__file__).parent / "pictures" / "cell.html"
CELL = "|nor_conv_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|none~0|avg_pool_3x3~1|nor_conv_3x3~2|"
N_COMPONENTS = 6
VANISH = ("none", "skip_connect")
FORWARD = "Six nodes remain. Bars below each node show its state in the flow from the input to the output."
BACKWARD = "Bars below each node show its state in the flow from the output to the input."
WIDTH = 370
HEIGHTS = {"written": 236, "forward": 180, "backward": 180}
NAMES = {
    "nor_conv_3x3": "conv 3x3",
    "nor_conv_1x1": "conv 1x1",
    "avg_pool_3x3": "pool",
    "skip_connect": "skip",
}
# Middles of boxes, by the position of the node in the cell.
PLACES = {
    0: (40, 96),
    1: (130, 40),
    2: (136, 128),
    3: (184, 84),
    4: (182, 215),
    5: (234, 40),
    6: (232, 128),
    7: (328, 96),
}
BOX = (70, 26)
COLOURS = {"forward": "#0072b2", "backward": "#d55e00", "written": "currentColor"}


def state(surrogate: FlowSurrogate, graph: nx.DiGraph, node: int, *, backward: bool) -> NDArray[np.float64]:
    """What the node sends on, or at the end of the flow what arrives."""
    before, after = nx.ancestors(graph, node), nx.descendants(graph, node)
    if backward:
        before, after = after, before
    part = nx.DiGraph(graph.subgraph({*before, node}))
    if after:
        part.add_node("end", op="input" if backward else "output")
        part.add_edge(*(("end", node) if backward else (node, "end")))
    features = surrogate.transform([part])[0]
    half = N_COMPONENTS + 1  # direction and length of the sum at the outputs, then of that at the inputs
    *direction, length = features[half:] if backward else features[:half]
    return np.array(direction) / np.sqrt(N_COMPONENTS) * np.expm1(length)


def edge(one: int, other: int, colour: str, tip: str, style: str = "") -> str:
    """An arrow between the borders of two boxes."""
    start, end = np.array(PLACES[one], float), np.array(PLACES[other], float)
    way = end - start
    gap = min(abs((size / 2 + 3) / part) if part else np.inf for size, part in zip(BOX, way, strict=True))
    (x1, y1), (x2, y2) = start + gap * way, end - gap * way
    places = f'x1="{x1:.0f}" y1="{y1:.0f}" x2="{x2:.0f}" y2="{y2:.0f}"'
    return f'  <line {places} stroke="{colour}" stroke-width="2"{style} marker-end="url(#{tip})"/>'


def box(place: tuple[int, int], text: str, style: str = "") -> str:
    """An operation."""
    (x, y), (width, height) = place, BOX
    frame = f'<rect x="{x - width // 2}" y="{y - height // 2}" width="{width}" height="{height}" rx="5"'
    return (
        f'  {frame} fill="none" stroke="currentColor"{style}/>'
        f'<text x="{x}" y="{y + 4}" text-anchor="middle">{text}</text>'
    )


def bars(place: tuple[int, int], values: NDArray[np.float64], colour: str) -> Iterator[str]:
    """The components of a message below a box, upwards if they are positive."""
    left, line = place[0] - 3 * N_COMPONENTS, place[1] + 33
    yield f'  <path d="M{left - 2} {line}h{6 * N_COMPONENTS + 4}" stroke="currentColor" stroke-width="0.5"/>'
    for number, value in enumerate(values):
        height = 14 * np.tanh(value / 1.5)
        top = line - max(height, 0)
        size = f'width="4" height="{abs(height):.1f}"'
        yield f'  <rect x="{left + 6 * number + 1}" y="{top:.1f}" {size} fill="{colour}"/>'


def panel(kind: str, title: str, label: str, lines: list[str]) -> list[str]:
    """One of the drawings."""
    tip = f'<path d="M0 0 L8 4 L0 8 z" fill="{COLOURS[kind]}"/>'
    marker = (
        f'id="cell-{kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"'
    )
    size = f'viewBox="0 0 {WIDTH} {HEIGHTS[kind]}" width="{WIDTH}" height="{HEIGHTS[kind]}"'
    return [
        f'<svg class="flow-drawing" role="img" aria-label="{label}" {size}>',
        f"  <defs><marker {marker}>{tip}</marker></defs>",
        f'  <text x="6" y="16" font-weight="bold">{title}</text>',
        *lines,
        "</svg>",
    ]


def as_written() -> list[str]:
    """All nodes and edges; those that vanish are faint."""
    graph = as_batch([CELL]).to_networkx()[0]
    names = nx.get_node_attributes(graph, "op")
    faint = {node: ' opacity="0.45" stroke-dasharray="4 3"' for node, op in names.items() if op in VANISH}
    lines = [
        edge(one, other, COLOURS["written"], "cell-written", faint.get(one) or faint.get(other) or "")
        for one, other in graph.edges
    ]
    return [
        *lines,
        *(box(PLACES[node], NAMES.get(op, op), faint.get(node, "")) for node, op in names.items()),
    ]


def flow(kind: str) -> list[str]:
    """What computes, with the state of each node."""
    batch = ArchitectureSimplifier(identity_ops=["skip_connect"]).fit_transform([CELL])
    (graph,) = batch.to_networkx()
    ops = nx.get_node_attributes(as_batch([CELL]).to_networkx()[0], "op")
    graph = nx.relabel_nodes(graph, dict(enumerate(node for node, op in ops.items() if op not in VANISH)))
    surrogate = FlowSurrogate(n_components=N_COMPONENTS, random_state=0).fit(batch)
    lines = [
        edge(*(pair[::-1] if kind == "backward" else pair), COLOURS[kind], f"cell-{kind}")
        for pair in graph.edges
    ]
    for node in graph:
        lines.append(box(PLACES[node], NAMES.get(ops[node], ops[node])))
        lines += bars(PLACES[node], state(surrogate, graph, node, backward=kind == "backward"), COLOURS[kind])
    return lines


def drawing() -> str:
    """The cell as it is written, and the flow through what it computes, forward and backward."""
    panels = [
        panel(
            "written",
            "1. As written",
            "A cell of eight nodes. A none and a skip connection are faint.",
            as_written(),
        ),
        panel("forward", "2. What computes, forward", FORWARD, flow("forward")),
        panel("backward", "3. Backward", BACKWARD, flow("backward")),
    ]
    return "\n".join(
        ['<div class="flow-drawings">', *(line for lines in panels for line in lines), "</div>", ""]
    )


if __name__ == "__main__":
    FILE.write_text(drawing(), encoding="utf-8")
