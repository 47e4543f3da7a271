"""write_pyg: architectures as graphs of PyTorch Geometric."""

from __future__ import annotations

from typing import Any

import numpy as np

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns


def write_pyg(batch: ArchitectureColumns) -> list[Any]:
    """Architectures as `torch_geometric.data.Data`; see `ArchitectureBatch.to_pyg`."""
    import torch
    from torch_geometric.data import Data

    codes = torch.from_numpy(batch.ops.astype(np.int64))
    edges = torch.from_numpy(batch.edges.astype(np.int64))
    graphs = []
    for i in range(len(batch)):
        nodes = slice(int(batch.node_ptr[i]), int(batch.node_ptr[i + 1]))
        own = slice(int(batch.edge_ptr[i]), int(batch.edge_ptr[i + 1]))
        x = torch.nn.functional.one_hot(codes[nodes], len(batch.vocabulary)).to(torch.float32)
        graph = Data(x=x, edge_index=edges[:, own].clone(), op=codes[nodes].clone())
        if batch.multiplicity is not None:
            graph.edge_weight = torch.tensor(batch.multiplicity[own], dtype=torch.float32)
        if batch.attribute_values is not None:
            graph.attributes = torch.tensor(batch.attribute_values[nodes], dtype=torch.float32)
        graphs.append(graph)
    return graphs
