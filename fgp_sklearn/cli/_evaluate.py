"""evaluate: how well a predictor ranks architectures that it has not seen."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.cli._input import labels_of, read
from fgp_sklearn.cli._models import fit, fits_to, untrained
from fgp_sklearn.cli._options import Choice, Predictor, Reading, Showing
from fgp_sklearn.cli._screen import step, write_json, write_table, write_text

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class _Fold(NamedTuple):
    """Positions of labels to learn from and to answer, in one repetition."""

    repeat: int
    train: IntArray
    test: IntArray


def evaluate(
    reading: Reading, choice: Choice, showing: Showing, *, n_folds: int, n_repeats: int, top: float
) -> None:
    """Cross-validate a predictor beside the plain rivals of `compare`, on the same folds.

    Parameters
    ----------
    reading : Reading
        Labels to answer.
    choice : Choice
        The predictor.
    showing : Showing
        What to show.
    n_folds : int
        Number of folds.
    n_repeats : int
        How often folds are drawn.
    top : float
        Share of the architectures that is the top.
    """
    from fgp_sklearn._seeding import draw_seeds

    table = read(reading)
    own = labels_of(table, at_least=2 * n_folds, folds=n_folds)
    known = np.flatnonzero(own.known)
    fold_seed, *seeds = draw_seeds(choice.random_state, 4)  # as `compare` draws them
    folds = _folds(table.data[known], n_folds, n_repeats, fold_seed)
    with fits_to(table.filename, encoder=choice.encoder):
        answers = _answers(table.data, own.values, known, choice, folds, seeds)
    sign = -1.0 if showing.lowest_first else 1.0
    document = {
        "file": table.filename,
        "labels": own.name,
        "n_labels": len(known),
        "folds": n_folds,
        "repeats": n_repeats,
        "top": top,
        **_scores(own.values[known], answers, folds, sign, top),
    }
    if showing.as_json:
        write_json(document)
    else:
        _write(document)


def _folds(X: Any, n_folds: int, n_repeats: int, seed: int) -> list[_Fold]:
    from fgp_sklearn.model_selection import IsomorphismGroupKFold

    return [
        _Fold(repeat, train, test)
        for repeat in range(n_repeats)
        for train, test in IsomorphismGroupKFold(n_folds, shuffle=True, random_state=seed + repeat).split(X)
    ]


def _answers(
    data: Any, values: FloatArray, known: IntArray, choice: Choice, folds: list[_Fold], seeds: list[int]
) -> dict[str, FloatArray]:
    """Answers of each predictor for labels that it has not seen, of shape (n_repeats, n_known)."""
    from fgp_sklearn.model_selection._plain_rivals import plain_rivals

    X, y = data[known], values[known]
    is_process = choice.predictor is Predictor.process and choice.encoder is None
    predictor = untrained(choice._replace(random_state=seeds[is_process]), data)
    rivals = plain_rivals(X, seeds[2])
    answers = {name: np.empty((folds[-1].repeat + 1, len(y))) for name in (choice.name, *rivals)}
    for number, (repeat, train, test) in enumerate(folds, 1):
        with step(f"fold {number} of {len(folds)}"):
            fit(predictor, data, known[train], values)
            answers[choice.name][repeat, test] = predictor.predict(X[test])
            for name, rival in rivals.items():
                answers[name][repeat, test] = _plain_answers(rival, y, train, test)
    return answers


def _plain_answers(rival: Any, y: FloatArray, train: IntArray, test: IntArray) -> FloatArray:
    from sklearn.base import clone
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # length scales at their bounds
        fitted = clone(rival.regressor).fit(rival.columns[train], y[train])
        answers: FloatArray = fitted.predict(rival.columns[test])
        return answers


def _scores(
    true: FloatArray, answers: Mapping[str, FloatArray], folds: list[_Fold], sign: float, top: float
) -> dict[str, Any]:
    """Tau on each fold, precision at the top on all folds of a repetition together, and what they say."""
    from fgp_sklearn.metrics import kendall_tau_score, precision_at_top_score
    from fgp_sklearn.model_selection import Comparison

    taus = {
        name: np.array([kendall_tau_score(true[test], own[repeat, test]) for repeat, _, test in folds])
        for name, own in answers.items()
    }
    precision = {
        name: [float(precision_at_top_score(sign * true, sign * repeat, top=top)) for repeat in own]
        for name, own in answers.items()
    }
    rivals = tuple(answers)[1:]
    n_train, n_test = (
        float(np.mean([len(side) for side in sides]))
        for sides in ([fold.train for fold in folds], [fold.test for fold in folds])
    )
    comparison = Comparison(taus, rivals, "Kendall tau", n_train, n_test)
    return {
        "scores": {name: {"tau": taus[name].tolist(), "precision": precision[name]} for name in answers},
        "best_rival": comparison.best_rival_,
        "verdict": comparison.verdict,
    }


def _write(document: dict[str, Any]) -> None:
    scores, rival = document["scores"], document["best_rival"]
    own = next(iter(scores))
    shown = {own: own, rival: f"{rival}, best of {len(scores) - 1} plain ones"}
    share = f"{document['top']:.0%}"
    write_text(
        f"{document['file']}: {document['n_labels']} labels of {document['labels']!r}, {document['folds']} "
        f"folds, drawn {_times(document['repeats'])}. Architectures that compute the same are in one fold.",
        f"P@{share}: share of the best {share} of all labels that is among the predicted best.",
        "",
    )
    write_table(
        ["Kendall tau", f"P@{share}", "predictor"],
        [
            (_mean(scores[name]["tau"]), f"{np.mean(scores[name]['precision']):.3f}", text)
            for name, text in shown.items()
        ],
    )
    verdict = document["verdict"]
    write_text("", "Tau: mean and standard deviation over folds.", f"{verdict[:1].upper()}{verdict[1:]}")


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n} times"


def _mean(values: list[float]) -> str:
    return f"{np.mean(values):.3f} +- {np.std(values, ddof=1):.3f}"
