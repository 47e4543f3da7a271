"""ArchitectureBatch: indexing, equality, immutability, storage, and what it derives."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import joblib
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.model_selection import KFold, cross_val_predict, train_test_split
from sklearn.utils import _safe_indexing, resample, shuffle

from fgp_sklearn.architectures import (
    UNKNOWN_OP,
    Architecture,
    ArchitectureBatch,
    ArchitectureError,
    UnknownOperationError,
    UnlabeledPool,
    as_batch,
)
from tests.strategies import OPS, batches, columns_of, with_attributes

COLUMNS = ["ops", "edges", "node_ptr", "edge_ptr", "multiplicity", "attribute_values", "names"]


@pytest.fixture
def batch() -> ArchitectureBatch:
    """Five architectures of 1 to 5 nodes with names, attributes and parallel edges; all differ."""
    rng = np.random.default_rng(0)
    return as_batch(
        [
            Architecture(
                np.triu(rng.integers(0, 3, (n, n)), 1),
                tuple(rng.choice(OPS, n)),
                name=f"cell {n}",
                attributes=columns_of(rng.normal(size=(n, 2))),
            )
            for n in range(1, 6)
        ]
    )


def given_columns(batch: ArchitectureBatch) -> dict[str, Any]:
    """The columns as the constructor takes them."""
    columns = batch.columns()
    for name in ("attribute_names", "attribute_values", "vocabulary_is_fixed"):
        del columns[name]
    return columns | {"attributes": batch.attributes}


def arrays_of(batch: ArchitectureBatch) -> list[np.ndarray[Any, Any]]:
    return [column for name in COLUMNS if (column := getattr(batch, name)) is not None]


def with_more(batch: ArchitectureBatch, seed: int) -> ArchitectureBatch:
    """The batch with random attributes, which some nodes lack, and names."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(len(batch.ops), 3))
    values[1:][rng.random(values[1:].shape) < 0.3] = np.nan
    return ArchitectureBatch(
        batch.ops,
        batch.edges,
        batch.node_ptr,
        batch.edge_ptr,
        batch.vocabulary,
        multiplicity=batch.multiplicity,
        attributes=columns_of(values),
        names=[f"cell {i}" for i in range(len(batch))],
    )


# ------------------------------------------------------------------ round trips


@given(batches(max_multiplicity=1))
def test_pairs_and_back_is_the_identity(batch: ArchitectureBatch) -> None:
    again = as_batch(batch.to_pairs())
    assert again == batch
    assert again.vocabulary == batch.vocabulary


@given(batches(max_multiplicity=1), st.integers(0, 9))
def test_pairs_with_attributes_and_back_is_the_identity(batch: ArchitectureBatch, seed: int) -> None:
    batch = with_more(batch, seed)
    again = as_batch(batch.to_pairs(), attributes=batch.attribute_names)
    assert again == batch
    np.testing.assert_array_equal(again.attribute_values, batch.attribute_values)


@given(batches(max_multiplicity=3), st.integers(0, 9))
def test_architectures_and_back_is_the_identity(batch: ArchitectureBatch, seed: int) -> None:
    batch = with_more(batch, seed)
    again = as_batch(list(batch))
    assert again == batch
    assert again.names is not None
    assert again.names.tolist() == [f"cell {i}" for i in range(len(batch))]


@given(batches(max_multiplicity=3), st.integers(0, 9))
def test_graphs_and_back_is_the_identity(batch: ArchitectureBatch, seed: int) -> None:
    batch = with_more(batch, seed)
    graphs = batch.to_networkx(op_attr="kind")
    again = as_batch(graphs, op_attr="kind", attributes=["x1", "x0", "x2"])
    assert again == batch
    assert again.attribute_names == ("x0", "x1", "x2")
    assert [graph.name for graph in graphs] == [f"cell {i}" for i in range(len(batch))]
    assert again.names is not None
    assert again.names.tolist() == [graph.name for graph in graphs]


@given(batches(max_multiplicity=3))
def test_graphs_and_pairs_say_what_the_columns_say(batch: ArchitectureBatch) -> None:
    for graph, (adjacency, ops), one in zip(batch.to_networkx(), batch.to_pairs(), batch, strict=True):
        weighted = nx.to_numpy_array(graph, nodelist=range(len(graph)), weight="multiplicity", dtype=float)
        np.testing.assert_array_equal(adjacency, weighted)
        np.testing.assert_array_equal(one.adjacency, weighted)
        assert [graph.nodes[i]["op"] for i in range(len(graph))] == ops == list(one.ops)


