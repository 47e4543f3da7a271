"""The one training loop, for pre-training and fine-tuning alike."""

from __future__ import annotations

import copy
import logging
import time
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fgp_sklearn._threads import map_on_cores, one_core
from fgp_sklearn._torch_settings import usual_settings
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._duplicates import distinct
from fgp_sklearn.nn import GraphTensors, TopologicalRecurrence
from fgp_sklearn.training._checkpoint import Checkpoint, CheckpointFiles, State, fingerprint
from fgp_sklearn.training._data import GraphDataset
from fgp_sklearn.training._history import History
from fgp_sklearn.training._plan import OnEpoch, Score, TrainingPlan
from fgp_sklearn.training._precision import multiplies_in_bfloat16
from fgp_sklearn.training._processes import check_alike, group_on
from fgp_sklearn.training._seeding import seed_dropout

logger = logging.getLogger(__name__)

_NODES_AT_ONCE = 6144
_SMALL_STEP = 2**31  # nodes times weights; the forward pass multiplies about as often


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

    With validation data the weights of the epoch with the best `score` are kept, else the last ones.

    Parameters
    ----------
    module : nn.Module
        From `GraphTensors` to outputs.
    criterion : nn.Module
        Loss of outputs against targets, and weights where `data` has any.
    data : GraphDataset
        What to learn.
    plan : TrainingPlan
        How.
    seed : int
        Seed of the order of batches and of dropout.
    validation : GraphDataset, optional
        Held-out data.
    score : callable, optional
        ``score(y_true, y_pred)``, larger is better; needed with `validation`. Weights of
        `validation`, if any, come third.
    on_epoch : callable, optional
        ``on_epoch(epoch)`` gets each epoch's entry of the history; training ends where it returns True.
    checkpoint : Checkpoint, optional
        Where to leave the state after an epoch, and to go on from. The result is that of a training
        without interruption, to the bit; `on_epoch` does not hear again of epochs before.
    shared : bool, default=False
        Whether the processes behind the device "accelerate" share each batch, as against doing all of
        it each. They must then all call this, with the same arguments, and `on_epoch` must tell all of
        them alike.

    Returns
    -------
    History
        For each epoch ``epoch``, ``train_loss``, ``lr``, ``time`` (seconds), and with validation data
        ``valid_score``.

    Raises
    ------
    ValueError
        If `checkpoint` is of another training, or there are several processes for it; if the processes
        that share a training were called with different ones.
    PersistenceError
        If there are checkpoints and training can go on from none of them.
    KeyboardInterrupt
        If interrupted from the keyboard; the module is then somewhere in the middle, and training goes on
        from the checkpoint, if there is one.

    Warns
    -----
    UserWarning
        If a checkpoint cannot be written, or the newest is damaged or unusable and the one before is taken.

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
    files = None
    group = group_on(plan.device)
    share = (group.rank, group.size) if shared else (0, 1)
    if checkpoint is not None and group.size > 1:
        raise ValueError(
            f"a checkpoint is of one process and there are {group.size}; leave checkpoint out, or start one"
        )
    if checkpoint is not None or share != (0, 1):
        identity = fingerprint(module, criterion, data, plan, seed, validation)
        if checkpoint is not None:
            files = CheckpointFiles(checkpoint, plan.description, identity)
        else:
            check_alike(identity, group)
    plan = replace(plan, device=group.device, verbose=plan.verbose and group.rank == 0)
    state = None
    if files is not None:
        state = files.read(
            lambda found: _check_state(found, module, criterion, data, plan, seed, validation, score)
        )
    if state and state["finished"]:
        module.load_state_dict(state["module"])
        module.to(plan.device).eval()
        return History(state["history"])
    net = _run(module, criterion, data, plan, seed, validation, score, on_epoch, files, state, share)
    module.eval()
    history = History.from_skorch(net.history)
    if files is not None:
        files.write({"finished": True, "module": dict(module.state_dict()), "history": list(history)})
    return history


def _run(
    module: nn.Module,
    criterion: nn.Module,
    data: GraphDataset,
    plan: TrainingPlan,
    seed: int,
    validation: GraphDataset | None,
    score: Score | None,
    on_epoch: OnEpoch | None,
    files: CheckpointFiles | None,
    state: State | None,
    share: tuple[int, int],
) -> Any:
    """Train from the beginning or from a state, and return the skorch net."""
    from fgp_sklearn.training._net import make_net  # skorch takes seconds to import
    from fgp_sklearn.training._resume import Checkpoints

    generators = _generators(plan, seed, share)
    checkpoints = None if files is None else Checkpoints(files, generators, state)
    shuffling = generators["shuffling"]
    net = make_net(module, criterion, data, plan, shuffling, validation, score, on_epoch, checkpoints, share)
    logger.info("%s: %d epochs over %d architectures", plan.description, plan.max_epochs, len(data))
    start = time.perf_counter()
    seed_dropout(module, generators["dropout"])
    try:
        with one_core() if _steps_are_small(module, data, plan) else nullcontext():
            net.fit(data, y=None)
    finally:
        seed_dropout(module, None)
    seconds = time.perf_counter() - start
    logger.info("%s: done after %d epochs and %.1f s", plan.description, len(net.history), seconds)
    return net


