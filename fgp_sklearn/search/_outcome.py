"""Outcome: what an objective returned or raised."""

from __future__ import annotations

import math
import pickle
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, cast

import numpy as np


@dataclass(frozen=True)
class Outcome:
    """What one call of an objective returned or raised.

    An error that goes to another process keeps its traceback as a note. An error that cannot be pickled
    becomes a RuntimeError with its text.

    Parameters
    ----------
    value : object
        What was returned; None if the training failed.
    error : Exception or None
        What was raised.
    not_finite : bool, default=False
        Whether NaN or infinity was returned, which counts as a failed training.
    """

    value: Any = None
    error: Exception | None = None
    not_finite: bool = False

    @classmethod
    def of(cls, objective: Callable[[Any], Any], architecture: Any) -> Self:
        """Call an objective."""
        try:
            value = objective(architecture)
        except Exception as error:  # the user's code may raise anything
            return cls(error=error)
        if not isinstance(value, Mapping):
            return cls(None, not_finite=True) if _is_not_finite(value) else cls(value)
        wrong = [name for name, entry in value.items() if _is_not_finite(entry)]
        failed = dict.fromkeys([*wrong, "value"]) if wrong else {}
        return cls({**value, **failed}, not_finite=bool(wrong))

    def __reduce__(self) -> tuple[Any, ...]:
        return Outcome, (self.value, _portable(self.error), self.not_finite)


def _is_not_finite(value: Any) -> bool:
    """Whether a value is a number that is NaN or infinite."""
    if value is None or isinstance(value, str | bytes) or np.ndim(value):
        return False
    try:
        return not math.isfinite(value)
    except OverflowError:  # an integer of 400 digits
        return True
    except (TypeError, ValueError):
        return False


def _portable(error: Exception | None) -> Exception | None:
    """The error, or a copy of its text, in a form that another process can read."""
    if error is None or error.__traceback__ is None:
        return error
    text = "".join(traceback.format_exception(error))
    try:
        make, given = cast(Any, error.__reduce__())[:2]
        make(*given)  # fails if the class takes something else than the arguments that it keeps
        pickle.dumps((given, vars(error)))
    except Exception:
        error = RuntimeError(f"{type(error).__name__}: {error}")
    error.add_note(f"Traceback of the process that ran the objective:\n{text}")
    return error
