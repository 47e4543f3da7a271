"""What computes in an architecture, found one node at a time: a twin that tests compare with."""

from collections import Counter
from itertools import product

import networkx as nx
import numpy as np

from fgp_sklearn.architectures import Architecture

ROLES = {"input": "input", "C_{k-1}": "input", "output": "output", "Out": "output"}


def simplified(architecture, null_ops, identity_ops):
    """The survivors and their counted edges."""
    matrix, ops = np.asarray(architecture.adjacency), architecture.ops
    graph = nx.from_numpy_array(matrix, create_using=nx.DiGraph)
    inputs, outputs = ({v for v in graph if ROLES.get(ops[v]) == role} for role in ("input", "output"))
    sources = inputs or {v for v in graph if not graph.pred[v]} - outputs
    sinks = outputs or {v for v in graph if not graph.succ[v]} - inputs
    null = {v for v in graph if ops[v] in null_ops}
    graph.remove_nodes_from(null)
    below = sources - null
    below = below.union(*(nx.descendants(graph, v) for v in below))
    above = sinks - null
    above = above.union(*(nx.ancestors(graph, v) for v in above))
    alive = below & above
    if not alive:
        ends = sources | sinks
        return sorted(ends - null or ends), Counter()
    count = Counter({(u, v): matrix[u, v] for u, v in graph.edges if u in alive and v in alive})
    for v in sorted(alive - sources - sinks, reverse=True):
        if ops[v] in identity_ops:
            entering = {p: n for (p, w), n in count.items() if w == v}
            leaving = {s: n for (w, s), n in count.items() if w == v}
            count = Counter({edge: n for edge, n in count.items() if v not in edge})
            for p, s in product(entering, leaving):
                count[p, s] += entering[p] * leaving[s]
            alive.remove(v)
    return sorted(alive), count


def as_architecture(survivors, count, ops):
    matrix = [[count[u, v] for v in survivors] for u in survivors]
    return Architecture(matrix, tuple(ops[v] for v in survivors))


def pruned(architecture, null_ops=()):
    """The architecture without what is dead; itself where nothing is."""
    survivors, count = simplified(architecture, null_ops, ())
    is_whole = len(survivors) == len(architecture.ops) and len(count) == np.count_nonzero(
        architecture.adjacency
    )
    if is_whole:
        return architecture
    rest = as_architecture(survivors, count, architecture.ops)
    return Architecture(np.array(rest.adjacency), rest.ops)
