"""read_table on files that the tests write; pandas is the independent reader."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fgp_sklearn.architectures import ArchitectureError, from_frame, from_text
from fgp_sklearn.datasets import DataFileError, nasbench201_space, read_table

CELLS = [str(name) for name in nasbench201_space().names[[7, 9000, 15624, 3]]]
SIZES = ["16:40:56:24:40", "8:8:16:16:64"]
Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(content: str | bytes) -> Path:
        path = tmp_path / "table"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


FRAME = pd.DataFrame(
    {
        "name": ["a", "b\nc", 'd"e', "f"],
        "arch": CELLS,
        "acc": [93.5, np.nan, 91.0, np.nan],
        "ms": [1, 2, 4, 3],
    }
)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(("sep", "decimal"), [(",", "."), (";", ","), ("\t", ".")])
def test_csv_of_pandas(write: Write, end: str, encoding: str, sep: str, decimal: str) -> None:
    text = FRAME.to_csv(sep=sep, decimal=decimal, lineterminator=end)
    table = read_table(write(text.encode(encoding)))
    assert table.data == from_text(CELLS, form="nasbench201")
    np.testing.assert_array_equal(table.target, FRAME[["acc", "ms"]])
    assert table.target_names == ["acc", "ms"]
    assert table.names == list(FRAME["name"])
    assert table.columns == {
        "architecture": ["arch"], "metrics": ["acc", "ms"], "names": ["name"], "other": [""]
    }  # fmt: skip
    assert table.lines == [2, 3, 5, 6]  # the second record has a line break


def test_json_lines_and_parquet_are_the_same_table(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [
        {key: value for key, value in record.items() if value == value}
        for record in FRAME.to_dict(orient="records")
    ]
    tables = [read_table(write("\n\n".join(map(json.dumps, records)) + "\n"))]
    buffer = io.BytesIO()
    FRAME.to_parquet(buffer)
    path = write(buffer.getvalue())
    for library in ("pyarrow", "polars", "fastparquet"):
        monkeypatch.setattr(
            "fgp_sklearn.datasets._table_file.find_spec", lambda name, wanted=library: name == wanted or None
        )
        tables.append(read_table(path))
    for table in tables:
        assert table.data == from_text(CELLS, form="nasbench201")
        np.testing.assert_array_equal(table.target, FRAME[["acc", "ms"]])
        assert table.names == list(FRAME["name"])
    assert [table.lines for table in tables] == [[1, 3, 5, 7], *[[1, 2, 3, 4]] * 3]


def test_parquet_without_a_library_names_the_cure(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fgp_sklearn.datasets._table_file.find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pip install pyarrow"):
        read_table(write(b"PAR1"))


@pytest.mark.filterwarnings("ignore:'act' .* is a choice of 1 of 2 stages only")
@pytest.mark.filterwarnings("ignore:values are missing")
def test_choices_per_stage(write: Write) -> None:
    frame = pl.DataFrame(
        {
            "stage1_kernel": [3, 5, None], "stage1_act": ["relu", "swish", "relu"],
            "stage2_kernel": [5, 5, 7], "stage2_depth": [2, 1, 0], "resolution": [128, 160, 128],
            "latency": [1.5, None, 2.0],
        }
    )  # fmt: skip
    path = write(frame.write_csv())
    table = read_table(path, shared=["resolution"])
    assert table.data == from_frame(frame.drop("latency"), shared=["resolution"])
    assert list(table.metrics) == ["latency"]
    assert table.names == ["line 2", "line 3", "line 4"]
    table = read_table(path, target="latency")
    assert table.target.shape == (3,)
    assert list(table.metrics) == ["resolution", "latency"]
    stages = [["stage1_kernel"], ["stage2_kernel"]]
    with pytest.warns(UserWarning, match="not read: 'stage1_act'. Remove"):
        table = read_table(path, stages=stages, metrics=["latency", "resolution", "stage2_depth"])
    assert table.columns["other"] == ["stage1_act"]


def test_missing_values_are_named_by_line(write: Write) -> None:
    rows = [f"{3 + 2 * (i % 2)},{'' if i in (4, 7) else 1 + i % 3},7,{i}" for i in range(9)]
    path = write("\n".join(["stage1_kernel,stage1_depth,stage2_kernel,acc", *rows]))
    message = r"column 'stage1_depth' has 2 of them, the first at .*, line 6\. A missing number of blocks"
    with pytest.warns(UserWarning, match=message):
        assert read_table(path).data[4].ops.count("stage1/block") == 1


def test_a_form_that_must_be_named(write: Write) -> None:
    path = write("net,acc\n" + "".join(f"{size},{n}\n" for n, size in enumerate(SIZES, 5)))
    with pytest.raises(DataFileError, match="column 'net' could have the form 'nats-size'; name it: form="):
        read_table(path)
    X, y = read_table(path, form="nats-size", return_X_y=True)
    assert X == from_text(SIZES, form="nats-size")
    assert y.tolist() == [5, 6]
    digits = write("id,code,top1,top5\n3,01202120,70,90\n9,21202120,71,91\n")  # which could be numbers
    table = read_table(digits, form="nasbench-macro", target=["top5", "top1"])
    assert table.columns["architecture"] == ["code"]
    assert table.names == ["3", "9"]
    assert table.target.tolist() == [[90, 70], [91, 71]]


def test_graphs_and_dictionaries_in_json_lines(write: Write) -> None:
    graph = [[[0, 1], [0, 0]], ["conv", "pool"]]
    choices = {"ks": [3] * 20, "e": [3] * 20, "d": [2] * 5}
    lines = [{"net": net, "acc": acc} for net, acc in ((graph, 1), (choices, None), (CELLS[0], 2))]
    table = read_table(write("\n".join(map(json.dumps, lines))))
    assert table.data.n_nodes.tolist()[::2] == [2, 8]
    assert table.forms == ("nasbench201", "once-for-all")
    np.testing.assert_array_equal(table.target, [1, np.nan, 2])


def test_numbers_of_operations_in_json_lines_are_read(write: Write) -> None:
    matrix = [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    pairs = [
        [matrix, ["input", {"op": "conv", "kernel": kernel, "width": None}, "output"]] for kernel in (5, 3)
    ]
    pairs.append([matrix, ["input", {"op": "linear", "width": 7.5}, "output"]])
    cells = [*pairs, CELLS[0]]
    table = read_table(write("\n".join(json.dumps({"arch": cell, "acc": 1}) for cell in cells)))
    assert table.data.attribute_names == ("kernel", "width")
    np.testing.assert_array_equal(
        table.data.attribute_values[:9].T,
        [[np.nan, 5, np.nan, np.nan, 3, np.nan, np.nan, np.nan, np.nan], [np.nan] * 7 + [7.5, np.nan]],
    )
    wrong = [matrix, ["input", {"op": "conv", "kernel": "5"}, "output"]]
    with pytest.raises(ArchitectureError, match=r"table, line 2: .*'kernel' = '5'"):
        read_table(write("\n".join(json.dumps({"arch": cell}) for cell in (pairs[0], wrong))))


def test_frame(write: Write) -> None:
    table = read_table(write(FRAME.to_csv(index=False)), target="acc", as_frame=True)
    pd.testing.assert_series_equal(table.target, FRAME["acc"], check_index=False)
    assert table.frame["ms"].tolist() == [1, 2, 4, 3]


WRONG = {
    f"arch,acc\n{CELLS[0]},1\n\n{CELLS[1]}x,2\n": "table, line 4: its text is",
    f'name,arch,acc\n"a\n\nb",{CELLS[0]},1\nc,{CELLS[1]},9x\nd,{CELLS[2]},2': "line 5: column 'acc' has '9x'",
    f"arch,acc\n{CELLS[0]},1\n{CELLS[1]},inf\n{CELLS[2]},3": "line 3: column 'acc' has 'inf'",
    f"arch,acc\n{CELLS[0]},1\n{CELLS[1]},2,3\n": "line 3: it has 3 fields, but line 1 names 2 columns",
    f"arch,acc\n{CELLS[0]},1\n,2\n": "line 3: there is no architecture in column 'arch'",
    f"arch,acc, acc\n{CELLS[0]},1,2\n": "line 1: several columns have the name 'acc'",
    f'arch,acc\n{CELLS[0]},1\n"{CELLS[0]},1\n': "line 3: it is no CSV",
    f"arch,acc\n{CELLS[0]},1\n{'x' * 200_000},2\n": "line 3: it is no CSV",
    f"arch,acc\n{CELLS[0]},1\n".encode() + b"\xff\xfe,2\n": "line 3: it is no text in UTF-8",
    f"{CELLS[0]},1\n{CELLS[1]},2\n": "put a line with names of columns above it",
    f"arch,cell,acc\n{CELLS[0]},{CELLS[1]},2\n": "several columns hold architectures, 'arch', 'cell'",
    "net,cifar10_acc,cifar100_acc\nresnet,1,2\n": "no column holds architectures in a form that is known",
    "stage1_kernel,stage2_kernel,ms\n3,5,1\n3,,2\n3,x,3\n5,3,2\n": "line 4: column 'stage2_kernel' has 'x'",
    "stage1_depth,stage2_depth,ms\n3,5,1\n3,-4,2\n": "line 3: choice 'depth' of stage 2 has -4 blocks",
    "stage1_k,stage2_k,cell1_k,cell2_k\n3,5,1,1\n": "begin with 'stage', 'cell'; say which",
    "": "the table has no rows",
    "arch,acc\n": "the table has no rows",
    f'{{"arch": "{CELLS[0]}", "acc": 1}}\n\n{{"arch": "{CELLS[1]}", "acc": [2]}}': "line 3: column 'acc' has",
    f'{{"arch": "{CELLS[0]}"}}\n{{"arch": "{CELLS[0]}"\n': "line 2: it is no JSON",
    '{"a": 1, "a": 2}': "line 1: it cannot be read .it has 'a' twice",
    '{"a": 1}\n' + '{"a":' * 100_000: "line 2: it ",
    '{"a": ' + "9" * 5000 + "}": "line 1: it cannot be read",
    "[1, 2]": "line 1: it is .1, 2.; write one object per line",
    "\n".join(f'{{"{i}": 1}}' for i in range(1000)): "1,000 lines have 1,000 different names",
    b"PAR1 and no more": "pyarrow cannot read it",
}


@pytest.mark.parametrize("content", WRONG, ids=WRONG.values())
def test_wrong_files_are_named_by_line(write: Write, content: str | bytes) -> None:
    with pytest.raises((ArchitectureError, DataFileError), match=WRONG[content]) as caught:
        read_table(write(content))
    assert len(str(caught.value)) < 600 + len(str(write(""))) * 2


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"column": "cell"}, "no column 'cell'; columns are 'name', 'arch', 'acc', 'ms'"),
        ({"target": "accuracy"}, "no column 'accuracy'"),
        ({"target": "name"}, "line 2: column 'name' has 'a'"),
        ({"form": "nats-size", "column": "arch"}, "line 2: .*It could have the form 'nasbench201'"),
        (
            {"column": "name"},
            "line 2: 'a' in column 'name' has none of the forms that are known: 'nasbench101',",
        ),
        ({"form": "nats-size"}, "no column has architectures in the form 'nats-size'"),
        ({"stages": "stage"}, "no column is named as 'stage2_kernel'"),
        ({"stages": "stage", "form": "darts"}, "not both"),
    ],
)
def test_wrong_parameters(write: Write, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_table(write(FRAME.to_csv(index=False)), **parameters)


SOUND = {
    "csv": FRAME.to_csv(index=False).encode(),
    "json": FRAME.to_json(orient="records", lines=True).encode(),
}


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(list(SOUND)),
    st.integers(0, len(SOUND["csv"]) - 1),
    st.integers(0, 3),
    st.binary(max_size=3),
)
def test_damaged_files_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, kind: str, start: int, length: int, put: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(SOUND[kind][:start] + put + SOUND[kind][start + length :])
    try:
        assert len(read_table(path, column="arch", metrics=["acc"]).data) <= len(CELLS) + 1
    except (ArchitectureError, DataFileError) as error:
        assert str(path) in str(error)
    except UserWarning:
        pass