def test_graphs_of_pytorch_geometric_have_the_edges_of_networkx():
    first = Architecture(
        [[0, 2, 1], [0, 0, 1], [0, 0, 0]], ("in", "conv", "out"), attributes={"kernel": [1, 3, 5]}
    )
    second = Architecture([[0, 1], [0, 0]], ("in", "out"))
    batch = as_batch([first, second])
    for data, graph in zip(batch.to_pyg(), batch.to_networkx(), strict=True):
        assert [batch.vocabulary[code] for code in data.op] == [op for _, op in graph.nodes("op")]
        assert data.x.argmax(dim=1).tolist() == data.op.tolist()
        found = zip(*data.edge_index.tolist(), data.edge_weight.tolist(), strict=True)
        assert list(found) == sorted(graph.edges(data="multiplicity", default=1))
        kernels = [graph.nodes[node].get("kernel") or np.nan for node in graph]
        np.testing.assert_array_equal(data.attributes[:, 0], kernels)


def test_counts_in_pairs_are_refused_when_read_back(batch: ArchitectureBatch) -> None:
    with pytest.raises(
        ArchitectureError, match=r"is 2; entries must be 0 or 1 \(for parallel edges, give Arch"
    ):
        as_batch(batch.to_pairs())


# ------------------------------------------------------------------ sequence protocol


def test_repr_of_one_architecture_is_short() -> None:
    ops = tuple(f"operation{i}" for i in range(500))
    one = Architecture(np.zeros((500, 500)), ops, "x" * 900, {"kernel": np.ones(500)})
    assert repr(one).startswith("Architecture(n_nodes=500, ops=['operation0', 'operation1', ")
    assert "'operation7' and 492 more], name='xxx" in repr(one)
    assert repr(one).endswith(", attributes=['kernel'])")
    assert len(repr(one)) < 300
    assert repr(Architecture([[0]], ("input",))) == "Architecture(n_nodes=1, ops=['input'])"
    for wrong in (None, 3, "conv", np.eye(2)):
        assert repr(Architecture(wrong, wrong, "", wrong)).startswith("Architecture(")  # type: ignore[arg-type]


def test_shape_length_and_repr(batch: ArchitectureBatch) -> None:
    assert batch.shape == (len(batch),) == (5,)
    n_edges = sum(np.count_nonzero(one.adjacency) for one in batch)
    n_ops = len({op for one in batch for op in one.ops})
    assert repr(batch) == (
        f"ArchitectureBatch(n_architectures=5, n_nodes=15, n_edges={n_edges}, n_ops={n_ops})"
    )


def test_an_integer_gives_an_architecture(batch: ArchitectureBatch) -> None:
    everything = list(batch)
    assert [one.name for one in everything] == [f"cell {n}" for n in range(1, 6)]
    for i in range(-5, 5):
        for key in (i, np.int64(i), (i, ...)):
            one = batch[key]
            assert isinstance(one, Architecture)
            assert one == everything[i]
            assert one.name == everything[i].name


@pytest.mark.parametrize(
    "key",
    [
        slice(None),
        slice(1, 4),
        slice(None, None, -1),
        slice(-2, None),
        slice(3, 3),
        [0, 4, 4],
        [-1, 0],
        [],
        np.array([3, 1, 3]),
        np.array([3, 1], dtype=np.uint8),
        np.array([], dtype=int),
        np.array([True, False, True, False, True]),
        [True, False, True, False, True],
        np.zeros(5, dtype=bool),
        pd.Series([3, 1]),
        pd.Series([True, False, True, False, True]),
        Ellipsis,
    ],
    ids=repr,
)
def test_other_indices_mean_what_they_mean_for_arrays(batch: ArchitectureBatch, key: Any) -> None:
    right = np.arange(5)[key].tolist()
    for chosen in (batch[key], batch[key, ...]):
        assert isinstance(chosen, ArchitectureBatch)
        assert chosen.shape == (len(right),)
        assert list(chosen) == [batch[i] for i in right]
        assert [one.name for one in chosen] == [batch[i].name for i in right]
        assert chosen.vocabulary == batch.vocabulary


