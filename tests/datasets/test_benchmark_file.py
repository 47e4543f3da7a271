"""A data file is the known one, or is told to be another, or is refused."""

import pickle
import shutil
import sys
import warnings
from importlib.util import find_spec

import numpy as np
import pytest

from fgp_sklearn.datasets import DataFileError, load_nasbench201, load_nasbench_graph
from fgp_sklearn.datasets._package_file import package_file

pytestmark = pytest.mark.filterwarnings("ignore:.* is not a known release")

INSTALLED = {
    "proteins": ("nas-bench-graph", "nas_bench_graph", "light", "proteins.bench"),
    "201": ("analog-nasbench", "analognasbench", "data.anb"),
}


def load(which):
    return load_nasbench201() if which == "201" else load_nasbench_graph(which)


@pytest.fixture(params=sorted(INSTALLED))
def copy(request, tmp_path, monkeypatch):
    """Name of a benchmark and the path of a copy of its file, which is the one to be read."""
    _, package, *parts = INSTALLED[request.param]
    monkeypatch.delitem(sys.modules, package, raising=False)  # it would be found in its old place
    if find_spec(package) is None:
        pytest.skip("needs the extra datasets")
    original = package_file(*INSTALLED[request.param])
    path = tmp_path.joinpath(package, *parts)
    path.parent.mkdir(parents=True)
    (tmp_path / package / "__init__.py").touch()
    shutil.copy(original, path)
    monkeypatch.syspath_prepend(tmp_path)
    return request.param, path


@pytest.fixture
def unknown_release(monkeypatch):
    monkeypatch.setattr("fgp_sklearn.datasets._benchmark_file.version", lambda _: "99.0")


def test_a_known_file_is_read_without_a_word_in_any_release(copy, unknown_release):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load(copy[0])


def test_one_flipped_bit_in_a_known_release_is_refused(copy):
    which, path = copy
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"G") + 5] ^= 1  # within a double: it reads as another number
    path.write_bytes(raw)
    with pytest.raises(DataFileError, match=r"SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}; pip install"):
        load(which)


def test_an_unknown_release_is_told_and_read(copy, unknown_release):
    which, path = copy
    expected = load(which)
    raw = path.read_bytes()
    path.write_bytes(b"\x80\x05" + raw[2:])  # says that it is of a later protocol
    with pytest.warns(UserWarning, match=r"99\.0 is not a known release .*SHA-256 [0-9a-f]{64}") as told:
        found = load(which)
    assert told[0].filename == __file__
    assert found.data == expected.data
    for name, values in expected.metrics.items():
        np.testing.assert_array_equal(found.metrics[name], values)


def table_of_proteins():
    row = {"valid_perf": 0.5, "perf": 0.5, "latency": 0.1, "para": 1.0}
    return {key: dict(row) for key in range(2021)}


ONE = pytest.mark.parametrize("copy", ["proteins"], indirect=True)


@ONE
@pytest.mark.parametrize(
    ("value", "named"),
    [
        (True, "True"),
        ("0.5", "'0.5'"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        (-0.1, "-0.1"),
        (7.5, "7.5"),
    ],
)
def test_numbers_that_cannot_be_are_refused(copy, unknown_release, value, named):
    which, path = copy
    table = table_of_proteins()
    table[7]["perf"] = value
    path.write_bytes(pickle.dumps(table, 4))
    with pytest.raises(DataFileError, match=f"test_accuracy of its entry 7 is {named}"):
        load(which)


@pytest.mark.parametrize("damage", ["fewer", "key", "metric"])
def test_content_that_is_not_the_benchmark_is_refused(copy, unknown_release, damage):
    which, path = copy
    if which == "201":
        table = {tuple(divmod(i, 7)): {} for i in range(15625)}
    else:
        table = table_of_proteins()
        if damage == "fewer":
            del table[5]
        elif damage == "key":
            table[-9] = table.pop(5)
        else:
            del table[5]["para"]
    path.write_bytes(pickle.dumps(table, 4))
    with pytest.raises(DataFileError, match=r"; pip install --force-reinstall"):
        load(which)


@ONE
@pytest.mark.parametrize("release", ["known", "unknown"])
def test_sixty_mutations_are_refused_or_change_nothing_unseen(copy, release, monkeypatch):
    """In a known release all are refused; in an unknown one what is damaged in form is."""
    which, path = copy
    if release == "unknown":
        monkeypatch.setattr("fgp_sklearn.datasets._benchmark_file.version", lambda _: "99.0")
    raw = path.read_bytes()
    generator = np.random.default_rng(31)
    refused = 0
    for _ in range(60):
        mutated = bytearray(raw)
        for place in generator.integers(0, len(raw), generator.integers(1, 9)):
            mutated[place] = generator.integers(256)
        path.write_bytes(mutated)
        try:
            load(which)
        except DataFileError:
            refused += 1
    assert refused == 60 if release == "known" else refused > 20
