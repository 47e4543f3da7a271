"""Predictors of others, by their published definitions: names, and what makes each from a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from _graf_features import GrafFeatures, RunningSwitches
from _networks_of_others import MLPEnsemble
from _regressors import boosting, on_ranks, rbf_process, simplifier
from _seminas import SemiNAS
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import BayesianRidge
from sklearn.preprocessing import StandardScaler

from fgp_sklearn.preprocessing import AdjacencyEncoding, PathEncoding

Make = Callable[[int], Any]


def lightgbm(seed: int) -> Any:
    """The parameters of Luo et al., "Neural Architecture Search with GBDT", 2020, which NASLib uses."""
    from lightgbm import LGBMRegressor

    return LGBMRegressor(
        n_estimators=500,
        learning_rate=0.05,
        min_child_samples=5,
        colsample_bytree=0.9,
        subsample=0.8,
        subsample_freq=5,
        random_state=seed,
        n_jobs=1,
        verbose=-1,
    )


def of_graf(features: Callable[[], list[Any]]) -> Iterator[tuple[str, Make]]:
    """A forest, boosting and a process on the same features."""
    yield "forest", lambda seed: on_ranks(*features(), RandomForestRegressor(random_state=seed))
    yield "boosting", lambda seed: on_ranks(*features(), boosting(seed))
    yield "GP", lambda _: on_ranks(*features(), StandardScaler(), rbf_process())


def paths() -> list[Any]:
    """Paths of simplified cells, as for the process on paths."""
    return [simplifier(), PathEncoding()]


CELLS: dict[str, Make] = {
    **{f"GRAF, {name}": make for name, make in of_graf(lambda: [GrafFeatures()])},
    **{
        f"GRAF of functional graphs, {name}": make
        for name, make in of_graf(lambda: [simplifier(), GrafFeatures()])
    },
    "LightGBM on one-hot": lambda seed: on_ranks(AdjacencyEncoding(), lightgbm(seed)),
    "LightGBM on paths": lambda seed: on_ranks(*paths(), lightgbm(seed)),
    "Bayesian ridge on one-hot": lambda _: on_ranks(AdjacencyEncoding(), BayesianRidge()),
    "Bayesian ridge on paths": lambda _: on_ranks(*paths(), BayesianRidge()),
    "BANANAS": lambda seed: on_ranks(*paths(), MLPEnsemble(random_state=seed)),
}
#: Their `fit` also gets all architectures without labels.
WITH_POOL: dict[str, Make] = {"SemiNAS": lambda seed: SemiNAS(random_state=seed)}
BLOCKS: dict[str, Make] = {
    f"GRAF of modules, {name}": make for name, make in of_graf(lambda: [RunningSwitches()])
}
