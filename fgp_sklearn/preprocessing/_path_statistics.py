"""PathStatistics: counts over all paths of an architecture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn._storage import COUNT, NAMES, PersistenceError
from fgp_sklearn._validation import StrOptions, fit_context
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._simplify import without_dead
from fgp_sklearn.preprocessing._attribute_scale import AttributeScale
from fgp_sklearn.preprocessing._base import FeatureTransformer, check_width
from fgp_sklearn.preprocessing._kind_steps import over_sinks, steps_of
from fgp_sklearn.preprocessing._node_quantities import (
    Quantity,
    over_nodes,
    quantity_name,
    quantity_rows,
    sums_over_paths,
    varying_quantities,
)
from fgp_sklearn.preprocessing._reads_attributes import ReadsAttributes
from fgp_sklearn.preprocessing._stretches import in_stretches

FloatArray = NDArray[np.float64]

_PER_OP = ("count", "longest", "shortest", "mean", "paths_without", "paths_with_one")
_PER_QUANTITY, _PER_ATTRIBUTE = ("sum", "longest", "mean"), ("average", "largest")
_WHOLE = ("paths", "nodes", "edges", "depth", "max_in_degree", "max_out_degree")


class PathStatistics(ReadsAttributes, FeatureTransformer):
    """Counts over all paths from an input to an output of each architecture.

    The features of each operation are

    - ``"count"``: number of nodes with the operation,
    - ``"longest"``, ``"shortest"``, ``"mean"``: largest, smallest and mean number of times that the
      operation occurs on a path,
    - ``"paths_without"``, ``"paths_with_one"``: logarithm of the number of paths on which it occurs never, or
      exactly once.

    The features of the whole architecture are the logarithm of its number of paths, its numbers of nodes and
    edges, its depth, and its largest numbers of incoming and outgoing edges of a node.

    Nodes may have attributes, such as a kernel size. Each attribute of an operation, and each product of two
    of its attributes, has further features, such as ``"sum_mbconv[kernel]"``:

    - ``"sum"``: sum over all nodes with the operation; costs are often sums of products of two attributes,
    - ``"longest"``, ``"mean"``: largest and mean sum over the nodes of a path,
    - ``"average"``, ``"largest"``: mean and largest value over nodes (not of products).

    Paths are counted by dynamic programming over generations and are not enumerated. Where counts overflow,
    their logarithms are computed directly, so networks can have any size.

    Parameters
    ----------
    null_ops : "auto", or sequence of str or int, or None, default="auto"
        Operations that output zeros whatever they receive. They are removed, together with all nodes that
        are no longer on a path from an input to an output. If None, nothing is removed, and paths lead from
        any source to any sink.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`. Numbers are read as they are. Attributes that
        are constant over all nodes of an operation in `fit` are left out, since counts already contain them.

    Attributes
    ----------
    vocabulary_ : tuple of str
        Operations seen in `fit`, sorted.

    See Also
    --------
    FlowSurrogate : Random flow over the same paths.

    Notes
    -----
    Logarithms are ``log(1 + number)``. Parallel edges make different paths.

    A node that lacks an attribute adds 0 to sums. If no node of an architecture has the attribute,
    ``"average"`` and ``"largest"`` are the mean of the attribute over all nodes in `fit`. The product of an
    attribute with itself is left out if the attribute has two values only. Quantities are cut at plus or
    minus ``2**400``.

    Examples
    --------
    >>> from fgp_sklearn import PathStatistics
    >>> X = [([[0, 1, 1], [0, 0, 1], [0, 0, 0]], ["input", "conv", "output"])]
    >>> statistics = PathStatistics().fit(X)
    >>> features = dict(zip(statistics.get_feature_names_out(), statistics.transform(X)[0]))
    >>> float(features["mean_conv"]), float(features["depth"])
    (0.5, 2.0)

    Blocks with numbers:

    >>> X = [([[0, 1], [0, 0]], [{"op": "mlp", "ratio": 2, "width": width},
    ...                          {"op": "mlp", "ratio": 4, "width": 8}]) for width in (4, 8)]
    >>> statistics = PathStatistics(attributes=["ratio", "width"]).fit(X)
    >>> features = dict(zip(statistics.get_feature_names_out(), statistics.transform(X)[0]))
    >>> float(features["sum_mlp[ratio*width]"])  # 2 * 4 + 4 * 8
    40.0
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "null_ops": [StrOptions({"auto"}), list, tuple, set, frozenset, None]
    }

    _stored_attributes: ClassVar[dict[str, Any]] = {
        "vocabulary_": NAMES,
        "_attribute_scale": AttributeScale,
        "_quantities": tuple[Quantity, ...],
        "_n_features_out": COUNT,
    }

    _quantities: tuple[Quantity, ...] = ()

    def _check_stored(self) -> None:
        if "vocabulary_" in vars(self):
            check_width(self, len(self._names()))
            n_single = len(self._attributes_read())
            for i, (op, *names) in enumerate(self._quantities):
                is_right = op in self.vocabulary_ and {*names} <= {*self._attribute_scale.names}
                if not is_right or len(names) != (1 if i < n_single else 2):
                    raise PersistenceError("a quantity of nodes has an unknown operation or attribute")

    def __init__(self, *, null_ops: Any = "auto", op_attr: Any = "op", attributes: Any = None) -> None:
        self.null_ops = null_ops
        self.op_attr = op_attr
        self.attributes = attributes

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the operations.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            Architectures.
        y : None
            Ignored.

        Returns
        -------
        PathStatistics
            The fitted transformer.
        """
        given = self._decode(X)
        batch = self._simplified(given)
        quantities = varying_quantities(batch)
        self.vocabulary_ = batch.used_ops()
        self._learn_attributes(given)
        if quantities:
            self._quantities = quantities
        else:
            self.__dict__.pop("_quantities", None)  # of an earlier fit
        self._n_features_out = len(self._names())
        return self

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the features.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str of shape (n_features_out,)
            Names such as ``"longest_conv3x3"`` or, of attributes, ``"longest_mbconv[kernel*width]"``.
        """
        self._check_is_fitted()
        return np.array(self._names(), dtype=object)

    def _names(self) -> list[str]:
        names = [f"{kind}_{op}" for kind in _PER_OP for op in self.vocabulary_]
        every = [quantity_name(quantity) for quantity in self._quantities]
        single = every[: len(self._attributes_read())]
        of_attributes = [f"{kind}_{name}" for kind in _PER_QUANTITY for name in every]
        return [*names, *_WHOLE, *of_attributes, *(f"{kind}_{n}" for kind in _PER_ATTRIBUTE for n in single)]

    def _attributes_read(self) -> list[str]:
        """Attribute of each quantity that is one attribute; these come first."""
        return [quantity[1] for quantity in self._quantities if len(quantity) == 2]

    def _simplified(self, batch: ArchitectureBatch) -> ArchitectureBatch:
        return without_dead(batch, self.null_ops)

    def _features(self, batch: ArchitectureBatch) -> FloatArray:
        self._check_attributes(batch)
        return in_stretches(self._statistics, self._simplified(batch), self._n_features_out)

    def _statistics(self, batch: ArchitectureBatch) -> FloatArray:
        ops, n_ops = batch.recode(self.vocabulary_).ops, len(self.vocabulary_)
        count = np.bincount(batch.node_owner * n_ops + ops, minlength=len(batch) * n_ops)
        is_op = np.eye(n_ops)[ops[batch.forward_kinds.nodes]]
        longest, shortest = _extreme_counts(batch, is_op)
        log_paths, log_met, log_without, log_with_one = _path_counts(batch, is_op)
        per_op = [
            count.reshape(-1, n_ops),
            longest,
            shortest,
            np.exp(log_met - log_paths),
            np.logaddexp(0, log_without),
            np.logaddexp(0, log_with_one),
        ]
        whole = [
            np.logaddexp(0, log_paths[:, 0]),
            batch.n_nodes,
            batch.n_edges,
            *(
                np.maximum.reduceat(column, batch.node_ptr[:-1])
                for column in (batch.generation, batch.in_degree, batch.out_degree)
            ),
        ]
        return np.hstack([*per_op, np.stack(whole, axis=1).astype(np.float64), *self._of_attributes(batch)])

    def _of_attributes(self, batch: ArchitectureBatch) -> tuple[FloatArray, ...]:
        if not self._quantities:
            return ()
        rows, scale = quantity_rows(batch, self._quantities), self._attribute_scale
        means = dict(zip(scale.names, scale.centre, strict=True))
        otherwise = np.array([means[name] for name in self._attributes_read()])
        single = rows[:, : len(otherwise)]
        return (*sums_over_paths(batch, rows), *over_nodes(batch, single, otherwise))


def _extreme_counts(batch: ArchitectureBatch, is_op: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Largest and smallest number of occurrences of each operation on a path from source to sink."""
    most, least = is_op.copy(), is_op.copy()
    for kinds, senders, starts, _ in steps_of(batch):
        most[kinds] += np.maximum.reduceat(most[senders], starts, axis=0)
        least[kinds] += np.minimum.reduceat(least[senders], starts, axis=0)
    return over_sinks(batch, most, np.maximum), over_sinks(batch, least, np.minimum)


class _Numbers(NamedTuple):
    """Representation of numbers of paths: conversion, addition and multiplication."""

    convert: Callable[[FloatArray], FloatArray]
    add: np.ufunc
    multiply: np.ufunc


_PLAIN = _Numbers(np.asarray, np.add, np.multiply)
_LOGARITHMS = _Numbers(np.log, np.logaddexp, np.add)


def _path_counts(batch: ArchitectureBatch, is_op: FloatArray) -> list[FloatArray]:
    """Logarithms of counts: all paths; and per operation its occurrences, paths without it and with one."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        counts = _counted(batch, is_op, _PLAIN)
        logarithms = np.log(counts)
        too_many = ~np.isfinite(counts).all(axis=1)
        if too_many.any():  # for a float64; logarithms do not overflow, but are slower
            logarithms[too_many] = _counted(batch, is_op, _LOGARITHMS)[too_many]
    return np.split(logarithms, _parts(is_op), axis=1)


def _counted(batch: ArchitectureBatch, is_op: FloatArray, numbers: _Numbers) -> FloatArray:
    """The counts of `_path_counts` before the logarithm, as columns of one array."""
    convert, add, multiply = numbers
    is_there, is_not = convert(is_op), convert(1 - is_op)
    every = np.broadcast_to(convert(np.ones(1)), (len(is_op), 1))
    states = np.hstack([every, is_there, is_not, is_there])
    for kinds, senders, starts, multiplicity in steps_of(batch):
        arriving = states[senders]
        if batch.multiplicity is not None:
            arriving = multiply(arriving, convert(multiplicity)[:, None])
        total = add.reduceat(arriving, starts, axis=0)
        paths, met, without, with_one = np.split(total, _parts(is_op), axis=1)
        here, elsewhere = is_there[kinds], is_not[kinds]
        states[kinds] = np.hstack(
            [
                paths,
                add(met, multiply(paths, here)),
                multiply(without, elsewhere),
                add(multiply(without, here), multiply(with_one, elsewhere)),
            ]
        )
    return over_sinks(batch, states, add)


def _parts(is_op: FloatArray) -> list[int]:
    n_ops = is_op.shape[1]
    return [1, 1 + n_ops, 1 + 2 * n_ops]