@pytest.mark.parametrize(
    "key",
    [
        5,
        -6,
        [5],
        [-6],
        np.ones(4, bool),
        np.ones(6, bool),
        [True],
        None,
        1.0,
        "0",
        [0.5],
        np.zeros((1, 1), int),
        (0, 0),
        (..., 0),
        (0,),
        True,
    ],
    ids=repr,
)
def test_wrong_indices_raise(batch: ArchitectureBatch, key: Any) -> None:
    with pytest.raises(IndexError):
        batch[key]


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        ([0, 5], "index 5 is out of range for 5 architectures"),
        ([-6], "index -6 is out of range"),
        ([True, False, True, False], "a mask of 4 booleans for 5 architectures; give one per architecture"),
        ([True] * 6, "a mask of 6 booleans"),
        ([0.0], "must be integers, whole numbers, or booleans; got float64"),
        ([[0], [0, 1]], "must be one-dimensional"),
        ([0, True], "mixes booleans with other values"),
        ([True, None, True, True, True], "mixes booleans"),
        ([[0]], r"one-dimensional, .* of shape \(1, 1\)"),
    ],
)
def test_take_says_which_index_is_wrong(batch: ArchitectureBatch, indices: Any, message: str) -> None:
    for choose in (batch.take, batch.__getitem__):
        with pytest.raises(IndexError, match=message):
            choose(indices)


@given(batches(), st.data())
def test_take_of_a_mask_equals_a_list_of_the_marked(batch: ArchitectureBatch, data: st.DataObject) -> None:
    mask = data.draw(st.lists(st.booleans(), min_size=len(batch), max_size=len(batch)))
    right = [one for one, is_meant in zip(batch, mask, strict=True) if is_meant]
    for form in (mask, np.array(mask, dtype=bool), np.array(mask, dtype=object)):
        assert list(batch.take(form)) == right
    assert list(batch[np.array(mask, dtype=bool)]) == right


@given(batches(max_multiplicity=2), st.data())
def test_take_equals_a_list_of_the_taken(batch: ArchitectureBatch, data: st.DataObject) -> None:
    n = len(batch)
    indices = data.draw(st.lists(st.integers(-n, n - 1), max_size=8))
    assert list(batch.take(indices)) == [list(batch)[i] for i in indices]


def test_multiplicity_goes_when_no_parallel_edges_are_left(batch: ArchitectureBatch) -> None:
    assert batch.multiplicity is not None
    assert batch[:1].multiplicity is None
    assert batch[:1] == as_batch([batch[0]])


def test_scikit_learn_indexes_a_batch(batch: ArchitectureBatch) -> None:
    for indices in ([3, 1], np.array([3, 1]), slice(1, 3), np.array([False, True, False, True, False])):
        assert _safe_indexing(batch, indices) == batch[indices]
    y = np.arange(5)
    X_train, X_test, y_train, y_test = train_test_split(batch, y, random_state=0)
    assert (X_train, X_test) == (batch[y_train], batch[y_test])
    for train, test in KFold(2).split(batch):
        assert ArchitectureBatch.concatenate([batch[test], batch[train]]) == batch[np.r_[test, train]]
    for reorder in (shuffle, resample):
        mixed, order = reorder(batch, y, random_state=0)
        assert mixed == batch[order]


class NodeCounter(RegressorMixin, BaseEstimator):
    """Predicts the number of nodes."""

    def fit(self, X: ArchitectureBatch, y: Any) -> NodeCounter:
        assert isinstance(X, ArchitectureBatch)
        return self

    def predict(self, X: ArchitectureBatch) -> Any:
        return X.n_nodes


def test_cross_validation_hands_batches_to_the_estimator(batch: ArchitectureBatch) -> None:
    cv = KFold(5, shuffle=True, random_state=0)
    predictions = cross_val_predict(NodeCounter(), batch, np.zeros(5), cv=cv)
    np.testing.assert_array_equal(predictions, [1, 2, 3, 4, 5])


