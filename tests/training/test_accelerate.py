"""Pre-training over several processes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fgp_sklearn import FGPEncoder
from fgp_sklearn.training import GraphDataset
from fgp_sklearn.training._data import BatchIterator
from fgp_sklearn.training._processes import Group
from fgp_sklearn.training._sharing import Shares
from tests.sklearn_compatibility.spaces import as_batch, cells
from tests.training.share_pretraining import CASES, PAIRS, POOL, pretrained

ROOT = Path(__file__).parents[2]


def launch(folder, n_processes):
    """Let processes of this machine share pre-trainings through gloo; what each has, and what it says."""
    pytest.importorskip("accelerate")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += [f"--nproc-per-node={n_processes}", "-m", "tests.training.share_pretraining", str(folder)]
    settings = {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, **settings})
    assert done.returncode == 0, done.stderr
    names = [folder / f"process{rank}" for rank in range(n_processes)]
    said = [json.loads(name.with_suffix(".json").read_text(encoding="utf-8")) for name in names]
    return [np.load(name.with_suffix(".npz")) for name in names], said


@pytest.fixture(scope="module")
def alone():
    """The same pre-trainings in one process, without accelerate."""
    return {name: pretrained(name, random_state=0) for name in CASES}


@pytest.mark.slow
@pytest.mark.parametrize("n_processes", [2, 3])
def test_shared_pretraining(tmp_path, n_processes, alone):
    found, said = launch(tmp_path, n_processes)
    first = found[0]
    assert first["n_processes"] == n_processes
    for other in found[1:]:  # all hold the same weights
        assert sorted(other) == sorted(first)
        for name in first:
            assert other[name].tobytes() == first[name].tobytes(), name
    for name, encoder in alone.items():  # and those are the ones of a single process
        losses = [epoch["train_loss"] for epoch in encoder.history_]
        np.testing.assert_allclose(first[f"{name} losses"], losses, rtol=1e-4, err_msg=name)
        np.testing.assert_allclose(
            first[f"{name} embeddings"], encoder.transform(PAIRS), atol=1e-4, err_msg=name
        )
    assert "pre-training" in said[0]["shown"]
    assert "fine-tuning" in said[0]["shown"]
    assert [each["shown"] for each in said[1:]] == [""] * (n_processes - 1)
    for each in said:
        assert "seed" in each["seed"]
        assert "integer random_state" in each["no seed"]
        assert "do not run the same training: plan differ; pass the same pool" in each["parameter"]
        assert f"requires one process and there are {n_processes}; leave checkpoint out" in each["checkpoint"]


def test_one_process_is_the_plain_loop(tmp_path):
    pytest.importorskip("accelerate")
    plain = FGPEncoder(hidden_dim=8, max_epochs=2, batch_size=32, random_state=0)
    expected = plain.fit(POOL).transform(PAIRS)
    found = plain.set_params(device="accelerate").fit(POOL, checkpoint=tmp_path).transform(PAIRS)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("n", "batch_size"), [(10, 4), (9, 3), (5, -1), (7, 1)])
@pytest.mark.parametrize("weights", [None, np.arange(1.0, 11.0)])
def test_shares_make_up_the_batches(n, batch_size, weights):
    dataset = GraphDataset(as_batch(cells(n)), np.arange(n), None if weights is None else weights[:n])
    whole = list(BatchIterator(dataset, batch_size))
    shares = [list(Shares(dataset, batch_size, group=Group("cpu", rank, 3))) for rank in range(3)]
    for (graphs, *truth), *parts in zip(whole, *shares, strict=True):
        assert len({len(part[0]) for part in parts}) == 1  # as gathering asks for
        ops = np.concatenate([part[0].ops.numpy() for part in parts])
        np.testing.assert_array_equal(ops[: len(graphs.ops)], graphs.ops.numpy())
        for _, *shared in parts:
            assert [values.tolist() for values in shared] == [values.tolist() for values in truth]


def test_without_accelerate(monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(ImportError, match=r"pip install 'fgp-sklearn\[accelerate\]'"):
        FGPEncoder(max_epochs=1, device="accelerate").fit(POOL)
