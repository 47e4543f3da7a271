"""LackingKeys: nodes without a key that other nodes with the same operation have."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._messages import nearest, shown


@dataclass(slots=True)
class LackingKeys:
    """Finds nodes that lack an attribute which other nodes with the same operation have.

    A key with None or NaN says that the node has no such attribute. A node without the key may have a
    mistyped one.

    Parameters
    ----------
    positions : ndarray of int, optional
        Positions in the whole input of the architectures that are read next. By default they are all.
    given : set of tuple
        Attribute and operation of the nodes that have numbers.
    lacking : dict of tuple to tuple
        For each attribute and operation of nodes without the key, the first of them: its architecture, and
        text about it.
    """

    positions: NDArray[np.int64] | None = None
    given: set[tuple[str, str]] = field(default_factory=set)
    lacking: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)

    def note(
        self,
        nodes: Sequence[Mapping[Any, Any]],
        op: Hashable,
        columns: Mapping[str, NDArray[np.float64]],
        problem_at: Callable[[int, str], NoReturn],
    ) -> None:
        """Note what nodes have; the parameters are those of `from_nodes`, and the attributes that it read."""
        code: dict[str, int] = {}
        names = (value if type(value) is str else _op_text(value) for value in (node[op] for node in nodes))
        codes = np.fromiter((code.setdefault(name, len(code)) for name in names), np.int64, len(nodes))
        ops = list(code)
        for name, column in columns.items():
            has_none = np.isnan(column)
            self.given.update((name, ops[i]) for i in np.unique(codes[~has_none]).tolist())
            without = [i for i in np.flatnonzero(has_none).tolist() if name not in nodes[i]]
            found, first = np.unique(codes[without], return_index=True)
            for i, at in zip(found.tolist(), first.tolist(), strict=True):
                where = self._place(nodes[without[at]], without[at], name, problem_at)
                key = name, ops[i]
                self.lacking[key] = min(where, self.lacking.get(key, where))

    def problem(self) -> str | None:
        """The first node that lacks an attribute, as a message, or None if there is no such node."""
        found = [(*self.lacking[key], key) for key in self.given & self.lacking.keys()]
        if not found:
            return None
        index, place, (name, op) = min(found)
        return (
            f"architecture {index}: {place}. Other nodes with operation {shown(op)} have {shown(name)}; give "
            "each of them a number, or None if it has none"
        )

    def _place(
        self, node: Mapping[Any, Any], at: int, name: str, problem_at: Callable[[int, str], NoReturn]
    ) -> tuple[int, str]:
        near = nearest(name, [key for key in node if isinstance(key, str) and key != name])
        typed = f" but has {shown(near)}" if near else ""
        try:
            problem_at(at, f"no attribute {shown(name)}{typed}")
        except ArchitectureError as error:
            index = error.index or 0
            return index if self.positions is None else int(self.positions[index]), error.problem


def known_of(columns: ArchitectureColumns) -> set[tuple[str, str]]:
    """Attribute and operation of the nodes of a batch that have numbers.

    Writers give other nodes with this operation None, so that what they write is read without a warning.
    """
    return {
        (name, columns.vocabulary[code])
        for name, column in columns.attributes.items()
        for code in np.unique(columns.ops[~np.isnan(column)]).tolist()
    }


def warn_of_lacking(problems: Sequence[str]) -> None:
    """Warn of the first node that lacks an attribute, if there is one."""
    if problems:
        warnings.warn(problems[0], UserWarning, stacklevel=2)


def _op_text(op: Any) -> str:
    return str(op) if isinstance(op, (str, int)) else shown(op)