def test_as_an_array_it_is_a_column_of_architectures(batch: ArchitectureBatch) -> None:
    column = np.asarray(batch)
    assert column.shape == (5,)
    assert column.dtype == object
    assert list(column) == list(batch)
    equal_sizes = as_batch([([[0]], ["a"])] * 3)  # which numpy would make a matrix of node labels
    assert np.array(equal_sizes).shape == (3,)
    with pytest.raises(
        ArchitectureError, match="architectures are not float64; GraphTensorizer turns them into numbers"
    ):
        np.asarray(equal_sizes, dtype=float)
    with pytest.raises(
        ArchitectureError, match=r"architectures are not float64; AttributeStatistics\(1, sums=False\) as"
    ):
        np.asarray(batch, dtype=float)


# ------------------------------------------------------------------ equality


@given(batches(max_multiplicity=2), st.permutations([*OPS, "more"]))
def test_equality_and_recoding_do_not_depend_on_the_vocabulary(
    batch: ArchitectureBatch, order: list[str]
) -> None:
    recoded = batch.recode(order)
    assert recoded.vocabulary == tuple(order)
    assert recoded == batch
    assert batch == recoded
    assert list(recoded) == list(batch)
    assert recoded.recode(batch.vocabulary) == batch
    np.testing.assert_array_equal(recoded.recode(batch.vocabulary).ops, batch.ops)


alike = with_attributes(batches(max_size=2, max_nodes=2, ops=("a",)))


@given(alike, alike)
def test_batches_with_attributes_are_equal_if_their_architectures_are(
    first: ArchitectureBatch, second: ArchitectureBatch
) -> None:
    assert (first == second) == (list(first) == list(second))
    assert first == pickle.loads(pickle.dumps(first)) == as_batch(list(first))


@given(with_attributes(batches()), st.data())
def test_attributes_stay_with_their_nodes(batch: ArchitectureBatch, data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(range(len(batch))), max_size=5))
    order = data.draw(st.permutations(batch.vocabulary))
    for made in (batch.take(chosen).recode(order), batch.recode(order).take(chosen)):
        assert made.attribute_names == batch.attribute_names
        for name, column in batch.attributes.items():
            nodes = [k for i in chosen for k in range(batch.node_ptr[i], batch.node_ptr[i + 1])]
            np.testing.assert_array_equal(made.attributes[name], column[nodes])
        assert list(made) == [batch[i] for i in chosen]


def test_an_attribute_that_no_node_has_does_not_count() -> None:
    bare = Architecture([[0]], ("a",))
    empty = Architecture([[0]], ("a",), attributes={"kernel": [np.nan]})
    other = Architecture([[0]], ("a",), attributes={"kernel": [3]})
    assert bare == empty
    assert hash(bare) == hash(empty)
    assert bare != other
    assert empty != other
    assert as_batch([bare]) == as_batch([empty])
    assert as_batch([other]) == as_batch([Architecture([[0]], ("a",), attributes={"kernel": np.int8([3])})])
    for malformed in ([3], {"kernel": ["x"]}, {"kernel": [[1], [2, 3]]}, {"kernel": [10**400]}):
        broken = Architecture([[0]], ("a",), attributes=malformed)
        assert broken == broken
        assert broken != other


@given(batches(max_multiplicity=2), batches(max_multiplicity=2))
def test_batches_are_equal_if_their_architectures_are(
    first: ArchitectureBatch, second: ArchitectureBatch
) -> None:
    assert (first == second) == (list(first) == list(second))
    assert (first != second) == (list(first) != list(second))


def test_what_counts_for_equality(batch: ArchitectureBatch) -> None:
    columns = given_columns(batch)
    assert batch == ArchitectureBatch(**(columns | {"names": None}))
    assert batch != ArchitectureBatch(**(columns | {"attributes": None}))
    assert batch != ArchitectureBatch(**(columns | {"attributes": {"x0": batch.attributes["x0"]}}))
    assert batch != ArchitectureBatch(**(columns | {"multiplicity": None}))
    assert batch != batch[:4]
    assert batch != list(batch)
    assert as_batch([([[0]], ["a"])])[:0] == as_batch([([[0]], ["b"])])[:0]
    with pytest.raises(TypeError, match="unhashable"):
        hash(batch)


