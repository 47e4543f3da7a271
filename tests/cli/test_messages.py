"""Messages name options of the command, not parameters of Python."""

from pathlib import Path

import onnx
import pytest
from onnx import parser

from fgp_sklearn.cli import main

TABLES = {
    "sizes.csv": "net,accuracy\n16:40:56:24:40,1\n",
    "unknown.csv": "net,accuracy\nabc,1\nabd,2\n",
    "two forms.csv": "the net,other net,accuracy\n|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|,"
    "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|,1\n",
    "gap.csv": "net,accuracy,size\n16:40:56:24:40,1,5\n16:40:56:24:40,1,6\n16:40:56:24:40,1,large\n",
    "short.csv": "s1k,s1d,s2k,s2d,acc\n3,1,5,2,1\n3,2,3,1,2\n",
    "layers.csv": "stage1_k,stage2_k,stage1_layers,stage2_layers,acc\n1,2,3,4,\n3,2,1,4,6\n",
    "typo.csv": "stage1_kernel,stage2_kernel,stage3_kernal,acc\n1,2,3,\n3,2,1,6\n",
    "far.csv": "stage1_k,stage2_k,stage3_e,stage33_k,acc\n1,2,3,4,5\n3,2,1,4,6\n",
    "words.csv": "stage1_k,stage2_k,block1_e,block2_e,acc\n1,2,3,4,5\n3,2,1,4,6\n",
    "choices.csv": "stage1_k,stage2_k,resolution,ms,accuracy\n" + "".join(
        f"{k},{k % 3},{128 + 32 * (k % 2)},{10 * k},{'' if k > 5 else k}\n" for k in range(8)
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in TABLES.items():
        Path(name.replace(" ", "_")).write_text(text)
    model = parser.parse_model("""
        <ir_version: 10, opset_import: ["" : 20]>
        net (float[batch, 3, 12, w] image) => (float[batch, 3, h, v] out) { out = Relu (image) }""")
    onnx.save(model, "open.onnx")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("describe sizes.csv", "name it: --form nats-size"),
        ("describe unknown.csv", "Name the column and its form with --column and --form\n"),
        ("describe unknown.csv --form nats-size", "abc"),
        ("describe two_forms.csv", "name one: --column 'the net'"),
        ("describe gap.csv --form nats-size", "If it has no labels, remove the column"),
        ("describe far.csv", "columns 'stage33_k' stand beside a gap in the numbers of stages. Rename them "
         "if a number is mistyped\n"),
        ("describe words.csv", "rename those that do not number stages"),
        ("describe short.csv", "as 'stage1_kernel' and 'stage1_depth' (the number of blocks)\n"),
        ("describe layers.csv --depth layer", "no choice has the name --depth layer; did you mean 'layers'?"),
        ("rank choices.csv --labels acuracy", "no column 'acuracy'; did you mean 'accuracy'? Columns are"),
        ("rank choices.csv --labels Ms", "no column 'Ms'; did you mean 'ms'?"),
        ("rank choices.csv --shared resolutoin", "no column 'resolutoin'; did you mean 'resolution'?"),
        ("rank choices.csv --shared resolution,ms", "no column resolution,ms; repeat the option for each"),
        ("rank choices.csv typo.csv", "Architectures with and without labels belong in one table: leave the"),
        ("rank sizes.csv --column ent --form nats-size", "no column 'ent'; did you mean 'net'?"),
        ("rank sizes.csv --form nats-size --depth layers", "--depth belongs to tables with one column"),
        ("describe open.onnx", "give each: --dim w=224"),
        ("rank words.csv --labels acc", "rename those"),
        ("rank sizes.csv --form nats-size", "has 1 label, and at least 5 are needed"),
        ("rank choices.csv", "name one with --labels, and those that are choices with --shared"),
        ("rank sizes.csv --form nats-size --shared accuracy", "--shared belongs to tables with one column"),
    ],
)  # fmt: skip
def test_errors_name_options(capsys: pytest.CaptureFixture[str], line: str, message: str) -> None:
    assert main(line.split()) == 1
    err = capsys.readouterr().err
    assert message in err
    assert not any(f"{name}=" in err for name in ("form", "column", "stages", "metrics", "shared", "dims"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("layers.csv", "With --depth layers it becomes so many blocks, which usually ranks better\n"),
        ("typo.csv", "did you mean 'kernel'? Only choices of the same name are compared between stages. "
         "Rename the columns so that all stages have it\n"),
        ("layers.csv --depth layers", ""),
    ],
)  # fmt: skip
def test_warnings_name_options(capsys: pytest.CaptureFixture[str], line: str, message: str) -> None:
    assert main(["suggest", "-n", "1", *line.split()]) == 0
    err = capsys.readouterr().err
    assert err.endswith(message)
    assert bool(err) == bool(message)
    assert "depth=" not in err


def test_columns_that_may_be_choices_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rank", "choices.csv", "--labels", "accuracy"]) == 0
    assert capsys.readouterr().err == (
        "warning: choices.csv: columns are not read: 'resolution', 'ms'. For choices of whole architectures "
        "give --shared resolution. Not suggested: 'ms', because the name is that of a label.\n"
    )
    assert main(["rank", "choices.csv", "--labels", "accuracy", "--shared", "resolution"]) == 0
    err = capsys.readouterr().err
    assert "read: 'ms'. For choices of whole architectures give --shared COLUMN. Not suggested: 'ms'" in err
    options = ["--labels", "accuracy", "--shared", "resolution", "--shared", "ms"]
    assert main(["rank", "choices.csv", *options]) == 0
    assert capsys.readouterr().err == ""


def test_describe_names_columns_that_look_like_choices(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "choices.csv"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert out.endswith(
        "Warning: column 'resolution' is taken for labels, but it has 2 different values in 8 rows. If it is "
        "a choice of whole architectures: --shared resolution"
    )
    assert "stage1/block stage1/block" not in out
    assert "8 architectures of 4 nodes. 8 of them differ, and 8 compute different things." in out
    assert main(["describe", "choices.csv", "--shared", "resolution"]) == 0
    assert "Warning" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "same"),
    [
        (
            "--labels accuracy --shared resolution --shared ms",
            "--labels accuracy --shared resolution --shared ms",
        ),
        ("--labels accuracy --shared ms --shared resolution --view cost --top 3", "--view cost"),
    ],
)
def test_rank_ends_with_the_command_that_evaluates_it(
    capsys: pytest.CaptureFixture[str], options: str, same: str
) -> None:
    assert main(["rank", "choices.csv", *options.split()]) == 0
    command = capsys.readouterr().out.splitlines()[-1].removeprefix("How far to trust it: ")
    assert command.startswith("fgp-sklearn evaluate choices.csv ")
    assert same in command
    assert main([*command.split()[1:], "--repeats", "1"]) == 0
    assert "--top" not in command
