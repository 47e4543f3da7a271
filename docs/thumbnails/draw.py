"""Draw the thumbnails of the gallery: sketches that can be read at 160 pixels, where figures cannot.

python docs/thumbnails/draw.py
"""

import math
import random
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

HERE = Path(__file__).parent
INK, GREY, BLUE, SKY = "#333333", "#bbbbbb", "#0072b2", "#56b4e9"
ORANGE, GREEN, YELLOW = "#d55e00", "#009e73", "#e69f00"
HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 280" width="400" height="280">\n'
    '<rect width="400" height="280" fill="#ffffff"/>\n'
)
Point = tuple[float, float]


def dot(x: float, y: float, radius: float = 9, fill: str = SKY) -> str:
    return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:g}" fill="{fill}"/>'


def box(x: float, y: float, width: float, height: float, fill: str) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="8" fill="{fill}"/>'


def path(points: Iterable[Point], colour: str = INK, width: float = 7, dash: str = "") -> str:
    along = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
    look = f'fill="none" stroke="{colour}" stroke-width="{width:g}" stroke-linejoin="round"'
    return f'<polyline points="{along}" {look}{f" stroke-dasharray={dash!r}" if dash else ""}/>'


def text(x: float, y: float, words: str, size: float = 34, colour: str = INK, anchor: str = "middle") -> str:
    look = f'font-family="sans-serif" font-size="{size:g}" fill="{colour}" text-anchor="{anchor}"'
    return f'<text x="{x:g}" y="{y:g}" {look}>{words}</text>'


def arrow(start: Point, end: Point, colour: str = INK) -> str:
    (x, y), angle = end, math.atan2(end[1] - start[1], end[0] - start[0])
    wings = [(x - 20 * math.cos(angle + turn), y - 20 * math.sin(angle + turn)) for turn in (0.5, -0.5)]
    return path([start, end], colour, 6) + path([wings[0], end, wings[1]], colour, 6)


def axes() -> str:
    return path([(40, 20), (40, 245), (380, 245)], INK, 5)


def network(x: float, y: float, size: float = 1.0) -> list[str]:
    """Five nodes from left to right."""
    places = [(0, 0), (70, -55), (70, 55), (140, -55), (175, 25)]
    nodes = [(x + size * right, y + size * down) for right, down in places]
    edges = [(0, 1), (0, 2), (1, 3), (2, 4), (3, 4), (1, 4)]
    lines = [path([nodes[one], nodes[other]], GREY, 6 * size) for one, other in edges]
    colours = (BLUE, ORANGE, YELLOW, GREEN, INK)
    return lines + [dot(*node, 22 * size, colour) for node, colour in zip(nodes, colours, strict=True)]


def steps(values: list[float], left: float = 60, stride: float = 44) -> list[Point]:
    corners = []
    for number, value in enumerate(values):
        corners += [(left + number * stride, value), (left + (number + 1) * stride, value)]
    return corners


def quickstart() -> list[str]:
    draw = random.Random(0)
    ranks = [draw.random() for _ in range(110)]
    places = [(60 + 300 * rank + draw.gauss(0, 20), 220 - 180 * rank + draw.gauss(0, 12)) for rank in ranks]
    best = sorted(range(len(ranks)), key=ranks.__getitem__)[-12:]
    return [
        axes(),
        *(dot(*place, 6) for place in places),
        *(dot(*places[number], 9, ORANGE) for number in best),
    ]


def your_own_graphs() -> list[str]:
    rows = [box(25, 45 + 42 * row, 120, 34, BLUE if row == 0 else GREY) for row in range(5)]
    return [*rows, arrow((160, 140), (205, 140)), *network(215, 140, 0.9)]


def attributes_of_blocks() -> list[str]:
    blocks = (("width 256", BLUE), ("heads 4", GREEN), ("MLP ratio 3", ORANGE))
    drawn = []
    for number, (words, colour) in enumerate(blocks):
        top = 25 + 82 * number
        drawn += [box(80, top, 240, 60, colour), text(200, top + 42, words, 36, "#ffffff")]
        drawn += [path([(200, top + 60), (200, top + 82)], INK, 6)] * (number < 2)
    return drawn


def latency_of_networks() -> list[str]:
    clock = [dot(310, 150, 70, INK), dot(310, 150, 58, "#ffffff"), box(298, 55, 24, 25, INK)]
    hand = [path([(310, 150), (345, 115)], ORANGE, 9), dot(310, 150, 9, ORANGE)]
    return [*network(30, 150, 0.85), arrow((190, 150), (230, 150)), *clock, *hand, text(310, 195, "ms", 30)]


def new_device() -> list[str]:
    chips = []
    for x, y, fill in ((70, 80, BLUE), (70, 200, BLUE), (300, 140, ORANGE)):
        pins = [(x - 50, y + step, 100, 10) for step in (-30, -5, 20)]
        chips += [box(*pin, GREY) for pin in pins] + [box(x - 38, y - 42, 76, 84, fill)]
    arrows = [arrow((130, 90), (235, 125)), arrow((130, 190), (235, 155))]
    return [*chips, *arrows, text(300, 153, "10", 40, "#ffffff")]


def label_efficiency() -> list[str]:
    drawn = [axes(), text(240, 225, "labels", 32)]
    for colour, speed, drop in ((BLUE, 0.25, 155), (ORANGE, 0.45, 115)):
        curve = [(55 + 32 * n, 45 + drop * math.exp(-speed * n)) for n in range(11)]
        drawn.append(path(curve, colour, 9))
    return drawn


