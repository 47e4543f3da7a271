"""Rows of the accuracy benchmark: predictors by name, each made from a seed."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from _spaces import BUILDERS, FAMILIES, NAMES, SHARES
from scipy.stats import norm, rankdata
from sklearn import config_context
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor, VotingRegressor
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

FEWEST = SHARES[:1]
CHOSEN_ON = ("nasbench201", "cora")  # where the library's defaults were chosen
PAPERS = ("nasbench201", "nasbench101")
SMALL = tuple(name for name in NAMES if name != "nasbench101-whole")


@dataclass(frozen=True)
class Row:
    """A predictor: what makes it from a seed, and what it pre-trains on before it sees a label."""

    make: Callable[[int], Any]
    pretext: str = ""  # "", "flow" or, where networks can be built, "proxies"
    chosen_labels: bool = False  # by `select_diverse` rather than at random
    spaces: tuple[str, ...] = NAMES
    shares: tuple[str, ...] = SHARES

    def belongs_in(self, space: str, share: str) -> bool:
        """Whether the page has this row for a space and a share of labels."""
        measurable = self.pretext != "proxies" or FAMILIES[space] in BUILDERS
        return measurable and space in self.spaces and share in self.shares

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
    "flow GP, both views": Row(
        lambda seed: FlowGaussianProcessRegressor(view="both", random_state=seed), shares=FEWEST
    ),
    "flow GP, chosen labels": Row(
        lambda seed: FlowGaussianProcessRegressor(random_state=seed), chosen_labels=True, shares=FEWEST
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
# Where the rows of encoders are run; the others on one space, with the fewest labels.
WIDELY: dict[str, dict[str, Any]] = {
    "gated GCN, supervised": {},
    "gated GCN, FGP": {},
    "gated GCN, FGP + proxies": {"spaces": SMALL},
    "gated GCN, FGP, network alone": {"shares": FEWEST},
    "gated GCN, proxies only": {"spaces": (*PAPERS, "cora"), "shares": FEWEST},
    "GIN, supervised": {"spaces": CHOSEN_ON, "shares": FEWEST},
    "GIN, FGP": {"spaces": CHOSEN_ON, "shares": FEWEST},
    "FlowerFormer, supervised": {"shares": FEWEST},
    "FlowerFormer, FGP": {"spaces": SMALL, "shares": FEWEST},
    "FlowerFormer, FGP + proxies": {"spaces": SMALL, "shares": FEWEST},
    "NN-Former, supervised": {"spaces": CHOSEN_ON, "shares": FEWEST},
    "NN-Former, FGP": {"spaces": CHOSEN_ON, "shares": FEWEST},
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


def of_encoders() -> Iterator[tuple[str, Row]]:
    """Each encoder, trained in each way, on one space where nothing else is said."""
    for name, encoder in ENCODERS.items():
        for training, row in trainings(encoder).items():
            title = f"{name}, {training}"
            yield title, replace(row, **WIDELY.get(title, {"spaces": CHOSEN_ON[:1], "shares": FEWEST}))


class Ensemble(VotingRegressor):
    """Weighted mean of the predictions by several regressors, of which the first ones are pre-trained."""

    def __init__(self, estimators: Any, *, weights: Any, n_pretrained: int) -> None:
        super().__init__(estimators, weights=weights)
        self.n_pretrained = n_pretrained

    def fit_pretrain(self, X: Any, proxies: Any = None) -> Ensemble:
        for _, member in self.estimators[: self.n_pretrained]:
            member.fit_pretrain(X, proxies=proxies)
        return self


def three_of_them(seed: int) -> Ensemble:
    """Default regressors, each with a pre-training of its own."""
    members = [(f"regressor{i}", FGPRegressor(random_state=3 * seed + i)) for i in range(3)]
    return Ensemble(members, weights=None, n_pretrained=3)


def with_flowerformer(member: Any, seed: int, *, weight: float, n_pretrained: int) -> Ensemble:
    """Beside a network that walks through an architecture as information does, taught by labels alone."""
    walker = FGPRegressor(FGPEncoder("flowerformer"), random_state=seed)
    members = [("member", member), ("walker", walker)]
    return Ensemble(members, weights=[weight, 1], n_pretrained=n_pretrained)


def fgp_with_flowerformer(seed: int) -> Ensemble:
    """The mean of three: network and process of a default regressor, and the other network."""
    return with_flowerformer(FGPRegressor(random_state=seed), seed, weight=2, n_pretrained=1)


def process_with_flowerformer(seed: int) -> Ensemble:
    """Nothing is pre-trained."""
    process = FlowGaussianProcessRegressor(random_state=seed)
    return with_flowerformer(process, seed, weight=1, n_pretrained=0)


ROWS: dict[str, Row] = {
    **OTHERS,
    **dict(of_encoders()),
    "gated GCN, FGP, chosen labels": replace(network("flow", {}), chosen_labels=True, shares=SHARES[:2]),
    **{
        f"{name}, FGP + proxies, chosen labels": replace(
            network("proxies", ENCODERS[name]), chosen_labels=True, spaces=PAPERS, shares=SHARES[:2]
        )
        for name in ("gated GCN", "FlowerFormer")
    },
    "gated GCN, FGP, 200 epochs": replace(network("flow", {}, max_epochs=200, lr=1e-3), shares=FEWEST),
    "gated GCN, FGP, three of them": Row(three_of_them, "flow", spaces=CHOSEN_ON, shares=FEWEST),
    "gated GCN, FGP, with FlowerFormer": Row(fgp_with_flowerformer, "flow", shares=FEWEST),
    "gated GCN, FGP + proxies, with FlowerFormer": Row(
        fgp_with_flowerformer, "proxies", spaces=PAPERS, shares=FEWEST
    ),
    "gated GCN, FGP + proxies, with FlowerFormer, chosen labels": Row(
        fgp_with_flowerformer, "proxies", chosen_labels=True, spaces=PAPERS, shares=FEWEST
    ),
    "flow GP, with FlowerFormer": Row(process_with_flowerformer, shares=FEWEST),
}
