"""A training as a skorch net."""

from __future__ import annotations

from typing import Any

import torch
from skorch.callbacks import Callback
from skorch.helper import predefined_split

from fgp_sklearn.training._callbacks import callbacks_of
from fgp_sklearn.training._data import BatchIterator
from fgp_sklearn.training._net import Net
from fgp_sklearn.training._sharing import Shares, SharingNet
from fgp_sklearn.training._training import Training


def make_net(training: Training, shuffling: torch.Generator, checkpoints: Callback | None = None) -> Net:
    """Make the skorch net that runs a training.

    Parameters
    ----------
    training : Training
        What to train, on what data and how.
    shuffling : torch.Generator
        Generator of the order of batches.
    checkpoints : Callback, optional
        Callback that writes checkpoints.

    Returns
    -------
    Net
        Net that has not been initialized.
    """
    plan, validation = training.plan, training.validation
    loop: type[Net] = Net
    iterator: dict[str, Any] = {"iterator_train": BatchIterator}
    if training.group is not None:
        loop, iterator = SharingNet, {"iterator_train": Shares, "iterator_train__group": training.group}
    return loop(
        module=training.module,
        criterion=training.criterion,
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
        callbacks=[*callbacks_of(training), *([] if checkpoints is None else [("checkpoints", checkpoints)])],
        callbacks__print_log=None,
        verbose=0,
        device=plan.device,
    )
