"""Labels of nodes: names of operations with the values of attributes."""

from __future__ import annotations

import math
import warnings
from collections.abc import Container

import numpy as np

from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.architectures._messages import named
from fgp_sklearn.architectures._ops import UNKNOWN_OP

_FEW = 50  # labels, of which there are never too many


def labelled(batch: ArchitectureBatch, known: Container[str] | None = None) -> ArchitectureBatch:
    """Turn attributes of nodes into parts of the names of their operations.

    Parameters
    ----------
    batch : ArchitectureBatch
        The architectures.
    known : container of str, optional
        Labels that were seen. A node with another label gets the label ``"conv(...)"`` if that is known, and
        the name of its operation otherwise.

    Returns
    -------
    ArchitectureBatch
        The same architectures without attributes, with operations such as ``"conv(kernel=3)"``. The given
        object if it has no attributes.
    """
    if batch.attribute_values is None:
        return batch
    nodes, row = batch.node_rows
    numbers = batch.attribute_values[nodes].tolist()
    labels = []
    for code, values in zip(batch.ops[nodes].tolist(), numbers, strict=True):
        op = batch.vocabulary[code]
        label = _label(op, batch.attribute_names, values)
        if known is not None and label not in known:
            label = other_label(op) if other_label(op) in known else op
        labels.append(label)
    kept = [UNKNOWN_OP] if UNKNOWN_OP in batch.vocabulary else []
    vocabulary = tuple(sorted({*labels, *kept}))
    code_of = {label: i for i, label in enumerate(vocabulary)}
    ops = np.array([code_of[label] for label in labels], dtype=np.int32)[row]
    without = {"ops": ops, "vocabulary": vocabulary, "attribute_names": (), "attribute_values": None}
    return batch.from_valid_columns(**(batch.columns() | without))


def other_label(op: str) -> str:
    """Label of nodes of an operation with attributes that were not seen."""
    return f"{op}(...)"


def _label(op: str, names: tuple[str, ...], values: list[float]) -> str:
    pairs = zip(names, values, strict=True)
    parts = [f"{name}={_as_text(value)}" for name, value in pairs if not math.isnan(value)]
    return f"{op}({', '.join(parts)})" if parts else op


def _as_text(value: float) -> str:
    return repr(value).removesuffix(".0")


def warn_if_labels_are_rare(batch: ArchitectureBatch, n_labels: int) -> None:
    """Warn if attributes make so many labels that few of them recur."""
    if n_labels > _FEW and 2 * n_labels > len(batch.ops):
        warnings.warn(
            f"the attributes {named(batch.attribute_names)} make {n_labels} different labels of "
            f"{len(batch.ops)} nodes, so few labels recur and the encoding says little about other "
            "architectures. Use PathStatistics or FlowSurrogate, which compare numbers, or ignore the "
            "attributes with attributes=()",
            UserWarning,
            stacklevel=3,
        )
