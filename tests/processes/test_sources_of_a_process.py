import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct, Matern

from fgp_sklearn.processes._priors import NARROW
from fgp_sklearn.processes._sum_kernel_process import SumKernelProcess


def task(n, seed=0):
    generator = np.random.default_rng(seed)
    block, source = generator.normal(size=(n, 3)) / 2, generator.normal(size=(n, 1))
    return [block, source], 0.9 * source[:, 0] + np.sin(2 * block[:, 0]) / 3 + 0.1 * generator.normal(size=n)


def test_posterior_is_that_of_scikit_learn_on_what_the_sources_leave():
    blocks, y = task(50)
    process = SumKernelProcess(500, 500, 0, (False, True), n_sources=1).fit(blocks, y)
    slope = NARROW.sources.slope
    expected_mean = slope * blocks[1][:, 0]
    level = (y - expected_mean).mean()
    weights, lengths = process.weights_, process.lengths_
    matern = GaussianProcessRegressor(
        ConstantKernel(weights[0]) * Matern(lengths[0], nu=2.5), alpha=process.noise_, optimizer=None
    )
    linear = ConstantKernel(weights[1]) * DotProduct(0.0, "fixed")
    inputs, queries = np.hstack(blocks), task(20, seed=1)[0]
    columns = np.hstack(queries)
    kernel = matern.kernel(blocks[0]) + linear(blocks[1]) + process.noise_ * np.eye(50)
    between = matern.kernel(queries[0], blocks[0]) + linear(queries[1], blocks[1])
    answer = (
        level + slope * columns[:, 3] + between @ np.linalg.solve(kernel, y - level - slope * inputs[:, 3])
    )
    np.testing.assert_allclose(process.mean(queries), answer, atol=1e-4)
    np.testing.assert_array_equal(process.predict(queries)[0], process.mean(queries))
    np.testing.assert_array_equal(process.predict_jointly(queries)[0], process.mean(queries))


def test_leave_one_out_means_never_saw_the_label():
    blocks, y = task(40)
    process = SumKernelProcess(500, 500, 0, (False, True), n_sources=1).fit(blocks, y)
    trend = process.trend(blocks)
    for i in range(0, 40, 7):
        others = np.delete(np.arange(40), i)
        kept = [block[others] for block in blocks]
        kernel = process._kernel(kept, kept) + (process.noise_ + 1e-6) * np.eye(39)
        alone = process._kernel([block[i : i + 1] for block in blocks], kept)
        expected = trend[i] + alone @ np.linalg.solve(kernel, (y - trend)[others])
        assert process.leave_one_out_[0, i] == pytest.approx(expected[0], abs=1e-6)


def test_few_labels_follow_the_source_and_many_overrule_it():
    generator = np.random.default_rng(3)
    block, source = generator.normal(size=(400, 2)), generator.normal(size=(400, 1))
    unlike = np.sin(2 * block[:, 0])  # the source tells nothing
    answers = {}
    for n in (6, 300):
        labelled = [part[:n] for part in (block, source)]
        process = SumKernelProcess(500, 500, 0, (False, True), n_sources=1).fit(labelled, unlike[:n])
        answers[n] = process.mean([block[300:], source[300:]])
    with_source = [np.corrcoef(answers[n], source[300:, 0])[0, 1] for n in (6, 300)]
    assert with_source[0] > 0.5 > 0.2 > abs(with_source[1])


def test_gradient_of_the_prior_is_that_of_its_value():
    prior = NARROW.of_blocks(5, 2)
    theta = np.random.default_rng(0).normal(size=len(prior.centre))
    value, gradient = prior.penalty(theta)
    for i in range(len(theta)):
        step = 1e-5 * (np.arange(len(theta)) == i)
        numeric = (prior.penalty(theta + step)[0] - prior.penalty(theta - step)[0]) / 2e-5
        assert gradient[i] == pytest.approx(numeric, abs=1e-6)
    assert value > prior.penalty(prior.centre)[0] == 0.0


def test_a_common_factor_of_weights_costs_less_than_different_weights():
    prior = NARROW.of_blocks(4, 1)
    together, apart = prior.centre.copy(), prior.centre.copy()
    together[:3] -= 1.0
    apart[:3] += [-1.0, 1.0, -1.0]
    assert prior.penalty(together)[0] < prior.penalty(apart)[0]
