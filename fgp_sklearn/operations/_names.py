"""Names of operations: spelled plainly, and taken apart into words and numbers."""

from __future__ import annotations

import re
from typing import NamedTuple

from fgp_sklearn.operations._kinds import LETTERS

_IGNORED = re.compile(r"[\s_{}-]+")
_TWO_DIMENSIONS = re.compile(r"(?<=[a-z])2d(?![a-z0-9])")
_SEPARATOR = r"[\s_{}-]*"
_TOKEN = re.compile(
    rf"{_SEPARATOR}(?:(\d+)x(\d+)(?!x?\d)|([a-z]+)=?(\d+(?:\.\d+)?)(?!x?\d|d(?![a-z]))|([a-z]+)){_SEPARATOR}",
    re.ASCII,
)
_LONGEST = 200  # characters; longer names are not taken apart


class Parts(NamedTuple):
    """A name taken apart: its words, the number right after the last word, and its attributes."""

    words: tuple[str, ...]
    number: float | None
    attributes: dict[str, float]


def spelled_plainly(name: str) -> str:
    """The name without case, underscores, hyphens, braces and white space."""
    return _IGNORED.sub("", name).casefold()


def without_modules(name: str) -> str:
    """Name of a class without its modules: ``"torch.nn.Conv2d"`` becomes ``"Conv2d"``."""
    tail = re.split(r"::|\.", name)[-1]
    return tail if tail[:1].isalpha() else name


def taken_apart(name: str) -> Parts | None:
    """Take a name apart.

    Parameters
    ----------
    name : str
        Name of an operation.

    Returns
    -------
    Parts or None
        Its words and numbers. None if it holds anything else, or two numbers for one attribute.

    Examples
    --------
    >>> from fgp_sklearn.operations._names import taken_apart
    >>> taken_apart("sep_conv_5x5")
    Parts(words=('sep', 'conv'), number=None, attributes={'kernel': 5.0})
    >>> taken_apart("mb6_k5")
    Parts(words=('mb',), number=6.0, attributes={'kernel': 5.0})
    """
    text = _TWO_DIMENSIONS.sub("", without_modules(name).casefold())
    words: list[str] = []
    numbers: list[float] = []
    found: list[tuple[str, float]] = []
    position = 0
    for token in _TOKEN.finditer(text[:_LONGEST]):
        if token.start() != position:
            return None
        position = token.end()
        height, width, letters, value, word = token.groups()
        if word is not None:
            words.append(word)
        elif height is not None:
            same = height == width
            found += [("kernel", float(height))] if same else _two_sizes(height, width)
        elif letters in LETTERS or len(letters) == 1:
            found.append((LETTERS.get(letters, letters), float(value)))
        else:
            words.append(letters)
            numbers.append(float(value))
    attributes = dict(found)
    if position != len(text) or len(numbers) > 1 or len(attributes) != len(found):
        return None
    return Parts(tuple(words), numbers[0] if numbers else None, attributes)


def _two_sizes(height: str, width: str) -> list[tuple[str, float]]:
    return [("kernel_height", float(height)), ("kernel_width", float(width))]
