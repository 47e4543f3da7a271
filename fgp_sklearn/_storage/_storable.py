"""Storable: what an object declares and does so that a file can hold it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from fgp_sklearn._storage._card_facts import operations_fact

Schema = Mapping[str, Any]


class Storable:
    """Base of the objects of this library that a file can hold.

    A child declares in ``_stored_attributes`` every attribute that fitting sets, with its kind: an
    annotation, or one of the kinds of `fgp_sklearn._storage`. Parameters of an estimator need no declaration.
    A file can name a class only if the class itself declares its attributes, so not a subclass of a user.

    The methods are hooks that a child overrides if it needs to. Only this package calls them, through the
    functions of this module.
    """

    __slots__ = ()

    _stored_attributes: ClassVar[dict[str, Any]]
    #: Attributes that fitting may leave out.
    _optional_attributes: ClassVar[frozenset[str]] = frozenset()
    #: Attributes that are dicts of parameters of another estimator, as they once were.
    _parameter_copies: ClassVar[frozenset[str]] = frozenset()

    def _stored_state(self, state: dict[str, Any]) -> dict[str, Any]:
        """Turn attributes, which are ``vars(self)`` without the parameters, into what a file holds."""
        return state

    def _restored_state(self, state: dict[str, Any]) -> dict[str, Any]:
        """Turn what a file of this or an older version holds into attributes. Parameters are set before."""
        return state

    def _check_stored(self) -> None:
        """Raise an error if attributes that are right by themselves do not belong together."""

    def _card_facts(self) -> Iterator[str]:
        """Yield lines for the model card about what fitting learnt: by default the operations."""
        yield from operations_fact(getattr(self, "vocabulary_", None))


def declared_attributes(cls: type) -> Schema | None:
    """Attributes that a class itself declares; None if it declares none."""
    return vars(cls).get("_stored_attributes") if issubclass(cls, Storable) else None


def optional_attributes(cls: type) -> frozenset[str]:
    """Attributes that fitting may leave out."""
    return cls._optional_attributes if issubclass(cls, Storable) else frozenset()


def parameter_copies(cls: type) -> frozenset[str]:
    """Attributes that are dicts of parameters of another estimator."""
    return cls._parameter_copies if issubclass(cls, Storable) else frozenset()


def stored_state(value: Any, state: dict[str, Any]) -> dict[str, Any]:
    """What a file holds of an object with these attributes."""
    return value._stored_state(state) if isinstance(value, Storable) else state


def restored_state(value: Any, state: dict[str, Any]) -> dict[str, Any]:
    """Attributes of an object from what a file holds of it."""
    return value._restored_state(state) if isinstance(value, Storable) else state


def check_stored(value: Any) -> None:
    """Raise an error if the attributes of an object do not belong together."""
    if isinstance(value, Storable):
        value._check_stored()


def card_facts(value: Any) -> Iterator[str]:
    """Lines for the model card about what fitting learnt."""
    if isinstance(value, Storable):
        yield from value._card_facts()


def storable_classes() -> dict[str, type]:
    """All classes of this library that a file can name and whose modules are imported, by name."""
    found: dict[str, type] = {}
    pending: list[type] = [Storable]
    while pending:
        cls = pending.pop()
        pending += cls.__subclasses__()
        home = cls.__module__
        # A dataclass with slots leaves a twin behind, which its module does not have.
        is_exported = getattr(sys.modules.get(home), cls.__name__, None) is cls
        if is_exported and home.startswith("fgp_sklearn.") and declared_attributes(cls) is not None:
            found[cls.__name__] = cls
    return found
