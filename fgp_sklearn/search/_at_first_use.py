"""AtFirstUse: an attribute of a search that begins the search when it is first read."""

from __future__ import annotations

from typing import Any


class AtFirstUse:
    """Attribute that its object sets in a method, which runs if the attribute is read before it is set.

    Parameters
    ----------
    begin : str
        Name of the method.
    """

    def __init__(self, begin: str) -> None:
        self._begin = begin

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        getattr(instance, self._begin)()
        return vars(instance)[self._name]
