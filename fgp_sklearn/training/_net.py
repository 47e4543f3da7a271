"""skorch's loop, fitted to graph tensors."""

from __future__ import annotations

import logging
import math
from typing import Any

import torch
from skorch import NeuralNet
from skorch.callbacks import Callback, EarlyStopping, LRScheduler
from skorch.helper import predefined_split
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR
from tqdm.auto import tqdm

from fgp_sklearn.nn import GraphTensors
from fgp_sklearn.nn._tensors import moved
from fgp_sklearn.training._data import BatchIterator, GraphDataset
from fgp_sklearn.training._history import History
from fgp_sklearn.training._plan import OnEpoch, Score, TrainingPlan

logger = logging.getLogger(__name__)


def make_net(
    module: nn.Module,
    criterion: nn.Module,
    data: GraphDataset,
    plan: TrainingPlan,
    shuffling: torch.Generator,
    validation: GraphDataset | None,
    score: Score | None,
    on_epoch: OnEpoch | None,
    checkpoints: Callback | None,
    share: tuple[int, int],
) -> Net:
    """Put a module, its loss and a plan into skorch's loop, of which this process takes a share."""
    loop: type[Net] = Net
    iterator: dict[str, Any] = {"iterator_train": BatchIterator}
    if share != (0, 1):
        from fgp_sklearn.training._sharing import Shares, SharingNet

        loop, iterator = SharingNet, {"iterator_train": Shares, "iterator_train__share": share}
    return loop(
        module=module,
        criterion=criterion,
        optimizer=torch.optim.AdamW,
        optimizer__weight_decay=plan.weight_decay,
        # One pass over the weights instead of a dozen, where every torch since 2.4 has it.
        optimizer__fused=torch.device(plan.device).type in ("cpu", "cuda"),
        lr=plan.lr,
        max_epochs=plan.max_epochs,
        batch_size=plan.batch_size,
        **iterator,
        iterator_train__generator=shuffling,
        iterator_valid=BatchIterator,
        iterator_valid__batch_size=-1,
        train_split=None if validation is None else predefined_split(validation),
        callbacks=[
            *_callbacks(plan, len(data), validation, score, on_epoch),
            *([] if checkpoints is None else [("checkpoints", checkpoints)]),
        ],
        callbacks__print_log=None,
        verbose=0,
        device=plan.device,
    )


class Net(NeuralNet):
    """skorch's loop on `GraphTensors`."""

    def initialize(self) -> Net:
        self.converged_ = False
        super().initialize()
        return self

    def infer(self, x: GraphTensors, **_: Any) -> Any:
        return self.module_(x.to(self.device))

    def _set_training(self, training: bool = True) -> None:
        if self.module_.training != training:  # or every step would walk over all submodules
            super()._set_training(training)

    def train_step_single(self, batch: Any, **fit_params: Any) -> Any:
        graphs, *truth = batch
        self._set_training(True)
        outputs = self.infer(graphs)
        loss = self.criterion_(outputs, *(moved(tensor, self.device) for tensor in truth))
        loss.backward()
        return {"loss": loss, "y_pred": outputs}

    def validation_step(self, batch: Any, **fit_params: Any) -> Any:
        graphs, *truth = batch
        self._set_training(False)
        with torch.inference_mode():
            outputs = self.infer(graphs)
            loss = self.criterion_(outputs, *(moved(tensor, self.device) for tensor in truth))
            return {"loss": loss, "y_pred": outputs}

    def partial_fit(self, X: Any, y: Any = None, classes: Any = None, **fit_params: Any) -> Net:
        """Train; as skorch's, which takes Ctrl-C for a wish to stop here and go on behind."""
        self.notify("on_train_begin", X=X, y=y)
        try:
            self.fit_loop(X, y, **fit_params)
        except BaseException:
            if "progress" in dict(self.callbacks_):
                dict(self.callbacks_)["progress"].on_train_end(self)
            raise
        self.notify("on_train_end", X=X, y=y)
        return self

    def fit_loop(self, *args: Any, **kwargs: Any) -> Any:
        super()._set_training(True)  # all submodules, in whatever mode each was
        try:
            return super().fit_loop(*args, epochs=self.max_epochs - len(self.history), **kwargs)
        except _Converged:
            return self


