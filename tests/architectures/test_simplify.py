from itertools import product

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fgp_sklearn.architectures import (
    Architecture,
    ArchitectureBatch,
    ArchitectureError,
    _duplicates,
    _simplify,
    as_batch,
)
from fgp_sklearn.architectures._duplicates import distinct, duplicate_groups
from fgp_sklearn.architectures._simplify import functional_graph, living
from tests.strategies import architectures, batches, dags
from tests.what_computes import ROLES, as_architecture, simplified

OPS = ("input", "conv", "none", "zero", "skip", "identity", "output", "C_{k-1}", "Out")
WITHOUT_ROLES = tuple(op for op in OPS if op not in ROLES)
NULL_OPS = frozenset({"none", "zero"})
IDENTITY_OPS = frozenset({"skip", "identity"})
NOTHING: frozenset[str] = frozenset()

EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
CELL_OPS = ("nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3", "skip_connect", "none")
CELLS = list(product(CELL_OPS, repeat=6))


# ---------------------------------------------------------------------- independent twins


def is_isomorphic(first, second):
    graphs = as_batch([first, second]).to_networkx()
    return nx.is_isomorphic(
        *graphs,
        node_match=dict.__eq__,  # operations, and attributes at the nodes that have them
        edge_match=lambda a, b: a.get("multiplicity", 1) == b.get("multiplicity", 1),
    )


def groups_one_by_one(items, same):
    representatives, numbers = [], []
    for item in items:
        number = next((k for k, other in enumerate(representatives) if same(item, other)), None)
        if number is None:
            number = len(representatives)
            representatives.append(item)
        numbers.append(number)
    return numbers


def relabelled(architecture, order):
    order = list(order)
    columns = architecture.attributes or {}
    return Architecture(
        np.asarray(architecture.adjacency)[np.ix_(order, order)],
        tuple(architecture.ops[v] for v in order),
        attributes={name: np.asarray(column)[order] for name, column in columns.items()},
    )


def cells():
    matrix = np.zeros((8, 8), dtype=int)
    for node, (start, end) in enumerate(EDGES, start=1):
        matrix[0, node] = start == 0
        matrix[node, 7] = end == 3
        for other, (later_start, _) in enumerate(EDGES, start=1):
            matrix[node, other] = end == later_start
    ops = np.array([[0, *(2 + CELL_OPS.index(op) for op in cell), 1] for cell in CELLS])
    return ArchitectureBatch.from_arrays(matrix, ops, ("input", "output", *CELL_OPS))


def with_slots(batch, slots):
    return ArchitectureBatch(
        batch.ops,
        batch.edges,
        batch.node_ptr,
        batch.edge_ptr,
        batch.vocabulary,
        multiplicity=batch.multiplicity,
        attributes={"slot": slots},
    )


# ---------------------------------------------------------------------- functional_graph


@settings(max_examples=300)
@given(
    batches(max_nodes=12, ops=OPS, max_multiplicity=3),
    st.sampled_from([NULL_OPS, frozenset({"zero"}), NOTHING]),
    st.sampled_from([IDENTITY_OPS, frozenset({"skip", "input"}), NOTHING]),
)
def test_functional_graph_equals_its_node_by_node_twin(batch, null_ops, identity_ops):
    result = functional_graph(batch, null_ops=null_ops, identity_ops=identity_ops)
    assert len(result) == len(batch)
    assert result.vocabulary == batch.vocabulary
    for before, after in zip(batch, result, strict=True):
        survivors, count = simplified(before, null_ops, identity_ops)
        assert after == as_architecture(survivors, count, before.ops)
    again = functional_graph(result, null_ops=null_ops, identity_ops=identity_ops)
    assert again is result
    assert (result is batch) == (result == batch)


@given(batches(max_nodes=12, ops=OPS, max_multiplicity=3))
def test_result_passes_the_checks_of_the_constructor(batch):
    result = functional_graph(batch, null_ops=NULL_OPS, identity_ops=IDENTITY_OPS)
    checked = ArchitectureBatch(
        result.ops,
        result.edges,
        result.node_ptr,
        result.edge_ptr,
        result.vocabulary,
        multiplicity=result.multiplicity,
    )
    assert checked == result
    assert checked.edges.tolist() == result.edges.tolist()
    assert {column: getattr(result, column).dtype for column in ("ops", "edges", "node_ptr", "edge_ptr")} == {
        "ops": np.int32,
        "edges": np.int32,
        "node_ptr": np.int64,
        "edge_ptr": np.int64,
    }
    assert not result.ops.flags.writeable


