"""Restore the attributes of an object if a call raises."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

Method = TypeVar("Method", bound=Callable[..., Any])


@contextmanager
def rolled_back(*objects: Any) -> Iterator[None]:
    """Restore the attributes of the objects if the block raises anything, including KeyboardInterrupt.

    Attribute values are not copied. The block may replace them, but must not change them in place.
    """
    before = [dict(vars(it)) for it in objects]
    try:
        yield
    except BaseException:
        for it, attributes in zip(objects, before, strict=True):
            it.__dict__ = attributes  # in one step, so that a second Ctrl-C leaves no mixture
        raise


def rolls_back(method: Method) -> Method:
    """Make a method restore the attributes of its object if it raises."""

    @functools.wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        with rolled_back(self):
            return method(self, *args, **kwargs)

    return cast("Method", call)
