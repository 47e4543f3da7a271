"""What becomes of damaged files: saved estimators, checkpoints, journals of proxies, data, ONNX models.

Each file is damaged at random (bits, bytes, numbers and blocks changed, cut, doubled or taken out) and read
by the public way in a process of its own, whose memory is limited. Right is one of two: the error that
the library promises, or the effect that the sound file has. Rows whose checksum was made right again, as only
intent can, may also give other data, and so may data files of a release that the library does not
know, of which it warns, and ONNX models, which have no checksum. Time is that of the processor, memory
what a process took on top of what it had. Run with ``python benchmarks/mutated_files.py`` on Linux; it
takes some minutes for each kind.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import pickle
import resource
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # a process that is forked must not wait for threads that it has not

import _onnx_models
import numpy as np
import skorch.callbacks  # noqa: F401 - here rather than in every process
import torch
from torch import nn

import fgp_sklearn
from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.architectures import ArchitectureError, from_onnx
from fgp_sklearn.datasets import DataFileError, _benchmark_file, load_nasbench201, load_nasbench_graph
from fgp_sklearn.datasets import nasbench201_space as space
from fgp_sklearn.persistence import PersistenceError
from fgp_sklearn.proxies import MeasuredProxies
from fgp_sklearn.training import _checkpoint

MAX_SECONDS, MAX_MB = 5, 500
KILLED_AFTER = 60  # seconds
ADDRESSES = 6 * 2**30  # bytes, of which torch reserves most
CHECKSUM = b'{\\"checksum\\":\\"'
COLUMNS = (
    "refused",
    "equal in effect",
    "other data, told",
    "other data in silence",
    "other error",
    f"over {MAX_SECONDS} s",
    f"over {MAX_MB} MB",
)
WORDS = (
    b"Infinity",
    b"NaN",
    b"true",
    b"null",
    b"-1",
    b"1e999",
    b"[" * 5000,
    b"9" * 401,
    b"\\u0000",
    b'"',
    b"}",
)


@dataclass(frozen=True)
class Kind:
    """A kind of file: how a sound one is made, which files of it are damaged, and how it is read."""

    make: Callable[[Path], Any]
    read: Callable[[Path], Any]
    errors: tuple[type[Exception], ...]
    repair: bool = False
    damage: Callable[[bytes, np.random.Generator], bytes] | None = None  # instead of accidents of bytes


# --------------------------------------------------------------------------------- kinds


def make_saved(folder: Path) -> None:
    """Save a small pre-trained regressor."""
    cells = space()[::700]
    encoder = FGPEncoder(hidden_dim=8, n_layers=1, max_epochs=2)
    model = FGPRegressor(encoder, max_epochs=3, random_state=0).fit_pretrain(cells)
    model.fit(cells, np.arange(len(cells), dtype=float)).save(folder)
    (folder / "README.md").unlink()


def read_saved(folder: Path) -> Any:
    """Load it and predict."""
    model = fgp_sklearn.load(folder)
    return repr(model), model.predict(space()[::1500])


class Killed(Exception):
    """Stands for the end of a process."""


def train(folder: Path, stop_at: int | None = None) -> Any:
    """Pre-train a small encoder, or go on with it; `stop_at` is the epoch at which it is killed."""
    write = _checkpoint.CheckpointFiles.write

    def count(files: Any, state: dict[str, Any]) -> None:
        write(files, state)
        if len(state["history"]) == stop_at:
            raise Killed

    _checkpoint._SHARE = 0  # write after every epoch, however short
    _checkpoint.CheckpointFiles.write = count  # type: ignore[method-assign]
    try:
        encoder = FGPEncoder(hidden_dim=8, n_layers=1, max_epochs=5, random_state=0)
        return encoder.fit(space()[::700], checkpoint=folder).transform(space()[::1500])
    finally:
        _checkpoint.CheckpointFiles.write = write  # type: ignore[method-assign]


def make_checkpoint(folder: Path) -> None:
    """Leave two checkpoints of a training that was killed."""
    try:
        train(folder, stop_at=3)
    except Killed:
        return


def build(architecture: Any) -> nn.Module:
    """A network that is as wide as the architecture has convolutions."""
    width = 1 + sum("conv" in op for op in architecture.ops)
    return nn.Sequential(nn.Conv2d(3, width, 1), nn.ReLU(), nn.Flatten(), nn.Linear(64 * width, 2))


def measure(folder: Path) -> Any:
    """Measure proxies, or take them from the journal."""
    proxies = MeasuredProxies(
        build, proxies=["synflow", "params"], memory=folder, random_state=0, batch_size=2
    )
    return proxies.fit_transform(space()[::700])


def make_data(folder: Path) -> None:
    """Copy the data files of two packages."""
    for package, *parts in DATA:
        (origin,) = find_spec(package).submodule_search_locations  # type: ignore[union-attr,misc]
        place = folder / package
        place.joinpath(*parts).parent.mkdir(parents=True)
        shutil.copy(Path(origin, *parts), place.joinpath(*parts))


DATA = (("nas_bench_graph", "light", "proteins.bench"), ("analognasbench", "data.anb"))


def read_data(folder: Path) -> Any:
    """Load both benchmarks."""
    for package, *_ in DATA:
        (folder / package / "__init__.py").touch()
    sys.path.insert(0, str(folder))
    return [load_nasbench_graph("proteins").metrics, load_nasbench201().metrics]


def read_unknown(folder: Path) -> Any:
    """Load them as of a release that is not known."""
    _benchmark_file.version = lambda _: "99.0"  # type: ignore[attr-defined]
    return read_data(folder)


def make_onnx(folder: Path) -> None:
    """Write small models of all sorts."""
    for name in _onnx_models.TEXTS:
        (folder / f"{name}.onnx").write_bytes(_onnx_models.small_model(name).SerializeToString())


def read_onnx(folder: Path) -> Any:
    """Read each of them, and raise the first error at the end."""
    found, errors = [], []
    for file in sorted(folder.iterdir()):
        try:
            found += from_onnx(file, dims=_onnx_models.DIMS.get(file.stem)).to_pairs()
        except ArchitectureError as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return found


OF_CHECKPOINTS = (PersistenceError, ValueError)  # the latter for a checkpoint of another training
KINDS = {
    "saved": Kind(make_saved, read_saved, (PersistenceError,)),
    "saved, checksum right": Kind(make_saved, read_saved, (PersistenceError,), repair=True),
    "checkpoint": Kind(make_checkpoint, train, OF_CHECKPOINTS),
    "checkpoint, checksum right": Kind(make_checkpoint, train, OF_CHECKPOINTS, repair=True),
    "journal": Kind(measure, measure, ()),
    "data": Kind(make_data, read_data, (DataFileError,)),
    "data, unknown release": Kind(make_data, read_unknown, (DataFileError,)),
    "onnx": Kind(make_onnx, read_onnx, (ArchitectureError,)),
    "onnx, nodes changed": Kind(
        make_onnx, read_onnx, (ArchitectureError,), damage=_onnx_models.changed_model
    ),
}


# ------------------------------------------------------------------------------- damage


def damaged(raw: bytes, generator: np.random.Generator) -> bytes:
    """A file with one accident, or a few."""
    content = bytearray(raw)
    for _ in range(generator.geometric(0.6)):
        if not content:
            break
        start = int(generator.integers(len(content)))
        stop = min(len(content), start + int(generator.geometric(1 / 20)))
        block = content[start:stop]
        accident = generator.integers(8)
        if accident == 0:
            content[start] ^= 1 << int(generator.integers(8))
        elif accident == 1:
            content[start] = int(generator.integers(256))
        elif accident == 2:
            digits = [i for i, byte in enumerate(content[start : start + 2000], start) if 48 <= byte < 58]
            if digits:
                content[int(generator.choice(digits))] = int(generator.integers(48, 58))
        elif accident == 3:
            content[start:stop] = generator.bytes(len(block))
        elif accident == 4:
            content[start:stop] = bytes(len(block))
        elif accident == 5:
            content[start:stop] = block + block
        elif accident == 6:
            content[start:stop] = WORDS[int(generator.integers(len(WORDS)))]
        elif generator.random() < 0.3:
            del content[start:]
        else:
            del content[start:stop]
    return bytes(content)


def damaged_header(raw: bytes, generator: np.random.Generator) -> bytes:
    """A file whose header had accidents, with sizes and checksum made right again."""
    size = int.from_bytes(raw[:8], "little")
    header = damaged(raw[8 : 8 + size], generator)
    content = len(header).to_bytes(8, "little") + header + raw[8 + size :]
    place = content.find(CHECKSUM)
    if place < 0:
        return content
    place += len(CHECKSUM)
    blank = content[:place] + b"0" * 64 + content[place + 64 :]
    return content[:place] + hashlib.sha256(blank).hexdigest().encode() + blank[place + 64 :]


def damage(folder: Path, kind: Kind, generator: np.random.Generator) -> None:
    """Damage one file of a folder, or all."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if generator.random() < 0.5:
        files = [files[int(generator.integers(len(files)))]]
    for path in files:
        change = kind.damage or (damaged_header if kind.repair else damaged)
        path.write_bytes(change(path.read_bytes(), generator))


