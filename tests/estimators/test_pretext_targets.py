import tracemalloc

import numpy as np
import pytest
import torch
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import StandardScaler

from fgp_sklearn import FGPEncoder
from fgp_sklearn.architectures import ArchitectureBatch, as_batch
from fgp_sklearn.datasets import nasbench101_space, nasbench201_space
from fgp_sklearn.estimators import _fgp_encoder, _pretext_targets
from fgp_sklearn.estimators._pretext_part import PretextPart
from fgp_sklearn.estimators._pretext_targets import (
    default_surrogate,
    pretext_parts,
    pretext_targets,
    set_open_seeds,
)
from fgp_sklearn.nn import SquaredErrorLoss
from tests.estimators.attribute_spaces import chains_with_widths, costs

POOL = nasbench201_space()[::31]
RANKED = np.random.default_rng(0).normal(size=(len(POOL), 2))


class Columns(TransformerMixin, BaseEstimator):
    """A row of numbers for each architecture, which its operations determine."""

    def __init__(self, n_columns=8):
        self.n_columns = n_columns

    def fit(self, X, y=None):
        self.n_fitted_ = len(X)
        return self

    def transform(self, X):
        place = np.arange(len(X.ops)) - X.node_ptr[X.node_owner]
        codes = np.bincount(X.node_owner, weights=3.0**place * (1 + X.ops))
        return np.outer(codes, np.arange(1, self.n_columns + 1)) % 97


class Awkward(Columns):
    """Columns far from zero, constant, rare, unknown and large."""

    def transform(self, X):
        count = np.add.reduceat((X.ops % 3 == 1).astype(float), X.node_ptr[:-1])
        rare = count == 4
        return np.stack(
            [count + 1e6, np.full(len(X), 7.0), rare, np.where(rare, np.nan, 1.0), count * 1e60], axis=1
        )


class WholeOnly(BaseEstimator):
    """Knows the pool that it saw, and nothing else."""

    def fit_transform(self, X, y=None):
        return Columns().fit_transform(X)


@pytest.fixture
def in_parts(monkeypatch):
    monkeypatch.setattr(_pretext_targets, "_ALL_AT_ONCE", 100)
    monkeypatch.setattr(_pretext_targets, "_ROWS_AT_ONCE", 64)


def flows():
    surrogate = default_surrogate(of_chains=False)
    set_open_seeds(surrogate, 0)
    return surrogate


@pytest.mark.parametrize("make", [flows, Columns, Awkward, WholeOnly])
def test_in_parts_as_at_once(make, monkeypatch):
    expected, n_surrogate = pretext_targets(make(), POOL, RANKED)
    monkeypatch.setattr(_pretext_targets, "_ALL_AT_ONCE", 100)
    for rows_at_once in (64, 1000):
        monkeypatch.setattr(_pretext_targets, "_ROWS_AT_ONCE", rows_at_once)
        targets, n_found = pretext_targets(make(), POOL, RANKED)
        assert n_found == n_surrogate
        assert targets.dtype == np.float32
        assert targets.flags.c_contiguous
        np.testing.assert_allclose(targets, expected, rtol=1e-5, atol=2e-6)


