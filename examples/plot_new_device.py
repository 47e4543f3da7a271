"""
Latency elsewhere, from ten measurements
========================================

Latencies are known in some places: on other devices, or for other inputs.
How well can networks be ranked by their latency in a new place, if only ten
of them are measured there? Predictors of the known latencies are the prior of
a new one.
"""

# %%
# Graph neural networks in three places
# -------------------------------------
# NAS-Bench-Graph has the latency of each of its 26,206 networks on several
# data sets. The data sets differ in size, as devices differ in speed, so the
# rankings differ. Here the last one is the new place.

import numpy as np

from fgp_sklearn.datasets import load_nasbench_graph

PLACES = ["cora", "photo", "arxiv"]
benchmarks = [load_nasbench_graph(p, target="latency") for p in PLACES]
rows = np.random.default_rng(0).permutation(26206)[:3000]
X = benchmarks[0].data[rows]
*known, latency = [benchmark.target[rows] for benchmark in benchmarks]

# %%
# What is known
# -------------
# A predictor of each known latency. ``view="cost"`` is meant for latencies:
# they are sums over all operations.

from fgp_sklearn import FlowGaussianProcessRegressor

sources = [
    FlowGaussianProcessRegressor(view="cost", random_state=0).fit(X[:200], of_place[:200])
    for of_place in known
]

# %%
# With and without sources
# ------------------------
# ``sources=`` takes fitted predictors. Their scores are a prior: with few
# measurements the ranking follows them, and measurements overrule them. The
# sources learnt from the first 200 networks; the others are ranked.

from fgp_sklearn.metrics import kendall_tau_score

measured, asked = np.arange(10), np.arange(200, len(X))
ranking = np.mean([s.decision_function(X[asked]) for s in sources], axis=0)
taus = {"other places only": kendall_tau_score(latency[asked], ranking)}
for name, given in {"10 measured": None, "both": sources}.items():
    process = FlowGaussianProcessRegressor(view="cost", sources=given, random_state=0)
    process.fit(X[measured], latency[measured], X_unlabeled=X)
    predicted = process.predict(X[asked])
    taus[name] = kendall_tau_score(latency[asked], predicted)
for name, tau in taus.items():
    print(f"{name:18} Kendall tau {tau:.3f}")

# %%

import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(6, 3))
axes.barh(list(taus), list(taus.values()), color=["0.7", "0.5", "C0"])
axes.invert_yaxis()
axes.set(xlabel="Kendall tau with the latency in the new place")
figure.tight_layout()

# %%
# How many measurements are the sources worth?
# --------------------------------------------
# More measurements close the gap. Where the curves meet, the sources add
# nothing, and they do no harm.

numbers, curves = [10, 20, 40, 80], {"alone": [], "with sources": []}
for n in numbers:
    for name, given in {"alone": None, "with sources": sources}.items():
        process = FlowGaussianProcessRegressor(view="cost", sources=given, random_state=0)
        process.fit(X[:n], latency[:n], X_unlabeled=X)
        scores = process.decision_function(X[200:])
        curves[name].append(kendall_tau_score(latency[200:], scores))

figure, axes = plt.subplots(figsize=(6, 3.4))
for name, values in curves.items():
    axes.plot(numbers, values, marker="o", label=name)
axes.set(xscale="log", xlabel="random measurements", ylabel="Kendall tau")
axes.set_xticks(numbers, [str(n) for n in numbers])
axes.legend()
figure.tight_layout()

# %%
# What to try next
# ----------------
# Measure your own networks, as in
# :ref:`sphx_glr_auto_examples_plot_latency_of_networks.py`. If measurements
# are precise, choose the ten with ``select_diverse(X, 10, view="cost")``;
# the latencies here are noisy, and random ones serve better. For accuracies,
# sources may be predictors of another data set or another search space, or
# the shipped ``load_prior("image-cells")``: see "Knowledge from elsewhere"
# in the user guide.
