"""GraphTensors: a batch of architectures as torch tensors."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from fgp_sklearn.architectures import ArchitectureBatch


@dataclass(frozen=True, eq=False, slots=True)
class GraphTensors:
    """What a backbone reads.

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
        )

    def __len__(self) -> int:
        return len(self.n_nodes)

    def to(self, device: Any) -> Self:
        """Move all tensors.

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
        tensors = {field.name: getattr(self, field.name) for field in fields(self)}
        moved: dict[str, Any] = {k: None if v is None else v.to(device) for k, v in tensors.items()}
        return type(self)(**moved)
