"""Operations that a user names or describes, but that no architecture of the pool has."""

from __future__ import annotations

from collections.abc import Sequence

from fgp_sklearn.architectures._messages import nearest, shown
from fgp_sklearn.operations import OperationTable, canonical
from fgp_sklearn.operations._part import split_part

_MOST_NAMES = 5


def absent_descriptions(table: OperationTable, present: Sequence[str]) -> str | None:
    """Tell which descriptions in `operations` seem to be misspelt.

    Parameters
    ----------
    table : OperationTable
        The table of the user.
    present : sequence of str
        Operations of the pool, as the user gave them.

    Returns
    -------
    str or None
        Text of a warning. None if each described name occurs, or resembles no name of the pool that lacks a
        description while another described name occurs: a table may serve several search spaces.

    Examples
    --------
    >>> from fgp_sklearn.architectures._absent_operations import absent_descriptions
    >>> from fgp_sklearn.operations import OperationTable
    >>> table = OperationTable({"my_blok": {"role": "null"}, "conv": {"kind": "conv"}})
    >>> absent_descriptions(table, ["conv", "my_block"]).split(":")[1].split(".")[0]
    " 'my_blok' (the nearest name in the pool is 'my_block')"
    >>> absent_descriptions(table, ["conv", "pool"]) is None
    True
    """
    whole = {*present, *map(table.canonical, present)}
    names = whole | {split_part(op)[1] for op in whole}
    absent = sorted(table.given.keys() - names)
    others = sorted({split_part(op)[1] for op in present} - table.given.keys())
    found = {name: _misspelt(name, others) for name in absent}
    if len(absent) < len(table.given):
        found = {name: near for name, near in found.items() if near is not None}
    if not found:
        return None
    listed = [
        shown(name) if near is None else f"{shown(name)} (the nearest name in the pool is {shown(near)})"
        for name, near in list(found.items())[:_MOST_NAMES]
    ]
    more = len(found) - len(listed)
    return (
        "operations describes operations that no architecture of the pool has: "
        f"{', '.join(listed)}{f' and {more:,} more' if more else ''}. Correct the names or leave them out"
    )


def _misspelt(name: str, others: Sequence[str]) -> str | None:
    """The name that was meant: another spelling, or one that differs in more than its numbers."""
    spellings = [op for op in others if canonical(op) == canonical(name)]
    return spellings[0] if spellings else nearest(name, [op for op in others if _stem(op) != _stem(name)])


def _stem(name: str) -> str:
    return "".join(character for character in name if not character.isdigit())
