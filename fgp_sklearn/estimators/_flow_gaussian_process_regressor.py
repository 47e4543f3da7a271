"""FlowGaussianProcessRegressor: a Gaussian process that needs no network."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from numbers import Integral
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from fgp_sklearn._seeding import draw_seeds
from fgp_sklearn._storage import PersistenceError
from fgp_sklearn._validation import Interval, StrOptions, fit_context
from fgp_sklearn.architectures import ArchitectureBatch, as_batch
from fgp_sklearn.architectures._node_attributes import check_same
from fgp_sklearn.estimators._architecture_regressor import ArchitectureRegressor
from fgp_sklearn.estimators._attribute_ranges import Ranges, attribute_ranges, warn_of_range
from fgp_sklearn.estimators._one_thread import one_thread
from fgp_sklearn.estimators._power_scores import power_scores
from fgp_sklearn.estimators._targets import MonotoneCalibration, calibrated, calibrations_of, normal_scores
from fgp_sklearn.operations import OperationTable
from fgp_sklearn.preprocessing._attribute_groups import AttributeGroups
from fgp_sklearn.processes._flow_blocks import NOTHING_KNOWN, FlowBlocks, Known
from fgp_sklearn.processes._flow_kernel import VIEWS, FlowKernel
from fgp_sklearn.processes._sum_kernel_process import SumKernelProcess

FloatArray = NDArray[np.float64]

_MOST_COMPARED = 200  # labels by which transforms of labels are compared
_ROWS_AT_ONCE = 256  # their kernel stays in the cache of the processor
_CENTRAL = 1.645  # the interval of so many standard deviations to either side contains 90 %


class Posterior(NamedTuple):
    """Means and standard deviations of normal scores, of shape (n_architectures, n_targets)."""

    mean: FloatArray
    deviation: FloatArray


class FlowGaussianProcessRegressor(ArchitectureRegressor):
    """Gaussian process on random flows and path statistics: a ranking in a second, without a network.

    Two architectures are similar if random flows through them end in similar messages, if their paths contain
    similar operations, and if the same operations occur and are connected. Each block has a Matern 5/2 kernel
    whose weight maximises the likelihood of the labels under priors. Flows also have linear kernels with the
    default view, unless there are `sources`, or `features` and 60 labels or more. Labels are replaced by
    normal scores, so any unit is possible and outliers do no harm.

    If nodes have attributes, architectures have several parts, or all are plain chains, it also compares sums
    of attributes, sums of products of two, `RunningTotals` and `SoftStageEncoding`, and flows have linear
    kernels too. Columns are scaled by all architectures in `fit`. Operations that no label had are predicted
    from attributes. Labels are standardised or power-transformed; with outliers, normal scores remain.

    Parameters
    ----------
    view : {"accuracy", "cost", "both"}, default="accuracy"
        What counts in an architecture. "accuracy": its functional graph, without null operations and nodes on
        no path from an input to an output, and with identity operations contracted. "cost": path statistics
        of the architecture as given, since unused nodes cost time and energy as well, and linear kernels on
        its operations and on their depths, since costs are additive. "both": all of these.

        With attributes and for plain chains, "cost" reads the architecture as given and has smooth kernels on
        sums only. For plain chains "both" is the same as "accuracy", which a warning says.
    features : list of transformer, optional
        Further blocks, such as zero-cost proxies, or ``FrozenEstimator(encoder)`` for the embeddings of a
        pre-trained `FGPEncoder`. They are cloned before they are fitted.
    null_ops : "auto", or sequence of str or int, default="auto"
        Operations that carry no flow. With "auto" the role of an operation decides.
    identity_ops : "auto", or sequence of str or int, default="auto"
        Operations that pass on their input. "auto" as for `null_ops`.
    operations : dict or OperationTable, optional
        What you know about operations: by name an `Operation`, or a dict with the keys ``"kind"``, ``"role"``
        and ``"attributes"``. It wins over the table of the library (see `fgp_sklearn.operations.describe`).
    sources : list of fitted predictors, optional
        Predictors that learnt other labels: of another data set, device or search space, or after fewer
        epochs. Their scores are a prior, which labels overrule. Each has `decision_function` or `predict` for
        architectures. An operation that a source does not know is replaced by a similar one; a source that
        knows no similar one is left out, with a warning. Clones keep the fitted sources. Sources are not
        copied: fit this regressor again if you fit one of them again. They must not have learnt the labels on
        which this regressor is tested.
    max_search : int, default=500
        Largest number of labels on which the kernel is chosen. If there are more, a random subset is used.
    max_inducing : int, default=1500
        Rank of a Nystrom approximation, which is used if there are more labels.
    op_attr : hashable, default="op"
        Node attribute that holds the operation, for NetworkX input.
    attributes : sequence of str, optional
        Node attributes that hold numbers; see `as_batch`.
    random_state : int, RandomState instance or None, default=None
        Seed of the flows, and of the random subsets of labels.

    Attributes
    ----------
    processes_ : list of SumKernelProcess
        One fitted process per target, on normal scores, with `weights_` and `lengths_` of the kernels,
        `noise_`, and `leave_one_out_`: predictions of each label from the others.
    calibrations_ : list of MonotoneCalibration
        Map from normal scores to the units of `y`, one per target.

    See Also
    --------
    FGPRegressor : Blends this process with a pre-trained network.
    FlowSurrogate : The flows.

    Notes
    -----
    The standard deviation includes the noise of the labels. It is increased if leave-one-out residuals are
    larger than the process expects. It is computed from the central 90 % interval, because accuracies are
    skewed and a few failed networks would dominate a root mean square.

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
        "view": [StrOptions(set(VIEWS))],
        "features": [list, tuple, None],
        "null_ops": [StrOptions({"auto"}), list, tuple, set, frozenset],
        "identity_ops": [StrOptions({"auto"}), list, tuple, set, frozenset],
        "operations": [dict, OperationTable, None],
        "sources": [list, tuple, None],
        "max_search": [Interval(Integral, 2, None, closed="left")],
        "max_inducing": [Interval(Integral, 2, None, closed="left")],
        "op_attr": [Hashable],
        "attributes": [list, tuple, None],
        "random_state": ["random_state"],
    }

    _suggested_ranges: ClassVar = {"view": list(VIEWS)}
    _stored_attributes: ClassVar[dict[str, Any]] = {
        "processes_": list[SumKernelProcess],
        "calibrations_": list[MonotoneCalibration],
        "_blocks": FlowBlocks,
        "_one_target": bool,
        "_ranges": Ranges,
    }
    _optional_attributes: ClassVar[frozenset[str]] = frozenset({"_ranges"})  # older files lack them

    def __init__(
        self,
        *,
        view: str = "accuracy",
        features: Any = None,
        null_ops: Any = "auto",
        identity_ops: Any = "auto",
        operations: Any = None,
        sources: Any = None,
        max_search: int = 500,
        max_inducing: int = 1500,
        op_attr: Any = "op",
        attributes: Any = None,
        random_state: Any = None,
    ) -> None:
        self.view = view
        self.features = features
        self.null_ops = null_ops
        self.identity_ops = identity_ops
        self.operations = operations
        self.sources = sources
        self.max_search = max_search
        self.max_inducing = max_inducing
        self.op_attr = op_attr
        self.attributes = attributes
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
    @one_thread()
    def fit(self, X: Any, y: Any, X_unlabeled: Any = None, *, sample_weight: Any = None) -> Self:
        """Choose the kernel and learn from labelled architectures.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Labelled architectures.
        y : array-like of shape (n_architectures,) or (n_architectures, n_targets)
            Targets, in any unit. Each target has its own process.
        X_unlabeled : like X, or UnlabeledPool, optional
            Architectures that will be predicted later. An operation that is neither in `X` nor here is an
            error in `predict`. Columns of operations and attributes are scaled by them. Wrap them in
            `UnlabeledPool` for cross-validation.
        sample_weight : array-like of shape (n_architectures,), optional
            Nonnegative weights of the labels. Only their ratios matter. A label of weight 2 counts as the
            mean of two measurements, so its noise has half the variance. Labels of weight 0 are ignored.

        Returns
        -------
        FlowGaussianProcessRegressor
            The fitted regressor.

        Raises
        ------
        ArchitectureError
            If an architecture is malformed.
        ValueError
            If a target is constant or not finite, or if `X` and `y` differ in length.
        """
        return self.fit_with_groups(X, y, X_unlabeled, None, sample_weight=sample_weight)

    @one_thread()
    def fit_with_groups(
        self,
        X: Any,
        y: Any,
        X_unlabeled: Any,
        groups: AttributeGroups | None,
        *,
        sample_weight: Any = None,
        warns: bool = True,
    ) -> Self:
        """Fit with columns that a caller has fitted to a larger pool than `X_unlabeled`.

        Parameters
        ----------
        X, y, X_unlabeled : array-like or None
            See `fit`.
        groups : AttributeGroups or None
            Columns about operations and attributes of functional graphs.
        sample_weight : array-like of shape (n_architectures,), optional
            See `fit`.
        warns : bool, default=True
            Whether to warn of parameters that name operations which no architecture has.

        Returns
        -------
        FlowGaussianProcessRegressor
            The fitted regressor.
        """
        batch, targets, weights = self._read_labels(X, y, sample_weight)
        self._one_target = np.asarray(y).ndim == 1
        known = batch
        if X_unlabeled is not None:
            unlabeled = self._decode(X_unlabeled)
            check_same(unlabeled, batch.attribute_names, "those of X have {} (X_unlabeled differs)")
            known = ArchitectureBatch.concatenate([batch, unlabeled])
        (seed,) = draw_seeds(self.random_state, 1)
        read = self.null_ops, self.identity_ops, self.operations
        kernel = FlowKernel(self.view, self.features, *read, self.sources)
        if warns:
            kernel.names.warn_of_absent(known)
        self._ranges = attribute_ranges(known)
        self._blocks = kernel.blocks(known, seed, groups, len(batch))
        blocks = self._blocks.fit_transform(batch, known)
        learnt = [self._learnt(blocks, target, weights) for target in targets.T]
        self.processes_ = [process for process, _ in learnt]
        scores = np.stack([score for _, score in learnt], axis=1)
        self.calibrations_ = calibrations_of(scores, targets, weights)
        return self

    def _learnt(
        self, blocks: list[FloatArray], y: FloatArray, weights: FloatArray | None
    ) -> tuple[SumKernelProcess, FloatArray]:
        """Learn a target by the most likely of some transforms of its labels, which is returned too."""
        adds_up = bool(self._blocks.grouped) or self.view == "cost"
        candidates = power_scores(y, weights) if adds_up else []
        if len(candidates) < 2:
            values = candidates[0].values if candidates else normal_scores(y, weights)
            return self._process(blocks, values, weights), values
        some = np.linspace(0, len(y) - 1, min(len(y), _MOST_COMPARED)).astype(np.int64)
        of_some = [block[some] for block in blocks], None if weights is None else weights[some]
        tried = [self._process(of_some[0], scores.values[some], of_some[1]) for scores in candidates]
        likelihoods = [
            process.log_likelihood_ + scores.log_slopes[some][process.searched_].sum()
            for process, scores in zip(tried, candidates, strict=True)
        ]
        best = int(np.argmax(likelihoods))
        values = candidates[best].values
        return tried[best] if len(some) == len(y) else self._process(blocks, values, weights), values

    def _process(
        self, blocks: list[FloatArray], scores: FloatArray, weights: FloatArray | None
    ) -> SumKernelProcess:
        seed, linear = self._blocks.seed, self._blocks.linear
        sizes = self.max_search, self.max_inducing
        process = SumKernelProcess(*sizes, seed, linear, self._blocks.n_sources)
        return process.fit(blocks, scores, weights, self._blocks.priors)

    def _decode(self, X: Any) -> ArchitectureBatch:
        """Read architectures in any form."""
        return as_batch(X, op_attr=self.op_attr, attributes=self.attributes)

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Predict in the units of the labels.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.
        return_std : bool, default=False
            Whether to return standard deviations of new labels as well, noise included.

        Returns
        -------
        predictions : ndarray of float64 of shape (n_architectures,) or (n_architectures, n_targets)
            Medians.
        std : ndarray of float64 of the same shape
            Standard deviations in the units of the labels, only if `return_std`. The central 90 % interval is
            1.645 of them wide to either side.
        """
        check_is_fitted(self)
        X = self._decode(X)
        warn_of_range(X, getattr(self, "_ranges", {}))
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
            Scores, about standard normal over architectures like the labelled ones.
        """
        return self._shaped(self.scores(X))

    @one_thread()
    def sample_y(self, X: Any, n_samples: int = 1, random_state: Any = 0) -> FloatArray:
        """Draw functions from the posterior, without the noise of labels.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures, a few thousand at most: the cost is cubic.
        n_samples : int, default=1
            Number of draws.
        random_state : int, RandomState instance or None, default=0
            Seed of the draws.

        Returns
        -------
        ndarray of float64 of shape (n_architectures, n_samples) or (n_architectures, n_targets, n_samples)
            Draws in the units of the labels.
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

    @one_thread()
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

    @one_thread()
    def scores(self, X: Any, known: Known = NOTHING_KNOWN) -> FloatArray:
        """Expected normal scores: the mean of `posterior`, at a lower cost.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.
        known : Known, optional
            See `posterior`.

        Returns
        -------
        ndarray of float64 of shape (n_architectures, n_targets)
            Scores, about standard normal over architectures like the labelled ones.
        """
        return self._asked(SumKernelProcess.mean, X, known, 1)[0]

    def _asked(self, question: Callable[..., Any], X: Any, known: Known, n_answers: int) -> list[FloatArray]:
        """Answers of all processes to a question, each of shape (n_architectures, n_targets)."""
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
            Predictions of any predictor, in the units of the labels.
        posterior : Posterior
            Posterior of this process for the same architectures.

        Returns
        -------
        ndarray of float64 of shape (n_architectures, n_targets)
            Standard deviations in the units of the labels: the root of the sum of two squares. One term is
            half the width of the central 90 % interval over 1.645, the other the distance between the median
            of the process and the prediction.
        """
        reach = _CENTRAL * posterior.deviation
        lowest, median, highest = (
            calibrated(self.calibrations_, posterior.mean + shift) for shift in (-reach, 0.0, reach)
        )
        spread: FloatArray = np.hypot((highest - lowest) / (2 * _CENTRAL), predictions - median)
        return spread
