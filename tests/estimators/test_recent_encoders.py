import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from torch import nn

from fgp_sklearn import FGPEncoder, FlowSurrogate
from fgp_sklearn.estimators._recent_encoders import RecentEncoders
from fgp_sklearn.tuning import suggest_params
from tests.sklearn_compatibility.spaces import cells


class Pretraining:
    """Stands for pre-training: counts its calls, and waits if told to."""

    def __init__(self, n_epochs=2):
        self.n_epochs = n_epochs
        self.calls = 0
        self.lock = threading.Lock()

    def __call__(self):
        with self.lock:
            self.calls += 1
        encoder = FGPEncoder(max_epochs=2)
        encoder.history_ = [{}] * self.n_epochs
        encoder.backbone_ = nn.Linear(1, 24)  # 192 bytes
        return encoder


def seeded(**params):
    return FGPEncoder(**{"random_state": 0, **params})


def test_equal_encoder_on_equal_data_is_found():
    recent, pretrain = RecentEncoders(), Pretraining()
    first = recent.fetch(seeded(surrogate=FlowSurrogate(4)), np.arange(3), pretrain)
    assert recent.fetch(seeded(surrogate=FlowSurrogate(4)), np.arange(3), pretrain) is first
    assert pretrain.calls == 1


@pytest.mark.parametrize(
    ("encoder", "data"),
    [
        (seeded(surrogate=FlowSurrogate(4)), [1]),
        (seeded(surrogate=FlowSurrogate(5)), [0]),
        (seeded(), [0]),
        (seeded(surrogate=FlowSurrogate(4), random_state=1), [0]),
        (seeded(surrogate=FlowSurrogate(4), backbone=lambda: None), [0]),
    ],
)
def test_whatever_differs_is_pretrained(encoder, data):
    recent, pretrain = RecentEncoders(), Pretraining()
    recent.fetch(seeded(surrogate=FlowSurrogate(4)), [0], pretrain)
    recent.fetch(encoder, data, pretrain)
    assert pretrain.calls == 2


@pytest.mark.parametrize(
    "encoder",
    [
        FGPEncoder(),
        FGPEncoder(random_state=np.random.RandomState(0)),
        seeded(surrogate=FlowSurrogate(random_state=np.random.RandomState(0))),
    ],
)
def test_what_no_seed_determines_is_not_kept(encoder):
    recent, pretrain = RecentEncoders(), Pretraining()
    for _ in range(2):
        recent.fetch(encoder, [0], pretrain)
    assert pretrain.calls == 2


def test_interrupted_pretraining_is_not_kept():
    recent, pretrain = RecentEncoders(), Pretraining(n_epochs=1)
    for _ in range(2):
        assert recent.fetch(seeded(), [0], pretrain).history_ == [{}]
    assert pretrain.calls == 2


def test_failed_pretraining_is_tried_again():
    recent, pretrain = RecentEncoders(), Pretraining()

    def fail():
        raise OSError("out of paper")

    with pytest.raises(OSError, match="out of paper"):
        recent.fetch(seeded(), [0], fail)
    recent.fetch(seeded(), [0], pretrain)
    assert pretrain.calls == 1


def test_threads_wait_for_one_another():
    recent, pretrain = RecentEncoders(), Pretraining()
    start = threading.Barrier(4)

    def fetch(_):
        start.wait()
        return recent.fetch(seeded(), np.arange(10_000), pretrain)

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(fetch, range(4)))
    assert pretrain.calls == 1
    assert len(set(map(id, found))) == 1


def test_only_the_last_are_kept():
    recent, pretrain = RecentEncoders(capacity=2), Pretraining()
    for data in (0, 1, 2, 2, 1, 0):
        recent.fetch(seeded(), data, pretrain)
    assert pretrain.calls == 4


def test_as_many_as_memory_allows_are_kept():
    recent, pretrain = RecentEncoders(max_bytes=400), Pretraining()
    for data in (0, 1, 2, 2, 1, 0):
        recent.fetch(seeded(), data, pretrain)
    assert pretrain.calls == 4
    recent, pretrain = RecentEncoders(max_bytes=0), Pretraining()
    for data in (0, 0, 1, 1, 0):
        recent.fetch(seeded(), data, pretrain)
    assert pretrain.calls == 3


class Choices:
    """A trial that suggests one of the choices after the other, and counts the combinations."""

    def __init__(self, number):
        self.number = number
        self.n_combinations = 1

    def suggest_categorical(self, name, choices):
        place = self.number // self.n_combinations % len(choices)
        self.n_combinations *= len(choices)
        return choices[place]


def test_the_default_space_of_tuning_is_kept():
    first = Choices(0)
    suggest_params(first, FGPEncoder())
    assert first.n_combinations == 36
    recent, calls = RecentEncoders(), []

    def fetch(number):
        encoder = seeded(**suggest_params(Choices(number), FGPEncoder()), max_epochs=0)

        def pretrain():
            calls.append(number)
            return encoder.fit(cells(3))

        return recent.fetch(encoder, 0, pretrain)

    encoders = [fetch(number) for number in range(36)]
    assert [fetch(number) for number in range(36)] == encoders
    assert calls == list(range(36))
