import matplotlib.pyplot as plt
import numpy as np
import pytest
import scipy.sparse
from matplotlib.colors import same_color
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.exceptions import NotFittedError

from fgp_sklearn import FlowSurrogate
from fgp_sklearn.plotting import EmbeddingDisplay
from tests.sklearn_compatibility.spaces import cells, forms, labels, tiny_encoder

GENERATOR = np.random.default_rng(0)
EMBEDDING = GENERATOR.normal(size=(40, 5)) @ np.diag([5, 1, 3, 1, 1])
Y = GENERATOR.normal(size=40)
PAIRS = cells(40)


def principal(values):
    """Two principal components from the singular value decomposition, up to their signs."""
    centred = values - values.mean(axis=0)
    left, spread, _ = np.linalg.svd(centred, full_matrices=False)
    return left[:, :2] * spread[:2], spread**2 / (spread**2).sum()


def test_dots_are_the_principal_components_in_the_order_of_y():
    display = EmbeddingDisplay.from_embedding(EMBEDDING, Y, y_name="accuracy")
    order = np.argsort(-Y)
    expected, share = principal(EMBEDDING)
    np.testing.assert_allclose(np.abs(display.scatter_.get_offsets()), np.abs(expected[order]))
    np.testing.assert_array_equal(display.scatter_.get_array(), Y[order])
    assert display.colorbar_.ax.get_ylabel() == "accuracy"
    assert display.ax_.get_xlabel() == f"PCA 1 ({share[0]:.0%} of variance)"
    assert display.ax_.get_ylabel() == f"PCA 2 ({share[1]:.0%} of variance)"


def test_size_grows_with_y_so_that_colour_is_not_alone():
    sizes = EmbeddingDisplay.from_embedding(EMBEDDING, Y).scatter_.get_sizes()
    assert (np.diff(sizes) < 0).all()


