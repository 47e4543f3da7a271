"""Scores that users name: "kendall_tau" and the other rankings beside the names of scikit-learn."""

from __future__ import annotations

from typing import Any

from sklearn.metrics import check_scoring, get_scorer_names

from fgp_sklearn import metrics
from fgp_sklearn.architectures._messages import named, shown

SCORERS: dict[str, Any] = {
    "kendall_tau": metrics.kendall_tau_scorer,
    "spearman": metrics.spearman_scorer,
    "precision_at_top": metrics.precision_at_top_scorer,
    "regret_at_k": metrics.regret_at_k_scorer,
}


def scorer_of(scoring: Any, estimator: Any) -> Any:
    """Find the scorer that a parameter `scoring` stands for.

    scikit-learn has no public way to give it further names, so functions of this library call this one.

    Parameters
    ----------
    scoring : str, callable or None
        One of `SCORERS`, a name of a score of scikit-learn, a scorer, or None for Kendall's tau.
    estimator : estimator
        What is scored.

    Returns
    -------
    callable
        ``scorer(estimator, X, y)``.

    Raises
    ------
    ValueError
        If no score has this name.

    Examples
    --------
    >>> from sklearn.dummy import DummyRegressor
    >>> from fgp_sklearn._scoring import scorer_of
    >>> scorer_of("kendall_tau", DummyRegressor()), scorer_of("r2", DummyRegressor())
    (make_scorer(kendall_tau_score...), make_scorer(r2_score...))
    """
    scoring = "kendall_tau" if scoring is None else scoring
    if isinstance(scoring, str):
        if scoring not in {*SCORERS, *get_scorer_names()}:
            raise ValueError(
                f"no score is named {shown(scoring)}; write {named(SCORERS)} or a name of "
                "sklearn.metrics.get_scorer_names()"
            )
        scoring = SCORERS.get(scoring, scoring)
    return check_scoring(estimator, scoring)


def score_label(scoring: Any) -> str:
    """Label of a score for axes and tables, such as "Kendall tau".

    Parameters
    ----------
    scoring : str, callable or None
        As in `scorer_of`.

    Returns
    -------
    str
        The label.

    Examples
    --------
    >>> from fgp_sklearn._scoring import score_label
    >>> score_label(None), score_label("neg_mean_squared_error")
    ('Kendall tau', 'Neg mean squared error')
    """
    scoring = "kendall_tau" if scoring is None else scoring
    if isinstance(scoring, str):
        name = scoring
    else:
        own = [name for name, scorer in SCORERS.items() if scorer is scoring]
        name = own[0] if own else getattr(scoring, "__name__", "score")
    return name.replace("_", " ").capitalize()
