import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct, Matern, WhiteKernel

from fgp_sklearn.processes._sum_kernel_process import SumKernelProcess, lower_factor


def smooth(n, seed=0):
    generator = np.random.default_rng(seed)
    columns = generator.normal(size=(n, 3)) / 2
    return columns, np.sin(2 * columns[:, 0]) + columns[:, 1] + 0.1 * generator.normal(size=n)


def test_posterior_is_that_of_scikit_learn():
    Z, y = smooth(60)
    process = SumKernelProcess(500, 500, seed=0, linear=(False,)).fit([Z], y)
    kernel = ConstantKernel(process.weights_[0]) * Matern(process.lengths_[0], nu=2.5) + WhiteKernel(
        process.noise_
    )
    reference = GaussianProcessRegressor(kernel, optimizer=None).fit(Z, y - y.mean())
    query, _ = smooth(20, seed=1)
    mean, std = process.predict([query])
    expected, deviation = reference.predict(query, return_std=True)
    np.testing.assert_allclose(mean, expected + y.mean(), atol=1e-4)
    np.testing.assert_allclose(std / process.spread_factor(mean), deviation, rtol=1e-3)
    _, covariance = reference.predict(query, return_cov=True)
    noise = process.noise_ * np.eye(20)  # scikit-learn's covariance has it
    jointly, spread = process.predict_jointly([query])
    np.testing.assert_array_equal(jointly, mean)
    np.testing.assert_allclose(spread + noise, covariance, atol=1e-4)


def test_a_label_of_weight_two_has_half_the_noise():
    Z, y = smooth(60)
    weights = np.random.default_rng(2).integers(1, 4, 60).astype(float)
    process = SumKernelProcess(500, 500, seed=0, linear=(False,)).fit([Z], y, weights)
    kernel = ConstantKernel(process.weights_[0]) * Matern(process.lengths_[0], nu=2.5)
    reference = GaussianProcessRegressor(kernel, alpha=process.noise_ / weights, optimizer=None)
    mean = np.average(y, weights=weights)
    query, _ = smooth(20, seed=1)
    expected = reference.fit(Z, y - mean).predict(query) + mean
    np.testing.assert_allclose(process.predict([query])[0], expected, atol=1e-4)


def test_spread_grows_where_leave_one_out_residuals_are_large():
    Z, _ = smooth(200)
    generator = np.random.default_rng(5)
    y = Z[:, 0] + np.where(Z[:, 0] > 0, 0.5, 0.02) * generator.normal(size=200)
    process = SumKernelProcess(500, 500, seed=0, linear=(False,)).fit([Z], y)
    low, high = process.spread_factor(np.array([-1.5, 1.5]))
    assert high > 1.2 > low >= 1.0
    few = np.arange(0, 200, 20)  # each label that is left out, predicted by a process that never saw it
    for i in few:
        others = np.delete(np.arange(200), i)
        kernel = process._kernel([Z[others]], [Z[others]]) + (process.noise_ + 1e-6) * np.eye(199)
        alone = process._kernel([Z[i : i + 1]], [Z[others]]) @ np.linalg.solve(
            kernel, y[others] - process.mean_
        )
        assert process.leave_one_out_[0, i] == pytest.approx(process.mean_ + alone[0], abs=1e-3)


def test_a_linear_kernel_is_that_of_scikit_learn():
    Z, _ = smooth(60)
    query, _ = smooth(20, seed=1)
    y = Z @ [1.0, -2.0, 0.5] + 0.1 * np.random.default_rng(4).normal(size=60)
    process = SumKernelProcess(500, 500, seed=0, linear=(False, True)).fit([Z, Z], y)
    kernel = (
        ConstantKernel(process.weights_[0]) * Matern(process.lengths_[0], nu=2.5)
        + ConstantKernel(process.weights_[1]) * DotProduct(1e-6, "fixed")
        + WhiteKernel(process.noise_)
    )
    reference = GaussianProcessRegressor(kernel, optimizer=None).fit(Z, y - y.mean())
    mean, std = process.predict([query, query])
    expected, deviation = reference.predict(query, return_std=True)
    np.testing.assert_allclose(mean, expected + y.mean(), atol=1e-3)
    np.testing.assert_allclose(std / process.spread_factor(mean), deviation, rtol=1e-2)
    far = 10 * query  # where a Matern kernel knows nothing, what is linear goes on
    assert np.corrcoef(process.predict([far, far])[0], far @ [1.0, -2.0, 0.5])[0, 1] > 0.99


def test_hyper_parameters_under_weights_are_the_most_likely():
    Z, y = smooth(60)
    y[:30] += np.random.default_rng(3).normal(size=30)
    trusted = SumKernelProcess(500, 500, seed=0, linear=(False,)).fit([Z], y, np.repeat([0.01, 1.0], 30))
    assert trusted.noise_ < SumKernelProcess(500, 500, seed=0, linear=(False,)).fit([Z], y).noise_ / 4


def test_labels_choose_the_block_that_tells():
    Z, y = smooth(80)
    noise = np.random.default_rng(1).normal(size=(80, 3)) / 2
    process = SumKernelProcess(500, 500, seed=0, linear=(False, False)).fit([Z, noise], y)
    assert process.weights_[0] > 5 * process.weights_[1]
    assert process.noise_ < 0.1


def test_inducing_labels_come_close_to_all():
    Z, y = smooth(400)
    query, truth = smooth(200, seed=1)
    exact, _ = SumKernelProcess(200, 400, seed=0, linear=(False,)).fit([Z], y).predict([query])
    thinned, _ = SumKernelProcess(200, 150, seed=0, linear=(False,)).fit([Z], y).predict([query])
    assert np.abs(thinned - exact).max() < 0.1
    assert np.abs(thinned - truth).mean() < 0.15


@pytest.mark.parametrize("size", [1.0, 1e15, 2e29])
def test_a_kernel_that_hides_its_noise_is_factorised(size):
    """As a search for hyper-parameters meets it on its way."""
    kernel = np.full((50, 50), size) + np.diag(np.full(50, 1e-6))
    lower = lower_factor(kernel)
    np.testing.assert_allclose(lower @ lower.T, kernel, rtol=1e-5)


def test_an_indefinite_matrix_is_none():
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        lower_factor(np.array([[1.0, 2.0], [2.0, 1.0]]))
