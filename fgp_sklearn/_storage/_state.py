"""Parameters and state of an object: reading them, checking them, and making the object again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils.metadata_routing import MetadataRequest
from sklearn.utils.validation import check_is_fitted

from fgp_sklearn._archive import PersistenceError
from fgp_sklearn._storage._declared_kinds import conforms
from fgp_sklearn._storage._foreign import check_foreign, check_names, is_foreign
from fgp_sklearn._storage._storable import (
    Schema,
    check_stored,
    declared_attributes,
    optional_attributes,
    restored_state,
    stored_state,
)
from fgp_sklearn._validation import PassthroughScorer, validate_parameter_constraints
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.operations import Operation, OperationTable
from fgp_sklearn.operations._operation import Role

_NAMED = list[tuple[str, BaseEstimator | Literal["drop", "passthrough"] | None]]

# Classes that cannot be a `Storable`. Parameters are declared too if the class does not check them.
FOREIGN: Mapping[type, Schema] = {
    ArchitectureBatch: {
        "ops": np.ndarray,
        "edges": np.ndarray,
        "node_ptr": np.ndarray,
        "edge_ptr": np.ndarray,
        "vocabulary": tuple[str, ...],
        "multiplicity": np.ndarray | None,
        "node_features": np.ndarray | None,  # of files before version 0.1, without names
        "attributes": dict[str, np.ndarray],
        "names": np.ndarray | None,
    },
    Operation: {"name": str, "kind": str, "role": Role, "attributes": dict[str, float]},
    OperationTable: {"given": dict[str, Operation]},
    FeatureUnion: {
        "transformer_list": _NAMED,
        "n_jobs": int | None,
        "transformer_weights": dict[str, float] | None,
    },
    FrozenEstimator: {"estimator": BaseEstimator},
    Pipeline: {"steps": _NAMED, "memory": None},  # a cache consists of pickles
    PassthroughScorer: {"_estimator": BaseEstimator},  # the score of a search that was given none
}

_SET_BY_SCIKIT_LEARN: Schema = {  # by set_output and set_fit_request
    "_sklearn_output_config": dict[str, str],
    "_metadata_request": dict[str, dict[str, bool | str | None]],
}
_NOT_PART = ("_skl_callbacks",)  # callbacks are code


def stored_attributes(cls: type) -> Schema | None:
    """Attributes of a class that a file may hold; None if the class declares none."""
    declared = declared_attributes(cls)
    return FOREIGN.get(cls) if declared is None else declared


def can_be_stored(cls: type) -> bool:
    """Whether a file may name a class."""
    return stored_attributes(cls) is not None or is_foreign(cls)


def is_value(cls: type) -> bool:
    """Whether the constructor takes and checks everything that the object consists of."""
    return cls is ArchitectureBatch or dataclasses.is_dataclass(cls)


def params_of(value: Any) -> dict[str, Any]:
    """Parameters of an estimator; none of other objects."""
    return dict(value.get_params(deep=False)) if isinstance(value, BaseEstimator) else {}


def state_of(value: Any) -> dict[str, Any]:
    """Attributes of an object without its parameters."""
    if isinstance(value, ArchitectureBatch):
        columns = value.columns()
        values = {name: columns[name] for name in FOREIGN[ArchitectureBatch] if name in columns}
        return values | ({"attributes": value.attributes} if value.attributes else {})
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    everything = value.__getstate__() if is_foreign(type(value)) else vars(value)
    left_out = {*params_of(value), *_NOT_PART}
    state = {name: part for name, part in everything.items() if name not in left_out}
    if "_metadata_request" in state:
        methods = vars(state["_metadata_request"]).items()
        state["_metadata_request"] = {
            name: dict(method.requests) for name, method in methods if getattr(method, "requests", None)
        }
    if declared_attributes(type(value)) is not None:  # made from parameters, which may be numbers of NumPy
        state = {name: part.item() if isinstance(part, np.integer) else part for name, part in state.items()}
    return stored_state(value, state)


def new_object(cls: type, params: dict[str, Any], state: dict[str, Any]) -> Any:
    """Make an object, and check its parts before and the whole object after.

    Raises
    ------
    Exception
        Of any kind, if parameters and state do not make a sound object.
    """
    check(cls, params, state)
    if cls is ArchitectureBatch:
        features = state.pop("node_features", None)
        if features is not None:
            state["attributes"] = {f"feature{i}": column for i, column in enumerate(features.T)}
    if is_value(cls):
        return cls(**state)
    if not issubclass(cls, BaseEstimator):
        value: Any = object.__new__(cls)
    else:
        value = cls(**params)
        check_params(value)
    _restore(value, state)
    check_whole(value)
    return value


def check_params(value: Any) -> None:
    """Check that the parameters of an estimator have values that it takes.

    Raises
    ------
    InvalidParameterError
        If one has another value.
    """
    cls = type(value)
    constraints = getattr(cls, "_parameter_constraints", None)
    if constraints is not None:
        params = value.get_params(deep=False)
        validate_parameter_constraints(constraints, params, caller_name=cls.__name__)


def _restore(value: Any, state: dict[str, Any]) -> None:
    requests = state.pop("_metadata_request", None)
    state = restored_state(value, state)
    if is_foreign(type(value)):
        value.__setstate__(state)
    else:
        vars(value).update(state)
    if requests is not None:
        routing = value.get_metadata_routing() if _asks_for_metadata(type(value)) else None
        if not isinstance(routing, MetadataRequest):
            raise PersistenceError(f"{type(value).__name__} asks for no metadata itself")
        for method, wanted in requests.items():
            for param, alias in wanted.items():
                vars(routing)[method].add_request(param=param, alias=alias)
        vars(value)["_metadata_request"] = routing


def _asks_for_metadata(cls: type) -> bool:
    """Whether an estimator has no metadata routing of its own; computing one can take long."""
    return getattr(cls, "get_metadata_routing", None) is BaseEstimator.get_metadata_routing


def check(cls: type, params: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    """Check kinds, shapes and finiteness against what the class declares.

    Raises
    ------
    PersistenceError
        If an attribute is not declared, or not of its kind.
    """
    schema = stored_attributes(cls)
    if schema is None:
        check_names(cls, dict(params), {k: v for k, v in state.items() if k not in _SET_BY_SCIKIT_LEARN})
        schema = {}
        undeclared: set[str] = set()
    else:
        undeclared = state.keys() - {**schema, **_SET_BY_SCIKIT_LEARN}.keys()
    if undeclared:
        raise PersistenceError(
            f"{cls.__name__} has an attribute {min(undeclared)!r} not of its making; to save, delete it"
        )
    kinds = {**schema, **_SET_BY_SCIKIT_LEARN}
    declared = {name: value for name, value in params.items() if name in kinds}
    _check_complete(cls, state)
    sizes = dict(_sizes({**params, **state}))
    for name, value in {**declared, **state}.items():
        if name in kinds and not conforms(value, kinds[name], sizes):
            raise PersistenceError(f"{name} of {cls.__name__} is {described(value)}, not {kinds[name]}")


def _check_complete(cls: type, state: Mapping[str, Any]) -> None:
    """Check that all attributes that fitting sets are there. An unfitted estimator has none of them.

    Attributes that fitting may leave out are those in `_optional_attributes`, and those with a value in the
    class.
    """
    declared = declared_attributes(cls) or {}
    needed = {name for name in declared.keys() - optional_attributes(cls) if not hasattr(cls, name)}
    lacking = needed - state.keys()
    if lacking and (needed & state.keys() or not issubclass(cls, BaseEstimator)):
        raise PersistenceError(f"{cls.__name__} lacks {min(lacking)!r}")


def _sizes(values: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Lengths that shapes of arrays may refer to by name."""
    for name, value in values.items():
        if isinstance(value, (list, tuple)):
            yield name, len(value)
        elif isinstance(value, (int, np.integer)) and not isinstance(value, bool):
            yield name, int(value)


