"""Checkpoints: what a training needs to go on after its process was killed."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Self

from torch import nn

from fgp_sklearn._storage import (
    PersistenceError,
    decode,
    digest,
    encode,
    read_archive,
    remove_partial,
    versions,
    write_archive,
)
from fgp_sklearn.training._data import GraphDataset
from fgp_sklearn.training._plan import TrainingPlan

State = dict[str, Any]

_FORMAT = 1
_KIND = "checkpoint"
_SHARE = 20  # a twentieth of the time at most goes into writing


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a training leaves what it needs to go on after its process was killed.

    Parameters
    ----------
    folder : str or path-like
        Made if it does not exist. Pre-training and fine-tuning may share one.
    resume : bool, default=True
        Whether to go on from what lies in the folder; if False it is replaced.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import numpy as np
    >>> from fgp_sklearn.datasets import nasbench201_space
    >>> from fgp_sklearn.nn import GIN, Head, InputSpec, Predictor, SquaredErrorLoss
    >>> from fgp_sklearn.training import Checkpoint, GraphDataset, TrainingPlan, initialise, train
    >>> data = GraphDataset(nasbench201_space()[:10], np.arange(10))
    >>> plan = TrainingPlan(max_epochs=5, batch_size=-1, lr=1e-2, weight_decay=0.0, schedule="cosine")
    >>> def trained(folder):
    ...     module = initialise(lambda: Predictor(GIN(InputSpec(n_ops=7), hidden_dim=8), Head(8, 1)), seed=0)
    ...     return train(module, SquaredErrorLoss(), data, plan, seed=0, checkpoint=Checkpoint(folder))
    >>> with TemporaryDirectory() as folder:
    ...     trained(folder) == trained(folder)
    True
    """

    folder: str | PathLike[str]
    resume: bool = True

    @classmethod
    def of(cls, folder: str | PathLike[str] | None, resume: bool, random_state: Any) -> Self | None:
        """Read the arguments of a fit.

        Parameters
        ----------
        folder : str, path-like or None
            None for no checkpoints.
        resume : bool
            See `Checkpoint`.
        random_state : int, RandomState instance or None
            Of the estimator.

        Returns
        -------
        Checkpoint or None
            None without a folder.

        Raises
        ------
        ValueError
            If nothing determines the weights, so that a restarted run would be another one.
        """
        if folder is None:
            return None
        if random_state is None:
            raise ValueError(
                "a checkpoint is of use to a run that can be repeated: give random_state an integer"
            )
        return cls(folder, resume)


