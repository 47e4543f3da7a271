import numpy as np
import pandas as pd
import pytest

from fgp_sklearn import FGPEncoder, FlowGaussianProcessRegressor, as_batch
from fgp_sklearn._seeding import draw_seeds
from fgp_sklearn.datasets import nasbench201_space
from fgp_sklearn.processes._flow_kernel import FlowKernel
from fgp_sklearn.search import select_diverse
from fgp_sklearn.search._informative import _NOISE, most_informative


def prior(first, second, linear):
    """The kernel by its definition: Matern 5/2 or linear, in equal shares."""
    total = np.zeros((len(first[0]), len(second[0])))
    for a, b, is_linear in zip(first, second, linear, strict=True):
        r = np.sqrt(5) * np.linalg.norm(a[:, None] - b, axis=2)
        total += a @ b.T if is_linear else (1 + r + r**2 / 3) * np.exp(-r)
    return total / len(linear)


def posterior_variance(blocks, chosen, targets, linear):
    chosen = [block[chosen] for block in blocks]
    inside = prior(chosen, chosen, linear) + _NOISE * np.eye(len(chosen[0]))
    across = prior(chosen, targets, linear)
    before = np.diag(prior(targets, targets, linear))
    return (before - np.einsum("it,ij,jt->t", across, np.linalg.inv(inside), across)).sum()


def assert_each_reduces_the_variance_most(found, blocks, targets, linear, seen=0):
    chosen = list(range(seen))
    for position in found:
        left = [i for i in range(len(blocks[0])) if i not in chosen]
        variance = {i: posterior_variance(blocks, [*chosen, i], targets, linear) for i in left}
        assert variance[position] == pytest.approx(min(variance.values()), rel=1e-9)
        chosen.append(position)


@pytest.mark.parametrize("linear", [(False,), (False, False), (True,), (False, True)], ids=str)
def test_each_choice_reduces_the_variance_most(linear):
    generator = np.random.default_rng(0)
    blocks = [generator.normal(size=(25, 2)) for _ in linear]
    targets = [generator.normal(size=(40, 2)) for _ in linear]
    seen = 3
    found = (
        most_informative([b[:seen] for b in blocks], [b[seen:] for b in blocks], targets, linear, 6) + seen
    )
    assert_each_reduces_the_variance_most(found, blocks, targets, linear, seen)


def chains(n, n_nodes=7, seed=0):
    generator = np.random.default_rng(seed)
    ops = generator.choice(["identity", "mb3", "mb6"], size=(n, n_nodes - 2))
    return as_batch([(np.eye(n_nodes, k=1, dtype=int), ["input", *row, "output"]) for row in ops.tolist()])


@pytest.mark.filterwarnings("ignore:view='both' predicts")
@pytest.mark.parametrize("pool", [nasbench201_space()[::500], chains(30)], ids=["cells", "chains"])
@pytest.mark.parametrize("view", ["accuracy", "cost", "both"])
def test_the_kernel_is_that_of_the_process_of_this_view_without_linear_flows(pool, view):
    (seed,) = draw_seeds(np.random.RandomState(0), 1)
    blocks = FlowKernel(view).blocks(pool, seed)
    features = [
        block[: len(pool)] for block in blocks.fit_transform(pool[np.tile(np.arange(len(pool)), 2)], pool)
    ]
    process = FlowGaussianProcessRegressor(view=view, random_state=0).fit(pool, np.arange(len(pool)))
    linear = process.processes_[0].linear
    assert blocks.linear == linear[: len(blocks.linear)]
    assert all(linear[len(blocks.linear) :])
    found = select_diverse(pool, 6, view=view, random_state=0)
    assert_each_reduces_the_variance_most(found, features, features, blocks.linear)


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


def test_labelled_as_a_mask_means_what_it_marks():
    pool = nasbench201_space()[::50]
    first = select_diverse(pool, 15, random_state=0)
    mask = np.zeros(len(pool), dtype=bool)
    mask[first] = True
    later = select_diverse(pool, 10, labelled=first, random_state=0)
    for marks in (mask, mask.tolist(), pd.Series(mask), pd.Series(mask, dtype=object)):
        np.testing.assert_array_equal(select_diverse(pool, 10, labelled=marks, random_state=0), later)
    nothing = select_diverse(pool, 10, random_state=0)
    for none in ((), [], np.array([]), np.zeros(len(pool), dtype=bool)):
        np.testing.assert_array_equal(select_diverse(pool, 10, labelled=none, random_state=0), nothing)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "n == 0, must be >= 1"),
        ({"n": 2, "n_targets": 0}, "n_targets == 0, must be >= 1"),
        ({"n": 2, "view": "costs"}, "view must be one of 'accuracy', 'cost', 'both', got 'costs'"),
        ({"n": 400}, "cannot choose n=400 of 313 unlabelled architectures"),
        ({"n": 20, "n_candidates": 10}, "raise n_candidates"),
        ({"n": 10**6}, "choose fewer$"),
        ({"n": 2, "labelled": [313]}, "labelled: index 313 is out of range .* whole numbers from 0 to 312"),
        ({"n": 2, "labelled": [-1]}, "labelled: index -1 is out of range"),
        ({"n": 2, "labelled": [0.5]}, "whole numbers"),
        ({"n": 2, "labelled": ["0"]}, "whole numbers"),
        ({"n": 2, "labelled": 3}, "labelled must be one-dimensional, a list or an array; got int"),
        ({"n": 2, "labelled": [4, 7, 4]}, "labelled holds position 4 twice"),
        ({"n": 2, "labelled": np.arange(313) % 2}, "labelled holds position 0 twice; .* a mask of 313 bool"),
        (
            {"n": 2, "labelled": np.ones(312, bool)},
            "labelled is a mask of 312 booleans for 313 architectures",
        ),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        select_diverse(nasbench201_space()[::50], **arguments)


@pytest.mark.parametrize("number", [2.5, "3", None])
def test_numbers_are_integers(number):
    with pytest.raises(TypeError, match="n must be an instance of"):
        select_diverse(nasbench201_space()[::50], number)


def test_op_attr_and_attributes_say_what_to_read():
    batch = nasbench201_space()[:40]
    widths = np.random.default_rng(0).integers(1, 9, len(batch.ops)).astype(float)
    batch = batch.with_columns(attribute_names=("width",), attribute_values=widths[:, None])
    expected = select_diverse(batch, 10, random_state=0)
    graphs = batch.to_networkx(op_attr="kind")
    found = select_diverse(graphs, 10, random_state=0, op_attr="kind", attributes=["width"])
    np.testing.assert_array_equal(found, expected)
    with pytest.warns(UserWarning, match="not read: 'width'"):
        assert set(select_diverse(graphs, 10, random_state=0, op_attr="kind")) != set(expected)