def check_whole(value: Any) -> None:
    """Check that the attributes of an object belong together.

    Raises
    ------
    Exception
        Of any kind, if parts of the object do not belong together.
    """
    if is_foreign(type(value)):
        check_foreign(value)
    elif isinstance(value, (FeatureUnion, Pipeline)):
        _check_steps(value)
    elif not is_value(type(value)):
        if not isinstance(value, PassthroughScorer):
            _check_parts_fitted(value)
        check_stored(value)


def _check_steps(value: FeatureUnion | Pipeline) -> None:
    """Check that steps are transformers, and that a step reads as many features as the previous one makes."""
    is_union = isinstance(value, FeatureUnion)
    parts = [part for _, part in (value.transformer_list if is_union else value.steps)]
    for part in parts if is_union else parts[:-1]:
        transformer = part.estimator if isinstance(part, FrozenEstimator) else part
        if isinstance(transformer, BaseEstimator) and not hasattr(type(transformer), "transform"):
            raise PersistenceError(f"{type(part).__name__} transforms nothing, and others come after it")
    for before, after in pairwise(parts) if not is_union else ():
        made, read = getattr(before, "_n_features_out", None), _n_features_in(after)
        if None not in (made, read) and made != read:
            raise PersistenceError(f"a step makes {made} features, and the next one reads {read}")


def _n_features_in(part: Any) -> int | None:
    """Number of features in the estimator's own attributes; a property may delegate to another estimator."""
    return vars(part).get("n_features_in_") if isinstance(part, BaseEstimator) else None


def _check_parts_fitted(value: Any) -> None:
    """Check that estimators among fitted attributes are fitted."""
    for name, part in vars(value).items():
        if name.startswith("_") or name.endswith("_"):
            for estimator in part if isinstance(part, list) else [part]:
                if isinstance(estimator, BaseEstimator):
                    check_is_fitted(estimator)


def described(value: Any) -> str:
    """Describe a value in a few words."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, np.ndarray):
        nan = "" if value.dtype.kind != "f" or np.isfinite(value).all() else ", not all finite"
        return f"an array of {value.dtype} and shape {value.shape}{nan}"
    if type(value) in (bool, int, float):
        return f"{value!r:.100}"
    return f"a {type(value).__name__}"
