"""What every search space promises."""

import networkx as nx
import numpy as np
import pytest

from fgp_sklearn import ArchitectureSimplifier
from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError, as_batch
from fgp_sklearn.operations import canonical
from fgp_sklearn.search import (
    ChainSpace,
    DAGSpace,
    DARTSSpace,
    LocalSearch,
    PoolSpace,
    RandomSearch,
    RegularizedEvolution,
    SearchSpace,
)
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
def test_none_at_all_are_an_empty_batch(name):
    space = SPACES[name]
    nothing = space.sample(0, random_state=0)
    assert nothing.shape == space.mutate(nothing).shape == space.crossover(nothing, nothing).shape == (0,)
    assert space.contains(nothing).shape == (0,)


@pytest.mark.parametrize(
    ("n", "error"), [(-1, ValueError), ("3", TypeError), (2.0, TypeError), (None, TypeError)]
)
@spaces
def test_numbers_of_samples_are_checked(name, n, error):
    with pytest.raises(error, match=r"^n (==|must be)"):
        SPACES[name].sample(n)


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


class Short(SearchSpace):
    """A space as short as users write them, which returns lists."""

    def pair(self, op):
        return np.eye(3, k=1, dtype=int), ["input", op, "output"]

    def sample(self, n, random_state=None):
        return [self.pair(op) for op in np.random.RandomState(random_state).choice(list("abcdefgh"), n)]

    def mutate(self, X, random_state=None):
        return [self.pair("b" if parent.ops[1] == "a" else "a") for parent in X]

    def contains(self, X):
        return [one.ops[1] in "abcdefgh" for one in X]


class Listed(Short):
    is_finite = True

    def enumerate(self):
        return [self.pair(op) for op in "abcdefgh"]


@pytest.mark.parametrize("search", [RandomSearch, RegularizedEvolution, LocalSearch])
@pytest.mark.parametrize("space", [Short(), Listed()])
def test_a_space_may_return_lists(space, search):
    searcher = search(space, random_state=0).maximize(lambda one: "abcdefgh".index(one.ops[1]), budget=8)
    assert searcher.best_value_ == 7
    assert isinstance(space.sample(2), ArchitectureBatch)
    assert space.contains(space.sample(2)).dtype == bool


def test_a_finite_space_need_not_count():
    assert len(Listed()) == 8
    forgotten = type("Forgotten", (Short,), {"is_finite": True})()
    for listing in (lambda: len(forgotten), forgotten.enumerate, RandomSearch(forgotten).ask):
        with pytest.raises(TypeError, match="Forgotten sets is_finite, but defines no method enumerate"):
            listing()


@pytest.mark.parametrize(
    ("method", "returned", "message"),
    [
        ("contains", True, r"Mine.contains returned True for 2 architectures; return one bool for each"),
        ("contains", ["yes", "no"], r"Mine.contains returned \['yes', 'no'\]"),
        ("contains", [True], r"Mine.contains returned \[True\]"),
        ("contains", [[True], []], r"Mine.contains returned \[\[True\], \[\]\]"),
        ("sample", None, r"Mine.sample returned None, which as_batch cannot read"),
        ("sample", ["?"] * 2, r"Mine.sample returned \['\?', '\?'\], which as_batch cannot read"),
        ("sample", [Short().pair("a")], "Mine.sample returned 1 architectures instead of 2"),
        ("mutate", [Short().pair("a")], "Mine.mutate returned 1 architectures instead of 2"),
        ("crossover", 3, "Mine.crossover returned 3, which"),
        ("enumerate", 3, "Mine.enumerate returned 3, which"),
    ],
)
def test_a_message_names_the_method_that_returned_something_else(method, returned, message):
    def wrong(self, *args, **kwargs):
        return returned

    wrong.__name__ = method
    space = type("Mine", (Short,), {method: wrong})()
    two = Short().sample(2)
    given = {"sample": (2,), "crossover": (two, two), "enumerate": ()}.get(method, (two,))
    with pytest.raises((TypeError, ValueError), match=message):
        getattr(space, method)(*given)


def test_parameters_of_spaces_are_checked_when_they_are_made():
    cells = SPACES["pool"].architectures[:3]
    bogus = {"a": {"role": "bogus"}}
    for make, message in [
        (lambda: DAGSpace(["a"], 4, operations=bogus), "bogus"),
        (lambda: PoolSpace(cells, operations=bogus), "bogus"),
        (lambda: DAGSpace(["a"], 4, ends=("i",)), r"ends is \('i',\); give the operations of the first"),
        (lambda: DAGSpace(["a"], 4, ends="io"), "ends is 'io'"),
        (lambda: ChainSpace([["a", "b"]], ends=("i",)), "ends is"),
        (lambda: PoolSpace(cells, n_nearest=0), "n_nearest == 0, must be >= 1"),
        (lambda: PoolSpace(cells, n_nearest=-3), "n_nearest == -3"),
        (lambda: PoolSpace(cells, n_nearest="a"), "n_nearest must be an instance of int"),
        (lambda: DARTSSpace([]), "needs operations"),
        (lambda: DARTSSpace("skip"), "must be a sequence"),
        (lambda: ChainSpace([["a", {"op": "c", "n_layers": [1, 2]}]]), "stage 0 has n_layers in one option"),
    ]:
        with pytest.raises((TypeError, ValueError), match=message):
            make()
