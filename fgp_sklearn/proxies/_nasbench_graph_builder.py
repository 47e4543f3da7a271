"""NASBenchGraphBuilder: networks of NAS-Bench-Graph architectures."""

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
_N_NEIGHBOURS, _REWIRED = 4, 0.3  # of the random graph


@dataclass(frozen=True, kw_only=True)
class NASBenchGraphBuilder:
    """Builds the graph neural network that NAS-Bench-Graph makes of an architecture.

    The network classifies signals on the vertices of one small random graph, which is the same for all
    architectures. An operation acts on what arrives, after batch normalisation and ReLU unless that is the
    input of the network. Operations that feed no other are concatenated; ReLU, two linear layers and
    the mean over vertices between them end the network.

    Parameters
    ----------
    channels : int, default=16
        Channels of the input and of every operation. Published: 64, 128 or 256, by data set. An even
        number, for the two heads of the attention.
    n_classes : int, default=7
        Classes.
    n_vertices : int, default=32
        Vertices of the random graph, at least 5.

    See Also
    --------
    MeasuredProxies : Calls a builder for each architecture and measures what it returns.

    Notes
    -----
    With ``channels=128`` and ``n_classes=40`` a network has the published number of parameters of the data
    set arxiv, but for 16,384 of each ``arma`` that compute nothing. Where features of vertices are not
    as wide as the operations, as in cora, published networks have wider operations at the input.

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
        """Channels and vertices of a signal."""
        return self.channels, self.n_vertices

    def __call__(self, architecture: Architecture) -> nn.Module:
        """Build the network of an architecture.

        Parameters
        ----------
        architecture : Architecture
            One of NAS-Bench-Graph, as in `load_nasbench_graph`.

        Returns
        -------
        nn.Module
            From signals of shape (n, channels, n_vertices) to logits of shape (n, n_classes).

        Raises
        ------
        ArchitectureError
            If there is no single ``"input"`` and ``"output"``, or an operation is not one of the nine of
            the benchmark.
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
    """Every node acts on the sum of what arrives; the last ones are concatenated."""

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
    """``W P x + b``, where `P` is what vertices hear of each other, and ``+ V x`` if they keep their own."""

    propagation: Tensor

    def __init__(self, channels: int, propagation: Tensor, *, keeps_own: bool = True) -> None:
        super().__init__()
        self.register_buffer("propagation", propagation)
        self.of_others = nn.Conv1d(channels, channels, 1)
        self.of_own = nn.Conv1d(channels, channels, 1, bias=False) if keeps_own else None

    def forward(self, x: Tensor) -> Tensor:
        heard: Tensor = self.of_others(x @ self.propagation.T)
        return heard if self.of_own is None else heard + self.of_own(x)


class _Attention(nn.Module):
    """GAT: vertices weigh their neighbours and themselves, for each head apart."""

    hears: Tensor

    def __init__(self, channels: int, hears: Tensor) -> None:
        super().__init__()
        self.register_buffer("hears", hears)
        self.values = nn.Conv1d(channels, channels, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(channels, 1))
        bound = (6 / (channels // _N_HEADS + 1)) ** 0.5  # as Glorot has it
        self.of_receiver, self.of_sender = (
            nn.Parameter(torch.empty(_N_HEADS, channels // _N_HEADS, 1).uniform_(-bound, bound))
            for _ in range(2)
        )

    def forward(self, x: Tensor) -> Tensor:
        values = self.values(x).unflatten(1, (_N_HEADS, -1))  # (n, heads, channels of a head, vertices)
        receiver, sender = ((values * by).sum(dim=2) for by in (self.of_receiver, self.of_sender))
        score = nn.functional.leaky_relu(receiver[..., :, None] + sender[..., None, :], 0.2)
        share = score.masked_fill(self.hears == 0, -torch.inf).softmax(dim=-1)
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
