"""
Pipelines and cross-validation
==============================

How do you cross-validate a ranking with scikit-learn? Transformers and
regressors of this library work in pipelines, cross-validation and grid
search. Two things are different for architectures: a ranking needs a ranking
score, and some architectures compute the same function and must stay in one
fold. This example shows both.
"""

# %%
# A pipeline
# ----------
# ``FlowSurrogate`` makes a matrix of architectures, and any regressor of
# scikit-learn can follow. By default, scikit-learn scores a regressor by R².
# To compare rankings, pass ``scoring=kendall_tau_scorer``. The data are 300
# cells of NAS-Bench-201.

# sphinx_gallery_thumbnail_path = "thumbnails/plot_pipeline.svg"
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
    FlowSurrogate(random_state=0),
    StandardScaler(),
    GaussianProcessRegressor(kernel, normalize_y=True),
)


def taus(regressor, cells, accuracies, cv):
    """Kendall's tau of each fold."""
    return cross_val_score(
        regressor, cells, accuracies, cv=cv, scoring=kendall_tau_scorer
    )


scores = taus(pipeline, X, y, IsomorphismGroupKFold())
print(f"{scores.mean():.3f} ± {scores.std(ddof=1):.3f}")
pipeline

# %%
# Why not plain folds?
# --------------------
# Cells that compute the same function have nearly the same accuracy. If one
# of them is in the training folds and another one in the test fold, a
# predictor needs only to remember it. ``IsomorphismGroupKFold`` keeps such
# cells in one fold. It matters more if more of the space has labels: this
# cell compares 300 cells with all 15,625, ranked by their nearest neighbours.

from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsRegressor

from fgp_sklearn import ArchitectureSimplifier, PathStatistics

neighbours = make_pipeline(
    PathStatistics(), StandardScaler(), KNeighborsRegressor()
)
simplifier = ArchitectureSimplifier(identity_ops=["skip_connect"])
for n in (300, len(order)):
    cells, accuracies = bench.data[order[:n]], bench.target[order[:n]]
    plain = taus(neighbours, cells, accuracies, KFold(5)).mean()
    folds = IsomorphismGroupKFold()
    grouped = taus(neighbours, cells, accuracies, folds).mean()
    different = simplifier.duplicates(cells).max() + 1
    print(f"{n:6d} cells, {different:5d} different: ", end="")
    print(f"plain folds {plain:.3f}, grouped folds {grouped:.3f}")

# %%
# Grid search
# -----------
# ``GridSearchCV`` searches parameters of the transformer and of the regressor
# together. Pass the ranking score and the grouped folds to it as well.

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
results = search.cv_results_
print("tau            activation, n_draws, pooling")
for place in np.argsort(results["rank_test_score"]):
    mean = results["mean_test_score"][place]
    std = results["std_test_score"][place]
    print(f"{mean:.3f} ± {std:.3f} ", *results["params"][place].values())

# %%
# One draw is ahead of four here. Most other differences are smaller than those
# between folds, so their order says little.
#
# Features side by side
# ---------------------
# A ``FeatureUnion`` joins the columns of several transformers. More columns
# are not always better:

from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_union

from fgp_sklearn.proxies import StructuralProxies

blocks = {
    "paths": PathStatistics(),
    "flow": FlowSurrogate(random_state=0),
    "costs": StructuralProxies(),
}
names = list(blocks)
for n in (1, 2, 3):
    union = make_union(*(blocks[name] for name in names[:n]))
    forest = make_pipeline(union, RandomForestRegressor(random_state=0))
    scores = taus(forest, X, y, IsomorphismGroupKFold())
    print(f"forest on {', '.join(names[:n]):18}", end=" ")
    print(f"{scores.mean():.3f} ± {scores.std(ddof=1):.3f}")

# %%
# The ranking
# -----------
# The refitted search predicts like any estimator. These 3,000 cells are new,
# but some may compute the same function as a labelled one. When you rank a
# space, that is what you want.

from fgp_sklearn.plotting import RankDisplay

others = order[300:3300]
display = RankDisplay.from_estimator(
    search, bench.data[others], bench.target[others], top=0.05
)
_ = display.ax_.set_title("Ranking of 3,000 new cells")

# %%
# What to try next
# ----------------
# * Compare the estimators of this library with plain regressors in one call:
#   :func:`fgp_sklearn.model_selection.compare`.
# * Replace the grid by an Optuna study:
#   :ref:`sphx_glr_auto_examples_plot_optuna.py`.
# * Draw the score against the number of labels:
#   :ref:`sphx_glr_auto_examples_plot_label_efficiency.py`.