def test_architectures_are_hashed_by_value(batch: ArchitectureBatch) -> None:
    assert set(batch) == set(as_batch(list(batch)).recode([*OPS])) == set(batch[[0, 1, 2, 3, 4, 4, 0]])
    assert len(set(batch)) == 5
    negative_zero = Architecture(np.array([[-0.0]]), ("a",))
    assert negative_zero == Architecture([[0]], ("a",))
    assert hash(negative_zero) == hash(Architecture([[0]], ("a",)))
    for adjacency in ([[0], []], "x", None):
        with pytest.raises(TypeError, match="unhashable"):
            hash(Architecture(adjacency, ("a",)))


# ------------------------------------------------------------------ immutability and storage


def test_columns_cannot_be_written(batch: ArchitectureBatch) -> None:
    derived = [batch.n_nodes, batch.n_edges, batch.node_owner, batch.flat_edges, batch.in_degree]
    derived += [batch.out_degree, batch.generation]
    for made in (batch, batch[1:], batch.recode(OPS), ArchitectureBatch.concatenate([batch, batch])):
        for column in [*arrays_of(made), *derived]:
            with pytest.raises(ValueError, match="read-only"):
                column[...] = column


@pytest.mark.parametrize("attribute", [*COLUMNS, "vocabulary", "shape", "n_nodes", "new"])
def test_attributes_cannot_be_set_or_deleted(batch: ArchitectureBatch, attribute: str) -> None:
    _ = batch.n_nodes
    with pytest.raises(AttributeError):
        setattr(batch, attribute, None)
    with pytest.raises(AttributeError):
        delattr(batch, attribute)


def test_arrays_of_the_user_are_copied() -> None:
    columns: dict[str, Any] = {
        "ops": np.array([0, 1], dtype=np.int32),
        "edges": np.array([[0], [1]], dtype=np.int32),
        "node_ptr": np.array([0, 2]),
        "edge_ptr": np.array([0, 1]),
        "multiplicity": np.array([2.0]),
        "names": np.array(["cell"]),
    }
    kernel = columns["kernel"] = np.array([3.0, 5.0])
    given = {name: column for name, column in columns.items() if name != "kernel"}
    batch = ArchitectureBatch(vocabulary=["a", "b"], attributes={"kernel": kernel}, **given)
    before = pickle.loads(pickle.dumps(batch))
    for column in columns.values():
        column[...] = column.reshape(-1)[0]
    assert batch == before


def test_architectures_of_a_batch_are_copies(batch: ArchitectureBatch) -> None:
    one = batch[4]
    one.adjacency[:] = 7
    assert batch[4] != one
    one = batch[4]
    one.attributes["x0"][:] = 7
    assert batch[4] != one


def test_pickling_keeps_everything(batch: ArchitectureBatch) -> None:
    again = pickle.loads(pickle.dumps(batch))
    assert again == batch
    assert again.vocabulary == batch.vocabulary
    np.testing.assert_array_equal(again.names, batch.names)
    assert not any(column.flags.writeable for column in arrays_of(again))
    assert b"Architecture(" not in pickle.dumps(batch)


def test_memory_mapped_files_are_batches(batch: ArchitectureBatch, tmp_path: Path) -> None:
    joblib.dump(batch, tmp_path / "batch.joblib")
    mapped = joblib.load(tmp_path / "batch.joblib", mmap_mode="r")
    assert all(isinstance(column, np.memmap) for column in arrays_of(mapped))
    assert mapped == batch
    assert list(mapped[[3, 1]]) == [batch[3], batch[1]]
    np.testing.assert_array_equal(mapped.generation, batch.generation)
    assert ArchitectureBatch.concatenate([mapped, batch])[5:] == batch
    assert pickle.loads(pickle.dumps(mapped)) == batch


def facts(batch: ArchitectureBatch) -> tuple[list[bool], list[int], tuple[str, ...]]:
    mapped = [
        isinstance(column.base, np.memmap) or isinstance(column, np.memmap) for column in arrays_of(batch)
    ]
    return mapped, batch.generation.tolist(), batch[-1].ops


def test_workers_get_memory_maps(batch: ArchitectureBatch) -> None:
    results = Parallel(n_jobs=2, max_nbytes=1)(delayed(facts)(batch) for _ in range(2))
    for mapped, generation, ops in results:
        assert all(mapped)
        assert generation == batch.generation.tolist()
        assert ops == batch[-1].ops


# ------------------------------------------------------------------ derived columns


