"""Searches without a predictor do what their papers say."""

from itertools import product

import numpy as np

from fgp_sklearn.search import ChainSpace, LocalSearch, NASBench201Space, RandomSearch, RegularizedEvolution

OPS = ("avg_pool_3x3", "none", "nor_conv_1x1", "nor_conv_3x3", "skip_connect")
CHAINS = ChainSpace([list("abcde")] * 5)


def accuracy(cell):
    """A made-up accuracy with values for operations and for neighbouring operations."""
    value = dict(zip(OPS, (0.2, 0.0, 0.8, 1.0, 0.5), strict=True))
    inner = cell.ops[1:-1]
    pairs = [(0, 2), (0, 4), (1, 5), (2, 5)]
    return sum(value[op] for op in inner) - sum(inner[i] == inner[j] for i, j in pairs)


def run(searcher, objective, budget, n=10):
    for _ in range(budget // n):
        batch = searcher.ask(n)
        searcher.tell(batch, [objective(cell) for cell in batch])
    return searcher


def test_evolution_and_local_search_beat_random_search():
    best = {
        search: [
            run(search(NASBench201Space(), random_state=seed, **parameters), accuracy, 120, n=15).best_value_
            for seed in range(5)
        ]
        for search, parameters in [
            (RandomSearch, {}),
            (RegularizedEvolution, {"population_size": 20, "sample_size": 5}),
            (LocalSearch, {}),
        ]
    }
    random = np.mean(best.pop(RandomSearch))
    for values in best.values():
        assert np.mean(values) > random + 0.1


def additive(weights):
    return lambda cell: sum(weights[place]["abcde".index(op)] for place, op in enumerate(cell.ops[1:-1]))


def test_local_search_finds_the_optimum_of_a_sum():
    weights = np.random.RandomState(0).normal(size=(5, 5))
    for seed in range(2):
        found = run(LocalSearch(CHAINS, random_state=seed), additive(weights), 120, n=4)
        assert found.best_value_ == weights.max(axis=1).sum()


def trap(cell):
    """A value whose only local optima are aaaaa and eeeee, the global one."""
    inner = cell.ops[1:-1]
    return inner.count("e") + 10 * (inner.count("e") == 5) + 2 * inner.count("a")


def test_local_search_starts_again_at_a_local_optimum():
    ends = [trap(cell) for cell in CHAINS.decode([[0] * 5, [4] * 5])]
    assert ends == [10, 15]
    searcher = LocalSearch(CHAINS, random_state=0)
    starts = set()
    for _ in range(150):
        batch = searcher.ask()
        searcher.tell(batch, [trap(batch[0])])
        starts.add(searcher.run_start_)
    assert len(starts) > 3
    for start in sorted(starts)[1:]:  # all neighbours of the best result were told before
        told = searcher.told_values_[:start]
        run_of = told[max(s for s in starts if s < start) :]
        best = searcher.architectures_[int(searcher.told_[start - len(run_of) + np.argmax(run_of)])]
        known = {cell.ops for cell in searcher.architectures_[searcher.told_[:start]]}
        for place, op in product(range(1, 6), "abcde"):
            neighbour = list(best.ops)
            neighbour[place] = op
            assert tuple(neighbour) in known


def test_evolution_mutates_the_best_of_the_latest():
    searcher = RegularizedEvolution(CHAINS, population_size=12, sample_size=200, random_state=0)
    run(searcher, trap, 60, n=1)
    chosen = CHAINS.encode(searcher.architectures_)
    for number in range(12, 60):
        latest = slice(number - 12, number)
        best = chosen[latest][searcher.told_values_[latest] == searcher.told_values_[latest].max()]
        assert ((best != chosen[number]).sum(axis=1) == 1).any()


def test_failed_trainings_never_are_parents():
    searcher = RegularizedEvolution(CHAINS, population_size=5, random_state=0)
    searcher.tell(searcher.ask(8), [None] * 7 + [1.0])
    parent = CHAINS.encode(searcher.architectures_[7:8])
    children = CHAINS.encode(searcher.ask(10))
    assert ((children != parent).sum(axis=1) == 1).all()
    only_failures = RegularizedEvolution(CHAINS, population_size=5, random_state=0)
    assert len(only_failures.tell(only_failures.ask(8), None).ask(10)) == 10
