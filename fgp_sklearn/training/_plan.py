"""TrainingPlan: hyperparameters of training."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

#: Called as ``score(y_true, y_pred)``, with the weights as third argument if the samples have any.
Score = Callable[..., float]
#: Called with the history of an epoch at its end. Returns whether to stop training.
OnEpoch = Callable[[dict[str, float]], bool]


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """Hyperparameters of training.

    Parameters
    ----------
    max_epochs : int
        Number of passes over the data.
    batch_size : int
        Number of architectures per step; -1 for all.
    lr : float
        Maximum learning rate of AdamW.
    weight_decay : float
        Weight decay of AdamW.
    schedule : {"one_cycle", "cosine", "constant"}
        Learning rate schedule.
    device : str
        Device of torch, "auto" for CUDA or MPS if available and the CPU otherwise, or "accelerate" for the
        device that accelerate chooses.
    verbose : bool
        Whether to show a progress bar.
    description : str
        What the training is for, as logs and progress bars say it.
    n_iter_no_change : int or None
        Number of epochs without a better validation score after which training stops. None disables early
        stopping. It has no effect without validation data.

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
