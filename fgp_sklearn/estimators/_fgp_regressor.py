"""FGPRegressor: fine-tunes a pre-trained encoder on labels."""

from __future__ import annotations

import copy
import warnings
from dataclasses import replace
from numbers import Integral, Real
from os import PathLike
from typing import Any, ClassVar, Self, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from torch import Tensor

from fgp_sklearn._rollback import rolls_back
from fgp_sklearn._seeding import draw_seeds
from fgp_sklearn._storage import Array
from fgp_sklearn._torch_settings import usual_settings
from fgp_sklearn._validation import Interval, StrOptions, fit_context
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.estimators._architecture_regressor import Labelled
from fgp_sklearn.estimators._fgp_encoder import FGPEncoder
from fgp_sklearn.estimators._fine_tuned_network import FineTunedNetwork
from fgp_sklearn.estimators._fit_task import CallbackSupportMixin, FitTask
from fgp_sklearn.estimators._flow_gaussian_process_regressor import FlowGaussianProcessRegressor
from fgp_sklearn.estimators._plans_fine_tuning import PlansFineTuning
from fgp_sklearn.estimators._pretrains_encoder import PretrainsEncoder
from fgp_sklearn.estimators._stores_fine_tuning import StoresFineTuning
from fgp_sklearn.estimators._suggests_fine_tuning import SuggestsFineTuning
from fgp_sklearn.estimators._targets import MonotoneCalibration, calibrations_of
from fgp_sklearn.estimators._tree_member import TreeMember
from fgp_sklearn.nn import LOSSES, Predictor
from fgp_sklearn.training import Checkpoint, group_on

FloatArray = NDArray[np.float64]


