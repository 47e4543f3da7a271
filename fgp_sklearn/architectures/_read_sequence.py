"""A sequence of architectures, in one form or several, read into one batch."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from fgp_sklearn.architectures._architecture_columns import ArchitectureColumns
from fgp_sklearn.architectures._batch import ArchitectureBatch
from fgp_sklearn.architectures._errors import ArchitectureError
from fgp_sklearn.architectures._forms import FORMS, Form
from fgp_sklearn.architectures._forms._texts import naming_problem
from fgp_sklearn.architectures._frames._table import is_table
from fgp_sklearn.architectures._grouped import read_grouped
from fgp_sklearn.architectures._lacking_keys import LackingKeys, warn_of_lacking
from fgp_sklearn.architectures._node_attributes import (
    NodeAttributes,
    attribute_names,
    check_known,
    refuse_named_as,
    warn_of_empty,
    warn_of_ignored,
    with_attributes,
)
from fgp_sklearn.architectures._texts._nasbench301 import is_compact

_TORCH_MODULE = "torch.nn.modules.module.Module"
_OF_TABLES = (
    "one column per choice, as stage2_kernel, becomes a batch with fgp_sklearn.architectures.from_frame; "
    "in a pipeline, FrameTensorizer is the first step"
)
_NONE_GIVEN = "Found array with 0 sample(s): there are no architectures, while a minimum of 1 is required"


def read_sequence(X: Any, *, op_attr: Hashable, attributes: Any) -> ArchitectureBatch:
    """Read what `as_batch` accepts, except a pool.

    Parameters
    ----------
    X : sequence of architectures, or ArchitectureBatch
        Architectures in any of the `FORMS`.
    op_attr : hashable
        Node attribute of graphs that holds the operation.
    attributes : sequence of str or None
        Node attributes that hold numbers.

    Returns
    -------
    ArchitectureBatch
        The architectures in the given order.
    """
    wanted = NodeAttributes(op_attr, attribute_names(attributes))
    if isinstance(X, ArchitectureBatch):
        check_known(X, wanted.names)
    else:
        refuse_named_as(op_attr, wanted.names)
    batch = read_any(X, wanted)
    return with_attributes(batch, wanted.names) if batch is X else settled(batch, wanted)


def read_any(X: Any, wanted: NodeAttributes) -> ArchitectureBatch:
    """Read architectures, with all attributes of batches and `Architecture` objects; warn of nothing."""
    if not isinstance(X, ArchitectureBatch):
        items = _as_list(X)
        groups = _by_form(items)

        def read(form: Form, own: Sequence[Any]) -> ArchitectureColumns:
            keys.positions = next(positions for other, positions in groups if other is form)
            return form.read(own, replace(wanted, keys=keys))

        keys = LackingKeys()
        columns = read_grouped(items, groups, read)
        wanted.problems.extend(filter(None, [keys.problem()]))
        return ArchitectureBatch.from_valid_columns(**vars(columns))
    if not len(X):
        raise ArchitectureError(_NONE_GIVEN)
    return X


def settled(batch: ArchitectureBatch, wanted: NodeAttributes) -> ArchitectureBatch:
    """The batch with only the attributes that were asked for; warns of those that are lacking or not read."""
    if wanted.names is None:
        warn_of_ignored(wanted.found)
        return batch
    chosen = with_attributes(batch, wanted.names)
    warn_of_lacking(wanted.problems)
    warn_of_empty(chosen, [*wanted.found, *batch.attribute_names])
    return chosen


def _by_form(items: Sequence[Any]) -> list[tuple[Form, NDArray[np.int64]]]:
    """The forms that occur, and the positions of their items."""
    groups: list[tuple[Form, NDArray[np.int64]]] = []
    remaining = np.arange(len(items))
    for form in FORMS:
        accepted = np.array([form.accepts(items[i]) for i in remaining.tolist()], dtype=np.bool_)
        if accepted.any():
            groups.append((form, remaining[accepted]))
            remaining = remaining[~accepted]
    if len(remaining):
        raise ArchitectureError(_item_problem(items[int(remaining[0])]), int(remaining[0]))
    return groups


def _as_list(X: Any) -> list[Any]:
    for form in FORMS:
        if form.is_lone(X):
            raise ArchitectureError(
                f"expected a sequence of architectures, got one {form.one}; wrap it: [{form.one}]"
            )
    if isinstance(X, Iterator):
        raise ArchitectureError(f"{_expected(X)}, which can be read only once; give a list")
    if "from_torch" in _cure(X):  # a Sequential is a sequence of its layers
        raise ArchitectureError(_expected(X))
    naming = naming_problem(X) if isinstance(X, (str, Mapping)) or is_compact(X) else None
    if naming is not None:
        raise ArchitectureError(f"expected a sequence of architectures, got one, and {naming}")
    if isinstance(X, (str, bytes, Mapping, Set)) or scipy.sparse.issparse(X) or not isinstance(X, Iterable):
        raise ArchitectureError(_expected(X))
    dimensions = getattr(X, "ndim", 1)
    is_table = isinstance(X, np.ndarray) or hasattr(X, "to_numpy")
    if is_table and getattr(X, "shape", ())[1:] == (1,):  # a ColumnTransformer passes a column in this shape
        X = np.asarray(X, dtype=object)[:, 0]
    elif dimensions != 1:
        cure = "stacked arrays become a batch with ArchitectureBatch.from_arrays"
        if dimensions == 2:
            cure = (
                _OF_TABLES
                if hasattr(X, "columns")
                else f"give a DataFrame with names of columns: {_OF_TABLES}"
            )
        raise ArchitectureError(f"{_expected(X)} with {dimensions} dimensions; {cure}")
    items = list(X)
    if not items:
        raise ArchitectureError(_NONE_GIVEN)
    return items


def _wanted() -> str:
    *others, last = (form.several for form in FORMS)
    return f"a sequence of {', '.join(others)} or {last}, or an ArchitectureBatch"


def _expected(X: Any) -> str:
    return f"expected {_wanted()}, got {type(X).__name__}{_cure(X)}"


def _cure(X: Any) -> str:
    """What to do about something that is read in another way."""
    if isinstance(X, Integral) and not isinstance(X, bool):
        return ". If it is a position in a sequence X of architectures, give X[[position]]"
    if any(f"{kind.__module__}.{kind.__name__}" == _TORCH_MODULE for kind in type(X).__mro__):
        return "; fgp_sklearn.architectures.from_torch reads torch modules"
    if isinstance(X, Mapping) and is_table(X):
        return f"; {_OF_TABLES}"
    return ""


def _item_problem(item: Any) -> str:
    naming = naming_problem(item)
    if naming is not None:
        return naming
    length = f" of length {len(item)}" if isinstance(item, (tuple, list)) else ""
    return f"it is {type(item).__name__}{length}; expected {_wanted()}{_cure(item)}"
