"""Build wheel and sdist, and do in a fresh virtual environment what the pages tell a newcomer to do.

The tour and the ten lines of the landing page run as they stand there, in a temporary folder, on the
wheel; the ten lines again on the sdist. Everything is installed from the index, under constraints.txt.

    python docs/check_wheel.py
"""

import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from page_code import lay_out

ROOT = Path(__file__).parents[1]
MEGABYTE = 2**20


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
        run(python, lay_out(ROOT / "docs" / "tour.md", work), cwd=work)
        run(*install, "-c", ROOT / "constraints.txt", f"{wheel}[datasets]", cwd=work)
        run(python, lay_out(ROOT / "docs" / "index.md", work), cwd=work)

        run(*install, "--force-reinstall", "--no-deps", sdist, cwd=work)
        run(python, work / "index.py", cwd=work)
    print("Wheel and sdist are sound: the tour and the ten lines ran outside the repository.")


if __name__ == "__main__":
    main()
