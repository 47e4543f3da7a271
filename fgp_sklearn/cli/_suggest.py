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

IntArray = NDArray[np.int64]

_FEWEST = 5  # labels from which it is worthwhile to look for the best
_COMPARED = 1000  # architectures of which draws are made
_CANDIDATES = 3000  # architectures, drawn at random, from which those for a ranking are chosen


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
    free = _candidates(table.data, labels.known, n)
    if goal is Goal.best:
        if labels.known.sum() < _FEWEST:
            raise ValueError(f"{table.filename}: --goal best needs {_FEWEST} labels or more")
        chosen = _promising(table.data, labels, free, choice, n, -1.0 if showing.lowest_first else 1.0)
    else:
        chosen = _informative(table.data, labels, free, choice, n)
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


def _informative(data: Any, labels: Labels, free: IntArray, choice: Choice, n: int) -> IntArray:
    from fgp_sklearn.search import select_diverse

    known = np.flatnonzero(labels.known)
    pool = np.sort(np.r_[known, free])
    with step(f"choosing from {len(free):,} architectures"):
        chosen = select_diverse(
            data[pool],
            n,
            labelled=np.searchsorted(pool, known),
            view=choice.view.value,
            n_candidates=max(_CANDIDATES, n),
            random_state=choice.random_state,
        )
    return pool[chosen]


def _promising(data: Any, labels: Labels, free: IntArray, choice: Choice, n: int, sign: float) -> IntArray:
    """Thompson sampling: the best architectures of draws from the posterior of the process."""
    process = fitted(choice, data, labels)
    with step(f"choosing from {len(free):,} architectures"):
        value, std = process.predict(data[free], return_std=True)
        free = free[np.argsort(-sign * value - 2 * std, kind="stable")[: max(_COMPARED, n)]]
        draws = sign * process.sample_y(data[free], n, random_state=choice.random_state)
        chosen: list[int] = []
        for draw in draws.T:
            draw[chosen] = -np.inf
            chosen.append(int(np.argmax(draw)))
        return free[chosen]


def _candidates(data: Any, known: NDArray[np.bool_], n: int) -> IntArray:
    """Architectures that compute what no labelled one computes, and no earlier one if any has a label."""
    with step("comparing architectures"):
        free = _first_of_each_function(data, known) if known.any() else np.arange(len(data))
    if len(free) < n:
        differ = "without a label differ from those with one" if known.any() else "are there"
        raise ValueError(f"{len(free)} architectures {differ}; ask for fewer with -n")
    return free


def _first_of_each_function(data: Any, known: NDArray[np.bool_]) -> IntArray:
    """Architectures that compute what no labelled and no earlier one computes."""
    from fgp_sklearn.preprocessing import ArchitectureSimplifier

    function = ArchitectureSimplifier(null_ops="auto", identity_ops="auto").duplicates(data)
    _, first = np.unique(function, return_index=True)
    return np.sort(first[~np.isin(function[first], function[known])])
