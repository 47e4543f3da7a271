"""What the library is timed against: PyTorch Geometric, bare loops, and a flow node by node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import mul
from typing import Any

import networkx as nx
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.data import Batch, Data
from torch_geometric.loader import DataLoader
from torch_geometric.nn import ResGatedGraphConv, global_mean_pool

from fgp_sklearn.architectures import Architecture, ArchitectureBatch
from fgp_sklearn.nn import GatedGCN, GraphTensors
from fgp_sklearn.preprocessing import FlowSurrogate

# ------------------------------------------------------------------ PyTorch Geometric


class GeometricGCN(nn.Module):
    """`GatedGCN(directed=False, ends=False)`, the published form, with layers of PyTorch Geometric."""

    def __init__(self, network: GatedGCN) -> None:
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(network.node_input.op_embedding.weight, freeze=False)
        self.layers = nn.ModuleList(map(_geometric_layer, network.convolutions))

    def forward(self, data: Data) -> Tensor:
        first = states = self.embedding(data.x)
        for layer in self.layers:
            states = torch.relu(0.2 * first + 0.8 * layer(states, data.edge_index))
        return global_mean_pool(states, data.batch, size=data.num_graphs)


def _geometric_layer(convolution: nn.Module) -> ResGatedGraphConv:
    width = convolution.width
    layer = ResGatedGraphConv(width, width)
    skip, *others = convolution.products.weight.detach().split(width)
    shift, *shifts = convolution.products.bias.detach().split(width)
    with torch.no_grad():
        layer.lin_skip.weight.copy_(skip)
        layer.bias.copy_(shift)
        linears = layer.lin_key, layer.lin_query, layer.lin_value
        for linear, weight, bias in zip(linears, others, shifts, strict=True):
            linear.weight.copy_(weight)
            linear.bias.copy_(bias)
    return layer


def geometric_data(batch: ArchitectureBatch, targets: NDArray[np.float32] | None = None) -> list[Data]:
    """One `Data` an architecture, edges in both directions, parallel ones side by side."""
    source, target = torch.from_numpy(batch.edges.astype(np.int64))
    counts = np.ones(len(source)) if batch.multiplicity is None else batch.multiplicity
    repeats = torch.from_numpy(counts.astype(np.int64))
    ops = torch.from_numpy(batch.ops.astype(np.int64))
    found = []
    for i in range(len(batch)):
        nodes = slice(int(batch.node_ptr[i]), int(batch.node_ptr[i + 1]))
        edges = slice(int(batch.edge_ptr[i]), int(batch.edge_ptr[i + 1]))
        one_way = torch.stack([source[edges], target[edges]]).repeat_interleave(repeats[edges], dim=1)
        data = Data(x=ops[nodes], edge_index=torch.cat([one_way, one_way.flip(0)], dim=1))
        if targets is not None:
            data.y = torch.from_numpy(targets[i : i + 1])
        found.append(data)
    return found


def collated(data: Sequence[Data], batch_size: int) -> Iterable[Batch]:
    """Batches as PyTorch Geometric makes them."""
    for start in range(0, len(data), batch_size):
        yield Batch.from_data_list(data[start : start + batch_size])


def encode(network: nn.Module, batches: Iterable[GraphTensors | Batch]) -> Tensor:
    """Embeddings of all batches."""
    with torch.inference_mode():
        return torch.cat([network(batch) for batch in batches])


def tensors(batch: ArchitectureBatch, batch_size: int) -> Iterable[GraphTensors]:
    """Every architecture as it is: nothing simplified, duplicates included."""
    for start in range(0, len(batch), batch_size):
        yield GraphTensors.from_batch(batch[start : start + batch_size])


# ------------------------------------------------------------------ dense layout


def padded(graphs: GraphTensors) -> tuple[Tensor, Tensor]:
    """Place of each node in a dense layout, and adjacency with receivers in rows."""
    size = int(graphs.n_nodes.max())
    place = torch.arange(len(graphs.ops)) - (torch.cumsum(graphs.n_nodes, 0) - graphs.n_nodes)[graphs.owner]
    adjacency = torch.zeros(len(graphs), size, size, 1)
    source, target = graphs.edge_index
    weight = 1.0 if graphs.multiplicity is None else graphs.multiplicity[:, 0]
    adjacency[graphs.owner[source], place[target], place[source], 0] = weight
    return place, adjacency


def dense_convolution(convolution: nn.Module, states: Tensor, adjacency: Tensor) -> Tensor:
    """The same layer on padded states, every pair of nodes gated."""
    skip, *ways = convolution.products(states).split(convolution.width, dim=-1)
    for (key, query, value), arrows in ((ways[:3], adjacency), (ways[3:], adjacency.transpose(1, 2))):
        skip = skip + (torch.sigmoid(key[:, :, None] + query[:, None]) * value[:, None] * arrows).sum(2)
    return skip


# ------------------------------------------------------------------ training loops


def geometric_epoch(network: nn.Module, data: Sequence[Data], batch_size: int) -> None:
    """An epoch as tutorials of PyTorch Geometric write it."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    for batch in DataLoader(data, batch_size=batch_size, shuffle=True):
        optimizer.zero_grad()
        functional.mse_loss(network(batch), batch.y).backward()
        optimizer.step()


