"""Ranks of predictors over several settings, and whether they differ by more than chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.stats import friedmanchisquare, rankdata, studentized_range, wilcoxon

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Ranks:
    """Ranks of rows by their scores, a column per setting; settings of one space count as one together."""

    rows: Sequence[str]
    spaces: Sequence[str]  # of each setting
    scores: Array  # of shape (n_rows, n_settings), the higher the better

    @classmethod
    def of(cls, scores: Mapping[tuple[str, str, str], float]) -> Ranks:
        """From scores by space, number of labels and row: of the rows that all settings have."""
        settings = list(dict.fromkeys(key[:2] for key in scores))
        rows = [
            row
            for row in dict.fromkeys(key[2] for key in scores)
            if all((*setting, row) in scores for setting in settings)
        ]
        table = [[scores[(*setting, row)] for setting in settings] for row in rows]
        return cls(rows, [space for space, _ in settings], np.array(table).reshape(len(rows), len(settings)))

    @cached_property
    def by_space(self) -> Array:
        """Mean ranks within each space: 1 is the best, equal scores share a rank."""
        return self._means_of_spaces(rankdata(-self.scores, axis=0))

    @cached_property
    def mean(self) -> Array:
        """Mean ranks over spaces."""
        means: Array = self.by_space.mean(axis=1)
        return means

    @cached_property
    def best(self) -> Array:
        """In how many settings each row has the highest score."""
        counts: Array = (self.scores == self.scores.max(axis=0)).sum(axis=1)
        return counts

    @cached_property
    def behind(self) -> Array:
        """Mean distance of each row from the highest score."""
        behind: Array = self._means_of_spaces(self.scores.max(axis=0) - self.scores).mean(axis=1)
        return behind

    def friedman(self) -> float:
        """p-value of the hypothesis that all rows rank alike."""
        return float(friedmanchisquare(*self.by_space).pvalue)

    def against(self, row: str) -> dict[str, float]:
        """p-values of signed-rank tests between a row and each other one, over spaces, adjusted by Holm."""
        scores = self._means_of_spaces(self.scores)
        one = self.rows.index(row)
        others = [i for i in range(len(self.rows)) if i != one]
        p = {self.rows[i]: float(wilcoxon(scores[one], scores[i]).pvalue) for i in others}
        adjusted, floor = {}, 0.0
        for left, other in enumerate(sorted(p, key=p.__getitem__)):
            floor = max(floor, min(1.0, p[other] * (len(p) - left)))
            adjusted[other] = floor
        return adjusted

    def critical_difference(self, level: float = 0.05) -> float:
        """By how much mean ranks of two rows must differ (Nemenyi)."""
        k, n = self.by_space.shape
        return float(studentized_range.ppf(1 - level, k, np.inf) / 2**0.5 * (k * (k + 1) / (6 * n)) ** 0.5)

    def _means_of_spaces(self, values: Array) -> Array:
        spaces = np.array(self.spaces)
        return np.column_stack(
            [values[:, spaces == name].mean(axis=1) for name in dict.fromkeys(self.spaces)]
        )
