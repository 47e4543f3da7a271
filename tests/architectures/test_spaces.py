"""The enumerated spaces against networkx, brute force and the published counts."""

from collections import Counter
from itertools import combinations, permutations, product

import networkx as nx
import numpy as np
import pytest
from networkx.algorithms.isomorphism import categorical_node_match

from fgp_sklearn.architectures import as_batch
from fgp_sklearn.architectures._spaces import nasbench101_space, nasbench201_space

OPS_201 = ["avg_pool_3x3", "none", "nor_conv_1x1", "nor_conv_3x3", "skip_connect"]
OPS_101 = ["conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3"]
SAME_OP = categorical_node_match("op", None)


def graph_of(name):
    """Operation-on-node graph of an official string, by turning edges into nodes one by one."""
    cell = nx.DiGraph()
    for target, part in enumerate(name.split("+"), start=1):
        for term in part.strip("|").split("|"):
            op, source = term.split("~")
            cell.add_edge(int(source), target, op=op)
    graph = nx.DiGraph()
    graph.add_node("input", op="input")
    graph.add_node("output", op="output")
    for source, target, op in cell.edges(data="op"):
        graph.add_node((source, target), op=op)
        if source == 0:
            graph.add_edge("input", (source, target))
        if target == 3:
            graph.add_edge((source, target), "output")
    graph.add_edges_from((e, f) for e, f in product(cell.edges, repeat=2) if e[1] == f[0])
    return graph


class TestNASBench201:
    def test_names_are_all_official_strings_in_order(self):
        names = nasbench201_space().names.tolist()
        assert names == sorted(
            f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|" for a, b, c, d, e, f in product(OPS_201, repeat=6)
        )

    def test_nodes_are_the_edges_of_the_cell_in_official_order(self):
        space = nasbench201_space()
        order = ["input", (0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3), "output"]
        for i in range(0, len(space), 97):
            reference = graph_of(str(space.names[i]))
            assert space[i].ops == tuple(reference.nodes[node]["op"] for node in order)
            np.testing.assert_array_equal(space[i].adjacency, nx.to_numpy_array(reference, nodelist=order))

    def test_all_cells_differ_and_share_one_adjacency(self):
        space = nasbench201_space()
        assert len(np.unique(space.ops.reshape(-1, 8), axis=0)) == 5**6
        edges = space.edges.reshape(2, len(space), -1)
        np.testing.assert_array_equal(edges, np.broadcast_to(edges[:, :1], edges.shape))


def every_cell_with_repeats(n):
    """NAS-Bench-101 cells in every topological numbering, straight from the definition."""
    pairs = list(combinations(range(n), 2))
    for present in product([False, True], repeat=len(pairs)):
        edges = [pair for pair, is_there in zip(pairs, present, strict=True) if is_there]
        skeleton = nx.DiGraph(edges)
        if len(edges) > 9 or len(skeleton) < n:
            continue
        if len(nx.descendants(skeleton, 0)) < n - 1 or len(nx.ancestors(skeleton, n - 1)) < n - 1:
            continue
        for interior in product(OPS_101, repeat=n - 2):
            graph = skeleton.copy()
            nx.set_node_attributes(graph, dict(enumerate(["input", *interior, "output"])), "op")
            yield graph


def invariant(graph):
    """Equal for isomorphic graphs: operations and degrees of all nodes and of their neighbours."""
    local = {v: (op, graph.in_degree(v), graph.out_degree(v)) for v, op in graph.nodes(data="op")}
    return tuple(
        sorted(
            (local[v], *(tuple(sorted(local[w] for w in near[v])) for near in (graph.pred, graph.succ)))
            for v in graph
        )
    )


@pytest.fixture(scope="module")
def space():
    return nasbench101_space()


