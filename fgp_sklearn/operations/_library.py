"""The table of the library: which operation a name means, and its canonical name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from fgp_sklearn.operations._kind import Kind
from fgp_sklearn.operations._kinds import EXACT_NAMES, KINDS, LETTERS, PUBLISHED, WHOLE_NAMES
from fgp_sklearn.operations._names import Parts, spelled_plainly, taken_apart
from fgp_sklearn.operations._operation import Operation, Role
from fgp_sklearn.operations._part import split_part

_SIDES = frozenset({"kernel_height", "kernel_width"})
_EXPANSION_OR_KERNEL = re.compile(r"(mb|ir)\d+x", re.IGNORECASE)  # what the number means is not clear
_LARGEST_KERNEL = 15  # that a bare number means: "conv3" has a kernel of 3, "conv64" is not known


class _Spelling(NamedTuple):
    """What a name without numbers means: a row of the table, and the key of its canonical name."""

    kind: Kind
    key: str


class _Read(NamedTuple):
    """An operation, and the key of its spelling; None if the table lacks it."""

    operation: Operation
    key: str | None


def described(name: str) -> Operation:
    """What the table says about a name. The object is shared: do not change its attributes."""
    part, bare = split_part(name)
    return _in_part(part, name) if part else _read(bare).operation


@lru_cache(maxsize=10_000)
def _in_part(part: str, name: str) -> Operation:
    """Operation of a part of an architecture, whose kind differs from those of other parts."""
    inner = _read(name.removeprefix(part)).operation
    return Operation(name, part + inner.kind, inner.role, inner.attributes)


@lru_cache(maxsize=10_000)
def canonical_name(name: str) -> str:
    """Canonical name of an operation. The name of a part before it is kept."""
    part, bare = split_part(name)
    if part:
        return part + canonical_name(bare)
    if name in _PUBLISHED:
        return name
    if name in EXACT_NAMES:
        return EXACT_NAMES[name]
    published = _PUBLISHED.get(name.casefold()) or _PUBLISHED_PLAINLY.get(spelled_plainly(name))
    if published is not None:
        return published
    operation, key = _read(name)
    if key is None:
        return name
    if key in _PUBLISHED and (not operation.attributes or spelled_plainly(name) in _WHOLE):
        return key
    alike = _PUBLISHED_OPERATIONS.get((key, tuple(operation.attributes.items())))
    return _spelled_out(key, operation.attributes) if alike is None else alike


def names_with_role(role: Role) -> frozenset[str]:
    """Canonical names of the operations of a role; none for "compute", which any number of names have."""
    if role == "compute":
        return frozenset()
    return frozenset(key for kind in KINDS if kind.role == role for key in kind.spellings)


@lru_cache(maxsize=10_000)
def _read(name: str) -> _Read:
    whole = _WHOLE.get(spelled_plainly(name))
    if whole is not None:
        canonical, kind, attributes = whole
        return _Read(Operation(name, kind, "compute", attributes), canonical)
    spelling = _SPELLINGS.get(spelled_plainly(name))
    if spelling is not None:
        return _Read(Operation(name, spelling.kind.name, spelling.kind.role), spelling.key)
    parts = taken_apart(name)
    read = None if parts is None else _read_parts(name, parts)
    return _Read(Operation(name, name or "unnamed"), None) if read is None else read


def _read_parts(name: str, parts: Parts) -> _Read | None:
    attributes = dict(parts.attributes)
    spelling = _SPELLINGS.get("".join(parts.words))
    if spelling is None:
        return _unknown_kind(name, parts)
    if _EXPANSION_OR_KERNEL.match(name):
        return None
    number = spelling.kind.number
    if parts.number is not None:
        is_too_large = number == "kernel" and parts.number > _LARGEST_KERNEL
        if number is None or number in attributes or is_too_large:
            return None
        attributes[number] = parts.number
    if attributes and spelling.kind.role != "compute":
        return None
    return _Read(Operation(name, spelling.kind.name, spelling.kind.role, attributes), spelling.key)


def _unknown_kind(name: str, parts: Parts) -> _Read | None:
    """A kind that is not in the table: a word and at least one number, or two numbers."""
    attributes = parts.attributes
    if not parts.words and attributes.keys() == {"stage"}:
        return _Read(Operation(name, "stage", "compute", attributes), None)
    if parts.words and "bits" in attributes and "bits" not in name.casefold():
        attributes = {("b" if key == "bits" else key): value for key, value in attributes.items()}
    if parts.number is not None or len(attributes) + bool(parts.words) < 2:
        return None
    return _Read(Operation(name, "_".join(parts.words) or "block", "compute", attributes), None)


def _spelled_out(key: str, attributes: Mapping[str, float]) -> str:
    sizes = {name: np.format_float_positional(value, trim="-") for name, value in attributes.items()}
    if sizes.keys() == {"kernel"} and "#" in key and attributes["kernel"].is_integer():
        return key.replace("#", sizes["kernel"])
    numbers = [f"{_LETTER_OF.get(name, name)}{size}" for name, size in sizes.items() if name not in _SIDES]
    if sizes.keys() >= _SIDES:
        numbers.append("x".join(sizes[side] for side in sorted(_SIDES)))
    return "_".join([_without_kernel(key), *numbers])


def _without_kernel(key: str) -> str:
    return key.replace("_#x#", "").replace("#x#", "")


def _all_spellings() -> Iterator[tuple[str, _Spelling]]:
    for kind in KINDS:
        for key, others in kind.spellings.items():
            for name in (_without_kernel(key), *others):
                yield spelled_plainly(name), _Spelling(kind, key)


def _published_operations() -> Iterator[tuple[tuple[str, tuple[tuple[str, float], ...]], str]]:
    """Published names by what they mean. Of two names that mean the same, the spelling of the table wins."""
    for name in _PUBLISHED:
        operation, key = _read(name)
        if key is not None and _spelled_out(key, operation.attributes) not in _PUBLISHED.keys() - {name}:
            yield (key, tuple(operation.attributes.items())), name


_PUBLISHED = {name: name for names in PUBLISHED.values() for name in names}
_PUBLISHED_PLAINLY = {spelled_plainly(name): name for name in _PUBLISHED}
_WHOLE = {spelled_plainly(name): value for name, value in WHOLE_NAMES.items()}
_SPELLINGS = dict(reversed(list(_all_spellings())))  # the first one of equal spellings stays
_LETTER_OF = {attribute: letters for letters, attribute in reversed(LETTERS.items())}
_PUBLISHED_OPERATIONS = dict(_published_operations())
