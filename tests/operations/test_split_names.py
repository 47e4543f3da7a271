"""Names taken apart, against tables written by hand."""

import numpy as np
import pytest

from fgp_sklearn.operations import OperationTable
from fgp_sklearn.operations._split_names import split_like, split_names

LIBRARY = OperationTable()


def rows(split):
    return [
        (name, {a: v for a, v in zip(split.attribute_names, row, strict=True) if not np.isnan(v)})
        for name, row in zip(split.names, split.values.tolist(), strict=True)
    ]


@pytest.mark.parametrize(
    "vocabulary",
    [
        ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3", "input", "output"],
        ["conv1x1-bn-relu", "conv3x3-bn-relu", "maxpool3x3"],
        ["sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5", "max_pool_3x3"],
        ["identity", "mb3_k3", "mb6_k5"],
        ["0", "1", "2", "3"],
        ["a", "b", "c"],
        [],
    ],
)
def test_few_variants_keep_their_names(vocabulary):
    assert split_names(vocabulary, LIBRARY) is None


def test_many_variants_become_kind_and_numbers():
    vocabulary = ["input", "conv1x1", "conv3x3", "e3k3", "e6k3", "e6k5", "skip", "output"]
    assert rows(split_names(vocabulary, LIBRARY)) == [
        ("input", {}),
        ("conv1x1", {"kernel": 1}),
        ("conv3x3", {"kernel": 3}),
        ("block", {"expansion": 3, "kernel": 3}),
        ("block", {"expansion": 6, "kernel": 3}),
        ("block", {"expansion": 6, "kernel": 5}),
        ("skip", {}),
        ("output", {}),
    ]


def test_the_modules_of_transnasbench101():
    vocabulary = ["keep", "double_channels", "stride2", "stride2_double_channels"]
    assert [row for _, row in rows(split_names(vocabulary, LIBRARY))] == [
        {"stride": 1, "width_factor": 1},
        {"stride": 1, "width_factor": 2},
        {"stride": 2, "width_factor": 1},
        {"stride": 2, "width_factor": 2},
    ]


@pytest.mark.parametrize(
    "vocabulary",
    [
        ["conv1x1", "conv3x3", "conv5x5", "nor_conv_1x1", "nor_conv_3x3", "nor_conv_5x5"],
        ["block", "block_k3", "block_k5", "block_k7"],
        ["mbconv", "mb3_k3", "mb6_k3", "mb6_k5", "mbconv*"],
        ["mb3_k3", "mb6_k3", "mb6_k5", "mbconv"],
    ],
)
def test_names_that_differed_still_differ(vocabulary):
    split = split_names(vocabulary, LIBRARY)
    assert split is not None
    found = [(name, tuple(sorted(numbers.items()))) for name, numbers in rows(split)]
    assert len(set(found)) == len(vocabulary)


def test_operations_of_the_user_are_taken_apart():
    given = {name: {"kind": "unit", "attributes": {"size": i}} for i, name in enumerate("abc")}
    assert rows(split_names(list("abcd"), OperationTable(given))) == [
        ("unit", {"size": 0}),
        ("unit", {"size": 1}),
        ("unit", {"size": 2}),
        ("d", {}),
    ]


def test_few_operations_of_the_user_are_taken_apart_too():
    operations = OperationTable(
        {
            "small": {"kind": "unit", "attributes": {"size": 1}},
            "large": {"kind": "unit", "attributes": {"size": 9}},
            "middle": {"kind": "unit", "attributes": {"size": 4}},
            "gone": {"role": "null", "attributes": {"size": 4}},
            "alone": {"attributes": {"size": 2}},
        }
    )
    pool = ["cell/small", "small", "alone", "conv1x1", "gone"]
    assert rows(split_names(pool, operations)) == [
        ("cell/unit", {"size": 1}),
        ("unit", {"size": 1}),
        ("alone", {"size": 2}),
        ("conv1x1", {"kernel": 1}),
        ("gone", {"size": 4}),
    ]
    assert rows(
        split_like(pool, ["middle", "large", "cell/large", "alone", "gone", "conv3x3"], operations)
    ) == [
        ("unit", {"size": 4}),
        ("unit", {"size": 9}),
        ("cell/unit", {"size": 9}),
        ("alone", {"size": 2}),
        ("gone", {"size": 4}),
        ("conv3x3", {}),
    ]
