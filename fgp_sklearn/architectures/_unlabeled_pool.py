"""UnlabeledPool: unlabelled architectures that cross-validation passes on unchanged."""

from __future__ import annotations

from typing import Any

from fgp_sklearn.architectures._read_sequence import read_sequence


class UnlabeledPool:
    """Architectures without labels, wrapped so that cross-validation passes all of them on.

    Cross-validation in scikit-learn silently reduces every fit parameter that is as long as `X` to the
    samples of the fold. A pool has no length and no shape, so it is passed on unchanged. Estimators and
    functions accept a pool wherever they accept architectures. Transformers that return architectures
    return a pool for a pool, so that a pool also passes unchanged through the steps of a pipeline.

    Parameters
    ----------
    X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
            UnlabeledPool
        The architectures.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`.

    Attributes
    ----------
    architectures : ArchitectureBatch
        The pool as a batch.

    Examples
    --------
    >>> from fgp_sklearn import UnlabeledPool
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> UnlabeledPool(nasbench201_space())
    UnlabeledPool(15625 architectures)
    """

    def __init__(self, X: Any, *, op_attr: Any = "op", attributes: Any = None) -> None:
        self.architectures = read_sequence(opened(X), op_attr=op_attr, attributes=attributes)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.architectures)} architectures)"


def opened(X: Any) -> Any:
    """The batch in a pool, which scikit-learn can count and index; anything else unchanged.

    Parameters
    ----------
    X : object
        Samples, or a pool.

    Returns
    -------
    object
        Samples.
    """
    return X.architectures if isinstance(X, UnlabeledPool) else X
