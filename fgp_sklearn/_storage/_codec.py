"""Estimators as JSON and arrays, and back.

JSON scalars and lists stand for themselves; every JSON object is a tag, as ``{"tuple": [...]}`` or
``{"array": "name"}``. Estimators and the few other objects are numbered, each after those that it holds,
and referred to as ``{"object": number}``, so that what was shared stays shared and nothing is its own
part. What an object may hold beside its parameters, its class declares in `_stored_attributes`.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils.metadata_routing import get_routing_for_object

from fgp_sklearn._storage._archive import PersistenceError
from fgp_sklearn._storage._kinds import conforms
from fgp_sklearn.architectures import ArchitectureBatch

Json = Any
Schema = Mapping[str, Any]

# Classes that cannot declare themselves; parameters may be named too, where their class checks none.
FOREIGN: Mapping[type, Schema] = {
    ArchitectureBatch: {
        "ops": np.ndarray,
        "edges": np.ndarray,
        "node_ptr": np.ndarray,
        "edge_ptr": np.ndarray,
        "vocabulary": tuple[str, ...],
        "multiplicity": np.ndarray | None,
        "node_features": np.ndarray | None,
        "names": np.ndarray | None,
    },
    FeatureUnion: {"transformer_list": list[tuple[str, BaseEstimator | str]]},
    FrozenEstimator: {"estimator": BaseEstimator},
    Pipeline: {"steps": list[tuple[str, BaseEstimator | str]], "memory": None},  # it would read pickles
}

_SET_BY_SCIKIT_LEARN: Schema = {  # in set_output and set_fit_request
    "_sklearn_output_config": dict[str, str],
    "_metadata_request": dict[str, dict[str, bool | str | None]],
}
_NOT_PART = ("_skl_callbacks",)  # watch a fit, and are code
_DTYPES = {"bool", "float16", "float32", "float64"} | {
    f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)
}
_UNUSUAL = re.compile(r"[^\w.\[\]'-]|(?<=\.)\.", re.ASCII)  # in names of arrays, which say where they belong


def encode(value: Any) -> tuple[dict[str, Json], dict[str, NDArray[Any]]]:
    """Turn a value into JSON and arrays.

    Parameters
    ----------
    value : object
        A known estimator, or plain values that may hold some.

    Returns
    -------
    document : dict
        What `json` can write.
    arrays : dict of str to ndarray
        Named by where they were found.

    Raises
    ------
    PersistenceError
        If something in it is of a kind that a file of data cannot hold.
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
        From `encode`, or from a stranger.
    arrays : mapping of str to ndarray
        Each is used once, so that a small file cannot ask for many copies.
    classes : mapping of str to type
        The only classes that are ever made.

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
        decoder.objects.append(decoder.new_object(node))
    value = decoder.value(document["root"])
    if decoder.arrays:
        raise PersistenceError(f"nothing refers to array {next(iter(decoder.arrays))!r}")
    return value


def stored_attributes(cls: type) -> Schema | None:
    """What a file may hold of a class; None if a file cannot hold it."""
    schema: Schema | None = vars(cls).get("_stored_attributes", FOREIGN.get(cls))
    return schema


class _Encoder:
    def __init__(self) -> None:
        self.objects: list[Json] = []
        self.arrays: dict[str, NDArray[Any]] = {}
        self._numbers: dict[int, int | None] = {}  # None while its parts are encoded

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
            ordered = sorted(value, key=repr)
            return {
                type(value).__name__: [self.value(part, f"{path}[{i}]") for i, part in enumerate(ordered)]
            }
        if type(value) is dict:
            return self._dict(value, path)
        if isinstance(value, torch.Tensor):
            return {"tensor": self._add(value.detach().cpu().numpy(), path)}
        if isinstance(value, np.generic):
            return {"scalar": self._add(np.asarray(value), path)}
        if type(value) is np.ndarray:
            return self._array(value, path)
        if type(value) is np.random.RandomState:
            return {"random_state": self.value(value.get_state(legacy=False), path)}
        return {"object": self._object(value, path)}

    def _dict(self, value: dict[Any, Any], path: str) -> Json:
        if all(type(key) is str for key in value):
            return {"dict": {key: self.value(part, f"{path}.{key}") for key, part in value.items()}}
        return {
            "pairs": [
                [self.value(key, path), self.value(part, f"{path}[{key}]")] for key, part in value.items()
            ]
        }

    def _array(self, value: NDArray[Any], path: str) -> Json:
        if value.dtype.kind == "U" and value.ndim == 1:
            return {"text": value.tolist()}
        if value.flags.f_contiguous and not value.flags.c_contiguous:  # BLAS rounds by the layout
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
            schema = stored_attributes(type(value))
            if schema is None:
                raise PersistenceError(
                    f"{path.lstrip('.') or 'it'} is {_described(value)}, which a file of data cannot hold; "
                    "only numbers, text, arrays, estimators of this library, and FeatureUnion, Pipeline and "
                    "FrozenEstimator around these can be saved"
                )
            self._numbers[id(value)] = None
            node = self._node(value, schema, path)
            self._numbers[id(value)] = len(self.objects)
            self.objects.append(node)
        number = self._numbers[id(value)]
        if number is None:
            raise PersistenceError(f"{path} holds itself, which a file cannot")
        return number

    def _node(self, value: Any, schema: Schema, path: str) -> Json:
        state = _state_of(value)
        params = value.get_params(deep=False) if isinstance(value, BaseEstimator) else {}
        _check(type(value), params, state, schema)
        return {
            "class": type(value).__name__,
            "params": {name: self.value(part, f"{path}.{name}") for name, part in params.items()},
            "state": {name: self.value(part, f"{path}.{name}") for name, part in state.items()},
        }


