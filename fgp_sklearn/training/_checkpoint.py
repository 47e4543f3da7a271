"""Checkpoints, from which training resumes after its process was killed."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Self

from fgp_sklearn._storage import (
    PersistenceError,
    decode,
    encode,
    read_archive,
    remove_partial,
    versions,
    write_archive,
)

State = dict[str, Any]

_FORMAT = 1
_KIND = "checkpoint"
_PARTS = {  # what messages call the parts of a fingerprint
    "plan": "a parameter of training such as max_epochs or lr",
    "first weights": "initial weights",
    "model": "the network",
}
_SHARE = 20  # writing takes at most a twentieth of the time


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Folder of the checkpoints of a training, from which it can resume after its process was killed.

    Parameters
    ----------
    folder : str or path-like
        Folder, which is created if it does not exist. Pre-training and fine-tuning may share it.
    resume : bool, default=True
        Whether to resume from the checkpoints in the folder. If False, they are deleted.
    """

    folder: str | PathLike[str]
    resume: bool = True

    @classmethod
    def of(cls, folder: str | PathLike[str] | None, resume: bool, random_state: Any) -> Self | None:
        """Make a checkpoint from the arguments of a `fit` method.

        Parameters
        ----------
        folder : str, path-like or None
            Folder; None for no checkpoints.
        resume : bool
            See `Checkpoint`.
        random_state : int, RandomState instance or None
            Random state of the estimator.

        Returns
        -------
        Checkpoint or None
            Checkpoint; None if `folder` is None.

        Raises
        ------
        ValueError
            If `random_state` is None, since a restarted run would then be a different training.
        """
        if folder is None:
            return None
        if random_state is None:
            raise ValueError(
                "a checkpoint is useful only for a run that can be repeated: give random_state an integer"
            )
        return cls(folder, resume)


class CheckpointFiles:
    """Checkpoint files of a training: the newest one and the previous one.

    Parameters
    ----------
    checkpoint : Checkpoint
        Folder of the files.
    name : str
        Name of the training, which is the stem of the file names.
    fingerprint : mapping of str to str
        `Training.fingerprint`, which the checkpoints must match.
    """

    def __init__(self, checkpoint: Checkpoint, name: str, fingerprint: Mapping[str, str]) -> None:
        folder = Path(checkpoint.folder)
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(f"checkpoint is to be a folder, and {folder} is a file; give another")
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
        """Read the newest valid checkpoint.

        Parameters
        ----------
        check : callable
            Function of a state that raises a PersistenceError if training cannot resume from it.

        Returns
        -------
        dict or None
            State; None if there are no checkpoints.

        Raises
        ------
        PersistenceError
            If there are checkpoints and none is valid.
        ValueError
            If the checkpoint belongs to another training.

        Warns
        -----
        UserWarning
            If the newest checkpoint is damaged or unusable and the previous one is used, or if the checkpoint
            was written with other versions of libraries.
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
                problems.append(f"{path} does not contain a state of this training: {error}")
                continue
            if problems:
                warnings.warn(f"{problems[0]}; resuming from the previous checkpoint", stacklevel=4)
                self.newest.unlink()  # the next write must not replace the valid one by it
            self._check_versions(document)
            valid: State = state
            return valid
        if problems:
            raise PersistenceError(
                f"no checkpoint can be read: {'; '.join(problems)}; start over with resume=False"
            )
        return None

    def _check_fingerprint(self, document: Mapping[str, Any], path: Path) -> None:
        found = document["fingerprint"]
        differ = [part for part, value in self.fingerprint.items() if found.get(part) != value]
        if differ:
            parts = ", ".join(_PARTS.get(part, part) for part in differ)
            raise ValueError(
                f"{path} is the checkpoint of another training, with a different value of: {parts}; use "
                "another folder, or start over with resume=False"
            )

    def _check_versions(self, document: Mapping[str, Any]) -> None:
        used = versions()
        changed = [f"{name} {old}" for name, old in document["versions"].items() if used.get(name) != old]
        if changed:
            warnings.warn(
                f"the checkpoint was written with {', '.join(changed)}, so the result may differ in the last "
                "bits from that of a run without interruption",
                stacklevel=5,
            )

    def due(self) -> bool:
        """Whether enough time has passed since the last checkpoint, compared with the time to write it."""
        return time.monotonic() - self._written >= _SHARE * self._cost

    def write(self, state: State) -> None:
        """Write a checkpoint, and keep the one before it.

        Parameters
        ----------
        state : dict
            State of the training.

        Warns
        -----
        UserWarning
            If the file cannot be written. Training continues.
        """
        start = time.monotonic()
        document, arrays = encode(state)
        about = {"format": _FORMAT, "kind": _KIND, "versions": versions(), "fingerprint": self.fingerprint}
        try:
            write_archive(self.newest, {**about, **document}, arrays, previous=self.previous)
        except OSError as error:
            if not self._failed:  # warn once per training
                warnings.warn(
                    f"cannot write the checkpoint {self.newest} ({error}); training continues, and the last "
                    "checkpoint that was written is kept",
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
                raise TypeError(f"its {part} must be a dict of strings")
        return document, decode(document, arrays, {})
    except Exception as error:  # malformed values may raise any exception
        raise PersistenceError(f"{path} is not a checkpoint of this version: {error}") from error