@given(batches(max_multiplicity=2, max_nodes=15))
def test_generations_degrees_and_owners_equal_networkx(batch: ArchitectureBatch) -> None:
    generation, in_degree, out_degree, owner = [], [], [], []
    for index, graph in enumerate(batch.to_networkx()):
        level = {
            node: number for number, nodes in enumerate(nx.topological_generations(graph)) for node in nodes
        }
        generation += [level[node] for node in range(len(graph))]
        in_degree += [graph.in_degree(node) for node in range(len(graph))]
        out_degree += [graph.out_degree(node) for node in range(len(graph))]
        owner += [index] * len(graph)
    assert batch.generation.tolist() == generation
    assert batch.in_degree.tolist() == in_degree
    assert batch.out_degree.tolist() == out_degree
    assert batch.node_owner.tolist() == owner
    assert batch.n_nodes.tolist() == [len(one.ops) for one in batch]
    assert batch.n_edges.tolist() == [np.count_nonzero(one.adjacency) for one in batch]


def test_a_long_chain_has_as_many_generations_as_nodes() -> None:
    n = 3000
    order = np.random.default_rng(0).permutation(n)
    edges = np.stack([order[:-1], order[1:]])
    batch = ArchitectureBatch(np.zeros(n, dtype=int), edges, [0, n], [0, n - 1], ["a"])
    np.testing.assert_array_equal(batch.generation[order], np.arange(n))


@given(batches(max_multiplicity=2))
def test_edges_are_sorted_and_flat_edges_point_at_nodes(batch: ArchitectureBatch) -> None:
    rows = [(int(batch.node_owner[u]), int(u), int(v)) for u, v in batch.flat_edges.T]
    assert rows == sorted(rows)
    for (u, v), (source, target), (owner, *_) in zip(batch.flat_edges.T, batch.edges.T, rows, strict=True):
        assert (u, v) == (batch.node_ptr[owner] + source, batch.node_ptr[owner] + target)


@given(batches(max_multiplicity=3), st.randoms(use_true_random=False))
def test_the_order_of_edges_does_not_matter(batch: ArchitectureBatch, random: Any) -> None:
    order = np.arange(batch.edges.shape[1])
    for start, stop in zip(batch.edge_ptr[:-1], batch.edge_ptr[1:], strict=True):
        own = order[start:stop].tolist()
        random.shuffle(own)
        order[start:stop] = own
    multiplicity = None if batch.multiplicity is None else batch.multiplicity[order]
    columns = given_columns(batch) | {"edges": batch.edges[:, order], "multiplicity": multiplicity}
    assert ArchitectureBatch(**columns) == batch


def test_used_ops_are_those_that_occur(batch: ArchitectureBatch) -> None:
    wide = batch.recode([*OPS, "never"])
    assert wide.used_ops() == tuple(sorted({op for one in batch for op in one.ops}))
    assert wide[:0].used_ops() == ()


# ------------------------------------------------------------------ recode and concatenate


def test_recode_names_an_unknown_operation_and_the_known_ones() -> None:
    batch = as_batch([([[0]], ["a"]), ([[0]], ["b"]), ([[0]], ["c"])])
    with pytest.raises(
        UnknownOperationError,
        match=r"architecture 1: unknown operation 'b'; known ones are 'a', 'z'\. Fit on",
    ) as caught:
        batch.recode(["z", "a"])
    assert caught.value.index == 1
    mapped = batch.recode(["a", UNKNOWN_OP], unknown=UNKNOWN_OP)
    assert [one.ops for one in mapped] == [("a",), (UNKNOWN_OP,), (UNKNOWN_OP,)]
    assert mapped[:1].used_ops() == (UNKNOWN_OP, "a")  # it stays declared
    with pytest.raises(ArchitectureError, match="the vocabulary lacks 'other'"):
        batch.recode(["a", "b", "c"], unknown="other")
    with pytest.raises(ArchitectureError, match="vocabulary names an operation twice"):
        batch.recode(["a", "b", "c", "a"])
    with pytest.raises(ArchitectureError, match="vocabulary must be a sequence"):
        batch.recode("abc")


@settings(max_examples=50)
@given(st.lists(batches(max_multiplicity=2), min_size=1, max_size=4))
def test_concatenation_keeps_order(parts: list[ArchitectureBatch]) -> None:
    joined = ArchitectureBatch.concatenate(parts)
    assert list(joined) == [one for part in parts for one in part]
    assert set(joined.vocabulary) == {op for part in parts for op in part.vocabulary}
    assert ArchitectureBatch.concatenate(part for part in parts) == joined  # type: ignore[arg-type]


