"""UnlabeledPool: an opaque parcel of unlabelled architectures."""

from __future__ import annotations

from typing import Any

from fgp_sklearn.architectures._read_sequence import read_sequence


class UnlabeledPool:
    """Architectures without labels, wrapped so that cross-validation hands them on whole.

    scikit-learn cuts every fit parameter that is as long as `X` to the fold, without a word. A pool
    has no length and no shape, so it arrives as it was. It is taken wherever architectures are.
    Transformers from architectures to architectures hand it on as a pool, so that it survives the steps of
    a pipeline too.

    Parameters
    ----------
    X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
            UnlabeledPool
        The pool.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    feature_attr : hashable, optional
        Node attribute that holds further numbers, for NetworkX input.

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

    def __init__(self, X: Any, *, op_attr: Any = "op", feature_attr: Any = None) -> None:
        self.architectures = read_sequence(opened(X), op_attr=op_attr, feature_attr=feature_attr)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.architectures)} architectures)"


def opened(X: Any) -> Any:
    """What scikit-learn can count and cut: the batch in a pool; anything else stays as it is.

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
