import numpy as np
from scipy.optimize import approx_fprime

from fgp_sklearn.processes._kernels import matern, squared_distances


def test_derivative_of_the_kernel_by_the_length():
    distances = squared_distances(*2 * [np.random.default_rng(0).normal(size=(4, 2))])
    value, change = matern(distances, 0.7)
    assert value[0, 0] == 1
    numeric = approx_fprime(np.log([0.7]), lambda t: matern(distances, np.exp(t[0]))[0].ravel(), 1e-7)
    np.testing.assert_allclose(change.ravel(), numeric[:, 0], atol=1e-5)