def how_good() -> list[str]:
    draw = random.Random(4)
    drawn = [axes()]
    for number in range(6):
        x, middle = 80 + 54 * number, 60 + 110 * math.exp(-0.6 * number)
        spread = 50 * math.exp(-0.45 * number)
        drawn += [dot(x - 10, middle + draw.uniform(-1, 1) * spread, 9, GREY) for _ in range(5)]
        drawn.append(dot(x + 10, middle, 11, BLUE))
    return drawn


def which_to_label() -> list[str]:
    draw = random.Random(1)
    cloud = [(200 + draw.gauss(0, 75), 140 + draw.gauss(0, 52)) for _ in range(120)]
    chosen = [(200, 140), (70, 100), (330, 110), (140, 230), (260, 45), (300, 215), (120, 40)]
    return [*(dot(*place, 6, GREY) for place in cloud), *(dot(*place, 14, ORANGE) for place in chosen)]


def search_digits() -> list[str]:
    guided, at_random = [90, 90, 130, 185, 205, 215, 215], [60, 80, 110, 125, 140, 150, 160]
    lines = [path(steps(at_random), BLUE, 8), path(steps(guided), ORANGE, 8)]
    return [axes(), *lines, text(300, 90, "3 7 9", 56)]


def uncertainty() -> list[str]:
    drawn = [axes()]
    for number, (middle, spread, off) in enumerate(
        [(190, 50, 26), (160, 38, -20), (125, 28, 14), (95, 22, -8), (75, 16, 6), (60, 12, -4)]
    ):
        x = 80 + 54 * number
        drawn += [
            path([(x, middle - spread), (x, middle + spread)], BLUE, 9),
            dot(x, middle + off, 10, ORANGE),
        ]
    return drawn


def several_targets() -> list[str]:
    draw = random.Random(2)
    cloud = [(110 + 260 * draw.random(), 110 + 125 * draw.random()) for _ in range(60)]
    front = [(70, 215), (95, 150), (150, 100), (230, 65), (340, 45)]
    corners = [corner for (x, y), (right, _) in pairwise(front) for corner in ((x, y), (right, y))]
    return [
        axes(),
        *(dot(*place, 6, GREY) for place in cloud),
        path([*corners, front[-1]], BLUE, 7),
        *(dot(*place, 13, ORANGE) for place in front),
    ]


def flow_surrogate() -> list[str]:
    draw = random.Random(3)
    drawn = []
    for _ in range(150):
        right = min(max(draw.gauss(0.5, 0.24), 0), 1)
        colour = (YELLOW, "#c9a94f", "#8b8970", "#4b5f86", "#123a70")[min(int(5 * right), 4)]
        drawn.append(dot(30 + 340 * right, 140 + draw.gauss(0, 50), 9, colour))
    return drawn


def proxies() -> list[str]:
    bars = (("FLOPs", 150), ("naswot", 210), ("synflow", 180))
    drawn = []
    for number, (name, length) in enumerate(bars):
        top = 35 + 78 * number
        drawn += [text(160, top + 38, name, 32, INK, "end"), box(175, top, length, 52, BLUE)]
    return drawn


def pipeline() -> list[str]:
    return [
        box(35 + 68 * column, 30 + 46 * row, 60, 36, ORANGE if row == column else SKY)
        for row in range(5)
        for column in range(5)
    ]


def optuna() -> list[str]:
    trials = [190, 215, 150, 170, 120, 145, 70]
    best = [min(trials[: number + 1]) for number in range(len(trials))]
    dots = [dot(82 + 44 * number, value, 11, BLUE) for number, value in enumerate(trials)]
    return [axes(), path(steps(best), ORANGE, 8), *dots]


def save_and_share() -> list[str]:
    folder = [box(30, 80, 80, 40, YELLOW), box(30, 100, 160, 120, YELLOW), text(110, 175, "save", 38)]
    return [*folder, arrow((205, 160), (260, 160)), *network(275, 160, 0.6)]


def scaling_dask() -> list[str]:
    parts = [box(25, 30 + 48 * part, 90, 38, GREY) for part in range(5)]
    workers = [dot(215, 60 + 80 * worker, 28, BLUE) for worker in range(3)]
    ways = [arrow((125, 60 + 80 * worker), (180, 60 + 80 * worker)) for worker in range(3)]
    best = [box(300, 85 + 40 * place, 80 - 12 * place, 30, ORANGE) for place in range(3)]
    return [
        *parts,
        *workers,
        *ways,
        *(arrow((250, 60 + 80 * w), (290, 100 + 40 * w)) for w in range(3)),
        *best,
    ]


DRAWINGS: dict[str, Callable[[], list[str]]] = {
    f"plot_{drawing.__name__}": drawing
    for drawing in (
        *(quickstart, your_own_graphs, attributes_of_blocks, latency_of_networks, new_device),
        *(
            label_efficiency,
            how_good,
            which_to_label,
            search_digits,
            uncertainty,
            several_targets,
            flow_surrogate,
        ),
        *(proxies, pipeline, optuna, save_and_share, scaling_dask),
    )
}


def svg(name: str) -> str:
    return HEAD + "\n".join(DRAWINGS[name]()) + "\n</svg>\n"


if __name__ == "__main__":
    for name in DRAWINGS:
        (HERE / f"{name}.svg").write_text(svg(name), encoding="utf-8")