@pytest.mark.usefixtures("in_parts")
def test_columns_are_standardised_and_constant_ones_dropped():
    targets, n_surrogate = pretext_targets(Awkward(), POOL, RANKED)
    columns = Awkward().transform(POOL)[:, [0, 2, 4]]
    assert n_surrogate == 3
    np.testing.assert_allclose(targets[:, :3], StandardScaler().fit_transform(columns), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(targets[:, 3:], RANKED.astype(np.float32))


@pytest.mark.usefixtures("in_parts")
def test_a_surrogate_is_fitted_to_the_whole_pool():
    surrogate = Columns()
    pretext_targets(surrogate, POOL, RANKED)
    assert surrogate.n_fitted_ == len(POOL)


@pytest.mark.usefixtures("in_parts")
def test_a_value_too_large_for_float32_is_told():
    class Huge(Columns):
        def transform(self, X):
            is_huge = np.zeros(len(X))
            is_huge[-1] = 1e100 * (X[len(X) - 1].ops == POOL[len(POOL) - 2].ops)
            return is_huge[:, None]

    with pytest.raises(ValueError, match=r"column 0 .* too large for float32"):
        pretext_targets(Huge(), POOL, RANKED)


def test_every_target_has_a_share_in_the_loss(monkeypatch):
    """Outputs that no term of the loss compares with their targets would be learnt from nothing."""
    given = []
    monkeypatch.setattr(_fgp_encoder, "train", lambda *args, **_: given.extend(args))
    FGPEncoder(hidden_dim=4, n_layers=1, random_state=0).fit(POOL, proxies=RANKED)
    _, loss, data, *_ = given
    outputs = torch.zeros_like(data.targets, requires_grad=True)
    loss(outputs, data.targets).backward()
    assert (outputs.grad.abs().amax(dim=0) > 0).all()


def test_memory_of_pretraining_is_that_of_the_targets():
    pool, n_columns = nasbench101_space()[-40_000:], 300
    surrogate = Columns(n_columns)
    encoder = FGPEncoder(
        hidden_dim=4, n_layers=1, max_epochs=0, max_pool=None, surrogate=surrogate, random_state=0
    )
    encoder.fit(pool[:1000])  # what is loaded once
    tracemalloc.start()
    try:
        encoder.fit(pool)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    targets = 4 * n_columns * len(pool)
    assert peak < 3 * targets  # in float64 and at once, with copies, it was more than 6 times as much


class Sizes(FGPEncoder):
    """An encoder that learns the number of edges as well: one more part of the pretext."""

    def _pretext_parts(self, proxies):
        edges = np.diff(POOL.edge_ptr)[:, None].astype(float)
        part = PretextPart("sizes", edges, SquaredErrorLoss(), weight=3.0)
        return [*super()._pretext_parts(proxies), part]


@pytest.mark.parametrize("weights", [(0.5, 2.0), (0.0, 2.0), (0.5, 0.0)])
def test_each_part_has_its_columns_its_loss_and_its_weight(weights, monkeypatch):
    """Compared with the sum over parts, computed by hand."""
    given = []
    monkeypatch.setattr(_fgp_encoder, "train", lambda *args, **_: given.extend(args))
    encoder = Sizes(surrogate_weight=weights[0], proxy_weight=weights[1], hidden_dim=4, random_state=0)
    encoder.set_params(surrogate=Columns(), null_ops=(), identity_ops=()).fit(POOL, proxies=RANKED)
    _, loss, data, *_ = given
    targets = data.targets.double()
    outputs = torch.from_numpy(np.random.default_rng(1).normal(size=targets.shape))
    i, j = np.triu_indices(len(targets), 1)
    order = torch.sign(targets[i, 8:10] - targets[j, 8:10])
    ranking = torch.relu(0.5 - order * (outputs[i, 8:10] - outputs[j, 8:10])).mean()
    expected = weights[0] * ((outputs[:, :8] - targets[:, :8]) ** 2).mean() + weights[1] * ranking
    expected += 3.0 * ((outputs[:, 10] - targets[:, 10]) ** 2).mean()
    assert set(targets[:, 10].tolist()) == set(np.diff(data.architectures.edge_ptr).tolist())
    assert float(loss(outputs, targets)) == pytest.approx(float(expected))


@pytest.mark.parametrize("surrogate", [None, Columns()])
def test_the_default_pretext_has_a_part_about_attributes(surrogate):
    pool = chains_with_widths(50)
    parts = {
        part.name: part
        for part in pretext_parts(surrogate, RANKED[:, :0], (0.5, 2.0), of_chains=True, has_attributes=True)
    }
    assert ("attributes" in parts) == (surrogate is None)
    plain = pretext_parts(surrogate, RANKED[:, :0], (0.5, 2.0), of_chains=True, has_attributes=False)
    assert [part.name for part in plain] == ["surrogate", "proxies"]
    if surrogate is None:
        columns = parts["attributes"].columns.fit_transform(pool)
        varied = columns[:, columns.std(axis=0) > 0]
        correlation = np.corrcoef(varied.T, costs(pool))[-1, :-1]
        assert correlation.max() == pytest.approx(1.0)  # one of them is the sum of products
        assert parts["attributes"].weight > 0


def test_pretraining_draws_graphs_of_a_large_pool_and_knows_the_operations_of_all_of_it():
    rare = [([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "rare", "output"])]
    pool = ArchitectureBatch.concatenate([POOL, as_batch(rare)])
    seen = []

    class Watching(Columns):
        def fit_transform(self, X, y=None):
            seen.append(X)
            return super().fit_transform(X)

    def pretrained(max_pool):
        surrogate = Watching()
        return FGPEncoder(
            hidden_dim=8, max_epochs=1, surrogate=surrogate, max_pool=max_pool, random_state=0
        ).fit(pool)

    few, again, all_of_them = pretrained(20), pretrained(20), pretrained(None)
    everything = set(map(str, seen[2].to_pairs()))
    drawn = set(map(str, seen[0].to_pairs()))
    assert len(seen[0]) == len(drawn) == 20
    assert drawn < everything
    assert few.vocabulary_ == all_of_them.vocabulary_
    assert "rare" in few.vocabulary_
    np.testing.assert_array_equal(few.transform(pool), again.transform(pool))


def test_proxies_of_a_drawn_graph_are_its_own():
    functional = FGPEncoder(hidden_dim=4, max_epochs=0).fit(POOL).input_.read(POOL)
    count = np.bincount(functional.node_owner, minlength=len(functional)).astype(float)
    parts = [
        PretextPart("surrogate", Columns(), SquaredErrorLoss(), 1.0),
        PretextPart("proxies", count[:, None], SquaredErrorLoss(), 1.0),
    ]
    pretext = _pretext_targets.make_pretext(parts, functional, 0, 20)
    assert pretext.targets[:, -1].tolist() == pretext.pool.n_nodes.tolist()
