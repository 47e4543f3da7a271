"""Tables with one column per choice, compared with a reader that goes cell by cell."""

from __future__ import annotations

import io
import re
import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fgp_sklearn.architectures import ArchitectureError, as_batch, from_frame, from_text, to_frame
from fgp_sklearn.datasets import nasbench201_space

Row = dict[str, Any]


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[Any]]:
    """Columns of up to three stages with some choices each, and shared ones; some values are missing."""
    n = draw(st.integers(1, 5))

    def column(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(st.one_of(st.none(), values), min_size=n, max_size=n))

    strategies = {
        "kernel": st.sampled_from([3.0, 5.0, 7.5]),
        "act": st.sampled_from(["relu", "gelu", ""]),
        "depth": st.integers(0, 3),
        "op": st.sampled_from(["mbconv", "conv"]),
        "se": st.booleans(),
    }
    table = {}
    for stage in range(1, draw(st.integers(1, 3)) + 1):
        for choice in draw(st.sets(st.sampled_from(sorted(strategies)), min_size=1)):
            table[f"stage{stage}_{choice}"] = column(strategies[choice])
    if draw(st.booleans()):
        table["res"] = column(st.integers(1, 9))
    return table


def read_slowly(table: dict[str, list[Any]]) -> Any:
    """One list of (operation, attributes) per row."""
    n = len(next(iter(table.values())))
    n_stages = max(int(name[5]) for name in table if name.startswith("stage"))
    acts = {v for name, column in table.items() if name.endswith("_act") for v in column if v is not None}
    chains = []
    for row in range(n):
        shared = {"res": float(table["res"][row])} if table.get("res", [None] * n)[row] is not None else {}
        nodes: list[tuple[str, Row]] = [("input", shared)]
        for stage in range(1, n_stages + 1):
            own = {
                name.split("_")[1]: column[row]
                for name, column in table.items()
                if name.startswith(f"stage{stage}_") and column[row] is not None
            }
            if not own:
                continue
            op, depth = own.pop("op", "block"), own.pop("depth", 1)
            act = own.pop("act", None)
            one_hot = {} if act is None else {f"act={a}": float(a == act) for a in acts}
            numbers = {name: float(value) for name, value in own.items()}
            nodes += [(op, {"stage": float(stage), **numbers, **one_hot, **shared})] * depth
        chains.append([*nodes, ("output", {})])
    return chains


PARTIAL = pytest.mark.filterwarnings("ignore:.*is a choice of . of . stages only")
MISSING = pytest.mark.filterwarnings("ignore:values are missing")


@PARTIAL
@MISSING
@given(tables())
def test_reads_as_a_reader_that_goes_cell_by_cell(table: dict[str, list[Any]]) -> None:
    shared = ["res"] if "res" in table else []
    batch = from_frame(table, shared=shared, stage_ops=False)
    pairs = [
        (np.eye(len(nodes), k=1, dtype=int), [{"op": op, **own} for op, own in nodes])
        for nodes in read_slowly(table)
    ]
    names = {name for _, nodes in pairs for node in nodes for name in node} - {"op"}
    pairs = [(matrix, [dict.fromkeys(names) | node for node in nodes]) for matrix, nodes in pairs]
    assert batch == as_batch(pairs, attributes=names)
    marked = from_frame(table, shared=shared)
    stages = np.nan_to_num(batch.attributes["stage"]).astype(int).tolist()
    assert [marked.vocabulary[op] for op in marked.ops] == [
        f"stage{stage}/{batch.vocabulary[op]}" if stage else batch.vocabulary[op]
        for stage, op in zip(stages, batch.ops, strict=True)
    ]
    frame = pd.DataFrame(table)
    pa = pytest.importorskip("pyarrow")
    for other in (frame, frame.convert_dtypes(), pl.DataFrame(table), pa.table(table)):
        assert from_frame(other, shared=shared) == marked


