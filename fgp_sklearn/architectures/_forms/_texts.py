"""Reader of texts and other published forms that cannot be mistaken, and of those that a user names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._grouped import read_grouped
from fgp_sklearn.architectures._messages import named
from fgp_sklearn.architectures._node_attributes import NodeAttributes
from fgp_sklearn.architectures._texts import TEXT_FORMS, TextForm
from fgp_sklearn.architectures._texts._text_form import never

_CERTAIN = tuple(form for form in TEXT_FORMS.values() if form.is_certain is not never)


def is_text(item: Any) -> bool:
    """Whether an item has a published form that cannot be mistaken."""
    return certain_form(item) is not None


def certain_form(item: Any) -> TextForm | None:
    """The published form of an item that cannot be mistaken."""
    return next((form for form in _CERTAIN if form.is_certain(item)), None)


def read_texts(items: Sequence[Any], attributes: NodeAttributes) -> ArchitectureColumns:
    """Read a sequence of items whose forms cannot be mistaken.

    Parameters
    ----------
    items : sequence
        Items that `is_text` accepts.
    attributes : NodeAttributes
        Not used; a form says which attributes there are.

    Returns
    -------
    ArchitectureColumns
        The architectures in the given order.
    """
    names = np.array([form.name for form in map(certain_form, items) if form is not None])
    groups = [(TEXT_FORMS[name], np.flatnonzero(names == name)) for name in np.unique(names).tolist()]
    return read_grouped(items, groups, lambda form, own: read_form(form, own))


def read_form(form: TextForm, items: Sequence[Any]) -> ArchitectureColumns:
    """Read items of one form. The vocabulary is the operations that occur, sorted."""
    columns = form.read(items)
    return columns.recode(columns.used_ops())


def fitting_forms(item: Any) -> list[str]:
    """Names of the published forms that an item can be read in."""
    return [name for name, form in TEXT_FORMS.items() if _fits(form, item)]


def _fits(form: TextForm, item: Any) -> bool:
    try:
        form.read([item])
    except (ValueError, TypeError):  # an ArchitectureError, or whatever another library's objects raise
        return False
    return True


def naming_problem(item: Any) -> str | None:
    """Message for an item that can be read if its form is named; None for any other item."""
    fitting = fitting_forms(item)
    if not fitting:
        return None
    several = "one of these forms, which must be named" if len(fitting) > 1 else "a form that must be named"
    call = f"fgp_sklearn.architectures.from_text(X, form={fitting[0]!r})"
    return f"it could have {several}: {named(fitting)}; call {call}"
