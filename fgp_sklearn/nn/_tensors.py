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
from fgp_sklearn.nn._input_kinds import InputKinds, input_kinds
from fgp_sklearn.nn._node_features import node_features
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
    """Batch of architectures as torch tensors, the input of a backbone.

    Node orders and relations that only some backbones need (`depth`, `forward_walk`, `backward_walk`,
    `reachability`, `neighbourhood`) are derived from the batch on first access.

    Parameters
    ----------
    ops : Tensor of int64 of shape (total_nodes,)
        Operation code of each node.
    edge_index : Tensor of int64 of shape (2, total_edges)
        Source and target of each edge as positions in `ops`.
    owner : Tensor of int64 of shape (total_nodes,)
        Position of the architecture of each node.
    n_nodes : Tensor of int64 of shape (n_architectures,)
        Number of nodes of each architecture.
    is_source, is_sink : Tensor of bool of shape (total_nodes,)
        Whether each node has no predecessors, and whether it has no successors.
    multiplicity : Tensor of float32 of shape (total_edges, 1), optional
        Number of parallel edges that each edge stands for; None if all edges are single.
    node_features : Tensor of float32 of shape (total_nodes, n_node_features), optional
        Features of each node, besides the operation; see `n_node_features_of`.
    batch : ArchitectureBatch, optional
        Batch that the tensors were made from.

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

    @classmethod
    def from_batch(cls, batch: ArchitectureBatch) -> Self:
        """Copy the columns of a batch to tensors.

        Parameters
        ----------
        batch : ArchitectureBatch
            Architectures.

        Returns
        -------
        GraphTensors
            Tensors on the CPU.

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
                None if batch.attribute_values is None else torch.from_numpy(node_features(batch))
            ),
            batch=batch,
        )

    def __len__(self) -> int:
        return len(self.n_nodes)

    def to(self, device: Any) -> GraphTensors:
        """Move all tensors to a device.

        Parameters
        ----------
        device : str or torch.device
            Target device.

        Returns
        -------
        GraphTensors
            Tensors on `device`; itself if they are there already.

        Examples
        --------
        >>> from fgp_sklearn.datasets import nasbench201_space
        >>> from fgp_sklearn.nn import GraphTensors
        >>> GraphTensors.from_batch(nasbench201_space()[:10]).to("cpu").ops.device
        device(type='cpu')
        """
        if torch.device(device) == self.ops.device:
            return self  # keeps the derived values that are cached
        columns = {column.name: getattr(self, column.name) for column in fields(self)}
        there: dict[str, Any] = {
            name: moved(column, device) if isinstance(column, Tensor) else column
            for name, column in columns.items()
        }
        return GraphTensors(**there)

    # ------------------------------------------------------------------ derived from the batch

    @cached_property
    def depth(self) -> Tensor:
        """Length of the longest path from a source to each node, int64 of shape (total_nodes,)."""
        return self._derived(lambda batch, device: torch.from_numpy(batch.generation.copy()).to(device))

    @cached_property
    def input_kinds(self) -> InputKinds:
        """Classes of nodes with the same operation and the same features."""
        features = None if self.node_features is None else self.node_features.detach().cpu().numpy()
        return self._derived(lambda batch, device: input_kinds(batch, features, device))

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
        """Relations between nodes on common paths. Memory grows with the sum of the squared `n_nodes`."""
        return self._derived(reachability)

    @cached_property
    def neighbourhood(self) -> Neighbourhood:
        """Predecessors, successors and siblings. Memory grows with the sum of the squared degrees."""
        return self._derived(neighbourhood)

    def _derived(self, derive: Callable[[ArchitectureBatch, torch.device], Derived]) -> Derived:
        if self.batch is None:
            raise ValueError(
                "this backbone needs the order of nodes, which is derived from a batch, and these tensors "
                "have no batch; make them with GraphTensors.from_batch"
            )
        with torch.inference_mode(False):  # training may reuse values that prediction has derived
            return derive(self.batch, self.ops.device)


def moved(tensor: Tensor, device: Any) -> Tensor:
    """Move a tensor to a device. Transfers from the CPU to CUDA use pinned memory and are asynchronous.

    Parameters
    ----------
    tensor : Tensor
        Tensor to move.
    device : str or torch.device
        Target device.

    Returns
    -------
    Tensor
        Tensor on `device`.
    """
    if torch.device(device).type == "cuda" and tensor.device.type == "cpu":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)
