"""HTML representation of a batch in notebooks: a drawing of one architecture, or a table of many.

The HTML works on light and dark pages, because it has no background and uses the text colour of the page.
Users choose the names, so they are escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._layout import NULL_OPS, RADIUS, Layout, layout
from fgp_sklearn.architectures._messages import printable
from fgp_sklearn.architectures._node_text import attribute_lines
from fgp_sklearn.architectures._palette import colour_of, ink_on

FloatArray = NDArray[np.float64]

_MOST_NODES = 200
_MOST_OPS = 20
_MOST_ATTRIBUTES = 10
_UNIT = 48  # pixels
_MARGIN = 4
_FADED = 'opacity="0.35" stroke-dasharray="3 3"'


def batch_html(batch: ArchitectureColumns) -> str:
    """Make the HTML representation of a batch.

    A batch of one architecture with at most 200 nodes is drawn. Any other batch is summarised in a table.

    Parameters
    ----------
    batch : ArchitectureBatch
        Architectures.

    Returns
    -------
    str
        Self-contained HTML element.

    Examples
    --------
    >>> from fgp_sklearn.architectures._html import batch_html
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> "<svg" in batch_html(nasbench201_space()[:1]), "<table" in batch_html(nasbench201_space())
    (True, True)
    """
    if len(batch) == 1 and len(batch.ops) <= _MOST_NODES:
        return _figure(batch)
    return _table(batch)


# ---------------------------------------------------------------------- one architecture


def _figure(batch: ArchitectureColumns) -> str:
    drawing = layout(batch, 0, frozenset(NULL_OPS))
    entries = [_entry(code, batch.vocabulary[code]) for code in sorted(set(drawing.codes.tolist()))]
    if drawing.has_dead_parts:
        entries.append('<span style="opacity:0.6">faded: carries no flow</span>')
    return (
        '<figure style="margin:0;color:inherit">'
        f'<div style="overflow-x:auto">{_svg(batch, drawing)}</div>'
        f'<figcaption style="display:flex;flex-wrap:wrap;gap:4px 16px">{"".join(entries)}</figcaption>'
        "</figure>"
    )


def _svg(batch: ArchitectureColumns, drawing: Layout) -> str:
    low, high = drawing.box()
    width, height = (high - low) * _UNIT + 2 * _MARGIN
    shapes = [*_edges(drawing, low), *_nodes(batch, drawing, low)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{_caption(batch)}" '
        f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.1f} {height:.1f}" '
        'style="background:transparent" font-family="sans-serif" font-size="12">'
        f"{''.join(shapes)}</svg>"
    )


def _edges(drawing: Layout, low: FloatArray) -> Iterator[str]:
    for edge, curve in enumerate(drawing.curves):
        points = _pixels(curve, low)
        start, *rest = (f"{x:.1f} {y:.1f}" for x, y in points)
        x, y = points[-1]
        faded = "" if drawing.edges_alive[edge] else _FADED
        yield (
            f'<g class="edge" stroke="currentColor" {faded}>'
            f'<path d="M{start}C{" ".join(rest)}" fill="none" stroke-width="1.3"/>'
            f'<path d="M{x:.1f} {y:.1f}l-8 -3.5v7z" fill="currentColor" stroke="none"/></g>'
        )
        if drawing.multiplicity[edge] != 1:
            point, anchor = drawing.label(edge)
            x, y = _pixels(point, low)
            yield (
                f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor" {faded}>'
                f"\N{MULTIPLICATION SIGN}{drawing.multiplicity[edge]:g}</text>"
            )


def _nodes(batch: ArchitectureColumns, drawing: Layout, low: FloatArray) -> Iterator[str]:
    nodes = zip(drawing.codes.tolist(), drawing.centres, drawing.nodes_alive, strict=True)
    for node, (code, centre, alive) in enumerate(nodes):
        x, y = _pixels(centre, low)
        attributes = attribute_lines(batch, node, at_most=_MOST_ATTRIBUTES)
        title = "\n".join([_text(batch.vocabulary[code]), *map(escape, attributes)])
        yield (f'<g class="node"><title>{title}</title>{_disc(code, x, y, RADIUS * _UNIT, alive=alive)}</g>')


def _disc(code: int, x: float, y: float, radius: float, *, alive: bool = True) -> str:
    """SVG of a node with the number and the colour of its operation; translucent if it carries no flow."""
    colour = colour_of(code)
    ink = f'fill="{ink_on(colour)}"' if alive else 'fill="currentColor" opacity="0.7"'
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}" stroke="currentColor" '
        f"{'' if alive else _FADED}/>"
        f'<text x="{x:.1f}" y="{y:.1f}" dy="0.35em" text-anchor="middle" {ink}>{code}</text>'
    )


def _entry(code: int, name: str) -> str:
    disc = _disc(code, 10, 10, 9)
    return (
        '<span style="white-space:nowrap"><svg xmlns="http://www.w3.org/2000/svg" aria-hidden="true" '
        'width="20" height="20" style="vertical-align:middle" font-family="sans-serif" font-size="11">'
        f"{disc}</svg> {_text(name)}</span>"
    )


def _caption(batch: ArchitectureColumns) -> str:
    name = "" if batch.names is None else f" {batch.names[0]}"
    return _text(f"architecture{name}: {len(batch.ops)} nodes, {batch.edges.shape[1]} edges", 120)


def _pixels(points: FloatArray, low: FloatArray) -> FloatArray:
    return (points - low) * _UNIT + _MARGIN


# ---------------------------------------------------------------------- many architectures


def _table(batch: ArchitectureColumns) -> str:
    rows = [_row("architectures", str(len(batch)))]
    if len(batch):
        rows += [
            _row(f"{what}: min / median / max", _range(sizes))
            for what, sizes in (("nodes", batch.n_nodes), ("edges", batch.n_edges))
        ]
        rows += _op_rows(batch)
        rows += _attribute_rows(batch)
    return (
        '<table style="color:inherit;background:transparent;text-align:left">'
        '<caption style="text-align:left">ArchitectureBatch</caption>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _op_rows(batch: ArchitectureColumns) -> list[str]:
    """Rows with the number of nodes of each operation, in descending order."""
    counts = np.bincount(batch.ops, minlength=len(batch.vocabulary))
    order = [code for code in np.argsort(-counts, kind="stable").tolist() if counts[code]]
    rows = [_row(_text(batch.vocabulary[code]), str(counts[code])) for code in order[:_MOST_OPS]]
    if len(order) > _MOST_OPS:
        others = order[_MOST_OPS:]
        rows.append(_row(f"{len(others)} other operations", str(counts[others].sum())))
    heading = '<tr><th scope="col">operation</th><th scope="col">nodes</th></tr>'
    return [heading, *rows]


def _attribute_rows(batch: ArchitectureColumns) -> list[str]:
    """Rows with the range of each attribute, in the order of names."""
    if not batch.attribute_names:
        return []
    rows = [
        _row(_text(name), _known_range(batch.attributes[name])) for name in batch.attribute_names[:_MOST_OPS]
    ]
    if len(batch.attribute_names) > _MOST_OPS:
        rows.append(_row(f"{len(batch.attribute_names) - _MOST_OPS} other attributes", ""))
    return ['<tr><th scope="col">attribute</th><th scope="col">min / median / max</th></tr>', *rows]


def _known_range(column: NDArray[np.float64]) -> str:
    known = column[~np.isnan(column)]
    return _range(known) if len(known) else "no node has it"


def _row(heading: str, value: str) -> str:
    return f'<tr><th scope="row" style="font-weight:normal">{heading}</th><td>{value}</td></tr>'


def _range(sizes: NDArray[Any]) -> str:
    return " / ".join(f"{value:g}" for value in (sizes.min(), np.median(sizes), sizes.max()))


def _text(name: str, width: int = 60) -> str:
    return escape(printable(name, width))