def bare_epochs(
    network: nn.Module,
    criterion: nn.Module,
    batches: Iterable[tuple[GraphTensors, Tensor]],
    n_epochs: int = 1,
) -> float:
    """Epochs in as little Python as it takes, with the optimizer and schedule of the library."""
    network.train()  # the library leaves it as it predicts
    batches = list(batches)
    n_steps = n_epochs * len(batches)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1e-6, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-3, total_steps=n_steps + 1)
    total = 0.0
    for _ in range(n_epochs):
        for graphs, *truth in batches:
            optimizer.zero_grad()
            loss = criterion(network(graphs), *truth)
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
    return total


# ------------------------------------------------------------------ dead operations, graph by graph


def without_dead_nodes(graphs: Iterable[nx.DiGraph], null_op: str) -> list[nx.DiGraph]:
    """What lies on a path from source to sink that avoids null operations, as NetworkX finds it."""
    found = []
    for graph in graphs:
        passing = graph.subgraph([v for v, op in graph.nodes(data="op") if op != null_op])
        sources = [v for v in passing if graph.in_degree(v) == 0]
        sinks = [v for v in passing if graph.out_degree(v) == 0]
        fed = set().union(*({v} | nx.descendants(passing, v) for v in sources))
        read = set().union(*({v} | nx.ancestors(passing, v) for v in sinks))
        found.append(nx.DiGraph(passing.subgraph(fed & read)))
    return found


# ------------------------------------------------------------------ the flow, node by node

Vector = Any  # an ndarray, a tensor or a list of numbers
Arrived = list[tuple[Vector, int]]  # states and how often each counts
State = Callable[[Arrived, Vector, Vector, float], Vector]


def numpy_state(arrived: Arrived, row: Vector, mixing: Vector, alpha: float) -> Vector:
    """State of a node, with vectors of NumPy."""
    message = sum(count * state for state, count in arrived)
    return (1 - alpha) * np.maximum(row + message @ mixing, 0.0) + alpha * message


def torch_state(arrived: Arrived, row: Vector, mixing: Vector, alpha: float) -> Vector:
    """The same with tensors."""
    message = torch.stack([count * state for state, count in arrived]).sum(dim=0)
    return (1 - alpha) * torch.relu(row + message @ mixing) + alpha * message


def python_state(arrived: Arrived, row: Vector, mixing: Vector, alpha: float) -> Vector:
    """The same with lists of numbers; `mixing` is a list of columns."""
    message = [sum(entries) for entries in zip(*([c * x for x in s] for s, c in arrived), strict=True)]
    heard = [shift + sum(map(mul, message, column)) for shift, column in zip(row, mixing, strict=True)]
    return [(1 - alpha) * max(h, 0.0) + alpha * m for h, m in zip(heard, message, strict=True)]


