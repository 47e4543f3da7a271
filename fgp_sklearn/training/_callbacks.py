"""Callbacks of the skorch net: learning rate, validation score, early stopping, log and progress bar."""

from __future__ import annotations

import logging
import math
from typing import Any

from skorch.callbacks import Callback, EarlyStopping, LRScheduler
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR

from fgp_sklearn._progress import progress_bar
from fgp_sklearn.training._history import history_of
from fgp_sklearn.training._net import Converged, Net
from fgp_sklearn.training._plan import OnEpoch, Score
from fgp_sklearn.training._training import Training

logger = logging.getLogger(__name__)


def callbacks_of(training: Training) -> list[tuple[str, Callback]]:
    """Make the callbacks of a training.

    Parameters
    ----------
    training : Training
        Its plan sets the schedule of the learning rate, early stopping and the progress bar.

    Returns
    -------
    list of (str, Callback)
        Names and callbacks, in the order in which skorch calls them.
    """
    plan, n_samples = training.plan, len(training.data)
    callbacks: list[tuple[str, Callback]] = [("learning_rate", _LearningRate())]
    steps = plan.max_epochs * (
        1 if plan.batch_size == -1 else -(-n_samples // min(plan.batch_size, n_samples))
    )
    if plan.schedule == "one_cycle":
        policy = LRScheduler(OneCycleLR, step_every="batch", max_lr=plan.lr, total_steps=steps + 1)
        callbacks.append(("schedule", policy))
    elif plan.schedule == "cosine":
        callbacks.append(("schedule", LRScheduler(CosineAnnealingLR, step_every="batch", T_max=steps)))
    if training.validation is not None and training.score is not None:
        callbacks.append(("valid_score", _ValidationScore(training.score)))
        patience = plan.max_epochs if plan.n_iter_no_change is None else plan.n_iter_no_change
        best = _BestWeights(
            patience,
            monitor="valid_score",
            lower_is_better=False,
            threshold=0.0,  # skorch's default is relative: with negative scores, worse would count as better
            load_best=True,
            sink=logger.debug,
        )
        callbacks.append(("best", best))
    if plan.verbose:
        callbacks.append(("progress", _Progress(training.title, plan.max_epochs)))
    callbacks.append(("epoch_end", _EpochEnd(training.title, training.on_epoch)))
    return callbacks


class _ValidationScore(Callback):
    """Computes the score of the validation data, which form a single batch."""

    def __init__(self, score: Score) -> None:
        self.score = score

    def on_batch_end(
        self, net: Net, batch: Any = None, training: bool = False, y_pred: Any = None, **_: Any
    ) -> None:
        if not training:
            targets, *weights = (tensor.double().numpy() for tensor in batch[1:])
            self.score_ = self.score(targets, y_pred.cpu().double().numpy(), *weights)

    def on_epoch_end(self, net: Net, **_: Any) -> None:
        net.history.record("valid_score", self.score_)


class _BestWeights(EarlyStopping):
    """Early stopping that marks the net as converged.

    The base class stops training with KeyboardInterrupt, like the user. Here `_EpochEnd` stops it.
    """

    def __init__(self, n_iter_no_change: int, **kwargs: Any) -> None:
        super().__init__(patience=math.inf, **kwargs)
        self.n_iter_no_change = n_iter_no_change

    def on_epoch_end(self, net: Net, **kwargs: Any) -> None:
        super().on_epoch_end(net, **kwargs)
        if self.misses_ == self.n_iter_no_change:
            net.converged_ = True

    def on_train_end(self, net: Net, **kwargs: Any) -> None:
        if net.history:  # it is empty after zero epochs
            super().on_train_end(net, **kwargs)


class _LearningRate(Callback):
    def on_epoch_end(self, net: Net, **_: Any) -> None:
        net.history.record("lr", net.optimizer_.param_groups[0]["lr"])


class _EpochEnd(Callback):
    """Logs the epoch, calls `on_epoch` and stops training. It comes after the callbacks that record."""

    def __init__(self, title: str, on_epoch: OnEpoch | None) -> None:
        self.title = title
        self.on_epoch = on_epoch

    def on_epoch_end(self, net: Net, **_: Any) -> None:
        (epoch,) = history_of([net.history[-1]])
        logger.debug("%s: %s", self.title, epoch)
        if self.on_epoch is not None and self.on_epoch(epoch):
            net.converged_ = True
        if net.converged_:
            raise Converged


class _Progress(Callback):
    def __init__(self, title: str, n_epochs: int) -> None:
        self.title = title
        self.n_epochs = n_epochs

    def on_train_begin(self, net: Net, **_: Any) -> None:
        self.bar_ = progress_bar(description=self.title, total=self.n_epochs, shown=True, unit="epoch")
        self.bar_.update(len(net.history))

    def on_epoch_end(self, net: Net, **_: Any) -> None:
        loss = f"{net.history[-1, 'train_loss']:.4f}"
        self.bar_.set_postfix(loss=loss, refresh=False)  # the update decides when to write
        self.bar_.update(len(net.history) - self.bar_.n)

    def on_train_end(self, net: Net, **_: Any) -> None:
        self.bar_.close()
