import numpy as np
import pytest

from fgp_sklearn import FGPEncoder
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.estimators._sum_kernel_process import matern, squared_distances
from fgp_sklearn.search import select_diverse
from fgp_sklearn.search._select_diverse import _NOISE, _greedy


def posterior_variance(points, chosen, targets):
    def kernel(a, b):
        return matern(squared_distances(a, b), 1.0)[0]

    inside = kernel(points[chosen], points[chosen]) + _NOISE * np.eye(len(chosen))
    across = kernel(points[chosen], targets)
    return (1 - np.einsum("it,ij,jt->t", across, np.linalg.inv(inside), across)).sum()


def test_each_choice_reduces_the_variance_most():
    generator = np.random.default_rng(0)
    points, targets = generator.normal(size=(25, 2)), generator.normal(size=(40, 2))
    seen = 3
    found = _greedy([points[:seen]], [points[seen:]], [targets], 6) + seen
    chosen = list(range(seen))
    for position in found:
        left = [i for i in range(len(points)) if i not in chosen]
        best = min(left, key=lambda i: posterior_variance(points, [*chosen, i], targets))
        assert position == best
        chosen.append(best)


def test_positions_are_new_and_repeatable():
    pool = nasbench201_space()[::20]
    first = select_diverse(pool, 15, random_state=0)
    np.testing.assert_array_equal(first, select_diverse(pool, 15, random_state=0))
    later = select_diverse(pool, 15, labelled=first, random_state=0)
    assert len({*first, *later}) == 30
    few = select_diverse(pool, 5, n_candidates=50, n_targets=20, random_state=0)
    assert len(set(few)) == 5


def test_spreads_over_what_architectures_do():
    pool = nasbench201_space()[::10]
    convolutions = np.array([sum("conv" in op for op in ops) for _, ops in pool.to_pairs()])
    few, more = (convolutions[select_diverse(pool, n, random_state=0)] for n in (20, 30))
    assert len(set(few)) >= 5
    assert set(more) == {0, 1, 2, 3, 4, 5}  # of five there are 16 in 1,563, which chance would mostly miss


def test_embeddings_count_where_an_encoder_is_given():
    pool = nasbench201_space()[::50]
    encoder = FGPEncoder(hidden_dim=8, max_epochs=1, random_state=0).fit(pool)
    assert list(select_diverse(pool, 10, encoder=encoder, random_state=0)) != list(
        select_diverse(pool, 10, random_state=0)
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 400}, "cannot choose n=400 of 313 unlabelled architectures"),
        ({"n": 20, "n_candidates": 10}, "raise n_candidates"),
        ({"n": 2, "labelled": [313]}, "positions in X, whole numbers from 0 to 312"),
        ({"n": 2, "labelled": [0.5]}, "whole numbers"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        select_diverse(nasbench201_space()[::50], **arguments)
