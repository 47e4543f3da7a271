"""Stages of a ChainSpace: what a stage offers at each of its layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.architectures._messages import named, shown

Numbers = tuple[float, ...]


class Option(NamedTuple):
    """An operation that a layer may have, with the values of its attributes or the names of shared ones."""

    op: str
    attributes: dict[str, Numbers | str]


class Stage(NamedTuple):
    """Layers with the same options, and how many of them there may be."""

    options: tuple[Option, ...]
    depths: NDArray[np.int64]


def as_stage(given: Any, position: int, shared: Mapping[str, Numbers]) -> Stage:
    """Read a stage as a user gives it.

    Parameters
    ----------
    given : str, mapping or sequence of these
        An operation, a mapping with ``"op"``, or several of these as options. A mapping alone may have
        ``"n_layers"``.
    position : int
        Position of the stage, for messages.
    shared : mapping of str to tuple of float
        Shared choices that attributes may name.

    Returns
    -------
    Stage
        The stage.

    Raises
    ------
    ValueError
        If the stage is malformed.
    """
    depths: Any = 1
    if isinstance(given, Mapping) and "n_layers" in given:
        depths = given["n_layers"]
        given = {name: value for name, value in given.items() if name != "n_layers"}
    listed = [given] if isinstance(given, (str, Mapping)) else given
    if not isinstance(listed, Sequence) or not listed:
        raise ValueError(
            f"stage {position} is {shown(given)}; give an operation, a mapping or a list of them"
        )
    options = tuple(option for item in listed for option in _options(item, position, shared))
    ops = [option.op for option in options]
    if len(set(ops)) < len(ops):
        raise ValueError(f"stage {position} has the operations {named(ops)}; give each once")
    return Stage(options, _depths(depths, position))


def _options(item: Any, position: int, shared: Mapping[str, Numbers]) -> list[Option]:
    mapping = {"op": item} if isinstance(item, str) else item
    ops = mapping.get("op") if isinstance(mapping, Mapping) else None
    ops = [ops] if isinstance(ops, str) else ops
    if not isinstance(ops, Sequence) or not ops or not all(isinstance(op, str) for op in ops):
        raise ValueError(
            f"stage {position} has {shown(item)}; give an operation, or a mapping such as "
            "{'op': 'conv', 'kernel': [3, 5]}"
        )
    if "n_layers" in mapping:
        raise ValueError(
            f"stage {position} has n_layers in one option of a list; n_layers is the number of layers of a "
            "whole stage. Give one mapping for the stage: {'op': ['conv', 'pool'], 'n_layers': [1, 2]}"
        )
    attributes: dict[str, Numbers | str] = {}
    for name, values in mapping.items():
        if isinstance(values, str) and name != "op":
            if values not in shared:
                raise ValueError(
                    f"stage {position} takes its {shown(name)} from {shown(values)}, which is no shared "
                    f"choice; they are {named(shared) or 'none'}"
                )
            attributes[name] = values
        elif name != "op":
            attributes[name] = as_numbers(values, f"{shown(name)} of stage {position}")
    return [Option(op, attributes) for op in ops]


def as_numbers(values: Any, what: str) -> Numbers:
    """Different finite numbers, from one number or a list."""
    listed = [values] if isinstance(values, (Real, np.number)) else values
    if isinstance(listed, (str, bytes, Mapping)) or not isinstance(listed, Iterable):
        raise ValueError(f"{what} is {shown(values)}; give a number or a list of numbers")
    numbers = list(listed)
    if not numbers or not all(isinstance(v, (Real, np.number)) and np.isfinite(float(v)) for v in numbers):
        raise ValueError(f"{what} is {shown(values)}; give finite numbers")
    if len({float(v) for v in numbers}) < len(numbers):
        raise ValueError(f"{what} is {shown(values)}; give each number once")
    return tuple(float(v) for v in numbers)


def _depths(depths: Any, position: int) -> NDArray[np.int64]:
    listed = [depths] if isinstance(depths, Integral) else depths
    fine = isinstance(listed, Iterable) and not isinstance(listed, (str, bytes))
    numbers: list[Any] = list(listed) if fine else []
    if not numbers or not all(isinstance(n, Integral) and int(n) >= 0 for n in numbers) or not max(numbers):
        raise ValueError(
            f"stage {position} has n_layers={shown(depths)}; give a positive number or a list of numbers"
        )
    return np.unique(np.array(numbers, dtype=np.int64))
