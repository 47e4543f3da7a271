"""Estimators as JSON and arrays, and back.

JSON scalars and lists represent themselves. Each JSON object is a tag, such as ``{"tuple": [...]}`` or
``{"array": "name"}``. Estimators and a few other objects are numbered, each after the objects that it
contains, and referred to as ``{"object": number}``. So shared objects stay shared, and no object can contain
itself. The class of an object declares in `_stored_attributes` what it may hold beside its parameters.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import Bunch

from fgp_sklearn._archive import PersistenceError, brief, text_codes, text_from_codes
from fgp_sklearn._storage._declared_kinds import conforms
from fgp_sklearn._storage._foreign import foreign_class
from fgp_sklearn._storage._leaves import dump_leaf, is_leaf, load_leaf
from fgp_sklearn._storage._state import (
    can_be_stored,
    check,
    check_params,
    check_whole,
    described,
    new_object,
    params_of,
    state_of,
)
from fgp_sklearn._validation import InvalidParameterError

Json = Any

_DTYPES = {"bool", "float16", "float32", "float64"} | {
    f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)
}
_UNUSUAL = re.compile(r"[^\w.\[\]'-]|(?<=\.)\.", re.ASCII)  # in names of arrays, which are paths


_SKOPS = "skops"  # instead of the name of a class
_MAX_KEYS = 1000  # other than text: integers can be chosen to have equal hashes
_SPARE, _MAX_SPARE = 2**16, 2**26  # padding of an array of text, and of all of them in a file, in bytes
_MAX_DEPTH, _MIN_VISITS, _VISITS_PER_OBJECT = 100, 2000, 8


@dataclass
class Extent:
    """Cost of a walk over an object that visits shared parts each time, as `repr` does.

    scikit-learn's `repr` visits estimators among the parameters twice, to compare them with the defaults.
    """

    visits: int = 1
    depth: int = 1

    in_params: bool = False

    def add(self, part: Extent) -> None:
        """Count a part."""
        self.visits += part.visits * (2 if self.in_params else 1)
        self.depth = max(self.depth, 1 + part.depth)


def check_extent(extent: Extent, n_objects: int) -> None:
    """Refuse objects that a walk over them would take too long for.

    Raises
    ------
    PersistenceError
        If parts are nested too deeply, or shared so often that a few of them lead to many visits.
    """
    if extent.depth > _MAX_DEPTH:
        raise PersistenceError(f"estimators are nested more than {_MAX_DEPTH} deep")
    if extent.visits > _MIN_VISITS + _VISITS_PER_OBJECT * n_objects:
        raise PersistenceError(
            f"estimators are nested or shared so often that a walk over {n_objects} of them makes "
            f"{extent.visits:,} steps; build a flatter one"
        )


def encode(value: Any) -> tuple[dict[str, Json], dict[str, NDArray[Any]]]:
    """Turn a value into JSON and arrays.

    Parameters
    ----------
    value : object
        A known estimator, or plain values, which may contain estimators.

    Returns
    -------
    document : dict
        Input for `json`.
    arrays : dict of str to ndarray
        Arrays by their paths.

    Raises
    ------
    PersistenceError
        If it contains something that a file of data cannot hold.
    """
    encoder = _Encoder()
    root = encoder.value(value, "")
    return {"objects": encoder.objects, "root": root}, encoder.arrays


def decode(
    document: Mapping[str, Json], arrays: Mapping[str, NDArray[Any]], classes: Mapping[str, type]
) -> Any:
    """Turn JSON and arrays back into a value.

    Parameters
    ----------
    document : mapping
        Result of `encode`, or a document from a stranger.
    arrays : mapping of str to ndarray
        Arrays. Each is used once, so that a small file cannot ask for many copies.
    classes : mapping of str to type
        The only classes that are ever instantiated.

    Returns
    -------
    object
        The value.

    Raises
    ------
    Exception
        Of any kind, if the document is malformed.
    """
    for name in arrays:
        if _UNUSUAL.search(name):
            raise PersistenceError(f"{name!r} is no name of an array")
    decoder = _Decoder(dict(arrays), classes)
    for node in document["objects"]:
        decoder.new_object(node)
    value = decoder.value(document["root"])
    if decoder.arrays:
        raise PersistenceError(f"nothing refers to array {next(iter(decoder.arrays))!r}")
    return value


class _Encoder:
    def __init__(self) -> None:
        self.objects: list[Json] = []
        self.arrays: dict[str, NDArray[Any]] = {}
        self.extents: list[Extent] = []
        self._extent = Extent()
        self._numbers: dict[int, int | None] = {}  # None while the parts of the object are encoded

    def value(self, value: Any, path: str) -> Json:
        if value is None or type(value) in (bool, int):
            return value
        if isinstance(value, str):
            return str(value)
        if type(value) is float:
            return value if math.isfinite(value) else {"float": str(value)}
        if type(value) in (list, tuple):
            parts = [self.value(part, f"{path}[{i}]") for i, part in enumerate(value)]
            return parts if type(value) is list else {"tuple": parts}
        if type(value) in (set, frozenset):
            _check_keys(value, path)
            ordered = sorted(value, key=repr)
            return {
                type(value).__name__: [self.value(part, f"{path}[{i}]") for i, part in enumerate(ordered)]
            }
        if type(value) is dict:
            return self._dict(value, path)
        if type(value) is Bunch:
            return {"bunch": self._dict(dict(value), path)["dict"]}
        if type(value) is slice:
            return {"slice": self.value([value.start, value.stop, value.step], path)}
        if _is_tensor(value):
            return {"tensor": self._add(value.detach().cpu().numpy(), path)}
        if isinstance(value, np.generic):
            return {"scalar": self._add(np.asarray(value), path)}
        if type(value) is np.ndarray:
            return self._array(value, path)
        if type(value) is np.ma.MaskedArray:
            data, mask = np.asarray(value.data), np.ma.getmaskarray(value)
            return {"masked": [self.value(data, path), self.value(mask, path)]}
        if isinstance(value, np.dtype) and value.name in _DTYPES:
            return {"dtype": value.name}
        if isinstance(value, type) and issubclass(value, np.generic) and np.dtype(value).name in _DTYPES:
            return {"type": np.dtype(value).name}
        if type(value) is np.random.RandomState:
            return {"random_state": self.value(value.get_state(legacy=False), path)}
        if type(value) is np.random.Generator and type(value.bit_generator) is np.random.PCG64:
            return {"generator": self.value(value.bit_generator.state, path)}
        return {"object": self._object(value, path)}

    def _dict(self, value: dict[Any, Any], path: str) -> Json:
        if all(type(key) is str for key in value):
            return {"dict": {key: self.value(part, f"{path}.{key}") for key, part in value.items()}}
        _check_keys(value, path)
        return {
            "pairs": [
                [self.value(key, path), self.value(part, f"{path}[{key}]")] for key, part in value.items()
            ]
        }

    def _array(self, value: NDArray[Any], path: str) -> Json:
        if value.dtype.kind == "U":
            strings = value.tolist() if value.ndim == 1 else None
            if strings is None or _spare_of_text(strings) > _SPARE:
                return {"codes": self._add(text_codes(value), path)}
            return {"text": strings}
        if value.dtype == object:
            parts = [self.value(part, f"{path}[{i}]") for i, part in enumerate(value.ravel().tolist())]
            return {"objects": [list(value.shape), parts]}
        if value.flags.f_contiguous and not value.flags.c_contiguous:  # BLAS rounds by layout
            return {"fortran": self._add(value.T, path)}
        return {"array": self._add(value, path)}

    def _add(self, value: NDArray[Any], path: str) -> str:
        if value.dtype.name not in _DTYPES:
            raise PersistenceError(
                f"{path} is an array of {value.dtype}, and a file holds plain numbers only"
            )
        name = _UNUSUAL.sub("_", path.lstrip("."))
        while name in self.arrays:
            name += "'"
        native = value.astype(value.dtype.newbyteorder("="), order="C", copy=False)
        self.arrays[name] = native
        return name

    def _object(self, value: Any, path: str) -> int:
        if id(value) not in self._numbers:
            self._numbers[id(value)] = None
            outer, self._extent = self._extent, Extent()
            node = self._node(value, path)
            self._numbers[id(value)] = len(self.objects)
            self.objects.append(node)
            self.extents.append(self._extent)
            check_extent(self._extent, len(self.objects))
            self._extent = outer
        number = self._numbers[id(value)]
        if number is None:
            raise PersistenceError(f"{path} holds itself, which a file cannot")
        self._extent.add(self.extents[number])
        return number

    def _node(self, value: Any, path: str) -> Json:
        place = path.lstrip(".") or "it"
        if isinstance(value, type) or not can_be_stored(type(value)):
            return self._leaf(value, place, path)
        try:
            params, state = params_of(value), state_of(value)
            check(type(value), params, state)
            check_whole(value)
        except Exception as error:  # broken parts raise all kinds of errors
            raise PersistenceError(f"{place} cannot be saved: {brief(error)}") from error
        node: dict[str, Json] = {"class": type(value).__name__}
        for kind, parts in (("params", params), ("state", state)):
            self._extent.in_params = kind == "params"
            node[kind] = {name: self.value(part, f"{path}.{name}") for name, part in parts.items()}
        try:
            check_params(value)  # which are known now not to hold the estimator itself
        except InvalidParameterError as error:
            raise PersistenceError(f"{place} cannot be saved: {brief(error)}") from error
        return node

    def _leaf(self, value: Any, place: str, path: str) -> Json:
        reason = ""
        if is_leaf(value):
            try:
                return {"class": _SKOPS, "skops": self._add(dump_leaf(value), path)}
            except Exception as error:  # skops raises all kinds of errors
                reason = f" ({brief(error)})"
        raise PersistenceError(
            f"{place} is {described(value)}, which a file of data cannot hold{reason}; it holds numbers, "
            "text, arrays, and estimators without code of their own (most of this library and of "
            "scikit-learn). Leave it out and set it after loading, or pickle the estimator for yourself"
        )


def _check_keys(keys: Sequence[Any] | Mapping[Any, Any] | set[Any] | frozenset[Any], path: str) -> None:
    if len(keys) > _MAX_KEYS and sum(not isinstance(key, str) for key in keys) > _MAX_KEYS:
        raise PersistenceError(
            f"{path.lstrip('.') or 'it'} has more than {_MAX_KEYS:,} keys that are no text; name them by text"
        )


def _spare_of_text(strings: Sequence[str]) -> int:
    """Bytes of padding in an array of these strings, all padded to the longest."""
    return 4 * len(strings) * max(map(len, strings), default=0) - 32 * sum(map(len, strings))


class _Decoder:
    def __init__(self, arrays: dict[str, NDArray[Any]], classes: Mapping[str, type]) -> None:
        self.arrays = arrays
        self.classes = classes
        self.objects: list[Any] = []
        self.extents: list[Extent] = []
        self._extent = Extent()
        self._spare = _MAX_SPARE
        self._tags: Mapping[str, Callable[[Any], Any]] = {
            "array": arrays.pop,
            "bunch": lambda node: Bunch(**{key: self.value(part) for key, part in node.items()}),
            "codes": lambda name: text_from_codes(arrays.pop(name)),
            "dtype": lambda name: np.dtype(_known_dtype(name)),
            "dict": lambda node: {key: self.value(part) for key, part in node.items()},
            "float": {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}.__getitem__,
            "fortran": lambda name: arrays.pop(name).T,
            "frozenset": lambda node: frozenset(self._keys(node)),
            "generator": self._generator,
            "masked": lambda node: np.ma.MaskedArray(*self._parts(node)),
            "object": self._reference,
            "objects": self._objects,
            "pairs": self._pairs,
            "random_state": self._random_state,
            "scalar": lambda name: arrays.pop(name)[()],
            "set": lambda node: set(self._keys(node)),
            "slice": lambda node: slice(*self._parts(node)),
            "tensor": lambda name: _tensor(arrays.pop(name)),
            "text": self._text,
            "tuple": lambda node: tuple(self._parts(node)),
            "type": lambda name: np.dtype(_known_dtype(name)).type,
        }

    def value(self, node: Json) -> Any:
        if isinstance(node, list):
            return self._parts(node)
        if not isinstance(node, dict):
            return node
        ((tag, content),) = node.items()
        return self._tags[tag](content)

    def _parts(self, node: Json) -> list[Any]:
        if not isinstance(node, list):
            raise TypeError(f"a list is needed where {node!r} is found")
        return [self.value(part) for part in node]

    def _reference(self, number: Json) -> Any:
        if not conforms(number, int) or number < 0:
            raise TypeError(f"{number!r} is no number of an object")
        value = self.objects[number]
        self._extent.add(self.extents[number])
        return value

    def _keys(self, node: Json) -> list[Any]:
        keys = self._parts(node)
        _check_keys(keys, "an object")
        return keys

    def _pairs(self, node: Json) -> dict[Any, Any]:
        keys, parts = [key for key, _ in node], [part for _, part in node]
        return dict(zip(self._keys(keys), self._parts(parts), strict=True))

    def _objects(self, node: Json) -> NDArray[np.object_]:
        shape, parts = node
        values = self._parts(parts)
        column = np.empty(len(values), dtype=object)
        for i, value in enumerate(values):
            column[i] = value
        return column.reshape(shape)

    def _random_state(self, node: Json) -> np.random.RandomState:
        state = self.value(node)
        key, position = state["state"]["key"], state["state"]["pos"]
        if key.shape != (624,) or key.dtype != np.uint32 or not 0 <= position <= 624:  # numpy checks none
            raise ValueError("it is no state of a random generator")
        generator = np.random.RandomState()
        generator.set_state(state)
        return generator

    def _generator(self, node: Json) -> np.random.Generator:
        bits = np.random.PCG64(0)
        bits.state = self.value(node)
        return np.random.Generator(bits)

    def _text(self, node: Json) -> NDArray[np.str_]:
        if not conforms(node, list[str]):
            raise TypeError("a list of strings is needed")
        self._spare -= max(0, _spare_of_text(node))
        if self._spare < 0:
            raise ValueError("arrays of text would take far more than their strings")
        return np.array(node, dtype=np.str_)

    def new_object(self, node: Json) -> Any:
        self._extent = Extent()
        cls = self._class(node["class"])
        if cls is None:
            value = load_leaf(self.arrays.pop(node["skops"]))
        else:
            made = {}
            for kind in ("params", "state"):
                self._extent.in_params = kind == "params"
                made[kind] = {name: self.value(part) for name, part in node[kind].items()}
            check_extent(self._extent, len(self.objects) + 1)  # before the object is made
            value = new_object(cls, made["params"], made["state"])
        self.objects.append(value)
        self.extents.append(self._extent)
        return value

    def _class(self, name: Json) -> type | None:
        """Class with this name; None for values in the format of skops."""
        if name == _SKOPS and self.classes:
            return None
        cls = self.classes.get(name) or (foreign_class(name) if self.classes else None)
        if cls is None:
            raise PersistenceError(f"the class {str(name)[:100]!r} is not known")
        return cls


def _is_tensor(value: Any) -> bool:
    """Whether a value is a tensor. This does not import torch, which takes a second."""
    return "torch" in sys.modules and isinstance(value, sys.modules["torch"].Tensor)


def _tensor(array: NDArray[Any]) -> Any:
    import torch

    return torch.from_numpy(array)


def _known_dtype(name: Json) -> str:
    if name not in _DTYPES:
        raise TypeError(f"{str(name)[:100]!r} is no dtype of numbers")
    return str(name)
