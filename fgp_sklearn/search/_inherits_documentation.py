"""InheritsDocumentation: methods that override others have their documentation."""

from __future__ import annotations

import inspect
from typing import Any


class InheritsDocumentation:
    """Base of classes whose methods, if they have no docstring, have that of the method they override."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, value in vars(cls).items():
            if inspect.isfunction(value) and value.__doc__ is None and not name.startswith("_"):
                value.__doc__ = getattr(getattr(super(cls, cls), name, None), "__doc__", None)