class TestNASBench101:
    def test_counts_are_the_published_ones(self, space):
        counts = np.bincount(space.n_nodes).tolist()
        assert counts == [0, 0, 1, 6, 84, 2441, 62010, 359082]
        assert len(space) == 423_624

    def test_cells_are_valid(self, space):
        assert space.n_edges.max() == 9
        assert (space.edges[0] < space.edges[1]).all()
        first, last = space.node_ptr[:-1], space.node_ptr[1:] - 1
        # In topological order, one source and one sink put every vertex on a path between them.
        np.testing.assert_array_equal(np.flatnonzero(space.in_degree == 0), first)
        np.testing.assert_array_equal(np.flatnonzero(space.out_degree == 0), last)
        names = np.array(space.vocabulary)[space.ops]
        assert (names[first] == "input").all()
        assert (names[last] == "output").all()
        assert set(np.delete(names, np.concatenate([first, last]))) == set(OPS_101)

    @pytest.mark.parametrize("n", [2, 3, 4])
    def test_each_class_of_isomorphic_cells_is_listed_once(self, n, space):
        listed = space[space.n_nodes == n].to_networkx()
        found = Counter()
        for graph in every_cell_with_repeats(n):
            same = [i for i, other in enumerate(listed) if nx.is_isomorphic(graph, other, SAME_OP)]
            assert len(same) == 1
            found[same[0]] += 1
        assert set(found) == set(range(len(listed)))

    def test_no_two_of_the_five_vertex_cells_are_isomorphic(self, space):
        by_invariant = {}
        for graph in space[space.n_nodes == 5].to_networkx():
            by_invariant.setdefault(invariant(graph), []).append(graph)
        for alike in by_invariant.values():
            assert not any(nx.is_isomorphic(a, b, SAME_OP) for a, b in combinations(alike, 2))

    def test_rows_are_sorted_as_documented_and_differ(self, space):
        assert (np.diff(space.n_nodes) >= 0).all()
        for n in range(2, 8):
            matrices, ops = padded(space[space.n_nodes == n])
            triangle = matrices[:, :n, :n][:, *np.triu_indices(n, k=1)]
            key = 0
            for digits, base in ((triangle, 2), (ops[:, :n], len(space.vocabulary))):
                for digit in digits.T.astype(np.int64):
                    key = key * base + digit
            assert (np.diff(key) > 0).all()

    def test_random_seven_vertex_cells_are_listed_once(self, space):
        rng = np.random.default_rng(0)
        matrices, ops = padded(space)
        row_of = {(m.tobytes(), o.tobytes()): i for i, (m, o) in enumerate(zip(matrices, ops, strict=True))}
        n_cells = 0
        while n_cells < 40:
            matrix = np.triu(rng.random((7, 7)) < 0.45, k=1).astype(np.int8)
            graph = nx.from_numpy_array(matrix, create_using=nx.DiGraph)
            if matrix.sum() > 9 or len(nx.descendants(graph, 0)) < 6 or len(nx.ancestors(graph, 6)) < 6:
                continue
            cell_ops = np.array([0, *rng.integers(1, 4, 5), 4], dtype=np.int8)
            found = set()
            for interior in permutations(range(1, 6)):
                order = np.array([0, *interior, 6])
                moved = np.ascontiguousarray(matrix[np.ix_(order, order)])
                found.add(row_of.get((moved.tobytes(), cell_ops[order].tobytes())))
            assert len(found - {None}) == 1
            n_cells += 1

    def test_small_spaces_are_the_beginning_of_large_ones(self, space):
        small = nasbench101_space(max_vertices=5)
        assert len(small) == 1 + 6 + 84 + 2441
        assert small == space[: len(small)]
        assert as_batch(small) == small

    @pytest.mark.parametrize("max_vertices", [1, 8, 2.5, "7", None])
    def test_bad_max_vertices(self, max_vertices):
        with pytest.raises(ValueError, match="max_vertices must be an integer from 2 to 7"):
            nasbench101_space(max_vertices)


def padded(space):
    """Adjacency matrices and operation codes as (n, 7, 7) and (n, 7) arrays."""
    matrices = np.zeros((len(space), 7, 7), dtype=np.int8)
    matrices[np.repeat(np.arange(len(space)), space.n_edges), *space.edges] = 1
    ops = np.full((len(space), 7), -1, dtype=np.int8)
    ops[np.arange(7) < space.n_nodes[:, None]] = space.ops
    return matrices, ops
