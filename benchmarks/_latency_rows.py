"""Rows of the latency benchmark: what ranks real networks from a few latencies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from _network_clock import DEVICES
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fgp_sklearn import FGPRegressor, FlowGaussianProcessRegressor
from fgp_sklearn.architectures import ArchitectureBatch
from fgp_sklearn.preprocessing import GraphTensorizer

Array = NDArray[Any]
SOURCE, TARGET = DEVICES  # the device whose latencies are known, and the new one


@dataclass
class Known:
    """The networks as architectures, and their latencies on each device."""

    batch: ArchitectureBatch
    latency: dict[str, Array]
    _pretrained: dict[bool, FGPRegressor] = field(default_factory=dict)

    @cached_property
    def counts(self) -> Array:
        """Number of operators of each kind."""
        return self._summed(np.ones(len(self.batch.ops)))

    @cached_property
    def sums(self) -> Array:
        """The same, and sums of each attribute over the operators of each kind."""
        columns = self.batch.attributes.values()
        return np.hstack([self.counts, *(self._summed(np.nan_to_num(column)) for column in columns)])

    def pretrained(self, *, on_source: bool = False) -> FGPRegressor:
        """A regressor that is pre-trained on all networks, once, since labels play no part in that."""
        if on_source not in self._pretrained:
            proxies = self.latency[SOURCE] if on_source else None
            found = FGPRegressor(random_state=0).fit_pretrain(self.batch, proxies=proxies)
            self._pretrained[on_source] = found
        return self._pretrained[on_source]

    @cached_property
    def of_source(self) -> FlowGaussianProcessRegressor:
        """A process that has learnt all latencies of the source."""
        process = FlowGaussianProcessRegressor(view="cost", random_state=0)
        return process.fit(self.batch, self.latency[SOURCE])

    def total(self, attribute: str) -> Array:
        """Sum of an attribute over all operators."""
        return np.bincount(self.batch.node_owner, np.nan_to_num(self.batch.attributes[attribute]))

    @cached_property
    def sizes(self) -> Array:
        """FLOPs and parameters."""
        return np.stack([self.total("flops"), self.total("parameters")], axis=1)

    def _summed(self, values: Array) -> Array:
        batch = self.batch
        cell = batch.node_owner * len(batch.vocabulary) + batch.ops
        found = np.bincount(cell, values, len(batch) * len(batch.vocabulary)).reshape(len(batch), -1)
        return found[:, found.any(axis=0)]


Scores = Callable[[Known, Array, Array, int], Array]  # networks, labels, positions of the known ones, seed


class Row(NamedTuple):
    """A predictor, and where the page has it."""

    scores: Scores
    labels: tuple[int, ...] = (20, 50)
    devices: tuple[str, ...] = tuple(DEVICES)


def on_columns(make: Callable[[int], Any], columns: str) -> Row:
    """A regressor of scikit-learn on numbers of each network."""

    def scores(known: Known, y: Array, train: Array, seed: int) -> Array:
        X = getattr(known, columns)
        return make(seed).fit(X[train], y[train]).predict(X)

    return Row(scores)


def process(view: str) -> Scores:
    """The Gaussian process, which also sees networks that were not measured."""

    def scores(known: Known, y: Array, train: Array, seed: int) -> Array:
        found = FlowGaussianProcessRegressor(view=view, random_state=seed)
        return found.fit(known.batch[train], y[train], X_unlabeled=known.batch).predict(known.batch)

    return scores


def supervised(known: Known, y: Array, train: Array, seed: int) -> Array:
    """Network and process without pre-training."""
    X = GraphTensorizer().fit_transform(known.batch)  # knows all operations
    return FGPRegressor(random_state=seed).fit(X[train], y[train]).predict(X)


def pretrained(known: Known, y: Array, train: Array, seed: int) -> Array:
    """The default regressor."""
    return known.pretrained().fit(known.batch[train], y[train]).predict(known.batch)


# ------------------------------------------------------------------ with latencies of another device


class OfSource(TransformerMixin, BaseEstimator):
    """Logarithm of the latency that a fitted process predicts for the source: a block of another process."""

    def __init__(self, process: Any) -> None:
        self.process = process

    def fit(self, X: Any, y: Any = None) -> OfSource:
        return self

    def transform(self, X: Any) -> Array:
        return np.log(np.maximum(self.process.predict(X), 1e-3))[:, None]

    def get_feature_names_out(self, input_features: Any = None) -> Array:
        return np.array(["source"], dtype=object)


def as_block(known: Known, y: Array, train: Array, seed: int) -> Array:
    """A process that has learnt the source gives the process of the new device a block."""
    block = OfSource(FrozenEstimator(known.of_source))
    found = FlowGaussianProcessRegressor(view="cost", features=[block], random_state=seed)
    return found.fit(known.batch[train], y[train], X_unlabeled=known.batch).predict(known.batch)


def ratio(known: Known, y: Array, train: Array, seed: int) -> Array:
    """The process predicts how many times slower the new device is."""
    X, source = known.batch, known.latency[SOURCE]
    process = FlowGaussianProcessRegressor(view="cost", random_state=seed)
    process.fit(X[train], np.log(y[train] / source[train]), X_unlabeled=X)
    return np.log(source) + process.predict(X)


def as_proxy(known: Known, y: Array, train: Array, seed: int) -> Array:
    """The network is pre-trained to rank by the source."""
    return known.pretrained(on_source=True).fit(known.batch[train], y[train]).predict(known.batch)


def as_target(known: Known, y: Array, train: Array, seed: int) -> Array:
    """The network learns both devices together."""
    both = np.stack([y, known.latency[SOURCE]], axis=1)
    return known.pretrained().fit(known.batch[train], both[train]).predict(known.batch)[:, 0]


def of_target(scores: Scores) -> Row:
    """A row for the new device alone."""
    return Row(scores, (10, 20, 50), (TARGET,))


def ridge(seed: int) -> Any:
    """Ridge on standardised columns, with a penalty by cross-validation."""
    return make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 5, 17)))


def forest(seed: int) -> Any:
    """Scikit-learn's defaults."""
    return RandomForestRegressor(random_state=seed)


ROWS: dict[str, Row] = {
    "FLOPs alone": Row(lambda known, y, train, seed: known.total("flops")),
    "parameters alone": Row(lambda known, y, train, seed: known.total("parameters")),
    "ridge on FLOPs and parameters": on_columns(ridge, "sizes"),
    "forest on counts of kinds": on_columns(forest, "counts"),
    "forest on counts and sums": on_columns(forest, "sums"),
    "gradient boosting on counts and sums": on_columns(
        lambda seed: GradientBoostingRegressor(random_state=seed), "sums"
    ),
    "ridge on counts and sums": on_columns(ridge, "sums"),
    'flow GP, view="cost"': Row(process("cost"), (10, 20, 50)),
    "flow GP": Row(process("accuracy"), devices=(SOURCE,)),
    "FGP, not pre-trained": Row(supervised, devices=(SOURCE,)),
    "FGP": Row(pretrained, (10, 20, 50)),
    "latency on the first device alone": of_target(lambda known, *_: known.latency[SOURCE]),
    'flow GP, view="cost", on the ratio to the first device': of_target(ratio),
    'flow GP, view="cost", predictions for the first device as a block': of_target(as_block),
    "FGP, first device as a proxy": of_target(as_proxy),
    "FGP, first device as a second target": of_target(as_target),
}
