"""Small spaces whose nodes have attributes."""

import numpy as np

from fgp_sklearn.architectures import ArchitectureBatch


def chains_with_widths(n, seed=0):
    """Chains of three to five blocks between an input and an output; blocks have a kernel and a width."""
    draws = np.random.default_rng(seed)
    depths = draws.integers(3, 6, size=n)
    node_ptr = np.concatenate([[0], np.cumsum(depths + 2)])
    ops, kernel, width, edges = [], [], [], []
    for depth in depths:
        ops += [1, *[0] * depth, 2]
        kernel += [np.nan, *draws.choice([3.0, 5.0, 7.0], depth), np.nan]
        width += [np.nan, *draws.choice([16.0, 32.0, 64.0], depth), np.nan]
        edges += [(i, i + 1) for i in range(depth + 1)]
    return ArchitectureBatch(
        ops=ops,
        edges=np.array(edges).T,
        node_ptr=node_ptr,
        edge_ptr=np.concatenate([[0], np.cumsum(depths + 1)]),
        vocabulary=("block", "input", "output"),
        attributes={"kernel": kernel, "width": width},
    )


def costs(batch):
    """Sum of kernel times width over the blocks of each architecture."""
    products = np.nan_to_num(batch.attributes["kernel"] * batch.attributes["width"])
    return np.add.reduceat(products, batch.node_ptr[:-1])
