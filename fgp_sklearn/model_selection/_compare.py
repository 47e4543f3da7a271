"""compare: the estimators of the library beside plain ones, on the same folds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fgp_sklearn.model_selection._comparison import Comparison


def compare(
    X: Any,
    y: Any,
    *,
    cv: Any = 5,
    n_repeats: int | None = None,
    X_unlabeled: Any = None,
    estimators: Mapping[str, Any] | None = None,
    scoring: Any = None,
    attributes: Any = None,
    op_attr: Any = "op",
    n_jobs: int | None = None,
    random_state: Any = None,
    verbose: bool = False,
) -> Comparison:
    """Cross-validate the estimators of this library beside plain regressors on plain encodings.

    Use it to find out whether the library ranks your architectures better than what you have. The plain
    rivals are ridge regression, a random forest, gradient boosting and a Gaussian process, each on two
    encodings of the same architectures: one-hot operations and attributes node by node (up to 64 nodes), and
    counts of operations with sums of their attributes. Architectures that `from_frame` has read have a third
    one, the columns of their table: numbers of blocks and other choices per stage. Plain rivals learn the
    normal scores of the labels, which depend on their ranks alone, so a rival of yours that learns the labels
    may rank differently.

    Parameters
    ----------
    X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
        Labelled architectures, in any form that `as_batch` reads.
    y : array-like of shape (n_architectures,)
        Labels.
    cv : int or splitter, default=5
        Number of folds of an `IsomorphismGroupKFold`, which keeps architectures that compute the same in one
        fold; or any splitter of scikit-learn.
    n_repeats : int, optional
        How often to draw the folds anew, if `cv` is an integer; by default 4. More repetitions tell similar
        estimators apart better and take longer in proportion.
    X_unlabeled : like X, or UnlabeledPool, optional
        Architectures without labels, to pre-train on. By default `X`, whose labels are not used for this.
    estimators : dict of str to estimator, optional
        Estimators to compare with the rivals, by name. By default a pre-trained `FGPRegressor`, with
        ``effort="fast"`` in a space of cells, and a `FlowGaussianProcessRegressor`. Yours are fitted as they
        are, so call `fit_pretrain` before. They read architectures: a regressor that reads
        numbers needs a transformer before it, such as
        ``make_pipeline(AttributeStatistics(1, sums=False), StandardScaler(), RidgeCV())``.
    scoring : str or callable, optional
        A single score: "kendall_tau", "spearman", "precision_at_top", "regret_at_k", a name of scikit-learn,
        or a scorer. By default Kendall's tau.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    n_jobs : int, optional
        Number of fits that are computed in parallel.
    random_state : int, RandomState instance or None, default=None
        Seed of folds and estimators.
    verbose : bool, default=False
        Whether to show progress bars.

    Returns
    -------
    Comparison
        Scores, a table with paired differences, a verdict, and the estimators to use. The page
        :doc:`/how_good` shows how to read it, and how often the verdict agreed with the truth on published
        benchmarks.

    Raises
    ------
    ArchitectureError
        If an architecture is malformed.
    ValueError
        If `y` has several columns or a label that is not finite, `X` and `y` differ in length, or `n_repeats`
        is given although `cv` is a splitter.

    Examples
    --------
    >>> from fgp_sklearn import FlowGaussianProcessRegressor
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.model_selection import compare
    >>> X = nasbench201_space()[::200]
    >>> y = [sum("conv" in op for op in one.ops) for one in X]
    >>> process = {"process": FlowGaussianProcessRegressor(random_state=0)}
    >>> comparison = compare(X, y, cv=3, n_repeats=1, estimators=process, random_state=0)
    >>> comparison.rivals[:2]
    ('ridge on one-hot', 'forest on one-hot')
    >>> comparison.best_, comparison.verdict.startswith("No clear difference")  # with three folds
    ('process', True)
    """
    from fgp_sklearn.model_selection._compared import compared  # not at the top: it imports torch

    return compared(
        X,
        y,
        cv,
        n_repeats,
        X_unlabeled,
        estimators,
        scoring,
        {"attributes": attributes, "op_attr": op_attr},
        n_jobs,
        random_state,
        verbose,
    )
