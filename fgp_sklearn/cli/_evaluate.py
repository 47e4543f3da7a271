"""evaluate: how well a predictor ranks architectures that it has not seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from fgp_sklearn.cli._input import Labels, labels_of, read
from fgp_sklearn.cli._models import fit, untrained
from fgp_sklearn.cli._options import Choice, Reading, Showing
from fgp_sklearn.cli._screen import step, write_json, write_table, write_text

_MOST_NODES = 50  # of architectures that are compared node by node
_TREES = 300
_MEASURES = ("tau", "precision")


def evaluate(reading: Reading, choice: Choice, showing: Showing, *, n_folds: int, top: float) -> None:
    """Cross-validate a predictor and a forest, with architectures that are equal in one fold.

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
    table = read(reading)
    own = labels_of(table, at_least=2 * n_folds)
    scores = _scores(table.data, own, choice, n_folds, top, -1.0 if showing.lowest_first else 1.0)
    document = {
        "file": table.filename,
        "labels": own.name,
        "n_labels": int(own.known.sum()),
        "folds": n_folds,
        "top": top,
        "scores": {
            name: dict(zip(_MEASURES, folds.T.tolist(), strict=True)) for name, folds in scores.items()
        },
    }
    if showing.as_json:
        write_json(document)
    else:
        _write(document)


def _scores(
    data: Any, labels: Labels, choice: Choice, n_folds: int, top: float, sign: float
) -> dict[str, Any]:
    """Kendall's tau and precision at the top of each predictor, of shape (n_folds, 2)."""
    from fgp_sklearn.metrics import kendall_tau_score, precision_at_top_score
    from fgp_sklearn.model_selection import IsomorphismGroupKFold

    known = np.flatnonzero(labels.known)
    splitter = IsomorphismGroupKFold(n_folds, shuffle=True, random_state=choice.random_state)
    predictor, (forest, features) = untrained(choice, data), _forest(data, choice.random_state)
    scores: dict[str, list[tuple[float, float]]] = {choice.name: [], "forest on encodings": []}
    for number, (train, test) in enumerate(splitter.split(data[known]), 1):
        with step(f"fold {number} of {n_folds}"):
            train, test = known[train], known[test]
            forest.fit(features[train], labels.values[train])
            fit(predictor, data, train, labels.values)
            answers = predictor.predict(data[test]), forest.predict(features[test])
        true = sign * labels.values[test]
        for own, answer in zip(scores.values(), answers, strict=True):
            own.append(
                (kendall_tau_score(true, sign * answer), precision_at_top_score(true, sign * answer, top=top))
            )
    return {name: np.array(own) for name, own in scores.items()}


def _forest(data: Any, random_state: int) -> tuple[Any, Any]:
    """A random forest, and features: one-hot operations and edges, or counts of many and sums."""
    from sklearn.ensemble import RandomForestRegressor

    from fgp_sklearn.preprocessing import AdjacencyEncoding, AttributeStatistics

    encoding = AdjacencyEncoding() if data.n_nodes.max() <= _MOST_NODES else AttributeStatistics()
    return RandomForestRegressor(_TREES, random_state=random_state), encoding.fit_transform(data)


def _write(document: dict[str, Any]) -> None:
    tau, precision = (
        {name: np.array(own[measure]) for name, own in document["scores"].items()} for measure in _MEASURES
    )
    write_text(
        f"{document['file']}: {document['n_labels']} labels of {document['labels']!r}, {document['folds']} "
        "folds; architectures that compute the same are in one fold.",
        f"P@{document['top']:.0%}: share of the best {document['top']:.0%} that is among the predicted best.",
        "",
    )
    write_table(
        ["Kendall tau", f"P@{document['top']:.0%}", "predictor"],
        [(_mean(tau[name]), _mean(precision[name]), name) for name in tau],
    )
    own, forest = tau.values()
    better = int((own > forest).sum())
    write_text(
        "",
        f"Mean and standard deviation over folds. The {next(iter(tau))} has the higher tau in {better} of "
        f"{document['folds']} folds.",
    )


def _mean(values: Any) -> str:
    return f"{values.mean():.3f} +- {values.std():.3f}"
