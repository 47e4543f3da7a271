"""TransferredPredictor: ranks a search space without a label of its own."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from fgp_sklearn._storage import Storable
from fgp_sklearn.architectures import UnknownOperationError, as_batch
from fgp_sklearn.architectures._known_operations import as_table
from fgp_sklearn.architectures._messages import named, shown
from fgp_sklearn.operations import OperationTable
from fgp_sklearn.processes._source import check_source, scores_of

FloatArray = NDArray[np.float64]


class TransferredPredictor(Storable):
    """Asks a fitted regressor about architectures of another search space.

    An operation that the regressor does not know is replaced by the known one that is most like it: the same
    kind with the nearest kernel, or another kind of the same family, such as another pooling. An operation
    with no similar one is an error. Nothing is learnt, so no labels are needed, and there is no `fit`.

    Parameters
    ----------
    regressor : fitted regressor of architectures
        For example a `FlowGaussianProcessRegressor`.
    operations : dict or OperationTable, optional
        What you know about operations; see `FlowGaussianProcessRegressor`.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`.

    See Also
    --------
    load_prior : Loads a regressor that knows operations of image classifiers.
    FlowGaussianProcessRegressor : Its parameter `sources` combines such scores with labels.

    Examples
    --------
    >>> from fgp_sklearn import FlowGaussianProcessRegressor
    >>> from fgp_sklearn.architectures import as_batch
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.estimators import TransferredPredictor
    >>> cells = nasbench201_space()[::100]
    >>> convolutions = [sum("conv" in op for op in ops) for _, ops in cells.to_pairs()]
    >>> process = FlowGaussianProcessRegressor(random_state=0).fit(cells, convolutions)
    >>> chain = [[0, 1, 0], [0, 0, 1], [0, 0, 0]]
    >>> other = as_batch([(chain, ["input", op, "output"]) for op in ("conv5x5-bn-relu", "maxpool3x3")])
    >>> better, worse = TransferredPredictor(process).decision_function(other)
    >>> bool(better > worse)
    True
    """

    _stored_attributes: ClassVar[dict[str, Any]] = {
        "regressor": BaseEstimator,
        "operations": OperationTable | dict | None,
        "op_attr": Any,
        "attributes": list[str] | tuple[str, ...] | None,
    }

    def __init__(
        self, regressor: Any, *, operations: Any = None, op_attr: Any = "op", attributes: Any = None
    ) -> None:
        check_source(regressor, "the regressor")
        self.regressor = regressor
        self.operations = operations
        self.op_attr = op_attr
        self.attributes = attributes

    def __repr__(self) -> str:
        return f"{type(self).__name__}({type(self.regressor).__name__})"

    def predict(self, X: Any) -> FloatArray:
        """Scores, as `decision_function` returns them: the units of another space mean nothing here.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.

        Returns
        -------
        ndarray of float64 of shape (n_architectures,) or (n_architectures, n_targets)
            Scores.
        """
        return self.decision_function(X)

    def decision_function(self, X: Any) -> FloatArray:
        """Scores without units; larger is better.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.

        Returns
        -------
        ndarray of float64 of shape (n_architectures,) or (n_architectures, n_targets)
            Scores of the regressor.

        Raises
        ------
        UnknownOperationError
            If the regressor knows no operation like one of theirs.
        """
        batch = as_batch(X, op_attr=self.op_attr, attributes=self.attributes)
        try:
            scores = scores_of(self.regressor, batch, as_table(self.operations))
        except UnknownOperationError as error:
            problem = (
                f"the regressor knows no operation like {shown(error.op)}; it knows "
                f"{named(error.known)}. If it is like one of them, describe it: operations="
                "{name: {'kind': ..., 'attributes': {...}}}"
            )
            raise UnknownOperationError(problem, error.index, error.op, error.known) from None
        return scores[:, 0] if scores.shape[1] == 1 else scores