def test_concatenation_joins_names_and_attributes(batch: ArchitectureBatch) -> None:
    joined = ArchitectureBatch.concatenate([batch[:2], batch[2:]])
    assert joined == batch
    np.testing.assert_array_equal(joined.names, batch.names)
    bare = ArchitectureBatch(**(given_columns(batch) | {"names": None}))
    names = ArchitectureBatch.concatenate([bare[:2], batch[2:]]).names
    assert names is not None
    assert names.tolist() == ["", "", "cell 3", "cell 4", "cell 5"]


def test_concatenation_fills_missing_attributes_with_nan(batch: ArchitectureBatch) -> None:
    bare = as_batch([([[0]], ["a"])])
    other = ArchitectureBatch([0], [[], []], [0, 1], [0, 0], ["a"], attributes={"width": [8], "x1": [2]})
    joined = ArchitectureBatch.concatenate([bare, batch, other, bare[:0]])
    assert joined.attribute_names == ("width", "x0", "x1")
    absent = [np.nan] * len(batch.ops)
    np.testing.assert_array_equal(joined.attributes["width"], [np.nan, *absent, 8])
    np.testing.assert_array_equal(joined.attributes["x0"], [np.nan, *batch.attributes["x0"], np.nan])
    np.testing.assert_array_equal(joined.attributes["x1"], [np.nan, *batch.attributes["x1"], 2])
    assert list(joined) == [*bare, *batch, *other]
    assert ArchitectureBatch.concatenate([bare, bare]).attribute_values is None


def test_concatenation_refuses_what_does_not_fit(batch: ArchitectureBatch) -> None:
    with pytest.raises(ArchitectureError, match="give at least one"):
        ArchitectureBatch.concatenate([])
    for other in ([([[0]], ["a"])], UnlabeledPool(batch)):
        with pytest.raises(ArchitectureError, match=r"item 1 of the batches .* with as_batch"):
            ArchitectureBatch.concatenate([batch, other])  # type: ignore[list-item]


def test_columns_that_are_known_to_be_valid_are_taken_without_a_copy(batch: ArchitectureBatch) -> None:
    ops = batch.ops.copy()
    made = ArchitectureBatch.from_valid_columns(**batch.columns() | {"ops": ops})
    assert type(made) is ArchitectureBatch
    assert made == batch
    assert made.ops is ops
    assert not ops.flags.writeable
    with pytest.raises(AttributeError, match="an ArchitectureBatch is immutable"):
        made.ops = ops


def test_pickles_call_a_function_at_a_place_that_stays(batch: ArchitectureBatch) -> None:
    function, (cls, _) = batch.__reduce__()
    assert (function.__module__, function.__qualname__) == ("fgp_sklearn.architectures._batch", "_rebuild")
    assert (cls.__module__, cls.__qualname__) == ("fgp_sklearn.architectures._batch", "ArchitectureBatch")


# ------------------------------------------------------------------ from_arrays


@given(st.data())
def test_from_arrays_equals_reading_pairs(data: st.DataObject) -> None:
    n, width = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 5))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    sizes = rng.integers(1, width + 1, n)
    matrices, codes = np.zeros((n, width, width), dtype=int), np.full((n, width), -1)
    for i, size in enumerate(sizes):
        matrices[i, :size, :size] = np.triu(rng.integers(0, 2, (size, size)), 1)
        codes[i, :size] = rng.integers(0, len(OPS), size)
    batch = ArchitectureBatch.from_arrays(matrices, codes, OPS, names=[str(i) for i in range(n)])
    assert batch == as_batch(
        [(matrices[i, :size, :size], [OPS[code] for code in codes[i, :size]]) for i, size in enumerate(sizes)]
    )
    assert [one.name for one in batch] == [str(i) for i in range(n)]


def test_from_arrays_shares_one_matrix() -> None:
    chain = [[0, 1], [0, 0]]
    batch = ArchitectureBatch.from_arrays(chain, [[0, 1], [1, 1]], ["a", "b"])
    assert batch == as_batch([(chain, ["a", "b"]), (chain, ["b", "b"])])