@given(batches(max_nodes=10, ops=OPS))
def test_names_and_attributes_stay_with_their_owners(batch):
    names = [f"cell {i}" for i in range(len(batch))]
    position = np.concatenate([np.arange(n) for n in batch.n_nodes])
    labelled = ArchitectureBatch(
        batch.ops,
        batch.edges,
        batch.node_ptr,
        batch.edge_ptr,
        batch.vocabulary,
        attributes={"position": position},
        names=names,
    )
    result = functional_graph(labelled, null_ops=NULL_OPS, identity_ops=IDENTITY_OPS)
    for before, after, name in zip(batch, result, names, strict=True):
        assert after.name == name
        assert after.attributes["position"].tolist() == simplified(before, NULL_OPS, IDENTITY_OPS)[0]


@given(batches(max_nodes=10, ops=WITHOUT_ROLES, max_multiplicity=2))
def test_contraction_keeps_the_number_of_paths_between_the_ends(batch):
    def paths(architecture):
        matrix = np.asarray(architecture.adjacency, dtype=float)
        is_source, is_sink = matrix.sum(axis=0) == 0, matrix.sum(axis=1) == 0
        return np.linalg.inv(np.eye(len(matrix)) - matrix)[np.ix_(is_source, is_sink)]

    result = functional_graph(batch, null_ops=NOTHING, identity_ops=IDENTITY_OPS)
    for before, after in zip(batch, result, strict=True):
        np.testing.assert_allclose(paths(after), paths(before), rtol=1e-9, atol=1e-9)


def sampled_cell():
    """A cell of NAS-Bench-101 as samplers draw it: nobody reads node 4, and node 2 reads nothing."""
    readers = {0: (1, 3, 5, 6), 1: (4, 5, 6), 2: (3, 5, 6), 3: (5, 6), 5: (6,)}
    matrix = np.zeros((7, 7), dtype=int)
    for node, others in readers.items():
        matrix[node, list(others)] = 1
    return matrix, ["input", "maxpool3x3", "conv1x1", "conv3x3", "conv3x3", "conv3x3", "output"]


@pytest.mark.parametrize("null_ops", [NOTHING, NULL_OPS])
@pytest.mark.parametrize(("first", "last"), [("input", "output"), ("IN", "out"), ("c_k-2", "Output ")])
def test_only_inputs_and_outputs_are_ends(null_ops, first, last):
    matrix, ops = sampled_cell()
    ops[0], ops[-1] = first, last
    alive = [0, 1, 3, 5, 6]
    pruned = matrix[np.ix_(alive, alive)], [ops[v] for v in alive]
    batch = as_batch([(matrix, ops), pruned])
    result = functional_graph(batch, null_ops=null_ops, identity_ops=NOTHING)
    assert result[0] == result[1] == batch[1]
    assert duplicate_groups(result).tolist() == [0, 0]
    nodes, edges = living(batch[:1], null_ops)
    assert np.flatnonzero(nodes).tolist() == alive
    assert edges.sum() == np.sum(pruned[0])


def test_without_roles_every_source_and_sink_is_an_end():
    matrix, ops = sampled_cell()
    ops[0], ops[-1] = "stem", "head"
    batch = as_batch([(matrix, ops)])
    assert functional_graph(batch, null_ops=NOTHING, identity_ops=NOTHING) is batch


@pytest.mark.parametrize(
    ("ops", "left"),
    [
        (["input", "conv", "none", "pool"], ["input", "conv"]),  # pool reads zeros
        (["conv", "pool", "none", "output"], ["conv", "pool", "output"]),  # without an input, none is needed
        (["c_k-2", "conv", "c_k-1", "pool"], ["c_k-2", "conv", "c_k-1", "pool"]),
    ],
)
def test_one_role_leaves_the_other_ends_to_the_graph(ops, left):
    """Two branches, 0 -> 1 and 2 -> 3; the last case has two inputs and two sinks."""
    matrix = np.zeros((4, 4), dtype=int)
    matrix[0, 1] = matrix[2, 3] = 1
    if ops[-1] == "output":
        matrix[1, 3] = 1
    result = functional_graph(as_batch([(matrix, ops)]), null_ops=NULL_OPS, identity_ops=NOTHING)
    assert list(result[0].ops) == left


