"""ArchitectureDisplay: a drawing of one architecture."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from fgp_sklearn.architectures import ArchitectureBatch, UnlabeledPool, as_batch
from fgp_sklearn.architectures._layout import NULL_OPS, RADIUS, Layout, layout
from fgp_sklearn.architectures._messages import printable
from fgp_sklearn.architectures._node_text import attribute_lines
from fgp_sklearn.architectures._ops import op_names
from fgp_sklearn.architectures._palette import colour_of, ink_on
from fgp_sklearn.architectures._positions import as_position
from fgp_sklearn.architectures._unlabeled_pool import opened
from fgp_sklearn.plotting._style import given_or_new_axes, import_pyplot, plain, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.patches import Circle, FancyArrowPatch
    from matplotlib.text import Text

_FADED, _FADED_TEXT = 0.3, 0.7
_MARGIN = 0.15
_MOST_ATTRIBUTES = 4
_UNIT, _SMALLEST, _LARGEST = 0.62, 3.5, 16.0  # inches


class ArchitectureDisplay:
    """Drawing of one architecture.

    Topological generations run from left to right. The colour and the number of a node stand for its
    operation. The first four attributes of a node stand below it.

    Null operations, and nodes and edges that are on no path from an input to an output without them, are
    faded and dashed. `ArchitectureSimplifier` would remove them.

    Parameters
    ----------
    batch : ArchitectureBatch or UnlabeledPool
        Architectures. Colours and numbers follow the vocabulary of the batch, so all drawings of one batch
        use the same ones.
    index : int, default=0
        Position of the architecture to draw. Negative positions count from the end.
    null_ops : list, tuple or set of str or int, default=("none", "zeroize", "zero")
        Operations that output zeros whatever they receive.

    Attributes
    ----------
    nodes_ : list of matplotlib.patches.Circle
        One circle per node, in the order of the nodes.
    numbers_ : list of matplotlib.text.Text
        Number of the operation of each node.
    edges_ : list of matplotlib.patches.FancyArrowPatch
        One arrow per edge, in the order of the edges.
    attributes_ : dict of int to matplotlib.text.Text
        Attributes of a node, by its position, below its circle. Nodes without attributes have no entry.
    multiplicities_ : dict of int to matplotlib.text.Text
        Number of parallel edges, by the position of the edge. Single edges have no entry.
    legend_ : matplotlib.legend.Legend
        Names of the operations.
    ax_ : matplotlib.axes.Axes
        Axes of the plot.
    figure_ : matplotlib.figure.Figure or SubFigure
        The figure of `ax_`.

    See Also
    --------
    fgp_sklearn.ArchitectureSimplifier : Removes the faded nodes and edges.
    fgp_sklearn.ArchitectureBatch : Notebooks draw a batch of one architecture without a display.

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.plotting import ArchitectureDisplay
    >>> display = ArchitectureDisplay.from_architecture(nasbench201_space(), 7000)
    >>> len(display.nodes_), len(display.edges_)
    (8, 10)
    """

    nodes_: list[Circle]
    numbers_: list[Text]
    edges_: list[FancyArrowPatch]
    attributes_: dict[int, Text]
    multiplicities_: dict[int, Text]
    legend_: Any
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(
        self, *, batch: ArchitectureBatch | UnlabeledPool, index: int = 0, null_ops: Any = NULL_OPS
    ) -> None:
        self.batch = batch
        self.index = index
        self.null_ops = null_ops

    def plot(
        self,
        ax: Axes | None = None,
        *,
        node_kwargs: dict[str, Any] | None = None,
        edge_kwargs: dict[str, Any] | None = None,
        legend_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the architecture.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on. By default, a new figure that fits the architecture is created.
        node_kwargs : dict, optional
            Keyword arguments of `matplotlib.patches.Circle` of each node.
        edge_kwargs : dict, optional
            Keyword arguments of `matplotlib.patches.FancyArrowPatch` of each edge.
        legend_kwargs : dict, optional
            Keyword arguments of `matplotlib.axes.Axes.legend`.

        Returns
        -------
        ArchitectureDisplay
            The display itself, with its artists as attributes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        IndexError
            If there is no architecture at `index`.
        """
        import_pyplot(self)
        batch = opened(self.batch)
        drawing = layout(batch, self.index, op_names(self.null_ops))
        low, high = drawing.box()
        width, height = np.minimum((high - low + 2 * _MARGIN) * _UNIT, _LARGEST)
        handles = self._handles(drawing)
        longest = max(len(handle.get_label()) for handle in handles)
        size = (max(width, _SMALLEST) + 1.0 + 0.1 * longest, max(height, 0.7 + 0.25 * len(handles)))
        ax = given_or_new_axes(self, ax, figsize=size)
        self._draw_edges(ax, drawing, edge_kwargs)
        self._draw_nodes(ax, drawing, node_kwargs)
        self._write_attributes(ax, drawing)
        ax.set_axis_off()
        ax.set_aspect("equal")
        ax.set(
            xlim=(low[0] - _MARGIN, high[0] + _MARGIN),
            ylim=(high[1] + _MARGIN, low[1] - _MARGIN),  # downwards, as in a notebook
        )
        if batch.names is not None:
            name = fill(printable(str(batch.names[self.index]), 160), 48)
            ax.set_title(name, fontsize="small", loc="left", parse_math=False)
        place = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5), "frameon": False, "title": "operation"}
        self.legend_ = ax.legend(handles=handles, **{**place, **(legend_kwargs or {})})
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _draw_edges(self, ax: Axes, drawing: Layout, given: dict[str, Any] | None) -> None:
        from matplotlib import rcParams
        from matplotlib.patches import FancyArrowPatch
        from matplotlib.path import Path

        self.edges_, self.multiplicities_ = [], {}
        for edge, curve in enumerate(drawing.curves):
            alive = bool(drawing.edges_alive[edge])
            path = Path(curve, [Path.MOVETO] + [Path.CURVE4] * (len(curve) - 1))
            look = {
                "arrowstyle": "-|>",
                "mutation_scale": 10,
                "color": rcParams["text.color"],
                **_fade(alive),
            }
            arrow = FancyArrowPatch(path=path, **styled(look, given, FancyArrowPatch))
            ax.add_patch(arrow)
            self.edges_.append(arrow)
            if drawing.multiplicity[edge] != 1:
                (x, y), anchor = drawing.label(edge)
                self.multiplicities_[edge] = ax.text(
                    x,
                    y,
                    f"\N{MULTIPLICATION SIGN}{drawing.multiplicity[edge]:g}",
                    ha={"start": "left", "middle": "center", "end": "right"}[anchor],
                    alpha=1 if alive else _FADED_TEXT,
                )

    def _draw_nodes(self, ax: Axes, drawing: Layout, given: dict[str, Any] | None) -> None:
        from matplotlib import rcParams
        from matplotlib.patches import Circle

        self.nodes_, self.numbers_ = [], []
        nodes = zip(
            drawing.centres.tolist(), drawing.codes.tolist(), drawing.nodes_alive.tolist(), strict=True
        )
        for (x, y), code, alive in nodes:
            look = {
                "facecolor": colour_of(code),
                "edgecolor": rcParams["text.color"],
                "zorder": 3,
                **_fade(alive),
            }
            node = Circle((x, y), RADIUS, **styled(look, given, Circle))
            ax.add_patch(node)
            self.nodes_.append(node)
            number = ax.text(
                x,
                y,
                str(code),
                ha="center",
                va="center_baseline",
                color=ink_on(colour_of(code)) if alive else rcParams["text.color"],
                fontsize=9,
                alpha=1 if alive else _FADED_TEXT,  # a faded colour lets the background show through
                zorder=4,
            )
            self.numbers_.append(number)

    def _write_attributes(self, ax: Axes, drawing: Layout) -> None:
        batch = opened(self.batch)
        first = int(batch.node_ptr[as_position(self.index, len(batch))])
        self.attributes_ = {}
        for node, (x, y) in enumerate(drawing.centres.tolist()):
            lines = attribute_lines(batch, first + node, at_most=_MOST_ATTRIBUTES)
            if lines:
                self.attributes_[node] = ax.text(
                    x,
                    y + 1.15 * RADIUS,
                    "\n".join(map(plain, lines)),
                    ha="center",
                    va="top",
                    fontsize=6,
                    alpha=1 if drawing.nodes_alive[node] else _FADED_TEXT,
                    zorder=5,
                )

    def _handles(self, drawing: Layout) -> list[Any]:
        from matplotlib import rcParams
        from matplotlib.lines import Line2D

        ink = rcParams["text.color"]
        handles = [
            Line2D(
                [],
                [],
                linestyle="none",
                marker="o",
                markersize=10,
                markerfacecolor=colour_of(code),
                markeredgecolor=ink,
                label=f"{code}  {plain(opened(self.batch).vocabulary[code])}",
            )
            for code in sorted(set(drawing.codes.tolist()))
        ]
        if drawing.has_dead_parts:
            handles.append(Line2D([], [], color=ink, label="carries no flow", **_fade(False)))
        return handles

    @classmethod
    def from_architecture(
        cls,
        X: Any,
        index: int = 0,
        *,
        null_ops: Any = NULL_OPS,
        op_attr: Any = "op",
        attributes: Any = None,
        ax: Axes | None = None,
        node_kwargs: dict[str, Any] | None = None,
        edge_kwargs: dict[str, Any] | None = None,
        legend_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw one of several architectures.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            Architectures, such as ``[graph]``.
        index : int, default=0
            Position of the architecture to draw.
        null_ops : list, tuple or set of str or int, default=("none", "zeroize", "zero")
            Operations that output zeros whatever they receive. Pass ``()`` if there are none.
        op_attr : hashable, default="op"
            Node attribute that holds the operation, for NetworkX input.
        attributes : sequence of str, optional
            Node attributes that hold numbers; see `as_batch`.
        ax : matplotlib.axes.Axes, optional
            Axes to draw on. By default, a new figure that fits the architecture is created.
        node_kwargs, edge_kwargs, legend_kwargs : dict, optional
            See `plot`.

        Returns
        -------
        ArchitectureDisplay
            The drawn display.

        Raises
        ------
        ArchitectureError
            If an architecture is malformed.
        ImportError
            If matplotlib is not installed.
        IndexError
            If there is no architecture at `index`.
        """
        import_pyplot(cls)
        batch = as_batch(X, op_attr=op_attr, attributes=attributes)
        return cls(batch=batch, index=index, null_ops=null_ops).plot(
            ax, node_kwargs=node_kwargs, edge_kwargs=edge_kwargs, legend_kwargs=legend_kwargs
        )


def _fade(alive: bool) -> dict[str, Any]:
    return {} if alive else {"alpha": _FADED, "linestyle": "--"}
