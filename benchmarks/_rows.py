"""Rows of the accuracy benchmark: predictors by name, each made from a seed."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from _layer_encoding import LayerEncoding
from _plain_recipe import PlainRecipe, RecipeColumns
from _published import BLOCKS as PUBLISHED_OF_BLOCKS
from _published import CELLS as PUBLISHED_OF_CELLS
from _published import WITH_POOL as PUBLISHED_WITH_POOL
from _regressors import boosting, columns, on_ranks, process, rbf_process, simplifier
from _spaces import BUILDERS, FAMILIES, FEW, GPT, LABELS, NAMES, TRANSNAS
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.ensemble import RandomForestRegressor, VotingRegressor
from sklearn.gaussian_process.kernels import DotProduct
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import Normalizer, StandardScaler

from fgp_sklearn import FGPEncoder, FGPRegressor, FlowGaussianProcessRegressor
from fgp_sklearn.preprocessing import (
    AdjacencyEncoding,
    FlowSurrogate,
    PathEncoding,
    PathStatistics,
    WeisfeilerLehmanEncoding,
)

CHOSEN_ON = ("nasbench201", "cora")  # where the library's defaults were chosen
PAPERS = ("nasbench201", "nasbench101")
# NAS-Bench-201, and the spaces where a FlowerFormer learns more from labels than the pre-trained network
TAUGHT = (*PAPERS, "nasbench101-whole", "arxiv")
BLOCKS = (*TRANSNAS, *GPT)  # networks as chains of blocks
CELLS = tuple(name for name in NAMES if name not in BLOCKS)
NEW = ("nasbench301", *BLOCKS)
FIRST = tuple(name for name in NAMES if name not in NEW)
RECIPE = ("macro", *NEW)
SMALL = tuple(name for name in FIRST if name != "nasbench101-whole")
FEW_IN = (*SMALL, "nasbench301")  # where rows of cells also learn from 8, 20 and 40 labels


@dataclass(frozen=True)
class Row:
    """A predictor: what makes it from a seed, and what it pre-trains on before it sees a label."""

    make: Callable[[int], Any]
    pretext: str = ""  # "", "flow" or, where networks can be built, "proxies"
    chosen_labels: bool = False  # by `select_diverse` rather than at random
    spaces: tuple[str, ...] = NAMES
    n_shares: int | None = None  # how many numbers of labels, from the fewest
    few: tuple[str, ...] = ()  # spaces in which the row also learns from 8, 20 and 40 labels
    pool_in: tuple[str, ...] = ()  # spaces in which `fit` also gets all architectures without labels

    def belongs_in(self, space: str, share: str) -> bool:
        """Whether the page has this row for a space and a number of labels."""
        measurable = self.pretext != "proxies" or FAMILIES[space] in BUILDERS
        shares = (*tuple(LABELS[FAMILIES[space]])[: self.n_shares], *(FEW if space in self.few else ()))
        return measurable and space in self.spaces and share in shares

    @cached_property
    def options(self) -> int:
        """Checksum of parameters, so that results of other ones are not taken for results of these."""
        return _checksum(self.make(0))

    @cached_property
    def depends_on_seed(self) -> bool:
        """Whether nine runs are more than three, each counted three times."""
        return self.chosen_labels or self.options != _checksum(self.make(1))

    @cached_property
    def pretraining(self) -> tuple[str, int]:
        """Rows for which this is the same can share one pre-trained encoder a seed."""
        made = self.make(0)
        alone = self.pretext and isinstance(made, FGPRegressor)
        return self.pretext, _checksum(made.encoder) if alone else self.options


def _checksum(estimator: Any) -> int:
    """Of all parameters but those that say where an architecture has its operations and attributes."""
    with config_context(print_changed_only=False):
        text = estimator.__repr__(N_CHAR_MAX=10**6)
    return zlib.crc32(re.sub(r" at 0x\w+|\b(op_attr|attributes)=[^,()]+(, *)?|\s+", "", text).encode())


# What a user would pick instead: first for cells, then for chains of blocks.
OTHERS = {
    "forest on one-hot": Row(
        lambda seed: on_ranks(AdjacencyEncoding(), RandomForestRegressor(random_state=seed)),
        spaces=CELLS,
        few=FEW_IN,
    ),
    "boosting on one-hot": Row(
        lambda seed: on_ranks(AdjacencyEncoding(), boosting(seed)),
        spaces=CELLS,
        few=FEW_IN,
    ),
    "GP on one-hot": Row(
        lambda _: on_ranks(AdjacencyEncoding(), StandardScaler(), rbf_process()), spaces=CELLS, few=FEW_IN
    ),
    "GP on paths": Row(
        lambda _: on_ranks(simplifier(), PathEncoding(), rbf_process()), spaces=CELLS, few=FEW_IN
    ),
    "GP on Weisfeiler-Lehman": Row(
        lambda _: on_ranks(simplifier(), WeisfeilerLehmanEncoding(), Normalizer(), process(DotProduct())),
        spaces=CELLS,
        few=FEW_IN,
    ),
    "forest on path statistics": Row(
        lambda seed: on_ranks(PathStatistics(), RandomForestRegressor(random_state=seed)),
        spaces=CELLS,
        few=FEW_IN,
    ),
    "ridge on surrogate": Row(
        lambda seed: on_ranks(
            FlowSurrogate(n_draws=4, random_state=seed), StandardScaler(), RidgeCV(np.logspace(-2, 4, 13))
        ),
        spaces=CELLS,
        few=FEW_IN,
    ),
    "forest on one-hot layers": Row(
        lambda seed: on_ranks(LayerEncoding(one_hot=True), RandomForestRegressor(random_state=seed)),
        spaces=BLOCKS,
    ),
    "boosting on layers": Row(
        lambda seed: on_ranks(LayerEncoding(one_hot=False), boosting(seed)), spaces=BLOCKS
    ),
    "GP on one-hot layers": Row(
        lambda _: on_ranks(LayerEncoding(one_hot=True), StandardScaler(), rbf_process()), spaces=BLOCKS
    ),
    "GP on layers": Row(  # without attributes it is the one before
        lambda _: on_ranks(LayerEncoding(one_hot=False), StandardScaler(), rbf_process()), spaces=tuple(GPT)
    ),
    "forest on the recipe's columns": Row(
        lambda seed: on_ranks(RecipeColumns(), columns(), RandomForestRegressor(random_state=seed)),
        spaces=RECIPE,
    ),
    "boosting on the recipe's columns": Row(
        lambda seed: on_ranks(RecipeColumns(), columns(), boosting(seed)), spaces=RECIPE
    ),
    "plain recipe": Row(lambda _: PlainRecipe(), spaces=RECIPE, pool_in=RECIPE),
    "plain recipe + trees": Row(
        lambda seed: PlainRecipe(trees=True, random_state=seed), spaces=RECIPE, pool_in=RECIPE
    ),
    **{name: Row(make, spaces=CELLS, few=FEW_IN) for name, make in PUBLISHED_OF_CELLS.items()},
    **{
        name: Row(make, spaces=PAPERS, n_shares=1, pool_in=PAPERS)
        for name, make in PUBLISHED_WITH_POOL.items()
    },
    **{name: Row(make, spaces=tuple(TRANSNAS)) for name, make in PUBLISHED_OF_BLOCKS.items()},
    "flow GP": Row(lambda seed: FlowGaussianProcessRegressor(random_state=seed), pool_in=NEW, few=FEW_IN),
    "flow GP, both views": Row(
        lambda seed: FlowGaussianProcessRegressor(view="both", random_state=seed), spaces=FIRST, n_shares=1
    ),
    "flow GP, chosen labels": Row(
        lambda seed: FlowGaussianProcessRegressor(random_state=seed),
        chosen_labels=True,
        spaces=FIRST,
        n_shares=1,
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
    "gated GCN, FGP, fast effort": {"spaces": CELLS, "few": FEW_IN},
    "gated GCN, FGP + proxies, fast effort": {"spaces": SMALL},
    "gated GCN, FGP, network alone": {"spaces": FIRST, "n_shares": 1},
    "gated GCN, proxies only": {"spaces": (*PAPERS, "cora"), "n_shares": 1},
    "GIN, supervised": {"spaces": CHOSEN_ON, "n_shares": 1},
    "GIN, FGP": {"spaces": CHOSEN_ON, "n_shares": 1},
    "FlowerFormer, supervised": {"spaces": FIRST, "n_shares": 1},
    "FlowerFormer, FGP": {"spaces": SMALL, "n_shares": 1},
    "FlowerFormer, FGP + proxies": {"spaces": SMALL, "n_shares": 1},
    "NN-Former, supervised": {"spaces": CHOSEN_ON, "n_shares": 1},
    "NN-Former, FGP": {"spaces": CHOSEN_ON, "n_shares": 1},
}


def network(pretext: str, encoder: dict[str, Any], **params: Any) -> Row:
    """A row of `FGPRegressor`."""
    return Row(lambda seed: FGPRegressor(FGPEncoder(**encoder), random_state=seed, **params), pretext)


def trainings(encoder: dict[str, Any]) -> dict[str, Row]:
    """One encoder, trained in different ways. Pre-trained ones have no second network beside it."""
    return {
        "supervised": network("", encoder),
        "FGP": network("flow", encoder, effort="fast"),
        "FGP, network alone": network("flow", encoder, process_weight=0.0),
        "FGP + proxies": network("proxies", encoder, effort="fast"),
        "proxies only": network("proxies", {**encoder, "surrogate_weight": 0.0}, process_weight=0.0),
    }


def of_encoders() -> Iterator[tuple[str, Row]]:
    """Each encoder, trained in each way, on one space where nothing else is said."""
    for name, encoder in ENCODERS.items():
        for training, row in trainings(encoder).items():
            blended = name == "gated GCN" and training in ("FGP", "FGP + proxies")
            title = f"{name}, {training}, fast effort" if blended else f"{name}, {training}"
            yield title, replace(row, **WIDELY.get(title, {"spaces": CHOSEN_ON[:1], "n_shares": 1}))


class Ensemble(VotingRegressor):
    """Weighted mean of the predictions by several regressors, of which the first ones are pre-trained."""

    def __init__(self, estimators: Any, *, weights: Any, n_pretrained: int) -> None:
        super().__init__(estimators, weights=weights)
        self.n_pretrained = n_pretrained

    def fit_pretrain(self, X: Any, proxies: Any = None) -> Ensemble:
        for _, member in self.estimators[: self.n_pretrained]:
            member.fit_pretrain(X, proxies=proxies)
        return self


class Distilled(RegressorMixin, BaseEstimator):
    """The network of a regressor alone, taught by the regressor's predictions for part of the pool."""

    def __init__(self, teacher: FGPRegressor, *, n_taught: int = 2000, random_state: int = 0) -> None:
        self.teacher = teacher
        self.n_taught = n_taught
        self.random_state = random_state

    def fit_pretrain(self, X: Any, proxies: Any = None) -> Distilled:
        self.teacher.fit_pretrain(X, proxies=proxies)
        return self

    def fit(self, X: Any, y: Any, X_unlabeled: Any) -> Distilled:
        self.teacher.fit(X, y)
        rows = np.random.default_rng(self.random_state).permutation(len(X_unlabeled))[: self.n_taught]
        taught = X_unlabeled[np.sort(rows)]
        student = clone(self.teacher).set_params(process_weight=0.0, max_epochs=20, batch_size=32)
        self.student_ = student.fit(taught, self.teacher.predict(taught))
        return self

    def predict(self, X: Any) -> Any:
        return self.student_.predict(X)


