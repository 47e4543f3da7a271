"""Pickles may hold numbers and records, and may do nothing."""

import builtins
import copyreg
import os
import pickle
import struct
import sys

import numpy as np
import pytest

from fgp_sklearn.datasets import DataFileError, load_nasbench201, load_nasbench_graph
from fgp_sklearn.datasets._benchmark_file import BenchmarkFile
from fgp_sklearn.datasets._unpickle import FLOAT64_NAMES, Float64, Float64Type, Record


class Measurement:
    def __init__(self, **attributes):
        vars(self).update(attributes)


class Hostile:
    """Pickles as the call of a function."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


RECORDS = {(__name__, "Measurement"): Record}
REFUSED = "is not allowed"

pytestmark = pytest.mark.filterwarnings("ignore:.* is not a known release")


class FileAt(BenchmarkFile):
    """The file of an unknown release of a package, anywhere."""

    def __init__(self, path):
        super().__init__("no-such-package", "no_such_package", ("file.pickle",), {"1.0": "0" * 64})
        object.__setattr__(self, "place", path)

    def path(self):
        return self.place


def load_pickle(path, names):
    return FileAt(path).read(names, lambda found: found)


def written(tmp_path, content):
    path = tmp_path / "file.pickle"
    path.write_bytes(content)
    return path


def global_call(module, name, arguments):
    """Protocol-0 pickle that calls a global with one string."""
    return b"c" + module + b"\n" + name + b"\n(S" + repr(arguments).encode() + b"\ntR."


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_records_keep_their_attributes_but_not_their_class(tmp_path, protocol):
    content = {(1, 2): Measurement(value=0.5, of="x"), (3, 4): Measurement(value=None)}
    names = RECORDS | {("copyreg", "_reconstructor"): Record, ("builtins", "object"): Record}
    if protocol < 2:  # written as a call of copyreg._reconstructor, which no stand-in can follow
        with pytest.raises(DataFileError, match=REFUSED):
            load_pickle(written(tmp_path, pickle.dumps(content, protocol)), names)
        return
    table = load_pickle(written(tmp_path, pickle.dumps(content, protocol)), RECORDS)
    assert {key: vars(record) for key, record in table.items()} == {
        key: vars(measurement) for key, measurement in content.items()
    }
    assert {type(record) for record in table.values()} == {Record}


def numpy_pickle(number):
    """What NumPy 1, which wrote the files, made of a float64."""
    return pickle.dumps(number, protocol=3).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")


@pytest.mark.parametrize("number", [0.0, -1.5, 1 / 3, 5e-324, 1.7e308, float("inf"), float("nan")])
def test_numpy_doubles_become_floats(tmp_path, number):
    result = load_pickle(written(tmp_path, numpy_pickle(np.float64(number))), FLOAT64_NAMES)
    assert isinstance(result, float)
    assert struct.pack("<d", result) == struct.pack("<d", number)


@pytest.mark.parametrize(
    "other",
    [np.float32(1), np.int64(1), np.complex128(1), np.datetime64("2020"), np.array(1.0), np.dtype(">f8")],
)
def test_other_numpy_objects_are_refused(tmp_path, other):
    with pytest.raises(DataFileError, match=r"numpy|dtype|doubles"):
        load_pickle(written(tmp_path, numpy_pickle(other)), FLOAT64_NAMES)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (Float64Type("f8", False, True), b"1234567"),
        (Float64Type("f8", False, True), "12345678"),
        ("f8", b"12345678"),
        (np.dtype("O"), b"12345678"),
    ],
)
def test_malformed_doubles_are_refused(kind, payload):
    with pytest.raises(DataFileError, match="malformed"):
        Float64(kind, payload)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_commands_are_refused_and_not_run(tmp_path, protocol):
    trace = tmp_path / "trace"
    for hostile in (
        Hostile(os.system, f"touch {trace}"),
        Hostile(builtins.eval, f"open({str(trace)!r}, 'w').close()"),
        Hostile(builtins.exec, f"open({str(trace)!r}, 'w').close()"),
        {"deep": [(1, Hostile(os.mkdir, str(trace)))]},
    ):
        path = written(tmp_path, pickle.dumps(hostile, protocol))
        with pytest.raises(DataFileError, match=REFUSED):
            load_pickle(path, FLOAT64_NAMES)
        assert not trace.exists()
        pickle.loads(path.read_bytes())  # it is a weapon: an ordinary reader does run it
        assert trace.exists()
        trace.rmdir() if trace.is_dir() else trace.unlink()


@pytest.mark.parametrize(
    "name",
    [
        ("os", "system"),
        ("builtins", "eval"),
        ("builtins", "getattr"),
        ("__builtin__", "eval"),
        ("numpy", "dtype.__class__"),
        ("numpy", "load"),
        ("numpy", "ndarray"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy.core.multiarray", "fromfile"),
        ("numpy.core.multiarray", "scalar.__new__"),
        ("numpy.core.numeric", "dtype"),
        ("fgp_sklearn.datasets._unpickle", "pickle.loads"),
        ("no_such_module_at_all", "f"),
    ],
)
def test_names_beyond_the_list_are_refused(tmp_path, name):
    module, attribute = (part.encode() for part in name)
    stacked = b"\x80\x04\x8c" + bytes([len(module)]) + module + b"\x8c" + bytes([len(attribute)])
    for content in (
        b"c" + module + b"\n" + attribute + b"\n.",
        stacked + attribute + b"\x93.",
        global_call(module, attribute, "x"),
    ):
        with pytest.raises(DataFileError, match=f"refers to {name[0]}.{name[1]}, which"):
            load_pickle(written(tmp_path, content), FLOAT64_NAMES)
    with pytest.raises(DataFileError, match=REFUSED):
        load_pickle(written(tmp_path, b"(K\x01i" + module + b"\n" + attribute + b"\n."), FLOAT64_NAMES)


def test_nothing_is_imported(tmp_path):
    content = b"cfgp_no_such_module\nThing\n)\x81."
    record = load_pickle(written(tmp_path, content), {("fgp_no_such_module", "Thing"): Record})
    assert type(record) is Record
    assert "fgp_no_such_module" not in sys.modules


def test_extension_codes_and_persistent_ids_are_refused(tmp_path):
    copyreg.add_extension("os", "system", 0x7F)
    try:
        with pytest.raises(DataFileError, match=REFUSED):
            load_pickle(written(tmp_path, b"\x80\x02\x82\x7f(S'true'\ntR."), FLOAT64_NAMES)
    finally:
        copyreg.remove_extension("os", "system", 0x7F)
    with pytest.raises(DataFileError, match=REFUSED):
        load_pickle(written(tmp_path, b"Panything\n."), FLOAT64_NAMES)


@pytest.mark.parametrize("name", [("numpy", "dtype"), ("numpy.core.multiarray", "scalar"), ("r", "R")])
def test_a_pickle_cannot_change_the_stand_ins(tmp_path, name):
    names = FLOAT64_NAMES | {("r", "R"): Record}
    before = dict(vars(names[name]))
    for attribute in (b"__init__", b"__new__", b"fresh"):
        # the class itself, then BUILD with the state (None, {attribute: 1}), which is set by setattr
        text = b"\x8c" + bytes([len(attribute)]) + attribute
        content = b"c" + "\n".join(name).encode() + b"\n(N}" + text + b"K\x01stb."
        with pytest.raises(DataFileError, match=r"tries to change the class|__setstate__"):
            load_pickle(written(tmp_path, content), names)
    assert dict(vars(names[name])) == before


def nested_key(depth):
    """A key that holds one value 2 ** depth times, of 5 bytes for each level."""
    twice = b"".join(b"h%ch%c\x86q%c" % (level, level, level + 1) for level in range(depth))
    return b"\x80\x02}K\x01q\x00" + twice + b"Ns."


def one_key_for_each(numbers):
    """Integers of any size as keys."""
    parts = [pickle.dumps(number, 2)[2:-1] for number in numbers]
    return b"\x80\x02}(" + b"".join(part + b"K\x00" for part in parts) + b"u."


TEXT_AND_STATE = b"(X\x01\x00\x00\x00aNX\x01\x00\x00\x00bNu"
ATTACKS = {
    "a far number of the memo": b"\x80\x02}r\xff\xff\xff\x7f.",
    "tuples within tuples as a key": nested_key(60),
    "tuples within tuples as a dtype": b"cnumpy\ndtype\n"
    + nested_key(60)[2:-3].replace(b"}", b"", 1)
    + b"\x85R.",
    "integers that hash alike": one_key_for_each([k * (2**61 - 1) for k in range(1, 2000)]),
    "one state for many records": b"}" + TEXT_AND_STATE + b"q\x00" + b"cr\nR\n)\x81h\x00b" * 9 + b".",
    "more containers than the file explains": b"(" + b"}" * 9000 + b"t.",
    "a string longer than the file": b"\x80\x02X\xff\xff\xff\x7fabc.",
    "a frame longer than the file": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f}.",
    "a list of lists": b"\x80\x02]" + b"]" * 9 + b"e.",
    "values that belong to nothing": b"\x80\x02NN.",
    "bytes after the end": pickle.dumps({}, 2) + b"more",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_are_refused_before_anything_is_made(tmp_path, monkeypatch, attack):
    made = []
    monkeypatch.setattr("fgp_sklearn.datasets._benchmark_file.unpickle", lambda *_: made.append(1))
    path = written(tmp_path, ATTACKS[attack])
    with pytest.raises(DataFileError, match=r"file\.pickle: .*; pip install --force-reinstall"):
        load_pickle(path, FLOAT64_NAMES | {("r", "R"): Record})
    assert not made


def test_messages_do_not_grow_with_the_file(tmp_path):
    name = b"n" * 100_000
    for content in (b"c" + name + b"\n" + name + b"\n.", b"\x80\x02" + b"X\xa0\x86\x01\x00" + name + b"."):
        with pytest.raises(DataFileError) as caught:
            BenchmarkFile.read(FileAt(written(tmp_path, content)), {}, lambda found: found + 1)
        assert len(str(caught.value)) < 600


def test_damaged_files_are_named(tmp_path):
    good = pickle.dumps({1: Measurement(value=1.0)})
    for content in (b"", b"\x00" * 40, good[:-5], good[: len(good) // 2], b"(lp0\nI1\naa.", b"not a pickle"):
        with pytest.raises(DataFileError, match=r"file\.pickle"):
            load_pickle(written(tmp_path, content), RECORDS)


@pytest.mark.parametrize("load", [load_nasbench201, load_nasbench_graph])
def test_loaders_refuse_a_hostile_package(tmp_path, monkeypatch, load):
    trace = tmp_path / "trace"
    for package, parts in (("analognasbench", ["data.anb"]), ("nas_bench_graph", ["light", "cora.bench"])):
        path = tmp_path.joinpath(package, *parts)
        path.parent.mkdir(parents=True)
        (tmp_path / package / "__init__.py").write_text(f"open({str(trace)!r}, 'w').close()")
        path.write_bytes(pickle.dumps({1: Hostile(os.system, f"touch {trace}")}))
        monkeypatch.delitem(sys.modules, package, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(DataFileError, match=r"not the file of .* \d\.\d.*; pip install --force-reinstall"):
        load()
    monkeypatch.setattr("fgp_sklearn.datasets._benchmark_file.version", lambda _: "99.0")
    with pytest.raises(DataFileError, match=REFUSED):
        load()
    assert not trace.exists()