# --------------------------------------------------------------------------- processes


@contextmanager
def fork(work: Callable[[], Any]) -> Iterator[tuple[int, int]]:
    """A process that works, and the end of a pipe that its result comes out of."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            with os.fdopen(writing, "wb") as pipe, open(os.devnull, "w") as nowhere:
                os.dup2(nowhere.fileno(), 1)
                os.dup2(nowhere.fileno(), 2)
                resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
                pickle.dump(work(), pipe)
        finally:
            os._exit(0)  # even after an error: the rest is for the process that forked
    os.close(writing)
    try:
        yield child, reading
    finally:
        os.close(reading)


def outcome(kind: Kind, folder: Path) -> tuple[str, Any]:
    """What reading does: the name of a result, and what was read or raised."""
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            found = pickle.dumps(kind.read(folder))
    except kind.errors as error:
        return "refused", str(error)
    except BaseException as error:
        return "other error", f"{type(error).__name__}: {error!s:.300}"
    return ("told" if told else "silent"), hashlib.sha256(found).hexdigest()


def most_mb() -> float:
    """The most memory that this process has had since it was asked to forget."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def weighed(kind: Kind, folder: Path) -> tuple[str, Any, float]:
    """The outcome, and MB on top of what there was."""
    Path("/proc/self/clear_refs").write_text("5")  # forget
    before = most_mb()
    return *outcome(kind, folder), most_mb() - before


