"""The training loop, used for pre-training and for fine-tuning."""

from __future__ import annotations

import logging
import time
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

from torch import nn

from fgp_sklearn._threads import one_core
from fgp_sklearn._torch_settings import usual_settings
from fgp_sklearn.training._checkpoint import Checkpoint, CheckpointFiles, State
from fgp_sklearn.training._data import GraphDataset
from fgp_sklearn.training._dropout import draws_of_dropout
from fgp_sklearn.training._history import History, history_of
from fgp_sklearn.training._plan import OnEpoch, Score, TrainingPlan
from fgp_sklearn.training._processes import check_alike, group_on
from fgp_sklearn.training._training import Training
from fgp_sklearn.training._usable import check_state

logger = logging.getLogger(__name__)

_SMALL_STEP = 2**31  # nodes times weights; the forward pass needs about as many multiplications


@usual_settings()
def train(
    module: nn.Module,
    criterion: nn.Module,
    data: GraphDataset,
    plan: TrainingPlan,
    *,
    seed: int,
    validation: GraphDataset | None = None,
    score: Score | None = None,
    on_epoch: OnEpoch | None = None,
    checkpoint: Checkpoint | None = None,
    shared: bool = False,
) -> History:
    """Train a module in place.

    With validation data, the module ends with the weights of the epoch that has the best `score`.
    Otherwise it ends with the weights of the last epoch.

    Parameters
    ----------
    module : nn.Module
        Module that maps `GraphTensors` to outputs.
    criterion : nn.Module
        Loss of the outputs, the targets and, if `data` has weights, the weights.
    data : GraphDataset
        Training data.
    plan : TrainingPlan
        Hyperparameters.
    seed : int
        Seed of the order of batches and of dropout.
    validation : GraphDataset, optional
        Validation data.
    score : callable, optional
        ``score(y_true, y_pred)``, where larger is better; required with `validation`. If `validation` has
        weights, they are the third argument.
    on_epoch : callable, optional
        ``on_epoch(epoch)`` is called after each epoch with its entry of the history. Training stops if it
        returns True.
    checkpoint : Checkpoint, optional
        Where to write the state after an epoch, and from where to resume. The result is equal to the bit to
        that of a training without interruption. `on_epoch` is not called again for earlier epochs.
    shared : bool, default=False
        Whether the processes of the device "accelerate" share each batch. Otherwise each process computes
        all of it. All processes must call this function with the same arguments, and `on_epoch` must return
        the same in each.

    Returns
    -------
    History
        ``epoch``, ``train_loss``, ``lr`` and ``time`` (in seconds) of each epoch, and ``valid_score`` if
        there are validation data.

    Raises
    ------
    ValueError
        If `checkpoint` belongs to another training, or is given to several processes; or if processes that
        share a training were called with different arguments.
    PersistenceError
        If there are checkpoints and training cannot resume from any of them.
    KeyboardInterrupt
        If the user interrupts training. The module then has the weights of that moment. If there is a
        checkpoint, the next call resumes from it.

    Warns
    -----
    UserWarning
        If a checkpoint cannot be written, or if the newest checkpoint is damaged or unusable and training
        resumes from the one before it.

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn._seeding import initialise
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.nn import GIN, Head, InputSpec, Predictor, SquaredErrorLoss
    >>> from fgp_sklearn.training import GraphDataset, TrainingPlan, train
    >>> data = GraphDataset(nasbench201_space()[:10], np.arange(10))
    >>> module = initialise(lambda: Predictor(GIN(InputSpec(n_ops=7), hidden_dim=8), Head(8, 1)), seed=0)
    >>> plan = TrainingPlan(max_epochs=5, batch_size=-1, lr=1e-2, weight_decay=0.0, schedule="constant")
    >>> history = train(module, SquaredErrorLoss(), data, plan, seed=0)
    >>> len(history), bool(history[-1]["train_loss"] < history[0]["train_loss"])
    (5, True)
    """
    group = group_on(plan.device)
    if checkpoint is not None and group.size > 1:
        raise ValueError(
            f"a checkpoint requires one process and there are {group.size}; leave checkpoint out, or start "
            "one process"
        )
    sharing = group if shared and group.size > 1 else None
    training = Training(module, criterion, data, plan, seed, validation, score, on_epoch, sharing)
    if sharing is not None:
        check_alike(training.fingerprint(), sharing)
    files = None
    if checkpoint is not None:
        files = CheckpointFiles(checkpoint, plan.description, training.fingerprint())
    plan = replace(plan, device=group.device, verbose=plan.verbose and group.rank == 0)
    training = replace(training, plan=plan)
    state = None if files is None else files.read(partial(check_state, training))
    if state and state["finished"]:
        module.load_state_dict(state["module"])
        module.to(plan.device).eval()
        return History(state["history"])
    net = _run(training, files, state)
    module.eval()
    history = history_of(net.history)
    if files is not None:
        files.write({"finished": True, "module": dict(module.state_dict()), "history": list(history)})
    return history


def _run(training: Training, files: CheckpointFiles | None, state: State | None) -> Any:
    """Train from the beginning or from a state, and return the skorch net."""
    from fgp_sklearn.training._make_net import make_net  # skorch takes seconds to import
    from fgp_sklearn.training._resume import Checkpoints

    plan, generators = training.plan, training.generators()
    checkpoints = None if files is None else Checkpoints(files, generators, state)
    net = make_net(training, generators["shuffling"], checkpoints)
    logger.info("%s: %d epochs over %d architectures", training.title, plan.max_epochs, len(training.data))
    start = time.perf_counter()
    with (
        draws_of_dropout(training.module, generators["dropout"]),
        one_core() if _steps_are_small(training) else nullcontext(),
    ):
        net.fit(training.data, y=None)
    seconds = time.perf_counter() - start
    logger.info("%s: done after %d epochs and %.1f s", training.title, len(net.history), seconds)
    return net


def _steps_are_small(training: Training) -> bool:
    """Whether a step on the CPU is so short that a second core may not shorten it."""
    plan, data = training.plan, training.data
    batch_size = len(data) if plan.batch_size == -1 else min(plan.batch_size, len(data))
    n_nodes = batch_size * data.architectures.n_nodes.mean()
    n_weights = sum(weight.numel() for weight in training.module.parameters())
    return plan.device == "cpu" and bool(n_nodes * n_weights < _SMALL_STEP)
