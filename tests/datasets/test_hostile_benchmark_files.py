"""Hostile and damaged files of benchmarks are refused, and nothing in them is run."""

import bz2
import json
import os
import pickle
import sys
import warnings
import zipfile

import numpy as np
import pytest

from fgp_sklearn.datasets import DataFileError, read_benchmark
from tests.datasets.official_files import files


@pytest.fixture
def rng():
    return np.random.default_rng(5)


class Hostile:
    """Pickles as the call of a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def hostile_contents(trace):
    """Contents that an ordinary reader would run, or that would take memory or time without end."""
    deep = b"\x80\x02" + b"(" * 20_000 + b"t" * 20_000 + b"."
    doubled = b"\x80\x02}K\x01q\x00" + b"".join(b"h%ch%c\x86q%c" % (n, n, n + 1) for n in range(60)) + b"Ns."
    return {
        "system call": pickle.dumps(Hostile(os.system, f"touch {trace}"), 2),
        "import": b"\x80\x02cfgp_no_such_module\nthing\n)R.",
        "eval": pickle.dumps({"cifar10": [Hostile(eval, f"open({str(trace)!r}, 'w')")]}, 4),
        "getattr": pickle.dumps(Hostile(getattr, "text", "format"), 4),
        "huge text": b"\x80\x02X\xff\xff\xff\x7fabc.",
        "huge number": b"\x80\x05\x96" + b"\xff" * 7 + b"\x7fabc.",
        "huge array": b"\x80\x02cnumpy\ndtype\nU\x02f8.",
        "containers": b"\x80\x02(" + b"}" * 30_000 + b"t.",
        "deep nesting": deep,
        "shared tuples": doubled,
        "endless values": b"\x80\x02(" + b"N" * 30_000 + b"t.",
        "far memory": b"\x80\x02}r\xff\xff\xff\x7f.",
        "itself": b"\x80\x02]q\x00h\x00a.",
    }


def hostile_files(folder, content):
    """The content in the place of each pickle that a reader opens."""
    magic = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
    headers = magic + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True}, 2)
    (folder / "legacy.pth").write_bytes(headers + content)
    (folder / "header.pth").write_bytes(magic + content)
    with zipfile.ZipFile(folder / "archive.pth", "w") as archive:
        archive.writestr("archive/data.pkl", content)
    (folder / "nats").mkdir()
    (folder / "nats" / "000000.pickle.pbz2").write_bytes(bz2.compress(content))
    (folder / "file.pickle").write_bytes(content)
    return {
        "legacy.pth": "nasbench201",
        "header.pth": "nasbench201",
        "archive.pth": "nasbench201",
        "nats": "nats-bench",
        "file.pickle": "hw-nas-bench",
        "./file.pickle": "hw-gpt-bench",
    }


@pytest.mark.parametrize("attack", hostile_contents("trace"))
def test_hostile_pickles_are_refused_by_every_reader(tmp_path, monkeypatch, attack):
    monkeypatch.setattr("fgp_sklearn.datasets._formats._pickle_reader._MOST_ON_STACK", 25_000)
    trace = tmp_path / "trace"
    content = hostile_contents(trace)[attack]
    for name, form in hostile_files(tmp_path, content).items():
        with pytest.raises(DataFileError) as caught:
            read_benchmark(tmp_path / name, format=form)
        assert len(str(caught.value)) < 700
        assert not trace.exists()
    if attack in ("system call", "import", "eval", "getattr"):
        assert "is not allowed and was not imported" in str(caught.value)
    assert "fgp_no_such_module" not in sys.modules


def test_a_bomb_of_bz2_is_not_unpacked(tmp_path):
    (tmp_path / "000000.pickle.pbz2").write_bytes(bz2.compress(bytes(2**24 + 1)))
    with pytest.raises(DataFileError, match=r"cut short, or has more than 16,777,216 bytes"):
        read_benchmark(tmp_path)


def test_metrics_without_end_are_refused(tmp_path):
    row = {f"m{i}": 0.5 for i in range(3000)}
    keys = [str(tuple(int(digit) for digit in np.base_repr(i, 5).zfill(6))) for i in range(15_000)]
    content = {"cifar10": {key: {"val_accuracy": 1.0} for key in keys} | {keys[-1]: row}}
    (tmp_path / "zc.json").write_text(json.dumps(content))
    with pytest.raises(DataFileError, match="3,001 different metrics, more than any benchmark"):
        read_benchmark(tmp_path / "zc.json", format="nas-bench-suite-zero")


@pytest.mark.parametrize("name", files.WRITERS)
def test_damaged_files_are_refused_or_read(name, tmp_path, rng):
    """The benchmark mutated_files.py does this a thousand times, and watches time and memory."""
    short = {"epochs": 12} if name == "nasbench201" else {}
    path, *_ = files.WRITERS[name](tmp_path, rng, **short)
    place = path if path.is_file() else min(p for p in path.rglob("*") if p.is_file())
    sound = place.read_bytes()
    refused = 0
    for turn in range(25):
        damaged = bytearray(sound)
        for at in rng.integers(0, len(sound), rng.integers(1, 9)):
            damaged[at] = rng.integers(256)
        place.write_bytes(damaged[: rng.integers(len(sound))] if turn % 5 == 0 else damaged)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                read_benchmark(path, format=name)
            except DataFileError as error:
                refused += 1
                assert len(str(error)) < 900
    assert refused >= 5
