"""Network and NetworkNode: a network as its operators, before it becomes an architecture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NetworkNode:
    """One value of a network: an input, a parameter, the result of an operator, or the output.

    Parameters
    ----------
    name : str
        Name of the value, unique in its network.
    kind : str
        Canonical name of the operation, or "input", "output", "identity" or "constant".
    inputs : tuple of str
        Names of the values that it is computed from, in order. A value that is used twice stands twice.
    attributes : mapping of str to float
        Numbers that describe the operation.
    weights : mapping of str to int
        Number of elements of each parameter that the node is, or reads without a node for it, by its name.
    module : tuple of str, optional
        The call of a module that has no modules inside, and the name of its class. Operators of one call are
        one node if networks are read at the level of modules.
    """

    name: str
    kind: str
    inputs: tuple[str, ...] = ()
    attributes: Mapping[str, float] = field(default_factory=dict)
    weights: Mapping[str, int] = field(default_factory=dict)
    module: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """One network: its nodes in topological order.

    Parameters
    ----------
    nodes : sequence of NetworkNode
        Each node comes after its inputs.
    name : str, default=""
        Name of the network.
    unknown : frozenset of str
        Kinds that are names of operators because the table of the reader lacks them.
    n_parameters : int, optional
        Number of parameters of the model that the network was read from, used or not.
    """

    nodes: tuple[NetworkNode, ...]
    name: str = ""
    unknown: frozenset[str] = frozenset()
    n_parameters: int | None = None
