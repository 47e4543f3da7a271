"""Build wheel and sdist, and do in a fresh virtual environment what the pages tell a newcomer to do.

The tour, its commands and the ten lines of the landing page run as they stand there, in a temporary folder,
on the wheel; the ten lines again on the sdist. The command also ranks a folder of ONNX files. Everything is
installed from the index, under constraints.txt.

    python docs/check_wheel.py
"""

import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from page_code import blocks, lay_out

ROOT = Path(__file__).parents[1]
MEGABYTE = 2**20
TOUR = ROOT / "docs" / "tour.md"
WRITE_NETWORKS = """
from pathlib import Path
import onnx
Path("networks").mkdir()
lines = ["file,ms"]
for width in range(1, 25):
    weights = ", ".join(["0.5"] * 3 * width)
    text = f'''<ir_version: 10, opset_import: ["" : 20]>
        net (float[batch, 3, 8, 8] image) => (float[batch, {width}, 8, 8] out)
        <float[{width}, 3, 1, 1] weight = {{{weights}}}> {{ out = Conv (image, weight) }}'''
    onnx.save(onnx.parser.parse_model(text), f"networks/{width}.onnx")
    lines.append(f"{width}.onnx,{width / 10 if width % 4 else ''}")
Path("ms.csv").write_text("\\n".join(lines))
"""


def run(*command: str | Path, cwd: Path) -> None:
    """Run a command without the variables that would let it see the repository or another environment."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")
    }
    start = time.perf_counter()
    print("$", *(getattr(part, "name", part) for part in command), flush=True)
    subprocess.run(command, cwd=cwd, env=environment, check=True)
    print(f"  {time.perf_counter() - start:.0f} s", flush=True)


def python_of(environment: Path) -> Path:
    """Of a new, empty virtual environment; the pip of this Python fills it."""
    run(sys.executable, "-m", "venv", "--without-pip", environment, cwd=environment.parent)
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def check_contents(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        entries = archive.infolist()
    tests = [entry.filename for entry in entries if "test" in entry.filename.lower()]
    large = [entry.filename for entry in entries if entry.file_size > MEGABYTE]
    if tests or large:
        sys.exit(f"The wheel holds tests {tests} or large files {large}.")
    print(f"{wheel.name}: {len(entries)} files, {wheel.stat().st_size / MEGABYTE:.2f} MB")


def check_command(python: Path, work: Path) -> None:
    """Run the commands of the tour, and rank a folder of ONNX files."""
    command = python.parent / "fgp-sklearn"
    for block in blocks(TOUR):
        if block.language == "console":
            run(command, *block.text.split()[1:], cwd=work)
    script = work / "write_networks.py"
    script.write_text(WRITE_NETWORKS, encoding="utf-8")
    run(python, script, cwd=work)
    run(command, "rank", "networks", "--labels", "ms.csv", "--view", "cost", "-o", "ranking.csv", cwd=work)
    _, best, *_ = (work / "ranking.csv").read_text(encoding="utf-8").splitlines()
    if not best.endswith(",4"):
        sys.exit(f"The best of the folder of ONNX files is {best}, and not 4.onnx.")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dist, work = folder / "dist", folder / "work"
        work.mkdir()
        run(sys.executable, "-m", "build", "--outdir", dist, ROOT, cwd=folder)
        (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
        run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist, cwd=folder)
        check_contents(wheel)

        python = python_of(folder / "fresh")
        install = (
            sys.executable,
            "-m",
            "pip",
            "--python",
            python,
            "install",
            "-q",
            "--disable-pip-version-check",
        )
        run(*install, "-c", ROOT / "constraints.txt", wheel, cwd=work)
        run(python, lay_out(TOUR, work), cwd=work)
        run(*install, "-c", ROOT / "constraints.txt", f"{wheel}[cli,onnx]", cwd=work)
        check_command(python, work)
        run(*install, "-c", ROOT / "constraints.txt", f"{wheel}[datasets]", cwd=work)
        run(python, lay_out(ROOT / "docs" / "index.md", work), cwd=work)

        run(*install, "--force-reinstall", "--no-deps", sdist, cwd=work)
        run(python, work / "index.py", cwd=work)
    print("Wheel and sdist are sound: the tour, the command and the ten lines ran outside the repository.")


if __name__ == "__main__":
    main()
