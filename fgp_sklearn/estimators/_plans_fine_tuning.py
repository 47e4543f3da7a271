"""PlansFineTuning: which labels a network learns from, by which loss and for how long."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split

from fgp_sklearn.architectures import ArchitectureError
from fgp_sklearn.estimators._architecture_regressor import Labelled
from fgp_sklearn.estimators._blends_network_and_process import BlendsNetworkAndProcess
from fgp_sklearn.estimators._fgp_encoder import with_backbone
from fgp_sklearn.estimators._fine_tuned_network import held_out_scores
from fgp_sklearn.nn import ColumnwiseLoss, make_loss
from fgp_sklearn.training import TrainingPlan

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_MOST_STEPS = 500  # of a second network, unless the effort is "best"; its steps are the slowest


class PlansFineTuning(BlendsNetworkAndProcess):
    """Base of a regressor with the parameters of fine-tuning: turns them into data, loss and plan."""

    loss: str
    margin: float
    max_epochs: int
    batch_size: int | str
    lr: float
    weight_decay: float
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: int
    verbose: bool

    def _divided(
        self, labelled: Labelled, X_val: Any, y_val: Any, seed: int
    ) -> tuple[Labelled, Labelled | None]:
        """Labels to learn from, and labels to validate with if there are any."""
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val belong together: pass both, or neither")
        if X_val is not None:
            return labelled, self._read_validation(X_val, y_val)
        if not self.early_stopping:
            return labelled, None
        n = len(labelled.y)
        n_held_out = math.ceil(n * self.validation_fraction)
        if min(n_held_out, n - n_held_out) < 2:
            raise ValueError(
                f"early_stopping with validation_fraction={self.validation_fraction:g} holds out "
                f"{n_held_out} of {n} labels, but ranking needs 2 to learn from and 2 to hold out; change "
                "validation_fraction, give X_val and y_val, or set early_stopping=False"
            )
        rows, held_out = train_test_split(np.arange(n), test_size=n_held_out, random_state=seed)
        return labelled.take(rows), labelled.take(held_out)

    def _read_validation(self, X_val: Any, y_val: Any) -> Labelled:
        """Validation data, with errors that say so."""
        try:
            validation = self._read_labels(X_val, y_val)
            self._untuned.input_.functional(validation.architectures)  # knows all their operations
        except ArchitectureError as error:
            kind, (problem, *about) = error.__reduce__()
            raise kind(f"in X_val: {problem}", *about) from error
        except ValueError as error:
            raise ValueError(f"in X_val and y_val: {error}") from error
        given, expected = (labels.y.shape[1] for labels in (validation, Labelled(*self._labelled)))
        if given != expected:
            raise ValueError(f"y_val has {given} columns and y has {expected}; give y_val the columns of y")
        return validation

    def _criterion(self) -> ColumnwiseLoss:
        margin = {"margin": self.margin} if self.loss == "hinge" else {}
        return ColumnwiseLoss(make_loss(self.loss, **margin))

    def _plan(self) -> TrainingPlan:
        return TrainingPlan(
            max_epochs=int(self.max_epochs),
            batch_size=-1 if self.batch_size == "all" else int(self.batch_size),
            lr=self.lr,
            weight_decay=self.weight_decay,
            schedule="cosine",
            device=self._untuned.device_,
            verbose=bool(self.verbose),
            description="fine-tuning",
        )

    def _fitted_second(
        self, learnt: Labelled, validation: Labelled | None, checkpoint: Any, *, resume: bool
    ) -> Self:
        """A network alone, of another kind and not pre-trained, that learnt the same labels."""
        names = ("loss", "margin", "max_epochs", "batch_size", "lr", "weight_decay", "verbose")
        params = {name: getattr(self, name) for name in (*names, "early_stopping", "n_iter_no_change")}
        if self.effort != "best":
            size = self._plan().batch_size
            steps = 1 if size < 0 else math.ceil(len(learnt.y) / size)
            params["max_epochs"] = min(self.max_epochs, max(1, _MOST_STEPS // steps))
        seed = self._process_seed
        encoder = FrozenEstimator(with_backbone(self._untuned, self._second_backbone, seed))
        second = type(self)(encoder, process_weight=0, random_state=seed, **params)
        held_out = validation if self.early_stopping else None
        second.to(self.device_).fit(
            learnt.architectures,
            learnt.y,
            sample_weight=learnt.weights,
            X_val=None if held_out is None else held_out.architectures,
            y_val=None if held_out is None else held_out.y,
            checkpoint=None if checkpoint is None else Path(checkpoint) / "second",
            resume=resume,
        )
        return second

    def _held_out_by_network(self, labelled: Labelled, folds: IntArray) -> FloatArray:
        """Scores of labels by networks that did not learn from them."""
        return held_out_scores(
            self._untuned, labelled, folds, self._criterion(), self._plan(), self._process_seed
        )
