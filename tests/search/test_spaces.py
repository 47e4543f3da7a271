"""What every search space promises."""

import networkx as nx
import numpy as np
import pytest

from fgp_sklearn import ArchitectureSimplifier
from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError, as_batch
from fgp_sklearn.operations import canonical
from fgp_sklearn.search import SearchSpace
from tests.search.all_spaces import FINITE, SPACES

N = 150

spaces = pytest.mark.parametrize("name", SPACES)


def is_connected(graph):
    """Whether the graph is acyclic, and every node lies between the sources and sinks of its part."""
    if not nx.is_directed_acyclic_graph(graph):
        return False
    for part in nx.weakly_connected_components(graph):
        ops = [graph.nodes[node]["op"].split("/")[-1] for node in part]
        sources = {graph.nodes[node]["op"].split("/")[-1] for node in part if not graph.in_degree(node)}
        sinks = [graph.nodes[node]["op"].split("/")[-1] for node in part if not graph.out_degree(node)]
        if not (sources <= {"input", "c_k-2", "c_k-1"} and sinks == ["output"] and ops):
            return False
    return True


def same_function(space, first, second):
    """Whether pairs compute the same, by exact isomorphism of functional graphs."""
    simplifier = ArchitectureSimplifier(identity_ops="auto" if space.contracts_identities else ())
    groups = simplifier.duplicates(ArchitectureBatch.concatenate([first, second]))
    return groups[: len(first)] == groups[len(first) :]


@spaces
def test_samples_mutants_and_children_are_connected_members(name):
    space = SPACES[name]
    parents = space.sample(N, random_state=0)
    mutants = space.mutate(parents, random_state=1)
    children = space.crossover(parents, mutants[::-1], random_state=2)
    for batch in (parents, mutants, children):
        assert batch.shape == (N,)
        assert space.contains(batch).all()
        assert all(map(is_connected, batch.to_networkx()))
    assert not same_function(space, parents, mutants).any()


@spaces
def test_same_seed_same_architectures(name):
    space = SPACES[name]
    parents = space.sample(20, random_state=0)
    assert space.sample(20, random_state=0) == parents
    assert space.sample(20, random_state=1) != parents
    for draw in (space.mutate, lambda X, seed: space.crossover(X, parents[::-1], seed)):
        assert draw(parents, 3) == draw(parents, 3)
        assert draw(parents, 3) != draw(parents, 4)
    state = np.random.RandomState(0)
    assert space.sample(20, state) != space.sample(20, state)


@pytest.mark.parametrize("name", FINITE)
def test_enumeration_has_each_member_once(name):
    space = SPACES[name]
    everything = space.enumerate()
    assert space.is_finite
    assert len(everything) == len(space)
    assert space.contains(everything).all()
    assert len({(cell.ops, cell.adjacency.tobytes(), attributes(cell)) for cell in everything}) == len(space)


def attributes(architecture):
    given = architecture.attributes or {}
    return tuple((name, tuple(np.nan_to_num(values, nan=-1))) for name, values in sorted(given.items()))


@pytest.mark.parametrize("name", ["macro", "mobile", "gpt", "options"])
def test_a_sample_of_a_small_space_finds_most_choices(name):
    space = SPACES[name]
    choices = space.encode(space.sample(400, random_state=0))
    for column, n_values in zip(choices.T, space.n_choices, strict=True):
        counts = np.bincount(column, minlength=n_values)
        assert counts.min() > 0
        assert len(counts) == n_values


@spaces
def test_members_are_read_in_any_form(name):
    space = SPACES[name]
    members = space.sample(5, random_state=0)
    assert space.contains(list(members)).all()
    graphs = members.to_networkx()
    as_read = as_batch(graphs, attributes=members.attribute_names)
    assert space.contains(as_read).all()
    assert space.mutate(as_read, 0) == space.mutate(members, 0)


@spaces
def test_what_is_no_member_is_refused_with_its_index(name):
    space = SPACES[name]
    stranger = as_batch([([[0, 1], [0, 0]], ["input", "sink"])])
    mixed = ArchitectureBatch.concatenate([space.sample(2, random_state=0), stranger])
    assert space.contains(mixed).tolist() == [True, True, False]
    assert not space.contains(stranger)[0]  # without the attributes of the space
    with pytest.raises(ArchitectureError, match=r"^architecture 2: it is not in the search space \w+; "):
        space.mutate(mixed)
    with pytest.raises(ArchitectureError, match="give them in pairs"):
        space.crossover(space.sample(2), space.sample(3))


def test_a_space_that_cannot_be_listed_says_so():
    space = SPACES["darts"]
    assert space
    assert not space.is_finite
    for listing in (lambda: len(space), space.enumerate):
        with pytest.raises(TypeError, match="DARTSSpace"):
            listing()


class TwoCells(SearchSpace):
    """Two cells that differ in an operation with a role of the user's."""

    def __init__(self):
        self.operations = {"bridge": {"role": "identity"}}
        self.cells = as_batch(
            [(np.eye(3, k=1, dtype=int), ["input", op, "output"]) for op in ("a", "bridge")]
        )

    def sample(self, n, random_state=None):
        return self.cells.take(np.random.RandomState(random_state).randint(2, size=n))

    def mutate(self, X, random_state=None):
        return self.cells.take([int("a" in cell.ops) for cell in X])

    def contains(self, X):
        return np.ones(len(X), dtype=bool)


def test_a_space_of_ones_own_knows_operations_and_combines_parents_by_chance():
    space = TwoCells()
    assert space.functional(space.cells)[1].ops == ("input", "output")
    children = space.crossover(space.cells.take([0] * 50), space.cells.take([1] * 50), random_state=0)
    assert 10 < sum("a" in child.ops for child in children) < 40
    assert canonical("bridge") == "bridge"  # the library itself does not know it
