"""
Pipelines, cross-validation and searches
========================================

Architectures go where numbers go in scikit-learn: through pipelines, folds and grids.
"""

# %%
# A pipeline
# ----------
# Flows of an architecture are a feature vector, so any regressor can follow. Lists of NetworkX graphs or of
# ``(adjacency, ops)`` pairs would do as well; a batch is quicker to cut into folds.

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline, make_union

from fgp_sklearn import (
    ArchitectureSimplifier,
    FGPEncoder,
    FGPRegressor,
    FlowSurrogate,
    PathStatistics,
)
from fgp_sklearn.datasets import load_nasbench201
from fgp_sklearn.metrics import kendall_tau_scorer
from fgp_sklearn.model_selection import IsomorphismGroupKFold

bench = load_nasbench201()
rows = np.random.default_rng(0).permutation(len(bench.target))
pool = bench.data[rows[:3000]]
X, y = bench.data[rows[:300]], bench.target[rows[:300]]

simplifier = ArchitectureSimplifier(identity_ops=["skip_connect"])
features = make_union(FlowSurrogate(16, random_state=0), PathStatistics())
forest = make_pipeline(simplifier, features, RandomForestRegressor(100, random_state=0))
print(f"forest: {cross_val_score(forest, X, y, cv=5, scoring=kendall_tau_scorer).mean():.3f}")

# %%
# Folds that do not leak
# ----------------------
# Different cells may compute the same, and then have the same accuracy but for noise. Where one is learnt
# from and the other tested on, a predictor need only remember. `IsomorphismGroupKFold` keeps equals together.

for folds in (
    KFold(5, shuffle=True, random_state=0),
    IsomorphismGroupKFold(5, identity_ops=["skip_connect"]),
):
    tau = cross_val_score(forest, X, y, cv=folds, scoring=kendall_tau_scorer)
    print(f"{type(folds).__name__}: {tau.mean():.3f}")

# %%
# Pre-train once
# --------------
# A clone keeps the pre-trained encoder, so every fold and every candidate fine-tunes the same one. It saw no
# labels: nothing leaks.

regressor = FGPRegressor(FGPEncoder(max_epochs=15), random_state=0).fit_pretrain(pool)
search = GridSearchCV(regressor, {"max_epochs": [30, 100]}, cv=3, scoring=kendall_tau_scorer).fit(X, y)
print(search.best_params_, f"{search.best_score_:.3f}")

# %%
# Or take the encoder alone, as a transformer.

embeddings = make_pipeline(
    FrozenEstimator(regressor.pretrained_encoder_), RandomForestRegressor(100, random_state=0)
)
tau = cross_val_score(embeddings, X, y, cv=5, scoring=kendall_tau_scorer)
print(f"forest on embeddings: {tau.mean():.3f}")
