"""FlowGaussianProcessRegressor: the instant predictor."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from numbers import Integral
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from fgp_sklearn._seeding import draw_seeds
from fgp_sklearn._storage import PersistenceError
from fgp_sklearn._validation import Interval, StrOptions, fit_context
from fgp_sklearn.architectures import ArchitectureBatch, as_batch
from fgp_sklearn.estimators._architecture_regressor import ArchitectureRegressor
from fgp_sklearn.estimators._targets import MonotoneCalibration, calibrated, calibrations_of, normal_scores
from fgp_sklearn.estimators._without_workers import without_workers
from fgp_sklearn.processes import NOTHING_KNOWN, FlowBlocks, FlowKernel, Known, SumKernelProcess

FloatArray = NDArray[np.float64]

_ROWS_AT_ONCE = 256  # whose kernel stays in the cache of a processor
_ONE_AT_A_TIME = threading.RLock()
_CENTRAL = 1.645  # standard deviations to either side hold 90 %


@contextmanager
def _one_thread() -> Iterator[None]:
    """BLAS adds in another order on more threads: the last bits would depend on `n_jobs`."""
    with _ONE_AT_A_TIME, threadpool_limits(1, user_api="blas"), without_workers():
        yield


class Posterior(NamedTuple):
    """Means and standard deviations of normal scores, of shape (n_architectures, n_targets)."""

    mean: FloatArray
    deviation: FloatArray


class FlowGaussianProcessRegressor(ArchitectureRegressor):
    """Gaussian process on random flows and path statistics: a ranking in a second, without a network.

    Two architectures are alike if random flows leave alike messages behind, if their paths pass
    through alike operations, and if the same operations occur and feed each other. Each block of such
    features has a Matern 5/2 kernel of its own; the labels choose the weights of the sum by marginal
    likelihood, under priors. Labels enter as normal scores, so that any unit will do and outliers do
    no harm.

    Of plain chains, as the networks of macro search spaces are, it looks at the operation of each
    stage instead of flows. What stages bring may just add up, so a linear kernel joins the Matern kernel
    there.

    Parameters
    ----------
    view : {"accuracy", "cost", "both"}, default="accuracy"
        What of an architecture counts. "accuracy": what computes, with null operations and all that is on
        no path from an input to an output removed and identity operations contracted. "cost": path
        statistics of the architecture as given, since what is dead costs time and energy too, and linear
        kernels on its operations and on their depths, since costs add up. "both": all of this. Of plain
        chains "accuracy" is the operation of each stage, with a Matern and a linear kernel; "cost" is the
        same as elsewhere, and "both" all of it.
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
    processes_ : list of SumKernelProcess
        The fitted process on normal scores of each target: `weights_` and `lengths_` of the kernels,
        `noise_`.
    calibrations_ : list of MonotoneCalibration
        From normal scores to the units of `y`, one a target.

    See Also
    --------
    FGPRegressor : Joins this process with a pre-trained network.
    FlowSurrogate : The flows.

    Notes
    -----
    The spread contains the noise of the labels. Where labels that are left out lie further off than
    the process expects, it is widened to fit them. Accuracies are skewed, and a few networks that failed
    would stretch a root mean square: the spread is that of the central 90 %.

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

    _suggested_ranges: ClassVar = {"view": ["accuracy", "cost", "both"]}
    _stored_attributes: ClassVar[dict[str, Any]] = {
        "processes_": list[SumKernelProcess],
        "calibrations_": list[MonotoneCalibration],
        "_blocks": FlowBlocks,
        "_one_target": bool,
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

    def _check_stored(self) -> None:
        if "processes_" not in vars(self):
            return
        for process in self.processes_:
            if process.widths != self._blocks.widths:
                raise PersistenceError("a process and its blocks of features do not belong together")
            if process.linear != self._blocks.linear:
                raise PersistenceError("a process and its blocks differ in what is linear")
        if not self.processes_ or len(self.processes_) != len(self.calibrations_):
            raise PersistenceError("processes and calibrations do not belong together")

    @fit_context(prefer_skip_nested_validation=False)
    @_one_thread()
    def fit(self, X: Any, y: Any, X_unlabeled: Any = None, *, sample_weight: Any = None) -> Self:
        """Choose the kernel and learn from labelled architectures.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Labelled architectures.
        y : array-like of shape (n_architectures,) or (n_architectures, n_targets)
            What is to be predicted, in any unit. Each target has a process of its own.
        X_unlabeled : like X, or UnlabeledPool, optional
            Architectures that may be asked about: an operation that is in neither is an error in
            `predict`. In cross-validation wrap them in `UnlabeledPool`.
        sample_weight : array-like of shape (n_architectures,), optional
            Weights of the labels, not negative. Only their proportions matter: a label of weight 2 is
            one that was measured twice as often, so its noise has half the variance; one of weight 0
            might as well be absent.

        Returns
        -------
        FlowGaussianProcessRegressor
            The fitted regressor.

        Raises
        ------
        ArchitectureError
            If an architecture is malformed.
        ValueError
            If a target is constant or not finite, or their number is not that of the architectures.
        """
        batch, targets, weights = self._read_labels(X, y, sample_weight)
        self._one_target = np.asarray(y).ndim == 1
        known = batch
        if X_unlabeled is not None:
            known = ArchitectureBatch.concatenate([batch, self._decode(X_unlabeled)])
        (seed,) = draw_seeds(self.random_state, 1)
        kernel = FlowKernel(self.view, self.features, self.null_ops, self.identity_ops)
        self._blocks = kernel.blocks(known, seed)
        blocks = self._blocks.fit_transform(batch, known)
        scores = normal_scores(targets, weights)
        self.processes_ = [
            SumKernelProcess(self.max_search, self.max_inducing, self._blocks.seed, self._blocks.linear).fit(
                blocks, score, weights
            )
            for score in scores.T
        ]
        self.calibrations_ = calibrations_of(scores, targets, weights)
        return self

    def _decode(self, X: Any) -> ArchitectureBatch:
        """Read architectures in any form."""
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
        predictions : ndarray of float64 of shape (n_architectures,) or (n_architectures, n_targets)
            Medians.
        std : ndarray of float64 of the same shape
            In the units of the labels; only if `return_std`. 1.645 of it to either side is as wide as the
            central 90 % interval.
        """
        if not return_std:
            return self._shaped(calibrated(self.calibrations_, self.scores(X)))
        posterior = self.posterior(X)
        predictions = calibrated(self.calibrations_, posterior.mean)
        return self._shaped(predictions), self._shaped(self.spread(predictions, posterior))

    def decision_function(self, X: Any) -> FloatArray:
        """Expected normal scores, larger is better.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.

        Returns
        -------
        ndarray of float64 of shape (n_architectures,) or (n_architectures, n_targets)
            About standard normal over architectures like the labelled ones.
        """
        return self._shaped(self.scores(X))

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
        ndarray of float64 of shape (n_architectures, n_samples) or (n_architectures, n_targets, n_samples)
            In the units of the labels.
        """
        check_is_fitted(self)
        blocks = self._blocks.transform(self._decode(X))
        generator = check_random_state(random_state)
        draws = [
            generator.multivariate_normal(*process.predict_jointly(blocks), n_samples, check_valid="ignore").T
            for process in self.processes_
        ]
        samples = [c.transform(draw) for c, draw in zip(self.calibrations_, draws, strict=True)]
        return self._shaped(np.stack(samples, axis=1))

    @_one_thread()
    def posterior(self, X: Any, known: Known = NOTHING_KNOWN) -> Posterior:
        """Distribution of the normal score of a new label, noise included.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.
        known : Known, optional
            Features and functional graphs that the caller has computed already.

        Returns
        -------
        Posterior
            `mean` and `deviation`, ndarrays of float64 of shape (n_architectures, n_targets).
        """
        return Posterior(*self._asked(SumKernelProcess.predict, X, known, 2))

    @_one_thread()
    def scores(self, X: Any, known: Known = NOTHING_KNOWN) -> FloatArray:
        """Expected normal scores: the mean of `posterior`, without the cost of the deviation.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.
        known : Known, optional
            See `posterior`.

        Returns
        -------
        ndarray of float64 of shape (n_architectures, n_targets)
            About standard normal over architectures like the labelled ones.
        """
        return self._asked(SumKernelProcess.mean, X, known, 1)[0]

    def _asked(self, question: Callable[..., Any], X: Any, known: Known, n_answers: int) -> list[FloatArray]:
        """What the processes answer, each of shape (n_architectures, n_targets)."""
        check_is_fitted(self)
        batch = self._decode(X)
        answers = np.empty((n_answers, len(batch), len(self.processes_)))
        for positions, blocks in self._blocks.transform_parts(batch, known):
            for start in range(0, len(positions), _ROWS_AT_ONCE):
                some = slice(start, start + _ROWS_AT_ONCE)
                rows = [block[some] for block in blocks]
                for target, process in enumerate(self.processes_):
                    answers[:, positions[some], target] = question(process, rows)
        return list(answers)

    def spread(self, predictions: FloatArray, posterior: Posterior) -> FloatArray:
        """Standard deviation of new labels about given predictions.

        Parameters
        ----------
        predictions : ndarray of float64 of shape (n_architectures, n_targets)
            In the units of the labels, from any predictor.
        posterior : Posterior
            Where this process expects the labels.

        Returns
        -------
        ndarray of float64 of shape (n_architectures, n_targets)
            In the units of the labels: half of the central 90 % interval, in standard deviations of a normal
            distribution, and how far its median lies from the prediction, as the legs of a right triangle.
        """
        reach = _CENTRAL * posterior.deviation
        lowest, median, highest = (
            calibrated(self.calibrations_, posterior.mean + shift) for shift in (-reach, 0.0, reach)
        )
        spread: FloatArray = np.hypot((highest - lowest) / (2 * _CENTRAL), predictions - median)
        return spread
