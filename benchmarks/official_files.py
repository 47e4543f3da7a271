"""How fast and in how much memory `read_benchmark` reads files of the size of the published ones.

Files are drawn at random in the layouts of the published ones and written to a temporary folder; each is
read in a process of its own. Run with ``python benchmarks/official_files.py`` on Linux; writing takes
some minutes. ``--share 0.1`` makes smaller files.
"""

from __future__ import annotations

import argparse
import base64
import resource
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from _official_files import frame, model_metrics, write_nasbench201

from fgp_sklearn.datasets import read_benchmark
from fgp_sklearn.datasets._formats._tfrecord import crc32c

N_CELLS = 423_624
N_FORMS = 4000  # different adjacencies, and messages


def write_tfrecord(folder: Path, share: float) -> tuple[Path, int]:
    """Three trainings with 108 epochs of each cell, as nasbench_only108.tfrecord has."""
    rng = np.random.default_rng(0)
    ops = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
    texts = [",".join(("input", *(ops[i] for i in own), "output")) for own in np.ndindex(3, 3, 3, 3, 3)]
    adjacencies = []
    above = np.stack(np.triu_indices(7, 1))
    for _ in range(N_FORMS):
        matrix = np.zeros((7, 7), dtype=int)
        matrix[tuple(above[:, rng.choice(above.shape[1], 9, replace=False)])] = 1
        adjacencies.append("".join(map(str, matrix.ravel())))
    metrics = [
        base64.b64encode(model_metrics(rng.random((3, 5)), int(rng.integers(2e5, 5e7)))).decode()
        for _ in range(N_FORMS)
    ]
    path = folder / "nasbench_only108.tfrecord"
    n_cells = int(N_CELLS * share)
    with path.open("wb") as file:
        for _ in range(n_cells):
            start = f'["{rng.bytes(16).hex()}", 108, "{adjacencies[rng.integers(N_FORMS)]}", "'
            start += texts[rng.integers(243)]
            records = [f'{start}", "{metrics[place]}"]'.encode() for place in rng.integers(0, N_FORMS, 3)]
            parts = [*records, *(struct.pack("<Q", len(record)) for record in records)]
            checksums = dict(zip(parts, crc32c(parts).tolist(), strict=True))
            file.writelines(frame(record, checksums.__getitem__) for record in records)
    return path, 3 * n_cells


def write_pth(folder: Path, share: float) -> tuple[Path, int]:
    """Cells of NAS-Bench-201; the published file has 15,625."""
    n_cells = max(3, int(400 * share))
    return write_nasbench201(folder, np.random.default_rng(0), n=n_cells)[0], n_cells


FILES: dict[str, Callable[[Path, float], tuple[Path, int]]] = {
    "nasbench101": write_tfrecord,
    "nasbench201": write_pth,
}


def read(path: str) -> None:
    """Print the seconds of the processor, and the memory on top of what the imports take."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    bench = read_benchmark(path)
    seconds = time.process_time() - start
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(len(bench.data), seconds, memory, before / 1024)


def main() -> None:
    """Print a row for each file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="size, relative to the published files")
    parser.add_argument("--read", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read:
        read(arguments.read)
        return
    print("| format | MB | records | architectures | seconds | records per second | memory in MB |")
    print("|---|---|---|---|---|---|---|")
    for name, write in FILES.items():
        with tempfile.TemporaryDirectory() as folder:
            path, n_records = write(Path(folder), arguments.share)
            size = path.stat().st_size / 2**20
            command = [sys.executable, __file__, "--read", str(path)]
            answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        n, seconds, memory, _ = map(float, answer)
        cells = (
            f"{size:,.0f}",
            f"{n_records:,}",
            f"{n:,.0f}",
            f"{seconds:.1f}",
            f"{n_records / seconds:,.0f}",
        )
        print(f"| {name} | {' | '.join(cells)} | {memory:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
