"""The command on folders and lists of ONNX files."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import parser

from fgp_sklearn import FlowGaussianProcessRegressor
from fgp_sklearn.architectures import from_onnx
from fgp_sklearn.cli import main

WIDTHS = [(width, kernel) for width in (2, 3, 4, 6, 8, 12) for kernel in (1, 3, 5)]
COSTS = np.array([3.0 * width * kernel**2 + 10 * width for width, kernel in WIDTHS])
KNOWN = np.arange(len(WIDTHS)) % 3 > 0


def write_models(folder: Path) -> list[str]:
    """Two convolutions each; names of the files in the order of the folder."""
    folder.mkdir()
    names = []
    for number, (width, kernel) in enumerate(WIDTHS):
        first, last = (", ".join(["0.5"] * n) for n in (width * 3 * kernel**2, width))
        text = f"""
            <ir_version: 10, opset_import: ["" : 20]>
            net (float[batch, 3, 12, 12] image) => (float[batch, 1, h, w] out)
            <float[{width}, 3, {kernel}, {kernel}] first = {{{first}}},
             float[1, {width}, 1, 1] last = {{{last}}}>
            {{
                a = Conv (image, first)
                r = Relu (a)
                out = Conv (r, last)
            }}"""
        names.append(f"net{number:02}")
        onnx.save(parser.parse_model(text), folder / f"{names[-1]}.onnx")
    return names


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    names = write_models(tmp_path / "nets")
    rows = zip(names, COSTS.tolist(), KNOWN, strict=True)
    lines = [
        f"nets/{name}.onnx,{n},{cost if known else ''},{-cost}" for n, (name, cost, known) in enumerate(rows)
    ]
    Path("labels.csv").write_text("\n".join(["file,number,ms,other", *reversed(lines)]))
    return names


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[Any, str]:
    code = main([*arguments, "--json"])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return json.loads(captured.out), captured.err


@pytest.mark.parametrize("files", [["nets"], "list"])
def test_rank(names: list[str], capsys: pytest.CaptureFixture[str], files: Any) -> None:
    files = [f"nets/{name}.onnx" for name in names] if files == "list" else files
    found, err = answer(capsys, "rank", *files, "--labels", "labels.csv:ms", "--view", "cost", "--top", "0")
    assert (found["labels"], err) == ("ms", "")
    X = from_onnx("nets")
    process = FlowGaussianProcessRegressor(view="cost", random_state=0).fit(X[KNOWN], COSTS[KNOWN], X)
    predicted = process.predict(X[~KNOWN])
    order = np.argsort(predicted)
    assert [row["name"] for row in found["ranking"]] == np.array(names)[~KNOWN][order].tolist()
    assert [row["prediction"] for row in found["ranking"]] == pytest.approx(predicted[order])
    assert "line" not in found["ranking"][0]


def test_without_labels(names: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    found, _ = answer(capsys, "describe", "nets")
    assert found["architectures"] == len(names)
    assert {row["operation"]: row["nodes"] for row in found["operations"]}["conv"] == 2 * len(names)
    suggested, _ = answer(capsys, "suggest", "nets", "-n", "3")
    assert {row["name"] for row in suggested["suggestions"]} < set(names)


def test_rows_without_a_model_are_named(names: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("nets/net03.onnx").unlink()
    _, err = answer(capsys, "rank", "nets", "--labels", "labels.csv:ms")
    assert err == (
        "warning: labels.csv: no model has the name 'net03' in column 'file'; their labels are not read\n"
    )


@pytest.mark.parametrize(
    ("labels", "line", "message"),
    [
        ("labels.csv", "", "columns 'number', 'ms', 'other' may be labels; name one as labels.csv:COLUMN"),
        ("labels.csv:s", "", "there is no column 's'"),
        ("none.csv:s", "", "there is no file none.csv:s; --labels of ONNX files is a table"),
        ("labels.csv:ms", "net01,1,2,3", "labels.csv, line 20: 'net01' is there already"),
        ("labels.csv:ms", "net99,1,fast,3", "labels.csv, line 20: column 'ms' has 'fast'"),
    ],
)
def test_wrong_labels(
    names: list[str], capsys: pytest.CaptureFixture[str], labels: str, line: str, message: str
) -> None:
    with open("labels.csv", "a") as file:
        file.write(f"\n{line}")
    assert main(["rank", "nets", "--labels", labels]) == 1
    assert message in capsys.readouterr().err


def test_labels_of_other_models(names: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("labels.csv").write_text("file,ms\na.onnx,2\n")
    assert main(["rank", "nets", "--labels", "labels.csv"]) == 1
    assert "no column has names of the models, such as 'net00', 'net01' and" in capsys.readouterr().err


def test_sizes_that_a_model_leaves_open(names: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    model = onnx.load("nets/net05.onnx")
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "height"
    onnx.save(model, "open.onnx")
    assert main(["describe", "open.onnx"]) == 1
    assert "height" in capsys.readouterr().err
    found, _ = answer(capsys, "describe", "open.onnx", "--dim", "height=24")
    flops = from_onnx("open.onnx", dims={"height": 24}).attributes["flops"].max()
    assert found["attributes"]["flops"]["highest"] == flops
    assert flops > from_onnx("nets/net05.onnx").attributes["flops"].max()
    assert main(["describe", "open.onnx", "--dim", "height:24"]) == 1
    assert "--dim must be NAME=SIZE" in capsys.readouterr().err


def test_damaged_model(names: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("nets/net05.onnx").write_bytes(b"no model")
    assert main(["describe", "nets"]) == 1
    assert "net05.onnx" in capsys.readouterr().err


def test_labels_and_models_are_not_replaced(names: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("labels.csv").read_bytes(), Path("nets/net05.onnx").read_bytes()
    for output in ("labels.csv", "nets/../labels.csv", "nets/net05.onnx"):
        assert main(["rank", "nets", "--labels", "labels.csv:ms", "-o", output]) == 1
        assert f"--output {output} is an input" in capsys.readouterr().err
    assert (Path("labels.csv").read_bytes(), Path("nets/net05.onnx").read_bytes()) == before