@PARTIAL
@MISSING
@given(tables(), st.sampled_from(["pandas", "polars", "dict"]))
def test_tables_are_read_again(table: dict[str, list[Any]], library: str) -> None:
    shared = ["res"] if "res" in table else []
    batch = from_frame(table, shared=shared)
    if not (batch.n_nodes > 2).any():
        with pytest.raises(ArchitectureError, match="no architecture has blocks"):
            to_frame(batch, library=library)
        return
    written = to_frame(batch, library=library)
    has_shared = "res" in (written if library == "dict" else written.columns)
    again = {"shared": ["res"] if has_shared else []}
    assert from_frame(written, **again) == batch
    plain = from_frame(table, shared=shared, stage_ops=False)
    assert from_frame(to_frame(plain, library=library), **again, stage_ops=False) == plain


STAGES = {"s1_k": [3, 5], "s1_e": [6, 4], "s2_k": [7, 7], "s2_e": [3, 3]}


def test_ways_to_name_stages() -> None:
    expected = from_frame(STAGES)
    assert (
        from_frame({**STAGES, "top1_accuracy": [1, 2]}, stages=[["s1_k", "s1_e"], ["s2_k", "s2_e"]])
        == expected
    )
    renamed = {"k1": [3, 5], "e1": [6, 4], "k_2": [7, 7], "e_2": [3, 3]}
    assert from_frame(renamed, stages=[["k1", "e1"], ["k_2", "e_2"]]) == expected
    by_name = {"a": {"k": "k1", "e": "e1"}, "b": {"k": "k_2", "e": "e_2"}}
    assert (
        from_frame(renamed, stages=by_name) == from_frame(renamed, stages=list(by_name.values())) == expected
    )
    for spelling in ("stage 1 k", "stage_1.k", "Stage-1-k"):
        stretched = {
            spelling.replace("1", n).replace("k", c): STAGES[f"s{n}_{c}"] for n in "12" for c in "ke"
        }
        assert from_frame(stretched) == expected
    ten = {f"layer{i}_k": [i] for i in (10, 9, 11)}
    np.testing.assert_array_equal(from_frame(ten).attributes["k"][1:-1], [9, 10, 11])


def test_depth_and_operation_may_have_other_names() -> None:
    table = {"s1_blocks": [2], "s1_type": ["conv"], "s2_blocks": [1], "s2_type": [7]}
    message = (
        "architecture 0: column 's1_type' has 'conv', but the same choice has numbers in 's2_type'; give"
    )
    with pytest.raises(ArchitectureError, match=message):
        from_frame(table, depth="blocks", op_attr="type")
    table["s2_type"] = ["pool"]
    assert from_frame(table, depth="blocks", op_attr="type", stage_ops=False)[0].ops == (
        "input",
        "conv",
        "conv",
        "pool",
        "output",
    )
    assert from_frame({"s1_depth": [2]}, depth=None).attributes["depth"].tolist()[1:-1] == [2]
    assert from_frame({"s1_op": [3], "s2_op": [4]})[0].ops == ("input", "stage1/3", "stage2/4", "output")


def stage_columns(**renamed: str) -> dict[str, list[int]]:
    """Five stages with a kernel and a number of blocks."""
    names = [f"stage{i}_{choice}" for i in range(1, 6) for choice in ("kernel", "depth")]
    return {renamed.get(name, name): [1, 2, 3 + place % 3] for place, name in enumerate(names)}


def test_choice_of_some_stages_only_is_named() -> None:
    message = "'kernal' (column 'stage3_kernal') is a choice of 1 of 5 stages only; did you mean 'kernel'?"
    with pytest.warns(UserWarning, match=re.escape(message)):
        from_frame(stage_columns(stage3_kernel="stage3_kernal"))
    several = stage_columns(stage3_kernel="stage3_se", stage4_kernel="stage4_se")
    message = "'se' (columns 'stage3_se', 'stage4_se') is a choice of 2 of 5 stages only; 'kernel'"
    with pytest.warns(UserWarning, match=re.escape(message)):
        from_frame(several)
    named = [{name.partition("_")[2]: name for name in several if f"e{i}_" in name} for i in range(1, 6)]
    assert from_frame(several, stages=named).attribute_names == ("kernel", "se", "stage")  # without a warning
    from_frame({"stage1_kernel": [3], "stage2_kernel": [5], "stage2_depth": [2]})  # others have one block


