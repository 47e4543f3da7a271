"""FlowGaussianProcessRegressor: the instant predictor."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from fgp_sklearn._documentation import DocumentedEstimator
from fgp_sklearn._storage import Storable
from fgp_sklearn._validation import Interval, StrOptions, fit_context, validate_targets
from fgp_sklearn.architectures import ArchitectureBatch, as_batch
from fgp_sklearn.architectures._ops import op_names
from fgp_sklearn.estimators._flow_blocks import FlowBlocks
from fgp_sklearn.estimators._predicts_streams import PredictsStreams
from fgp_sklearn.estimators._sum_kernel_process import SumKernelProcess
from fgp_sklearn.estimators._targets import MonotoneCalibration, normal_scores

FloatArray = NDArray[np.float64]

_ROWS_AT_ONCE = 4096
_ONE_AT_A_TIME = threading.RLock()
_QUADRATURE = 15


@contextmanager
def _one_thread() -> Iterator[None]:
    """BLAS adds in another order on more threads: the last bits would depend on `n_jobs`."""
    with _ONE_AT_A_TIME, threadpool_limits(1, user_api="blas"):
        yield


class FlowGaussianProcessRegressor(Storable, PredictsStreams, RegressorMixin, DocumentedEstimator):
    """Gaussian process on random flows and path statistics: a ranking in a second, without a network.

    Two architectures are alike if random flows leave alike messages behind, and if their paths pass
    through alike operations. Each block of such features has a Matern 5/2 kernel of its own; the
    labels choose the weights of the sum by marginal likelihood, under vague priors. Labels enter as
    normal scores, so that any unit will do and outliers do no harm.

    Parameters
    ----------
    view : {"accuracy", "cost", "both"}, default="accuracy"
        What of an architecture counts. "accuracy": what computes, with null operations and all they
        cut off removed, once with identity operations contracted and once with them. "cost": the
        architecture as given, since what is dead costs time and energy too. "both": all of this.
    features : list of transformer, optional
        Further blocks, as zero-cost proxies or ``FrozenEstimator(encoder)`` for the embeddings of a
        pre-trained `FGPEncoder`. Cloned before they are fitted.
    null_ops : sequence of str or int, default=("none", "zeroize", "zero")
        Operations that carry no flow.
    identity_ops : sequence of str or int, default=("skip_connect", "identity", "skip", "Identity")
        Operations that hand on what they get.
    max_search : int, default=500
        Beyond so many labels the kernel is chosen on a random part of them.
    max_inducing : int, default=1500
        Beyond so many labels they are learnt from through a Nystrom approximation of this rank.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    random_state : int, RandomState instance or None, default=None
        Seed of the flows, and of the choice of labels beyond the bounds.

    Attributes
    ----------
    process_ : SumKernelProcess
        The fitted process on normal scores: `weights_` and `lengths_` of the kernels, `noise_`.
    calibration_ : MonotoneCalibration
        From normal scores to the units of `y`.

    See Also
    --------
    FGPRegressor : Joins this process with a pre-trained network.
    FlowSurrogate : The flows.

    Notes
    -----
    The spread contains the noise of the labels. Where labels that are left out lie further off than
    the process expects, it is widened to fit them.

    References
    ----------
    Rasmussen, Williams, "Gaussian Processes for Machine Learning", 2006.

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn import FlowGaussianProcessRegressor
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> pool = nasbench201_space()[::30]
    >>> convolutions = np.array([sum("conv" in op for op in ops) for _, ops in pool.to_pairs()])
    >>> process = FlowGaussianProcessRegressor(random_state=0).fit(pool[:50], convolutions[:50])
    >>> predicted, std = process.predict(pool, return_std=True)
    >>> predicted.shape, std.shape
    ((521,), (521,))
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "view": [StrOptions({"accuracy", "cost", "both"})],
        "features": [list, tuple, None],
        "null_ops": [list, tuple, set, frozenset],
        "identity_ops": [list, tuple, set, frozenset],
        "max_search": [Interval(Integral, 2, None, closed="left")],
        "max_inducing": [Interval(Integral, 2, None, closed="left")],
        "op_attr": [Hashable],
        "random_state": ["random_state"],
    }

    _stored_attributes: ClassVar[dict[str, Any]] = {
        "process_": SumKernelProcess,
        "calibration_": MonotoneCalibration,
        "_blocks": FlowBlocks,
    }

    def __init__(
        self,
        *,
        view: str = "accuracy",
        features: Any = None,
        null_ops: Any = ("none", "zeroize", "zero"),
        identity_ops: Any = ("skip_connect", "identity", "skip", "Identity"),
        max_search: int = 500,
        max_inducing: int = 1500,
        op_attr: Any = "op",
        random_state: Any = None,
    ) -> None:
        self.view = view
        self.features = features
        self.null_ops = null_ops
        self.identity_ops = identity_ops
        self.max_search = max_search
        self.max_inducing = max_inducing
        self.op_attr = op_attr
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    @_one_thread()
    def fit(self, X: Any, y: Any) -> Self:
        """Choose the kernel and learn from labelled architectures.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Labelled architectures.
        y : array-like of shape (n_architectures,)
            What is to be predicted, in any unit.

        Returns
        -------
        FlowGaussianProcessRegressor
            The fitted regressor.

        Raises
        ------
        ArchitectureError
            If an architecture is malformed.
        ValueError
            If `y` is constant, not finite or not one number an architecture.
        """
        batch = self._decode(X)
        y = validate_targets(self, y, len(batch))
        self._blocks = self._fitted_blocks(batch)
        blocks = self._blocks.transform(batch)
        scores = normal_scores(y)
        self.process_ = SumKernelProcess(self.max_search, self.max_inducing, self._blocks.seed).fit(
            blocks, scores
        )
        self.calibration_ = MonotoneCalibration().fit(scores, y)
        return self

    def _fitted_blocks(self, batch: ArchitectureBatch) -> FlowBlocks:
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        raw = self.view != "accuracy"
        return FlowBlocks(self._views(batch), raw, list(self.features or ()), seed).fit(batch)

    def _views(self, batch: ArchitectureBatch) -> list[tuple[frozenset[str], frozenset[str]]]:
        used = frozenset(batch.used_ops())
        null_ops, identity_ops = op_names(self.null_ops) & used, op_names(self.identity_ops) & used
        nothing: frozenset[str] = frozenset()
        views = [(null_ops, identity_ops), (null_ops, nothing)] if self.view != "cost" else []
        if self.view != "accuracy":
            views.append((nothing, nothing))
        return list(dict.fromkeys(views))

    def _decode(self, X: Any) -> ArchitectureBatch:
        """Read architectures in any form; the one place where input is read."""
        return as_batch(X, op_attr=self.op_attr)

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Predict in the units of the labels.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.
        return_std : bool, default=False
            Whether to return a standard deviation too, that of a new label: noise included.

        Returns
        -------
        predictions : ndarray of float64 of shape (n_architectures,)
            Medians.
        std : ndarray of float64 of shape (n_architectures,)
            In the units of the labels; only if `return_std`.
        """
        mean, deviation = self._posterior(X)
        predictions = self.calibration_.transform(mean)
        return (predictions, self._distance(predictions, mean, deviation)) if return_std else predictions

    def decision_function(self, X: Any) -> FloatArray:
        """Expected normal scores, larger is better.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.

        Returns
        -------
        ndarray of float64 of shape (n_architectures,)
            About standard normal over architectures like the labelled ones.
        """
        return self._posterior(X)[0]

    @_one_thread()
    def sample_y(self, X: Any, n_samples: int = 1, random_state: Any = 0) -> FloatArray:
        """Draw whole functions from the posterior, without the noise of labels.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures, some thousands at most: the cost is cubic.
        n_samples : int, default=1
            Number of draws.
        random_state : int, RandomState instance or None, default=0
            Seed of the draws.

        Returns
        -------
        ndarray of float64 of shape (n_architectures, n_samples)
            In the units of the labels.
        """
        check_is_fitted(self)
        blocks = self._blocks.transform(self._decode(X))
        mean, _ = self.process_.predict(blocks)
        draws = check_random_state(random_state).multivariate_normal(
            mean, self.process_.covariance(blocks), n_samples, check_valid="ignore"
        )
        return self.calibration_.transform(draws.T)

    @_one_thread()
    def _posterior(self, X: Any) -> tuple[FloatArray, FloatArray]:
        check_is_fitted(self)
        batch = self._decode(X)
        blocks = self._blocks.transform(batch)
        parts = [
            self.process_.predict([block[start : start + _ROWS_AT_ONCE] for block in blocks])
            for start in range(0, len(batch), _ROWS_AT_ONCE)
        ]
        mean, deviation = (np.concatenate(column) for column in zip(*parts, strict=True))
        return mean, deviation

    def spread(self, X: Any, predictions: FloatArray) -> FloatArray:
        """Standard deviation of a new label about given predictions.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.
        predictions : ndarray of float64 of shape (n_architectures,)
            In the units of the labels, from any predictor.

        Returns
        -------
        ndarray of float64 of shape (n_architectures,)
            Root mean square distance in the units of the labels, noise included.
        """
        return self._distance(predictions, *self._posterior(X))

    def _distance(self, predictions: FloatArray, mean: FloatArray, deviation: FloatArray) -> FloatArray:
        nodes, weights = np.polynomial.hermite_e.hermegauss(_QUADRATURE)
        outcomes = self.calibration_.transform((mean + nodes[:, None] * deviation).ravel())
        squares = (outcomes.reshape(_QUADRATURE, -1) - predictions) ** 2
        spread: FloatArray = np.sqrt(weights @ squares / weights.sum())
        return spread

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.target_tags.required = True
        return tags
