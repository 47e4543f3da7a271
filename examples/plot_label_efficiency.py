"""
How many labels does a ranking need?
====================================

A label is a trained network, which costs hours: how many labels do you need
for a good ranking? This example draws Kendall's tau against the number of
labels for four predictors, on the same splits. Kendall's tau is 1 for a
perfect ranking and 0 for a random one.
"""

# %%
# Pool, labels and test set
# -------------------------
# NAS-Bench-201 has the accuracy of 15,625 trained cells on CIFAR-10. To keep
# this page quick, 2,500 of them are the whole search space here.

# sphinx_gallery_thumbnail_path = "thumbnails/plot_label_efficiency.svg"
import numpy as np

from fgp_sklearn.datasets import load_nasbench201

bench = load_nasbench201()
order = np.random.default_rng(0).permutation(len(bench.target))[:2500]
X, y = bench.data[order], bench.target[order]
X

# %%
# Four predictors
# ---------------
# * A random forest on statistics of paths, which is a simple rival.
# * A Gaussian process on random flows.
# * A network that learns from the labels alone.
# * The same network after ``fit_pretrain``: it first learns to predict the
#   flow through all cells of the space, which needs no label. It answers
#   together with a Gaussian process of its own.
#
# ``fit_pretrain`` is called once. Clones keep the pre-trained encoder, so each
# fit below starts from it. Here it has fewer epochs than the default, and
# ``effort="fast"`` leaves out the second network, which ranks better yet.

from sklearn.ensemble import RandomForestRegressor
from sklearn.pipeline import make_pipeline

from fgp_sklearn import FGPEncoder, FGPRegressor, FlowGaussianProcessRegressor
from fgp_sklearn.preprocessing import PathStatistics


def network():
    """A network with a short pre-training."""
    encoder = FGPEncoder(max_epochs=12)
    return FGPRegressor(encoder, effort="fast", random_state=0)


forest = RandomForestRegressor(random_state=0)
predictors = {
    "forest on path statistics": make_pipeline(PathStatistics(), forest),
    "flow process": FlowGaussianProcessRegressor(random_state=0),
    "network, supervised": network(),
    "network, pre-trained (FGP)": network().fit_pretrain(X),
}

# %%
# Tau against the number of labels
# --------------------------------
# All predictors get the same training and test cells, and a small training
# set is the beginning of a larger one. The bands are one standard deviation
# over three splits.

from fgp_sklearn.plotting import LabelEfficiencyDisplay

display = LabelEfficiencyDisplay.from_estimator(
    predictors,
    X,
    y,
    n_labels=[10, 20, 40, 80],
    test_size=1200,
    random_state=0,
    band_kwargs={"alpha": 0.12},
)
display.ax_.set_title("NAS-Bench-201, 2,500 cells, CIFAR-10")

# %%
# The means in numbers:

print(f"{'labels':27}", *(f"{n:6d}" for n in display.n_labels))
for name, scores in display.scores.items():
    print(f"{name:27}", *(f"{tau:6.3f}" for tau in scores.mean(axis=1)))

# %%
# What to try next
# ----------------
# * These are three splits of a part of one space. The :doc:`benchmarks
#   </benchmarks>` have more spaces and more splits.
# * Draw this figure for your own labels: stop when the curve is flat.
# * Choose the first labels instead of drawing them at random:
#   :ref:`sphx_glr_auto_examples_plot_which_to_label.py`.
