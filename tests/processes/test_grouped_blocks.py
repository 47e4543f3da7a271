import numpy as np
import pytest

from fgp_sklearn import FlowGaussianProcessRegressor, as_batch, load, save
from fgp_sklearn.architectures import ArchitectureError
from fgp_sklearn.metrics import kendall_tau_score
from fgp_sklearn.preprocessing._attribute_groups import AttributeGroups
from fgp_sklearn.processes._grouped_blocks import GroupedBlocks

NAMES = ["kernel", "width"]


def networks(n, seed=0, branches=True):
    """One topology with two branches, or a chain, and numbers that vary; the cost of each."""
    generator = np.random.default_rng(seed)
    adjacency = np.eye(8, k=1, dtype=int)
    if branches:
        adjacency[1, 4] = adjacency[2, 5] = 1
    kernels = generator.choice([1, 3, 5, 7], size=(n, 6))
    widths = 8 * generator.integers(1, 17, size=(n, 6))
    ops = [
        ["input", *({"op": "conv", "kernel": k, "width": w} for k, w in zip(*row, strict=True)), "output"]
        for row in zip(kernels.tolist(), widths.tolist(), strict=True)
    ]
    pairs = [(adjacency, row) for row in ops]
    return as_batch(pairs, attributes=NAMES), (kernels * widths).sum(axis=1).astype(float)


def test_columns_have_unit_squares_over_the_pool():
    pool, _ = networks(50)
    blocks = GroupedBlocks((frozenset(), frozenset())).fit(pool)
    found = blocks.transform(pool)
    assert blocks.widths == [block.shape[1] for block in found]
    groups = [group for group in AttributeGroups().fit(pool).transform(pool) if group.shape[1]]
    for block, group in zip(found, groups, strict=True):
        np.testing.assert_allclose(block * np.sqrt(group.shape[1]), group)
        assert (block**2).sum(axis=1).mean() == pytest.approx(1.0)


def test_pools_of_equal_architectures_have_one_constant():
    pool, _ = networks(1)
    blocks = GroupedBlocks(None).fit(pool)
    assert (blocks.widths, blocks.smooth) == ([1], [True])
    np.testing.assert_array_equal(blocks.transform(pool)[0], [[0.0]])


@pytest.mark.parametrize("branches", [False, True])
def test_sums_of_products_of_attributes_are_ranked_from_80_labels(branches):
    (X, cost), (query, truth) = networks(80, branches=branches), networks(400, seed=1, branches=branches)
    process = FlowGaussianProcessRegressor(random_state=0).fit(X, cost, query)
    assert kendall_tau_score(truth, process.predict(query)) > 0.97


def test_a_file_predicts_the_same(tmp_path):
    (X, cost), (query, _) = networks(30), networks(40, seed=1)
    process = FlowGaussianProcessRegressor(view="both", random_state=0).fit(X, cost, query)
    save(process, tmp_path)
    for expected, found in zip(
        process.predict(query, return_std=True), load(tmp_path).predict(query, return_std=True), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


def test_scales_come_from_the_pool():
    (X, cost), (pool, _) = networks(30), networks(500, seed=1)
    process = FlowGaussianProcessRegressor(random_state=0).fit(X, cost, pool)
    assert (
        np.abs(
            process.predict(pool) - FlowGaussianProcessRegressor(random_state=0).fit(X, cost).predict(pool)
        ).max()
        > 0
    )
    known = AttributeGroups().fit(as_batch([*X, *pool], attributes=NAMES))
    given = FlowGaussianProcessRegressor(random_state=0).fit_with_groups(X, cost, pool[:1], known)
    np.testing.assert_allclose(given.predict(pool), process.predict(pool), rtol=1e-3)


def test_operations_that_no_label_had_are_predicted_from_their_numbers():
    chain = np.eye(5, k=1, dtype=int)
    generator = np.random.default_rng(0)
    kernels, expansions = generator.choice([3, 5, 7], (200, 3)), generator.choice([3, 4, 6], (200, 3))
    ops = [
        [f"mb{e}_k{k}" for k, e in zip(*row, strict=True)] for row in zip(kernels, expansions, strict=True)
    ]
    X = as_batch([(chain, ["input", *row, "output"]) for row in ops])
    cost = (kernels * expansions).sum(axis=1).astype(float)
    new = np.array(["mb6_k7" in row for row in ops])
    process = FlowGaussianProcessRegressor(random_state=0).fit(X[~new], cost[~new], X)
    assert kendall_tau_score(cost[new], process.predict(X[new])) > 0.8
    alone = FlowGaussianProcessRegressor(random_state=0).fit(X[~new], cost[~new])
    assert kendall_tau_score(cost[new], alone.predict(X[new])) > 0.8
    unknown = as_batch([(chain, ["input", "warp", "mb6_k7", "mb6_k7", "output"])])
    with pytest.raises(ArchitectureError, match="X_unlabeled"):
        alone.predict(unknown)
