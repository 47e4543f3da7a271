"""Rows of the accuracy benchmark: predictors by name, each made from a seed."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from scipy.stats import norm, rankdata
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, WhiteKernel
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler

from fgp_sklearn import FGPEncoder, FGPRegressor, FlowGaussianProcessRegressor
from fgp_sklearn.preprocessing import (
    AdjacencyEncoding,
    ArchitectureSimplifier,
    FlowSurrogate,
    PathEncoding,
    PathStatistics,
    WeisfeilerLehmanEncoding,
)


@dataclass(frozen=True)
class Row:
    """A predictor: what makes it from a seed, and what it pre-trains on before it sees a label."""

    make: Callable[[int], Any]
    pretext: str = ""  # "", "flow" or, where networks can be built, "proxies"
    chosen_labels: bool = False  # by `select_diverse` rather than at random

    @cached_property
    def options(self) -> int:
        """Checksum of all parameters, so that results of other ones are not taken for results of these."""
        return _checksum(self.make(0))

    @cached_property
    def pretraining(self) -> tuple[str, int]:
        """Rows for which this is the same can share one pre-trained encoder a seed."""
        made = self.make(0)
        alone = self.pretext and isinstance(made, FGPRegressor)
        return self.pretext, _checksum(made.encoder) if alone else self.options


def _checksum(estimator: Any) -> int:
    with config_context(print_changed_only=False):
        text = estimator.__repr__(N_CHAR_MAX=10**6)
    return zlib.crc32(re.sub(r" at 0x\w+", "", text).encode())


def on_ranks(*steps: Any) -> Any:
    """A pipeline that learns the normal scores of accuracies: raw ones would be a handicap."""
    *features, regressor = steps
    ranked = TransformedTargetRegressor(
        regressor, func=normal_scores, inverse_func=np.asarray, check_inverse=False
    )
    return make_pipeline(*features, ranked)


def normal_scores(y: Any) -> Any:
    """Normal quantiles of the ranks."""
    return norm.ppf((rankdata(y, axis=0) - 0.5) / len(y))


def process(kernel: Any) -> GaussianProcessRegressor:
    """A Gaussian process with noise."""
    return GaussianProcessRegressor(ConstantKernel() * kernel + WhiteKernel(0.1, (1e-3, 10)))


def rbf_process() -> GaussianProcessRegressor:
    """An isotropic process with noise."""
    return process(RBF(10.0, (0.1, 1e3)))


def simplifier() -> ArchitectureSimplifier:
    """As in NAS-BOWL; but identities of Macro hold the place of a stage, and stay, or it would rank worse."""
    return ArchitectureSimplifier(identity_ops=["skip_connect", "skip"])


# What a user would pick instead.
OTHERS = {
    "forest on one-hot": Row(
        lambda seed: on_ranks(AdjacencyEncoding(), RandomForestRegressor(random_state=seed))
    ),
    "boosting on one-hot": Row(  # with the default of 20 labels a leaf, 33 labels would make no tree
        lambda seed: on_ranks(
            AdjacencyEncoding(), HistGradientBoostingRegressor(min_samples_leaf=5, random_state=seed)
        )
    ),
    "GP on one-hot": Row(lambda _: on_ranks(AdjacencyEncoding(), StandardScaler(), rbf_process())),
    "GP on paths": Row(lambda _: on_ranks(simplifier(), PathEncoding(), rbf_process())),
    "GP on Weisfeiler-Lehman": Row(
        lambda _: on_ranks(simplifier(), WeisfeilerLehmanEncoding(), Normalizer(), process(DotProduct()))
    ),
    "forest on path statistics": Row(
        lambda seed: on_ranks(PathStatistics(), RandomForestRegressor(random_state=seed))
    ),
    "ridge on surrogate": Row(
        lambda seed: on_ranks(
            FlowSurrogate(n_draws=4, random_state=seed), StandardScaler(), RidgeCV(np.logspace(-2, 4, 13))
        )
    ),
    "flow GP": Row(lambda seed: FlowGaussianProcessRegressor(random_state=seed)),
    "flow GP, both views": Row(lambda seed: FlowGaussianProcessRegressor(view="both", random_state=seed)),
    "flow GP, chosen labels": Row(
        lambda seed: FlowGaussianProcessRegressor(random_state=seed), chosen_labels=True
    ),
}

ENCODERS: dict[str, dict[str, Any]] = {
    "gated GCN": {},
    "GIN": {"backbone": "gin"},
    "DAGNN": {"backbone": "dagnn"},
    "graph transformer": {"backbone": "graph_transformer"},
    "FlowerFormer": {"backbone": "flowerformer"},
    "NN-Former": {"backbone": "nn_former"},
    # Simplified graphs may be larger than those of the labels, for which its layers would be too narrow.
    "MLP": {"backbone": "mlp", "null_ops": (), "identity_ops": ()},
    "gated GCN, not simplified": {"null_ops": (), "identity_ops": ()},
}


def network(pretext: str, encoder: dict[str, Any], **params: Any) -> Row:
    """A row of `FGPRegressor`."""
    return Row(lambda seed: FGPRegressor(FGPEncoder(**encoder), random_state=seed, **params), pretext)


def trainings(encoder: dict[str, Any]) -> dict[str, Row]:
    """One encoder, trained in different ways."""
    return {
        "supervised": network("", encoder),
        "FGP": network("flow", encoder),
        "FGP, network alone": network("flow", encoder, process_weight=0.0),
        "FGP + proxies": network("proxies", encoder),
        "proxies only": network("proxies", {**encoder, "surrogate_weight": 0.0}, process_weight=0.0),
    }


class Ensemble(RegressorMixin, BaseEstimator):
    """Weighted mean of the ranks by several regressors, of which the first ones are pre-trained."""

    def __init__(self, members: tuple[Any, ...], weights: tuple[int, ...], n_pretrained: int) -> None:
        self.members = members
        self.weights = weights
        self.n_pretrained = n_pretrained

    def fit_pretrain(self, X: Any, proxies: Any = None) -> Ensemble:
        for member in self.members[: self.n_pretrained]:
            member.fit_pretrain(X, proxies=proxies)
        return self

    def fit(self, X: Any, y: Any) -> Ensemble:
        self.members_ = [clone(member).fit(X, y) for member in self.members]
        return self

    def predict(self, X: Any) -> Any:
        ranks = [rankdata(member.predict(X)) for member in self.members_]
        return np.average(ranks, axis=0, weights=self.weights)


def three_of_them(seed: int) -> Ensemble:
    """Default regressors, each with a pre-training of its own."""
    members = tuple(FGPRegressor(random_state=3 * seed + i) for i in range(3))
    return Ensemble(members, (1, 1, 1), n_pretrained=3)


def supervised_flowerformer(seed: int) -> FGPRegressor:
    """A network that walks through an architecture as information does, taught by labels alone."""
    return FGPRegressor(FGPEncoder("flowerformer"), random_state=seed)


def with_flowerformer(seed: int) -> Ensemble:
    """The mean of three: network and process of a default regressor, and a supervised FlowerFormer."""
    members = FGPRegressor(random_state=seed), supervised_flowerformer(seed)
    return Ensemble(members, (2, 1), n_pretrained=1)


def process_with_flowerformer(seed: int) -> Ensemble:
    """Nothing is pre-trained."""
    members = FlowGaussianProcessRegressor(random_state=seed), supervised_flowerformer(seed)
    return Ensemble(members, (1, 1), n_pretrained=0)


ROWS: dict[str, Row] = {
    **OTHERS,
    **{
        f"{name}, {training}": row
        for name, encoder in ENCODERS.items()
        for training, row in trainings(encoder).items()
    },
    "gated GCN, FGP, chosen labels": replace(network("flow", {}), chosen_labels=True),
    "gated GCN, FGP + proxies, chosen labels": replace(network("proxies", {}), chosen_labels=True),
    "gated GCN, FGP, three of them": Row(three_of_them, "flow"),
    "gated GCN, FGP, with FlowerFormer": Row(with_flowerformer, "flow"),
    "gated GCN, FGP + proxies, with FlowerFormer": Row(with_flowerformer, "proxies"),
    "gated GCN, FGP + proxies, with FlowerFormer, chosen labels": Row(
        with_flowerformer, "proxies", chosen_labels=True
    ),
    "flow GP, with FlowerFormer": Row(process_with_flowerformer),
}
