"""NASBenchGraphBuilder: builds networks from NAS-Bench-Graph architectures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import networkx as nx
import torch
from torch import Tensor, nn

from fgp_sklearn.architectures import Architecture
from fgp_sklearn.proxies._cell import Cell, read_cell

_N_HEADS = 2
_N_NEIGHBOURS, _REWIRED = 4, 0.3  # parameters of the random graph


@dataclass(frozen=True, kw_only=True)
class NASBenchGraphBuilder:
    """Builder of the graph neural networks of NAS-Bench-Graph.

    The network classifies signals on the vertices of a small random graph, which is the same for all
    architectures. Each operation is applied to the sum of its inputs. Batch normalisation and ReLU precede
    it, unless all its inputs are the input of the network, directly or through skip connections. The
    predecessors of the output are concatenated. The network ends with ReLU, a linear layer, the mean over
    vertices and another linear layer.

    Parameters
    ----------
    channels : int, default=16
        Number of channels of the input and of every operation. The published networks have 64, 128 or 256,
        depending on the data set. It must be even, since attention has two heads.
    n_classes : int, default=7
        Number of classes.
    n_vertices : int, default=32
        Number of vertices of the random graph, at least 5.

    See Also
    --------
    MeasuredProxies : Calls a builder for each architecture and measures proxies on the network.

    Notes
    -----
    With ``channels=128`` and ``n_classes=40``, a network has as many parameters as the published one on the
    data set arxiv, except for 16,384 unused parameters of each ``arma``. If the vertex features of a data
    set, such as cora, have another width than the operations, the published networks have wider operations
    at the input.

    References
    ----------
    Y. Qin et al., "NAS-Bench-Graph: Benchmarking Graph Neural Architecture Search", NeurIPS 2022,
    Section 3.

    Examples
    --------
    >>> from fgp_sklearn.datasets import load_nasbench_graph
    >>> from fgp_sklearn.proxies import MeasuredProxies, NASBenchGraphBuilder
    >>> pool = load_nasbench_graph("cora").data[::5000]
    >>> measured = MeasuredProxies(NASBenchGraphBuilder(), random_state=0)
    >>> measured.fit_transform(pool).shape
    (6, 3)
    """

    channels: int = 16
    n_classes: int = 7
    n_vertices: int = 32

    @property
    def input_shape(self) -> tuple[int, int]:
        """Number of channels and number of vertices of a signal."""
        return self.channels, self.n_vertices

    def __call__(self, architecture: Architecture) -> nn.Module:
        """Build the network of an architecture.

        Parameters
        ----------
        architecture : Architecture
            Architecture as in `load_nasbench_graph`.

        Returns
        -------
        nn.Module
            Network that maps signals of shape (n, channels, n_vertices) to logits of shape (n, n_classes).

        Raises
        ------
        ArchitectureError
            If there is not exactly one ``"input"`` and one ``"output"``, or an operation is not one of the
            nine of the benchmark.
        """
        cell = read_cell(architecture, _OPS)
        joined = self.channels * len(cell.senders[cell.sink])
        return nn.Sequential(
            _ConcatenatingCell(cell, self.channels, _adjacency(self.n_vertices)),
            nn.ReLU(),
            nn.Conv1d(joined, self.channels, 1),
            nn.AdaptiveAvgPool1d(1),
            nn.Flatten(),
            nn.Linear(self.channels, self.n_classes),
        )


@lru_cache(maxsize=4)
def _adjacency(n_vertices: int) -> Tensor:
    graph = nx.connected_watts_strogatz_graph(n_vertices, _N_NEIGHBOURS, _REWIRED, seed=0)
    return torch.from_numpy(nx.to_numpy_array(graph)).float()


class _ConcatenatingCell(nn.Module):
    """Cell whose output is the concatenation of the output's predecessors."""

    def __init__(self, cell: Cell, channels: int, adjacency: Tensor) -> None:
        super().__init__()
        self.cell = cell
        self.ops = nn.ModuleList(_OPS[cell.ops[node]](channels, adjacency) for node in cell.order)
        self.normalisations = nn.ModuleList(
            nn.Sequential(nn.BatchNorm1d(channels), nn.ReLU()) for _ in cell.order
        )

    def forward(self, x: Tensor) -> Tensor:
        raw, states = {self.cell.source}, {self.cell.source: x}
        for node, op, normalise in zip(self.cell.order, self.ops, self.normalisations, strict=True):
            arriving = self.cell.arriving(states, node)
            is_raw = raw.issuperset(sender for sender, _ in self.cell.senders[node])
            if is_raw and isinstance(op, nn.Identity):
                raw.add(node)
            states[node] = op(arriving if is_raw else normalise(arriving))
        return torch.cat([states[sender] for sender, _ in self.cell.senders[self.cell.sink]], dim=1)


