"""GraphTensors: a batch of architectures as torch tensors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Self, TypeVar

import numpy as np
import torch
from torch import Tensor

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.nn._kinds import Layer, Messages, layers_of_kinds
from fgp_sklearn.nn._topology import (
    Neighbourhood,
    Reachability,
    Walk,
    neighbourhood,
    reachability,
    walk,
)

Derived = TypeVar("Derived")


@dataclass(frozen=True, eq=False)
class GraphTensors:
    """What a backbone reads.

    Orders and relations that only some backbones need (`depth`, `forward_walk`, `backward_walk`,
    `reachability`, `neighbourhood`) are derived from the batch when they are first asked for.

    Parameters
    ----------
    ops : Tensor of int64 of shape (total_nodes,)
        Operation code of each node.
    edge_index : Tensor of int64 of shape (2, total_edges)
        Source and target of each edge as positions in `ops`.
    owner : Tensor of int64 of shape (total_nodes,)
        Architecture of each node.
    n_nodes : Tensor of int64 of shape (n_architectures,)
        Nodes of each architecture.
    is_source, is_sink : Tensor of bool of shape (total_nodes,)
        Nodes without predecessors, and without successors.
    multiplicity : Tensor of float32 of shape (total_edges, 1), optional
        Number of parallel edges that each edge stands for; None if all are single.
    node_features : Tensor of float32 of shape (total_nodes, n_node_features), optional
        Further numbers of each node.
    batch : ArchitectureBatch, optional
        What the tensors were made of.
    repeated : bool, default=False
        Whether a training comes back to these tensors at every step, so that what is derived from them
        pays even if it takes longer than a step.

    Examples
    --------
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.nn import GraphTensors
    >>> graphs = GraphTensors.from_batch(as_batch([([[0, 1], [0, 0]], ["input", "output"])]))
    >>> graphs.edge_index.tolist(), len(graphs)
    ([[0], [1]], 1)
    """

    ops: Tensor
    edge_index: Tensor
    owner: Tensor
    n_nodes: Tensor
    is_source: Tensor
    is_sink: Tensor
    multiplicity: Tensor | None = None
    node_features: Tensor | None = None
    batch: ArchitectureBatch | None = field(default=None, kw_only=True)
    repeated: bool = field(default=False, kw_only=True)

    @classmethod
    def from_batch(cls, batch: ArchitectureBatch, *, repeated: bool = False) -> Self:
        """Copy the columns of a batch to tensors.

        Parameters
        ----------
        batch : ArchitectureBatch
            Architectures.
        repeated : bool, default=False
            Whether a training comes back to the tensors at every step.

        Returns
        -------
        GraphTensors
            On the CPU.

        Examples
        --------
        >>> from fgp_sklearn.datasets import nasbench201_space
        >>> from fgp_sklearn.nn import GraphTensors
        >>> GraphTensors.from_batch(nasbench201_space()[:10]).ops.shape
        torch.Size([80])
        """
        return cls(
            ops=torch.from_numpy(batch.ops.astype(np.int64)),
            edge_index=torch.from_numpy(batch.flat_edges.copy()),
            owner=torch.from_numpy(batch.node_owner.copy()),
            n_nodes=torch.from_numpy(batch.n_nodes.copy()),
            is_source=torch.from_numpy(batch.in_degree == 0),
            is_sink=torch.from_numpy(batch.out_degree == 0),
            multiplicity=(
                None
                if batch.multiplicity is None
                else torch.from_numpy(batch.multiplicity.astype(np.float32)[:, None])
            ),
            node_features=(
                None if batch.node_features is None else torch.from_numpy(batch.node_features.copy())
            ),
            batch=batch,
            repeated=repeated,
        )

    def __len__(self) -> int:
        return len(self.n_nodes)

    def to(self, device: Any) -> Self:
        """Move all tensors, unless they are there.

        Parameters
        ----------
        device : str or torch.device
            Where to.

        Returns
        -------
        GraphTensors
            On `device`.

        Examples
        --------
        >>> from fgp_sklearn.datasets import nasbench201_space
        >>> from fgp_sklearn.nn import GraphTensors
        >>> GraphTensors.from_batch(nasbench201_space()[:10]).to("cpu").ops.device
        device(type='cpu')
        """
        if torch.device(device) == self.ops.device:
            return self  # and keep what was derived
        columns = {column.name: getattr(self, column.name) for column in fields(self)}
        there: dict[str, Any] = {
            name: moved(column, device) if isinstance(column, Tensor) else column
            for name, column in columns.items()
        }
        return type(self)(**there | {"repeated": False})  # the next step will move them anew

    # ------------------------------------------------------------------ derived from the batch

    @cached_property
    def depth(self) -> Tensor:
        """Length of the longest path from a source to each node, int64 of shape (total_nodes,)."""
        return self._derived(lambda batch, device: torch.from_numpy(batch.generation.copy()).to(device))

    @cached_property
    def forward_walk(self) -> Walk:
        """Generations from sources to sinks."""
        return self._derived(walk)

    @cached_property
    def backward_walk(self) -> Walk:
        """Generations from sinks to sources."""
        return self._derived(lambda batch, device: walk(batch, device, backward=True))

    @cached_property
    def reachability(self) -> Reachability:
        """Which nodes lie on common paths. Takes memory for the sum of the squares of `n_nodes`."""
        return self._derived(reachability)

    @cached_property
    def neighbourhood(self) -> Neighbourhood:
        """Predecessors, successors and siblings. Takes memory for the sum of the squares of degrees."""
        return self._derived(neighbourhood)

    @property
    def first_layer(self) -> Layer:
        """A layer that reads the states of operations, a row each, and makes the state of every node."""
        source, target = self.edge_index
        sources, targets = self.ops.index_select(0, source), self.ops.index_select(0, target)
        return Layer(
            own=self.ops,
            along=Messages(sources, target, self.multiplicity),
            against=Messages(targets, source, self.multiplicity),
        )

    def kinds(self, n_layers: int) -> tuple[Layer, ...]:
        """Which nodes a network that sends messages along edges tells apart, layer by layer.

        Parameters
        ----------
        n_layers : int
            Layers of the network.

        Returns
        -------
        tuple of Layer
            For architectures without node features.
        """
        if n_layers not in self._kinds:
            self._kinds[n_layers] = self._derived(
                lambda batch, device: layers_of_kinds(batch, n_layers, device)
            )
        return self._kinds[n_layers]

    @cached_property
    def _kinds(self) -> dict[int, tuple[Layer, ...]]:
        return {}

    def _derived(self, derive: Callable[[ArchitectureBatch, torch.device], Derived]) -> Derived:
        if self.batch is None:
            raise ValueError(
                "this backbone reads the order of nodes, which tensors alone do not tell; make them with "
                "GraphTensors.from_batch"
            )
        with torch.inference_mode(False):  # training may use what was derived while predicting
            return derive(self.batch, self.ops.device)


def moved(tensor: Tensor, device: Any) -> Tensor:
    """Move a tensor; to CUDA from memory that stays in place, so that Python need not wait for it.

    Parameters
    ----------
    tensor : Tensor
        Any.
    device : str or torch.device
        Where to.

    Returns
    -------
    Tensor
        On `device`.
    """
    if torch.device(device).type == "cuda" and tensor.device.type == "cpu":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)