def flow_in_numpy(batch: ArchitectureBatch, surrogate: FlowSurrogate) -> NDArray[np.float64]:
    """What a published `surrogate` gives for architectures without null operations, by a loop over nodes."""
    start, rows, mixing = _drawn(batch, surrogate)
    return np.stack([_flow(a, start, rows, mixing, surrogate.alpha, numpy_state) for a in batch])


def flow_in_torch(batch: ArchitectureBatch, surrogate: FlowSurrogate) -> NDArray[np.float64]:
    """The same with tensors."""
    given = *_drawn_tensors(batch, surrogate), surrogate.alpha, torch_state
    return torch.stack([_flow(a, *given) for a in batch]).numpy()


def flow_in_networkx(
    graphs: Iterable[nx.DiGraph], batch: ArchitectureBatch, surrogate: FlowSurrogate
) -> NDArray[np.float64]:
    """The same with tensors on graphs of NetworkX, which are those of `batch`: as the method is published."""
    start, rows, mixing = _drawn_tensors(batch, surrogate)

    def walk(graph: nx.DiGraph, begun: dict[Any, Vector]) -> dict[Any, Vector]:
        states = {}
        for generation in nx.topological_generations(graph):
            for node in generation:
                arrived = [(states[sender], 1) for sender in graph.predecessors(node)]
                row = rows[graph.nodes[node]["op"]]
                states[node] = torch_state(arrived, row, mixing, surrogate.alpha) if arrived else begun[node]
        return states

    found = []
    for graph in graphs:
        forward = walk(graph, dict.fromkeys(graph, start))
        backward = walk(graph.reverse(copy=False), forward)
        found.append(sum(backward[node] for node in graph if graph.in_degree(node) == 0))
    return torch.stack(found).numpy()


def flow_in_python(batch: ArchitectureBatch, surrogate: FlowSurrogate) -> NDArray[np.float64]:
    """The same with nothing but Python."""
    start, rows, mixing = _drawn(batch, surrogate)
    lists = {op: row.tolist() for op, row in rows.items()}
    given = start.tolist(), lists, mixing.T.tolist(), surrogate.alpha, python_state
    return np.array([_flow(a, *given) for a in batch])


def _drawn(
    batch: ArchitectureBatch, surrogate: FlowSurrogate
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]], NDArray[np.float64]]:
    start, shift, mixing, _ = surrogate._draw(batch.vocabulary)
    return start, {op: shift[code] for code, op in enumerate(batch.vocabulary)}, mixing[0]


def _drawn_tensors(
    batch: ArchitectureBatch, surrogate: FlowSurrogate
) -> tuple[Tensor, dict[str, Tensor], Tensor]:
    start, rows, mixing = _drawn(batch, surrogate)
    tensors_of = {op: torch.from_numpy(row) for op, row in rows.items()}
    return torch.from_numpy(start), tensors_of, torch.from_numpy(mixing)


def _flow(
    architecture: Architecture,
    start: Vector,
    rows: dict[str, Vector],
    mixing: Vector,
    alpha: float,
    state: State,
) -> Vector:
    """What comes back to the sources."""
    adjacency, ops = architecture.adjacency, architecture.ops
    nodes = range(len(ops))  # the spaces number nodes in topological order
    senders = [[(u, int(adjacency[u, v])) for u in nodes if adjacency[u, v]] for v in nodes]
    receivers = [[(w, int(adjacency[v, w])) for w in nodes if adjacency[v, w]] for v in nodes]
    forward = [start] * len(ops)
    for v in nodes:
        if senders[v]:
            forward[v] = state([(forward[u], count) for u, count in senders[v]], rows[ops[v]], mixing, alpha)
    backward = list(forward)
    for v in reversed(nodes):
        if receivers[v]:
            backward[v] = state(
                [(backward[w], count) for w, count in receivers[v]], rows[ops[v]], mixing, alpha
            )
    return _added([backward[v] for v in nodes if not senders[v]])


def _added(vectors: list[Vector]) -> Vector:
    if isinstance(vectors[0], list):
        return [sum(entries) for entries in zip(*vectors, strict=True)]
    return sum(vectors)
