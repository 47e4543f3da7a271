"""Check whether training can resume from a stored state."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from fgp_sklearn._storage import PersistenceError
from fgp_sklearn.training._training import Generators, Training

if TYPE_CHECKING:
    from skorch import NeuralNet

_ROW = {"epoch": int, "train_loss": float, "lr": float}
_OF_STATE = {**_ROW, "train_batch_count": int, "dur": float}
_OF_FINISHED = {**_ROW, "time": float}


def check_state(training: Training, state: Any) -> None:
    """Check that a training can have written a state.

    The names, shapes and types of all values must be those of the training, and counts must be consistent.
    Finally, a copy of the module must be able to resume from the state.

    Parameters
    ----------
    training : Training
        Training, whose module is not changed.
    state : dict
        State read from a file.

    Raises
    ------
    PersistenceError
        If training cannot resume from the state.
    """
    module, max_epochs = training.module, training.plan.max_epochs
    if not isinstance(state, dict) or type(state.get("finished")) is not bool:
        raise PersistenceError("it does not state whether the training is finished")
    if state["finished"]:
        _same_names(state, ("finished", "module", "history"), "it")
        _compare(state["module"], dict(module.state_dict()), "module")
        _check_history(state["history"], max_epochs, _OF_FINISHED)
        return
    from fgp_sklearn.training._resume import resume, state_of  # skorch takes seconds to import

    net, generators = _begun(training)
    expected = state_of(net, generators)
    _same_names(state, expected, "it")
    _compare(state["module"], expected["module"], "module")
    _check_history(state["history"], max_epochs, _OF_STATE)
    _compare(state["generators"], expected["generators"], "generators")
    _check_optimizer(state["optimizer"], expected["optimizer"], dict(net.module_.named_parameters()))
    if "schedule" in expected:
        _compare(state["schedule"], expected["schedule"], "schedule")
        _check_counts(state["schedule"], state["history"])
    if "best" in expected:
        _check_best(state["best"], expected, len(state["history"]))
    try:
        resume(net, generators, state)
    except Exception as error:  # torch and skorch may raise any exception
        problem = f"{type(error).__name__}: {error!s:.200}"
        raise PersistenceError(f"training cannot resume from it ({problem})") from error


def _begun(training: Training) -> tuple[NeuralNet, Generators]:
    """Begin a training on copies, up to the first epoch. Return the net and its generators."""
    from fgp_sklearn.training._make_net import make_net  # skorch takes seconds to import

    module, criterion = copy.deepcopy((training.module, training.criterion))
    silent = replace(training.plan, verbose=False)
    training = replace(training, module=module, criterion=criterion, plan=silent, on_epoch=None)
    generators = training.generators()
    net = make_net(training, generators["shuffling"])
    net.initialize()
    net.notify("on_train_begin", X=training.data, y=None)
    return net, generators


def _compare(found: Any, expected: Any, where: str) -> None:
    """Check names, shapes and types, and the values of strings, booleans and None."""
    if isinstance(expected, Tensor):
        if not isinstance(found, Tensor) or (found.shape, found.dtype) != (expected.shape, expected.dtype):
            raise PersistenceError(
                f"{where} is {_described(found)}, but the training has {_described(expected)}"
            )
    elif isinstance(expected, Mapping):
        _same_names(found, expected, where)
        for name, value in expected.items():
            _compare(found[name], value, f"{where}.{name}")
    elif isinstance(expected, (list, tuple)):
        if type(found) is not type(expected) or len(found) != len(expected):
            raise PersistenceError(f"{where} is not a {type(expected).__name__} of {len(expected)}")
        for i, (one, other) in enumerate(zip(found, expected, strict=True)):
            _compare(one, other, f"{where}[{i}]")
    elif isinstance(expected, (bool, str, type(None))):
        if type(found) is not type(expected) or (isinstance(expected, str) and found != expected):
            raise PersistenceError(f"{where} is {_described(found)}, not {expected!r}")
    else:
        _check_number(found, int if isinstance(expected, int) else float, where)


def _same_names(found: Any, expected: Any, where: str) -> None:
    if not isinstance(found, dict):
        raise PersistenceError(f"{where} is {_described(found)}, not a dict")
    differ = sorted(f"{name!r:.80}" for name in found.keys() ^ set(expected))
    if differ:
        missing = "lacks" if found.keys() < set(expected) else "has other names:"
        raise PersistenceError(f"{where} {missing} {', '.join(differ[:3])}")


def _check_number(found: Any, kind: type, where: str, *, finite: bool = True) -> None:
    sound = isinstance(found, (int, kind)) and not isinstance(found, bool)
    if not sound or (finite and not math.isfinite(found)):
        raise PersistenceError(f"{where} is {_described(found)}, not a number")


def _check_history(history: Any, max_epochs: int, kinds: Mapping[str, type]) -> None:
    if not isinstance(history, list) or len(history) > max_epochs:
        raise PersistenceError(f"history is not a list of at most {max_epochs} epochs")
    for i, row in enumerate(history):
        if not isinstance(row, dict) or not kinds.keys() <= row.keys() or row.keys() != history[0].keys():
            raise PersistenceError(f"history[{i}] does not have the columns of an epoch")
        for name, value in row.items():
            if not isinstance(name, str) or not isinstance(value, (bool, int, float)):
                raise PersistenceError(f"history[{i}] contains {_described(value)}")
        for name, kind in kinds.items():
            _check_number(row[name], kind, f"history[{i}].{name}", finite=kind is int)
        if row["epoch"] != i + 1 or row.get("train_batch_count", 1) < 1:
            raise PersistenceError(f"history[{i}] is not epoch {i + 1}")


def _check_optimizer(found: Any, expected: Mapping[str, Any], parameters: Mapping[str, Tensor]) -> None:
    _same_names(found, expected, "optimizer")
    groups = expected["param_groups"]
    _compare(found["param_groups"], groups, "optimizer.param_groups")
    if [group["params"] for group in found["param_groups"]] != [group["params"] for group in groups]:
        raise PersistenceError("optimizer.param_groups belong to other weights")
    moments = found["state"]
    if not isinstance(moments, dict) or not moments.keys() <= set(range(len(parameters))):
        raise PersistenceError("optimizer.state belongs to other weights")
    step = torch.tensor(0.0)
    for i, (name, weight) in enumerate(parameters.items()):
        if i in moments:  # weights without a gradient have no moments
            like = {"step": step, "exp_avg": weight, "exp_avg_sq": weight}
            _compare(moments[i], like, f"optimizer.state of {name}")


def _check_counts(schedule: Mapping[str, Any], history: list[dict[str, Any]]) -> None:
    steps = sum(row["train_batch_count"] for row in history)
    scheduler = schedule["scheduler"]
    if {schedule["batch_idx"], scheduler["last_epoch"], scheduler["_step_count"] - 1} != {steps}:
        raise PersistenceError(f"schedule does not match {steps} steps")


def _check_best(best: Any, expected: Mapping[str, Any], n_epochs: int) -> None:
    _same_names(best, expected["best"], "best")
    _check_number(best["dynamic_threshold_"], float, "best.dynamic_threshold_", finite=False)
    for name in ("misses_", "best_epoch_"):
        _check_number(best[name], int, f"best.{name}")
        if not 0 <= best[name] <= n_epochs:
            raise PersistenceError(f"best.{name} is {best[name]} after {n_epochs} epochs")
    if best["best_model_weights_"] is not None:
        _compare(best["best_model_weights_"], expected["module"], "best.best_model_weights_")


def _described(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of {value.dtype} and shape {tuple(value.shape)}"
    return f"{value!r:.80}" if isinstance(value, (bool, int, float, str)) else f"a {type(value).__name__}"
