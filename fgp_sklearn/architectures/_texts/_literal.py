"""Texts that hold lists, tuples, dictionaries, numbers and names: read without running anything."""

from __future__ import annotations

import re
from typing import Any

from fgp_sklearn.architectures._messages import shown

MOST_CHARACTERS = 20_000
_DEEPEST = 8
_MOST_STATES = 1000
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'[^'\\\n]*'|"[^"\\\n]*")|(?P<number>[-+]?\d{1,18}(?:\.\d{0,18})?(?:[eE][-+]?\d{1,3})?)"""
    r"""|(?P<name>[A-Za-z_]\w*)|(?P<mark>[][(){},:=]))\s*""",
    re.ASCII,
)
_NAMES = {"True": True, "true": True, "False": False, "false": False, "None": None, "null": None}
_CLOSING = {"(": ")", "[": "]", "{": "}"}


class LiteralProblem(ValueError):
    """A text holds no literal; the message says why."""


def parsed(text: str) -> Any:
    """The value that a text writes in Python or JSON.

    Parameters
    ----------
    text : str
        Numbers, quoted text, True, False, None, lists, tuples, dictionaries, ``range(2, 6)``, and calls with
        named arguments such as ``Genotype(normal=[...])``, which become dictionaries.

    Returns
    -------
    object
        The value.

    Raises
    ------
    LiteralProblem
        If the text is anything else, or too long.

    Examples
    --------
    >>> from fgp_sklearn.architectures._texts._literal import parsed
    >>> parsed("Genotype(normal=[('skip_connect', 0)], normal_concat=range(2, 4))")
    {'normal': [('skip_connect', 0)], 'normal_concat': [2, 3]}
    """
    if len(text) > MOST_CHARACTERS:
        raise LiteralProblem(f"it has {len(text):,} characters; at most {MOST_CHARACTERS:,} are read")
    parser = _Parser(_tokens(text))
    value = parser.value(0)
    parser.expect("end")
    return value


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens = []
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None or found.lastgroup is None:
            rest = text[position:]
            if not rest.strip():
                break
            raise LiteralProblem(f"it cannot be read from {shown(rest)} on")
        kind = found.lastgroup
        token = found[kind]
        tokens.append((token if kind == "mark" else kind, token))
        position = found.end()
    return [*tokens, ("end", "its end")]


class _Parser:
    """Reads values from tokens, each a kind and a text."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._position = 0

    def _next(self) -> tuple[str, str]:
        token = self._tokens[self._position]
        self._position += 1
        return token

    def _sees(self, kind: str) -> bool:
        return self._tokens[self._position][0] == kind

    def expect(self, kind: str) -> str:
        found, token = self._tokens[self._position]
        if found != kind:
            raise LiteralProblem(f"it has {shown(token)} where {shown(kind)} is expected")
        return self._next()[1]

    def value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise LiteralProblem(f"its brackets are nested more than {_DEEPEST} deep")
        kind, token = self._tokens[self._position]
        if kind == "end":
            raise LiteralProblem("it ends too early")
        self._position += 1
        if kind == "text":
            return token[1:-1]
        if kind == "number":
            return float(token) if any(c in token for c in ".eE") else int(token)
        if kind == "name":
            return self._named(token, depth)
        if kind == "{":
            return dict(self._items("}", depth, pairs=True))
        if kind in ("(", "["):
            return self._sequence(kind, depth)
        raise LiteralProblem(f"it has {shown(token)} where a value is expected")

    def _sequence(self, opening: str, depth: int) -> Any:
        items = self._items(_CLOSING[opening], depth)
        if opening == "[":
            return items
        in_brackets = len(items) == 1 and self._tokens[self._position - 2][1] != ","
        return items[0] if in_brackets else tuple(items)

    def _named(self, name: str, depth: int) -> Any:
        if not self._sees("("):
            if name not in _NAMES:
                raise LiteralProblem(f"it has the name {shown(name)}, which stands for no value")
            return _NAMES[name]
        self._next()
        if name == "range":
            return _range(self._items(")", depth))
        return dict(self._items(")", depth, named=True))

    def _items(self, closing: str, depth: int, *, pairs: bool = False, named: bool = False) -> list[Any]:
        """Values, pairs of a key and a value, or named values, up to a bracket."""
        items: list[Any] = []
        while not self._sees(closing):
            if named:
                key: Any = self.expect("name")
                self.expect("=")
                items.append((key, self.value(depth + 1)))
            elif pairs:
                key = self.expect("text")[1:-1]
                self.expect(":")
                items.append((key, self.value(depth + 1)))
            else:
                items.append(self.value(depth + 1))
            if not self._sees(closing):
                self.expect(",")
        self._next()
        return items


def _range(arguments: list[Any]) -> list[int]:
    if not 1 <= len(arguments) <= 2 or not all(type(argument) is int for argument in arguments):
        raise LiteralProblem("its range needs one or two integers")
    states = range(*arguments)
    if len(states) > _MOST_STATES:
        raise LiteralProblem(f"its range has more than {_MOST_STATES:,} numbers")
    return list(states)
