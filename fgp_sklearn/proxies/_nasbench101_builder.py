"""NASBench101Builder: builds networks from NAS-Bench-101 cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from fgp_sklearn.architectures import Architecture, ArchitectureError
from fgp_sklearn.proxies._cell import Cell, read_cell

_N_STACKS = 3


@dataclass(frozen=True, kw_only=True)
class NASBench101Builder:
    """Builder of the image classifiers of NAS-Bench-101.

    The network starts with a 3x3 convolution, followed by three stacks of cells. Between stacks, max pooling
    halves the resolution and the number of channels doubles. The network ends with global average pooling
    and a linear layer. Batch normalisation and ReLU follow every convolution.

    In a cell, each vertex applies its operation to the sum of its inputs. The input of the cell is first
    projected to the channels of the vertex by a 1x1 convolution. The predecessors of the output are
    concatenated. Each of them gets an equal share of the output channels; if the division leaves a
    remainder, the first ones get one channel more. Every other vertex has as many channels as its widest
    successor, and narrower successors use the first of these channels. An edge from input to output adds a
    projection of the input to the concatenation.

    Parameters
    ----------
    n_modules : int, default=1
        Number of cells per stack. The published networks have 3.
    channels : int, default=32
        Number of channels of the first stack. The published networks have 128.
    n_classes : int, default=10
        Number of classes.

    See Also
    --------
    MeasuredProxies : Calls a builder for each architecture and measures proxies on the network.

    Notes
    -----
    With ``n_modules=3`` and ``channels=128``, a network has as many trainable parameters as the published
    network of the cell.

    References
    ----------
    C. Ying et al., "NAS-Bench-101: Towards Reproducible Neural Architecture Search", ICML 2019,
    Section 2 and supplement S1.

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench101_space
    >>> from fgp_sklearn.proxies import NASBench101Builder
    >>> network = NASBench101Builder(n_modules=3, channels=128)(nasbench101_space(max_vertices=2)[0])
    >>> sum(weights.numel() for weights in network.parameters())
    882570
    """

    n_modules: int = 1
    channels: int = 32
    n_classes: int = 10

    def __call__(self, architecture: Architecture) -> nn.Module:
        """Build the network of a cell.

        Parameters
        ----------
        architecture : Architecture
            Cell as in `nasbench101_space`.

        Returns
        -------
        nn.Module
            Network that maps images of shape (n, 3, height, width), with at least 4 pixels per side, to
            logits of shape (n, n_classes).

        Raises
        ------
        ArchitectureError
            If there is not exactly one ``"input"`` and one ``"output"``, a vertex is on no path between
            them, an operation is not one of the three of the benchmark, or edges are parallel.
        """
        cell = read_cell(architecture, _OPS)
        _check(cell)
        layers: list[nn.Module] = [_convolution(3, self.channels, 3)]
        width = self.channels
        for stack in range(_N_STACKS):
            inputs, width = width, self.channels * 2**stack
            if stack:
                layers.append(nn.MaxPool2d(2))
            for module in range(self.n_modules):
                layers.append(_ConcatenatingCell(cell, width if module else inputs, width))
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, self.n_classes))


def _check(cell: Cell) -> None:
    sending = {sender for arriving in cell.senders for sender, _ in arriving}
    for node in cell.order:
        if node not in sending or not cell.senders[node]:
            raise ArchitectureError(f"vertex {node} is on no path from input to output; remove it")
    if any(count != 1 for arriving in cell.senders for _, count in arriving):
        raise ArchitectureError(
            "the cell has parallel edges, which no cell of NAS-Bench-101 has; pass the cell as the benchmark "
            "defines it"
        )


def _widths(cell: Cell, channels: int) -> dict[int, int]:
    """Number of channels of every inner vertex."""
    last = [node for node, _ in cell.senders[cell.sink] if node != cell.source]
    widths = {}
    for rank, node in enumerate(sorted(last, key=cell.order.index)):
        widths[node] = channels // len(last) + (rank < channels % len(last))
    for node in reversed(cell.order):
        if node not in widths:
            fed = [other for other in cell.order if node in dict(cell.senders[other])]
            widths[node] = max(widths[other] for other in fed)
    return widths


class _ConcatenatingCell(nn.Module):
    """Cell whose output is the concatenation of the output's predecessors."""

    def __init__(self, cell: Cell, inputs: int, outputs: int) -> None:
        super().__init__()
        self.cell = cell
        self.widths = _widths(cell, outputs)
        self.ops = nn.ModuleList(_OPS[cell.ops[node]](self.widths[node]) for node in cell.order)
        self.projections = nn.ModuleDict(
            {
                str(node): _convolution(inputs, self.widths.get(node, outputs), 1)
                for node in (*cell.order, cell.sink)
                if cell.source in dict(cell.senders[node])
            }
        )

    def forward(self, x: Tensor) -> Tensor:
        states: dict[int, Tensor] = {}
        for node, op in zip(self.cell.order, self.ops, strict=True):
            width = self.widths[node]
            parts = [states[s][:, :width] for s, _ in self.cell.senders[node] if s != self.cell.source]
            states[node] = op(self._with_projection(parts, x, node))
        last = [states[node] for node in self.cell.order if node in dict(self.cell.senders[self.cell.sink])]
        return self._with_projection([torch.cat(last, dim=1)] if last else [], x, self.cell.sink)

    def _with_projection(self, parts: list[Tensor], x: Tensor, node: int) -> Tensor:
        if str(node) in self.projections:
            parts = [*parts, self.projections[str(node)](x)]
        return sum(parts[1:], start=parts[0])


def _convolution(inputs: int, outputs: int, kernel: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


_OPS: dict[str, Callable[[int], nn.Module]] = {
    "conv1x1-bn-relu": lambda channels: _convolution(channels, channels, 1),
    "conv3x3-bn-relu": lambda channels: _convolution(channels, channels, 3),
    "maxpool3x3": lambda channels: nn.MaxPool2d(3, stride=1, padding=1),
}
