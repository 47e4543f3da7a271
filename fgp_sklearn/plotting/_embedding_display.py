"""EmbeddingDisplay: where a transformer puts architectures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.utils import check_array, check_consistent_length

from fgp_sklearn._validation import as_reals
from fgp_sklearn.architectures._palette import OKABE_ITO
from fgp_sklearn.plotting._style import GREY, given_or_new_axes, import_pyplot, plain, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure, SubFigure

FloatArray = NDArray[np.float64]


class EmbeddingDisplay:
    """Two components of an embedding, one dot an architecture.

    The larger `y`, the larger and the lighter the dot, and large ones lie on top.

    Parameters
    ----------
    components : array-like of shape (n_architectures, 2)
        Where each architecture lies.
    y : array-like of shape (n_architectures,), optional
        What colours it.
    component_names : sequence of two str, default=("component 1", "component 2")
        Labels of the axes.
    y_name : str, default="y"
        Label of the colours.

    Attributes
    ----------
    scatter_ : matplotlib.collections.PathCollection
        The dots, in ascending order of `y`.
    colorbar_ : matplotlib.colorbar.Colorbar or None
        What the colours mean; None without `y`.
    ax_ : matplotlib.axes.Axes
        Where it is drawn.
    figure_ : matplotlib.figure.Figure or SubFigure
        The figure of `ax_`.

    See Also
    --------
    fgp_sklearn.FlowSurrogate : Tells architectures apart without labels.
    fgp_sklearn.FGPEncoder : Learns to.

    Examples
    --------
    >>> from fgp_sklearn.plotting import EmbeddingDisplay
    >>> display = EmbeddingDisplay(components=[[0.0, 1.0], [2.0, 3.0]], y=[91.2, 90.5]).plot()
    >>> display.scatter_.get_array()
    masked_array(data=[90.5, 91.2], ...)
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
        """Draw it.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default in a new figure.
        scatter_kwargs : dict, optional
            For `matplotlib.axes.Axes.scatter`.
        colorbar_kwargs : dict, optional
            For `matplotlib.figure.Figure.colorbar`.

        Returns
        -------
        EmbeddingDisplay
            Itself, with its artists as attributes.

        Raises
        ------
        ImportError
            If matplotlib is missing.
        ValueError
            If there are not two components, or numbers are not finite or of different lengths.
        """
        import_pyplot(self)
        from matplotlib.collections import PathCollection

        components = check_array(self.components, dtype=np.float64, input_name="components")
        if components.shape[1] != 2:
            raise ValueError(f"components have {components.shape[1]} columns; give two")
        y = None if self.y is None else _colours(self.y, len(components))
        ax = given_or_new_axes(self, ax, figsize=(6.5, 5))
        look: dict[str, Any] = {"linewidth": 0.3, "edgecolor": GREY}
        if y is None:
            order = np.arange(len(components))
            look |= {"color": OKABE_ITO[0], "s": 16}
        else:
            order = np.argsort(y, kind="stable")
            share = (rankdata(y[order]) - 0.5) / len(y)
            look |= {"c": y[order], "cmap": "cividis", "s": 6 + 30 * share**2}
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
        """Draw what a fitted transformer makes of architectures.

        Parameters
        ----------
        transformer : transformer
            Fitted, such as a `FlowSurrogate` or an `FGPEncoder`.
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.
        y : array-like of shape (n_architectures,), optional
            What colours them.
        reducer : transformer, optional
            Makes two components of the embedding; by default ``PCA(2)``. Cloned.
        y_name : str, default="y"
            Label of the colours.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default in a new figure.
        scatter_kwargs, colorbar_kwargs : dict, optional
            See `plot`.

        Returns
        -------
        EmbeddingDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is missing.
        ValueError
            As `from_embedding` does.

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
            One row an architecture.
        y : array-like of shape (n_architectures,), optional
            What colours them.
        reducer : transformer, optional
            Makes two components of the embedding. By default ``PCA(2)``, and nothing if there are two
            columns already. Cloned.
        y_name : str, default="y"
            Label of the colours.
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default in a new figure.
        scatter_kwargs, colorbar_kwargs : dict, optional
            See `plot`.

        Returns
        -------
        EmbeddingDisplay
            The display, drawn.

        Raises
        ------
        ImportError
            If matplotlib is missing.
        ValueError
            If numbers are not finite or of different lengths, there are fewer than two columns or rows,
            or `reducer` does not make two components.
        """
        import_pyplot(cls)
        values = embedding.toarray() if hasattr(embedding, "toarray") else embedding  # of a sparse matrix
        values = check_array(values, dtype=np.float64, ensure_min_features=2, input_name="embedding")
        if y is not None:
            _colours(y, len(values))  # before a reducer takes its time
        components, names = _reduced(values, reducer)
        display = cls(components=components, y=y, component_names=names, y_name=y_name)
        return display.plot(ax, scatter_kwargs=scatter_kwargs, colorbar_kwargs=colorbar_kwargs)


def _reduced(values: FloatArray, reducer: Any) -> tuple[FloatArray, tuple[str, str]]:
    """Two components and their names."""
    names = "component 1", "component 2"
    if reducer is not None:
        components = np.asarray(clone(reducer).fit_transform(values))
        if components.ndim != 2 or components.shape[1] != 2:
            raise ValueError(
                f"reducer {type(reducer).__name__} made an array of shape {components.shape}; set it to two "
                "components"
            )
        return components, names
    if values.shape[1] == 2:
        return values, names
    if len(values) < 2:
        raise ValueError("PCA needs at least 2 architectures, got 1")
    pca = PCA(2, random_state=0)
    with np.errstate(invalid="ignore"):  # shares of no variance at all
        components = pca.fit_transform(values)
    first, second = np.nan_to_num(pca.explained_variance_ratio_)
    return components, (f"PCA 1 ({first:.0%} of variance)", f"PCA 2 ({second:.0%} of variance)")


def _colours(y: ArrayLike, n_architectures: int) -> FloatArray:
    values = as_reals(y, "y")
    if values.ndim != 1:
        raise ValueError(f"y has shape {values.shape}; give one number an architecture")
    check_consistent_length(np.empty(n_architectures), values)
    if not np.isfinite(values).all():
        index = int(np.argmax(~np.isfinite(values)))
        raise ValueError(f"y[{index}] is {values[index]}; leave out architectures without a number")
    return values
