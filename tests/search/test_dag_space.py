from itertools import chain, combinations, permutations, product

import networkx as nx
import numpy as np
import pytest

from fgp_sklearn.architectures import ArchitectureError
from fgp_sklearn.architectures._duplicates import duplicate_groups
from fgp_sklearn.search import DAGSpace


def brute_force(ops, max_nodes, max_edges):
    """Number of members up to the order of nodes, from all graphs."""
    found = set()
    for n in range(2, max_nodes + 1):
        pairs = list(combinations(range(n), 2))
        for edges in chain.from_iterable(combinations(pairs, k) for k in range(1, max_edges + 1)):
            graph = nx.DiGraph(edges)
            graph.add_nodes_from(range(n))
            between = nx.descendants(graph, 0) & nx.ancestors(graph, n - 1)
            if len(between) < n - 2 or not nx.has_path(graph, 0, n - 1):
                continue
            for labels in product(ops, repeat=n - 2):
                found.add(min(renumbered(edges, labels, order) for order in permutations(range(n - 2))))
    return len(found)


def renumbered(edges, labels, order):
    """Edges and operations after a permutation of the inner nodes."""
    place = {0: 0, len(labels) + 1: len(labels) + 1, **{1 + i: 1 + p for i, p in enumerate(order)}}
    moved = [""] * len(labels)
    for i, p in enumerate(order):
        moved[p] = labels[i]
    return tuple(sorted((place[a], place[b]) for a, b in edges)), tuple(moved)


@pytest.mark.parametrize(
    ("ops", "max_nodes", "max_edges"), [("ab", 4, 6), ("a", 5, 6), ("abc", 4, 4), ("ab", 3, 2)]
)
def test_enumeration_and_samples_find_what_brute_force_finds(ops, max_nodes, max_edges):
    space = DAGSpace(list(ops), max_nodes, max_edges)
    assert len(space) == brute_force(ops, max_nodes, max_edges)
    groups = duplicate_groups(space.enumerate())
    assert len(set(groups)) == len(space)
    assert len(set(duplicate_groups(space.sample(5000, random_state=0)))) == len(space)


def test_mutants_of_mutants_reach_the_whole_space():
    space = DAGSpace(["a", "b"], max_nodes=4)
    batch = space.sample(1, random_state=0).take(np.zeros(300, dtype=int))
    reached = [batch]
    for step in range(25):
        reached.append(space.mutate(reached[-1], random_state=step))
    together = type(batch).concatenate(reached)
    assert len(set(duplicate_groups(together))) == len(space)


def test_each_move_changes_little():
    space = DAGSpace(["a", "b", "c"], max_nodes=7, max_edges=9)
    parents = space.sample(500, random_state=0)
    children = space.mutate(parents, random_state=0)
    # A node comes or goes with the paths that it lies on; nearly always, only one does.
    assert np.mean(np.abs(children.n_nodes - parents.n_nodes) <= 1) > 0.9
    assert (np.abs(children.n_nodes - parents.n_nodes) == 1).any()
    same = children.n_nodes == parents.n_nodes
    assert np.mean(np.abs(children.n_edges - parents.n_edges)[same] <= 1) > 0.8


def test_a_child_has_nodes_and_edges_of_its_parents_only():
    space = DAGSpace(["a", "b", "c", "d"], max_nodes=6)
    first = [(np.eye(6, k=1, dtype=int), ["input", *"aaaa", "output"])] * 200
    second = [(np.eye(4, k=1, dtype=int), ["input", *"bb", "output"])] * 200
    children = space.crossover(first, second, random_state=0)
    assert space.contains(children).all()
    ops = {child.ops for child in children}
    assert len(ops) > 4
    assert set(chain.from_iterable(ops)) == {"input", "a", "b", "output"}


def test_names_of_ends_and_roles_are_the_users():
    space = DAGSpace(["conv", "wire"], 5, ends=("x", "y"), operations={"wire": {"role": "identity"}})
    parents = space.sample(100, random_state=0)
    assert parents[0].ops[0] == "x"
    assert parents[0].ops[-1] == "y"
    assert "wire" not in space.functional(parents).used_ops()
    plain = DAGSpace(["conv", "wire"], 5, ends=("x", "y"))
    assert "wire" in plain.functional(parents).used_ops()
    assert plain.contains(parents).all()


def test_large_spaces_are_not_listed():
    assert not DAGSpace(list("abcd"), max_nodes=9).is_finite
    assert DAGSpace(["a"], max_nodes=3, max_edges=100).max_edges == 3
    assert repr(DAGSpace(["a"], 4, 5)) == "DAGSpace(['a'], max_nodes=4, max_edges=5)"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"ops": []}, "needs operations"),
        ({"ops": ["a", "a"]}, "names an operation twice"),
        ({"ops": ["a", "input"]}, "names an operation twice"),
        ({"ops": "ab"}, "must be a sequence of operations"),
    ],
)
def test_operations_are_checked(parameters, message):
    with pytest.raises(ArchitectureError, match=message):
        DAGSpace(max_nodes=4, **parameters)


@pytest.mark.parametrize("limits", [{"max_nodes": 2}, {"max_nodes": 4, "max_edges": 1}])
def test_limits_are_checked(limits):
    with pytest.raises(ValueError, match="max_"):
        DAGSpace(["a"], **limits)


def test_a_space_of_one_function_has_no_mutants():
    space = DAGSpace(["skip_connect"], max_nodes=3, max_edges=2)
    with pytest.raises(ArchitectureError, match=r"^architecture 0: no other architecture .* more choices"):
        space.mutate(space.sample(1, random_state=0), random_state=0)