def test_input_that_nobody_reads_is_no_output():
    """Of the two inputs of a cell without an output node the second one is not read."""
    cell = [[0, 0, 1], [0, 0, 0], [0, 0, 0]]
    result = functional_graph(
        as_batch([(cell, ["c_k-1", "c_k-2", "conv"])]), null_ops=NOTHING, identity_ops=NOTHING
    )
    assert result[0].ops == ("c_k-1", "conv")


def test_architecture_without_flow_keeps_its_ends():
    chain = np.eye(3, k=1, dtype=int)
    dead, no_ends = functional_graph(
        as_batch([(chain, ["input", "none", "output"]), (chain, ["none", "conv", "zero"])]),
        null_ops=NULL_OPS,
        identity_ops=NOTHING,
    )
    assert dead.ops == ("input", "output")
    assert no_ends.ops == ("none", "zero")
    assert not dead.adjacency.any()
    assert not no_ends.adjacency.any()


@pytest.mark.parametrize("length", [1, 2, 3000])
def test_long_chain_of_identities_becomes_one_edge(length):
    ops = ["input", *["skip"] * length, "output"]
    graph = nx.path_graph(length + 2, create_using=nx.DiGraph)
    nx.set_node_attributes(graph, dict(enumerate(ops)), "op")
    result = functional_graph(as_batch([graph]), null_ops=NOTHING, identity_ops=IDENTITY_OPS)
    assert result[0] == Architecture([[0, 1], [0, 0]], ("input", "output"))
    assert result.multiplicity is None


def test_a_long_chain_of_identities_takes_few_rounds(monkeypatch):
    rounds = []
    merged = _simplify._merged
    monkeypatch.setattr(_simplify, "_merged", lambda *edges: rounds.append(1) or merged(*edges))
    graph = nx.path_graph(3000, create_using=nx.DiGraph)
    nx.set_node_attributes(graph, dict(enumerate(["input", *["skip"] * 2998, "output"])), "op")
    functional_graph(as_batch([graph]), null_ops=NOTHING, identity_ops=IDENTITY_OPS)
    assert len(rounds) < 60  # one for each identity would make the time grow with the square


def test_multiplicities_multiply_exactly_and_overflow_is_an_error():
    def chain(length):
        return Architecture(2 * np.eye(length + 2, k=1), ("input", *["skip"] * length, "output"))

    contracted = functional_graph(as_batch([chain(60)]), null_ops=NOTHING, identity_ops=IDENTITY_OPS)
    assert contracted.multiplicity.tolist() == [2.0**61]
    with pytest.raises(ArchitectureError, match=r"architecture 1: contracting identities .* 1\.8e\+308"):
        functional_graph(as_batch([chain(1), chain(1100)]), null_ops=NOTHING, identity_ops=IDENTITY_OPS)


def test_empty_batch_stays_empty():
    nothing = cells()[:0]
    assert functional_graph(nothing, null_ops=NULL_OPS, identity_ops=IDENTITY_OPS) is nothing
    assert duplicate_groups(nothing).shape == (0,)
    assert [part.shape for part in distinct(nothing)] == [(0,), (0,)]


# ---------------------------------------------------------------------- distinct


@given(batches(max_size=12, max_nodes=3, ops=("a", "b"), max_multiplicity=2))
def test_distinct_equals_comparison_one_by_one(batch):
    positions, inverse = distinct(batch)
    assert inverse.tolist() == groups_one_by_one(batch, lambda a, b: a == b)
    assert np.all(np.diff(positions) > 0)
    assert positions[inverse].tolist() == [list(batch).index(a) for a in batch]
    assert batch.take(positions).take(inverse) == batch


