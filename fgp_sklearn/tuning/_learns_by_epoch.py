"""LearnsByEpoch: an estimator that can be judged between the epochs of its fit."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class LearnsByEpoch(Protocol):
    """What `PruningCallback` asks of an estimator; callbacks came with scikit-learn 1.9."""

    max_epochs: int

    def set_callbacks(self, *callbacks: Any) -> Any:
        """Take callbacks that `fit` calls after each epoch."""

    def _predict_midway(self, X: Any) -> Any:
        """What `predict` would say if `fit` ended at this epoch."""
