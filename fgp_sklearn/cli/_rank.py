"""rank: architectures in the order of predictions."""

from __future__ import annotations

import shlex
import sys
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from fgp_sklearn.cli._input import Labels, found_labels, labels_of, place_of, read
from fgp_sklearn.cli._models import fits_to, fitted, loaded_predictor, predict
from fgp_sklearn.cli._options import N_FOLDS, Choice, Predictor, Reading, Showing, View
from fgp_sklearn.cli._output import check_output
from fgp_sklearn.cli._screen import decimals_for, number, write_csv, write_json, write_table, write_text

_FEWEST = 5  # labels from which a ranking can be learnt


def rank(
    reading: Reading,
    model: Path | None,
    choice: Choice,
    showing: Showing,
    *,
    has_order: bool,
    top: int,
    everything: bool,
) -> None:
    """Rank the architectures of a file by a predictor, which is fitted to labels or loaded.

    Parameters
    ----------
    reading : Reading
        What to rank.
    model : Path or None
        Saved predictor.
    choice : Choice
        Predictor to fit, if there is no saved one.
    showing : Showing
        What to show.
    has_order : bool
        Whether a user says which labels are good; otherwise low ones are for a saved model of costs.
    top : int
        Number of architectures to show; 0 for all.
    everything : bool
        Whether to rank architectures with a label too.
    """
    check_output(showing.output, reading, model, choice.encoder)
    table = read(reading)
    if model is None:
        labels = labels_of(table, at_least=_FEWEST)
        with fits_to(table.filename, encoder=choice.encoder):
            predictor = fitted(choice, table.data, labels)
        by = f"{choice.name}, fitted to {labels.known.sum()} labels"
    else:
        labels = found_labels(table)
        predictor = loaded_predictor(model)
        if not has_order and getattr(predictor, "view", None) == View.cost:
            showing = showing._replace(lowest_first=True)
        by = str(model)
    with fits_to(table.filename, model=model):
        rows = _rows(table, labels, predictor, showing.lowest_first, everything)
    shown = rows[: top or None]
    if showing.output is not None:
        write_csv(showing.output, rows)
    if showing.as_json:
        about = {"file": table.filename, "labels": labels.name, "predictor": by, "architectures": len(rows)}
        write_json({**about, "ranking": shown})
        return
    part = "" if len(shown) == len(rows) else f"{len(shown):,} of "
    write_text(
        f"{table.filename}: {part}{len(rows):,} architectures{'' if everything else ' without a label'}, "
        f"{'lowest' if showing.lowest_first else 'highest'} {labels.name} first. Predictor: {by}. 90 % of "
        "new labels lie in the range.",
        "",
    )
    _write(labels.name, shown, everything)
    if showing.output is not None:
        write_text("", f"All {len(rows):,} are in {showing.output}.")
    elif part:
        write_text("", "--top 0 shows all.")
    if model is None:
        sys.stdout.write(f"\nHow far to trust it: {_evaluation(reading, choice, labels)}\n")


def _evaluation(reading: Reading, choice: Choice, labels: Labels) -> str:
    """The command that evaluates this ranking."""
    most = int(labels.known.sum()) // 2
    options = {
        "labels": [reading.labels],
        "column": [reading.column],
        "form": [reading.form],
        "shared": reading.shared,
        "depth": [reading.depth],
        "dim": reading.dims,
        "predictor": [None if choice.predictor is Predictor.process else choice.predictor.value],
        "view": [None if choice.view is View.accuracy else choice.view.value],
        "encoder": [choice.encoder],
        "source": choice.sources,
        "folds": [str(most) if most < N_FOLDS else None],
    }
    given = (
        (f"--{name}", str(value)) for name, values in options.items() for value in values if value is not None
    )
    return shlex.join(["fgp-sklearn", "evaluate", *map(str, reading.files), *chain.from_iterable(given)])


def _rows(
    table: Any, labels: Labels, predictor: Any, lowest_first: bool, everything: bool
) -> list[dict[str, Any]]:
    ranked = np.flatnonzero(~labels.known | everything)
    if not len(ranked):
        raise ValueError(
            f"{table.filename}: all architectures have a label in column {labels.name!r}; rank them too with "
            "--all"
        )
    value, low, high = predict(predictor, table.data[ranked])
    order = np.argsort(value if lowest_first else -value, kind="stable")
    return [
        {
            "rank": place,
            **place_of(table, ranked[i]),
            "prediction": value[i],
            "low": low[i],
            "high": high[i],
            "label": labels.values[ranked[i]],
            "name": table.names[ranked[i]],
        }
        for place, i in enumerate(order.tolist(), 1)
    ]


def _write(name: str, rows: list[dict[str, Any]], everything: bool) -> None:
    decimals = decimals_for(float(np.median([row["high"] - row["low"] for row in rows])))
    columns: tuple[str, ...] = ()
    cells = []
    for row in rows:
        shown = [
            ("rank", str(row["rank"])),
            *([("line", str(row["line"]))] if "line" in row else []),
            (name, number(row["prediction"], decimals)),
            ("range", f"{number(row['low'], decimals)} to {number(row['high'], decimals)}"),
            *([("label", number(row["label"], decimals))] if everything else []),
            ("architecture", row["name"]),
        ]
        columns, values = zip(*shown, strict=True)
        cells.append(values)
    write_table(columns, cells)
