"""What the table says about names, against lists written by hand."""

from pathlib import Path

import pytest

from fgp_sklearn.operations import Operation, OperationTable, canonical, describe
from fgp_sklearn.operations._kinds import KINDS, LETTERS, PUBLISHED

NASBENCH201 = {
    "none": ["none", "None", "NONE", "Zero", "zeroize", "ZERO"],
    "skip_connect": [
        "skip_connect",
        "Identity",
        "SkipConnect",
        "skip-connect",
        "SKIP_CONNECT",
        "nn.Identity",
    ],
    "nor_conv_1x1": ["nor_conv_1x1", "ReLUConvBN1x1", "Nor-Conv-1x1", "NOR_CONV_1X1", "nor conv 1x1"],
    "nor_conv_3x3": ["nor_conv_3x3", "ReLUConvBN3x3", "NorConv3x3", "NOR_CONV_3X3", "nor_conv_k3"],
    "avg_pool_3x3": ["avg_pool_3x3", "AvgPool1x1", "AvgPool3x3", "avg-pool-3x3", "AVG_POOL_3X3"],
}


@pytest.mark.parametrize(("name", "spelling"), [(k, s) for k, found in NASBENCH201.items() for s in found])
def test_spellings_of_nasbench201(name, spelling):
    assert canonical(spelling) == name
    described, official = describe(spelling), describe(name)
    assert (described.kind, described.role, described.attributes) == (
        (official.kind, official.role, official.attributes)
    )


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("SepConv3x3", "sep_conv_3x3"),
        ("DilConv5x5", "dil_conv_5x5"),
        ("MaxPool1x1", "max_pool_3x3"),
        ("CONV3X3-BN-RELU", "conv3x3-bn-relu"),
        ("ConvBNReLU1x1", "conv1x1-bn-relu"),
        ("MAXPOOL3X3", "maxpool3x3"),
        ("MB3_K3", "mb3_k3"),
        ("MBConv_e6_k5", "mb6_k5"),
        ("torch.nn.Conv2d", "conv"),
        ("onnx::Conv", "conv"),
        ("AveragePool", "avg_pool"),
        ("GATConv", "gat"),
        ("SAGEConv", "sage"),
        ("GEMM", "linear"),
        ("C_{k-1}", "c_k-1"),
        ("Double-Channels", "double_channels"),
        ("IN", "input"),
    ],
)
def test_other_spellings(spelling, name):
    assert canonical(spelling) == name


@pytest.mark.parametrize("name", [name for names in PUBLISHED.values() for name in names])
def test_published_names_are_canonical_and_so_are_they_in_upper_case(name):
    assert canonical(name) == name == canonical(name.upper())


@pytest.mark.parametrize("key", [key for kind in KINDS for key in kind.spellings])
@pytest.mark.parametrize("kernel", ["3", "7"])
def test_canonical_names_are_their_own_and_mean_the_same(key, kernel):
    first = canonical(key.replace("#", kernel))
    assert canonical(first) == first
    assert describe(first).kind == describe(key.replace("#", kernel)).kind
    assert describe(first).attributes == describe(key.replace("#", kernel)).attributes


@pytest.mark.parametrize(
    "name", ["0", "12", "my_op", "", "op1", "conv64", "input1", "c_k-3", "conv3x3x3", "e4k3", "é3", "a" * 999]
)
def test_names_that_the_table_lacks_stay(name):
    assert canonical(name) == name
    assert describe(name).role == "compute"


@pytest.mark.parametrize(
    ("name", "kind", "attributes"),
    [
        ("nor_conv_3x3", "conv", {"kernel": 3}),
        ("conv_1x7", "conv", {"kernel_height": 1, "kernel_width": 7}),
        ("conv13x13", "conv", {"kernel": 13}),
        ("conv3", "conv", {"kernel": 3}),
        ("k5_e6", "block", {"kernel": 5, "expansion": 6}),
        ("e4k3", "block", {"kernel": 3, "expansion": 4}),
        ("mb6_k5", "mbconv", {"kernel": 5, "expansion": 6}),
        ("mb3_3x3", "mbconv", {"kernel": 3, "expansion": 3}),
        ("h8_m4", "block", {"heads": 8, "mlp_ratio": 4}),
        ("block_h8_m4", "block", {"heads": 8, "mlp_ratio": 4}),
        ("stage2", "stage", {"stage": 2}),
        ("MBConv_e6_k3_c24", "mbconv", {"kernel": 3, "expansion": 6, "width": 24}),
        (
            "ir_k3_e6_s2_c40_se0.25",
            "mbconv",
            {"kernel": 3, "expansion": 6, "stride": 2, "width": 40, "se_ratio": 0.25},
        ),
        ("foo_q3_k=5", "foo", {"q": 3, "kernel": 5}),
        ("stride2_double_channels", "module", {"stride": 2, "width_factor": 2}),
        ("efficientnet-b0", "efficientnet", {"b": 0}),
        ("net_bits8", "net", {"bits": 8}),
        ("conv_b8", "conv", {"bits": 8}),
        ("mb6x6", "mb6x6", {}),
        ("mb_6x6", "mbconv", {"kernel": 6}),
        ("MBConv3x3", "mbconv", {"kernel": 3}),
        ("my_op", "my_op", {}),
        ("conv_k3_k5", "conv_k3_k5", {}),
        ("relu6", "relu6", {}),
        ("3", "3", {}),
    ],
)
def test_numbers_inside_names(name, kind, attributes):
    described = describe(name)
    assert (described.kind, described.attributes) == (kind, attributes)


