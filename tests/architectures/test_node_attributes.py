"""Attributes of nodes: how every form gives them, and what is said about those that are not read."""

from __future__ import annotations

import math
import pickle
import warnings
from decimal import Decimal
from fractions import Fraction
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fgp_sklearn import GraphTensorizer, PathStatistics
from fgp_sklearn.architectures import (
    Architecture,
    ArchitectureBatch,
    ArchitectureError,
    UnlabeledPool,
    as_batch,
)
from tests.strategies import dags

CHAIN = np.eye(3, k=1, dtype=int)
OPS = ("input", "mbconv", "output")


def chain_graph(*nodes: dict[str, Any]) -> Any:
    graph = nx.path_graph(3, create_using=nx.DiGraph)
    for node, op, numbers in zip("abc", OPS, nodes, strict=True):
        graph.nodes["abc".index(node)].update({"op": op, **numbers})
    return nx.relabel_nodes(graph, dict(enumerate("abc")))


def chain_pair(*nodes: dict[str, Any]) -> Any:
    return CHAIN, [{"op": op, **numbers} for op, numbers in zip(OPS, nodes, strict=True)]


FORMS = {"graph": chain_graph, "pair": chain_pair}
forms = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


# ------------------------------------------------------------------ what is read


NAMES = ("kernel", "width", "größe |")
mappings = st.dictionaries(
    st.sampled_from(NAMES),
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**9), 10**9),
        st.floats(-1e30, 1e30),
        st.integers(-9, 9).map(np.int64),
        st.integers(-9, 9).map(np.float32),
        st.integers(-9, 9).map(np.array),
        st.integers(-9, 9).map(torch.tensor),
        st.fractions(-(10**9), 10**9, max_denominator=4),
        st.booleans().map(np.bool_),
    ),
)


@given(dags(max_nodes=6), st.data())
def test_graphs_pairs_and_arrays_say_the_same(pair: Any, data: st.DataObject) -> None:
    adjacency, ops = pair
    numbers = data.draw(st.lists(mappings, min_size=len(ops), max_size=len(ops)))
    wanted = data.draw(st.lists(st.sampled_from(NAMES), unique=True))
    nodes = [{"op": op, **own} for op, own in zip(ops, numbers, strict=True)]
    graph = nx.from_numpy_array(adjacency, create_using=nx.DiGraph)
    for node, own in enumerate(nodes):
        graph.nodes[node].update(own)
    columns = {
        name: [math.nan if own.get(name) is None else float(own[name]) for own in numbers] for name in wanted
    }
    expected = ArchitectureBatch.from_arrays(
        adjacency, [range(len(ops))], range(len(ops)), attributes={k: [v] for k, v in columns.items()}
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "no node has the attribute|.*has no attribute")
        for X in ([graph], [(adjacency, nodes)], [(adjacency.tolist(), tuple(nodes))]):
            batch = as_batch(X, attributes=wanted)
            assert batch[0].ops == tuple(ops)
            assert batch.attribute_names == tuple(sorted(wanted))
            for name, column in expected.attributes.items():
                np.testing.assert_array_equal(batch.attributes[name], column)


def test_columns_are_sorted_by_name_and_say_no_negative_zero() -> None:
    batch = ArchitectureBatch(
        [0], [[], []], [0, 1], [0, 0], ["a"], attributes={"width": [-0.0], "kernel": [3]}
    )
    assert batch.attribute_names == ("kernel", "width")
    assert batch.attribute_values is not None
    assert batch.attribute_values.tolist() == [[3.0, 0.0]]
    assert not np.signbit(batch.attributes["width"]).any()
    assert list(batch.attributes) == ["kernel", "width"]


def test_arrays_of_unlike_sizes_may_hold_anything_at_padding() -> None:
    batch = ArchitectureBatch.from_arrays(
        np.eye(3, k=1)[None] * [[[1]], [[0]]],
        [[0, 1, 2], [1, -1, -1]],
        OPS,
        attributes={"kernel": [[np.nan, 3, np.nan], [5, 7, np.inf]]},
    )
    np.testing.assert_array_equal(batch.attributes["kernel"], [np.nan, 3, np.nan, 5])


def test_a_table_of_columns_is_a_mapping() -> None:
    table = pd.DataFrame({"kernel": [1.0, 3.0], "width": [8, 16]})
    batch = ArchitectureBatch([0, 0], [[0], [1]], [0, 2], [0, 1], ["a"], attributes=table)
    assert batch.attribute_values is not None
    assert batch.attribute_values.tolist() == [[1.0, 8.0], [3.0, 16.0]]
    masked = np.ma.masked_array([3, 999], [False, True])
    batch = ArchitectureBatch([0, 0], [[0], [1]], [0, 2], [0, 1], ["a"], attributes={"kernel": masked})
    np.testing.assert_array_equal(batch.attributes["kernel"], [3, np.nan])