def judged(kind: Kind, folder: Path) -> tuple[str, Any, float, float]:
    """The outcome, seconds of the processor, and MB on top of what there was."""
    with fork(lambda: weighed(kind, folder)) as (child, reading):
        end = time.monotonic() + KILLED_AFTER
        while not (done := os.wait4(child, os.WNOHANG))[0]:
            if time.monotonic() > end:
                os.kill(child, 9)
            time.sleep(0.005)
        with os.fdopen(os.dup(reading), "rb") as pipe:
            answer = pipe.read()
    _, status, usage = done
    lost = ("other error", f"the process ended with {status}", usage.ru_maxrss / 1024)
    name, found, mb = pickle.loads(answer) if answer else lost
    return name, found, usage.ru_utime + usage.ru_stime, mb


def main() -> None:
    """Print a row for each kind, and the worst cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=500, help="files of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), metavar="KIND")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(
        f"| kind of file | {' | '.join(COLUMNS)} | most s | most MB |",
        "|" + "---|" * 10,
        sep="\n",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as place:
        for name in arguments.kinds:
            row(name, Path(place), arguments.files, arguments.seed)


def row(name: str, place: Path, n_files: int, seed: int) -> None:
    """Damage and read files of one kind."""
    kind, original = KINDS[name], place / f"{name}, sound"
    original.mkdir()
    made = Kind(kind.make, kind.make, ())
    _, problem, _, _ = judged(made, original)
    if not any(original.iterdir()):
        raise RuntimeError(f"no {name} can be made: {problem}")
    counts: Counter[str] = Counter()
    slowest = largest = 0.0
    folder = place / "damaged"
    for i in range(-1, n_files):
        shutil.copytree(original, folder)
        if i >= 0:
            damage(folder, kind, np.random.default_rng([seed, i]))
        result, found, seconds, mb = judged(kind, folder)
        shutil.rmtree(folder)
        if i < 0:
            if result in ("other error", "refused"):
                raise RuntimeError(f"the sound {name} cannot be read: {found}")
            expected = found
            continue
        if result in ("told", "silent"):
            equal = found == expected
            result = "equal in effect" if equal else {"told": COLUMNS[2], "silent": COLUMNS[3]}[result]
        counts[result] += 1
        counts[COLUMNS[5]] += seconds > MAX_SECONDS
        counts[COLUMNS[6]] += mb > MAX_MB
        slowest, largest = max(slowest, seconds), max(largest, mb)
        if result in COLUMNS[3:5] or seconds > MAX_SECONDS or mb > MAX_MB:
            print(f"{name}, file {i}: {result}, {seconds:.1f} s, {mb:.0f} MB: {found}", file=sys.stderr)
    cells = " | ".join(str(counts[column]) for column in COLUMNS)
    print(f"| {name} | {cells} | {slowest:.1f} | {largest:.0f} |", flush=True)


if __name__ == "__main__":
    main()
