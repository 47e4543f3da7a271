"""evaluate: how well a predictor ranks architectures that it has not seen."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fgp_sklearn.cli._input import Labels, labels_of, read
from fgp_sklearn.cli._models import fit, untrained
from fgp_sklearn.cli._options import Choice, Predictor, Reading, Showing
from fgp_sklearn.cli._screen import step, write_json, write_table, write_text

FloatArray = NDArray[np.float64]
Folds = list[tuple[NDArray[np.int64], NDArray[np.int64]]]


def evaluate(reading: Reading, choice: Choice, showing: Showing, *, n_folds: int, top: float) -> None:
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
    top : float
        Share of the architectures that is the top.
    """
    from fgp_sklearn.metrics import kendall_tau_score, precision_at_top_score
    from fgp_sklearn.model_selection import Comparison

    table = read(reading)
    own = labels_of(table, at_least=2 * n_folds, folds=n_folds)
    folds, answers = _answers(table.data, own, choice, n_folds)
    true, sign = own.values[own.known], -1.0 if showing.lowest_first else 1.0
    taus = {
        name: np.array([kendall_tau_score(true[test], answer[test]) for _, test in folds])
        for name, answer in answers.items()
    }
    n_train, n_test = (float(np.mean([len(fold[side]) for fold in folds])) for side in (0, 1))
    comparison = Comparison(taus, tuple(list(taus)[1:]), "Kendall tau", n_train, n_test)
    document = {
        "file": table.filename,
        "labels": own.name,
        "n_labels": len(true),
        "folds": n_folds,
        "top": top,
        "scores": {
            name: {
                "tau": taus[name].tolist(),
                "precision": precision_at_top_score(sign * true, sign * answer, top=top),
            }
            for name, answer in answers.items()
        },
        "best_rival": comparison.best_rival_,
        "verdict": comparison.verdict,
    }
    if showing.as_json:
        write_json(document)
    else:
        _write(document, choice.name)


def _answers(data: Any, labels: Labels, choice: Choice, n_folds: int) -> tuple[Folds, dict[str, FloatArray]]:
    """Folds, and what each predictor answers for labels that it has not seen; seeds are those of `compare`."""
    from sklearn.exceptions import ConvergenceWarning

    from fgp_sklearn._seeding import draw_seeds
    from fgp_sklearn.model_selection import IsomorphismGroupKFold
    from fgp_sklearn.model_selection._normal_score_regressor import NormalScoreRegressor
    from fgp_sklearn.model_selection._plain_rivals import plain_rivals

    fold_seed, network_seed, process_seed, rival_seed = draw_seeds(choice.random_state, 4)
    known = np.flatnonzero(labels.known)
    X, y = data[known], labels.values[known]
    folds = list(IsomorphismGroupKFold(n_folds, shuffle=True, random_state=fold_seed).split(X))
    is_process = choice.predictor is Predictor.process and choice.encoder is None
    predictor = untrained(choice._replace(random_state=process_seed if is_process else network_seed), data)
    rivals = plain_rivals(X, rival_seed)
    answers = {name: np.empty(len(y)) for name in (choice.name, *rivals)}
    for number, (train, test) in enumerate(folds, 1):
        with step(f"fold {number} of {n_folds}, {choice.name}"):
            fit(predictor, data, known[train], labels.values)
            answers[choice.name][test] = predictor.predict(X[test])
        for name, rival in rivals.items():
            with step(f"fold {number} of {n_folds}, {name}"), warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # length scales at their bounds
                plain = NormalScoreRegressor(rival.regressor).fit(rival.columns[train], y[train])
                answers[name][test] = plain.predict(rival.columns[test])
    return folds, answers


def _write(document: dict[str, Any], name: str) -> None:
    scores, rival = document["scores"], document["best_rival"]
    share = f"P@{document['top']:.0%}"
    write_text(
        f"{document['file']}: {document['n_labels']} labels of {document['labels']!r}, {document['folds']} "
        "folds; architectures that compute the same are in one fold.",
        f"{share}: share of the best {document['top']:.0%} of all labels that is among the predicted best.",
        "",
    )
    write_table(
        ["Kendall tau", share, "predictor"],
        [
            (_mean(np.array(scores[name]["tau"])), f"{scores[name]['precision']:.3f}", name),
            (
                _mean(np.array(scores[rival]["tau"])),
                f"{scores[rival]['precision']:.3f}",
                f"{rival}, the best of {len(scores) - 1} plain rivals",
            ),
        ],
    )
    write_text("", f"Tau: mean and standard deviation over folds. {document['verdict']}")


def _mean(values: FloatArray) -> str:
    return f"{values.mean():.3f} +- {values.std(ddof=1):.3f}"