def test_a_table_of_blocks_becomes_columns() -> None:
    """As the guide shows: one row per architecture, one column per block and attribute."""
    table = pd.DataFrame({"kernel1": [3, 5], "kernel2": [7, 3], "width1": [8, 8], "width2": [16, 24]})
    attributes = {name: table[[f"{name}1", f"{name}2"]].to_numpy() for name in ("kernel", "width")}
    batch = ArchitectureBatch.from_arrays(np.eye(2, k=1), [[0, 0], [0, 0]], ["mbconv"], attributes=attributes)
    assert batch.attributes["kernel"].tolist() == [3, 7, 5, 3]
    assert batch.attributes["width"].tolist() == [8, 16, 8, 24]


def test_forms_mix() -> None:
    X = [
        chain_graph({}, {"kernel": 3, "width": 9}, {}),
        Architecture(CHAIN, OPS, attributes={"kernel": [np.nan, 5, np.nan], "heads": [1, 2, 3]}),
        (CHAIN, list(OPS)),
        chain_pair({}, {"kernel": 7}, {}),
    ]
    with pytest.warns(UserWarning, match="architecture 2: node 1 has no attribute 'kernel'"):
        batch = as_batch(X, attributes=["kernel"])
    assert batch.attribute_names == ("kernel",)
    nan = np.nan
    np.testing.assert_array_equal(
        batch.attributes["kernel"].reshape(4, 3), [[nan, 3, nan], [nan, 5, nan], [nan] * 3, [nan, 7, nan]]
    )
    with pytest.warns(UserWarning, match="nodes have numbers that are not read: 'kernel', 'width'"):
        assert as_batch(X).attribute_names == ("heads", "kernel")  # an Architecture names its own
    assert as_batch(X, attributes=()).attribute_values is None


def test_names_and_operations_may_share_a_mapping_with_other_things() -> None:
    graph = chain_graph({"layer": "stem"}, {"kernel": "3", "shape": [1, 2], 7: 7, None: 1.0}, {"flag": True})
    batch = as_batch([graph])  # text, vectors, flags and keys that are no str are no numbers
    assert batch.attribute_values is None
    flags = as_batch([chain_graph({}, {}, {"flag": True})], attributes=["flag"])
    np.testing.assert_array_equal(flags.attributes["flag"], [np.nan, np.nan, 1.0])
    named = as_batch([chain_pair({"kind": "a"}, {"kind": "b"}, {"kind": "c"})], op_attr="kind")
    assert named[0].ops == ("a", "b", "c")


# ------------------------------------------------------------------ a batch that has them


def batch_with_two() -> ArchitectureBatch:
    return as_batch([chain_pair({}, {"kernel": 3, "width": 9}, {})], attributes=["kernel", "width"])


def test_a_batch_keeps_its_attributes_unless_some_are_chosen() -> None:
    batch = batch_with_two()
    for X in (batch, UnlabeledPool(batch)):
        assert as_batch(X) is batch
        assert as_batch(X, attributes=["width", "kernel"]) is batch
        chosen = as_batch(X, attributes=["width"])
        assert chosen.attribute_names == ("width",)
        np.testing.assert_array_equal(chosen.attributes["width"], batch.attributes["width"])
        assert as_batch(X, attributes=()).attribute_values is None
    assert batch.attribute_names == ("kernel", "width")
    assert as_batch(list(batch), attributes=["width"]) == as_batch(batch, attributes=["width"])


def test_an_attribute_that_a_batch_lacks_is_an_error() -> None:
    for X in (batch_with_two(), UnlabeledPool(batch_with_two())):
        with pytest.raises(
            ArchitectureError, match="nodes have no attribute 'kernels'; they have 'kernel', 'width'"
        ):
            as_batch(X, attributes=["kernels", "width"])
    bare = as_batch([(CHAIN, list(OPS))])
    with pytest.raises(ArchitectureError, match="nodes have no attribute 'kernel'; they have none"):
        as_batch(bare, attributes=["kernel"])


def test_pools_and_transformers_pass_the_names_on() -> None:
    X = [chain_graph({}, {"kernel": 3, "width": 9}, {})]
    pool = UnlabeledPool(X, attributes=["kernel"])
    assert pool.architectures.attribute_names == ("kernel",)
    assert pickle.loads(pickle.dumps(pool)).architectures == pool.architectures
    batch = GraphTensorizer(attributes=["width"]).fit_transform(X)
    assert batch.attribute_names == ("width",)


