"""Text for messages: values cut short, lists of names, and problems that several readers report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

_SHOWN_CHARACTERS = 60
_MOST_NAMES = 10


def shown(value: Any) -> str:
    """Short text for any value."""
    try:
        text = repr(value)
    except Exception:  # another library's repr may raise, and so does that of an integer of 5,000 digits
        text = f"<{type(value).__name__}>"
    return shown_text(text)


def shown_text(text: str) -> str:
    """Text on one line, cut short if it is long."""
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 4]} ..."


def named(values: Iterable[Any], at_most: int = _MOST_NAMES, joint: str = ", ") -> str:
    """Several names for a message: the first ones, and how many more there are.

    Parameters
    ----------
    values : iterable
        Names or other values to list. Long ones are cut short.
    at_most : int, default=10
        Number of values to list.
    joint : str, default=", "
        Text between two values.

    Returns
    -------
    str
        Text whose length does not grow with the data.

    Examples
    --------
    >>> from fgp_sklearn.architectures._messages import named
    >>> named(["conv", "pool"]), named(range(3000), at_most=3)
    ("'conv', 'pool'", '0, 1, 2 and 2,997 more')
    """
    listed = list(values)
    text = joint.join(map(shown, listed[:at_most]))
    more = len(listed) - at_most
    return text if more <= 0 else f"{text} and {more:,} more"


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name that is nearest to a name, whatever the case; None if none is near."""
    folded = {other.casefold(): other for other in reversed(known)}
    close = get_close_matches(name.casefold(), folded, n=1)
    return folded[close[0]] if close else None


def with_nearest(problem: str, name: str, what: str, known: Iterable[str]) -> str:
    """Problem of a name that is not known, with the nearest known one and what the known ones are."""
    listed = list(known)
    near = nearest(name, listed)
    hint = "" if near is None else f"did you mean {shown(near)}? "
    return f"{problem}; {hint}{what.capitalize() if hint else what} are {named(listed)}"


def no_column(lacking: Sequence[str], columns: Iterable[str]) -> str:
    """Problem of columns that are not there, with the nearest name of one that is.

    Examples
    --------
    >>> from fgp_sklearn.architectures._messages import no_column
    >>> no_column(["acuracy"], ["arch", "accuracy"])
    "there is no column 'acuracy'; did you mean 'accuracy'? Columns are 'arch', 'accuracy'"
    """
    return with_nearest(f"there is no column {named(lacking)}", lacking[0], "columns", columns)


def printable(name: str, width: int = _SHOWN_CHARACTERS) -> str:
    """A user's name on one line of a picture: unprintable characters escaped, a long name cut short."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in name)
    return text if len(text) <= width else f"{text[: width - 1]}…"


def array_problem(values: Any, error: Exception) -> str:
    """Why NumPy makes no array of the values, and the cure."""
    if isinstance(values, (list, tuple)):
        return f"not an array but {shown(values)}; give rows of equal length"
    return (
        f"not an array but {shown(values)} ({shown_text(str(error))}); convert it to a NumPy array of numbers"
    )


def entry_problem(source: int, target: int, entry: float) -> str:
    """Message for an entry of an adjacency that is neither 0 nor 1, with the cure."""
    return (
        f"adjacency entry ({source}, {target}) is {entry:g}; entries must be 0 or 1 (for parallel edges, "
        "give Architecture(adjacency, ops), whose entries are counts)"
    )


def cycle_problem(nodes: Sequence[Any]) -> str:
    """Message for a cycle through the given nodes, with the cure."""
    if len(nodes) == 1:
        return f"node {shown(nodes[0])} has an edge to itself; remove it, architectures must be acyclic"
    path = named(nodes, joint=" -> ")
    return f"it has a cycle, {path} -> {shown(nodes[0])}; remove an edge, architectures must be acyclic"
