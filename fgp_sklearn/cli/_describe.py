"""describe: what a file holds."""

from __future__ import annotations

import shlex
import warnings
from typing import Any

import numpy as np

from fgp_sklearn.architectures._frames._unread import why_hardly_a_choice
from fgp_sklearn.architectures._messages import shown
from fgp_sklearn.cli._input import read
from fgp_sklearn.cli._messages import in_options
from fgp_sklearn.cli._options import Reading
from fgp_sklearn.cli._screen import decimals_for, number, step, write_json, write_table, write_text


def describe(reading: Reading, *, as_json: bool) -> None:
    """Write what was read and what it was taken for."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        table = read(reading)
        _warn_of_choices(table)
    with step("comparing architectures"):
        document = _document(table) | {"warnings": [in_options(str(warning.message)) for warning in caught]}
    if as_json:
        write_json(document)
    else:
        _write(document)


def _warn_of_choices(table: Any) -> None:
    """Warn of columns of numbers beside columns of choices that may be choices of whole architectures."""
    if not getattr(table, "has_choices", False) or table.wanted is not None:
        return
    for name, values in table.metrics.items():
        if why_hardly_a_choice(name, values) is None:
            n_values = len(np.unique(values))
            warnings.warn(
                f"column {shown(name)} is taken for labels, but it has {n_values} different values in "
                f"{len(values):,} rows. If it is a choice of whole architectures: "
                f"--shared {shlex.quote(name)}",
                UserWarning,
                stacklevel=2,
            )


def _document(table: Any) -> dict[str, Any]:
    from fgp_sklearn.architectures._duplicates import distinct
    from fgp_sklearn.preprocessing import ArchitectureSimplifier

    data = table.data
    simplifier = ArchitectureSimplifier(null_ops="auto", identity_ops="auto")
    return {
        "file": table.filename,
        "architectures": len(data),
        "distinct": len(distinct(data)[0]),
        "functions": int(simplifier.duplicates(data).max()) + 1,
        "nodes": [int(data.n_nodes.min()), int(data.n_nodes.max())],
        "forms": table.forms,
        "columns": table.columns,
        "operations": _operations(data),
        "attributes": {name: _summary(values) for name, values in data.attributes.items()},
        "labels": {name: _summary(values) for name, values in table.metrics.items()},
    }


def _operations(data: Any) -> list[dict[str, Any]]:
    from fgp_sklearn.operations import describe as describe_operation

    counts = np.bincount(data.ops, minlength=len(data.vocabulary))
    found = []
    for name, count in sorted(zip(data.vocabulary, counts.tolist(), strict=True), key=lambda item: -item[1]):
        if count:
            known = describe_operation(name)
            found.append({"operation": name, "nodes": count, "kind": known.kind, "role": known.role})
    return found


def _summary(values: Any) -> dict[str, Any]:
    known = values[~np.isnan(values)]
    ends = (known.min(), np.median(known), known.max()) if len(known) else (np.nan,) * 3
    return {"values": len(known), **dict(zip(("lowest", "median", "highest"), ends, strict=True))}


def _three_numbers(summary: dict[str, Any]) -> list[str]:
    values = [summary[key] for key in ("lowest", "median", "highest")]
    decimals = (
        0
        if all(value == int(value) for value in values if value == value)
        else decimals_for(values[2] - values[0]) + 1
    )
    return [number(value, decimals) for value in values]


def _known_kind(row: dict[str, Any]) -> str:
    """The kind of an operation; nothing if it is only the name of an operation that is not known."""
    return "" if row["kind"] == row["operation"] else str(row["kind"])


def _write(document: dict[str, Any]) -> None:
    fewest, most = document["nodes"]
    columns = [f"{what}: {', '.join(names)}" for what, names in document["columns"].items() if names]
    nodes = f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"
    write_text(
        f"{document['file']}: {document['architectures']:,} architectures of {nodes} nodes. "
        f"{document['distinct']:,} of them differ, and {document['functions']:,} compute different things.",
        *([f"Forms: {', '.join(document['forms'])}."] if document["forms"] else []),
        *([f"Columns: {'; '.join(columns)}."] if columns else []),
        "",
    )
    rows = [
        (f"{row['nodes']:,}", _known_kind(row), row["role"], row["operation"])
        for row in document["operations"]
    ]
    write_table(["nodes", "kind", "role", "operation"], rows)
    for what in ("attributes", "labels"):
        summaries = document[what]
        if summaries:
            write_text("")
            write_table(
                ["values", "lowest", "median", "highest", what[:-1]],
                [(f"{own['values']:,}", *_three_numbers(own), name) for name, own in summaries.items()],
            )
    write_text(*("" for _ in document["warnings"][:1]), *(f"Warning: {w}" for w in document["warnings"]))
