"""
How many labels does a ranking need?
====================================

A label is a trained network: hours of computing for one number. So the question about a predictor is what
it makes of a few of them. This example draws Kendall's tau, which is 1 for a perfect ranking and 0 for a
random one, against the number of labels for four predictors, on the same splits.
"""

# %%
# A pool without labels, a few labels, and a test set
# ---------------------------------------------------
# NAS-Bench-201 holds cells that were all really trained, on CIFAR-10. To keep this page quick, 2,500 of its
# 15,625 cells are the whole search space here.

import numpy as np

from fgp_sklearn.datasets import load_nasbench201

bench = load_nasbench201()
order = np.random.default_rng(0).permutation(len(bench.target))[:2500]
X, y = bench.data[order], bench.target[order]
X

# %%
# Four predictors
# ---------------
# The forest sees what paths pass through and is what one would try first. The flow process is a Gaussian
# process on random flows. The supervised network learns from labels alone. The last one is the same network
# with ``fit_pretrain`` before: it learns to predict the flow through all cells of the space, for which it
# needs no label, and answers together with a process of its own.
#
# ``fit_pretrain`` is called once. Cloning keeps the pre-trained encoder, so each fit below starts from it.
# The pre-training has fewer epochs than the default here.

from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_pipeline

from fgp_sklearn import FGPEncoder, FGPRegressor, FlowGaussianProcessRegressor, PathStatistics


def network():
    return FGPRegressor(FGPEncoder(max_epochs=12), random_state=0)


predictors = {
    "forest on path statistics": make_pipeline(PathStatistics(), RandomForestRegressor(random_state=0)),
    "flow process": FlowGaussianProcessRegressor(random_state=0),
    "network, supervised": network(),
    "network, pre-trained (FGP)": network().fit_pretrain(X),
}

# %%
# The picture
# -----------
# All predictors meet the same training and test cells, and a smaller budget is the beginning of a larger
# one. So what differs along a line is the number of labels, and between lines the predictor. The bands are
# one standard deviation over three splits.

from fgp_sklearn.plotting import LabelEfficiencyDisplay

display = LabelEfficiencyDisplay.from_estimator(
    predictors, X, y, n_labels=[10, 20, 40, 80], test_size=1200, random_state=0, band_kwargs={"alpha": 0.12}
)
display.ax_.set_title("NAS-Bench-201, 2,500 cells, CIFAR-10")

# %%
# In figures:

print(f"{'labels':27}", *(f"{n:6d}" for n in display.n_labels))
for name, scores in display.scores.items():
    print(f"{name:27}", *(f"{tau:6.3f}" for tau in scores.mean(axis=1)))

# %%
# Three splits of a part of one space say what is likely here, not everywhere: the :doc:`benchmarks
# </benchmarks>` have nine spaces.
