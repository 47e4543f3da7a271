"""Calls that raise leave an object as it was."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

Method = TypeVar("Method", bound=Callable[..., Any])


@contextmanager
def rolled_back(*objects: Any) -> Iterator[None]:
    """Give objects back the attributes that they had, if the block raises anything, Ctrl-C included.

    What an attribute holds is not copied: inside the block objects may be replaced, never changed in place.
    """
    before = [dict(vars(it)) for it in objects]
    try:
        yield
    except BaseException:
        for it, attributes in zip(objects, before, strict=True):
            it.__dict__ = attributes  # at once, so that a second Ctrl-C finds no mixture
        raise


def rolls_back(method: Method) -> Method:
    """Let a method, wherever it raises, leave its object as it was before the call."""

    @functools.wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        with rolled_back(self):
            return method(self, *args, **kwargs)

    return cast("Method", call)
