import tracemalloc

import numpy as np
import pytest

from fgp_sklearn import FGPEncoder, FGPRegressor
from fgp_sklearn.architectures._duplicates import distinct
from fgp_sklearn.datasets import nasbench101_space, nasbench201_space
from fgp_sklearn.nn import GraphTensors
from fgp_sklearn.preprocessing import _stretches

POOL = nasbench201_space()[::9]
KNOWN = POOL[::50]
LABELS = np.random.default_rng(0).normal(size=(len(KNOWN), 2))


@pytest.fixture(scope="module")
def regressor():
    encoder = FGPEncoder(hidden_dim=16, max_epochs=1)
    return FGPRegressor(encoder, max_epochs=2, random_state=0).fit_pretrain(KNOWN).fit(KNOWN, LABELS)


@pytest.fixture
def in_small_parts(monkeypatch):
    def cut():
        monkeypatch.setattr(_stretches, "_STATES_AT_ONCE", 100 * 8 * 128)  # of about 100 cells

    return cut


def test_what_networks_tell_in_parts_is_the_same_to_the_bit(regressor, in_small_parts):
    alone = FGPRegressor(regressor.encoder, process_weight=0, max_epochs=2, random_state=0)
    alone.fit(KNOWN, LABELS, KNOWN)
    given = []
    process = regressor.process_
    scores = process.scores

    def remembering(X, known):
        given.extend(known.features)
        return scores(X, known)

    expected = alone.predict(POOL)
    in_small_parts()
    np.testing.assert_array_equal(alone.predict(POOL), expected)
    process.scores = remembering
    try:
        regressor.predict(POOL)
    finally:
        del process.scores
    (embeddings,) = given
    np.testing.assert_array_equal(embeddings, regressor.pretrained_encoder_.transform(POOL))


def test_in_parts_as_at_once(regressor, in_small_parts):
    expected = regressor.predict(POOL, return_std=True), regressor.decision_function(POOL)
    in_small_parts()
    found = regressor.predict(POOL, return_std=True), regressor.decision_function(POOL)
    for one, other in zip((*found[0], found[1]), (*expected[0], expected[1]), strict=True):
        # Parts that are encoded by themselves would differ by 1e-6.
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)


def test_each_network_reads_each_distinct_functional_graph_once(regressor, monkeypatch):
    n_distinct = len(distinct(regressor.encoder_.input_.functional(POOL))[0])
    assert n_distinct < 0.9 * len(POOL)
    n_read = []
    read = GraphTensors.from_batch

    def counting(batch, **params):
        n_read.append(len(batch))
        return read(batch, **params)

    monkeypatch.setattr(GraphTensors, "from_batch", counting)
    regressor.predict(POOL)
    assert sum(n_read) == 2 * n_distinct


def test_memory_does_not_grow_by_what_the_process_compares(in_small_parts):
    pool = nasbench101_space()[-10_000:]
    regressor = FGPRegressor(FGPEncoder(max_epochs=0), max_epochs=0, random_state=0).fit_pretrain(pool[::20])
    regressor.fit(pool[:50], np.arange(50.0)).predict(pool[:1000])  # what is loaded once
    in_small_parts()
    tracemalloc.start()
    try:
        regressor.predict(pool)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4000 * len(pool)  # features of all at once took 14 kB each