def test_distinct_looks_at_attributes():
    lone = as_batch([([[0]], ["a"])] * 4)
    _, inverse = distinct(with_slots(lone, [0.0, 1.0, -0.0, 1.0]))
    assert inverse.tolist() == [0, 1, 0, 1]
    _, inverse = distinct(with_slots(lone, [0.0, np.nan, -np.nan, 1.0]))
    assert inverse.tolist() == [0, 1, 1, 2]


def test_codes_that_collide_are_drawn_again(monkeypatch, space):
    attempts = set()
    real = _duplicates._codes

    def colliding(part, pointer, salts):
        attempts.add(tuple(salts))
        return np.zeros(len(pointer) - 1, np.uint64) if len(attempts) < 4 else real(part, pointer, salts)

    expected = [part.tolist() for part in distinct(space[:300])]
    monkeypatch.setattr(_duplicates, "_codes", colliding)
    assert [part.tolist() for part in distinct(space[:300])] == expected
    assert len(attempts) == 6  # ops, sources and targets, twice


# ---------------------------------------------------------------------- duplicate_groups


@st.composite
def crowds(draw):
    """Architectures, renamed copies of some, and copies with one edge more or less."""
    originals = draw(st.lists(architectures(1, 6, ("a", "b"), 2), min_size=1, max_size=4))
    crowd = list(originals)
    for original in draw(st.lists(st.sampled_from(originals), max_size=6)):
        order = draw(st.permutations(range(len(original.ops))))
        matrix = np.array(original.adjacency)
        if draw(st.booleans()) and matrix.any():
            edge = tuple(draw(st.sampled_from(np.argwhere(matrix).tolist())))
            matrix[edge] = draw(st.integers(0, 2))
        crowd.append(relabelled(Architecture(matrix, original.ops), order))
    return draw(st.permutations(crowd))


@settings(max_examples=300)
@given(crowds())
def test_duplicate_groups_equal_pairwise_isomorphism(crowd):
    assert duplicate_groups(as_batch(crowd)).tolist() == groups_one_by_one(crowd, is_isomorphic)


@given(dags(1, 6, ("a",)), st.data())
def test_duplicate_groups_look_at_attributes(pair, data):
    matrix, ops = pair
    numbers = st.lists(st.sampled_from([0.0, 0.5, np.nan]), min_size=len(ops), max_size=len(ops))
    crowd = []
    for _ in range(4):
        widths = np.array(data.draw(numbers))
        order = data.draw(st.permutations(range(len(ops))))
        crowd.append(relabelled(Architecture(matrix, tuple(ops), attributes={"width": widths}), order))
    assert duplicate_groups(as_batch(crowd)).tolist() == groups_one_by_one(crowd, is_isomorphic)


def two_factor(permutation, background=0):
    """Source i feeds sinks i and permutation[i] once more than the others: refinement sees nothing."""
    n = len(permutation)
    matrix = np.zeros((2 * n, 2 * n), dtype=int)
    matrix[:n, n:] = background
    for i, image in enumerate(permutation):
        matrix[i, n + i] += 1
        matrix[i, n + image] += 1
    return Architecture(matrix, ("conv",) * (2 * n))


def cycle_type(permutation):
    graph = nx.DiGraph(enumerate(permutation))
    return sorted(map(len, nx.weakly_connected_components(graph)))


@given(
    st.lists(st.permutations(range(7)), min_size=2, max_size=12),
    st.sampled_from([0, 1]),
    st.randoms(use_true_random=False),
)
def test_regular_graphs_are_told_apart_by_their_cycles(permutations, background, random):
    crowd = [relabelled(two_factor(p, background), random.sample(range(14), 14)) for p in permutations]
    expected = groups_one_by_one(permutations, lambda p, q: cycle_type(p) == cycle_type(q))
    assert duplicate_groups(as_batch(crowd)).tolist() == expected


def test_ring_of_six_is_not_two_rings_of_three():
    ring, two_rings = two_factor([1, 2, 3, 4, 5, 0]), two_factor([1, 2, 0, 4, 5, 3])
    turned = [relabelled(a, np.random.default_rng(0).permutation(12)) for a in (two_rings, ring)]
    assert duplicate_groups(as_batch([ring, two_rings, *turned])).tolist() == [0, 1, 1, 0]


