"""The one training loop, for pre-training and fine-tuning alike."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from skorch import NeuralNet
from skorch.callbacks import Callback, EarlyStopping, LRScheduler
from skorch.helper import predefined_split
from torch import Tensor, nn
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR
from tqdm.auto import tqdm

from fgp_sklearn.nn import GraphTensors
from fgp_sklearn.training._data import BatchIterator, GraphDataset
from fgp_sklearn.training._seeding import seed_dropout

logger = logging.getLogger(__name__)

Score = Callable[[NDArray[np.float64], NDArray[np.float64]], float]


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How to train.

    Parameters
    ----------
    max_epochs : int
        Passes over the data.
    batch_size : int
        Architectures a step; -1 for all.
    lr : float
        Learning rate of AdamW: the peak of the schedule.
    weight_decay : float
        Decay of AdamW.
    schedule : {"one_cycle", "cosine", "constant"}
        Course of the learning rate.
    device : str
        Where to compute.
    verbose : bool
        Whether to show a progress bar.
    description : str
        Title of the progress bar.
    n_iter_no_change : int or None
        With validation data: epochs without progress after which to stop; None never stops early.

    Examples
    --------
    >>> from fgp_sklearn.training import TrainingPlan
    >>> plan = TrainingPlan(max_epochs=5, batch_size=-1, lr=1e-3, weight_decay=0.0, schedule="cosine")
    >>> plan.device, plan.n_iter_no_change
    ('cpu', None)
    """

    max_epochs: int
    batch_size: int
    lr: float
    weight_decay: float
    schedule: str
    device: str = "cpu"
    verbose: bool = False
    description: str = "training"
    n_iter_no_change: int | None = None


def train(
    module: nn.Module,
    criterion: nn.Module,
    data: GraphDataset,
    plan: TrainingPlan,
    *,
    seed: int,
    validation: GraphDataset | None = None,
    score: Score | None = None,
) -> list[dict[str, float]]:
    """Train a module in place.

    With validation data the weights of the epoch with the best `score` are kept, else the last ones.

    Parameters
    ----------
    module : nn.Module
        From `GraphTensors` to outputs.
    criterion : nn.Module
        Loss of outputs against targets.
    data : GraphDataset
        What to learn.
    plan : TrainingPlan
        How.
    seed : int
        Seed of the order of batches and of dropout.
    validation : GraphDataset, optional
        Held-out data.
    score : callable, optional
        ``score(y_true, y_pred)``, larger is better; needed with `validation`.

    Returns
    -------
    list of dict
        For each epoch ``epoch``, ``train_loss``, ``lr``, ``time`` (seconds), and with validation data
        ``valid_score``.

    Warns
    -----
    UserWarning
        If interrupted from the keyboard; the module then holds the best weights so far.

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.nn import GIN, Head, InputSpec, Predictor, SquaredErrorLoss
    >>> from fgp_sklearn.training import GraphDataset, TrainingPlan, initialise, train
    >>> data = GraphDataset(nasbench201_space()[:10], np.arange(10))
    >>> module = initialise(lambda: Predictor(GIN(InputSpec(n_ops=7), hidden_dim=8), Head(8, 1)), seed=0)
    >>> plan = TrainingPlan(max_epochs=5, batch_size=-1, lr=1e-2, weight_decay=0.0, schedule="constant")
    >>> history = train(module, SquaredErrorLoss(), data, plan, seed=0)
    >>> len(history), bool(history[-1]["train_loss"] < history[0]["train_loss"])
    (5, True)
    """
    shuffling = torch.Generator().manual_seed(seed)
    seed_dropout(module, torch.Generator(device=plan.device).manual_seed(seed))
    net = _Net(
        module=module,
        criterion=criterion,
        optimizer=torch.optim.AdamW,
        optimizer__weight_decay=plan.weight_decay,
        lr=plan.lr,
        max_epochs=plan.max_epochs,
        batch_size=plan.batch_size,
        iterator_train=BatchIterator,
        iterator_train__generator=shuffling,
        iterator_valid=BatchIterator,
        iterator_valid__batch_size=-1,
        train_split=None if validation is None else predefined_split(validation),
        callbacks=_callbacks(plan, len(data), validation, score),
        callbacks__print_log=None,
        verbose=0,
        device=plan.device,
    )
    try:
        net.fit(data, y=None)
    finally:
        seed_dropout(module, None)
    module.eval()
    history = _readable(net.history)
    if net.interrupted_:
        warnings.warn(
            f"{plan.description} was interrupted after {len(history)} of {plan.max_epochs} epochs; the "
            "best weights so far are kept",
            stacklevel=2,
        )
    return history


