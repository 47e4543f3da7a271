"""Which candidates a batch consists of, against conditional distributions of a library and against draws."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from fgp_sklearn.search import choose_batch
from fgp_sklearn.search._acquisition import conditioned, log_expected_improvement


def posterior(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n, 2))
    distance = np.linalg.norm(points[:, None] - points, axis=-1)
    return rng.normal(size=n), np.exp(-(distance**2))


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_conditioning_is_that_of_the_normal_distribution(noise: float) -> None:
    _, covariance = posterior(6, 0)
    label = np.eye(6)[2]
    joint = np.block(
        [[covariance, (covariance @ label)[:, None]], [label @ covariance, covariance[2, 2] + noise]]
    )
    expected = np.linalg.inv(np.linalg.inv(joint + 1e-10 * np.eye(7))[:6, :6])
    assert conditioned(covariance, 2, noise) == pytest.approx(expected, abs=1e-4)


def test_expected_improvement_is_the_mean_over_draws() -> None:
    distance, deviation = np.array([0.5, 0.0, -1.0]), np.array([0.3, 1.0, 0.8])
    draws = np.random.default_rng(0).normal(distance, deviation, size=(400_000, 3))
    expected = np.maximum(draws, 0).mean(axis=0)
    assert np.exp(log_expected_improvement(distance, deviation)) == pytest.approx(expected, rel=0.02)


def test_expected_improvement_keeps_its_digits_where_it_is_tiny() -> None:
    # log(z cdf(z) + pdf(z)) with 400 digits
    exact = {
        -5.0: -16.74430116266099,
        -12.0: -77.90910054500735,
        -24.9: -317.35848574266737,
        -30.0: -457.724653760598,
    }
    found = log_expected_improvement(np.array(list(exact)), np.ones(4))
    assert found == pytest.approx(list(exact.values()), rel=2e-5)


def test_ucb_adds_deviations_to_means() -> None:
    mean, covariance = posterior(20, 1)
    covariance *= np.linspace(0.1, 2, 20)[:, None] * np.linspace(0.1, 2, 20)
    expected = np.argmax(mean + 1.5 * np.sqrt(np.diag(covariance)))
    assert choose_batch(mean, covariance, 1, beta=1.5).tolist() == [expected]
    assert choose_batch(mean, covariance, 1, beta=0).tolist() == [np.argmax(mean)]


def test_greedy_takes_the_highest_means() -> None:
    mean, covariance = posterior(20, 2)
    chosen = choose_batch(mean, covariance, 5, acquisition="greedy")
    assert chosen.tolist() == np.argsort(-mean)[:5].tolist()


def test_ei_prefers_what_may_beat_the_incumbent() -> None:
    mean, covariance = [1.0, 0.5], np.diag([1e-6, 1.0])
    assert choose_batch(mean, covariance, 1, acquisition="ei", incumbent=1.5).tolist() == [1]
    assert choose_batch(mean, covariance, 1, acquisition="ei", incumbent=0.0).tolist() == [0]


@pytest.mark.parametrize("acquisition", ["ucb", "ei"])
def test_batches_are_diverse(acquisition: str) -> None:
    """Ten copies of the best candidate fill a batch that looks at each candidate alone."""
    mean = np.r_[np.full(10, 1.0), np.linspace(0.9, 0.5, 5)]
    covariance = np.diag(np.r_[np.zeros(10), np.ones(5)])
    covariance[:10, :10] = 1.0
    chosen = choose_batch(mean, covariance, 4, acquisition=acquisition, incumbent=1.0)
    assert (chosen < 10).sum() == 1


def test_thompson_draws_from_the_joint_posterior() -> None:
    """The share of draws in which a candidate is best, by draws of SciPy."""
    mean, covariance = posterior(4, 3)
    mean *= 0.3
    draws = multivariate_normal(mean, covariance).rvs(20_000, random_state=0)
    expected = np.bincount(draws.argmax(axis=1), minlength=4) / 20_000
    chosen = [
        choose_batch(mean, covariance, 1, acquisition="thompson", random_state=i)[0] for i in range(2000)
    ]
    assert np.bincount(chosen, minlength=4) / 2000 == pytest.approx(expected, abs=0.04)
    assert expected.max() < 0.95


@pytest.mark.parametrize("acquisition", ["ucb", "thompson", "ei", "greedy"])
def test_choices_are_distinct_and_repeatable(acquisition: str) -> None:
    mean, covariance = posterior(8, 4)
    first, second = (
        choose_batch(mean, covariance, 8, acquisition=acquisition, random_state=0) for _ in range(2)
    )
    assert sorted(first) == list(range(8))
    assert first.tolist() == second.tolist()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n": 9}, "choose fewer"),
        ({"acquisition": "best"}, "acquisition must be one of"),
        ({"mean": [0.0] * 7}, "n means"),
        ({"mean": [np.nan] * 8}, "not finite"),
        ({"beta": -1.0}, "beta"),
        ({"noise": -1.0}, "noise"),
    ],
)
def test_malformed_input_is_refused(change: dict[str, Any], words: str) -> None:
    mean, covariance = posterior(8, 5)
    with pytest.raises(ValueError, match=words):
        choose_batch(**{"mean": mean, "covariance": covariance, "n": 2} | change)
