"""NATS-Bench, the folders ``NATS-tss-v1_0-3ffb9-simple`` and ``NATS-sss-v1_0-50262-simple``.

A folder has one compressed pickle per architecture. Those that are there are read; the others have no row.

**Architectures**: the cells of NAS-Bench-201 (tss), or five numbers of channels (sss), in the official order.
Names are the official texts.

**Metrics**: those of NAS-Bench-201, see there. E is 12 or 200 (tss), or 01, 12 or 90 (sss).

**Source**: https://github.com/D-X-Y/NATS-Bench, MIT. X. Dong, L. Liu, K. Musial and B. Gabrys, "NATS-Bench:
Benchmarking NAS Algorithms for Architecture Topology and Size", IEEE TPAMI 2021.
"""

from __future__ import annotations

import bz2
from pathlib import Path

from fgp_sklearn.datasets._data_file_error import DataFileError
from fgp_sklearn.datasets._formats._benchmark_format import BenchmarkFormat, Read
from fgp_sklearn.datasets._formats._folder import files_of, naming
from fgp_sklearn.datasets._formats._pickle_calls import TORCH_CALLS
from fgp_sklearn.datasets._formats._pickle_reader import PickleReader
from fgp_sklearn.datasets._formats._training_results import TrainingResults

_PATTERN = "[0-9]*.pickle.pbz2"
_MOST = 2**24  # bytes of a file, compressed or not


def _is_certain(path: Path, head: bytes) -> bool:
    return path.is_dir() and any(path.glob(_PATTERN))


def _read(path: Path) -> Read:
    results = TrainingResults()
    for file in files_of(path, _PATTERN):
        with naming(file.relative_to(path).as_posix()):
            reader = PickleReader(_decompressed(file), TORCH_CALLS, convert=results.convert, curves=True)
            results.add(reader.read())
    return results.finish()


def _decompressed(file: Path) -> bytes:
    decompressor = bz2.BZ2Decompressor()
    with file.open("rb") as opened:
        content = decompressor.decompress(opened.read(_MOST), _MOST)
    if not decompressor.eof:
        raise DataFileError(f"it is cut short, or has more than {_MOST:,} bytes")
    return content


NATS = BenchmarkFormat(
    "nats-bench",
    "folder of NATS-Bench whose name ends with -simple",
    _is_certain,
    _read,
    tuple(f"cifar10-valid_x-valid_accuracy_{epochs}" for epochs in ("200", "90", "12", "01")),
    __doc__ or "",
)
