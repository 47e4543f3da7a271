"""suggest: the architectures to train next."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.cli._input import Labels, labels_of, place_of, read
from fgp_sklearn.cli._models import fitted
from fgp_sklearn.cli._options import Choice, Goal, Reading, Showing
from fgp_sklearn.cli._output import check_output
from fgp_sklearn.cli._screen import step, write_csv, write_json, write_table, write_text

_FEWEST = 5  # labels from which it is worthwhile to look for the best
_COMPARED = 1000  # architectures of which draws are made


def suggest(reading: Reading, n: int, goal: Goal | None, choice: Choice, showing: Showing) -> None:
    """Choose architectures whose labels tell most about the others, or that may be the best.

    Parameters
    ----------
    reading : Reading
        What to choose from.
    n : int
        Number of architectures.
    goal : Goal or None
        What the new labels are for; None for the best if there are labels, otherwise for the ranking.
    choice : Choice
        View and seed.
    showing : Showing
        What to show.
    """
    check_output(showing.output, reading)
    table = read(reading)
    is_labelled = reading.labels or any(not np.isnan(values).all() for values in table.metrics.values())
    labels = labels_of(table, at_least=0) if is_labelled else Labels.none(table.data)
    if labels.known.all():
        raise ValueError(f"{table.filename}: all architectures have a label")
    if goal is None:
        goal = Goal.best if labels.known.sum() >= _FEWEST else Goal.ranking
    if goal is Goal.best:
        if labels.known.sum() < _FEWEST:
            raise ValueError(f"{table.filename}: --goal best needs {_FEWEST} labels or more")
        chosen = _promising(table.data, labels, choice, n, -1.0 if showing.lowest_first else 1.0)
    else:
        chosen = _informative(table.data, labels, choice, n)
    rows = [
        {"order": place, **place_of(table, i), "name": table.names[i]}
        for place, i in enumerate(chosen.tolist(), 1)
    ]
    if showing.output is not None:
        write_csv(showing.output, rows)
    if showing.as_json:
        write_json({"file": table.filename, "goal": goal.value, "suggestions": rows})
        return
    write_text(f"{table.filename}: train these {len(rows)} next. {_REASONS[goal]}", "")
    write_table([*list(rows[0])[:-1], "architecture"], [tuple(map(str, row.values())) for row in rows])


_REASONS = {
    Goal.ranking: "Their labels say most about all others.",
    Goal.best: "Each is the best in one random draw from what the labels allow.",
}


def _informative(data: Any, labels: Labels, choice: Choice, n: int) -> NDArray[np.int64]:
    from fgp_sklearn.search import select_diverse

    with step(f"choosing from {len(data):,} architectures"):
        return select_diverse(
            data, n, labelled=labels.known, view=choice.view.value, random_state=choice.random_state
        )


def _promising(data: Any, labels: Labels, choice: Choice, n: int, sign: float) -> NDArray[np.int64]:
    """Thompson sampling: the best architectures of draws from the posterior of the process."""
    process = fitted(choice, data, labels)
    with step(f"choosing from {len(data):,} architectures"):
        free = _first_of_each_function(data, labels.known)
        if len(free) < n:
            raise ValueError(
                f"{len(free)} architectures without a label differ from those with one; ask for fewer with -n"
            )
        value, std = process.predict(data[free], return_std=True)
        free = free[np.argsort(-sign * value - 2 * std, kind="stable")[: max(_COMPARED, n)]]
        draws = sign * process.sample_y(data[free], n, random_state=choice.random_state)
        chosen: list[int] = []
        for draw in draws.T:
            draw[chosen] = -np.inf
            chosen.append(int(np.argmax(draw)))
        return free[chosen]


def _first_of_each_function(data: Any, known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Architectures that compute what no labelled and no earlier one computes."""
    from fgp_sklearn.preprocessing import ArchitectureSimplifier

    function = ArchitectureSimplifier(null_ops="auto", identity_ops="auto").duplicates(data)
    _, first = np.unique(function, return_index=True)
    return np.sort(first[~np.isin(function[first], function[known])])