def visible_shares(scatter):
    """Share of each dot that no other one covers, from a picture with one colour per dot."""
    n, dpi = len(scatter.get_offsets()), 200
    codes = np.arange(1, n + 1)
    figure = scatter.figure
    figure.set_dpi(dpi)
    scatter.set_array(None)
    scatter.set(antialiased=False, linewidth=0)
    scatter.set_facecolor(np.stack([codes // 256, codes % 256, 0 * codes], axis=1) / 255)
    scatter.axes.set_axis_off()
    figure.canvas.draw()
    picture = np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)
    ours = picture[picture[..., 2] == 0]
    pixels = np.bincount(256 * ours[:, 0] + ours[:, 1], minlength=n + 1)[1 : n + 1]
    return pixels / (np.pi / 4 * scatter.get_sizes() * (dpi / 72) ** 2)


def test_few_of_many_dots_hide_behind_others():
    generator = np.random.default_rng(0)
    components, y = generator.normal(size=(3000, 2)), generator.normal(size=3000)
    display = EmbeddingDisplay(components=components, y=y).plot()
    shares = visible_shares(display.scatter_)
    assert (shares < 0.25).mean() < 0.15  # a third, if large dots lie on top and do not shrink


def test_dots_at_one_place_are_all_visible():
    display = EmbeddingDisplay(components=[[0, 0], [0, 0], [0, 0], [1, 1]], y=[1, 3, 2, 0]).plot()
    assert (visible_shares(display.scatter_) > 0.15).all()
    assert visible_shares(display.scatter_)[-1] > 0.9


def test_dots_cover_little_of_the_axes_however_many_there_are():
    for n in (10, 1000, 10_000):
        for y in (None, np.arange(n)):
            display = EmbeddingDisplay(components=np.zeros((n, 2)), y=y).plot()
            width, height = display.ax_.get_window_extent().size * 72 / display.figure_.dpi
            assert np.pi / 4 * display.scatter_.get_sizes().sum() <= 0.27 * width * height


def test_two_columns_are_shown_as_they_are():
    display = EmbeddingDisplay.from_embedding(EMBEDDING[:, :2])
    np.testing.assert_array_equal(display.scatter_.get_offsets(), EMBEDDING[:, :2])
    assert display.colorbar_ is None
    assert display.ax_.get_xlabel() == "component 1"


def test_reducer_is_cloned_and_used():
    reducer = TruncatedSVD(2, random_state=0)
    display = EmbeddingDisplay.from_embedding(EMBEDDING, reducer=reducer)
    expected = TruncatedSVD(2, random_state=0).fit_transform(EMBEDDING)
    np.testing.assert_allclose(display.scatter_.get_offsets(), expected)
    assert not hasattr(reducer, "components_")


def test_sparse_embeddings_and_frames_are_read():
    pd = pytest.importorskip("pandas")
    expected = EmbeddingDisplay.from_embedding(EMBEDDING).scatter_.get_offsets()
    for embedding in (scipy.sparse.csr_matrix(EMBEDDING), pd.DataFrame(EMBEDDING), EMBEDDING.tolist()):
        found = EmbeddingDisplay.from_embedding(embedding).scatter_.get_offsets()
        np.testing.assert_allclose(found, expected)


def test_constant_embedding_is_one_dot():
    display = EmbeddingDisplay.from_embedding(np.ones((4, 3)), [1, 2, 3, 4])
    np.testing.assert_array_equal(display.scatter_.get_offsets(), np.zeros((4, 2)))
    assert display.ax_.get_xlabel() == "PCA 1 (0% of variance)"


@pytest.mark.parametrize("form", ["graphs", "pairs", "batch"])
def test_transformer_is_shown(form):
    X, y = forms(PAIRS)[form], labels(PAIRS)
    for transformer in (FlowSurrogate(random_state=0), tiny_encoder()):
        transformer.fit(PAIRS)
        display = EmbeddingDisplay.from_estimator(transformer, X, y)
        expected, _ = principal(np.asarray(transformer.transform(PAIRS), dtype=float))
        order = np.argsort(-np.asarray(y), kind="stable")
        found = np.abs(display.scatter_.get_offsets())
        np.testing.assert_allclose(found, np.abs(expected[order]), atol=1e-9)


def test_given_axes_and_styles_are_used():
    _, (left, right) = plt.subplots(1, 2)
    display = EmbeddingDisplay(components=EMBEDDING[:, :2], y=Y)
    assert display.plot(left, scatter_kwargs={"cmap": "viridis"}, colorbar_kwargs={"label": "z"}) is display
    assert display.ax_ is left
    assert display.scatter_.get_cmap().name == "viridis"
    assert display.colorbar_.ax.get_ylabel() == "z"
    display.plot(right, scatter_kwargs={"color": "red"})
    assert display.colorbar_ is None
    assert same_color(display.scatter_.get_facecolor()[0], "red")


@pytest.mark.parametrize(
    ("embedding", "y", "message"),
    [
        (EMBEDDING, Y[:3], "inconsistent numbers of samples"),
        (EMBEDDING, [*Y[:-1], np.nan], r"y\[39\] is nan; leave out"),
        (EMBEDDING, np.stack([Y, Y], axis=1), r"y has shape \(40, 2\); pass one number"),
        (EMBEDDING, ["a"] * 40, "y must hold real numbers"),
        (EMBEDDING[:, :1], None, "1 feature.*minimum of 2"),
        (EMBEDDING[:1], None, "PCA needs at least 2 architectures, got 1"),
        (EMBEDDING * np.nan, None, "embedding contains NaN"),
    ],
)
def test_broken_embeddings_are_named_before_a_figure_is_made(embedding, y, message):
    with pytest.raises(ValueError, match=message):
        EmbeddingDisplay.from_embedding(embedding, y)
    assert not plt.get_fignums()


def test_wrong_components_are_named():
    with pytest.raises(ValueError, match=r"reducer PCA returned an array of shape \(40, 3\); set it to 2"):
        EmbeddingDisplay.from_embedding(EMBEDDING, reducer=PCA(3))
    with pytest.raises(ValueError, match="components have 5 columns; pass exactly 2"):
        EmbeddingDisplay(components=EMBEDDING).plot()
    with pytest.raises(NotFittedError):
        EmbeddingDisplay.from_estimator(FlowSurrogate(), PAIRS)
