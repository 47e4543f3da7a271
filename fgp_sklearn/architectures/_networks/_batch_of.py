"""batch_of: networks as an ArchitectureBatch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._networks._by_module import by_module
from fgp_sklearn.architectures._networks._live import LiveNode, live_nodes
from fgp_sklearn.architectures._networks._network import Network
from fgp_sklearn.architectures._offsets import offsets

Level = Literal["module", "operator"]


def batch_of(networks: Sequence[Network], level: Level = "operator") -> ArchitectureBatch:
    """Networks as architectures with attributes.

    Parameters
    ----------
    networks : sequence of Network
        At least one.
    level : {"operator", "module"}, default="operator"
        Whether each operator is a node, or each call of a module that has no modules inside.

    Returns
    -------
    ArchitectureBatch
        One architecture per network, with nodes in the order of the network. Attributes are all that occur,
        and ``parameters``.

    Raises
    ------
    ArchitectureError
        If the output of a network depends on no input.

    Examples
    --------
    >>> from fgp_sklearn.architectures._networks import Network, NetworkNode, batch_of, linear_of
    >>> kind, attributes = linear_of((1, 4), (1, 2))
    >>> net = Network((
    ...     NetworkNode("x", "input"), NetworkNode("w", "constant", weights={"w": 8}),
    ...     NetworkNode("y", kind, ("x", "w"), attributes), NetworkNode("end", "output", ("y",))))
    >>> batch = batch_of([net])
    >>> batch[0].ops, batch.attributes["parameters"], batch.attributes["flops"]
    (('input', 'linear', 'output'), array([0., 8., 0.]), array([ 0., 16.,  0.]))
    """
    found = [_live(network, index, level) for index, network in enumerate(networks)]
    nodes = [node for live in found for node in live]
    vocabulary = sorted({node.kind for node in nodes})
    code = {kind: position for position, kind in enumerate(vocabulary)}
    edges = [
        (source, target, times)
        for live in found
        for target, node in enumerate(live)
        for source, times in node.inputs.items()
    ]
    columns = np.array(edges, dtype=np.int64).reshape(-1, 3).T
    names = [network.name for network in networks]
    return ArchitectureBatch(
        ops=np.array([code[node.kind] for node in nodes], dtype=np.int32),
        edges=columns[:2],
        node_ptr=offsets(np.array([len(live) for live in found])),
        edge_ptr=offsets(np.array([sum(len(node.inputs) for node in live) for live in found])),
        vocabulary=vocabulary,
        multiplicity=columns[2].astype(np.float64) if (columns[2] != 1).any() else None,
        attributes={
            name: [node.attributes.get(name, np.nan) for node in nodes]
            for name in sorted({name for node in nodes for name in node.attributes})
        },
        names=names if any(names) else None,
    )


def _live(network: Network, index: int, level: Level) -> list[LiveNode]:
    try:
        live = live_nodes(network)
    except ArchitectureError as error:
        raise ArchitectureError(error.problem, index) from error
    return by_module(live) if level == "module" else live
