import numpy as np
import pytest

from fgp_sklearn import ArchitectureSimplifier, UnlabeledPool, as_batch
from fgp_sklearn.architectures import ArchitectureBatch, ArchitectureError, from_text
from fgp_sklearn.datasets import nasbench101_space, nasbench201_space
from fgp_sklearn.search import PoolSpace, RandomSearch
from tests.search.test_tables import are_isomorphic, permuted

CELLS = nasbench201_space()


def test_positions_are_those_of_the_first_equal_member():
    twice = ArchitectureBatch.concatenate([CELLS[10:20], CELLS[15:30]])
    space = PoolSpace(twice)
    assert space.positions(twice).tolist() == [*range(10), *range(5, 10), *range(15, 25)]
    assert space.positions(list(CELLS[[12, 28]])).tolist() == [2, 23]
    cells = nasbench101_space(max_vertices=5)
    assert np.array_equal(PoolSpace(cells).positions(permuted(cells[::50])), np.arange(len(cells))[::50])


def test_a_member_is_found_as_given_before_one_in_another_order():
    one = as_batch([([[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0] * 4], ["input", "a", "b", "output"])])
    other = as_batch([([[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0] * 4], ["input", "b", "a", "output"])])
    assert are_isomorphic(one, other)
    space = PoolSpace(ArchitectureBatch.concatenate([one, other]))
    assert space.positions(other).tolist() == [1]
    assert PoolSpace(one).positions(other).tolist() == [0]


def neighbours(cells, position):
    """Positions of cells that compute what a cell computes with one other operation, by brute force."""
    groups = ArchitectureSimplifier(identity_ops="auto").duplicates(cells)
    choices = np.indices((5,) * 6).reshape(6, -1).T
    same = np.flatnonzero(groups == groups[position])
    near = [(choices != choices[row]).sum(axis=1) == 1 for row in same]
    return np.isin(groups, groups[np.any(near, axis=0)]) & (groups != groups[position])


def test_most_mutants_differ_in_one_operation():
    space = PoolSpace(CELLS, n_nearest=10)
    parents = np.random.RandomState(0).permutation(len(CELLS))[:10]
    shares, of_all = [], []
    for parent in parents:
        near = neighbours(CELLS, parent)
        of_all.append(near.mean())
        mutants = space.positions(space.mutate(CELLS[[parent] * 100], random_state=0))
        shares.append(near[mutants].mean())
    assert np.mean(shares) > 0.5 > 3 * np.mean(of_all)


SIZES = np.stack(np.meshgrid(*[[8, 16, 32, 64]] * 4, [8])).reshape(5, -1).T
CHAINS = PoolSpace(from_text([":".join(map(str, row)) for row in SIZES], form="nats-size"), n_nearest=8)


def n_differing(first, second):
    """Mean number of layers with other sizes."""
    return (SIZES[CHAINS.positions(first)] != SIZES[CHAINS.positions(second)]).sum(axis=1).mean()


def test_mutants_of_chains_are_near_in_their_numbers():
    parents = CHAINS.sample(200, random_state=0)
    assert n_differing(parents, CHAINS.mutate(parents, random_state=0)) < 1.5
    assert n_differing(parents, CHAINS.sample(200, random_state=1)) > 2.5
    assert not CHAINS.contracts_identities


def test_children_are_near_both_parents():
    first, second = CHAINS.sample(200, random_state=0), CHAINS.sample(200, random_state=1)
    children = CHAINS.crossover(first, second, random_state=0)
    between = n_differing(first, second)
    for parents in (first, second):
        assert n_differing(parents, children) < 0.8 * between


def test_positions_are_told_as_architectures():
    X = nasbench201_space()[:20]
    search = RandomSearch(PoolSpace(X))
    with pytest.raises(ArchitectureError, match=r"a position in a sequence X of architectures, give X\[\["):
        search.tell([3, 1], [0.5, 0.25])
    assert search.tell(X[[3, 1]], [0.5, 0.25]).best_value_ == 0.5


def test_what_is_not_in_the_pool_is_named():
    space = PoolSpace(UnlabeledPool(CELLS[:5]))
    with pytest.raises(ArchitectureError, match=r"^architecture 1: it is not in the search space Pool"):
        space.positions(CELLS[[4, 5]])


def test_members_that_compute_the_same_have_no_mutants():
    none = CELLS[[int("1" * 6, 5), int("1" * 4 + "01", 5)]]  # nothing reaches the output of either
    with pytest.raises(ArchitectureError, match="all members of the pool compute the same"):
        PoolSpace(none).mutate(none)