class CheckpointFiles:
    """The checkpoints of one training: the newest, and the one before.

    Parameters
    ----------
    checkpoint : Checkpoint
        Where.
    name : str
        Name of the training within the folder.
    fingerprint : mapping of str to str
        What makes the training this one, from `fingerprint`.
    """

    def __init__(self, checkpoint: Checkpoint, name: str, fingerprint: Mapping[str, str]) -> None:
        folder = Path(checkpoint.folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.newest = folder / f"{name}.safetensors"
        self.previous = folder / f"{name}.previous.safetensors"
        self.fingerprint = dict(fingerprint)
        remove_partial(self.newest)
        if not checkpoint.resume:
            self.newest.unlink(missing_ok=True)
            self.previous.unlink(missing_ok=True)
        self._written, self._cost, self._failed = -math.inf, 0.0, False

    def read(self, check: Callable[[Any], None]) -> State | None:
        """The newest sound checkpoint; None if there is none at all.

        Parameters
        ----------
        check : callable
            Raises a PersistenceError if a training cannot go on from a state.

        Raises
        ------
        PersistenceError
            If there are checkpoints and none is sound.
        ValueError
            If it is of another training.

        Warns
        -----
        UserWarning
            If the newest is damaged or unusable and the one before is taken, or if libraries have changed.
        """
        problems = []
        for path in (self.newest, self.previous):
            if not path.exists():
                continue
            try:
                document, state = _read(path)
            except PersistenceError as error:
                problems.append(str(error))
                continue
            self._check_fingerprint(document, path)
            try:
                check(state)
            except PersistenceError as error:
                problems.append(f"{path} holds no state of this training: {error}")
                continue
            if problems:
                warnings.warn(f"{problems[0]}; going on from the checkpoint before it", stacklevel=4)
                self.newest.unlink()  # it must not take the place of the sound one
            self._check_versions(document)
            sound: State = state
            return sound
        if problems:
            raise PersistenceError(
                f"no checkpoint can be read: {'; '.join(problems)}; start anew with resume=False"
            )
        return None

    def _check_fingerprint(self, document: Mapping[str, Any], path: Path) -> None:
        found = document["fingerprint"]
        differ = [part for part, value in self.fingerprint.items() if found.get(part) != value]
        if differ:
            raise ValueError(
                f"{path} is the checkpoint of another training: {', '.join(differ)} differ; give this one "
                "another folder, or start anew with resume=False"
            )

    def _check_versions(self, document: Mapping[str, Any]) -> None:
        used = versions()
        changed = [f"{name} {old}" for name, old in document["versions"].items() if used.get(name) != old]
        if changed:
            warnings.warn(
                f"the checkpoint was written with {', '.join(changed)}, so the last bits of the result may "
                "not be those of a run without interruption",
                stacklevel=5,
            )

    def due(self) -> bool:
        """Whether a checkpoint is worth the time that writing takes."""
        return time.monotonic() - self._written >= _SHARE * self._cost

    def write(self, state: State) -> None:
        """Write the newest checkpoint and keep the one before.

        Warns
        -----
        UserWarning
            If the disk refuses; training then goes on.
        """
        start = time.monotonic()
        document, arrays = encode(state)
        about = {"format": _FORMAT, "kind": _KIND, "versions": versions(), "fingerprint": self.fingerprint}
        try:
            write_archive(self.newest, {**about, **document}, arrays, previous=self.previous)
        except OSError as error:
            if not self._failed:  # once a training
                warnings.warn(
                    f"cannot write the checkpoint {self.newest} ({error}); training goes on, and the last "
                    "one that was written is kept",
                    stacklevel=2,
                )
            self._failed = True
        self._written = time.monotonic()
        self._cost = self._written - start


def _read(path: Path) -> tuple[dict[str, Any], Any]:
    document, arrays = read_archive(path)
    try:
        if (document["kind"], document["format"]) != (_KIND, _FORMAT):
            raise ValueError("it is of another kind or format")
        for part in ("versions", "fingerprint"):
            texts = document[part]
            if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
                raise TypeError(f"its {part} are not texts by name")
        return document, decode(document, arrays, {})
    except Exception as error:  # whatever malformed values raise
        raise PersistenceError(f"{path} is no checkpoint of this version: {error}") from error


def fingerprint(
    module: nn.Module,
    criterion: nn.Module,
    data: GraphDataset,
    plan: TrainingPlan,
    seed: int,
    validation: GraphDataset | None,
) -> dict[str, str]:
    """What makes a training this one and no other, before it begins.

    Returns
    -------
    dict of str to str
        A digest for each part, so that a difference can be named.
    """
    parts = {
        "plan": {name: value for name, value in asdict(plan).items() if name != "verbose"},
        "first weights": dict(module.state_dict()),
        "model": list(_anatomy(module)),
        "loss": list(_anatomy(criterion)),
        "data": vars(data),
        "validation data": validation and vars(validation),
        "seed": seed,
    }
    return {name: digest(*encode(part)) for name, part in parts.items()}


def _anatomy(module: nn.Module) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Class and settings of every layer."""
    for name, layer in module.named_modules():
        settings = {
            key: value
            for key, value in vars(layer).items()
            if type(value) in (bool, int, float, str) and not key.startswith("_") and key != "training"
        }
        yield name, type(layer).__name__, settings
