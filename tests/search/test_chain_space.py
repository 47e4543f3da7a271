from itertools import product

import numpy as np
import pytest

from fgp_sklearn.architectures import as_batch
from fgp_sklearn.search import ChainSpace
from tests.search.all_spaces import SPACES, mobile_space


def chain(*nodes):
    layers = [{"op": node} if isinstance(node, str) else node for node in nodes]
    ops = [{"op": "input"}, *layers, {"op": "output"}]
    return np.eye(len(ops), k=1, dtype=int), ops


def nodes(architecture):
    """Operations and attributes of all nodes, to compare."""
    given = {name: np.nan_to_num(v, nan=-1) for name, v in (architecture.attributes or {}).items()}
    return tuple(zip(architecture.ops, *(given[name] for name in sorted(given)), strict=True))


def test_enumeration_is_what_brute_force_makes():
    space = ChainSpace(
        [["a", {"op": "b", "k": [1, 2]}], {"op": "c", "n_layers": [0, 1, 2], "k": [1, 2], "w": "width"}],
        shared={"width": [7, 8]},
    )
    expected = set()
    for first, width, depth in product([("a", -1), ("b", 1), ("b", 2)], [7, 8], [0, 1, 2]):
        for kernels in product([1, 2], repeat=depth):
            layers = [(first[0], first[1], -1), *[("c", k, width) for k in kernels]]
            expected.add((("input", -1, -1), *layers, ("output", -1, -1)))
    found = [nodes(cell) for cell in space.enumerate()]
    assert set(found) == expected
    # With no layer that has a width, both widths are the same chain.
    assert len(space) == len(found) == 2 * 3 * (1 + 2 + 4)


def test_a_shared_choice_is_the_same_in_all_layers():
    space = SPACES["gpt"]
    for draw in (space.sample(50, 0), space.mutate(space.sample(50, 0), 1)):
        for network in draw:
            widths = network.attributes["width"]
            assert len(set(widths[~np.isnan(widths)])) == 1
    one = space.sample(1, random_state=0)
    values = one.attribute_values.copy()
    width = one.attribute_names.index("width")
    values[2, width] = 192 + 384 - values[2, width]  # one block has the other width
    assert not space.contains(one.with_columns(attribute_values=values))[0]


def test_mutants_differ_in_one_number_of_one_layer_or_in_depth():
    space = mobile_space()
    parents = space.sample(500, random_state=0)
    children = space.mutate(parents, random_state=0)
    kept = children.n_nodes == parents.n_nodes
    assert 0 < np.mean(~kept) < 0.5
    for parent, child in zip(parents[kept], children[kept], strict=True):
        differing = [a != b for a, b in zip(nodes(parent), nodes(child), strict=True)]
        assert sum(differing) == 1
    longer = np.flatnonzero(children.n_nodes > parents.n_nodes)
    kernels = [children[int(i)].attributes["kernel"][1:-1] for i in longer]
    assert {3.0, 5.0} == set(np.concatenate(kernels))  # new layers have any kernel


def test_chains_of_similar_stages_are_divided():
    space = ChainSpace(
        [{"op": "conv", "k": [1, 2], "n_layers": [1, 2]}, {"op": "conv", "k": [2, 3], "n_layers": [2, 3]}]
    )
    assert space.contains(space.enumerate()).all()
    right = [
        chain(*[{"op": "conv", "k": k} for k in ks]) for ks in [(1, 3, 3), (2, 2, 2, 2), (1, 2, 3, 2, 3)]
    ]
    wrong = [chain(*[{"op": "conv", "k": k} for k in ks]) for ks in [(1, 3), (3, 2, 2), (1, 1, 1, 2, 2)]]
    assert space.contains(as_batch(right, attributes=["k"])).all()
    assert not space.contains(as_batch(wrong, attributes=["k"])).any()


def test_identities_say_where_other_layers_are():
    space = SPACES["macro"]
    one, other = (space.decode([choices + [1] * 6]) for choices in ([0, 1], [1, 0]))
    assert space.functional(one) != space.functional(other)


def test_the_whole_chain_may_be_given():
    space = ChainSpace(
        [{"op": "input", "resolution": [160, 224]}, {"op": "conv", "n_layers": [1, 3]}, "output"], ends=None
    )
    assert sorted(space.enumerate().n_nodes) == [3, 3, 5, 5]
    assert repr(space) == "ChainSpace(n_stages=3, max_nodes=5)"


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ([3], "stage 0 is 3; give an operation"),
        (["conv", []], r"stage 1 is \[\]; give"),
        ([{"kernel": [3]}], "stage 0 has .* give an operation, or a mapping such as"),
        ([{"op": "a", "kernel": []}], r"'kernel' of stage 0 is \[\]; give finite numbers"),
        ([{"op": "a", "kernel": [3, 3.0]}], "give each number once"),
        ([{"op": "a", "kernel": [np.nan]}], "give finite numbers"),
        ([{"op": "a", "kernel": {3: 4}}], "give a number or a list of numbers"),
        ([{"op": "a", "width": "wdith"}], "takes its 'width' from 'wdith'.*they are 'width'"),
        ([{"op": "a", "n_layers": [0]}], r"stage 0 has n_layers=\[0\]; give"),
        ([{"op": "a", "n_layers": 1.5}], "stage 0 has n_layers=1.5; give"),
        ([["a", "a"]], "give each once"),
        (["a", "b"], "no stage has a choice"),
    ],
)
def test_malformed_stages_are_named(stages, message):
    shared = {"width": [1, 2]} if "width" in str(stages) else None
    with pytest.raises(ValueError, match=message):
        ChainSpace(stages, shared=shared)


def test_a_chain_has_a_layer():
    with pytest.raises(ValueError, match="all stages may have n_layers=0"):
        ChainSpace([{"op": "a", "n_layers": [0, 1]}], ends=None)