WORDS = [spelling for kind in KINDS for key, others in kind.spellings.items() for spelling in (key, *others)]
NUMBERS = [
    "",
    "_k3",
    "_k5",
    "_k3.5",
    "_h4",
    "_h8",
    "_d2",
    "_c64",
    "_q7",
    "_k3_s2",
    "_s2_k3",
    "_1x7",
    "_3x3",
    "4",
]


@pytest.mark.parametrize("word", [*WORDS, "GATConv", "GCNConv", "SAGEConv", "ARMAConv", "my_op"])
def test_canonical_names_keep_all_numbers(word):
    word = word.replace("_#x#", "").replace("#x#", "")
    names = [word + number for number in [*NUMBERS, *(f"_{letters}6" for letters in LETTERS)]]
    meanings = {}
    for name in names:
        described, first = describe(name), canonical(name)
        official = describe(first)
        assert canonical(first) == first
        if described.kind != name:  # a name that the table cannot read is its own kind
            assert (official.kind, official.attributes) == (described.kind, described.attributes), name
        meanings.setdefault(first, []).append((described.kind, described.attributes))
    assert all(meaning == found[0] for found in meanings.values() for meaning in found)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gat_h4", "gat_h4"),
        ("GATConv_heads8", "gat_h8"),
        ("fc64", "fc_c64"),
        ("graph_conv_k3", "graph_k3"),
        ("conv_k3.5", "conv_k3.5"),
    ],
)
def test_canonical_names_of_published_kinds_with_numbers(name, expected):
    assert canonical(name) == expected


def test_roles():
    roles = {
        "Zero": "null",
        "Identity": "identity",
        "in": "input",
        "c_k-2": "input",
        "OUT": "output",
        "x": "compute",
    }
    assert {name: describe(name).role for name in roles} == roles


def test_names_that_are_no_inputs_have_no_kind_of_inputs():
    kinds = {kind.name for kind in KINDS if kind.role == "input"}
    for name in ("input_1", "input_2", "input1", "input_0"):
        assert describe(name).role == "compute"
        assert describe(name).kind not in kinds


@pytest.mark.parametrize("name", [5, None, ["conv"], b"conv", 0.5, True])
@pytest.mark.parametrize("ask", [describe, canonical, OperationTable().role])
def test_a_name_that_is_no_text_is_an_error(ask, name):
    with pytest.raises(TypeError, match="the name of an operation must be text, got "):
        ask(name)


def test_the_guide_has_every_kind():
    guide = (Path(__file__).parents[2] / "docs" / "guide" / "operations.md").read_text(encoding="utf-8")
    assert not [kind.name for kind in KINDS if f"`{kind.name}`" not in guide]


def test_a_change_of_what_is_returned_changes_nothing_else():
    describe("conv3x3").attributes["kernel"] = 99
    assert describe("conv3x3").attributes == {"kernel": 3}


def test_a_table_of_the_user_wins():
    table = OperationTable(
        {
            "conv3x3": {"role": "null"},
            "blk": Operation("any", "mbconv", attributes={"kernel": 5}),
            7: {"kind": "pool"},
            "stem": {"role": "input"},
            "in": {"kind": "inception"},
        }
    )
    assert table.role("conv3x3") == "null"
    assert table.role("conv5x5") == "compute"
    assert table.describe("blk") == Operation("blk", "mbconv", attributes={"kernel": 5})
    assert table.describe("7").kind == "pool"
    assert (table.canonical("stem"), table.canonical("conv3x3")) == ("input", "conv3x3")
    assert describe(table.canonical("in")).role == "compute"
    assert table.names_of("null") == {"none", "conv3x3"}
    assert table.names_of("identity") == {"skip_connect", "skip", "identity"}
    assert hash(table) == hash(OperationTable(table.given))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([("a", {})], "operations must be a mapping"),
        ({"a": 3}, "operation 'a' must be an Operation, or a mapping"),
        ({"a": {"roel": "null"}}, "operation 'a' has a key 'roel'"),
        ({"a": {"role": "nil"}}, "role of operation 'a' must be one of 'null', 'identity'"),
        ({"a": {"attributes": {"kernel": float("nan")}}}, "attribute 'kernel' of operation 'a' is nan"),
        ({"a": {"attributes": {"kernel": "3"}}}, "attribute 'kernel' of operation 'a' is '3'"),
        ({"a": {"attributes": [3]}}, "attributes of operation 'a' must be a mapping"),
        ({"a": {"attributes": {3: 3}}}, "operation 'a' has an attribute named 3"),
        ({"a": {"kind": ""}}, "kind of an operation must be text"),
        ({0.5: {}}, "operations must have text or integers as names, got 0.5"),
    ],
)
def test_a_malformed_table_is_an_error(given, message):
    with pytest.raises(ValueError, match=message):
        OperationTable(given)
