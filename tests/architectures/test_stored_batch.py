"""A batch in a file: the same one comes back, and nothing else is taken for one."""

import numpy as np
import pytest
import safetensors.numpy

from fgp_sklearn._archive import read_archive, write_archive
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.persistence import PersistenceError


def everything():
    generator = np.random.default_rng(0)
    n = 9
    return ArchitectureBatch(
        ops=np.tile([0, 1, 2], n),
        edges=np.tile([[0, 1], [1, 2]], n),
        node_ptr=np.arange(n + 1) * 3,
        edge_ptr=np.arange(n + 1) * 2,
        vocabulary=["in", "größe \ud800", 'a"|<b>\\'],
        multiplicity=generator.integers(1, 4, size=2 * n),
        node_features=generator.normal(size=(3 * n, 2)),
        names=["", *(f"name {i} ü \U0001f600" for i in range(n - 1))],
    )


@pytest.mark.parametrize("batch", [everything(), nasbench201_space()[:50], everything()[:0]], ids=str)
def test_what_was_saved_comes_back(tmp_path, batch):
    file = tmp_path / "space.safetensors"
    batch.save(file)
    loaded = ArchitectureBatch.load(str(file))
    assert loaded == batch
    assert loaded.vocabulary == batch.vocabulary
    for name in ("ops", "edges", "node_ptr", "edge_ptr", "multiplicity", "node_features", "names"):
        found, expected = getattr(loaded, name), getattr(batch, name)
        np.testing.assert_array_equal(found, expected)
        assert found is expected or (found.dtype == expected.dtype and not found.flags.writeable)


def test_any_reader_of_safetensors_shows_the_columns(tmp_path):
    batch = nasbench201_space()[:50]
    batch.save(tmp_path / "space.safetensors")
    columns = safetensors.numpy.load_file(tmp_path / "space.safetensors")
    np.testing.assert_array_equal(columns["edges"], batch.edges)


def test_only_own_files_are_replaced(tmp_path):
    file = tmp_path / "space.safetensors"
    everything().save(file)
    nasbench201_space()[:5].save(file)
    assert len(ArchitectureBatch.load(file)) == 5
    file.write_bytes(safetensors.numpy.save({"a": np.zeros(3)}))
    with pytest.raises(PersistenceError, match="was not saved by this library"):
        everything().save(file)
    assert list(safetensors.numpy.load_file(file)) == ["a"]


def replaced(name, value):
    return lambda document, arrays: arrays.update({name: value})


@pytest.mark.parametrize(
    "change",
    [
        replaced("ops", np.full(27, 3)),
        replaced("ops", np.zeros(26, dtype=int)),
        replaced("edges", np.tile([[1, 0], [1, 2]], 9)),
        replaced("edges", np.tile([[0, 1], [1, 3]], 9)),
        replaced("node_ptr", np.array([0, 2**40])),
        replaced("multiplicity", np.full(18, np.nan)),
        replaced("node_features", np.full((27, 2), np.inf)),
        replaced("names", np.full((9, 1), 2**31, dtype=np.uint32)),
        replaced("names", np.zeros((8, 1), dtype=np.uint8)),
        replaced("names", np.zeros(9)),
        replaced("other", np.zeros(9)),
        lambda document, arrays: arrays.pop("ops"),
        lambda document, arrays: document.update(vocabulary=["a", "a", "b"]),
        lambda document, arrays: document.update(vocabulary="abc"),
        lambda document, arrays: document.update(vocabulary=[1, 2, 3]),
        lambda document, arrays: document.update(kind="estimator"),
        lambda document, arrays: document.update(format=2),
        lambda document, arrays: document.update(format=True),
    ],
)
def test_malformed_ones_are_refused(tmp_path, change):
    file = tmp_path / "space.safetensors"
    everything().save(file)
    document, arrays = read_archive(file)
    change(document, arrays)
    write_archive(file, document, arrays)
    with pytest.raises(PersistenceError, match="holds no architectures"):
        ArchitectureBatch.load(file)


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        ArchitectureBatch.load(tmp_path / "nowhere")
