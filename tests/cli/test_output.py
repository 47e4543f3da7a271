"""Paths of outputs, which are checked before anything is computed."""

from pathlib import Path

import pytest

from fgp_sklearn.cli import main
from fgp_sklearn.datasets import nasbench201_space

OTHER = ("table.csv", "link.csv", "file.txt", "folder", "saved", "encoder.safetensors")


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """What the table holds, in a folder with other files."""
    monkeypatch.chdir(tmp_path)
    rows = [f"{name},{i if i < 8 else ''}" for i, name in enumerate(nasbench201_space().names[:12])]
    Path("table.csv").write_text("\n".join(["arch,accuracy", *rows]))
    Path("link.csv").symlink_to("table.csv")
    Path("file.txt").touch()
    Path("saved").mkdir()
    Path("saved", "model.safetensors").touch()
    Path("folder").mkdir()
    Path("folder", "notes.txt").touch()
    Path("encoder.safetensors").touch()
    return Path("table.csv").read_bytes()


def test_errors_of_the_system_are_plain(
    table: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "next.csv")

    monkeypatch.setattr(Path, "open", full)
    assert main(["suggest", "table.csv", "-n", "1", "-o", "next.csv"]) == 1
    assert capsys.readouterr().err == "error: next.csv: no space left on device\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("rank table.csv -o table.csv", "table.csv is an input and would be lost"),
        ("suggest table.csv -o ./link.csv", "link.csv is an input"),
        ("fit table.csv -o table.csv", "table.csv is an input"),
        ("fit table.csv --encoder encoder.safetensors -o encoder.safetensors", "is an input"),
        ("fit table.csv --encoder saved -o saved/model.safetensors", "is an input"),
        ("fit table.csv --encoder saved/model.safetensors -o saved", "is an input"),
        ("rank table.csv --model saved -o saved", "is an input"),
        ("rank table.csv -o folder", "folder is a folder; give the path of a file"),
        ("rank table.csv -o absent/ranking.csv", "there is no folder absent"),
        ("suggest table.csv -o absent/next.csv", "there is no folder absent"),
        ("fit table.csv -o absent/model.safetensors", "there is no folder absent"),
        ("fit table.csv -o absent/model", "there is no folder absent"),
        ("pretrain table.csv -o absent/encoder.safetensors", "there is no folder absent"),
        ("fit table.csv -o folder", "folder is a folder with other files"),
        ("fit table.csv -o encoder.safetensors", "encoder.safetensors was not saved by this library"),
        ("pretrain table.csv -o file.txt", "file.txt is a file; a model is a new folder or ends with"),
    ],
)
def test_wrong_outputs(table: bytes, capsys: pytest.CaptureFixture[str], line: str, message: str) -> None:
    assert main(line.split()) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
    assert Path("table.csv").read_bytes() == table
    assert sorted(path.name for path in Path.cwd().iterdir()) == sorted(OTHER)
