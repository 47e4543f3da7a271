"""FitTask: the interface to the callbacks of scikit-learn, which are experimental and came with 1.9."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn 1.8

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Supports no callbacks."""


__all__ = ["CallbackSupportMixin", "FitTask"]


class FitTask:
    """A task of a fit as callbacks see it: the whole fit, a phase or an epoch.

    A task in which an error is raised does not end, as in the estimators of scikit-learn. If scikit-learn has
    no callbacks, tasks have no effect.
    """

    def __init__(self, estimator: Any, context: Any, X: Any, y: Any) -> None:
        self._estimator = estimator
        self._context = context
        self._data = {"X": X, "y": y}

    @classmethod
    def whole(cls, estimator: Any, X: Any, y: Any = None, *, n_subtasks: int) -> Self:
        """Begin the fit of an estimator. Call it once per fit, in a method under `fit_context`."""
        make_context = getattr(estimator, "_init_callback_context", None)
        return cls(estimator, make_context and make_context(max_subtasks=n_subtasks), X, y).begin()

    def part(self, name: str, *, n_subtasks: int = 0) -> FitTask:
        """Make the next subtask."""
        context = self._context and self._context.subcontext(task_name=name, max_subtasks=n_subtasks)
        return FitTask(self._estimator, context, **self._data)

    def begin(self) -> Self:
        """Call callbacks at the begin of the task."""
        if self._context is not None:
            self._context.call_on_fit_task_begin(estimator=self._estimator, **self._data)
        return self

    def end(self, fitted: Callable[[], dict[str, Any]] | None = None) -> bool:
        """Call callbacks at the end of the task. Return True if they ask to skip the tasks that follow.

        `fitted` returns the attributes of the estimator as if the fit had ended with this task.
        """
        if self._context is None:
            return False
        stop: bool = self._context.call_on_fit_task_end(
            estimator=self._estimator, **self._data, reconstruction_attributes=fitted
        )
        return stop

    @contextmanager
    def handed_to(self, estimator: Any) -> Iterator[None]:
        """Within the block, the fit of another estimator is this task."""
        if self._context is None:
            yield
            return
        with self._context.propagate_callback_context(estimator):
            self.begin()
            yield
            self.end()

    def on_epoch(self, fitted: Callable[[], dict[str, Any]]) -> Callable[[dict[str, float]], bool]:
        """Make the function that the training loop calls after each epoch."""

        def report(_: dict[str, float]) -> bool:
            return self.part("epoch").begin().end(fitted)

        return report
