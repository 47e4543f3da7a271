"""State of a skorch net between two epochs, and the callback that writes and restores it."""

from __future__ import annotations

from typing import Any

from skorch import NeuralNet
from skorch.callbacks import Callback
from skorch.history import History

from fgp_sklearn.training._checkpoint import CheckpointFiles, State
from fgp_sklearn.training._training import Generators

_BEST = ("misses_", "dynamic_threshold_", "best_epoch_", "best_model_weights_")


def state_of(net: NeuralNet, generators: Generators) -> State:
    """Collect all values that the next epochs depend on.

    Parameters
    ----------
    net : NeuralNet
        Net at the end of an epoch.
    generators : mapping of str to torch.Generator
        Generators that training uses.

    Returns
    -------
    dict
        State: plain values and tensors.
    """
    callbacks = dict(net.callbacks_)
    state: State = {
        "finished": False,
        "module": dict(net.module_.state_dict()),
        "optimizer": net.optimizer_.state_dict(),
        "generators": {name: generator.get_state() for name, generator in generators.items()},
        "history": [{k: v for k, v in row.items() if k != "batches"} for row in net.history],
    }
    if "schedule" in callbacks:
        schedule = callbacks["schedule"]
        state["schedule"] = {
            "scheduler": schedule.lr_scheduler_.state_dict(),
            "batch_idx": schedule.batch_idx_,
        }
    if "best" in callbacks:
        state["best"] = {name: getattr(callbacks["best"], name) for name in _BEST}
        weights = state["best"]["best_model_weights_"]
        state["best"]["best_model_weights_"] = weights and dict(weights)
    return state


def resume(net: NeuralNet, generators: Generators, state: State) -> None:
    """Restore the state of a net.

    Parameters
    ----------
    net : NeuralNet
        Net whose training has begun, before its first epoch. It is changed in place.
    generators : mapping of str to torch.Generator
        Generators that training uses. They are changed in place.
    state : dict
        State from `state_of`.
    """
    callbacks = dict(net.callbacks_)
    net.module_.load_state_dict(state["module"])
    net.optimizer_.load_state_dict(state["optimizer"])
    for name, generator in generators.items():
        generator.set_state(state["generators"][name])
    net.history_ = History({**row, "batches": []} for row in state["history"])
    if "schedule" in callbacks:
        callbacks["schedule"].lr_scheduler_.load_state_dict(state["schedule"]["scheduler"])
        callbacks["schedule"].batch_idx_ = state["schedule"]["batch_idx"]
    if "best" in callbacks:
        for name, value in state["best"].items():
            setattr(callbacks["best"], name, value)


class Checkpoints(Callback):
    """Callback that restores a state and writes checkpoints, unless writing would take too much time.

    It must be the last callback, since it restores and stores the state of the other ones.

    Parameters
    ----------
    files : CheckpointFiles
        Files to write.
    generators : mapping of str to torch.Generator
        Generators that training uses.
    state : dict or None
        State to resume from; None to start from the beginning.
    """

    def __init__(self, files: CheckpointFiles, generators: Generators, state: State | None) -> None:
        self.files = files
        self.generators = generators
        self.state = state

    def on_train_begin(self, net: NeuralNet, **_: Any) -> None:
        """Restore the state."""
        if self.state is not None:
            resume(net, self.generators, self.state)

    def on_epoch_end(self, net: NeuralNet, **_: Any) -> None:
        """Write a checkpoint if it is due."""
        if self.files.due():
            self.files.write(state_of(net, self.generators))