# ------------------------------------------------------------------ warnings


@forms
def test_numbers_that_nobody_asked_for_are_named_once(form: Any) -> None:
    second = form({"width": None}, {"kernel": None, "width": np.float32(0.5)}, {})
    X = [form({}, {"kernel": 3, "op2": "x"}, {}), second] * 3
    message = (
        "nodes have numbers that are not read: 'kernel', 'width'. Name those that matter with "
        "attributes=['kernel', ...] of as_batch, or of the encoder, or silence this warning "
        "with attributes=()"
    )
    for read in (as_batch, UnlabeledPool, PathStatistics().fit, GraphTensorizer().fit):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            read(X)
        assert [str(warning.message) for warning in caught] == [message]
    assert as_batch(X, attributes=()).attribute_values is None
    assert as_batch(X, attributes=["kernel"]).attribute_names == ("kernel",)


@forms
@pytest.mark.parametrize("absent", [None, math.nan])
def test_a_node_without_the_key_of_its_equals_is_named_once(form: Any, absent: Any) -> None:
    whole = form({}, {"kernel": 3, "width": 9}, {})
    X = [whole, form({}, {"kernel": absent, "wdith": 8}, {}), form({}, {}, {})]
    node = "'b'" if form is chain_graph else "1"
    with pytest.warns(UserWarning, match="has no attribute") as caught:
        batch = as_batch(X, attributes=["kernel", "width"])
    assert [str(warning.message) for warning in caught] == [
        f"architecture 1: node {node} has no attribute 'width' but has 'wdith'. Other nodes with operation "
        "'mbconv' have 'width'; give each of them a number, or None if it has none"
    ]
    np.testing.assert_array_equal(batch.attributes["width"][[1, 4, 7]], [9, np.nan, np.nan])
    none = form({}, {"kernel": absent, "width": absent}, {"kernel": 1})
    as_batch([whole, none, form({}, {"kernel": 1, "width": 1}, {"kernel": 1})], attributes=["width"])


@pytest.mark.parametrize("other", [chain_graph({}, {}, {}), (CHAIN, list(OPS)), chain_pair({}, {}, {})])
def test_forms_with_and_without_attributes_together_are_a_warning(other: Any) -> None:
    for own in (chain_graph({}, {"kernel": 3}, {}), chain_pair({}, {"kernel": 3}, {})):
        with pytest.warns(
            UserWarning, match="architecture 2: node .* has no attribute 'kernel'.* Other"
        ) as c:
            as_batch([own, own, other, other], attributes=["kernel"])
        assert len(c) == 1


@forms
def test_no_attribute_has_the_name_of_the_operation(form: Any) -> None:
    with pytest.raises(ArchitectureError, match="'op' holds the operation of a node, so no attribute"):
        as_batch([form({}, {"kernel": 3}, {})], attributes=["kernel", "op"])
    batch = as_batch([Architecture(CHAIN, OPS, attributes={"op": [1, 2, 3]})])
    for write in (batch.to_pairs, batch.to_networkx):
        with pytest.raises(ArchitectureError, match="'op' holds the operation"):
            write()
    assert batch.to_networkx(op_attr="kind")[0].nodes[1] == {"kind": "mbconv", "op": 2.0}


def test_written_nodes_are_read_without_a_warning() -> None:
    nan = math.nan
    batch = as_batch([Architecture(CHAIN, ("a", "b", "b"), attributes={"kernel": [nan, 3, nan]})])
    assert batch.to_pairs()[0][1] == [{"op": "a"}, {"op": "b", "kernel": 3.0}, {"op": "b", "kernel": None}]
    assert batch.to_networkx()[0].nodes[2] == {"op": "b", "kernel": None}
    for written in (batch.to_pairs(), batch.to_networkx()):
        assert as_batch(written, attributes=["kernel"]) == batch


@forms
def test_the_warning_stays_short(form: Any) -> None:
    X = [form({}, {f"number {i:03} {'x' * 200}": i for i in range(300)}, {})]
    with pytest.warns(UserWarning, match="and 290 more") as caught:
        as_batch(X)
    assert len(str(caught[0].message)) < 1000


