"""Spaces of benchmarks hold the architectures of the benchmarks."""

import numpy as np
import pytest

from fgp_sklearn.architectures import ArchitectureBatch, as_batch, from_text, to_text
from fgp_sklearn.architectures._duplicates import duplicate_groups
from fgp_sklearn.datasets import load_nasbench_graph, nasbench101_space, nasbench201_space
from fgp_sklearn.search import ChainSpace, DARTSSpace, NASBench101Space, NASBench201Space, NASBenchGraphSpace
from tests.search.all_spaces import SPACES, mobile_space

CONV = "conv3x3-bn-relu"


def permuted(batch):
    """The same architectures with their nodes in another order."""
    draws = np.random.RandomState(0)
    pairs = []
    for adjacency, ops in batch.to_pairs():
        order = draws.permutation(len(ops))
        pairs.append((adjacency[np.ix_(order, order)], [ops[i] for i in order]))
    return as_batch(pairs)


def are_isomorphic(first, second):
    groups = duplicate_groups(ArchitectureBatch.concatenate([first, second]))
    return bool((groups[: len(first)] == groups[len(first) :]).all())


def test_nasbench201_is_its_table():
    space, table = NASBench201Space(), nasbench201_space()
    assert len(space) == 15_625
    assert space.enumerate() == table
    assert space.decode(space.encode(table)) == table
    assert np.array_equal(space.encode(table)[:, 1:], np.indices((5,) * 6).reshape(6, -1).T)
    assert from_text(to_text(space.sample(9, 0), form="nasbench201"), form="nasbench201") == space.sample(
        9, 0
    )


def test_nasbench201_mutates_one_operation_unless_it_must_change_more():
    space = NASBench201Space()
    parents = space.sample(2000, random_state=0)
    changed = (space.encode(parents) != space.encode(space.mutate(parents, random_state=0))).sum(axis=1)
    assert changed.min() == 1
    assert (changed == 1).mean() > 0.99
    none = nasbench201_space()[[np.ravel_multi_index([1] * 6, [5] * 6)]]  # nothing reaches the output
    assert set(none[0].ops[1:-1]) == {"none"}
    children = space.mutate(none.take([0] * 30), random_state=0)
    assert all(child.ops[4] != "none" for child in children)  # the edge from input to output


def test_nasbench101_contains_its_table_in_any_order():
    space = NASBench101Space()
    table = nasbench101_space(max_vertices=6)
    assert len(space) == 423_624
    assert space.contains(table).all()
    some = table[::5000]
    assert space.contains(permuted(some)).all()
    same = permuted(some)
    assert are_isomorphic(space.crossover(same, same, random_state=0), some)
    assert not are_isomorphic(space.mutate(same, random_state=0), some)


@pytest.mark.parametrize(
    ("edges", "ops"),
    [
        ([(0, 1), (1, 2)], ["input", "conv", "output"]),
        ([(0, 1), (1, 2)], ["input", CONV, CONV]),
        ([(0, 2), (1, 2)], ["input", CONV, "output"]),
        ([(0, 1), (0, 2)], ["input", CONV, "output"]),
        ([(0, 2), (1, 2)], ["input", "input", "output"]),
        ([(i, i + 1) for i in range(7)], ["input", *[CONV] * 6, "output"]),
        ([(i, j) for i in range(5) for j in range(i + 1, 5)], ["input", *[CONV] * 3, "output"]),
        ([(1, 0)], ["input", "output"]),
    ],
)
def test_nasbench101_does_not_contain(edges, ops):
    adjacency = np.zeros((len(ops), len(ops)), dtype=int)
    adjacency[tuple(np.transpose(edges))] = 1
    assert not NASBench101Space().contains([(adjacency, ops)])[0]


def test_nasbench101_does_not_contain_parallel_edges_or_attributes():
    cell = NASBench101Space().sample(1, random_state=0)
    n_edges = int(cell.n_edges[0])
    assert not NASBench101Space().contains(cell.with_columns(multiplicity=np.full(n_edges, 2.0)))[0]
    with_numbers = cell.with_columns(attribute_names=("width",), attribute_values=np.ones((len(cell.ops), 1)))
    assert not NASBench101Space().contains(with_numbers)[0]


def test_nasbench_graph_contains_its_table():
    pytest.importorskip("nas_bench_graph")
    space, table = NASBenchGraphSpace(), load_nasbench_graph("cora").data
    assert len(space) == 59_049
    assert space.decode(space.encode(table)) == table


def test_darts_writes_and_reads_genotypes():
    space = DARTSSpace()
    cells = space.sample(50, random_state=0)
    texts = to_text(cells, form="darts")
    assert from_text(texts, form="darts") == cells
    assert from_text(to_text(cells, form="nasbench301"), form="nasbench301") == cells
    # Two inputs of each node: 1 * 3 * 6 * 10 pairs per cell, and seven operations at eight places.
    assert space.n_members == (180 * 7**8) ** 2


def test_darts_takes_inputs_in_any_order_but_each_once():
    one, other = ("sep_conv_3x3", 1), ("skip_connect", 0)
    rest = "('max_pool_3x3', 0), ('max_pool_3x3', 1), " * 3
    text = "Genotype(normal=[{}, {}, {}], normal_concat=range(2, 6), reduce=[{}, {}, {}], reduce_concat={})"

    def contained(first, second, concat="range(2, 6)"):
        genotype = text.format(first, second, rest, other, one, rest, concat).replace(", ]", "]")
        return bool(DARTSSpace().contains(from_text([genotype], form="darts"))[0])

    assert contained(one, other)
    assert contained(other, one)
    assert not contained(one, ("skip_connect", 1))
    assert not contained(one, ("none", 0))
    assert not contained(one, other, concat="range(3, 6)")
    assert DARTSSpace(ops=["none", "sep_conv_3x3"]).n_choices.max() == 10


def test_chains_are_those_of_the_readers():
    macro = SPACES["macro"]
    assert len(macro) == 3**8
    assert macro.decode([[0, 1, 2, 0, 2, 1, 2, 0]]) == from_text(["01202120"], form="nasbench-macro")
    gpt = SPACES["gpt"].sample(9, random_state=0)
    assert from_text(to_text(gpt, form="hw-gpt"), form="hw-gpt") == gpt
    mobile = mobile_space(n_layers=[2, 3, 4]).sample(9, random_state=0)
    assert from_text(to_text(mobile, form="once-for-all"), form="once-for-all") == mobile
    sizes = ChainSpace([{"op": op, "width": range(8, 72, 8)} for op in ("cell", "reduction") * 2 + ("cell",)])
    assert len(sizes) == 32_768
    assert sizes.contains(from_text(["8:64:16:24:40"], form="nats-size")).all()
    assert not sizes.contains(from_text(["8:64:16:24:41"], form="nats-size")).any()
