"""Pre-training over several processes."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fgp_sklearn import FGPEncoder
from fgp_sklearn.training import BatchIterator, GraphDataset
from tests.sklearn_compatibility.spaces import as_batch, cells
from tests.training.share_pretraining import PAIRS, POOL

pytest.importorskip("accelerate")
ROOT = Path(__file__).parents[2]


def launch(folder, n_processes):
    """Let processes of this machine share a pre-training through gloo, and return what each has."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += [f"--nproc-per-node={n_processes}", "-m", "tests.training.share_pretraining", str(folder)]
    settings = {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    environment = {**os.environ, **settings}
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=environment)
    return [np.load(folder / f"process{rank}.npz") for rank in range(n_processes)]


@pytest.mark.slow
def test_two_processes_end_with_the_same_weights(tmp_path):
    first, second = launch(tmp_path, 2)
    assert first["n_processes"] == 2
    for name in ("embeddings", "losses", "predictions"):
        assert first[name].tobytes() == second[name].tobytes()
    alone = FGPEncoder(hidden_dim=8, max_epochs=3, batch_size=32, random_state=0).fit(POOL)
    np.testing.assert_allclose(first["losses"], [row["train_loss"] for row in alone.history_], rtol=1e-3)
    np.testing.assert_allclose(first["embeddings"], alone.transform(PAIRS), atol=1e-3)


def test_one_process_is_the_plain_loop():
    plain = FGPEncoder(hidden_dim=8, max_epochs=2, batch_size=32, random_state=0)
    expected = plain.fit(POOL).transform(PAIRS)
    found = plain.set_params(device="accelerate").fit(POOL).transform(PAIRS)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("n", "batch_size"), [(10, 4), (9, 3), (5, -1), (7, 1)])
def test_shares_make_up_the_batches(n, batch_size):
    dataset = GraphDataset(as_batch(cells(n)), np.arange(n, dtype=float))
    whole = [targets[:, 0].tolist() for _, targets in BatchIterator(dataset, batch_size)]
    shares = [
        [targets[:, 0].tolist() for _, targets in BatchIterator(dataset, batch_size, share=(rank, 3))]
        for rank in range(3)
    ]
    for batch, *parts in zip(whole, *shares, strict=True):
        assert len({len(part) for part in parts}) == 1
        assert {row for part in parts for row in part} == set(batch)


def test_errors(tmp_path):
    with pytest.raises(ValueError, match="set random_state to an integer"):
        FGPEncoder(max_epochs=1, device="accelerate").fit(POOL)
    with pytest.raises(ValueError, match="checkpoints are of one process"):
        FGPEncoder(max_epochs=1, device="accelerate", random_state=0).fit(POOL, checkpoint=tmp_path)