def test_columns_in_lists_need_one_name_per_choice() -> None:
    table = {f"s{i}{choice}": [3, 5] for i in range(1, 6) for choice in "ked"}
    with pytest.warns(UserWarning, match="'s1k'.* of 1 of 5 .*; and so are 12 others. Only choices of"):
        from_frame(table, stages=[[f"s{i}{choice}" for choice in "ked"] for i in range(1, 6)])


@pytest.mark.parametrize("name", ["layers", "n_blocks", "num_layers", "d", "repeats"])
def test_number_of_blocks_with_another_name_is_named(name: str) -> None:
    table = stage_columns(**{f"stage{i}_depth": f"stage{i}_{name}" for i in range(1, 6)})
    with pytest.warns(UserWarning, match=f"'{name}' reads as the number of blocks.* With depth='{name}' it"):
        from_frame(table)
    assert from_frame(table, depth=name) == from_frame(stage_columns())
    assert set(from_frame(table, depth=None).n_nodes) == {7}  # without a warning
    from_frame({column: [0.5, 1, 2] if name in column else own for column, own in table.items()})


def test_error_shows_how_to_name_choices_and_depth() -> None:
    with pytest.raises(ArchitectureError) as error:
        from_frame({"k1": [3], "d1": [2], "k2": [3], "d2": [2]})
    stages = [{"kernel": "k1", "depth": "d1"}, {"kernel": "k2", "depth": "d2"}]
    assert f"stages={stages}" in str(error.value)
    assert "depth='d'" in str(error.value)
    with pytest.raises(ArchitectureError, match="no choice has the name depth='layer'; choices are 'k', 'e'"):
        from_frame(STAGES, depth="layer")


def test_index_becomes_names() -> None:
    frame = pd.DataFrame(STAGES)
    assert from_frame(frame).names is None
    named = from_frame(frame.set_axis(["small", "large"], axis=0))
    assert list(named.names) == ["small", "large"]
    assert named[1].name == "large"
    assert list(from_frame(frame[frame["s1_k"] > 3]).names) == ["1"]
    assert list(from_frame(frame.iloc[1:]).names) == ["1"]
    assert from_frame(pl.DataFrame(STAGES)).names is None


def test_columns_that_are_not_read_are_named() -> None:
    with pytest.warns(UserWarning, match=r"read: 'accuracy'\. For .* give shared=\[\.\.\.\]; drop labels"):
        from_frame({**STAGES, "accuracy": [1, 2]})


def test_the_first_warning_has_the_argument_for_what_looks_like_choices() -> None:
    others = {
        "resolution": [128, 128, 192, 192],
        "device": list("aabb"),
        "width": [0.5, 1.4, 0.5, 0.75],
        "accuracy": [0.5, 0.5, 0.7, 0.7],
        "epochs": [1, 2, 3, 4],
        "notes": [["a list"], ["a list"], ["another"], ["another"]],
        "part": [1, 1, None, None],
    }
    table = {f"stage{i}_layers": [1, 2, 3, 4] for i in (1, 2)} | others
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        from_frame(table)
    first, depth = (str(warning.message) for warning in caught)
    assert first == (
        f"columns are not read: {str(list(others))[1:-1]}. For choices of whole architectures give "
        "shared=['resolution', 'device', 'width']; drop labels and others from the frame. Not suggested: "
        "'accuracy', because the name is that of a label; 'epochs', because almost every row has "
        "another value; 'notes', because there are values that are neither numbers nor text; 'part', because "
        "rows lack a value."
    )
    assert "reads as the number of blocks" in depth


@pytest.mark.parametrize(("n_values", "is_suggested"), [(10, True), (40, True), (60, False)])
def test_a_choice_of_many_numbers_is_suggested_or_named(n_values: int, is_suggested: bool) -> None:
    width = [0.5 + 0.9 * (row % n_values) / n_values for row in range(80)]
    frame = {"stage1_kernel": [3, 5] * 40, "resolution": [160, 224] * 40, "width": width}
    if is_suggested:
        with pytest.warns(UserWarning, match=re.escape("give shared=['resolution', 'width']; drop")):
            from_frame(frame)
    else:
        with pytest.warns(UserWarning, match="Not suggested: 'width', because almost every row has another"):
            from_frame(frame)


