"""Names of operations as estimators read them, against lists written by hand."""

import numpy as np
import pytest

from fgp_sklearn.architectures import ArchitectureError, as_batch
from fgp_sklearn.architectures._known_operations import KnownOperations, ops_with_role, with_known_operations
from fgp_sklearn.operations import OperationTable

CELL = [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 0]]
BATCH = as_batch([(CELL, ["in", "Zero", "none", "OUT"]), (CELL, ["in", "Conv2d", "my_op", "OUT"])])


def test_architectures_get_canonical_names():
    read = with_known_operations(BATCH, OperationTable())
    assert read.vocabulary == ("conv", "input", "my_op", "none", "output")
    assert [tuple(architecture.ops) for architecture in read] == [
        ("input", "none", "none", "output"),
        ("input", "conv", "my_op", "output"),
    ]
    assert with_known_operations(read, OperationTable()) is read
    assert read == as_batch(
        [(CELL, ["input", "none", "none", "output"]), (CELL, ["input", "conv", "my_op", "output"])]
    )


def test_renaming_needs_a_name_for_each_operation():
    with pytest.raises(ArchitectureError, match="there are 1 names for 6 operations"):
        BATCH.renamed(["a"])


def test_roles_come_from_the_vocabulary_or_from_a_list():
    vocabulary = ["Zero", "skip", "conv", "nop", "3"]
    assert ops_with_role("auto", "null", vocabulary) == {"Zero"}
    assert ops_with_role("auto", "identity", vocabulary) == {"skip"}
    assert ops_with_role("auto", "null", vocabulary, OperationTable({"nop": {"role": "null"}})) == {
        "Zero",
        "nop",
    }
    assert ops_with_role([3, "x"], "null", vocabulary) == {"3", "x"}


@pytest.mark.parametrize(
    ("params", "removed", "contracted"),
    [
        ({}, {"none"}, {"skip_connect", "skip", "identity"}),
        ({"null_ops": (), "identity_ops": ["Identity"]}, set(), {"skip_connect"}),
        ({"null_ops": ["skip"]}, {"skip"}, {"skip_connect", "identity"}),
        ({"identity_ops": ["Zero"]}, set(), {"none"}),
        ({"operations": {"none": {"kind": "conv"}}}, set(), {"skip_connect", "skip", "identity"}),
        ({"null_ops": ["Zero"], "renames": False, "identity_ops": ()}, {"Zero"}, set()),
    ],
)
def test_what_is_simplified_away(params, removed, contracted):
    known = KnownOperations(**params)
    assert (known.removed, known.contracted) == (removed, contracted)


def test_only_names_that_nothing_explains_are_left_out_for_a_pool():
    known = KnownOperations(null_ops=["nonne", "zeroize", "my_op"], identity_ops="auto")
    assert known.of_pool(BATCH) == {"null_ops": ("my_op", "zeroize"), "identity_ops": "auto"}


def batch_of_names(names, **attributes):
    nodes = [
        {"op": name, **{key: values[i] for key, values in attributes.items()}} for i, name in enumerate(names)
    ]
    return as_batch([(np.eye(len(names), k=1, dtype=int), nodes)], attributes=tuple(attributes))


def test_names_with_numbers_stay_beside_an_attribute_of_that_name():
    names = ["conv_d1", "conv_d2", "conv_d3"]
    depths = [3.0, 3.0, 1.0]
    both = batch_of_names(names, depth=depths)
    read = KnownOperations().learn(both).read(both)
    assert (read.vocabulary, read.attributes["depth"].tolist()) == (tuple(names), depths)
    apart = batch_of_names(names, size=depths)
    read = KnownOperations().learn(apart).read(apart)
    assert read.vocabulary == ("conv",)
    assert {name: column.tolist() for name, column in read.attributes.items()} == {
        "depth": [1, 2, 3],
        "size": depths,
    }


def test_an_attribute_that_replaces_numbers_in_names_after_the_pool_is_a_warning():
    names = ["conv_d1", "conv_d2", "conv_d3"]
    known = KnownOperations().learn(batch_of_names(names))
    same = known.read(batch_of_names(names, depth=[1.0, None, 3.0]))
    assert same.attributes["depth"].tolist() == [1, 2, 3]
    with pytest.warns(UserWarning, match="attributes 'depth' of nodes replace other numbers in the names"):
        read = known.read(batch_of_names(names, depth=[1.0, None, 7.0]))
    assert read.attributes["depth"].tolist() == [1, 2, 7]
