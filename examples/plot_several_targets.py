"""
Accurate and fast: several targets at once
==========================================

Rarely is accuracy all that counts. With a ``y`` of several columns a regressor predicts all of them. What
is worth training is then not one architecture but a front: those that no other one beats in everything.
"""

# %%
# Accuracy and latency
# --------------------
# NAS-Bench-Graph has both for graph neural networks on the citation graph Cora. 4,000 networks are the
# space, 150 of them are labelled.

import numpy as np

from fgp_sklearn.datasets import load_nasbench_graph

bench = load_nasbench_graph("cora", target=["test_accuracy", "latency"])
order = np.random.default_rng(0).permutation(len(bench.target))[:4000]
pool = bench.data[order]
y = bench.target[order] * [100, 1000]  # per cent and milliseconds
labelled, others = np.arange(150), np.arange(150, len(pool))

# %%
# One regressor, two columns
# --------------------------
# What makes a network accurate is what computes. What makes it slow is all that is in it, dead operations
# included. ``view="both"`` looks at either. A column has a kernel, a noise and units of its own.

from fgp_sklearn import FlowGaussianProcessRegressor
from fgp_sklearn.metrics import kendall_tau_score

for view in ("accuracy", "cost", "both"):
    process = FlowGaussianProcessRegressor(view=view, random_state=0).fit(pool[labelled], y[labelled])
    predicted = process.predict(pool[others])
    taus = [kendall_tau_score(y[others, column], predicted[:, column]) for column in range(2)]
    print(f"view={view!r:11} Kendall tau: accuracy {taus[0]:.3f}, latency {taus[1]:.3f}")

# %%
# With 150 labels the ranking by accuracy stays rough; latency is easier, and easier still from a view of
# costs.
#
# The front
# ---------
# An architecture is on the front if no other one is at least as good in both. The first front is that of
# the predictions: those are what one would train.

import matplotlib.pyplot as plt


def pareto(accuracy, latency):
    """Positions of the front, from the fastest on."""
    by_latency = np.lexsort((-accuracy, latency))
    best_before = np.maximum.accumulate(np.r_[-np.inf, accuracy[by_latency][:-1]])
    return by_latency[accuracy[by_latency] > best_before]


true = y[others]
chosen = pareto(*predicted.T)
best = pareto(*true.T)

figure, axis = plt.subplots(figsize=(7, 4.5), layout="constrained")
axis.scatter(true[:, 1], true[:, 0], s=4, color="#999999", alpha=0.4, label="all")
axis.step(true[best, 1], true[best, 0], where="post", color="#0072b2", label="true front")
axis.scatter(
    true[chosen, 1], true[chosen, 0], color="#d55e00", marker="D", s=28, label="predicted front, as measured"
)
axis.set(
    xlabel="latency (ms)",
    ylabel="test accuracy (%)",
    ylim=(np.percentile(true[:, 0], 20), true[:, 0].max() + 0.5),
)
axis.legend(loc="lower right")

# %%
# The predicted front comes near the true one in places and misses others, as the networks that are very
# fast and yet accurate. How much is found? The volume is the area between a front and the corner of a slow
# and inaccurate network, as a share of what the true front reaches. Training the predicted front is
# compared with training as many at random.


def volume(members):
    """Area that the measured `members` dominate, up to a fixed corner."""
    corner_accuracy, corner_latency = np.percentile(true[:, 0], 20), np.percentile(true[:, 1], 99)
    front = members[pareto(*true[members].T)]
    heights = np.maximum(true[front, 0] - corner_accuracy, 0)
    edges = np.minimum(np.r_[true[front, 1], corner_latency], corner_latency)
    return (heights * np.diff(edges)).sum()


rng = np.random.default_rng(0)
at_random = [volume(rng.permutation(len(true))[: len(chosen)]) for _ in range(200)]
print(f"{len(chosen)} networks on the predicted front, {len(best)} on the true one")
print(
    f"share of the volume: predicted front {volume(chosen) / volume(best):.3f}, "
    f"as many at random {np.mean(at_random) / volume(best):.3f}"
)
