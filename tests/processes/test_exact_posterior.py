"""The posterior in single precision, against the process that it is taken from."""

import numpy as np
import pytest

from fgp_sklearn.processes import SumKernelProcess
from fgp_sklearn.processes._exact_posterior import ExactPosterior


@pytest.fixture(scope="module")
def fitted() -> tuple[SumKernelProcess, ExactPosterior, list[np.ndarray]]:
    rng = np.random.default_rng(0)
    blocks = [rng.normal(size=(1260, 3)) / 2, rng.normal(size=(1260, 4)) / 3]
    y = np.sin(blocks[0][:60, 0]) + blocks[1][:60, 1] + 0.1 * rng.normal(size=60)
    weights = rng.integers(1, 4, size=60).astype(float)
    known = [block[:60] for block in blocks]
    process = SumKernelProcess(500, 1500, seed=0, linear=(False, True)).fit(known, y, weights)
    return process, ExactPosterior(process, known, y, weights), [block[60:] for block in blocks]


def test_predicts_what_the_process_predicts(
    fitted: tuple[SumKernelProcess, ExactPosterior, list[np.ndarray]],
) -> None:
    process, posterior, blocks = fitted
    mean, deviation = process.predict(blocks)
    factor = process.spread_factor(mean)
    found = posterior.predict([block.astype(np.float32) for block in blocks])
    assert found[0] == pytest.approx(mean, abs=1e-3)
    assert np.hypot(found[1], factor * np.sqrt(process.noise_)) == pytest.approx(deviation, rel=1e-3)


def test_the_joint_distribution_has_these_means_and_deviations(
    fitted: tuple[SumKernelProcess, ExactPosterior, list[np.ndarray]],
) -> None:
    process, posterior, blocks = fitted
    some = [block[:50] for block in blocks]
    mean, covariance = posterior.predict_jointly(some)
    _, expected = process.predict_jointly(some)
    factor = process.spread_factor(mean)
    assert covariance == pytest.approx(expected * np.outer(factor, factor), abs=1e-3)
    alone = posterior.predict([block.astype(np.float32) for block in some])
    assert mean == pytest.approx(alone[0], abs=1e-3)
    assert np.sqrt(np.diag(covariance)) == pytest.approx(alone[1], abs=1e-3)
