"""NASBench201Builder: builds networks from NAS-Bench-201 cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from fgp_sklearn.architectures import Architecture
from fgp_sklearn.proxies._cell import Cell, read_cell

_N_STAGES = 3


@dataclass(frozen=True, kw_only=True)
class NASBench201Builder:
    """Builder of the image classifiers of NAS-Bench-201.

    The network starts with a 3x3 convolution, followed by three stages of cells. Between stages, a residual
    block halves the resolution and doubles the number of channels. The network ends with batch
    normalisation, ReLU, global average pooling and a linear layer.

    In a cell, each node applies its operation to the sum of its inputs. A convolution consists of ReLU,
    convolution and batch normalisation. Average pooling excludes the padding from the mean.

    Parameters
    ----------
    n_cells : int, default=2
        Number of cells per stage. The published networks have 5.
    channels : int, default=16
        Number of channels of the first stage. The published networks have 16.
    n_classes : int, default=10
        Number of classes.

    See Also
    --------
    MeasuredProxies : Calls a builder for each architecture and measures proxies on the network.

    Notes
    -----
    With ``n_cells=5``, a network has as many parameters as the published one: 73,306, plus 243,040 for each
    ``nor_conv_3x3`` and 28,000 for each ``nor_conv_1x1`` in the cell. With two cells per stage, proxies rank
    architectures nearly as well and take less than half the time.

    References
    ----------
    X. Dong, Y. Yang, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture
    Search", ICLR 2020, Section 2.

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.proxies import NASBench201Builder
    >>> network = NASBench201Builder(n_cells=5)(nasbench201_space()[-1])
    >>> sum(weights.numel() for weights in network.parameters())
    73306
    """

    n_cells: int = 2
    channels: int = 16
    n_classes: int = 10

    def __call__(self, architecture: Architecture) -> nn.Module:
        """Build the network of a cell.

        Parameters
        ----------
        architecture : Architecture
            Cell as in `nasbench201_space`, or its functional graph.

        Returns
        -------
        nn.Module
            Network that maps images of shape (n, 3, height, width), with at least 4 pixels per side, to
            logits of shape (n, n_classes).

        Raises
        ------
        ArchitectureError
            If there is not exactly one ``"input"`` and one ``"output"``, or an operation is not one of the
            five of the benchmark.
        """
        cell = read_cell(architecture, _OPS)
        layers: list[nn.Module] = [*_convolution(3, self.channels, 3)]
        for stage in range(_N_STAGES):
            width = self.channels * 2**stage
            if stage:
                layers.append(_Reduction(width // 2))
            layers += [_SummingCell(cell, width) for _ in range(self.n_cells)]
        return nn.Sequential(
            *layers,
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(width, self.n_classes),
        )


class _SummingCell(nn.Module):
    """Cell whose nodes apply their operations to the sum of their inputs."""

    def __init__(self, cell: Cell, channels: int) -> None:
        super().__init__()
        self.cell = cell
        self.ops = nn.ModuleList(_OPS[cell.ops[node]](channels) for node in cell.order)

    def forward(self, x: Tensor) -> Tensor:
        states = {self.cell.source: x}
        for node, op in zip(self.cell.order, self.ops, strict=True):
            states[node] = op(self.cell.arriving(states, node))
        return self.cell.arriving(states, self.cell.sink)


class _Reduction(nn.Module):
    """Residual block that halves the resolution and doubles the channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *(nn.ReLU(), *_convolution(channels, 2 * channels, 3, stride=2)),
            *(nn.ReLU(), *_convolution(2 * channels, 2 * channels, 3)),
        )
        self.shortcut = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(channels, 2 * channels, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        total: Tensor = self.body(x) + self.shortcut(x)
        return total


class _Zero(nn.Module):
    """Zeros of the shape of the input, connected to it in the autograd graph."""

    def forward(self, x: Tensor) -> Tensor:
        return 0.0 * x


def _convolution(inputs: int, outputs: int, kernel: int, stride: int = 1) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
    )


_OPS: dict[str, Callable[[int], nn.Module]] = {
    "avg_pool_3x3": lambda channels: nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
    "none": lambda channels: _Zero(),
    "nor_conv_1x1": lambda channels: nn.Sequential(nn.ReLU(), *_convolution(channels, channels, 1)),
    "nor_conv_3x3": lambda channels: nn.Sequential(nn.ReLU(), *_convolution(channels, channels, 3)),
    "skip_connect": lambda channels: nn.Identity(),
}
