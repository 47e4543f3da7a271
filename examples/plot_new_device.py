"""
Latency elsewhere, from ten measurements
========================================

You know latencies on some devices: how do you rank networks on a new one
after ten measurements? Predictors of the known latencies become the prior of
a predictor for the new device. This example uses latencies of graph neural
networks on three data sets, whose rankings differ as those of devices do.
"""

# %%
# Graph neural networks in three places
# -------------------------------------
# NAS-Bench-Graph has the latency of each of its 26,206 networks on several
# data sets. Here ``arxiv`` is the new place, and the latencies on ``cora``
# and ``photo`` are known.

# sphinx_gallery_thumbnail_path = "thumbnails/plot_new_device.svg"
import numpy as np

from fgp_sklearn.datasets import load_nasbench_graph

PLACES = ["cora", "photo", "arxiv"]
benchmarks = [load_nasbench_graph(p, target="latency") for p in PLACES]
rows = np.random.default_rng(0).permutation(26206)[:3000]
X = benchmarks[0].data[rows]
*known, latency = [benchmark.target[rows] for benchmark in benchmarks]

# %%
# Predictors of the known latencies
# ---------------------------------
# Each learns from 200 networks. ``view="cost"`` is meant for latencies, which
# are sums over all operations.

from fgp_sklearn import FlowGaussianProcessRegressor


def predictor(sources=None):
    """A Gaussian process for latencies."""
    return FlowGaussianProcessRegressor(
        view="cost", sources=sources, random_state=0
    )


sources = [predictor().fit(X[:200], of_place[:200]) for of_place in known]

# %%
# With and without sources
# ------------------------
# ``sources`` takes fitted predictors. Their scores become the prior of the
# new predictor. With few measurements the ranking follows the sources, and
# with many it follows the measurements. The networks that the sources have
# not seen are ranked.

from fgp_sklearn.metrics import kendall_tau_score

measured, asked = np.arange(10), np.arange(200, len(X))
ranking = np.mean([s.decision_function(X[asked]) for s in sources], axis=0)
taus = {"other places only": kendall_tau_score(latency[asked], ranking)}
for name, given in {"10 measured": None, "both": sources}.items():
    process = predictor(given)
    process.fit(X[measured], latency[measured], X_unlabeled=X)
    predicted = process.predict(X[asked])
    taus[name] = kendall_tau_score(latency[asked], predicted)
for name, tau in taus.items():
    print(f"{name:18} Kendall tau {tau:.3f}")

# %%

import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
axes.barh(list(taus), list(taus.values()), color=["0.7", "0.5", "C0"])
axes.invert_yaxis()
axes.set(xlabel="Kendall tau", xlim=(0, 1))
axes.set_title("Ranking in the new place")

# %%
# How many measurements are the sources worth?
# --------------------------------------------
# More measurements close the gap. Where the curves meet, the sources add
# nothing, and they do no harm.

numbers, curves = [10, 20, 40, 80], {"alone": [], "with sources": []}
for n in numbers:
    for name, given in {"alone": None, "with sources": sources}.items():
        process = predictor(given).fit(X[:n], latency[:n], X_unlabeled=X)
        scores = process.decision_function(X[200:])
        curves[name].append(kendall_tau_score(latency[200:], scores))

figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
for name, values in curves.items():
    axes.plot(numbers, values, marker="o", label=name)
axes.set(title="More measurements in the new place", xscale="log")
axes.set(xlabel="random measurements", ylabel="Kendall tau")
axes.set_xticks(numbers, [str(n) for n in numbers])
axes.minorticks_off()
axes.legend()

# %%
# What to try next
# ----------------
# * Measure your own networks:
#   :ref:`sphx_glr_auto_examples_plot_latency_of_networks.py`.
# * If your measurements are precise, choose the ten networks with
#   ``select_diverse(X, 10, view="cost")``. The latencies here are noisy, and
#   random networks serve better.
# * For accuracies, use predictors of another data set or of another search
#   space as sources, or the shipped ``load_prior("image-cells")``:
#   :doc:`/guide/elsewhere`.
