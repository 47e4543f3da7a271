"""FGPRegressor: fine-tuning on labels."""

from __future__ import annotations

import copy
import math
from numbers import Integral, Real
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import check_is_fitted

from fgp_sklearn._validation import Interval, StrOptions, fit_context, same_value, validate_targets
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.estimators._fgp_encoder import FGPEncoder
from fgp_sklearn.estimators._targets import MonotoneCalibration, normal_scores
from fgp_sklearn.estimators._uncertainty import EmbeddingUncertainty
from fgp_sklearn.metrics import kendall_tau_score
from fgp_sklearn.nn import LOSSES, ColumnwiseLoss, Head, Predictor, make_loss
from fgp_sklearn.training import (
    GraphDataset,
    TrainingPlan,
    apply_in_batches,
    draw_seeds,
    initialise,
    train,
)

FloatArray = NDArray[np.float64]


class FGPRegressor(RegressorMixin, BaseEstimator):
    """Predictor of accuracies that ranks architectures from a handful of labels.

    `fit_pretrain` teaches the encoder the flow through a pool of unlabelled architectures; `fit`
    fine-tunes a copy of it on labelled ones. Without pre-training `fit` is plain supervised
    learning. Cloning keeps the pre-trained encoder, so cross-validation after `fit_pretrain`
    fine-tunes the same encoder in every fold; as it saw no labels, nothing leaks.

    Parameters
    ----------
    encoder : FGPEncoder or FrozenEstimator, optional
        An unfitted `FGPEncoder` tells how to encode and pre-train; a fitted one in
        ``FrozenEstimator(encoder)`` is taken as the pre-trained encoder. By default ``FGPEncoder()``.
    loss : {"hinge", "logistic", "listmle", "mse"}, default="hinge"
        Fine-tuning loss. "mse" compares scores with the normal scores of the labels, the others
        learn the order alone.
    margin : float, default=0.1
        Margin of the hinge loss. The paper has 0.5 for NAS-Bench-101 and -201, 0.1 for -301.
    max_epochs : int, default=200
        Passes over the labelled architectures.
    batch_size : int or "all", default="all"
        Labelled architectures a step. The pairs of a ranking loss are drawn within a step.
    lr : float, default=1e-3
        Learning rate of AdamW under a cosine schedule.
    weight_decay : float, default=1e-6
        Weight decay of AdamW.
    early_stopping : bool, default=False
        Whether to keep the weights of the epoch with the best Kendall tau on held-out labels. With
        few labels the last epoch is as good, and all labels are learnt from.
    validation_fraction : float, default=0.1
        Share of the labels held out, if `early_stopping` and no validation data are given to `fit`.
    n_iter_no_change : int, default=50
        Epochs without progress after which to stop, if `early_stopping`.
    verbose : bool, default=False
        Whether to show a progress bar.
    random_state : int, RandomState instance or None, default=None
        Seed of the head, of batches, and of everything in `encoder` that has none of its own.

    Attributes
    ----------
    encoder_ : FGPEncoder
        The fine-tuned encoder.
    pretrained_encoder_ : FGPEncoder or None
        The encoder as `fit_pretrain` left it.
    network_ : torch.nn.Module
        The fine-tuned encoder and its head.
    calibration_ : MonotoneCalibration
        From scores to the units of `y`.
    history_ : list of dict
        Loss, learning rate, seconds, and validation tau if there is one, of each epoch.

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
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
        "verbose": ["verbose"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        encoder: FGPEncoder | FrozenEstimator | None = None,
        *,
        loss: str = "hinge",
        margin: float = 0.1,
        max_epochs: int = 200,
        batch_size: int | str = "all",
        lr: float = 1e-3,
        weight_decay: float = 1e-6,
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
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.verbose = verbose
        self.random_state = random_state

    # ------------------------------------------------------------------ pre-training

    @fit_context(prefer_skip_nested_validation=False)
    def fit_pretrain(self, X: Any, y: Any = None, *, proxies: Any = None) -> Self:
        """Pre-train the encoder on architectures without labels.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, ArchitectureBatch or \
                UnlabeledPool
            The pool: every architecture that may ever be asked about, if it is known.
        y : None
            Ignored.
        proxies : array-like of shape (n_architectures,) or (n_architectures, n_proxies), or callable, \
                optional
            Label-free scores by which the encoder learns to rank; see `FGPEncoder.fit`.

        Returns
        -------
        FGPRegressor
            Itself; `fit` comes next.

        Raises
        ------
        ValueError
            If `encoder` is frozen: it is pre-trained already.
        """
        if isinstance(self.encoder, FrozenEstimator):
            raise ValueError(
                "encoder is frozen, so it is pre-trained already; call fit, or pass an unfrozen FGPEncoder"
            )
        self._pretrained = self._configured_encoder().fit(X, proxies=proxies)
        self._pretrained_params = self._encoder_params()
        return self

    def reset_pretrain(self) -> Self:
        """Forget the pre-trained encoder.

        Returns
        -------
        FGPRegressor
            Itself; `fit` is then plain supervised learning.
        """
        for name in ("_pretrained", "_pretrained_params"):
            self.__dict__.pop(name, None)
        return self

    @property
    def pretrained_encoder_(self) -> FGPEncoder | None:
        """The encoder as `fit_pretrain` left it, or the frozen one; None without pre-training."""
        if isinstance(self.encoder, FrozenEstimator):
            return self._thawed(self.encoder)
        return self.__dict__.get("_pretrained")

    def __sklearn_clone__(self) -> Self:
        params = {name: clone(value, safe=False) for name, value in self.get_params(deep=False).items()}
        twin = type(self)(**params)
        for name in ("_pretrained", "_pretrained_params"):
            if name in self.__dict__:
                setattr(twin, name, self.__dict__[name])
        return twin

    # ------------------------------------------------------------------ fine-tuning

    @fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X: Any,
        y: Any,
        X_unlabeled: Any = None,
        *,
        proxies: Any = None,
        X_val: Any = None,
        y_val: Any = None,
    ) -> Self:
        """Fine-tune on labelled architectures.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Labelled architectures.
        y : array-like of shape (n_architectures,)
            What is to be predicted, larger is better.
        X_unlabeled : like X, or UnlabeledPool, optional
            A pool to pre-train on first, instead of an earlier `fit_pretrain`. In cross-validation
            wrap it in `UnlabeledPool`.
        proxies : array-like or callable, optional
            Proxies of `X_unlabeled`; see `FGPEncoder.fit`.
        X_val, y_val : like X and y, optional
            Validation data for `early_stopping`.

        Returns
        -------
        FGPRegressor
            The fitted regressor.

        Raises
        ------
        ArchitectureError
            If an architecture is malformed or has an operation that the pool lacks.
        ValueError
            If `y` is constant, not finite or not one number an architecture, or if parameters of
            the encoder were changed after pre-training.
        """
        batch, y = self._validated(X, y)
        encoder_seed, head_seed, order_seed, split_seed = draw_seeds(self.random_state, 4)
        if X_unlabeled is not None:
            self.fit_pretrain(X_unlabeled, proxies=proxies)
        elif proxies is not None:
            raise ValueError("proxies describe a pool: pass X_unlabeled too, or use fit_pretrain")
        self._untuned = self._encoder_to_tune(batch, encoder_seed)
        self.encoder_ = copy.deepcopy(self._untuned)
        self._labelled = batch, y
        validation = None
        if X_val is not None or y_val is not None:
            validation = self._validated(X_val, y_val)
        elif self.early_stopping:
            rows, held_out = self._split(len(y), split_seed)
            validation = batch.take(held_out), y[held_out]
            batch, y = batch.take(rows), y[rows]
        self._tune(batch, y, validation, head_seed, order_seed)
        return self

    def _split(self, n: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Positions to learn from and to hold out."""
        n_held_out = math.ceil(n * self.validation_fraction)
        if min(n_held_out, n - n_held_out) < 2:
            raise ValueError(
                f"early_stopping with validation_fraction={self.validation_fraction:g} holds out "
                f"{n_held_out} of {n} labels, but ranking needs 2 to learn from and 2 to hold out; change "
                "validation_fraction, give X_val and y_val, or set early_stopping=False"
            )
        rows, held_out = train_test_split(np.arange(n), test_size=n_held_out, random_state=seed)
        return rows, held_out

    def _tune(
        self,
        batch: ArchitectureBatch,
        y: FloatArray,
        validation: tuple[ArchitectureBatch, FloatArray] | None,
        head_seed: int,
        order_seed: int,
    ) -> None:
        encoder = self.encoder_
        functional = encoder._functional(batch)
        self.network_ = initialise(
            lambda: Predictor(encoder.backbone_, Head(encoder.hidden_dim, 1)), head_seed
        )
        held_out = None
        if validation is not None:
            held_out = GraphDataset(encoder._functional(validation[0]), validation[1])
        self.history_ = train(
            self.network_,
            ColumnwiseLoss(make_loss(self.loss, **({"margin": self.margin} if self.loss == "hinge" else {}))),
            GraphDataset(functional, normal_scores(y)),
            TrainingPlan(
                max_epochs=self.max_epochs,
                batch_size=-1 if self.batch_size == "all" else int(self.batch_size),
                lr=self.lr,
                weight_decay=self.weight_decay,
                schedule="cosine",
                device=encoder.device,
                verbose=bool(self.verbose),
                description="fine-tuning",
                n_iter_no_change=self.n_iter_no_change if self.early_stopping else None,
            ),
            seed=order_seed,
            validation=held_out,
            score=_first_column_tau,
        )
        self.calibration_ = MonotoneCalibration().fit(self._scores(functional), y)

    def _validated(self, X: Any, y: Any) -> tuple[ArchitectureBatch, FloatArray]:
        batch = self._decode(X)
        return batch, validate_targets(self, y, len(batch))

    def _decode(self, X: Any) -> ArchitectureBatch:
        """Read architectures in any form; the one place where input is read."""
        encoder = self.encoder
        if isinstance(encoder, FrozenEstimator):
            encoder = self._thawed(encoder)
        return (FGPEncoder() if encoder is None else encoder)._decode(X)

    def _thawed(self, encoder: FrozenEstimator) -> FGPEncoder:
        frozen = encoder.estimator
        if not isinstance(frozen, FGPEncoder):
            raise ValueError(f"encoder must freeze an FGPEncoder, not a {type(frozen).__name__}")
        check_is_fitted(frozen)
        return frozen

    def _configured_encoder(self) -> FGPEncoder:
        encoder = FGPEncoder() if self.encoder is None else clone(self.encoder)
        if encoder.random_state is None:
            encoder.set_params(random_state=draw_seeds(self.random_state, 1)[0])
        return encoder

    def _encoder_params(self) -> dict[str, Any]:
        """Parameters of the encoder, all the way down."""
        encoder = FGPEncoder() if self.encoder is None else clone(self.encoder)
        params: dict[str, Any] = encoder.get_params(deep=True)
        return params

    def _encoder_to_tune(self, batch: ArchitectureBatch, seed: int) -> FGPEncoder:
        pretrained = self.pretrained_encoder_
        if pretrained is not None:
            if "_pretrained" in self.__dict__ and not same_value(
                self._pretrained_params, self._encoder_params()
            ):
                raise ValueError(
                    "parameters of encoder were changed after fit_pretrain; pre-train again with "
                    "fit_pretrain(pool), or forget the pre-trained encoder with reset_pretrain()"
                )
            return pretrained
        encoder = self._configured_encoder()
        encoder._build(batch, seed)
        return encoder

    # ------------------------------------------------------------------ prediction

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Predict in the units of the labels.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.
        return_std : bool, default=False
            Whether to return a standard deviation too: that of a Gaussian process on the embeddings
            which the encoder had before fine-tuning, since fine-tuned ones fit the labels too well to
            tell what is not known.

        Returns
        -------
        predictions : ndarray of float64 of shape (n_architectures,)
            They rank as `decision_function` does.
        std : ndarray of float64 of shape (n_architectures,)
            In the units of the labels; only if `return_std`.
        """
        check_is_fitted(self)
        functional = self.encoder_._functional(self._decode(X))
        predictions = self.calibration_.transform(self._scores(functional))
        if not return_std:
            return predictions
        labelled, y = self._labelled
        uncertainty = EmbeddingUncertainty().fit(self._untuned.transform(labelled), y)
        return predictions, uncertainty.spread(self._untuned.transform(functional), predictions)

    def decision_function(self, X: Any) -> FloatArray:
        """Raw scores of the network, larger is better.

        Parameters
        ----------
        X : sequence of networkx.DiGraph, sequence of (adjacency, ops) pairs, or ArchitectureBatch
            Architectures.

        Returns
        -------
        ndarray of float64 of shape (n_architectures,)
            Scores without a unit.
        """
        check_is_fitted(self)
        return self._scores(self.encoder_._functional(self._decode(X)))

    def _scores(self, functional: ArchitectureBatch) -> FloatArray:
        return apply_in_batches(self.network_, functional, device=self.encoder_.device)[:, 0]

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "calibration_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.target_tags.required = True
        return tags


def _first_column_tau(y_true: FloatArray, y_pred: FloatArray) -> float:
    return kendall_tau_score(y_true[:, 0], y_pred[:, 0])
