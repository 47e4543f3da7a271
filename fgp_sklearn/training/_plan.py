"""How to train."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

#: ``score(y_true, y_pred)``, and the weights of the rows where they have any.
Score = Callable[..., float]
#: Gets what happened in an epoch once it is over, and tells whether to stop.
OnEpoch = Callable[[dict[str, float]], bool]


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
        Where to compute: a device of torch, "auto" for the best there is, or "accelerate" for the one that
        accelerate gives.
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
