"""One torch thread: for networks this small, more of them only wait for each other. And no deadlines."""

import pytest
import torch
from hypothesis import settings

settings.register_profile("unhurried", deadline=None)  # a busy machine is no failure
settings.load_profile("unhurried")


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


@pytest.fixture
def two_threads():
    """For tests of what threads may change, or must not."""
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(1)