class _Net(NeuralNet):
    """skorch's loop on `GraphTensors`."""

    def initialize(self) -> _Net:
        self.interrupted_ = False
        super().initialize()
        return self

    def infer(self, x: GraphTensors, **_: Any) -> Any:
        return self.module_(x.to(self.device))

    def train_step_single(self, batch: Any, **fit_params: Any) -> Any:
        graphs, targets = batch
        self._set_training(True)
        outputs = self.infer(graphs)
        loss = self.criterion_(outputs, targets.to(self.device))
        loss.backward()
        return {"loss": loss, "y_pred": outputs}

    def validation_step(self, batch: Any, **fit_params: Any) -> Any:
        graphs, targets = batch
        self._set_training(False)
        with torch.inference_mode():
            outputs = self.infer(graphs)
            return {"loss": self.criterion_(outputs, targets.to(self.device)), "y_pred": outputs}

    def fit_loop(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().fit_loop(*args, **kwargs)
        except _Converged:
            return self
        except KeyboardInterrupt:
            self.interrupted_ = True
            return self


class _ValidationScore(Callback):
    def __init__(self, validation: GraphDataset, score: Score) -> None:
        self.validation = validation
        self.score = score

    def on_epoch_end(self, net: _Net, **_: Any) -> None:
        graphs, targets = self.validation[np.arange(len(self.validation))]
        net.module_.eval()
        with torch.inference_mode():
            outputs = net.infer(graphs).cpu().double().numpy()
        net.history.record("valid_score", self.score(targets.double().numpy(), outputs))


class _BestWeights(EarlyStopping):
    """skorch's, which stops training by the same exception as a user does."""

    def on_epoch_end(self, net: _Net, **kwargs: Any) -> None:
        try:
            super().on_epoch_end(net, **kwargs)
        except KeyboardInterrupt:
            raise _Converged from None

    def on_train_end(self, net: _Net, **kwargs: Any) -> None:
        if net.history:  # empty after no epochs
            super().on_train_end(net, **kwargs)


class _Converged(Exception):
    pass


class _LearningRate(Callback):
    def on_epoch_end(self, net: _Net, **_: Any) -> None:
        net.history.record("lr", net.optimizer_.param_groups[0]["lr"])


class _Progress(Callback):
    def __init__(self, description: str, n_epochs: int) -> None:
        self.description = description
        self.n_epochs = n_epochs

    def on_train_begin(self, net: _Net, **_: Any) -> None:
        self.bar_ = tqdm(total=self.n_epochs, desc=self.description, unit="epoch")

    def on_epoch_end(self, net: _Net, **_: Any) -> None:
        self.bar_.set_postfix(loss=f"{net.history[-1, 'train_loss']:.4f}")
        self.bar_.update()

    def on_train_end(self, net: _Net, **_: Any) -> None:
        self.bar_.close()


def _callbacks(
    plan: TrainingPlan, n_samples: int, validation: GraphDataset | None, score: Score | None
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
        callbacks.append(("valid_score", _ValidationScore(validation, score)))
        patience = plan.max_epochs if plan.n_iter_no_change is None else plan.n_iter_no_change
        best = _BestWeights(
            monitor="valid_score",
            lower_is_better=False,
            patience=patience,
            threshold=0.0,  # skorch's is relative: with negative scores, worse would count as better
            load_best=True,
            sink=logger.debug,
        )
        callbacks.append(("best", best))
    if plan.verbose:
        callbacks.append(("progress", _Progress(plan.description, plan.max_epochs)))
    return callbacks


def _readable(history: Any) -> list[dict[str, float]]:
    kept = {
        "epoch": "epoch",
        "train_loss": "train_loss",
        "valid_score": "valid_score",
        "lr": "lr",
        "dur": "time",
    }
    return [
        {name: row[key] for key, name in kept.items() if key in row}
        for row in history
        if "train_loss" in row  # an interrupted epoch has none
    ]


def apply_in_batches(
    module: nn.Module, data: Any, *, batch_size: int = 1024, device: str = "cpu"
) -> NDArray[np.float64]:
    """Outputs of a module for many architectures.

    Parameters
    ----------
    module : nn.Module
        From `GraphTensors` to outputs.
    data : ArchitectureBatch
        Architectures.
    batch_size : int, default=1024
        How many at once.
    device : str, default="cpu"
        Where to compute.

    Returns
    -------
    ndarray of float64 of shape (n_architectures, ...)
        In the given order.

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.nn import GIN, InputSpec
    >>> from fgp_sklearn.training import apply_in_batches
    >>> apply_in_batches(GIN(InputSpec(n_ops=7), hidden_dim=8), nasbench201_space()[:10], batch_size=4).shape
    (10, 8)
    """
    module.eval()
    outputs: list[Tensor] = []
    with torch.inference_mode():
        for start in range(0, len(data), batch_size):
            graphs = GraphTensors.from_batch(data.take(np.arange(start, min(start + batch_size, len(data)))))
            outputs.append(module(graphs.to(device)).cpu())
    return torch.cat(outputs).double().numpy()
