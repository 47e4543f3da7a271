"""
Pipelines and cross-validation
==============================

Transformers and estimators of this library are those of scikit-learn: they stand in pipelines, and are
cross-validated and searched like any other. One thing is different about architectures, and it makes scores
too good: many of them are the same in disguise.
"""

# %%
# A pipeline
# ----------
# The surrogate makes a matrix of architectures, and behind it comes whatever you like. 300 cells of
# NAS-Bench-201 are labelled. Scores are Kendall's tau, for which there is a scorer.

import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern, WhiteKernel
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fgp_sklearn import FlowSurrogate
from fgp_sklearn.datasets import load_nasbench201
from fgp_sklearn.metrics import kendall_tau_scorer
from fgp_sklearn.model_selection import IsomorphismGroupKFold

bench = load_nasbench201()
order = np.random.default_rng(0).permutation(len(bench.target))
X, y = bench.data[order[:300]], bench.target[order[:300]]

kernel = Matern(length_scale=10, nu=2.5) + WhiteKernel(0.1)
pipeline = make_pipeline(
    FlowSurrogate(random_state=0), StandardScaler(), GaussianProcessRegressor(kernel, normalize_y=True)
)
scores = cross_val_score(pipeline, X, y, cv=IsomorphismGroupKFold(), scoring=kendall_tau_scorer)
print(f"{scores.mean():.3f} ± {scores.std(ddof=1):.3f}")
pipeline

# %%
# Why not plain folds?
# --------------------
# Cells that compute the same have nearly the same accuracy. If one of them is in the training folds and
# another one in the test fold, a predictor need only remember it. ``IsomorphismGroupKFold`` keeps them
# together. How much it matters depends on how much of the space is labelled: here are 300 cells, then all
# 15,625, ranked by their five nearest neighbours.

from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsRegressor

from fgp_sklearn import ArchitectureSimplifier, PathStatistics

neighbours = make_pipeline(PathStatistics(), StandardScaler(), KNeighborsRegressor())
simplifier = ArchitectureSimplifier(identity_ops=["skip_connect"])
for n in (300, len(order)):
    cells, accuracies = bench.data[order[:n]], bench.target[order[:n]]
    plain = cross_val_score(neighbours, cells, accuracies, cv=KFold(5), scoring=kendall_tau_scorer)
    grouped = cross_val_score(
        neighbours, cells, accuracies, cv=IsomorphismGroupKFold(), scoring=kendall_tau_scorer
    )
    different = simplifier.duplicates(cells).max() + 1
    print(f"{n:6d} cells, {different:5d} different: plain {plain.mean():.3f}, grouped {grouped.mean():.3f}")

# %%
# Search
# ------
# Parameters of the transformer are searched together with those of the regressor. The folds of the search
# are grouped, too.

from sklearn.model_selection import GridSearchCV

search = GridSearchCV(
    pipeline,
    {
        "flowsurrogate__n_draws": [1, 4],
        "flowsurrogate__pooling": ["sources", "ends"],
        "flowsurrogate__activation": ["relu", "tanh"],
    },
    scoring=kendall_tau_scorer,
    cv=IsomorphismGroupKFold(3),
).fit(X, y)
for rank in np.argsort(search.cv_results_["rank_test_score"]):
    mean, std = (search.cv_results_[key][rank] for key in ("mean_test_score", "std_test_score"))
    print(f"{mean:.3f} ± {std:.3f}", search.cv_results_["params"][rank])

# %%
# The two activations differ. Most other differences are smaller than those between folds: do not read much
# into their order.
#
# Blocks side by side
# -------------------
# A ``FeatureUnion`` joins what several transformers see. More is not better by itself:

from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_union

from fgp_sklearn.proxies import StructuralProxies

blocks = {
    "paths": PathStatistics(),
    "paths, flow": [PathStatistics(), FlowSurrogate(random_state=0)],
    "paths, flow, costs": [PathStatistics(), FlowSurrogate(random_state=0), StructuralProxies()],
}

for name, members in blocks.items():
    union = make_union(*members) if isinstance(members, list) else members
    forest = make_pipeline(union, RandomForestRegressor(random_state=0))
    scores = cross_val_score(forest, X, y, cv=IsomorphismGroupKFold(), scoring=kendall_tau_scorer)
    print(f"forest on {name:19} {scores.mean():.3f} ± {scores.std(ddof=1):.3f}")

# %%
# The ranking
# -----------
# The refitted search predicts like any estimator. The cells below are new, but equals of labelled ones may
# be among them: when you rank a space, that is what you want.

from fgp_sklearn.plotting import RankDisplay

others = order[300:3300]
RankDisplay.from_estimator(search, bench.data[others], bench.target[others], top=0.05)