def three_of_them(seed: int) -> Ensemble:
    """Regressors with one network, each with a pre-training of its own."""
    members = [(f"regressor{i}", FGPRegressor(effort="fast", random_state=3 * seed + i)) for i in range(3)]
    return Ensemble(members, weights=None, n_pretrained=3)


def with_flowerformer(member: Any, seed: int, *, weight: float, n_pretrained: int) -> Ensemble:
    """Beside a network that walks through an architecture as information does, taught by labels alone."""
    walker = FGPRegressor(FGPEncoder("flowerformer"), random_state=seed)
    members = [("member", member), ("walker", walker)]
    return Ensemble(members, weights=[weight, 1], n_pretrained=n_pretrained)


def fgp_with_flowerformer(seed: int) -> Ensemble:
    """The mean of three: network and process of one regressor, and the network of another."""
    return with_flowerformer(FGPRegressor(effort="fast", random_state=seed), seed, weight=2, n_pretrained=1)


def process_with_flowerformer(seed: int) -> Ensemble:
    """Nothing is pre-trained."""
    process = FlowGaussianProcessRegressor(random_state=seed)
    return with_flowerformer(process, seed, weight=1, n_pretrained=0)


ROWS: dict[str, Row] = {
    **OTHERS,
    **dict(of_encoders()),
    "gated GCN, FGP": replace(network("flow", {}), few=FEW_IN),
    "gated GCN, FGP + proxies": replace(network("proxies", {}), spaces=SMALL),
    "gated GCN, FGP, chosen labels": replace(
        network("flow", {}), chosen_labels=True, spaces=(*PAPERS, "arxiv"), n_shares=1
    ),
    "gated GCN, FGP, fast effort, chosen labels": replace(
        network("flow", {}, effort="fast"), chosen_labels=True, spaces=FIRST, n_shares=2
    ),
    **{
        f"{name}, FGP + proxies, {training}": replace(
            network("proxies", ENCODERS[name], effort="fast"), chosen_labels=True, spaces=PAPERS, n_shares=2
        )
        for name, training in (
            ("gated GCN", "fast effort, chosen labels"),
            ("FlowerFormer", "chosen labels"),
        )
    },
    "gated GCN, FGP, best effort": replace(
        network("flow", {}, effort="best"),
        spaces=(*CHOSEN_ON, "nasbench101", "macro", "arxiv"),
        n_shares=1,
    ),
    "gated GCN, distilled": Row(
        lambda seed: Distilled(FGPRegressor(random_state=seed), random_state=seed),
        "flow",
        spaces=TAUGHT,
        n_shares=1,
        pool_in=TAUGHT,
    ),
    "gated GCN, FGP, fast effort, 200 epochs": replace(
        network("flow", {}, effort="fast", max_epochs=200, lr=1e-3), spaces=FIRST, n_shares=1
    ),
    "gated GCN, FGP, three of them": Row(three_of_them, "flow", spaces=CHOSEN_ON, n_shares=1),
    "gated GCN, FGP, with FlowerFormer": Row(fgp_with_flowerformer, "flow", spaces=FIRST, n_shares=1),
    "gated GCN, FGP + proxies, with FlowerFormer": Row(
        fgp_with_flowerformer, "proxies", spaces=PAPERS, n_shares=1
    ),
    "gated GCN, FGP + proxies, with FlowerFormer, chosen labels": Row(
        fgp_with_flowerformer, "proxies", chosen_labels=True, spaces=PAPERS, n_shares=1
    ),
    "flow GP, with FlowerFormer": Row(process_with_flowerformer, spaces=FIRST, n_shares=1),
}
