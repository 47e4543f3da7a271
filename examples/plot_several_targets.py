"""
Accurate and fast: several targets at once
==========================================

Which architectures are both accurate and fast? With a ``y`` of several
columns, a regressor predicts all of them. The answer is then not one
architecture but a Pareto front: the architectures that no other one beats in
every column. This example predicts the front of accuracy and latency.
"""

# %%
# Accuracy and latency
# --------------------
# NAS-Bench-Graph has both for graph neural networks on the data set Cora. The
# search space is 4,000 of its networks, and 150 of them have labels.

# sphinx_gallery_thumbnail_path = "thumbnails/plot_several_targets.svg"
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
# The accuracy depends on operations that carry flow. The latency depends on
# all operations, also on those without flow. ``view="both"`` uses both views.
# Each column has its own kernel, noise and unit.

from fgp_sklearn import FlowGaussianProcessRegressor
from fgp_sklearn.metrics import kendall_tau_score

for view in ("accuracy", "cost", "both"):
    process = FlowGaussianProcessRegressor(view=view, random_state=0)
    process.fit(pool[labelled], y[labelled])
    predicted = process.predict(pool[others])
    accuracy, latency = (
        kendall_tau_score(y[others, column], predicted[:, column])
        for column in range(2)
    )
    print(
        f"view={view!r:11} Kendall tau:"
        f" accuracy {accuracy:.3f}, latency {latency:.3f}"
    )

# %%
# With 150 labels the ranking by accuracy stays rough. The latency is easier
# to predict, above all with a view of costs.
#
# The front
# ---------
# An architecture is on the front if no other one is at least as good in both
# columns. Train the architectures on the predicted front.

import matplotlib.pyplot as plt


def pareto(accuracy, latency):
    """Positions of the front, the fastest first."""
    by_latency = np.lexsort((-accuracy, latency))
    ordered = accuracy[by_latency]
    best_before = np.maximum.accumulate(np.r_[-np.inf, ordered[:-1]])
    return by_latency[ordered > best_before]


true = y[others]
chosen, best = pareto(*predicted.T), pareto(*true.T)
lowest = np.percentile(true[:, 0], 20)

figure, axis = plt.subplots(figsize=(7, 4.5), layout="constrained")
every, front = true[:, ::-1].T, true[best, ::-1].T
axis.scatter(*every, s=4, color="#999999", alpha=0.4, label="all")
axis.step(*front, where="post", color="#0072b2", label="true front")
axis.scatter(
    *true[chosen, ::-1].T,
    color="#d55e00",
    marker="D",
    s=28,
    label="predicted front, as measured",
)
axis.set(title="Accuracy and latency of networks on Cora")
axis.set(xlabel="latency (ms)", ylabel="test accuracy (%)")
axis.set_ylim(lowest, true[:, 0].max() + 0.5)
axis.legend(loc="lower right")

# %%
# How good is the predicted front?
# --------------------------------
# Its volume is the area that the front dominates, up to a corner that stands
# for a slow and inaccurate network. This cell prints the volume as a share of
# that of the true front. It compares the networks on the predicted front with
# as many random networks.


def volume(members):
    """Area that the measured `members` dominate, up to a fixed corner."""
    slowest = np.percentile(true[:, 1], 99)
    front = members[pareto(*true[members].T)]
    heights = np.maximum(true[front, 0] - lowest, 0)
    edges = np.minimum(np.r_[true[front, 1], slowest], slowest)
    return (heights * np.diff(edges)).sum()


rng = np.random.default_rng(0)
draws = [rng.permutation(len(true))[: len(chosen)] for _ in range(200)]
at_random = np.mean([volume(draw) for draw in draws])
print(f"{len(chosen)} networks on the predicted front")
print(f"{len(best)} networks on the true front")
print(f"volume of the predicted front  {volume(chosen) / volume(best):.3f}")
print(f"volume of as many at random    {at_random / volume(best):.3f}")

# %%
# What to try next
# ----------------
# * Search for the front:
#   ``PredictorGuidedSearch(space, objectives={"latency": "minimize"})``
#   asks for architectures that extend it, and ``ParetoDisplay`` draws it.
# * Replace the latency by any other column, such as memory or energy.
# * Predict the latency on another device from few measurements:
#   :ref:`sphx_glr_auto_examples_plot_new_device.py`.
