"""Building blocks of backbones: input layer, dropout, readout and message passing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn

from fgp_sklearn._storage import COUNT, Storable
from fgp_sklearn.nn._autocast import at_least_float32, autocast_off
from fgp_sklearn.nn._tensors import GraphTensors


@dataclass(frozen=True, slots=True)
class InputSpec(Storable):
    """Sizes of the input of a backbone.

    Parameters
    ----------
    n_ops : int
        Number of operations; codes run from 0 to ``n_ops - 1``.
    n_node_features : int, default=0
        Number of features per node, besides the operation.
    max_nodes : int, default=1
        Number of nodes of the largest architecture.

    Examples
    --------
    >>> from fgp_sklearn.nn import InputSpec
    >>> InputSpec(n_ops=5)
    InputSpec(n_ops=5, n_node_features=0, max_nodes=1)
    """

    _stored_attributes: ClassVar[dict[str, Any]] = dict.fromkeys(
        ("n_ops", "n_node_features", "max_nodes"), COUNT
    )

    n_ops: int
    n_node_features: int = 0
    max_nodes: int = 1


class NodeInput(nn.Module):
    """Linear layer from one-hot operations and node features to the initial node states.

    Parameters
    ----------
    spec : InputSpec
        Sizes of the input.
    width : int
        Dimension of a node state.
    degrees : bool, default=False
        Whether the logarithms of one plus the in-degree and the out-degree are input features as well. A
        backbone that averages messages cannot count edges otherwise.

    Examples
    --------
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.nn import GraphTensors, InputSpec, NodeInput
    >>> graphs = GraphTensors.from_batch(as_batch([([[0, 1], [0, 0]], ["input", "output"])]))
    >>> NodeInput(InputSpec(n_ops=2), width=8)(graphs).shape
    torch.Size([2, 8])
    """

    def __init__(self, spec: InputSpec, width: int, *, degrees: bool = False) -> None:
        super().__init__()
        self.op_embedding = nn.Embedding(spec.n_ops, width)
        self.feature_projection = (
            nn.Linear(spec.n_node_features, width, bias=False) if spec.n_node_features else None
        )
        self.degree_projection = nn.Linear(2, width, bias=False) if degrees else None
        if self.degree_projection is not None:
            nn.init.normal_(self.degree_projection.weight)  # the scale of the operation embedding

    def forward(self, graphs: GraphTensors) -> Tensor:
        """Initial node states of shape (total_nodes, width)."""
        states: Tensor = self.op_embedding.weight.index_select(0, graphs.ops)
        if self.feature_projection is not None:
            features = cast(Tensor, graphs.node_features)
            states = states + self.feature_projection(features.to(states.dtype))
        if self.degree_projection is not None:
            states = states + self.degree_projection(degrees(graphs).to(states.dtype).log1p())
        return states

    def of_some(self, graphs: GraphTensors, nodes: Tensor) -> Tensor:
        """Initial states of some nodes.

        Parameters
        ----------
        graphs : GraphTensors
            Architectures.
        nodes : Tensor of int64 of shape (n,)
            Positions of the nodes among all nodes of the architectures.

        Returns
        -------
        Tensor of shape (n, width)
            The rows of these nodes in the states that a call returns.
        """
        states: Tensor = self.op_embedding.weight.index_select(0, graphs.ops.index_select(0, nodes))
        if self.feature_projection is not None:
            features = cast(Tensor, graphs.node_features).index_select(0, nodes)
            states = states + self.feature_projection(features.to(states.dtype))
        if self.degree_projection is not None:
            of_nodes = degrees(graphs).index_select(0, nodes)
            states = states + self.degree_projection(of_nodes.to(states.dtype).log1p())
        return states


class Dropout(nn.Module):
    """Dropout with its own random generator, so that results do not depend on other threads.

    Parameters
    ----------
    p : float
        Probability of zeroing an entry during training.

    Attributes
    ----------
    generator : torch.Generator or None
        Generator of the masks, set by the training loop. None uses torch's global random state.

    Examples
    --------
    >>> import torch
    >>> from fgp_sklearn.nn import Dropout
    >>> dropout = Dropout(0.5)
    >>> dropout.generator = torch.Generator().manual_seed(0)
    >>> dropout(torch.ones(4))
    tensor([0., 2., 0., 0.])
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.generator: torch.Generator | None = None

    def forward(self, states: Tensor) -> Tensor:
        """Zero entries at random and scale up the others during training."""
        if not self.training or self.p == 0:
            return states
        draws = torch.rand(states.shape, generator=self.generator, device=states.device)
        return states * (draws >= self.p) / (1 - self.p)

    def extra_repr(self) -> str:
        """Show the probability."""
        return f"p={self.p}"