@forms
@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (
            ["kernels"],
            "no node has the attribute 'kernels' that attributes= asks for; did you mean 'kernel'?",
        ),
        (["kernel", "heads"], "no node has the attribute 'heads' .*; nodes have 'kernel', 'width'"),
        (["KERNEL_SIZE", "kernal"], "no node has the attribute 'KERNEL_SIZE', 'kernal' that"),
    ],
)
def test_an_attribute_that_no_node_has_is_named_with_the_nearest(
    form: Any, wanted: Any, message: str
) -> None:
    X = [form({}, {"kernel": 3, "width": 9}, {}), form({}, {"kernel": None}, {})]
    with pytest.warns(UserWarning, match=message) as caught:
        batch = as_batch(X, attributes=wanted)
    assert len(caught) == 1
    assert batch.attribute_names == tuple(sorted(wanted))
    assert np.isnan(batch.attributes[wanted[-1]]).all()


def test_nothing_is_said_where_there_is_nothing_to_say() -> None:
    as_batch([chain_graph({}, {"kernel": 3}, {})], attributes=["kernel"])
    as_batch([chain_graph({}, {"kernel": "3"}, {})])
    as_batch([chain_graph({}, {"kernel": None}, {})])
    as_batch([chain_pair({}, {}, {})])
    as_batch([(CHAIN, list(OPS))])
    as_batch([Architecture(CHAIN, OPS, attributes={"kernel": [1, 2, 3]})])
    empty = ArchitectureBatch([0], [[], []], [0, 1], [0, 0], ["a"], attributes={"kernel": [np.nan]})
    assert as_batch(empty, attributes=["kernel"]) is empty  # as a part of a batch may be


# ------------------------------------------------------------------ what is refused


class Unruly:
    shape = ()

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("no")


@forms
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("3", r"'3', a str; .* has none. Convert text to numbers: float\('3'\)$"),
        ("relu", "'relu', a str; .* has none. Categories become one attribute of 0 and 1 each$"),
        ([3], r"\[3\], a list"),
        ({"k": 3}, r"\{'k': 3\}, a dict"),
        (np.ones(2), r"array\(\[1., 1.\]\), a ndarray"),
        (torch.ones(1), r"tensor\(\[1.\]\), a Tensor"),
        (3j, "3j, a complex"),
        (np.complex128(3), r"np.complex128\(3\+0j\), a complex128"),
        (10**400, "1000+ ..., a int"),
        (Fraction(10**400), "Fraction.* a Fraction"),
        (Decimal(3), "Decimal.*, a Decimal"),
        (pd.NA, "<NA>, a NAType"),
        (np.datetime64("2020-01-01"), "np.datetime64.*, a datetime64"),
        (Unruly(), "<.*Unruly object .*, a Unruly"),
        (torch.ones((), device="meta"), "tensor.*, a Tensor"),
    ],
)
def test_one_number_per_node(form: Any, value: Any, shown: str) -> None:
    X = [form({}, {"kernel": 3}, {}), form({"kernel": 1}, {"kernel": value}, {"kernel": None})]
    node = "'b'" if form is chain_graph else "1"
    message = f"architecture 1: node {node} has attribute 'kernel' = {shown}"
    if "Co" not in shown and "Cat" not in shown:
        message += "; give one finite number, or None if it has none$"
    with pytest.raises(ArchitectureError, match=message) as caught:
        as_batch(X, attributes=["kernel"])
    assert caught.value.index == 1
    assert len(str(caught.value)) < 250


@forms
@pytest.mark.parametrize("value", [math.inf, -math.inf, np.float32(np.inf), torch.tensor(math.inf)])
def test_numbers_are_finite(form: Any, value: Any) -> None:
    X = [form({}, {"kernel": 3}, {}), form({"kernel": 1}, {"kernel": value}, {})]
    with pytest.raises(
        ArchitectureError,
        match="architecture 1: attribute 'kernel' of node 1 is infinite; give a finite number",
    ):
        as_batch(X, attributes=["kernel"])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("kernel", r"attributes must be a list of names, got 'kernel'; wrap it in a list"),
        (b"kernel", "attributes must be a list of names, got b'kernel'"),
        (3, "attributes must be a list of names, got 3"),
        (["kernel", 3], r"attributes must be names \(str\), got 3"),
        ([None], r"attributes must be names \(str\), got None"),
        ([["kernel"]], r"attributes must be names \(str\), got \['kernel'\]"),
    ],
)
def test_names_are_checked(names: Any, message: str) -> None:
    for X in ([chain_graph({}, {"kernel": 3}, {})], [(CHAIN, list(OPS))], batch_with_two()):
        for read in (as_batch, UnlabeledPool):
            with pytest.raises(ArchitectureError, match=message):
                read(X, attributes=names)


def test_transformers_say_what_their_parameter_is() -> None:
    with pytest.raises(ValueError, match="The 'attributes' parameter of GraphTensorizer must be"):
        GraphTensorizer(attributes="kernel").fit([chain_graph({}, {"kernel": 3}, {})])
