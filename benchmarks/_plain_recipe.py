"""A plain recipe for blocks with numbers, the rival to beat: three groups of columns, linear and RBF kernels.

It reads the arrays of a batch and uses nothing else of the library: no network, no flow, no simplification.
"""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky
from scipy.optimize import minimize
from scipy.spatial.distance import cdist
from scipy.stats import norm, rankdata, zscore
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin
from sklearn.ensemble import ExtraTreesRegressor

Array = NDArray[np.float64]


def normalised_depth(batch: Any) -> Array:
    """Longest path from an input to each node, over the longest of its architecture."""
    sources, targets = batch.edges + np.repeat(batch.node_ptr[:-1], np.diff(batch.edge_ptr))
    depth, deeper = np.full(len(batch.ops), -1.0), np.zeros(len(batch.ops))
    while not np.array_equal(depth, deeper):
        depth = deeper.copy()
        np.maximum.at(deeper, targets, depth[sources] + 1)
    deepest = np.maximum.reduceat(depth, batch.node_ptr[:-1])
    return depth / np.repeat(np.maximum(deepest, 1), np.diff(batch.node_ptr))


class RecipeColumns(TransformerMixin, BaseEstimator):
    """Aggregates, positions and soft stages, standardised over a pool; none is cut."""

    def fit(self, X: Any, y: Any = None) -> RecipeColumns:
        self.kinds_ = sorted(X.vocabulary)
        self.n_positions_ = int(np.diff(X.node_ptr).max())
        groups = [np.ma.masked_invalid(group) for group in self._groups(X)]
        self.means_ = [group.mean(axis=0).filled(0) for group in groups]
        self.scales_ = [group.std(axis=0).filled(0) for group in groups]
        return self

    def transform(self, X: Any) -> list[Array]:
        standardised = []
        for group, mean, scale in zip(self._groups(X), self.means_, self.scales_, strict=True):
            varies = scale > 1e-9
            standardised.append(np.nan_to_num((group - mean)[:, varies] / scale[varies]))
        return standardised

    def _groups(self, X: Any) -> list[Array]:
        owner = np.repeat(np.arange(len(X)), np.diff(X.node_ptr))
        place = np.arange(len(owner)) - X.node_ptr[owner]
        codes = np.array([self.kinds_.index(name) for name in X.vocabulary])
        kinds = np.eye(len(self.kinds_))[codes[X.ops]]
        none = np.zeros((len(owner), 0))
        numbers = none if X.attribute_values is None else X.attribute_values
        known = np.nan_to_num(numbers)

        def of_kinds(values: Array) -> Array:
            """Sums over the nodes of each kind in each architecture."""
            total = np.zeros((len(X), kinds.shape[1] * values.shape[1]))
            np.add.at(total, owner, (kinds[:, :, None] * values[:, None, :]).reshape(len(owner), -1))
            return total

        ones = np.ones((len(owner), 1))
        pairs = combinations_with_replacement(known.T, 2)
        products = np.column_stack([none, *(left * right for left, right in pairs)])
        sums, counts = of_kinds(known), of_kinds((~np.isnan(numbers)).astype(float))
        aggregates = [of_kinds(ones), sums, sums / np.maximum(counts, 1), of_kinds(products)]

        inside = place < self.n_positions_
        positions = np.full((len(X), self.n_positions_, kinds.shape[1] + numbers.shape[1]), np.nan)
        positions[:, :, : kinds.shape[1]] = 0
        positions[owner[inside], place[inside]] = np.hstack([kinds, numbers])[inside]

        away = np.abs(normalised_depth(X)[:, None] - np.array([0, 0.5, 1]))
        bumps = np.maximum(0, 1 - 2 * away)
        stages = [of_kinds(bump[:, None] * np.hstack([ones, known])) for bump in bumps.T]
        return [np.hstack(aggregates), positions.reshape(len(X), -1), np.hstack(stages)]


class PlainRecipe(RegressorMixin, BaseEstimator):
    """Gaussian process with a linear and an RBF kernel per group, and optionally trees on the same columns.

    Weights, length scales and noise maximise the marginal likelihood of normal scores, under priors.
    """

    def __init__(self, *, trees: bool = False, random_state: Any = None) -> None:
        self.trees = trees
        self.random_state = random_state

    def fit(self, X: Any, y: Any, X_unlabeled: Any = None) -> PlainRecipe:
        self.columns_ = RecipeColumns().fit(X if X_unlabeled is None else X_unlabeled)
        groups = self.columns_.transform(X)
        y = norm.ppf((rankdata(y) - 0.5) / len(y))
        if self.trees:
            forest = ExtraTreesRegressor(200, random_state=self.random_state)
            self.forest_ = forest.fit(np.hstack(groups), y)
        self.groups_ = [group / np.sqrt(group.shape[1]) for group in groups]
        n = len(groups)
        self.start_ = np.log([*[0.5 / n] * (2 * n), *[1.0] * n, 0.1])
        self.spread_ = np.array([*[2.0] * (2 * n), *[1.0] * n, 2.0])
        bounds = [(value - 8, value + 8) for value in self.start_]
        found = minimize(self._loss, self.start_, (y,), method="L-BFGS-B", jac=True, bounds=bounds)
        self.parameters_ = found.x
        covariance, _ = self._kernel(found.x, self.groups_, self.groups_)
        self.dual_ = np.linalg.solve(covariance + np.exp(found.x[-1]) * np.eye(len(y)), y)
        return self

    def predict(self, X: Any) -> Array:
        groups = self.columns_.transform(X)
        scaled = [group / np.sqrt(group.shape[1]) for group in groups]
        predicted: Array = self._kernel(self.parameters_, scaled, self.groups_)[0] @ self.dual_
        if self.trees:
            predicted = zscore(predicted) + 0.5 * zscore(self.forest_.predict(np.hstack(groups)))
        return predicted

    def _kernel(self, parameters: Array, left: list[Array], right: list[Array]) -> tuple[Array, list[Array]]:
        """Sum of all kernels, and its derivatives by the logarithms of weights and of length scales."""
        linear_weights, smooth_weights, lengths = np.exp(parameters[:-1]).reshape(3, -1)
        linear, smooth, by_length = [], [], []
        for a, b, of_line, of_rbf, length in zip(
            left, right, linear_weights, smooth_weights, lengths, strict=True
        ):
            distances = cdist(a, b, "sqeuclidean") / length**2
            linear.append(of_line * a @ b.T)
            smooth.append(of_rbf * np.exp(-distances / 2))
            by_length.append(smooth[-1] * distances)
        return np.sum(linear + smooth, axis=0), linear + smooth + by_length

    def _loss(self, parameters: Array, y: Array) -> tuple[float, Array]:
        """Negative logarithm of marginal likelihood times priors, and its gradient."""
        covariance, derivatives = self._kernel(parameters, self.groups_, self.groups_)
        noise = np.exp(parameters[-1]) * np.eye(len(y))
        lower = cholesky(covariance + noise + 1e-8 * np.eye(len(y)), lower=True)
        dual = cho_solve((lower, True), y)
        slope = cho_solve((lower, True), np.eye(len(y))) - np.outer(dual, dual)
        off = (parameters - self.start_) / self.spread_
        loss = y @ dual / 2 + np.log(np.diag(lower)).sum() + off @ off / 2
        gradient = [np.sum(slope * derivative) / 2 for derivative in (*derivatives, noise)]
        return float(loss), np.array(gradient) + off / self.spread_