class _Convolution(nn.Module):
    """Graph convolution ``W P x + b`` with propagation matrix `P`, plus ``V x`` if `keeps_own` is True."""

    propagation: Tensor

    def __init__(self, channels: int, propagation: Tensor, *, keeps_own: bool = True) -> None:
        super().__init__()
        self.register_buffer("propagation", propagation)
        self.of_others = nn.Conv1d(channels, channels, 1)
        self.of_own = nn.Conv1d(channels, channels, 1, bias=False) if keeps_own else None

    def forward(self, x: Tensor) -> Tensor:
        total: Tensor = self.of_others(x @ self.propagation.T)
        return total if self.of_own is None else total + self.of_own(x)


class _Attention(nn.Module):
    """Graph attention (GAT) of each vertex to its neighbours and itself."""

    adjacency: Tensor

    def __init__(self, channels: int, adjacency: Tensor) -> None:
        super().__init__()
        self.register_buffer("adjacency", adjacency)
        self.values = nn.Conv1d(channels, channels, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(channels, 1))
        bound = (6 / (channels // _N_HEADS + 1)) ** 0.5  # Glorot initialisation
        self.of_receiver, self.of_sender = (
            nn.Parameter(torch.empty(_N_HEADS, channels // _N_HEADS, 1).uniform_(-bound, bound))
            for _ in range(2)
        )

    def forward(self, x: Tensor) -> Tensor:
        values = self.values(x).unflatten(1, (_N_HEADS, -1))  # (n, heads, channels of a head, vertices)
        receiver, sender = ((values * by).sum(dim=2) for by in (self.of_receiver, self.of_sender))
        score = nn.functional.leaky_relu(receiver[..., :, None] + sender[..., None, :], 0.2)
        share = score.masked_fill(self.adjacency == 0, -torch.inf).softmax(dim=-1)
        total: Tensor = (values @ share.transpose(-1, -2)).flatten(1, 2) + self.bias
        return total


def _with_self(adjacency: Tensor) -> Tensor:
    return adjacency + torch.eye(len(adjacency))


def _symmetric(adjacency: Tensor) -> Tensor:
    scale = adjacency.sum(dim=1).rsqrt()
    return scale[:, None] * adjacency * scale


def _mean(adjacency: Tensor) -> Tensor:
    return adjacency / adjacency.sum(dim=1, keepdim=True)


_OPS: dict[str, Callable[[int, Tensor], nn.Module]] = {
    "arma": lambda channels, a: nn.Sequential(_Convolution(channels, _symmetric(a)), nn.ReLU()),
    "cheb": lambda channels, a: _Convolution(channels, -_symmetric(a)),
    "fc": lambda channels, a: nn.Conv1d(channels, channels, 1),
    "gat": lambda channels, a: _Attention(channels, _with_self(a)),
    "gcn": lambda channels, a: _Convolution(channels, _symmetric(_with_self(a)), keeps_own=False),
    "gin": lambda channels, a: _Convolution(channels, _with_self(a), keeps_own=False),
    "graph": lambda channels, a: _Convolution(channels, a),
    "sage": lambda channels, a: _Convolution(channels, _mean(a)),
    "skip": lambda channels, a: nn.Identity(),
}
