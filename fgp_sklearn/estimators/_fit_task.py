"""FitTask: the one seam to scikit-learn's callbacks, which are experimental and came with 1.9."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn 1.8

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Supports none."""


__all__ = ["CallbackSupportMixin", "FitTask"]


class FitTask:
    """A task of a fit: the whole of it, a phase or an epoch, as callbacks see it.

    An error leaves it without an end, as in scikit-learn's own estimators. Where scikit-learn knows
    no callbacks, a task tells nobody.
    """

    def __init__(self, estimator: Any, context: Any, X: Any, y: Any) -> None:
        self._estimator = estimator
        self._context = context
        self._data = {"X": X, "y": y}

    @classmethod
    def whole(cls, estimator: Any, X: Any, y: Any = None, *, n_subtasks: int) -> Self:
        """The fit of an estimator, begun; to be made once a fit, in a method under `fit_context`."""
        make_context = getattr(estimator, "_init_callback_context", None)
        return cls(estimator, make_context and make_context(max_subtasks=n_subtasks), X, y).begin()

    def part(self, name: str, *, n_subtasks: int = 0) -> FitTask:
        """The next of its subtasks."""
        context = self._context and self._context.subcontext(task_name=name, max_subtasks=n_subtasks)
        return FitTask(self._estimator, context, **self._data)

    def begin(self) -> Self:
        """Tell that it begins."""
        if self._context is not None:
            self._context.call_on_fit_task_begin(estimator=self._estimator, **self._data)
        return self

    def end(self, fitted: Callable[[], dict[str, Any]] | None = None) -> bool:
        """Tell that it has ended, and return whether its siblings need not follow.

        `fitted` gives the attributes that make a fitted estimator at this point.
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
        """What the training loop is to call after each epoch."""

        def report(_: dict[str, float]) -> bool:
            return self.part("epoch").begin().end(fitted)

        return report