def rank_over_gf2(matrix):
    rows = [int("".join(map(str, row)), 2) for row in np.asarray(matrix).tolist()]
    rank = 0
    while rows:
        pivot = rows.pop()
        if pivot:
            rank += 1
            low = pivot & -pivot
            rows = [row ^ pivot if row & low else row for row in rows]
    return rank


def biplane(difference_set):
    """Incidence of the 16 translates of a (16, 6, 2) difference set in Z8 x Z2."""
    points = list(product(range(8), range(2)))
    return np.array(
        [[int(((a - c) % 8, (b - d) % 2) in difference_set) for a, b in points] for c, d in points]
    )


def test_biplanes_are_told_apart():
    """Two designs so regular that refinement after one guess leaves all points of a kind alike."""
    first = biplane({(0, 0), (0, 1), (1, 0), (2, 0), (5, 0), (6, 1)})
    second = biplane({(0, 0), (0, 1), (1, 0), (2, 0), (5, 1), (6, 0)})
    for block in (first, second):
        assert (block @ block.T == 4 * np.eye(16) + 2).all()
    assert (rank_over_gf2(first), rank_over_gf2(second)) == (6, 7)  # hence not isomorphic
    random = np.random.default_rng(0)
    crowd = []
    for block in (first, first, second):
        matrix = np.zeros((32, 32), dtype=int)
        matrix[:16, 16:] = block
        crowd.append(relabelled(Architecture(matrix, ("conv",) * 32), random.permutation(32)))
    assert duplicate_groups(as_batch(crowd)).tolist() == [0, 0, 1]


# ---------------------------------------------------------------------- published and counted facts


def expression(cell, *, skip_is_transparent):
    """What a cell computes, as nested sums; shared intermediate results are written out every time."""
    sums = [("x",)]
    for end in (1, 2, 3):
        terms = []
        for op, (start, own_end) in zip(cell, EDGES, strict=True):
            if own_end == end and op != "none" and sums[start]:
                is_bare = skip_is_transparent and op == "skip_connect"
                terms.extend(sums[start] if is_bare else [f"{op}({'+'.join(sums[start])})"])
        sums.append(tuple(sorted(terms)))
    return "+".join(sums[3])


@pytest.fixture(scope="module")
def space():
    return cells()


def contracted(batch):
    return functional_graph(batch, null_ops=frozenset({"none"}), identity_ops=frozenset({"skip_connect"}))


def test_nasbench201_cells_without_flow(space):
    living = functional_graph(space, null_ops=frozenset({"none"}), identity_ops=NOTHING)
    assert (living.n_edges == 0).sum() == 341
    assert (living.n_edges == 0).tolist() == [not expression(c, skip_is_transparent=False) for c in CELLS]
    assert (contracted(space).n_edges == 0).sum() == 341


def test_nasbench201_groups_equal_the_expressions(space):
    assert duplicate_groups(space).tolist() == list(range(15625))
    living = functional_graph(space, null_ops=frozenset({"none"}), identity_ops=NOTHING)
    number: dict[str, int] = {}
    expected = [number.setdefault(expression(c, skip_is_transparent=False), len(number)) for c in CELLS]
    groups = duplicate_groups(living)
    assert len(number) == 8765
    assert groups.tolist() == expected


def test_nasbench201_contracted_groups_refine_the_expressions(space):
    groups = duplicate_groups(contracted(space))
    assert groups.max() + 1 == 5425
    written = [expression(c, skip_is_transparent=True) for c in CELLS]
    assert len(set(zip(groups.tolist(), written, strict=True))) == 5425
    assert len(set(written)) == 4930  # two operations of unlike weights are written like one used twice


def test_nasbench201_distinct_cells(space):
    """9,445 cells are published as those without dead operations: equal means the same slot then."""
    slot = with_slots(space, np.tile(np.arange(8), len(space)))
    living = functional_graph(slot, null_ops=frozenset({"none"}), identity_ops=NOTHING)
    assert len(distinct(living)[0]) == 9445
    assert len(distinct(contracted(slot))[0]) == 9044
    assert len(distinct(contracted(space))[0]) == 6812
