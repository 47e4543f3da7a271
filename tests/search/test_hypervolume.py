"""Areas that fronts dominate, against a count of unit squares and a count of random points."""

from itertools import pairwise

import numpy as np
import pytest

from fgp_sklearn.search._hypervolume import choose_by_improvement, hypervolume, improvements, on_front

ORIGIN = np.zeros(2)


def squares(points: np.ndarray, size: int = 6) -> int:
    """Number of unit squares between the origin and the points."""
    corners = np.stack(np.meshgrid(np.arange(1, size + 1), np.arange(1, size + 1)), axis=-1).reshape(-1, 2)
    return int((corners[:, None] <= points).all(axis=2).any(axis=1).sum())


@pytest.mark.parametrize("seed", range(20))
def test_areas_are_those_of_unit_squares(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points, others = (rng.integers(-1, 7, size=(rng.integers(1, 9), 2)).astype(float) for _ in range(2))
    assert hypervolume(points, ORIGIN) == squares(points)
    gained = improvements(points[None], ORIGIN, others[None])[0]
    assert gained.tolist() == [squares(np.vstack([points, other])) - squares(points) for other in others]


@pytest.mark.parametrize("seed", range(20))
def test_the_front_is_what_no_other_point_beats(seed: int) -> None:
    points = np.random.default_rng(seed).integers(0, 5, size=(8, 2)).astype(float)
    points[0, seed % 2] = np.nan
    beaten = [((points >= point).all(axis=1) & (points > point).any(axis=1)).any() for point in points[1:]]
    assert on_front(points).tolist() == [False, *(not one for one in beaten)]


def test_the_first_choice_has_the_highest_expected_gain() -> None:
    rng = np.random.default_rng(0)
    front = np.array([[0.2, 0.9], [0.6, 0.5], [0.9, 0.1]])
    draws = rng.normal([[0.8, 0.6], [0.3, 0.3], [0.6, 0.8]], 0.1, size=(200, 3, 2))
    cloud = rng.random((4000, 2)) * 1.5
    free = ~(cloud[:, None] <= front).all(axis=2).any(axis=1)
    gains = [(free & (cloud <= draw).all(axis=1)).mean() for draw in draws.reshape(-1, 2)]
    expected = np.reshape(gains, (200, 3)).mean(axis=0)
    chosen = choose_by_improvement(draws, front, ORIGIN, 3)
    assert chosen[0] == expected.argmax()
    assert sorted(chosen) == [0, 1, 2]


def test_what_is_in_training_counts_as_known() -> None:
    draws = np.tile([[1.0, 1.0], [1.0, 1.0], [0.5, 0.9]], (5, 1, 1))
    assert choose_by_improvement(draws[:, 1:], np.zeros((1, 2)), ORIGIN, 1).tolist() == [0]
    nothing_left = choose_by_improvement(draws, np.zeros((1, 2)), ORIGIN, 1, n_waiting=1)
    assert improvements(draws[:, :1], ORIGIN, draws[:, 1:]).max() == 0
    assert nothing_left.tolist() == [0]


def test_more_points_never_dominate_less() -> None:
    points = np.random.default_rng(1).normal(size=(30, 2))
    areas = [hypervolume(points[:n], [-3, -3]) for n in range(1, 31)]
    assert all(later >= earlier for earlier, later in pairwise(areas))
