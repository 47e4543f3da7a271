"""
How many architectures must I train?
====================================

Every label is a network that someone trained. Which predictor makes the most of few of them, and when do more
stop to pay? `LabelEfficiencyDisplay` draws the answer: all predictors learn from the same architectures and
are judged on the same others.
"""

# %%
# Four predictors
# ---------------
# What a scikit-learn user would try first is a random forest on features of the graph, here counts over all
# paths. A graph network learns its features itself, from the labels alone (*supervised*) or from a pool of
# architectures first (*pre-trained*). The Gaussian process compares random flows and needs neither network
# nor pool. A fifth of NAS-Bench-201 and few epochs keep this page quick; the
# `benchmarks <../benchmarks.html>`_ have whole spaces.

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_pipeline

from fgp_sklearn import (
    ArchitectureSimplifier,
    FGPEncoder,
    FGPRegressor,
    FlowGaussianProcessRegressor,
    PathStatistics,
)
from fgp_sklearn.datasets import load_nasbench201
from fgp_sklearn.plotting import LabelEfficiencyDisplay

bench = load_nasbench201()
rows = np.random.default_rng(0).permutation(len(bench.target))[:3000]
X, y = bench.data[rows], bench.target[rows]

pretrained = FGPRegressor(FGPEncoder(max_epochs=20), max_epochs=100, random_state=0).fit_pretrain(X)
predictors = {
    "forest": make_pipeline(
        ArchitectureSimplifier(), PathStatistics(), RandomForestRegressor(100, random_state=0)
    ),
    "supervised": FGPRegressor(max_epochs=100, random_state=0),
    "Gaussian process": FlowGaussianProcessRegressor(random_state=0),
    "pre-trained": pretrained,
}

# %%
# The curves
# ----------
# Clones of a pre-trained regressor keep its encoder, so it was pre-trained once for all points. Pre-training
# saw architectures only, never an accuracy: nothing leaks.

display = LabelEfficiencyDisplay.from_estimator(
    predictors, X, y, n_labels=[20, 40, 80, 160], n_splits=3, random_state=0
)

# %%
# The same as figures. Read along a row how much a doubling of labels buys, and down a column how much a
# better predictor buys: often the latter is cheaper.

print("labels           ", *(f"{n:>8}" for n in display.n_labels))
for name, scores in display.scores.items():
    print(f"{name:17}", *(f"{tau:8.3f}" for tau in np.mean(scores, axis=1)))
