import pytest

from fgp_sklearn.operations._end_of import end_of
from tests.what_computes import ROLES


@pytest.mark.parametrize(
    "op", ["input", "INPUT", "In", "in_", "in-put", " input ", "c_k-1", "c_k_2", "C_{k-1}", "c_{k-2}", "ck 2"]
)
def test_inputs_in_any_spelling(op):
    assert end_of(op) == "input"


@pytest.mark.parametrize("op", ["output", "Output", "OUT", "out put", "out-", "_out"])
def test_outputs_in_any_spelling(op):
    assert end_of(op) == "output"


@pytest.mark.parametrize("op", ["", "-", "conv3x3", "inn", "input1", "c_k", "c_k-3", "outer", "0", "none"])
def test_other_operations_have_no_role(op):
    assert end_of(op) is None


def test_the_twin_knows_the_same_roles():
    assert {op: end_of(op) for op in ROLES} == ROLES