class FGPRegressor(
    CallbackSupportMixin, SuggestsFineTuning, StoresFineTuning, PretrainsEncoder, PlansFineTuning
):
    """Predictor of accuracies that ranks architectures from a handful of labels.

    `fit_pretrain` pre-trains the encoder on a pool of unlabelled architectures. `fit` fine-tunes a copy of it
    on labelled ones. Without pre-training, `fit` is plain supervised learning. Clones keep the pre-trained
    encoder, so cross-validation after `fit_pretrain` fine-tunes the same encoder in every fold. Pre-training
    uses no labels, so nothing leaks.

    Parameters
    ----------
    encoder : FGPEncoder or FrozenEstimator, optional
        Either an unfitted `FGPEncoder`, or ``FrozenEstimator(encoder)`` with a fitted one, which is then the
        pre-trained encoder. By default ``FGPEncoder()``.
    loss : {"hinge", "logistic", "listmle", "mse"}, default="hinge"
        Fine-tuning loss. "mse" compares scores with the normal scores of the labels. The others are ranking
        losses.
    margin : float, default=0.1
        Margin of the hinge loss. The paper has 0.5 for NAS-Bench-101 and -201, 0.1 for -301.
    max_epochs : int, default=50
        Passes over the labelled architectures.
    batch_size : int or "all", default=16
        Labelled architectures per step. A ranking loss compares the architectures of a step.
    lr : float, default=2e-3
        Learning rate of AdamW under a cosine schedule.
    weight_decay : float, default=1e-6
        Weight decay of AdamW.
    process_weight : float or "auto", default="auto"
        Weight, from 0 to 1, of a Gaussian process in the scores of a pre-trained regressor; the network has
        the remaining weight. The process compares flows and pre-trained embeddings. Its errors differ from
        those of the network, so their mean ranks better than either. "auto" is 0.5, and more below 60 labels,
        up to 0.74; where there is a second network, these are multiplied by 0.8. With `sources` it is more,
        0.6 for 80 labels. If nodes have attributes, and `effort` is not "fast", the labels choose the
        weights, see `member_weights_`. With neither pre-training nor sources, the network has all the weight.
    effort : {"fast", "default", "best"}, default="default"
        What a pre-trained regressor may spend on its blend, if `process_weight` is "auto". "fast": one
        network and the process, with fixed weights. "default": if nodes have attributes, trees are a
        member, and the labels choose the weights; that takes four further trainings. In a space of cells, a
        second network is a member: a FlowerFormer that learns from the labels alone, in up to 500 steps.
        Nodes of cells have no attributes, and their functional graphs have up to 64 nodes and are not all
        plain chains. `fit` then takes two to ten times as long as with "fast". It is left out if there are
        `sources`, or if the encoder is a FlowerFormer itself. "best": there is always a second network (a
        gated network beside a FlowerFormer), trained as long as the first, and the labels always choose the
        weights; fitting takes fifteen to sixty times as long as with "fast".
    sources : list of fitted predictors, optional
        Predictors that learnt other labels, which the process uses as a prior; see
        `FlowGaussianProcessRegressor`.
    early_stopping : bool, default=False
        Whether to keep the weights of the epoch with the best Kendall tau on held-out labels. With few labels
        the last epoch is as good, and no labels need to be held out.
    validation_fraction : float, default=0.1
        Fraction of the labels to hold out if `early_stopping` is set and `fit` gets no validation data.
    n_iter_no_change : int, default=50
        Number of epochs without progress after which `early_stopping` stops.
    verbose : bool, default=False
        Whether to show progress bars, also of predictions that take more than two seconds.
    random_state : int, RandomState instance or None, default=None
        Seed of the head, of the batches, and of `encoder` if it has none of its own.

    Attributes
    ----------
    encoder_ : FGPEncoder
        The fine-tuned encoder.
    pretrained_encoder_ : FGPEncoder or None
        The encoder as `fit_pretrain` left it.
    network_ : torch.nn.Module
        The fine-tuned encoder and its head.
    process_ : FlowGaussianProcessRegressor
        The Gaussian process, fitted to the same labels. See `predict` with `return_std`.
    member_weights_ : dict of str to ndarray of shape (n_targets,)
        Weight of each member in the scores: "network", and those of "process", "trees" and "second_network"
        that take part. Where the labels choose (see `effort`), members that answer held-out labels better
        have more weight.
    calibrations_ : list of MonotoneCalibration
        Map from scores to the units of `y`, one per target.
    history_ : History
        One dict per epoch: loss, learning rate, seconds, and validation tau if there is one.
        ``history_.to_frame()`` returns a data frame.
    device_ : str
        Device of the last `to`, otherwise that of `encoder`.

    See Also
    --------
    FGPEncoder : The encoder, and its parameters.

    References
    ----------
    Kim, Hwang, Shin, "Learning to Flow from Generative Pretext Tasks for Neural Architecture
    Encoding", NeurIPS 2025 (arXiv 2510.18360).

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn import FGPEncoder, FGPRegressor
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> pool = nasbench201_space()[::30]
    >>> encoder = FGPEncoder(hidden_dim=16, max_epochs=3)
    >>> regressor = FGPRegressor(encoder, random_state=0).fit_pretrain(pool)
    >>> convolutions = np.array([sum("conv" in op for op in ops) for _, ops in pool.to_pairs()])
    >>> regressor.fit(pool[:50], convolutions[:50]).predict(pool).shape
    (521,)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "encoder": [FGPEncoder, FrozenEstimator, None],
        "loss": [StrOptions(set(LOSSES))],
        "margin": [Interval(Real, 0, None, closed="left")],
        "max_epochs": [Interval(Integral, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left"), StrOptions({"all"})],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "process_weight": [StrOptions({"auto"}), Interval(Real, 0, 1, closed="both")],
        "effort": [StrOptions({"fast", "default", "best"})],
        "sources": [list, tuple, None],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    # What `pretrained_encoder_`, fine-tuning and the process work with:
    # - `_pretrained`: the encoder as `fit_pretrain` left it, and `_pretrained_params`, its parameters then.
    #   Both are absent without pre-training, and with a frozen encoder, which `encoder` holds.
    # - `_second`: a list of the regressor that is the second network.
    # - `_untuned`: the encoder with which fine-tuning began, which is the pre-trained one or has random
    #   weights. It is never changed, and the process reads its embeddings.
    # - `encoder_`: the copy of `_untuned` that was fine-tuned; `network_` is its backbone with a head.
    # - `_process`: see `process_`, which says when it is fitted.
    # - `_learnt`: the labels without those held out, only while `fit` runs.
    _stored_attributes: ClassVar[dict[str, Any]] = {
        "encoder_": FGPEncoder,
        "network_": dict[str, Tensor],
        "calibrations_": list[MonotoneCalibration],
        "history_": list[dict[str, float]],
        "_pretrained": FGPEncoder,
        "_pretrained_params": dict[str, Any],
        "_untuned": FGPEncoder,
        "_one_target": bool,
        "_labelled": tuple[  # type: ignore[misc]  # arrays are no types, but kinds
            ArchitectureBatch, Array("labels", "targets", largest=1e308), Array("labels", optional=True)
        ],
        "_network_scale": tuple[Array("targets"), Array("targets")],  # type: ignore[misc]
        "_sources": list[Any],
        "_process": FlowGaussianProcessRegressor,
        "_process_seed": int,
        "_trees": TreeMember,
        "_member_weights": dict[str, Array("targets")],  # type: ignore[misc]
        "_second": list[Any],
    }
    _optional_attributes: ClassVar[frozenset[str]] = frozenset(
        {"_pretrained", "_pretrained_params", "_sources", "_process", "_trees", "_second", "_member_weights"}
    )
    _parameter_copies: ClassVar[frozenset[str]] = frozenset({"_pretrained_params"})
    _learnt: Labelled

    def __init__(
        self,
        encoder: FGPEncoder | FrozenEstimator | None = None,
        *,
        loss: str = "hinge",
        margin: float = 0.1,
        max_epochs: int = 50,
        batch_size: int | str = 16,
        lr: float = 2e-3,
        weight_decay: float = 1e-6,
        process_weight: float | str = "auto",
        effort: str = "default",
        sources: Any = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 50,
        verbose: bool = False,
        random_state: Any = None,
    ) -> None:
        self.encoder = encoder
        self.loss = loss
        self.margin = margin
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.lr = lr
        self.weight_decay = weight_decay
        self.process_weight = process_weight
        self.effort = effort
        self.sources = sources
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.verbose = verbose
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X: Any,
        y: Any,
        X_unlabeled: Any = None,
        *,
        sample_weight: Any = None,
        proxies: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        checkpoint: str | PathLike[str] | None = None,
        resume: bool = True,
    ) -> Self:
        """Fine-tune on labelled architectures.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Labelled architectures.
        y : array-like of shape (n_architectures,) or (n_architectures, n_targets)
            Targets, in any unit. Several targets share the encoder, and all have the same weight in the loss.
        X_unlabeled : like X, or UnlabeledPool, optional
            Pool to pre-train on first, instead of an earlier `fit_pretrain`. Wrap it in `UnlabeledPool` for
            cross-validation.
        sample_weight : array-like of shape (n_architectures,), optional
            Nonnegative weights of the labelled architectures. Only their ratios matter. They weigh the loss
            (a pair has the product of its weights), the validation score of `early_stopping`, and the
            calibration to the units of `y`. In the Gaussian process, the noise of a label of twice the weight
            has half the variance. Labels of weight 0 are ignored.
        proxies : array-like, transformer or callable, optional
            Proxies of `X_unlabeled`; see `FGPEncoder.fit`.
        X_val, y_val : like X and y, optional
            Validation data. The network keeps the weights of the epoch with the best Kendall tau on them.
            With `early_stopping`, its training may end earlier, and the second network uses them too.
        checkpoint : str or path-like, optional
            Folder for checkpoints, from which an interrupted training continues: call `fit` again with the
            same arguments. The result is equal to the bit to that of an uninterrupted run. Trainings that
            only weigh the members start again.
        resume : bool, default=True
            Whether to continue from the checkpoints in the folder. If False, they are replaced.

        Returns
        -------
        FGPRegressor
            The fitted regressor.

        Raises
        ------
        ArchitectureError
            If an architecture is malformed or has an operation that the pool lacks.
        ValueError
            If a target is constant or not finite, if `X` and `y` differ in length, if parameters of the
            encoder were changed after pre-training, or if `checkpoint` is of another training.
        """
        labelled = self._read_labels(X, y, sample_weight)
        self._one_target = np.asarray(y).ndim == 1
        saved = Checkpoint.of(checkpoint, resume, self.random_state)
        encoder_seed, head_seed, order_seed, split_seed, process_seed = draw_seeds(self.random_state, 5)
        targets = self._shaped(labelled.y)
        task = FitTask.whole(self, labelled.architectures, targets, n_subtasks=1 + (X_unlabeled is not None))
        if X_unlabeled is not None:
            self._pretrain_once(
                X_unlabeled, proxies, task.part("pre-train"), checkpoint=checkpoint, resume=resume
            )
        elif proxies is not None:
            raise ValueError("proxies describe a pool: pass X_unlabeled too, or use fit_pretrain")
        self._untuned = self._encoder_to_tune(labelled.architectures, encoder_seed)
        with usual_settings():
            self.encoder_ = copy.deepcopy(self._untuned)
        self._labelled = labelled.architectures, labelled.y, labelled.weights
        self._sources = list(self.sources or ())
        self._warn_of_what_has_no_effect()
        self._process_seed = process_seed
        self.__dict__.pop("_process", None)
        learnt, validation = self._divided(labelled, X_val, y_val, split_seed)
        self._weigh_members(learnt, validation, checkpoint, resume=resume)
        tuning = task.part("fine-tune", n_subtasks=self.max_epochs).begin()
        self._fine_tune(learnt, validation, head_seed, order_seed, tuning, saved)
        self._network_scale = self._network.scale_for(learnt.architectures)
        self._fit_process()
        self._calibrate(learnt)
        del self._learnt
        tuning.end(dict)
        task.end(dict)
        return self

    def _warn_of_what_has_no_effect(self) -> None:
        number = self._given_weight
        pretrained = self.pretrained_encoder_ is not None
        ignored = []
        if self._sources and number == 0:
            ignored.append("sources have no effect with process_weight=0; leave process_weight out")
        if self.effort == "best" and number is not None:
            ignored.append(
                f"effort='best' has no effect with process_weight={number:g}; leave process_weight out"
            )
        if self.effort == "best" and not pretrained:
            ignored.append("effort='best' has no effect without pre-training; call fit_pretrain(pool) first")
        if number and not pretrained and not self._sources:
            ignored.append(
                f"process_weight={number:g} has no effect without pre-training; call fit_pretrain(pool) "
                "first, or use FlowGaussianProcessRegressor, which is the process alone"
            )
        if not pretrained and hasattr(self.encoder, "backbone_"):
            ignored.append(
                "what the encoder has learnt has no effect, since fit uses its parameters only; pass "
                "FrozenEstimator(encoder)"
            )
        for reason in ignored:
            warnings.warn(reason, UserWarning, stacklevel=3)

    @rolls_back
    @usual_settings()
    def to(self, device: str) -> Self:
        """Move the regressor to another device. Later fits, and clones, compute there too.

        The parameter `encoder` is not changed: neither its `device` nor, if it is frozen, the encoder in it.
        A regressor that is loaded from a file computes on the `device` of its encoder.

        Parameters
        ----------
        device : str
            A device as in the parameter `device` of `FGPEncoder`.

        Returns
        -------
        FGPRegressor
            Itself. What it learnt is moved, pre-training included.

        Examples
        --------
        >>> from fgp_sklearn import FGPRegressor
        >>> FGPRegressor().to("auto").device_
        'auto'
        """
        self._moved_to = device
        moved: dict[int, FGPEncoder] = {}  # copies: clones and the user may hold the originals
        for second in self.__dict__.get("_second", ()):
            second.to(device)
        for name in self.__dict__.keys() & {"_pretrained", "_untuned", "encoder_"}:
            encoder = getattr(self, name)
            if id(encoder) not in moved:
                moved[id(encoder)] = copy.copy(encoder).to(device)
            setattr(self, name, moved[id(encoder)])
        if "network_" in self.__dict__:
            head = copy.deepcopy(self.network_.head).to(group_on(device).device)
            self.network_ = Predictor(self.encoder_.backbone_, head).eval()
        self.__dict__.pop("_process", None)  # it holds the encoder on the old device
        return self

    def _fine_tune(
        self,
        learnt: Labelled,
        validation: Labelled | None,
        head_seed: int,
        order_seed: int,
        task: FitTask,
        checkpoint: Checkpoint | None,
    ) -> None:
        """Train the network on labels."""
        self._learnt = learnt
        network = FineTunedNetwork.with_new_head(self.encoder_, learnt.y.shape[1], head_seed)
        self.network_ = network.module
        self.history_ = network.train(
            learnt,
            validation,
            self._criterion(),
            replace(self._plan(), n_iter_no_change=self.n_iter_no_change if self.early_stopping else None),
            seed=order_seed,
            on_epoch=task.on_epoch(self._reconstruction_attributes),
            checkpoint=checkpoint,
        )

    def _calibrate(self, learnt: Labelled) -> None:
        """Learn the map from blended scores to the units of `y`."""
        self.calibrations_ = calibrations_of(self._scores(learnt.architectures)[0], learnt.y, learnt.weights)

    def _as_of_this_epoch(self) -> Self:
        """A copy as `fit` would leave this regressor if it ended at this epoch. It shares the network."""
        self._fit_process()
        now = copy.copy(self)
        now._network_scale = self._network.scale_for(self._learnt.architectures)
        now._calibrate(self._learnt)
        return now

    def _reconstruction_attributes(self) -> dict[str, Any]:
        """Attributes from which callbacks of scikit-learn make a fitted regressor at this epoch."""
        now = self._as_of_this_epoch()
        now.encoder_, now.network_ = copy.deepcopy((self.encoder_, self.network_))
        names = ("encoder_", "network_", "_network_scale", "calibrations_")
        return {name: getattr(now, name) for name in names}

    def predict_midway(self, X: Any) -> FloatArray:
        """Predict between two epochs of `fit`, as if it ended here; for callbacks.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.

        Returns
        -------
        ndarray of float64 of shape (n_architectures,) or (n_architectures, n_targets)
            Predictions of the current network and of the other members, which are fitted before.
        """
        if "_learnt" not in vars(self):
            raise NotFittedError("predict_midway answers between two epochs of fit; use predict afterwards")
        return cast("FloatArray", self._as_of_this_epoch().predict(X))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "calibrations_")
