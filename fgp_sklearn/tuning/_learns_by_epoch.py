"""LearnsByEpoch: an estimator that can predict between the epochs of its fit."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class LearnsByEpoch(Protocol):
    """What `PruningCallback` needs of an estimator. Callbacks need scikit-learn 1.9."""

    max_epochs: int

    def set_callbacks(self, *callbacks: Any) -> Any:
        """Set callbacks that `fit` calls after each epoch."""

    def predict_midway(self, X: Any) -> Any:
        """Predict during `fit`, as if it ended at this epoch."""
