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
        attributes={"kernel": generator.normal(size=3 * n), "größe |": np.tile([1, np.nan, 2], n)},
        names=["", *(f"name {i} ü \U0001f600" for i in range(n - 1))],
    )


@pytest.mark.parametrize("batch", [everything(), nasbench201_space()[:50], everything()[:0]], ids=str)
def test_what_was_saved_comes_back(tmp_path, batch):
    file = tmp_path / "space.safetensors"
    batch.save(file)
    loaded = ArchitectureBatch.load(str(file))
    assert loaded == batch
    assert loaded.vocabulary == batch.vocabulary
    assert loaded.attribute_names == batch.attribute_names
    for name in ("ops", "edges", "node_ptr", "edge_ptr", "multiplicity", "attribute_values", "names"):
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
        replaced("attribute_values", np.full((27, 2), np.inf)),
        replaced("attribute_values", np.zeros((27, 3))),
        replaced("attribute_values", np.zeros((26, 2))),
        replaced("attribute_values", np.zeros(27)),
        lambda document, arrays: arrays.pop("attribute_values"),
        lambda document, arrays: document.pop("attributes"),
        lambda document, arrays: document.update(attributes=["kernel", "kernel"]),
        lambda document, arrays: document.update(attributes=["kernel", 1]),
        lambda document, arrays: document.update(attributes="ab"),
        replaced("node_features", np.zeros((27, 2))),
        replaced("names", np.full((9, 1), 2**31, dtype=np.uint32)),
        replaced("names", np.zeros((8, 1), dtype=np.uint8)),
        replaced("names", np.zeros(9)),
        replaced("other", np.zeros(9)),
        lambda document, arrays: arrays.pop("ops"),
        lambda document, arrays: document.update(vocabulary=["a", "a", "b"]),
        lambda document, arrays: document.update(vocabulary="abc"),
        lambda document, arrays: document.update(vocabulary=[1, 2, 3]),
        lambda document, arrays: document.update(kind="estimator"),
        lambda document, arrays: document.update(format=3),
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


def test_earlier_files_had_numbers_without_names(tmp_path):
    file = tmp_path / "space.safetensors"
    everything().save(file)
    document, arrays = read_archive(file)
    del document["attributes"], arrays["attribute_values"]
    features = np.random.default_rng(0).normal(size=(27, 2)).astype(np.float32)
    write_archive(file, document | {"format": 1}, arrays | {"node_features": features})
    loaded = ArchitectureBatch.load(file)
    assert loaded.attribute_names == ("feature0", "feature1")
    np.testing.assert_array_equal(loaded.attribute_values, features)
    assert loaded.names.tolist() == everything().names.tolist()


def test_a_batch_without_attributes_is_written_as_before(tmp_path):
    batch = nasbench201_space()[:5]
    batch.save(tmp_path / "space.safetensors")
    document, arrays = read_archive(tmp_path / "space.safetensors")
    assert {name: document[name] for name in ("format", "kind")} == {"format": 1, "kind": "architectures"}
    assert arrays.keys() == {"ops", "edges", "node_ptr", "edge_ptr", "names"}
    assert "attributes" not in document


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        ArchitectureBatch.load(tmp_path / "nowhere")
