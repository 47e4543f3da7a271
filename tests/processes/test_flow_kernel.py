import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from fgp_sklearn import FlowGaussianProcessRegressor, as_batch
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.estimators._power_scores import power_scores
from fgp_sklearn.estimators._targets import normal_scores
from fgp_sklearn.preprocessing import ArchitectureSimplifier, PathStatistics, WeisfeilerLehmanEncoding
from fgp_sklearn.processes._flow_kernel import VIEWS, FlowKernel
from fgp_sklearn.processes._sum_kernel_process import SumKernelProcess

CELLS = nasbench201_space()[::500]


def chains(n):
    ops = np.random.default_rng(0).choice(["identity", "mb3", "mb6"], size=(n, 5))
    return as_batch([(np.eye(7, k=1, dtype=int), ["input", *row, "output"]) for row in ops.tolist()])


@pytest.mark.filterwarnings("ignore:view='both' predicts")
@pytest.mark.parametrize("known", [CELLS, chains(30)], ids=["cells", "chains"])
@pytest.mark.parametrize("view", VIEWS)
def test_the_regressor_learns_with_this_kernel(known, view):
    labels = np.random.default_rng(1).normal(size=len(known))
    regressor = FlowGaussianProcessRegressor(view=view, random_state=0).fit(known, labels)
    (found,) = regressor.processes_
    blocks = FlowKernel(view).blocks(known, found.seed, n_labels=len(known))
    compared = blocks.fit_transform(known, known)
    assert found.linear == blocks.linear
    assert found.widths == blocks.widths == [block.shape[1] for block in compared]
    adds_up = blocks.grouped or view == "cost"
    scores = [s.values for s in power_scores(labels)] if adds_up else [normal_scores(labels)]
    alone = [
        SumKernelProcess(500, 1500, found.seed, blocks.linear).fit(compared, score, priors=blocks.priors)
        for score in scores
    ]
    expected = [process.mean(compared) for process in alone]
    assert any(np.array_equal(regressor.decision_function(known), means) for means in expected)


def test_cells_and_chains_have_other_blocks():
    assert FlowKernel("accuracy").blocks(CELLS, 0).simplification is not None
    assert FlowKernel("accuracy").blocks(chains(5), 0).simplification is None


def test_flows_are_linear_too_where_nothing_else_knows_as_much():
    def n_linear(n_labels=None, known=CELLS, **params):
        blocks = FlowKernel(**{"view": "accuracy", **params}).blocks(known, 0, n_labels=n_labels)
        blocks.fit_transform(known, known)
        return sum(blocks.linear)

    embeddings = [PathStatistics()]
    assert n_linear() == 0
    assert n_linear(20) == n_linear(500) == 6  # flows, path sums, parts of paths, shares of operations
    assert n_linear(20, features=embeddings) == 6
    assert n_linear(60, features=embeddings) == 0
    assert n_linear(20, view="both") == n_linear(view="both")
    assert n_linear(20, known=chains(30)) == n_linear(known=chains(30))


def test_shares_of_operations_are_those_of_functional_graphs():
    blocks = FlowKernel("accuracy").blocks(CELLS, 0, n_labels=20)
    shares = blocks.fit_transform(CELLS[:20], CELLS)[-1]
    functional = ArchitectureSimplifier(identity_ops=["skip_connect"]).fit_transform(CELLS[:20])
    counts = WeisfeilerLehmanEncoding(0).fit_transform(functional)
    np.testing.assert_allclose(shares @ shares.T, 2 * cosine_similarity(counts), atol=1e-12)
    np.testing.assert_array_equal(blocks.transform(CELLS[:20])[-1], shares)


def test_each_block_is_reduced_to_a_median_distance_of_one():
    for block in FlowKernel("both").blocks(CELLS, 0).fit_transform(CELLS, CELLS):
        distance = np.linalg.norm(block[:, None] - block, axis=2)[np.triu_indices(len(block), 1)]
        assert np.median(distance[distance > 0]) == pytest.approx(1.0)
