"""EmbeddingDisplay: scatter plot of an embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.utils import check_array, check_consistent_length

from fgp_sklearn._numeric_input import as_reals
from fgp_sklearn.architectures._palette import OKABE_ITO
from fgp_sklearn.plotting._style import GREY, given_or_new_axes, import_pyplot, plain, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure, SubFigure

FloatArray = NDArray[np.float64]

_LARGEST_COVER = 0.2  # share of the axes before the colour bar: a tenth of 3,000 dots hides
_SMALLEST = 0.15  # square points


class EmbeddingDisplay:
    """Scatter plot of two components of an embedding, with one dot per architecture.

    Dots with a larger `y` are larger and lighter. They are drawn first, so that smaller dots lie on them and
    both stay visible, also where architectures have the same components. The more architectures there are,
    the smaller are all dots: together they cover a quarter of the axes at most. Beyond some ten thousand
    architectures dots hide each other anyway; draw a random sample of them.

    Parameters
    ----------
    components : array-like of shape (n_architectures, 2)
        Coordinates of each architecture.
    y : array-like of shape (n_architectures,), optional
        Values that set the colour and the size of the dots.
    component_names : sequence of two str, default=("component 1", "component 2")
        Labels of the axes.
    y_name : str, default="y"
        Label of the colour bar.

    Attributes
    ----------
    scatter_ : matplotlib.collections.PathCollection
        The dots, in descending order of `y`.
    colorbar_ : matplotlib.colorbar.Colorbar or None
        Colour bar of `y`; None without `y`.
    ax_ : matplotlib.axes.Axes
        Axes of the plot.
    figure_ : matplotlib.figure.Figure or SubFigure
        The figure of `ax_`.

    See Also
    --------
    fgp_sklearn.FlowSurrogate : Embeds architectures without labels and without training.
    fgp_sklearn.FGPEncoder : Learns an embedding without labels.

    Examples
    --------
    >>> from fgp_sklearn.plotting import EmbeddingDisplay
    >>> display = EmbeddingDisplay(components=[[0.0, 1.0], [2.0, 3.0]], y=[91.2, 90.5]).plot()
    >>> display.scatter_.get_array()
    masked_array(data=[91.2, 90.5], ...)
    """

    scatter_: PathCollection
    colorbar_: Colorbar | None
    ax_: Axes
    figure_: Figure | SubFigure

    def __init__(
        self,
        *,
        components: ArrayLike,
        y: ArrayLike | None = None,
        component_names: tuple[str, str] = ("component 1", "component 2"),
        y_name: str = "y",
    ) -> None:
        self.components = components
        self.y = y
        self.component_names = component_names
        self.y_name = y_name

    def plot(
        self,
        ax: Axes | None = None,
        *,
        scatter_kwargs: dict[str, Any] | None = None,
        colorbar_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the scatter plot.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw on. By default, a new figure is created.
        scatter_kwargs : dict, optional
            Keyword arguments of `matplotlib.axes.Axes.scatter`.
        colorbar_kwargs : dict, optional
            Keyword arguments of `matplotlib.figure.Figure.colorbar`.

        Returns
        -------
        EmbeddingDisplay
            The display itself, with its artists as attributes.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there are not exactly two components, a number is not finite, or `components` and `y` differ
            in length.
        """
        import_pyplot(self)
        from matplotlib.collections import PathCollection

        components = check_array(self.components, dtype=np.float64, input_name="components")
        if components.shape[1] != 2:
            raise ValueError(f"components have {components.shape[1]} columns; pass exactly 2")
        y = None if self.y is None else _colours(self.y, len(components))
        ax = given_or_new_axes(self, ax, figsize=(6.5, 5))
        order, look = _dots(y, len(components))
        frame = ax.get_window_extent()
        area = frame.width * frame.height * (72 / ax.figure.dpi) ** 2  # in square points, as sizes
        scale = min(1.0, _LARGEST_COVER * area / (np.pi / 4 * look["s"].sum()))
        look |= {"s": np.maximum(scale * look["s"], _SMALLEST), "linewidth": 0.3 if scale == 1 else 0}
        x, height = components[order].T
        self.scatter_ = ax.scatter(x, height, **styled(look, scatter_kwargs, PathCollection))
        ax.set(xlabel=plain(self.component_names[0]), ylabel=plain(self.component_names[1]))
        self.colorbar_ = None
        if self.scatter_.get_array() is not None:
            bar = {"label": plain(self.y_name), **(colorbar_kwargs or {})}
            self.colorbar_ = ax.figure.colorbar(self.scatter_, ax=ax, **bar)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    def from_estimator(
        cls,
        transformer: Any,
        X: Any,
        y: ArrayLike | None = None,
        *,
        reducer: Any = None,
        y_name: str = "y",
        ax: Axes | None = None,
        scatter_kwargs: dict[str, Any] | None = None,
        colorbar_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw the embedding that a fitted transformer computes.

        Parameters
        ----------
        transformer : transformer
            Fitted transformer, such as a `FlowSurrogate` or an `FGPEncoder`.
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            Architectures.
        y : array-like of shape (n_architectures,), optional
            Values that set the colour and the size of the dots.
        reducer : transformer, optional
            Reduces the embedding to two components; by default ``PCA(2)``. It is cloned before it is fitted.
            An embedding of two columns is not reduced by default.
        y_name : str, default="y"
            Label of the colour bar.
        ax : matplotlib.axes.Axes, optional
            Axes to draw on. By default, a new figure is created.
        scatter_kwargs, colorbar_kwargs : dict, optional
            See `plot`.

        Returns
        -------
        EmbeddingDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            Under the conditions listed for `from_embedding`.

        Examples
        --------
        >>> from fgp_sklearn import FlowSurrogate
        >>> from fgp_sklearn.datasets import nasbench201_space
        >>> from fgp_sklearn.plotting import EmbeddingDisplay
        >>> X = nasbench201_space()[::100]
        >>> y = [sum("conv" in op for op in architecture.ops) for architecture in X]
        >>> surrogate = FlowSurrogate(random_state=0).fit(X)
        >>> EmbeddingDisplay.from_estimator(surrogate, X, y, y_name="convolutions").components.shape
        (157, 2)
        """
        import_pyplot(cls)
        return cls.from_embedding(
            transformer.transform(X),
            y,
            reducer=reducer,
            y_name=y_name,
            ax=ax,
            scatter_kwargs=scatter_kwargs,
            colorbar_kwargs=colorbar_kwargs,
        )

    @classmethod
    def from_embedding(
        cls,
        embedding: Any,
        y: ArrayLike | None = None,
        *,
        reducer: Any = None,
        y_name: str = "y",
        ax: Axes | None = None,
        scatter_kwargs: dict[str, Any] | None = None,
        colorbar_kwargs: dict[str, Any] | None = None,
    ) -> Self:
        """Draw an embedding.

        Parameters
        ----------
        embedding : array-like or sparse matrix of shape (n_architectures, n_features)
            One row per architecture.
        y : array-like of shape (n_architectures,), optional
            Values that set the colour and the size of the dots.
        reducer : transformer, optional
            Reduces the embedding to two components; by default ``PCA(2)``. It is cloned before it is fitted.
            An embedding of two columns is not reduced by default.
        y_name : str, default="y"
            Label of the colour bar.
        ax : matplotlib.axes.Axes, optional
            Axes to draw on. By default, a new figure is created.
        scatter_kwargs, colorbar_kwargs : dict, optional
            See `plot`.

        Returns
        -------
        EmbeddingDisplay
            The drawn display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If a number is not finite, `embedding` and `y` differ in length, the embedding has fewer than two
            columns, PCA gets fewer than two rows, or `reducer` does not return two components.
        """
        import_pyplot(cls)
        values = embedding.toarray() if hasattr(embedding, "toarray") else embedding  # a sparse matrix
        values = check_array(values, dtype=np.float64, ensure_min_features=2, input_name="embedding")
        if y is not None:
            _colours(y, len(values))  # a bad `y` fails before a slow reducer runs
        components, names = _reduced(values, reducer)
        display = cls(components=components, y=y, component_names=names, y_name=y_name)
        return display.plot(ax, scatter_kwargs=scatter_kwargs, colorbar_kwargs=colorbar_kwargs)


def _dots(y: FloatArray | None, n_architectures: int) -> tuple[NDArray[np.intp], dict[str, Any]]:
    """Return the order of drawing, and the look of the dots in that order."""
    if y is None:
        look: dict[str, Any] = {"color": OKABE_ITO[0], "s": np.full(n_architectures, 16.0)}
        return np.arange(n_architectures), look | {"edgecolor": GREY}
    order = np.argsort(-y, kind="stable")
    share = (rankdata(y[order]) - 0.5) / n_architectures
    look = {"c": y[order], "cmap": "cividis", "s": 8 + 16 * share}
    return order, look | {"edgecolor": GREY}


def _reduced(values: FloatArray, reducer: Any) -> tuple[FloatArray, tuple[str, str]]:
    """Return the two components and their names."""
    names = "component 1", "component 2"
    if reducer is not None:
        components = np.asarray(clone(reducer).fit_transform(values))
        if components.ndim != 2 or components.shape[1] != 2:
            raise ValueError(
                f"reducer {type(reducer).__name__} returned an array of shape {components.shape}; set it to "
                "2 components"
            )
        return components, names
    if values.shape[1] == 2:
        return values, names
    if len(values) < 2:
        raise ValueError("PCA needs at least 2 architectures, got 1")
    pca = PCA(2, random_state=0)
    with np.errstate(invalid="ignore"):  # without variance, its shares are 0 / 0
        components = pca.fit_transform(values)
    first, second = np.nan_to_num(pca.explained_variance_ratio_)
    return components, (f"PCA 1 ({first:.0%} of variance)", f"PCA 2 ({second:.0%} of variance)")


def _colours(y: ArrayLike, n_architectures: int) -> FloatArray:
    values = as_reals(y, "y")
    if values.ndim != 1:
        raise ValueError(f"y has shape {values.shape}; pass one number per architecture")
    check_consistent_length(np.empty(n_architectures), values)
    if not np.isfinite(values).all():
        index = int(np.argmax(~np.isfinite(values)))
        raise ValueError(f"y[{index}] is {values[index]}; leave out architectures without a finite number")
    return values
