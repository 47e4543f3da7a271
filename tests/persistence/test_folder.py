"""Only what this library has written is replaced, and no interruption leaves a mixture."""

import errno
import re
import threading

import numpy as np
import pytest
import safetensors.numpy

from fgp_sklearn import _archive
from fgp_sklearn.persistence import PersistenceError, load, save
from tests.sklearn_compatibility.spaces import tiny_encoder

FILES = ["README.md", "model.safetensors"]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_model_of_another_library_is_left_alone(tmp_path):
    model, card = tmp_path / "model.safetensors", tmp_path / "README.md"
    for content in (safetensors.numpy.save({"a": np.zeros(3)}, {"format": "pt"}), b"", b"x" * 100):
        model.write_bytes(content)
        card.write_text("theirs")
        with pytest.raises(PersistenceError, match="was not saved by this library"):
            save(tiny_encoder(), tmp_path)
        assert model.read_bytes() == content
        assert card.read_text() == "theirs"
        assert names(tmp_path) == FILES


def test_a_path_with_the_suffix_of_a_file_is_a_file(tmp_path):
    (tmp_path / "notes.txt").touch()
    for path in (tmp_path / "new" / "mine.safetensors", tmp_path / "model.safetensors"):
        for size in (5, 6):  # the second one replaces the first one
            save(tiny_encoder(hidden_dim=size), path)
            assert path.is_file()
            assert load(path).hidden_dim == size
    assert names(tmp_path) == ["model.safetensors", "new", "notes.txt"]
    assert names(tmp_path / "new") == ["mine.safetensors"]
    with pytest.raises(PersistenceError, match=r"notes\.safetensors was not saved"):
        save(tiny_encoder(), (tmp_path / "notes.txt").rename(tmp_path / "notes.safetensors"))


def test_a_folder_whose_name_ends_as_that_of_a_file_is_a_folder(tmp_path):
    """Older versions made such folders."""
    folder = tmp_path / "mine.safetensors"
    folder.mkdir()
    save(tiny_encoder(hidden_dim=5), folder)
    assert names(folder) == FILES
    save(tiny_encoder(hidden_dim=6), folder / "model.safetensors")  # its card is renewed too
    assert "hidden_dim | <code>6</code>" in (folder / "README.md").read_text()
    assert load(folder).hidden_dim == load(folder / "model.safetensors").hidden_dim == 6


def test_a_card_of_somebody_else_is_left_alone(tmp_path):
    save(tiny_encoder(hidden_dim=5), tmp_path)
    card = tmp_path / "README.md"
    card.write_text("# My own page")
    with pytest.warns(UserWarning, match="no model card of this library"):
        save(tiny_encoder(hidden_dim=6), tmp_path)
    assert card.read_text() == "# My own page"
    assert load(tmp_path).hidden_dim == 6


def test_what_killed_savers_left_neither_forbids_the_folder_nor_piles_up(tmp_path):
    for _ in range(3):
        for name in FILES:
            (tmp_path / f".{name}.0123456789abcdef.partial").write_bytes(b"half")
        (tmp_path / f".{name}.fedcba9876543210.partial").write_bytes(b"half")
        save(tiny_encoder(hidden_dim=5), tmp_path)
        assert names(tmp_path) == FILES
    assert load(tmp_path).hidden_dim == 5


@pytest.mark.parametrize("full_at", [1, 2])
def test_a_disk_that_is_full_leaves_the_estimator_of_before(tmp_path, monkeypatch, full_at):
    """Whether the model fills it, or the card."""
    save(tiny_encoder(hidden_dim=5), tmp_path)
    before = [(tmp_path / name).read_bytes() for name in FILES]
    calls = []

    def fsync(handle):
        calls.append(handle)
        if len(calls) == full_at:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(_archive.os, "fsync", fsync)
    with pytest.raises(OSError, match="No space left"):
        save(tiny_encoder(hidden_dim=6), tmp_path)
    assert [(tmp_path / name).read_bytes() for name in FILES] == before
    assert names(tmp_path) == FILES


def test_two_savers_at_once_leave_a_model_and_its_own_card(tmp_path):
    def save_often(size):
        for _ in range(15):
            save(tiny_encoder(hidden_dim=size), tmp_path)

    threads = [threading.Thread(target=save_often, args=(size,)) for size in (3, 4, 5)]
    for thread in threads:
        thread.start()
    sizes = set()
    while any(thread.is_alive() for thread in threads):
        if (tmp_path / "model.safetensors").exists():
            sizes.add(load(tmp_path).hidden_dim)
    for thread in threads:
        thread.join()
    assert sizes <= {3, 4, 5}
    assert names(tmp_path) == FILES
    (told,) = re.findall(r"hidden_dim \| <code>(\d)</code>", (tmp_path / "README.md").read_text())
    assert load(tmp_path).hidden_dim == int(told)


def test_a_writer_that_never_ends_does_not_keep_others_waiting(tmp_path, monkeypatch):
    pytest.importorskip("fcntl")
    monkeypatch.setattr(_archive, "_MAX_WAIT", 0.1)
    with _archive._locked(tmp_path) as is_locked:
        assert is_locked
        partial = tmp_path / ".model.safetensors.0123456789abcdef.partial"
        partial.write_bytes(b"half")
        save(tiny_encoder(hidden_dim=5), tmp_path)
        assert partial.exists()  # its writer may be alive
    assert load(tmp_path).hidden_dim == 5
