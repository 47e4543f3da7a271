"""On how many cores torch computes, seen from inside and outside."""

import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import nn

from fgp_sklearn._threads import map_on_cores, one_core
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.training import GraphDataset, TrainingPlan, apply_in_batches, train
from fgp_sklearn.training import _loop as loop

CELLS = nasbench201_space()[:40]


pytestmark = pytest.mark.usefixtures("two_threads")


def in_another_thread(work):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


class Watched(nn.Module):
    """Mean operation code; notes how many cores each call may use."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.n_cores = []

    def forward(self, graphs):
        self.n_cores.append(torch.get_num_threads())
        means = torch.zeros(len(graphs)).index_add(0, graphs.owner, graphs.ops.float()) / graphs.n_nodes
        return self.weight * means[:, None]


def test_one_core_is_of_the_calling_thread_alone():
    with one_core():
        assert torch.get_num_threads() == 1
        assert in_another_thread(torch.get_num_threads) == 2
    assert torch.get_num_threads() == 2


def cores_of_mkl():
    return re.search(r"mkl_get_max_threads\(\) : (\d+)", torch.__config__.parallel_info())[1]


@pytest.mark.skipif(not torch.backends.mkl.is_available(), reason="this torch has no MKL")
def test_one_core_is_one_of_mkl_too():
    with one_core():
        assert cores_of_mkl() == "1"
        assert in_another_thread(cores_of_mkl) == "2"
    assert cores_of_mkl() == "2"


def test_one_core_ends_with_an_error():
    with pytest.raises(RuntimeError, match="stop"), one_core():
        raise RuntimeError("stop")
    assert torch.get_num_threads() == 2


def test_items_are_worked_on_at_once_and_come_back_in_order():
    found = map_on_cores(lambda item: (item * item, torch.get_num_threads()), range(20))
    assert found == [(item * item, 1) for item in range(20)]
    assert torch.get_num_threads() == 2


def test_an_error_in_a_thread_arrives():
    with pytest.raises(ZeroDivisionError):
        map_on_cores(lambda item: 1 / item, [1, 0])


def test_applying_takes_a_core_a_batch():
    module = Watched()
    outputs = apply_in_batches(module, CELLS, batch_nodes=56)
    expected = [np.mean([CELLS.vocabulary.index(op) for op in cell.ops]) for cell in CELLS]
    np.testing.assert_allclose(outputs[:, 0], expected, rtol=1e-6)
    assert set(module.n_cores) == {1}
    assert len(module.n_cores) > 1


@pytest.mark.parametrize(("limit", "expected"), [(2**31, 1), (0, 2)])
def test_small_steps_of_training_take_one_core_and_large_ones_all(monkeypatch, limit, expected):
    monkeypatch.setattr(loop, "_SMALL_STEP", limit)
    module = Watched()
    plan = TrainingPlan(max_epochs=2, batch_size=20, lr=1e-2, weight_decay=0.0, schedule="constant")
    train(module, nn.MSELoss(), GraphDataset(CELLS, np.arange(len(CELLS))), plan, seed=0)
    assert module.n_cores == [expected] * 4
    assert torch.get_num_threads() == 2