class _ValidationScore(Callback):
    """Scores the one batch that all validation data make."""

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
    """skorch's, which stops training by the same exception as a user does; `_EpochEnd` stops here."""

    def __init__(self, n_iter_no_change: int, **kwargs: Any) -> None:
        super().__init__(patience=math.inf, **kwargs)
        self.n_iter_no_change = n_iter_no_change

    def on_epoch_end(self, net: Net, **kwargs: Any) -> None:
        super().on_epoch_end(net, **kwargs)
        if self.misses_ == self.n_iter_no_change:
            net.converged_ = True

    def on_train_end(self, net: Net, **kwargs: Any) -> None:
        if net.history:  # empty after no epochs
            super().on_train_end(net, **kwargs)


class _Converged(Exception):
    pass


class _LearningRate(Callback):
    def on_epoch_end(self, net: Net, **_: Any) -> None:
        net.history.record("lr", net.optimizer_.param_groups[0]["lr"])


class _EpochEnd(Callback):
    """Tells the log and who else wants to know; comes after the callbacks that record."""

    def __init__(self, description: str, on_epoch: OnEpoch | None) -> None:
        self.description = description
        self.on_epoch = on_epoch

    def on_epoch_end(self, net: Net, **_: Any) -> None:
        (epoch,) = History.from_skorch([net.history[-1]])
        logger.debug("%s: %s", self.description, epoch)
        if self.on_epoch is not None and self.on_epoch(epoch):
            net.converged_ = True
        if net.converged_:
            raise _Converged


class _Progress(Callback):
    def __init__(self, description: str, n_epochs: int) -> None:
        self.description = description
        self.n_epochs = n_epochs

    def on_train_begin(self, net: Net, **_: Any) -> None:
        self.bar_ = tqdm(total=self.n_epochs, desc=self.description, unit="epoch")

    def on_epoch_end(self, net: Net, **_: Any) -> None:
        self.bar_.set_postfix(loss=f"{net.history[-1, 'train_loss']:.4f}")
        self.bar_.update(len(net.history) - self.bar_.n)

    def on_train_end(self, net: Net, **_: Any) -> None:
        self.bar_.close()


def _callbacks(
    plan: TrainingPlan,
    n_samples: int,
    validation: GraphDataset | None,
    score: Score | None,
    on_epoch: OnEpoch | None,
) -> list[tuple[str, Callback]]:
    callbacks: list[tuple[str, Callback]] = [("learning_rate", _LearningRate())]
    steps = plan.max_epochs * (
        1 if plan.batch_size == -1 else -(-n_samples // min(plan.batch_size, n_samples))
    )
    if plan.schedule == "one_cycle":
        policy = LRScheduler(OneCycleLR, step_every="batch", max_lr=plan.lr, total_steps=steps + 1)
        callbacks.append(("schedule", policy))
    elif plan.schedule == "cosine":
        callbacks.append(("schedule", LRScheduler(CosineAnnealingLR, step_every="batch", T_max=steps)))
    if validation is not None and score is not None:
        callbacks.append(("valid_score", _ValidationScore(score)))
        patience = plan.max_epochs if plan.n_iter_no_change is None else plan.n_iter_no_change
        best = _BestWeights(
            patience,
            monitor="valid_score",
            lower_is_better=False,
            threshold=0.0,  # skorch's is relative: with negative scores, worse would count as better
            load_best=True,
            sink=logger.debug,
        )
        callbacks.append(("best", best))
    if plan.verbose:
        callbacks.append(("progress", _Progress(plan.description, plan.max_epochs)))
    callbacks.append(("epoch_end", _EpochEnd(plan.description, on_epoch)))
    return callbacks