class _Decoder:
    def __init__(self, arrays: dict[str, NDArray[Any]], classes: Mapping[str, type]) -> None:
        self.arrays = arrays
        self.classes = classes
        self.objects: list[Any] = []
        self._tags: Mapping[str, Callable[[Any], Any]] = {
            "array": arrays.pop,
            "dict": lambda node: {key: self.value(part) for key, part in node.items()},
            "float": {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}.__getitem__,
            "fortran": lambda name: arrays.pop(name).T,
            "frozenset": lambda node: frozenset(self._parts(node)),
            "object": self._reference,
            "pairs": lambda node: {self.value(key): self.value(part) for key, part in node},
            "random_state": self._random_state,
            "scalar": lambda name: arrays.pop(name)[()],
            "set": lambda node: set(self._parts(node)),
            "tensor": lambda name: torch.from_numpy(arrays.pop(name)),
            "text": self._text,
            "tuple": lambda node: tuple(self._parts(node)),
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
        return self.objects[number]

    def _random_state(self, node: Json) -> np.random.RandomState:
        state = self.value(node)
        key, position = state["state"]["key"], state["state"]["pos"]
        if key.shape != (624,) or key.dtype != np.uint32 or not 0 <= position <= 624:  # numpy trusts these
            raise ValueError("it is no state of a random generator")
        generator = np.random.RandomState()
        generator.set_state(state)
        return generator

    def _text(self, node: Json) -> NDArray[np.str_]:
        if not conforms(node, list[str]):
            raise TypeError("a list of strings is needed")
        return np.array(node, dtype=np.str_)

    def new_object(self, node: Json) -> Any:
        if node["class"] not in self.classes:
            raise PersistenceError(f"the class {node['class']!r} is not known")
        cls = self.classes[node["class"]]
        schema = stored_attributes(cls) or {}
        params, state = ({k: self.value(v) for k, v in node[part].items()} for part in ("params", "state"))
        _check(cls, params, state, schema)
        if _is_value(cls):
            return cls(**state)
        if not issubclass(cls, BaseEstimator):
            value: Any = object.__new__(cls)
        else:
            value = cls(**params)
            if hasattr(cls, "_parameter_constraints"):
                value._validate_params()
        _restore(value, state)
        return value


def _is_value(cls: type) -> bool:
    """Whether the constructor takes, and checks, all there is."""
    return cls is ArchitectureBatch or dataclasses.is_dataclass(cls)


def _state_of(value: Any) -> dict[str, Any]:
    """What there is beside parameters."""
    if isinstance(value, ArchitectureBatch):
        return {name: getattr(value, name) for name in FOREIGN[ArchitectureBatch]}
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    params = value.get_params(deep=False) if isinstance(value, BaseEstimator) else {}
    state = {name: part for name, part in vars(value).items() if name not in {*params, *_NOT_PART}}
    if "_metadata_request" in state:
        methods = vars(state["_metadata_request"]).items()
        state["_metadata_request"] = {
            name: dict(method.requests) for name, method in methods if getattr(method, "requests", None)
        }
    if hasattr(value, "_stored_state"):
        state = value._stored_state(state)
    return state


def _restore(value: Any, state: dict[str, Any]) -> None:
    requests = state.pop("_metadata_request", None)
    if hasattr(value, "_restored_state"):
        state = value._restored_state(state)
    vars(value).update(state)
    if requests is not None:
        routing = get_routing_for_object(value)
        for method, wanted in requests.items():
            for param, alias in wanted.items():
                vars(routing)[method].add_request(param=param, alias=alias)
        value._metadata_request = routing


def _check(cls: type, params: Mapping[str, Any], state: Mapping[str, Any], schema: Schema) -> None:
    kinds = {**schema, **_SET_BY_SCIKIT_LEARN}
    undeclared = state.keys() - kinds.keys()
    if undeclared:
        raise PersistenceError(
            f"{cls.__name__} has an attribute {min(undeclared)!r} not of its making; to save, delete it"
        )
    declared = {name: value for name, value in params.items() if name in kinds}
    for name, value in {**declared, **state}.items():
        if not conforms(value, kinds[name]):
            raise PersistenceError(f"{name} of {cls.__name__} is {_described(value)}, not {kinds[name]}")


def _described(value: Any) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"