def with_blocks(n: int = 24) -> pd.DataFrame:
    """Two stages of up to three blocks with a kernel for each, an operation, and a resolution."""
    rng = np.random.default_rng(0)
    columns: Row = {"resolution": rng.choice([160.0, 224.0], n)}
    for stage in ("stage1", "stage2"):
        depth = columns[f"{stage}_depth"] = np.arange(n) % 4.0
        columns[f"{stage}_op"] = rng.permutation(["conv", "pool"] * (n // 2))
        kernel = np.where(columns[f"{stage}_op"] == "pool", np.nan, rng.choice([3.0, 5.0], n))
        for block in (1, 2, 3):
            columns[f"{stage}_kernel{block}"] = np.where(depth < block, np.nan, kernel)
    return pd.DataFrame(columns)


def test_values_that_are_missing_by_mistake_are_named() -> None:
    frame = with_blocks()
    at = frame.index[(frame["stage2_op"] == "conv") & (frame["stage2_depth"] == 3)][1]
    frame.loc[[5, 6, 9], "stage1_depth"] = np.nan
    frame.loc[at, "stage2_kernel2"] = np.nan
    frame.loc[2, "resolution"] = np.nan
    with pytest.warns(UserWarning, match="values are missing") as caught:
        from_frame(frame, shared=["resolution"])
    assert [str(warning.message).partition(" Fill")[0] for warning in caught] == [
        "values are missing where architectures have blocks: column 'stage1_depth' has 3 of them, the first "
        f"at architecture 5; column 'stage2_kernel2' has 1 of them, the first at architecture {at}; column "
        "'resolution' has 1 of them, the first at architecture 2. A missing number of blocks is read as 1."
    ]
    few = {"stage1_act": ["relu", "gelu"] * 10 + [None], "stage1_kernel": [3, 5, 7] * 7}
    with pytest.warns(UserWarning, match="'stage1_act' has 1 of them, the first at architecture 20"):
        from_frame(few)


def test_values_that_another_choice_rules_out_are_not_missing() -> None:
    frame = with_blocks()
    assert frame.isna().sum().sum() > len(frame)
    from_frame(frame, shared=["resolution"])  # blocks beyond the depth, and kernels of pools
    stage = [name for name in frame if name.startswith("stage2_")]
    frame[stage] = frame[stage].astype(object)
    frame.loc[[3, 7], stage] = None  # a stage that is left out
    frame["stage2_width"] = np.nan  # a choice without values
    frame["stage1_width"] = np.nan
    from_frame(frame, shared=["resolution"])
    for row in range(4):
        from_frame(frame.iloc[row : row + 1], shared=["resolution"])
    optional = ["relu", None, "gelu", None] * 5
    from_frame({"stage1_act": optional, "stage1_kernel": [3, 5, 7, 9, 11] * 4})  # a text that may be absent


def test_a_mistyped_word_before_the_number_is_named() -> None:
    table = stage_columns(stage3_kernel="stgae3_kernel")
    with pytest.raises(
        ArchitectureError, match=r"did you mean 'stage' in 'stgae3_kernel'\? Otherwise say which"
    ):
        from_frame(table)
    table["resolution"] = [160, 160, 224]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        from_frame(table, stages="stage")
    assert [str(warning.message).partition(". ")[0] for warning in caught][:2] == [
        "columns may be mistyped and are not read: 'stgae3_kernel' (did you mean 'stage3_kernel'?)",
        "columns are not read: 'resolution'",
    ]


def test_a_gap_in_the_numbers_of_stages_is_named() -> None:
    with pytest.warns(UserWarning, match="gap in the numbers") as caught:
        from_frame(stage_columns(stage3_kernel="stage33_kernel"))
    assert [str(warning.message) for warning in caught] == [
        "columns 'stage33_kernel' stand beside a gap in the numbers of stages. Rename them if a number is "
        "mistyped; otherwise give the columns of each stage with stages="
    ]
    from_frame({"layer2_k": [1], "layer4_k": [2], "layer6_k": [3]})  # no warning: every other layer
    from_frame({"s1_k": [1], "s2_k": [2], "s4_k": [3]}, stages=[["s1_k"], ["s2_k"], ["s4_k"]])


@pytest.mark.parametrize(
    ("table", "arguments", "problem"),
    [
        ({"accuracy": [1]}, {}, "no column is named as 'stage2_kernel'"),
        ({**STAGES, "top5_acc": [1, 1]}, {}, "'s', 'top'; say which numbers stages: stages='s'"),
        (STAGES, {"stages": "t"}, "no column is named as 't2_kernel'"),
        (STAGES, {"stages": [["s1_k"], ["s3_k"]]}, "there is no column 's3_k'"),
        (STAGES, {"stages": ["s1_k"]}, "stage 1 must be a list of columns, got 's1_k'; wrap it"),
        (STAGES, {"stages": [["s1_k", "s2_k"]]}, "differ in numbers only"),
        (STAGES, {"stages": []}, "stages must be a list"),
        (STAGES, {"shared": "res"}, "shared must be a list of columns"),
        (STAGES, {"shared": ["res"]}, "there is no column 'res'"),
        ({"s1_k": [1], "s1.k": [1]}, {}, "mean the same"),
        ({"s1_stage": [1]}, {}, "is the attribute with the number of the stage"),
        ({"s1_k": [1], "k": [1]}, {"shared": ["k"]}, "'k' is a choice of stages and shared"),
        ({"s1_k": [1, "a"]}, {}, "architecture 1: column 's1_k' has 'a', and mostly numbers elsewhere; give"),
        ({"s1_k": ["a", 1, None, "b"]}, {}, "architecture 1: column 's1_k' has 1, and mostly text elsewhere"),
        ({"s1_k": [1, np.inf]}, {}, "architecture 1: column 's1_k' has inf; give finite numbers or text"),
        ({"s1_k": [1, []]}, {}, "architecture 1: column 's1_k' has []"),
        ({"s1_k": [1], "s2_k": ["a"]}, {}, "column 's2_k' has 'a', but the same choice has numbers in 's1"),
        ({"s1_k": [1], "s2_k": ["a"], "s3_k": ["b"]}, {}, "'s1_k' has 1.0, but the same choice has text in"),
        ({"s1_k": [1], "s2_k": [1, 2]}, {}, "columns differ in length: 1, 2"),
        ({"s1_k": []}, {}, "0 sample"),
        ({"s1_depth": [1, -1]}, {}, "architecture 1: choice 'depth' of stage 1 has -1 blocks"),
        ({"s1_depth": [1e9]}, {}, "has 1e+09 blocks"),
        ({"s1_depth": ["a"]}, {}, "'depth' is a number of blocks, but column 's1_depth' has the text 'a'"),
        ({"s1_depth": ["1", "two"]}, {}, "architecture 1: 'depth' is a number of blocks, but column"),
    ],
)  # fmt: skip
def test_messages(table: Any, arguments: Any, problem: str) -> None:
    with pytest.raises(ArchitectureError, match=re.escape(problem)):
        from_frame(table, **arguments)


@pytest.mark.parametrize("choice", ["kernel", "depth"])
def test_a_word_among_numbers_is_named_as_pandas_reads_it(choice: str) -> None:
    column = f"stage2_{choice}"
    lines = ["stage1_kernel,stage1_depth,stage2_kernel,stage2_depth", *["3,1,5,2"] * 9]
    lines[5] = "3,1,five,2" if choice == "kernel" else "3,1,5,five"
    frame = pd.read_csv(io.StringIO("\n".join(lines)))
    message = (
        f"architecture 4: column '{column}' has 'five', and mostly numbers elsewhere; give a finite number"
    )
    for values in (frame[column], [int(v) if v.isdigit() else v for v in frame[column]]):
        with pytest.raises(ArchitectureError, match=message):
            from_frame(frame.assign(**{column: values}))


def test_as_batch_names_from_frame() -> None:
    with pytest.raises(ArchitectureError, match=r"architectures\.from_frame"):
        as_batch(pd.DataFrame(STAGES))
    for table in (pd.DataFrame(STAGES), STAGES, pd.DataFrame(STAGES).to_numpy()):
        with pytest.raises(
            ArchitectureError, match=r"architectures\.from_frame; in a pipeline, FrameTensorizer"
        ):
            as_batch(table)
    for X in (None, "x", [1]):
        with pytest.raises(ArchitectureError, match="a pandas or polars DataFrame"):
            from_frame(X)
    with pytest.raises(ArchitectureError, match="two columns of the same name"):
        from_frame(pd.DataFrame([[1, 2]], columns=["s1_k", "s1_k"]))


def test_other_chains_become_tables() -> None:
    sizes = from_text(["16:40:56:24:40", "8:8:8:8:64"], form="nats-size")
    table = to_frame(sizes)
    assert table["stage5_width"].tolist() == [40, 64]
    again = from_frame(table, stage_ops=False)
    np.testing.assert_array_equal(again.attributes["width"], sizes.attributes["width"])
    assert [one.ops for one in again] == [one.ops for one in sizes]
    networks = as_batch(["64-1234-basic", "64-123412-basic"])
    assert to_frame(networks, library="dict")["stage6_op"] == [None, "double_channels"]
    choices = as_batch([{"ks": [3, 5], "e": [6, 4], "d": [1, 1], "r": 192}])
    with pytest.raises(ArchitectureError, match="its input and its blocks differ in 'resolution'"):
        to_frame(choices)
    plain = as_batch(choices, attributes=["kernel", "expansion", "stage"])
    assert from_frame(to_frame(plain), stage_ops=False) == plain


def test_names_that_begin_with_a_stage_by_chance() -> None:
    line = np.eye(4, k=1, dtype=int)
    nodes = ["input", {"op": "stage1/conv", "stage": 1}, {"op": "conv", "stage": 1}, "output"]
    with pytest.raises(ArchitectureError, match="does not number stages of equal blocks"):
        to_frame(as_batch([(line, nodes)], attributes=["stage"]))
    nodes[2] = nodes[1]
    table = to_frame(as_batch([(line, nodes)], attributes=["stage"]), library="dict")
    assert table == {"stage1_op": ["conv"], "stage1_depth": [2]}


def test_what_a_table_cannot_hold() -> None:
    with pytest.raises(ArchitectureError, match="architecture 0: it is no chain"):
        to_frame(nasbench201_space()[:2])
    line = np.eye(3, k=1, dtype=int)
    for nodes, problem in [
        (["input", "conv", "pool"], "it is no chain from 'input' to 'output'"),
        (["input", {"op": "conv", "depth": 3}, "output"], "the attribute 'depth' is also what"),
        (["input", {"op": "conv", "stage": 1.5}, "output"], "does not number stages"),
        (["input", "conv", {"op": "output", "width": 3}], "whose output has no attributes"),
    ]:
        names = {name for node in nodes if isinstance(node, dict) for name in node} - {"op"}
        with pytest.raises(ArchitectureError, match=problem):
            to_frame(as_batch([(line, nodes)], attributes=names))
    with pytest.raises(ValueError, match="library must be"):
        to_frame(from_frame(STAGES), library="numpy")


STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=4),
    st.binary(),
    st.lists(st.none()),
)


@given(
    st.dictionaries(
        st.one_of(
            st.sampled_from(
                ["stage1_depth", "stage1_op", "stage2_kernel", "stage2_op", "s1_k", "res", "stage0_x"]
            ),
            st.text(max_size=12),
            st.integers(),
        ),
        st.lists(STRANGE, min_size=2, max_size=2),
        max_size=4,
    ),
    st.sampled_from([None, "stage", "", ["res"], [["res"]], [[1]], {}, {"a": {"k": "res"}}, 3]),
    st.sampled_from([(), ["res"], "res", [1], None]),
)
@pytest.mark.filterwarnings("ignore:columns are not read")
@PARTIAL
@MISSING
def test_malformed_tables_raise_one_kind_of_error(table: Any, stages: Any, shared: Any) -> None:
    try:
        batch = from_frame(table, stages=stages, shared=shared)
    except ArchitectureError as error:
        assert len(str(error)) < 1000
    else:
        assert len(batch) == 2


def test_names_of_columns_are_text() -> None:
    with pytest.raises(ArchitectureError, match="names that are no text: 0, 1; name them as 'stage2_kernel'"):
        from_frame(pd.DataFrame([[3, 5], [5, 7]]))
