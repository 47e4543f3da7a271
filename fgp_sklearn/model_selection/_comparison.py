"""Comparison: scores of several estimators on the same folds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from fgp_sklearn.architectures._messages import named

if TYPE_CHECKING:
    from pandas import DataFrame

FloatArray = NDArray[np.float64]

_HEADER = ("estimator", "{score}", "sd", "ahead of the best plain rival by", "se", "")


@dataclass(frozen=True, eq=False)
class Comparison:
    """Scores of several estimators on the same folds, as `compare` returns them.

    Printed, it is a table with the highest scores first and sentences that say what to use. Notebooks show
    it as a table.

    Parameters
    ----------
    scores : dict of str to ndarray of float64 of shape (n_splits,)
        Score of each estimator on each fold. Larger is better.
    rivals : tuple of str
        Names of the plain rivals among them.
    score_name : str
        What the scores are.
    n_train, n_test : float
        Mean number of labels to learn from, and to test on, per fold.
    estimators : dict of str to estimator, optional
        The estimators by name, not fitted. ``comparison.estimators[comparison.best_].fit(X, y)`` is the
        predictor to use. Plain rivals are pipelines that read architectures.

    See Also
    --------
    fgp_sklearn.plotting.ComparisonDisplay : Draws the scores.

    Examples
    --------
    >>> import numpy as np
    >>> from fgp_sklearn.model_selection import Comparison
    >>> scores = {"mine": np.array([0.7, 0.8]), "ridge on one-hot": np.array([0.5, 0.7])}
    >>> comparison = Comparison(scores, ("ridge on one-hot",), "Kendall tau", 40, 10)
    >>> comparison.best_
    'mine'
    >>> print(comparison)
    estimator         Kendall tau     sd  ahead of the best plain rival by     se
    mine                    0.750  0.071                            +0.150  0.061
    ridge on one-hot        0.600  0.141                                           plain
    <BLANKLINE>
    mine ranks best. It is ahead of ridge on one-hot, the best plain rival, by 0.150 (standard error 0.061).
    """

    scores: Mapping[str, FloatArray]
    rivals: tuple[str, ...]
    score_name: str
    n_train: float
    n_test: float
    estimators: Mapping[str, Any] = field(default_factory=dict)

    @property
    def best_(self) -> str:
        """Name of the estimator to use.

        It has the highest mean score of those that are no plain rivals. A plain rival replaces it only if it
        is ahead by more than two standard errors: the best of several rivals looks better on the folds that
        choose it than it is.
        """
        own, rival = self._best_own(), self.best_rival_
        if own is None or (self._is_clear(own, rival) and self.difference(own, rival)[0] < 0):
            return rival
        return own

    @property
    def best_rival_(self) -> str:
        """Name of the plain rival with the highest mean score."""
        return next(name for name in self._ranked() if name in self.rivals)

    def difference(self, name: str, other: str) -> tuple[float, float]:
        """Mean difference of two estimators over the folds, and its standard error.

        Parameters
        ----------
        name, other : str
            Two estimators. The difference is positive if the first one has higher scores.

        Returns
        -------
        mean : float
            Mean of the differences.
        error : float
            Standard error. It takes into account that folds share training data, which makes differences of
            folds more alike than independent ones.

        References
        ----------
        Nadeau, Bengio, "Inference for the Generalization Error", Machine Learning 52 (2003), Section 3.
        """
        differences = self.scores[name] - self.scores[other]
        variance = differences.var(ddof=1) if len(differences) > 1 else np.nan
        error = np.sqrt((1 / len(differences) + self.n_test / self.n_train) * variance)
        return float(differences.mean()), float(error)

    def to_frame(self) -> DataFrame:
        """Table of the estimators, the highest mean score first.

        Returns
        -------
        pandas.DataFrame
            Indexed by the names of the estimators, with the columns "mean" and "sd" of the scores,
            "difference" and "difference_se" to the best plain rival, and "is_rival".
        """
        import pandas as pd  # not at the top: pandas is not a dependency

        rows = {}
        for name in self._ranked():
            ahead, error = self.difference(name, self.best_rival_)
            rows[name] = {
                "mean": self.scores[name].mean(),
                "sd": self._spread(name),
                "difference": ahead,
                "difference_se": error,
                "is_rival": name in self.rivals,
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("estimator")

    @property
    def verdict(self) -> str:
        """A few sentences that say which estimator to use: `best_`. They name a forgotten `fit_pretrain`."""
        untrained = [name for name, estimator in self.estimators.items() if _lacks_pretraining(estimator)]
        if not untrained:
            return self._choice()
        return (
            f"{self._choice()} Not pre-trained: {named(untrained)}. Without fit_pretrain(pool) before "
            "compare, FGPRegressor learns from the labels alone."
        )

    def _choice(self) -> str:
        own, rival = self._best_own(), self.best_rival_
        if own is None:
            return f"{rival} ranks best."
        ahead, error = self.difference(own, rival)
        leader = own if ahead > 0 else rival
        of_error = "a single fold has no standard error" if np.isnan(error) else f"standard error {error:.3f}"
        by = f"by {abs(ahead):.3f} ({of_error})"
        if not self._is_clear(own, rival):
            leads = f"{leader} is ahead {by}" if ahead else "they rank equally well"
            return (
                f"No clear difference between {own} and {rival}, the best plain rival: {leads}. Use {own}: "
                "a plain rival is chosen only if it is ahead by more than two standard errors, since the "
                "best of several looks better on these folds than it is. More labels may tell them apart."
            )
        if leader == own:
            return f"{own} ranks best. It is ahead of {rival}, the best plain rival, {by}."
        return f"A plain rival ranks best: {rival} is ahead of {own} {by}. Use it, or label more."

    def __str__(self) -> str:
        rows = [tuple(cell.format(score=self.score_name) for cell in _HEADER), *self._cells()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(
                [
                    row[0].ljust(widths[0]),
                    *(c.rjust(w) for c, w in zip(row[1:5], widths[1:5], strict=True)),
                    row[5],
                ]
            ).rstrip()
            for row in rows
        ]
        return "\n".join([*lines, "", self.verdict, *self._left_out()])

    def _repr_html_(self) -> str:
        header = "".join(f"<th>{escape(cell.format(score=self.score_name))}</th>" for cell in _HEADER)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in self._cells()
        )
        table = f"<table><thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>"
        return f"{table}<p>{escape(' '.join([self.verdict, *self._left_out()]))}</p>"

    def _left_out(self) -> list[str]:
        """A sentence if the rivals do not read every encoding."""
        encodings = {name.rpartition(" on ")[2] for name in self.rivals}
        if "counts and sums" not in encodings or "one-hot" in encodings:
            return []
        return ["No plain rival reads one-hot encodings, since an architecture has more than 64 nodes."]

    def _cells(self) -> list[tuple[str, ...]]:
        return [self._row(name) for name in self._ranked()]

    def _row(self, name: str) -> tuple[str, ...]:
        scores = f"{self.scores[name].mean():.3f}", f"{self._spread(name):.3f}"
        if name in self.rivals:
            return name, *scores, "", "", "plain"
        ahead, error = self.difference(name, self.best_rival_)
        return name, *scores, f"{ahead:+.3f}", f"{error:.3f}", ""

    def _best_own(self) -> str | None:
        return next((name for name in self._ranked() if name not in self.rivals), None)

    def _is_clear(self, name: str, other: str) -> bool:
        """Whether the difference is more than two standard errors; never with a single fold."""
        ahead, error = self.difference(name, other)
        return abs(ahead) > 2 * error

    def _spread(self, name: str) -> float:
        return float(self.scores[name].std(ddof=1)) if len(self.scores[name]) > 1 else 0.0

    def _ranked(self) -> list[str]:
        return sorted(self.scores, key=lambda name: -float(self.scores[name].mean()))


def _lacks_pretraining(estimator: Any) -> bool:
    """Whether it is an `FGPRegressor`, or ends with one, whose `fit_pretrain` was not called."""
    last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    return getattr(last, "pretrained_encoder_", last) is None
