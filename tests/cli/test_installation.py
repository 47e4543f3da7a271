"""The command as it is installed: from the wheel, with its entry point."""

import csv
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from fgp_sklearn.datasets import nasbench201_space

ROOT = Path(__file__).parents[2]
ENTRY = "from importlib.metadata import entry_points as e; (command,) = e(name='fgp-sklearn'); "
RUN = f"import sys; {ENTRY} sys.exit(command.load()())"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked into a folder from which Python can import."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, check=True, capture_output=True, cwd=ROOT)
    (file,) = folder.glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(wheel: Path, code: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run Python with the wheel first on its path."""
    environment = {**os.environ, "PYTHONPATH": str(wheel)}
    command = [sys.executable, *(["-c", code] if " " in code else ["-m", code]), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd)


@pytest.mark.slow
def test_installed_command_ranks_texts(wheel: Path, tmp_path: Path) -> None:
    cells = nasbench201_space().names[::200].tolist()
    with (tmp_path / "cells.csv").open("w", newline="") as file:
        labels = [cell.count("conv") if i % 3 else None for i, cell in enumerate(cells)]
        csv.writer(file).writerows([("cell", "accuracy"), *zip(cells, labels, strict=True)])
    done = run(wheel, RUN, "rank", "cells.csv", "--top", "3", "-o", "ranking.csv", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "27 architectures without a label, highest accuracy first" in done.stdout
    with (tmp_path / "ranking.csv").open(newline="") as file:
        ranked = [row["name"] for row in csv.DictReader(file)]
    assert sorted(ranked) == sorted(cells[::3])
    assert ranked[0].count("conv") > ranked[-1].count("conv")

    with (tmp_path / "cells.csv").open("a") as file:
        file.write("|none~0|,1\n")
    done = run(wheel, "fgp_sklearn", "rank", "cells.csv", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: cells.csv, line {len(cells) + 2}: its text is '|none~0|'")


def test_help_loads_nothing_slow(wheel: Path, tmp_path: Path) -> None:
    code = f"import sys; {ENTRY} command.load()(['--help']); print(*sys.modules, file=sys.stderr)"
    done = run(wheel, code, cwd=tmp_path)
    assert "rank" in done.stdout
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert "typer" in loaded
    assert not loaded & {"numpy", "sklearn", "torch", "scipy", "networkx", "pandas"}