class Readout(nn.Module):
    """Pool node states into one embedding per architecture.

    Parameters
    ----------
    in_width : int
        Dimension of a node state.
    out_width : int
        Dimension of the embedding.
    ends : bool
        Whether to concatenate the mean over sources and the mean over sinks to the mean over all nodes.

    Examples
    --------
    >>> import torch
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.nn import GraphTensors, Readout
    >>> graphs = GraphTensors.from_batch(as_batch([([[0, 1], [0, 0]], ["input", "output"])]))
    >>> Readout(1, 1, ends=False)(torch.tensor([[1.0], [3.0]]), graphs)
    tensor([[2.]])
    """

    def __init__(self, in_width: int, out_width: int, *, ends: bool) -> None:
        super().__init__()
        self.ends = ends
        read = 3 * in_width if ends else in_width
        self.projection = nn.Identity() if read == out_width else nn.Linear(read, out_width)

    def forward(self, states: Tensor, graphs: GraphTensors) -> Tensor:
        """Embeddings of shape (n_architectures, out_width), at least in float32."""
        states = at_least_float32(states)
        parts = [_mean(states, graphs.owner, graphs.n_nodes)]
        if self.ends:
            for is_end in (graphs.is_source, graphs.is_sink):
                where = is_end.nonzero().squeeze(1)
                owner = graphs.owner.index_select(0, where)
                counts = torch.zeros_like(graphs.n_nodes).index_add(0, owner, torch.ones_like(owner))
                parts.append(_mean(states.index_select(0, where), owner, counts))
        with autocast_off(states.device):
            embeddings: Tensor = self.projection(torch.cat(parts, dim=1))
        return embeddings


def sum_of_neighbours(states: Tensor, sender: Tensor, receiver: Tensor, graphs: GraphTensors) -> Tensor:
    """Sum the states of the neighbours of each node. Parallel edges count as often as they occur.

    Parameters
    ----------
    states : Tensor of shape (total_nodes, width)
        One row per node.
    sender, receiver : Tensor of int64 of shape (total_edges,)
        The two rows of ``graphs.edge_index``, ordered by the direction of message passing.
    graphs : GraphTensors
        Architectures, with the multiplicities of their edges.

    Returns
    -------
    Tensor of shape (total_nodes, width)
        Sums; zeros for nodes that receive no message.
    """
    messages = states.index_select(0, sender)
    if graphs.multiplicity is not None:
        messages = messages * graphs.multiplicity
    return messages.new_zeros(states.shape).index_add(0, receiver, messages)


def degrees(graphs: GraphTensors) -> Tensor:
    """In-degree and out-degree of each node.

    Parameters
    ----------
    graphs : GraphTensors
        Architectures.

    Returns
    -------
    Tensor of float32 of shape (total_nodes, 2)
        Degrees. Parallel edges count as often as they occur.
    """
    source, target = graphs.edge_index
    ones = torch.ones(len(graphs.ops), 1, device=graphs.ops.device)
    ways = (source, target), (target, source)
    return torch.cat([sum_of_neighbours(ones, *way, graphs) for way in ways], dim=1)


def softmax_sum(
    scores: Tensor, values: Tensor, receivers: Tensor, n_receivers: int, multiplicity: Tensor | None
) -> Tensor:
    """Sum the messages to each receiver, weighted by a softmax of their scores.

    Parameters
    ----------
    scores : Tensor of shape (m, 1)
        Attention score of each message.
    values : Tensor of shape (m, width)
        Content of each message.
    receivers : Tensor of int64 of shape (m,)
        Receiver of each message. Every receiver from 0 to ``n_receivers - 1`` occurs.
    n_receivers : int
        Number of receivers.
    multiplicity : Tensor of shape (m, 1) or None
        Number of times that each message occurs; None if all occur once.

    Returns
    -------
    Tensor of shape (n_receivers, width)
        Weighted means.
    """
    fixed = scores.detach()  # the shift by the maximum keeps exp from overflowing and needs no gradient
    largest = fixed.new_full((n_receivers, 1), -torch.inf)
    largest = largest.scatter_reduce(0, receivers[:, None], fixed, "amax")
    weights = torch.exp(scores - largest.index_select(0, receivers))
    if multiplicity is not None:
        weights = weights * multiplicity
    total = weights.new_zeros(n_receivers, 1).index_add(0, receivers, weights)
    weighted = weights * values
    return weighted.new_zeros(n_receivers, values.shape[1]).index_add(0, receivers, weighted) / total


def _mean(states: Tensor, owner: Tensor, counts: Tensor) -> Tensor:
    total = states.new_zeros(counts.shape[0], states.shape[1]).index_add(0, owner, states)
    return total / counts[:, None]
