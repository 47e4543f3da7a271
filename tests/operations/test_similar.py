import pytest

from fgp_sklearn.operations import OperationTable
from fgp_sklearn.operations._similar import similar_operation

KNOWN = ["input", "output", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3", "skip_connect"]


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("conv3x3-bn-relu", "nor_conv_3x3"),
        ("sep_conv_5x5", "nor_conv_3x3"),
        ("conv1x1", "nor_conv_1x1"),
        ("maxpool3x3", "avg_pool_3x3"),
        ("c_k-1", "input"),
        ("gcn", None),
        ("mbconv_k3_e6", None),
        ("normal/conv3x3", None),
    ],
)
def test_kind_and_kernel_decide(name, like):
    assert similar_operation(name, KNOWN, OperationTable()) == like


def test_the_same_kind_is_nearer_than_the_same_kernel_of_another_kind():
    known = ["sep_conv_3x3", "sep_conv_7x7", "conv3x3"]
    assert similar_operation("sep_conv_3x3", known[1:], OperationTable()) == "conv3x3"
    assert similar_operation("sep_conv_5x5", known, OperationTable()) == "sep_conv_7x7"


def test_the_order_of_known_operations_has_no_effect():
    known = ["avg_pool_3x3", "max_pool_3x3"]
    table = OperationTable()
    assert similar_operation("pool_3x3", known, table) == similar_operation("pool_3x3", known[::-1], table)


def test_a_description_of_the_user_counts():
    table = OperationTable({"my_mix": {"kind": "conv", "attributes": {"kernel": 3}}})
    assert similar_operation("my_mix", KNOWN, table) == "nor_conv_3x3"
    assert similar_operation("my_mix", KNOWN, OperationTable()) is None