def _generators(plan: TrainingPlan, seed: int, share: tuple[int, int]) -> dict[str, torch.Generator]:
    return {
        "shuffling": torch.Generator().manual_seed(seed),
        "dropout": torch.Generator(device=plan.device).manual_seed(seed + share[0]),
    }


def _check_state(
    state: Any,
    module: nn.Module,
    criterion: nn.Module,
    data: GraphDataset,
    plan: TrainingPlan,
    seed: int,
    validation: GraphDataset | None,
    score: Score | None,
) -> None:
    """Refuse a state that this training cannot go on from, which is tried on copies."""
    from fgp_sklearn.training._usable import check_state

    def fresh() -> tuple[Any, dict[str, torch.Generator]]:
        from fgp_sklearn.training._net import make_net  # skorch takes seconds to import

        alone = (0, 1)
        generators = _generators(plan, seed, alone)
        silent = replace(plan, verbose=False)
        copies = copy.deepcopy((module, criterion))
        shuffling = generators["shuffling"]
        net = make_net(*copies, data, silent, shuffling, validation, score, None, None, alone)
        net.initialize()
        net.notify("on_train_begin", X=data, y=None)
        return net, generators

    check_state(state, module, plan.max_epochs, fresh)


def _steps_are_small(module: nn.Module, data: GraphDataset, plan: TrainingPlan) -> bool:
    """Whether a step takes so little time on the CPU that a second core would not shorten it for sure."""
    batch_size = len(data) if plan.batch_size == -1 else min(plan.batch_size, len(data))
    n_nodes = batch_size * data.architectures.n_nodes.mean()
    n_weights = sum(weight.numel() for weight in module.parameters())
    return plan.device == "cpu" and bool(n_nodes * n_weights < _SMALL_STEP)


@usual_settings()
def apply_in_batches(
    module: nn.Module,
    data: ArchitectureBatch,
    *,
    batch_nodes: int = _NODES_AT_ONCE,
    device: str = "cpu",
    precision: str = "float32",
) -> NDArray[np.float64]:
    """Outputs of a module for many architectures, each distinct one computed once.

    On the CPU each batch is computed on one core, and as many at once as torch has threads
    (`torch.get_num_threads`); one after the other by networks that walk from node to node.

    Parameters
    ----------
    module : nn.Module
        From `GraphTensors` to outputs. Several threads may call it at once.
    data : ArchitectureBatch
        Architectures.
    batch_nodes : int, default=6144
        How many nodes at once, about; the states of more would not fit into the cache of a processor.
    device : str, default="cpu"
        Where to compute: a device of torch, "auto" or "accelerate".
    precision : {"float32", "bfloat16", "auto"}, default="float32"
        In what matrices are multiplied: "bfloat16" by torch's autocast, "auto" so where that is faster.

    Returns
    -------
    ndarray of float64 of shape (n_architectures, ...)
        In the given order.

    Examples
    --------
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.nn import GIN, InputSpec
    >>> from fgp_sklearn.training import apply_in_batches
    >>> apply_in_batches(GIN(InputSpec(n_ops=7), hidden_dim=8), nasbench201_space()[:10]).shape
    (10, 8)
    """
    positions, inverse = distinct(data)
    device = group_on(device).device
    module.to(device).eval()

    in_bfloat16 = precision == "bfloat16" or (
        precision == "auto" and multiplies_in_bfloat16(device) and not _is_recurrent(module)
    )

    @usual_settings()  # of this thread
    def outputs(rows: NDArray[np.int64]) -> Tensor:
        kind = torch.device(device).type
        with torch.inference_mode(), torch.autocast(kind, torch.bfloat16) if in_bfloat16 else nullcontext():
            graphs = GraphTensors.from_batch(data.take(rows))
            found: Tensor = module(graphs.to(device)).cpu()
            return found

    parts = in_batches(data, positions, batch_nodes)
    if device == "cpu":
        found = map_on_cores(outputs, parts, at_once=1 if _is_recurrent(module) else None)
    else:
        found = [outputs(rows) for rows in parts]
    computed: NDArray[np.float64] = torch.cat(found, out=torch.empty(0, dtype=torch.float64)).numpy()
    return computed if len(positions) == len(data) else computed[inverse]


def in_batches(
    data: ArchitectureBatch, positions: NDArray[np.int64], batch_nodes: int = _NODES_AT_ONCE
) -> list[NDArray[np.int64]]:
    """Cut positions of architectures where a further `batch_nodes` nodes begin."""
    batch_of = np.cumsum(data.n_nodes[positions]) // batch_nodes
    return np.split(positions, np.flatnonzero(np.diff(batch_of)) + 1)


def _is_recurrent(module: nn.Module) -> bool:
    """Whether it takes so many small operations that threads would wait for each other at each of them."""
    return any(isinstance(part, TopologicalRecurrence) for part in module.modules())
